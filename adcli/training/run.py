"""`adcli.train`: from what people ask for to one run over mini-batches."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

import numpy as np

from adcli.data.array_columns import check_arrays
from adcli.data.batches import Batches
from adcli.data.checkpoint import check_identity
from adcli.data.levels import has_column
from adcli.data.table import Table, open_table
from adcli.data.table_columns import Missing
from adcli.descent.checkpoint import Saving
from adcli.descent.groups import by_groups
from adcli.descent.problem import Problem
from adcli.descent.settings import Settings
from adcli.descent.stopping import Outcome, RunLimits, Status
from adcli.descent.vector_layout import VectorLayout
from adcli.errors import UsageError, did_you_mean
from adcli.function import Function, as_function
from adcli.given import check_kinds, check_number, is_path, sort_options
from adcli.graph.coded import AxisNames, LevelNames, axis_names
from adcli.training.state import Epoch, read_training
from adcli.training.training_loop import Training, TrainingWatcher
from adcli.training.training_plan import TrainingPlan, rule_settings

Data = Table | Mapping[str, Any] | str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
"""Rows: a table, arrays by name, or the names of files."""


@dataclass(frozen=True)
class TrainingResult:
    """How a training ended, with the best parameters.

    `value` is the loss of these: the validation loss after epoch `best_epoch`, or the training loss
    of that epoch where there are no validation rows. Before the first epoch is done it is the
    training loss so far, `best_epoch` is 0, and the parameters are the last ones (if it diverged,
    the start, and the loss of the first batch there). `training_loss` and `validation_loss` belong
    to that epoch, too (nan: there is none; `validated` says whether there are validation rows).
    `moved` says which numbers of the start were outside of their bounds, and moved to them.
    `levels` are the texts that codes stand for, `names` those of places along axes of variables.
    `epochs` counts whole ones; `history` has the first 100 of them, then ever fewer, and the last.
    """

    status: Status
    reason: str
    epochs: int
    iterations: int
    value: float
    training_loss: float
    validation_loss: float
    best_epoch: int
    point: dict[str, Any]
    fixed: tuple[str, ...]
    method: str
    rows: int
    seconds: float
    history: list[Epoch] = field(repr=False, default_factory=list)
    validated: bool = False
    dtype: str = "float64"
    moved: tuple[str, ...] = ()
    levels: LevelNames = field(default_factory=dict)
    names: AxisNames = field(repr=False, default_factory=dict)

    @property
    def parameters(self) -> dict[str, Any]:
        """The trained parameters as arrays of the type that they were computed in."""
        free = {name: x for name, x in self.point.items() if name not in self.fixed}
        return {name: np.asarray(x, dtype=self.dtype) for name, x in free.items()}


@np.errstate(all="ignore")  # what leaves the range is judged where it matters, in silence
def train(
    f: Function | str,
    start: Mapping[str, Any] | None = None,
    *,
    data: Data,
    validation: Data | float | None = None,
    fix: Mapping[str, Any] | None = None,
    bounds: Mapping[str, tuple[Any, Any]] | None = None,
    maximize: bool = False,
    missing: Missing = "error",
    where: Function | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: int = 1000,
    resume: str | os.PathLike[str] | None = None,
    watchers: Sequence[TrainingWatcher] = (),
    interrupted: Callable[[], bool] = lambda: False,
    **options: Any,
) -> TrainingResult:
    """Minimise a loss over rows in mini-batches, by an update rule.

    The program is a mean over rows; a column of `data` is a vector (rows of the batch,) in it, or a
    matrix (rows, k). `start` gives each parameter a number or an array. `validation` are other
    rows, or the part of the rows to hold out, a number between 0 and 1. `options` are the fields of
    TrainingPlan (`batch_size`, `epochs`, `shuffle`, `seed`, `patience`, `dtype`), of RunLimits
    and of adcli.descent.settings.Settings (`method`, without it adam or, at a `rate`, gd; schedules
    count batches). `where` and `missing` select rows as in read_columns.

    Raises UsageError for what cannot be meant, DomainError where the loss of the first batch is not
    finite, DataError for data and checkpoints that cannot be read.

    >>> rows = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.0, 5.0, 7.0]}
    >>> result = train("mean((a*x + b - y)^2)", {"a": 0.0, "b": 0.0}, data=rows, rate=0.1,
    ...     batch_size=2, epochs=200)
    >>> str(result.status), round(result.point["a"], 3), round(result.point["b"], 3)
    ('completed', 2.0, 1.0)
    """
    rule, planned, limited = sort_options(options, (Settings, TrainingPlan, RunLimits), "train")
    settings, plan, limits = rule_settings(rule), TrainingPlan(**planned), RunLimits(**limited)
    check_kinds(start=start, fix=fix, bounds=bounds, checkpoint=checkpoint, resume=resume)
    check_kinds(checkpoint_every=checkpoint_every, watchers=watchers, interrupted=interrupted)
    f = as_function(f)
    saved = None if resume is None else read_training(resume)
    start, fix = start or {}, fix or {}
    if saved is not None:  # where it stands has the right names and shapes
        shapes = saved.identity["shapes of the parameters"]
        layout = VectorLayout({name: tuple(shape) for name, shape in shapes.items()})
        start = {**layout.views(saved.state.parameters), **start}
    f.refuse_constants({**start, **fix})
    names = [name for name in f.inputs if name not in start and name not in fix]
    if not names:
        raise UsageError("the program names no column", "leave --batch-size and --epochs out")
    with ExitStack() as stack:
        rows = _BatchOpener(f, names, plan, missing, where, stack)
        batches, held_out = rows.both(data, validation)
        start, fix = (
            by_groups(f, values, batches.epoch(0), batches.levels) for values in (start, fix)
        )
        first = next(batches.epoch(0))
        problem = Problem(f, start, fixed=fix, data=first, bounds=bounds, maximize=maximize)
        problem.check_finite()
        problem.check_shapes()  # whether the loss is finite shows in the dtype of the training
        identity: dict[str, Any] = {}
        if checkpoint is not None or resume is not None:
            identity = _identity(problem, settings, plan, batches, held_out)
        if saved is not None:
            check_identity(saved.identity, identity, os.fspath(resume or ""))
        stepper = settings.stepper(problem)
        assert stepper is not None, "rule_settings lets no search pass"
        if saved is not None:
            saved.check(stepper.rule(np).init(np.zeros(1)), batches.steps)
        training = Training(
            *(problem, stepper, batches, held_out, plan, limits, watchers, interrupted),
            *((saved.state, saved.seconds) if saved is not None else ()),
        )
        if checkpoint is not None:
            training.saving, training.identity = Saving(checkpoint, checkpoint_every), identity
            training.save()  # a file that cannot be written shows now, not in an hour
        outcome = training.run()
        if outcome.status is not Status.DIVERGED:
            training.save()
        return _result(training, settings, outcome)


@dataclass(frozen=True)
class _BatchOpener:
    """Opens rows as batches of the program's columns `names`."""

    f: Function
    names: list[str]
    plan: TrainingPlan
    missing: Missing
    where: Function | None
    stack: ExitStack

    def both(self, data: Data, validation: Data | float | None) -> tuple[Batches, Batches | None]:
        """The rows to train on, and those that validate."""
        batches = self.open(data, self.plan.shuffle)
        if validation is None:
            return batches, None
        if not isinstance(validation, (Real, float)):
            return batches, self.open(validation, False, batches.levels)
        check_number(validation, "'validation'")
        part = float(validation)
        if not 0 < part < 1:
            raise UsageError(
                f"the part for validation is {part:g}", "between 0 and 1, for example 0.1"
            )
        rows, held_out = batches.split(part, int(self.plan.seed))
        return self.stack.enter_context(rows), self.stack.enter_context(held_out)

    def open(self, data: Data, shuffle: bool, levels: LevelNames | None = None) -> Batches:
        """The rows in batches; codes stand for `levels` where these are known."""
        source: Table | dict[str, Any]
        if isinstance(data, Mapping):
            self.f.refuse_constants(data, "the data")
            absent = [name for name in self.names if not has_column(data, name)]
            if absent:
                raise UsageError(
                    f"'{absent[0]}' has no start and is not a column",
                    did_you_mean(absent[0], data)
                    or "there are " + ", ".join(map(str, list(data)[:8])),
                )
            source = check_arrays(data, self.names, known=levels)
        elif isinstance(data, Table):
            source = data
        else:
            paths = [data] if isinstance(data, (str, os.PathLike)) else data
            if not isinstance(paths, (list, tuple)) or not all(map(is_path, paths)):
                raise UsageError(
                    f"data are arrays by name or names of files, not {type(paths).__name__}"
                )
            source = self.stack.enter_context(open_table(paths))
        if isinstance(source, Table):
            self.f.refuse_constants(source.layout.names, source.name)
            source.know(levels or {})
        plan = self.plan
        batches = Batches(
            source,
            self.names,
            size=int(plan.batch_size),
            shuffle=shuffle,
            seed=int(plan.seed),
            dtype=plan.dtype,
            missing=self.missing,
            where=self.where,
        )
        return self.stack.enter_context(batches)


