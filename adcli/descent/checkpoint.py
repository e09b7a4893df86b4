"""Checkpoints: everything that the next iteration depends on, in a file that is whole or not there.

Two lines of JSON: a header with the checksum of the second line, and the body. Vectors are the
base64 of their float64s, so that nothing is rounded and nothing is executed when they are read.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from adcli.data.output import atomic_output
from adcli.data.schema import (
    Misfit,
    array,
    every,
    mapping,
    number,
    plain,
    record,
    text,
    whole,
    within,
)
from adcli.descent.monitor import Method, Monitor, Watcher
from adcli.descent.problem import Problem
from adcli.descent.stopping import Iterate
from adcli.errors import DataError, UsageError

FORMAT = "adcli checkpoint 1"


class Checkpointer(Watcher):
    """A watcher that saves a run every so many iterations."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        every: int,
        identity: dict[str, Any],
        method: Method,
        monitor: Monitor,
        fresh: bool,
    ) -> None:
        if every < 1:
            raise UsageError(f"a checkpoint every {every} iterations", "1 or more is meant")
        self.path = path
        self.every = every
        self.identity = identity
        self.method = method
        self.monitor = monitor
        self.fresh = fresh

    def begin(self, problem: Problem) -> None:
        """Save a fresh run at once: a file that cannot be written shows now, not in an hour."""
        if self.fresh:
            self.save()

    def next(self, iteration: int) -> int:
        """The next multiple of `every`."""
        return -(-iteration // self.every) * self.every

    def see(self, iterate: Iterate) -> None:
        """Save, if it is time."""
        if iterate.iteration and iterate.iteration % self.every == 0:
            self.save()

    def save(self) -> None:
        """Write the file, through to the disk."""
        monitor = self.monitor
        body = {
            "identity": self.identity,
            "start": monitor.problem.unflatten(monitor.problem.given),
            "iteration": monitor.last.iteration if monitor.last else 0,
            "evaluations": monitor.own_evaluations,
            "best_value": monitor.best_value,
            "best_point": monitor.best_point,
            "seconds": monitor.elapsed(),
            "looked_for": monitor.tests.gradient,
            "slopes": monitor.stationarity.slopes,
            "state": self.method.state(),
        }
        data = json.dumps(_encoded(body), sort_keys=True).encode()
        header = {"format": FORMAT, "sha256": hashlib.sha256(data).hexdigest()}
        with atomic_output(self.path, sync=True) as stream:
            stream.write(json.dumps(header).encode() + b"\n" + data + b"\n")


def read_checkpoint(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The body of a checkpoint. Raises DataError for a file that is none, or is damaged.

    A right checksum is not trusted: every part must have its type, range and length.
    """
    name = os.fspath(path)
    if not os.path.isfile(name):
        raise DataError(f"cannot read the checkpoint {name}: there is no such file")
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise DataError(f"cannot read the checkpoint {name}: {error.strerror}") from None
    head, _, rest = data.partition(b"\n")
    try:
        header = json.loads(head)
        if header["format"] != FORMAT:
            raise ValueError
        checksum = header["sha256"]
    except (ValueError, TypeError, KeyError):
        raise DataError(f"{name} is no checkpoint of this version of adcli") from None
    if hashlib.sha256(rest.removesuffix(b"\n")).hexdigest() != checksum:
        raise DataError(f"the checkpoint {name} is damaged: its checksum does not match")
    with blaming(path):
        body: dict[str, Any] = _BODY(_decoded(json.loads(rest)))
    return body


_BODY = record(
    identity=mapping(plain),
    start=mapping(array()),
    iteration=whole(),
    evaluations=whole(),
    best_value=number(),
    best_point=array(None),
    seconds=number(least=0, finite=True),
    looked_for=number(least=0, finite=True),
    slopes=array(None),
    state=mapping(lambda part: part),
)
"""What holds for all of them; the lengths and the state are checked when the problem is known."""


@contextmanager
def blaming(path: str | os.PathLike[str]) -> Iterator[None]:
    """Raise DataError for a part of a checkpoint that is not what it should be."""
    try:
        yield
    except (ValueError, RecursionError) as error:
        what = str(error) if isinstance(error, Misfit) else "it is written in another way"
        raise DataError(f"the checkpoint {os.fspath(path)} is damaged: {what}") from None


def check_identity(found: dict[str, Any], wanted: dict[str, Any], path: str) -> None:
    """Raise UsageError where a checkpoint belongs to something else."""
    for name, value in wanted.items():
        other = found.get(name)
        if other != value:
            raise UsageError(
                f"the checkpoint {path} has another {name}: {_shown(other)}, not {_shown(value)}",
                "resume with the command that wrote it",
            )


def same_start(body: dict[str, Any], start: Mapping[str, Any]) -> None:
    """Raise UsageError where a checkpoint came from another start."""
    for name, value in start.items():
        saved = body["start"].get(name)
        if saved is None or not np.array_equal(np.asarray(value, float), np.asarray(saved)):
            raise UsageError(f"the checkpoint has another start for '{name}'", "leave --start out")


def restore(
    path: str | os.PathLike[str], body: dict[str, Any], method: Method, monitor: Monitor
) -> None:
    """Put a run where the checkpoint left it. Raises DataError where it is not of this problem."""
    monitor.evaluations, monitor.best_value = body["evaluations"], body["best_value"]
    if monitor.limits.gradient_tolerance is None:
        monitor.tests.gradient = body["looked_for"]
    with blaming(path):
        with within("best_point"):
            monitor.best_point = array(monitor.problem.size)(body["best_point"])
        with within("slopes"):
            monitor.stationarity.slopes = array(monitor.problem.size)(body["slopes"])
        with within("state"):
            state = record(**method.parts())(body["state"])
            method.restore(state)


def _shown(value: Any) -> str:
    shown = value if isinstance(value, str) else json.dumps(value, default=repr)
    shown = " ".join(shown.split())
    return shown if len(shown) <= 60 else shown[:57] + "..."


def _encoded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _encoded(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return {"list": [_encoded(part) for part in value]}
    if isinstance(value, np.ndarray):
        flat = np.ascontiguousarray(value, dtype="<f8")
        return {
            "float64": base64.b64encode(flat.tobytes()).decode(),
            "shape": {"list": list(value.shape)},
        }
    if isinstance(value, np.floating):
        value = float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    return value


def _decoded(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value.keys() == {"float64", "shape"}:
        flat = np.frombuffer(base64.b64decode(text(value["float64"])), dtype="<f8")
        return flat.reshape(every(whole())(_decoded(value["shape"]))).copy()
    if value.keys() == {"float"}:
        return float(text(value["float"]))
    if value.keys() == {"list"}:
        return every(_decoded)(value["list"])
    return {name: _decoded(part) for name, part in value.items()}
