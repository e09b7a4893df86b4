"""Checkpoints: all that the rest of a run depends on, in a file that is whole or not there.

An .npz archive. Its member `facts` is JSON, in which null stands for every array: those follow,
each in its own type, and a checksum of all names, types and bytes. Nothing is rounded when a
checkpoint is written, and nothing is executed when one is read.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from adcli.data.cells import shortened
from adcli.data.output import atomic_output
from adcli.data.parameters import read_npz, write_npz
from adcli.data.schema import Check, Misfit, every, one_of, plain, record, text, within
from adcli.data.source import open_file
from adcli.errors import DataError, UsageError

FORMAT = "adcli checkpoint 2"
OLD_TEXT = b'{"format": "adcli checkpoint 1"'
"""So began the checkpoints of descents before this format; those of trainings were archives."""

MemberPath = tuple[Any, ...]
"""The names and indexes that lead to an array."""


def write_checkpoint(path: str | os.PathLike[str], run: str, body: Mapping[str, Any]) -> None:
    """Write nested values and arrays, through to the disk. `run` is what they belong to: `descent`
    or `training`."""
    found: list[tuple[MemberPath, Any]] = []
    rest = _without_arrays(body, (), found)
    places = [place for place, _ in found]
    facts = {"format": FORMAT, "run": run, "arrays": places, "body": rest}
    arrays = {"facts": np.frombuffer(json.dumps(facts).encode(), np.uint8)}
    arrays.update({str(k): array for k, (_, array) in enumerate(found)})
    arrays["checksum"] = _checksum(arrays)
    with atomic_output(path, sync=True) as stream:
        write_npz(stream, arrays)


_MADE_BY = "--checkpoint FILE writes one"
_AGAIN = "begin again, or resume from a copy"


def read_checkpoint(path: str | os.PathLike[str], run: str, check: Check) -> Any:
    """What a file holds, as `check` returns it. Raises UsageError for a file that is not there, and
    DataError for one that is not a checkpoint of such a run, damaged, or of an earlier version.

    A right checksum is not trusted: every part must have its type, range and length.
    """
    name = os.fspath(path)
    arrays = _members(name)
    found = arrays.pop("checksum", None)
    try:
        facts = json.loads(arrays["facts"].tobytes())
        form = facts["format"]
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError):
        raise DataError(f"{name} is not a checkpoint", _MADE_BY) from None
    if form != FORMAT:
        raise _outdated(name)
    if found is None or found.tobytes() != _checksum(arrays).tobytes():
        raise DataError(f"the checkpoint {name} is damaged: its checksum does not match", _AGAIN)
    with blaming(name):
        facts = _FACTS(facts)
        if facts["run"] != run:
            raise DataError(
                f"{name} is a checkpoint of a {facts['run']}, not of a {run}",
                "resume with the command that wrote it",
            )
        if len(arrays) != 1 + len(facts["arrays"]):
            raise Misfit("has other arrays than it says")
        for k, place in enumerate(facts["arrays"]):
            with within(f"array {k}"):
                _put(arrays.get(str(k)), facts["body"], place)
        return check(facts["body"])


def _members(name: str) -> dict[str, Any]:
    """The arrays of an archive. Raises DataError for a file that is not an archive."""
    if os.path.exists(name) and not os.path.isfile(name) and not os.path.isdir(name):
        raise DataError(f"{name} is not a checkpoint: it is a device or a pipe")
    open_file(name, _MADE_BY).close()
    try:
        return read_npz(name)
    except DataError as error:
        with suppress(OSError), open(name, "rb") as file:
            if file.read(len(OLD_TEXT)) == OLD_TEXT:
                raise _outdated(name) from None
        what = f"{name} is not a checkpoint: {error.message.partition(': ')[2]}"
        raise DataError(what, _MADE_BY) from None


def _outdated(name: str) -> DataError:
    return DataError(
        f"{name} is a checkpoint of another version of adcli",
        "let that version --resume it and --save FILE.npz, and begin with --start FILE.npz here",
    )


@contextmanager
def blaming(path: str | os.PathLike[str]) -> Iterator[None]:
    """Raise DataError for a part of a checkpoint that is not what it should be."""
    try:
        yield
    except (ValueError, RecursionError) as error:
        what = str(error) if isinstance(error, Misfit) else "it is written in another way"
        raise DataError(f"the checkpoint {os.fspath(path)} is damaged: {what}", _AGAIN) from None


def check_identity(found: Mapping[str, Any], wanted: Mapping[str, Any], path: str) -> None:
    """Raise UsageError where a checkpoint belongs to something else."""
    for name, value in wanted.items():
        other = found.get(name)
        if other != value:
            raise UsageError(
                f"the checkpoint {path} has another {name}: {_shown(other)}, not {_shown(value)}",
                "resume with the command that wrote it",
            )


def _shown(value: Any) -> str:
    shown = value if isinstance(value, str) else json.dumps(value, default=repr)
    return shortened(" ".join(shown.split()), 60)


_FACTS = record(
    format=text,
    run=one_of("descent", "training"),
    arrays=every(every(lambda step: step)),
    body=plain,
)


def _without_arrays(value: Any, place: MemberPath, found: list[tuple[MemberPath, Any]]) -> Any:
    """The value with None for each array, which goes into `found` with its place."""
    if isinstance(value, np.ndarray):
        found.append((place, value))
        return None
    if isinstance(value, Mapping):
        return {name: _without_arrays(x, (*place, name), found) for name, x in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_arrays(x, (*place, k), found) for k, x in enumerate(value)]
    return float(value) if isinstance(value, np.floating) else value


def _put(array: Any, body: Any, place: Sequence[Any]) -> None:
    """Put an array where null stands for it."""
    try:
        *way, last = place
        for step in way:
            body = body[step]
        if array is None or body[last] is not None:
            raise LookupError
        body[last] = array
    except (LookupError, TypeError, ValueError):
        raise Misfit("has no place") from None


def _checksum(arrays: Mapping[str, Any]) -> Any:
    """A checksum of the names, types and bytes of all arrays, as an array of bytes."""
    total = hashlib.blake2b(digest_size=32)
    for name, x in sorted(arrays.items()):
        total.update(f"{name} {x.dtype.str} {x.shape}\n".encode())
        total.update(np.ascontiguousarray(x).data)
    return np.frombuffer(total.digest(), np.uint8)