def _identity(
    problem: Problem,
    settings: Settings,
    plan: TrainingPlan,
    batches: Batches,
    validation: Batches | None,
) -> dict[str, Any]:
    """What the checkpoint of a training must agree with, by what messages call it."""
    common = settings.identity(problem)
    return {
        "expression": common["expression"],
        "shapes of the parameters": {n: list(s) for n, s in problem.shapes.items()},
        "batch size": plan.batch_size,
        "order": f"shuffled with the seed {plan.seed}" if plan.shuffle else "as it came",
        "type": plan.dtype,
        "number of rows": batches.rows,
        "number of validation rows": 0 if validation is None else validation.rows,
        **common,
        "set of data": batches.digest,
    }


def _result(training: Training, settings: Settings, outcome: Outcome) -> TrainingResult:
    s, problem = training.state, training.problem
    best = s.best_epoch
    value = (s.mean if s.rows else s.first) if best is None else best.loss
    parameters = s.parameters if s.best is None else s.best
    if s.best is None and outcome.status is Status.DIVERGED:
        value, parameters = s.first, problem.start
    parts = problem.views(parameters).items()
    history = list(s.history)
    if s.last_epoch is not None and history[-1].epoch != s.last_epoch.epoch:
        history.append(s.last_epoch)
    point = {**{n: x if x.shape else float(x) for n, x in parts}, **problem.fixed}
    return TrainingResult(
        status=outcome.status,
        reason=outcome.reason,
        epochs=s.epochs,
        iterations=s.iterations,
        value=value,
        training_loss=value if best is None else best.training_loss,
        validation_loss=math.nan if best is None else best.validation_loss,
        best_epoch=0 if best is None else best.epoch,
        point={name: point[name] for name in problem.function.inputs if name in point},
        fixed=tuple(problem.fixed),
        method=settings.name,
        rows=training.batches.rows,
        seconds=training.elapsed(),
        history=history,
        validated=training.validation is not None,
        dtype=training.plan.dtype,
        moved=problem.moved,
        levels=training.batches.levels,
        names=axis_names(problem.function.graph, problem.function.order, training.batches.levels),
    )
