"""Checkpoints of descents: everything that the next iteration depends on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from adcli.data.checkpoint import blaming, read_checkpoint, write_checkpoint
from adcli.data.schema import array, mapping, number, plain, record, whole, within
from adcli.descent.monitor import Method, Monitor, Watcher
from adcli.descent.problem import Problem
from adcli.descent.stopping import Iterate
from adcli.errors import UsageError


@dataclass(frozen=True)
class Saving:
    """Where a run is saved, and how often; and the checkpoint that it goes on from, with its
    `body`. Raises UsageError for one in no iteration at all."""

    path: str | os.PathLike[str] | None = None
    every: int = 1000
    resume: str | os.PathLike[str] = ""
    body: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        if self.path is not None and self.every < 1:
            raise UsageError(f"a checkpoint every {self.every} iterations", "it must be 1 or more")


@dataclass(frozen=True)
class Checkpointer(Watcher):
    """A watcher that saves a run every so many iterations."""

    saving: Saving
    identity: dict[str, Any]
    method: Method
    monitor: Monitor

    def begin(self, problem: Problem) -> None:
        """Save a fresh run at once: a file that cannot be written shows now, not in an hour."""
        if self.saving.body is None:
            self.save()

    def next(self, iteration: int) -> int:
        """The next multiple of so many."""
        return -(-iteration // self.saving.every) * self.saving.every

    def see(self, iterate: Iterate) -> None:
        """Save, if it is time."""
        if iterate.iteration and iterate.iteration == self.next(iterate.iteration):
            self.save()

    def save(self) -> None:
        """Write the file, through to the disk."""
        monitor, path = self.monitor, self.saving.path
        assert path is not None
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
        write_checkpoint(path, "descent", body)


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


def read_descent(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The body of a descent's checkpoint. Raises DataError for a file that is none."""
    body: dict[str, Any] = read_checkpoint(path, "descent", _BODY)
    return body


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
