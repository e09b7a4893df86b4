"""The record of a run, a file of JSON: what was run, on what, by what, and what came out.

Everything in it is a value that is checked when it is read; nothing in it is executed. `adcli help
record` says what its parts are.
"""

from __future__ import annotations

import glob
import hashlib
import json
import math
import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from adcli.data.saved_json import read_document, write_document
from adcli.data.schema import (
    every,
    flag,
    mapping,
    number,
    one_of,
    optional,
    plain,
    record,
    text,
    whole,
)
from adcli.data.source import READ_BYTES, open_file
from adcli.errors import DataError

VERSION = 1
FORMAT = "adcli record"

COMMANDS = ("descend", "fit", "grad")
"""The commands that keep records."""

MOST_NUMBERS = 1000
"""Arrays of more numbers are kept as a checksum, their norm, their ends and a few elements."""

_MADE_BY = "--record FILE of descend, fit or grad writes one"

RunRecord = dict[str, Any]
"""The parts of a record by name, as `read_record` has checked them."""


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()


def write_record(path: str | os.PathLike[str], body: Mapping[str, Any]) -> None:
    """Write a record; the file appears when it is complete. Raises DataError."""
    whole_body = {"format": FORMAT, "version": VERSION, **body}
    whole_body.pop("checksum", None)
    whole_body["checksum"] = hashlib.sha256(_json(whole_body)).hexdigest()
    write_document(path, whole_body)


def read_record(path: str | os.PathLike[str]) -> RunRecord:
    """The parts of a record, checked.

    Raises UsageError for a file that is not there, DataError for one that is not a record, is of a
    newer version of adcli, or was changed after it was written.
    """
    body = read_document(path, FORMAT, "record", "a record of a run", _MADE_BY)
    name, version = os.fspath(path), body.get("version")
    if type(version) is int and version > VERSION:
        raise DataError(
            f"{name} is a record of version {version}, written by a newer adcli",
            f"this one reads version {VERSION}: install the newer adcli to replay it",
        )
    again = "make the record again, or take a copy that nobody has changed"
    try:
        found = _BODY(body)
        checksum = body.pop("checksum")
        if hashlib.sha256(_json(body)).hexdigest() != checksum:
            raise DataError(
                f"the record {name} is damaged, or was changed after it was written: "
                "its checksum does not match",
                again,
            )
    except (ValueError, RecursionError) as error:
        what = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        raise DataError(f"the record {name} is damaged: {what}", again) from None
    return dict(found)


_INPUT = record(option=text, path=text, bytes=optional(whole()), sha256=optional(text))
_SETTING = record(value=plain, default=flag)
_BODY = record(
    format=one_of(FORMAT),
    version=whole(1, VERSION),
    command=one_of(*COMMANDS),
    program=optional(text),
    settings=mapping(_SETTING),
    inputs=every(_INPUT),
    engine=optional(record(name=text, reason=text)),
    versions=mapping(optional(text)),
    machine=mapping(plain),
    status=optional(text),
    exit_code=whole(),
    results=mapping(plain),
    started=text,
    seconds=number(least=0, finite=True),
    checksum=text,
)
"""The parts of a record."""


# ---- what goes into it ----


def inputs_of(option: str, paths: Iterable[str]) -> list[dict[str, Any]]:
    """The files that an option names, maybe by globs: path as typed, size and checksum.

    A pipe, and standard input, can be read once: they have neither. Raises UsageError or DataError
    for a file that cannot be read.
    """
    found = []
    for path in paths:
        names = [path]
        if not os.path.exists(path) and glob.has_magic(path):
            names = sorted(glob.glob(path, recursive=True)) or names
        for name in names:
            facts = {"bytes": None, "sha256": None}
            if name != "-" and (not os.path.exists(name) or os.path.isfile(name)):
                facts = _digest_of_file(name, option)
            found.append({"option": option, "path": name, **facts})
    return found


def _digest_of_file(path: str, option: str) -> dict[str, Any]:
    total, size = hashlib.sha256(), 0
    with open_file(path, f"{option} names it") as file:
        while piece := file.read(READ_BYTES):
            total.update(piece)
            size += len(piece)
    return {"bytes": size, "sha256": total.hexdigest()}


def packed(value: Any) -> Any:
    """Nested results as plain values of JSON: numbers as they are, what is not finite as a text,
    large arrays as their `summary`."""
    if isinstance(value, Mapping):
        return {str(name): packed(part) for name, part in value.items()}
    if isinstance(value, np.ndarray) or (isinstance(value, (list, tuple)) and len(value) > 1):
        array = _numbers(value)
        if array is not None and array.size > MOST_NUMBERS:
            digest = ColumnDigest()
            digest.add(array)
            return digest.summary()
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [packed(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    return str(value) if isinstance(value, str) else value


def _numbers(value: Any) -> Any:
    try:
        array = np.asarray(value)
    except ValueError:  # lists of different lengths
        return None
    return array if array.dtype.kind in "fiu" else None


class ColumnDigest:
    """A checksum of numbers that come in pieces, and what tells how far two such columns differ:
    their norm, their ends, and the first and the last of them."""

    def __init__(self) -> None:
        self._sum = hashlib.sha256()
        self._count = 0
        self._squares: list[float] = []
        self._ends = (math.inf, -math.inf)
        self._first: list[float] = []
        self._last: list[float] = []

    def add(self, values: Any) -> None:
        """Take the next numbers, or texts of numbers of many digits."""
        array = np.asarray(values)
        if array.dtype.kind not in "fiub":
            texts = [str(x) for x in array.reshape(-1)]
            self._sum.update(" ".join([*texts, ""]).encode())
            array = np.array([float(x) for x in texts])
        else:
            array = np.ascontiguousarray(array, dtype="<f8")
            self._sum.update(np.where(np.isnan(array), np.nan, array).data)
        flat = array.reshape(-1)
        finite = flat[np.isfinite(flat)]
        self._count += flat.size
        if finite.size:
            largest = float(np.abs(finite).max()) or 1.0
            self._squares.append(largest * math.sqrt(float(np.sum((finite / largest) ** 2))))
            low, high = self._ends
            self._ends = min(low, float(finite.min())), max(high, float(finite.max()))
        if len(self._first) < _SHOWN:
            self._first += flat[: _SHOWN - len(self._first)].tolist()
        self._last = [*self._last, *flat[-_SHOWN:].tolist()][-_SHOWN:]

    def summary(self) -> dict[str, Any]:
        """The checksum and the figures."""
        low, high = self._ends
        return {
            "numbers": self._count,
            "sha256": self._sum.hexdigest(),
            "norm": math.hypot(*self._squares),
            "least": low if self._squares else None,
            "greatest": high if self._squares else None,
            "first": packed(self._first),
            "last": packed(self._last),
        }


_SHOWN = 3
