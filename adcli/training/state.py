"""The state of a training run, all that the next batch depends on, and its checkpoints."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from adcli.data.checkpoint import blaming, read_checkpoint, write_checkpoint
from adcli.data.schema import (
    Misfit,
    array,
    every,
    mapping,
    misfit,
    number,
    one_of,
    optional,
    plain,
    record,
    sequence,
    whole,
    within,
)
from adcli.descent.monitor import next_mark
from adcli.descent.rules import Vector


class Epoch(NamedTuple):
    """An epoch that is done.

    `training_loss` is the mean over its batches, weighted by rows, while the parameters moved;
    `validation_loss` that of its last parameters (nan without validation rows); `rate` the
    learning rate of its last batch; `seconds` those since the run began.
    """

    epoch: int
    iterations: int
    training_loss: float
    validation_loss: float
    rate: float
    seconds: float

    @property
    def loss(self) -> float:
        """The one that decides which parameters are best."""
        return self.training_loss if math.isnan(self.validation_loss) else self.validation_loss


@dataclass
class TrainingState:
    """Where a run stands, `batches` batches into the epoch after `epochs` whole ones.

    `parameters` is a flat vector, `memory` the update rule's state. `total` adds up rows times
    loss over the `rows` of this epoch so far; `first` is the loss of the first batch at the start.
    `best` are the parameters after `best_epoch`. `history` has the first 100 epochs, then 90 for
    every power of ten.
    """

    parameters: Vector
    memory: tuple[Any, ...]
    epochs: int = 0
    batches: int = 0
    iterations: int = 0
    total: float = 0.0
    rows: int = 0
    first: float = math.nan
    best: Vector | None = None
    best_epoch: Epoch | None = None
    last_epoch: Epoch | None = None
    history: list[Epoch] = field(default_factory=list)

    def close_epoch(self, epoch: Epoch) -> None:
        """An epoch is done: the next one begins."""
        self.epochs, self.batches, self.total, self.rows = epoch.epoch, 0, 0.0, 0
        self.last_epoch = epoch
        if next_mark(epoch.epoch, 2) == epoch.epoch:
            self.history.append(epoch)

    def keep(self, epoch: Epoch) -> None:
        """The parameters are the best so far."""
        self.best_epoch = epoch
        if self.best is None:
            self.best = np.empty_like(self.parameters)
        self.best[...] = self.parameters

    @property
    def mean(self) -> float:
        """The training loss of this epoch so far."""
        return self.total / self.rows if self.rows else math.nan


def save_training(
    path: str | os.PathLike[str], identity: dict[str, Any], state: TrainingState, seconds: float
) -> None:
    """Write all of a run to a file, through to the disk."""
    body = {
        "identity": identity,
        "numbers": {name: getattr(state, name) for name in _NUMBERS},
        "best_epoch": state.best_epoch,
        "last_epoch": state.last_epoch,
        "history": state.history,
        "parameters": state.parameters,
        "best": state.best,
        "memory": state.memory,
        "seconds": seconds,
    }
    write_checkpoint(path, "training", body)


class Checkpoint(NamedTuple):
    """What a checkpoint holds, and the name of its file."""

    name: str
    identity: dict[str, Any]
    state: TrainingState
    seconds: float

    def check(self, memory: tuple[Any, ...], steps: int) -> None:
        """Raise DataError unless it belongs to a rule whose state is like `memory`, a vector or a
        number for each part, and to epochs of so many batches."""
        kinds = [isinstance(part, np.ndarray) for part in memory]
        with blaming(self.name):
            with within("memory"):
                if [isinstance(part, np.ndarray) for part in self.state.memory] != kinds:
                    raise Misfit("is not that of the method")
            with within("batches"):
                whole(0, steps)(self.state.batches)


def read_training(path: str | os.PathLike[str]) -> Checkpoint:
    """The checkpoint in a file. Raises DataError for one that is not of a training, or damaged."""

    def check(given: Any) -> Checkpoint:
        return _checkpoint(os.fspath(path), _BODY(given))

    found: Checkpoint = read_checkpoint(path, "training", check)
    return found


_EPOCH = sequence(whole(1), whole(), number(), number(), number(), number())
_NUMBERS = {
    **dict.fromkeys(("epochs", "batches", "iterations", "rows"), whole()),
    **dict.fromkeys(("total", "first"), number()),
}
_BODY = record(
    identity=mapping(plain),
    numbers=record(**_NUMBERS),
    best_epoch=optional(_EPOCH),
    last_epoch=optional(_EPOCH),
    history=every(_EPOCH),
    parameters=array(None),
    best=optional(array(None)),
    memory=every(lambda part: part),
    seconds=number(least=0, finite=True),
)
_IDENTITY = {
    "type": one_of("float64", "float32"),
    "shapes of the parameters": mapping(every(whole())),
}
"""What a state needs of it; the rest is compared with what the run has."""


def _nothing(value: Any) -> None:
    if value is not None:
        raise misfit(value, "null before there is a best epoch")


def _checkpoint(name: str, body: dict[str, Any]) -> Checkpoint:
    """The checkpoint of checked parts, of which the vectors are all as long as the parameters.
    Raises Misfit."""
    identity, numbers = body["identity"], body["numbers"]
    with within("identity"):
        dtype, shapes = record(**_IDENTITY)({k: identity.get(k) for k in _IDENTITY}).values()
    vector = array(sum(map(math.prod, shapes.values())), dtype=dtype)

    def part(value: Any) -> Any:
        return (vector if isinstance(value, np.ndarray) else number())(value)

    best, last = (row and Epoch(*row) for row in (body["best_epoch"], body["last_epoch"]))
    with within("parameters"):
        parameters = vector(body["parameters"])
    with within("best"):
        (vector if best else _nothing)(body["best"])
    with within("memory"):
        memory = every(part)(body["memory"])
    with within("last_epoch"):
        whole(numbers["epochs"], numbers["epochs"])(last.epoch if last else 0)
    if bool(body["history"]) != bool(last):
        with within("history"):
            raise misfit(body["history"], "that of the epochs done")
    state = TrainingState(
        parameters,
        tuple(memory),
        best=body["best"],
        best_epoch=best,
        last_epoch=last,
        history=[Epoch(*row) for row in body["history"]],
        **numbers,
    )
    return Checkpoint(name, identity, state, body["seconds"])
