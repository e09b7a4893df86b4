"""The state of a training run, all that the next batch depends on, and its checkpoints."""

from __future__ import annotations

import hashlib
import json
import math
import os
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from adcli.data.output import atomic_output
from adcli.data.parameters import read_npz, write_npz
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
    text,
    whole,
    within,
)
from adcli.descent.checkpoint import blaming
from adcli.descent.monitor import next_mark
from adcli.descent.rules import Vector
from adcli.errors import DataError

FORMAT = "adcli training checkpoint 1"


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
class State:
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


def save_checkpoint(
    path: str | os.PathLike[str], identity: dict[str, Any], state: State, seconds: float
) -> None:
    """Write all of a run to a file, through to the disk: an .npz archive of its vectors, and its
    numbers as JSON."""
    facts = {
        "format": FORMAT,
        "identity": identity,
        "numbers": {name: getattr(state, name) for name in _NUMBERS},
        "epochs": {"best_epoch": state.best_epoch, "last_epoch": state.last_epoch},
        "history": state.history,
        "memory": [None if isinstance(part, np.ndarray) else part for part in state.memory],
        "seconds": seconds,
    }
    arrays = {"facts": np.frombuffer(json.dumps(facts).encode(), np.uint8)}
    arrays["parameters"] = state.parameters
    if state.best is not None:
        arrays["best"] = state.best
    for k, part in enumerate(state.memory):
        if isinstance(part, np.ndarray):
            arrays[f"memory{k}"] = part
    arrays["checksum"] = _checksum(arrays)
    with atomic_output(path, sync=True) as stream:
        write_npz(stream, arrays)


class Checkpoint(NamedTuple):
    """What a checkpoint holds, and the name of its file."""

    name: str
    identity: dict[str, Any]
    state: State
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


def read_checkpoint(path: str | os.PathLike[str]) -> Checkpoint:
    """What a file holds. Raises DataError for one that is no such checkpoint, or is damaged.

    A right checksum is not trusted: every part must have its type, range and length.
    """
    name = os.fspath(path)
    if not os.path.isfile(name):
        raise DataError(f"cannot read the checkpoint {name}: there is no such file")
    try:
        arrays = read_npz(name)
    except DataError as error:
        raise DataError(
            f"{name} is no checkpoint of a training run: {error.message.partition(': ')[2]}"
        ) from None
    try:
        facts = json.loads(arrays["facts"].tobytes())
        if facts["format"] != FORMAT:
            raise ValueError
        found = arrays.pop("checksum").tobytes()
    except (KeyError, ValueError, TypeError, AttributeError, IndexError):
        raise DataError(f"{name} is no training checkpoint of this version of adcli") from None
    if found != _checksum(arrays).tobytes():
        raise DataError(f"the checkpoint {name} is damaged: its checksum does not match")
    with blaming(path):
        return _checkpoint(os.fspath(path), facts, arrays)


def _checksum(arrays: dict[str, Any]) -> Any:
    """Of the names, types and bytes of all arrays, as an array of bytes."""
    total = hashlib.blake2b(digest_size=32)
    for name, x in sorted(arrays.items()):
        total.update(f"{name} {x.dtype.str} {x.shape}\n".encode())
        total.update(np.ascontiguousarray(x).data)
    return np.frombuffer(total.digest(), np.uint8)


_EPOCH = sequence(whole(1), whole(), number(), number(), number(), number())
_NUMBERS = {
    **dict.fromkeys(("epochs", "batches", "iterations", "rows"), whole()),
    **dict.fromkeys(("total", "first"), number()),
}
_FACTS = record(
    format=text,
    identity=mapping(plain),
    numbers=record(**_NUMBERS),
    epochs=record(best_epoch=optional(_EPOCH), last_epoch=optional(_EPOCH)),
    history=every(_EPOCH),
    memory=every(optional(number())),
    seconds=number(least=0, finite=True),
)
_IDENTITY = {
    "type": one_of("float64", "float32"),
    "shapes of the parameters": mapping(every(whole())),
}
"""What a state needs of it; the rest is compared with what the run has."""


def _checkpoint(name: str, given: Any, arrays: dict[str, Any]) -> Checkpoint:
    """The checkpoint of checked parts. Raises Misfit."""
    facts = _FACTS(given)
    vectors = _vectors(facts, arrays)
    memory = [vectors[f"memory{k}"] if x is None else x for k, x in enumerate(facts["memory"])]
    best, last = (row and Epoch(*row) for row in facts["epochs"].values())
    history = [Epoch(*row) for row in facts["history"]]
    done = facts["numbers"]["epochs"]
    with within("last_epoch"):
        whole(done, done)(last.epoch if last else 0)
    if bool(history) != bool(last):
        with within("history"):
            raise misfit(facts["history"], "that of the epochs done")
    state = State(
        vectors["parameters"],
        tuple(memory),
        best=vectors.get("best"),
        best_epoch=best,
        last_epoch=last,
        history=history,
        **facts["numbers"],
    )
    return Checkpoint(name, facts["identity"], state, facts["seconds"])


def _vectors(facts: dict[str, Any], arrays: dict[str, Any]) -> dict[str, Any]:
    """The vectors of a checkpoint, all as long as the parameters. Raises Misfit."""
    with within("identity"):
        dtype, shapes = record(**_IDENTITY)(
            {k: facts["identity"].get(k) for k in _IDENTITY}
        ).values()
    vector = array(sum(map(math.prod, shapes.values())), dtype=dtype)
    names = ["parameters"] + ["best"] * (facts["epochs"]["best_epoch"] is not None)
    names += [f"memory{k}" for k, part in enumerate(facts["memory"]) if part is None]
    found: dict[str, Any] = record(**dict.fromkeys(names, vector))(
        {name: x for name, x in arrays.items() if name != "facts"}
    )
    return found
