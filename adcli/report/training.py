"""What people and scripts see of a training: a row an epoch, a bar, a panel, JSON, a trace."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from adcli.data.iterates import EPOCH, Row, TraceFile
from adcli.descent.monitor import HISTORY_NUMBERS, next_mark
from adcli.descent.stopping import Status
from adcli.graph.axes import element_labels
from adcli.language.messages import counted
from adcli.report.descent import levels_field
from adcli.report.drawn_tables import Tables
from adcli.report.numbers import flat, shape_of
from adcli.report.rendering import Report, fields_of
from adcli.training.run import TrainingResult
from adcli.training.state import Epoch
from adcli.training.training_loop import Training, TrainingWatcher

BAR_PAUSE = 0.1
"""Seconds between two pictures of the bar."""

FEW = 12
"""Numbers of a parameter that a panel writes out; larger ones are described."""


@dataclass(frozen=True)
class TrainingReport(Report):
    """How a training ended; `timed` says whether people see how long it took."""

    result: TrainingResult
    timed: bool = True

    def record(self) -> dict[str, Any]:
        """The final object; arrays beyond HISTORY_NUMBERS are described by their shape."""
        result = self.result
        without = ["fixed", "history", "validated", "dtype", "moved", "levels", "names"]
        without += [] if result.validated else ["validation_loss"]
        record = fields_of(result, TrainingResult, without)
        record["point"] = {
            name: x if prod(shape_of(x)) <= HISTORY_NUMBERS else {"shape": shape_of(x)}
            for name, x in result.point.items()
        }
        record["seconds"] = round(result.seconds, 6)
        record |= levels_field(result.levels)
        if not math.isfinite(result.value):
            record["error"] = f"the loss is {result.value:g}"
        return record

    def draw(self, tables: Tables, digits: int) -> None:
        """The closing panel: how it ended, the losses, and the parameters."""
        result = self.result
        counts = (
            f"{counted(result.iterations, 'iteration')}, {counted(result.rows, 'row')} an epoch"
        )
        counts += f", {result.seconds:.2g} s" if self.timed else ""
        lines = [_losses(result, digits), counts, *_parameter_lines(result, digits)]
        tables.panel("result", result.status, result.reason, lines)


def _losses(result: TrainingResult, digits: int) -> str:
    training = f"training loss {result.training_loss:.{digits}g}"
    if not result.best_epoch:
        return f"{training} so far" if result.status is not Status.DIVERGED else training
    if not result.validated:
        return f"{training} in epoch {result.best_epoch:,}, whose parameters are the best"
    validation = f"validation loss {result.validation_loss:.{digits}g}"
    return f"{validation} after epoch {result.best_epoch:,}, the best; {training}"


def _parameter_lines(result: TrainingResult, digits: int) -> list[str]:
    """`b = 2`, `v[0] = 1`, or of a large array its shape and norm."""
    lines = []
    for name, value in result.point.items():
        held = "  (fixed)" if name in result.fixed else ""
        shape = shape_of(value)
        if prod(shape) <= FEW:
            labels = element_labels(name, shape, result.names.get(name))
            for label, x in zip(labels, flat(value), strict=True):
                lines.append(f"{label} = {x:.{digits}g}{held}")
        else:
            norm = float(np.linalg.norm(value))
            lines.append(f"{name}: {'x'.join(map(str, shape))}, norm {norm:.{digits}g}{held}")
    return lines


def heading(training: Training, description: str) -> str:
    """Two lines: the method and the size of its batches; the parameters and the rows."""
    plan, size = training.plan, training.problem.size
    rows = f"{training.batches.rows:,} rows"
    if training.validation is not None:
        rows += f", {training.validation.rows:,} more for validation"
    parameters = f"{counted(size, 'parameter')} in {plan.dtype}"
    return f"{description}, in batches of {plan.batch_size:,} rows\n{parameters}; {rows}"


class EpochTable(TrainingWatcher):
    """Writes a row for every `every`-th epoch, and says which one is the best so far.

    Without `every` the first 100 have rows, then ever fewer.
    """

    def __init__(
        self, write: Callable[[str], None], description: str, digits: int, every: int | None
    ) -> None:
        self.write = write
        self.description = description
        self.digits = digits
        self.every = every
        self._waiting = ""

    def __enter__(self) -> EpochTable:
        return self

    def __exit__(self, *exception: Any) -> None:
        if self._waiting:
            self.write(self._waiting)

    def begin(self, training: Training) -> None:
        headers = ["epoch", "iterations", "training loss", "validation loss"]
        line = self._line(headers if training.validation is not None else headers[:3])
        self.write(heading(training, self.description) + "\n" + line)

    def see_epoch(self, training: Training, epoch: Epoch) -> None:
        """Write a row, if it is its turn; the last one is written in any case."""
        number, losses = epoch.epoch, [epoch.training_loss]
        if training.validation is not None:
            losses.append(epoch.validation_loss)
        cells = [f"{number:,}", f"{epoch.iterations:,}", *[f"{x:.{self.digits}g}" for x in losses]]
        row = self._line(cells, training.state.best_epoch is epoch)
        is_due = number % self.every == 0 if self.every else next_mark(number, 2) == number
        self._waiting = "" if is_due else row
        if is_due:
            self.write(row)

    def _line(self, cells: Sequence[str], best: bool = False) -> str:
        wide = max(15, self.digits + 7)
        widths = (9, 11, wide, wide)
        text = " ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=False))
        return text + ("  best" if best else "") + "\n"


class TrainingBar(TrainingWatcher):
    """A bar over all epochs, with the loss so far and rows a second, on a terminal."""

    def __init__(self, console: Console) -> None:
        self.progress = Progress(
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(),
            TextColumn("loss {task.fields[loss]}"),
            TextColumn("{task.fields[speed]} rows/s"),
            TimeRemainingColumn(),
            console=console,
            auto_refresh=False,
            transient=True,
        )
        self._drawn = -math.inf
        self._begin = (0.0, 0)

    def __enter__(self) -> TrainingBar:
        return self

    def __exit__(self, *exception: Any) -> None:
        self.progress.stop()

    def begin(self, training: Training) -> None:
        """Take the terminal."""
        total = training.plan.epochs * training.batches.steps
        self.progress.add_task("", total=total, epoch="", loss="", speed="")
        self.progress.start()
        self._begin = (time.monotonic(), training.state.iterations)

    def see_batch(self, training: Training) -> None:
        """Draw, if the last picture is old enough."""
        now = time.monotonic()
        if now - self._drawn < BAR_PAUSE:
            return
        self._drawn = now
        state, plan = training.state, training.plan
        since, first = self._begin
        rows = (state.iterations - first) * training.batches.rows / training.batches.steps
        self.progress.update(
            self.progress.task_ids[0],
            completed=state.iterations,
            epoch=f"{state.epochs + 1:,}/{plan.epochs:,}",
            loss=f"{state.mean:.4g}",
            speed=f"{rows / max(now - since, 1e-9):,.0f}",
            refresh=True,
        )

    def above(self, write: Callable[[str], None]) -> Callable[[str], None]:
        """A function that writes above the bar, where both are on one terminal."""

        def written(text: str) -> None:
            running = self.progress.live.is_started
            if running:
                self.progress.stop()
            write(text)
            if running:
                self.progress.start()

        return written


class TrainingTrace(TraceFile, TrainingWatcher):
    """Writes every epoch to a file, with the parameters after it unless there are too many."""

    _columns = EPOCH
    _kept = False

    def begin(self, training: Training) -> None:
        layout = training.problem
        self._kept = layout.size <= HISTORY_NUMBERS
        if training.validation is None:
            self._columns = {name: k for name, k in EPOCH.items() if name != "validation_loss"}
        labels = layout.labels if self._kept else []
        self.open(self._columns, labels, layout.unflatten if self._kept else lambda _: {})

    def see_epoch(self, training: Training, epoch: Epoch) -> None:
        head = [getattr(epoch, name) for name in self._columns]
        self.add(Row(head, training.state.parameters.tolist() if self._kept else []))
