"""`adcli.descend`: a problem, a method, limits; and the result."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adcli.descent.checkpoint import (
    Checkpointer,
    check_identity,
    read_checkpoint,
    restore,
    same_start,
)
from adcli.descent.diagnosis import explain
from adcli.descent.monitor import KEPT, History, Monitor, Watcher
from adcli.descent.problem import Problem
from adcli.descent.settings import Settings, canonical_text
from adcli.descent.stopping import Iterate, Limits, Outcome, Status
from adcli.errors import UsageError
from adcli.function import Function, function
from adcli.suggestion import did_you_mean


@dataclass(frozen=True)
class Result:
    """How a descent ended, at the best point that was seen.

    `history` has iterates on the way, thinned in a long run (`point` there is the flat vector of
    the free variables, `labels` their names). With many starts this is the best result, and
    `starts` has all of them, best first.
    """

    status: Status
    reason: str
    iterations: int
    evaluations: int
    value: float
    gradient_norm: float
    point: dict[str, Any]
    gradient: dict[str, Any]
    method: str
    seconds: float
    history: list[Iterate] = field(repr=False, default_factory=list)
    labels: list[str] = field(repr=False, default_factory=list)
    starts: list[Result] = field(repr=False, default_factory=list)


@dataclass(frozen=True)
class Saving:
    """Where a run is saved, and how often; and the checkpoint that it goes on from."""

    path: str | os.PathLike[str] | None = None
    every: int = 1000
    resume: str | os.PathLike[str] | None = None


def descend(
    f: Function | str,
    start: Mapping[str, Any] | None = None,
    *,
    fix: Mapping[str, Any] | None = None,
    bounds: Mapping[str, tuple[Any, Any]] | None = None,
    maximize: bool = False,
    starts: int = 1,
    seed: int = 0,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: int = 1000,
    resume: str | os.PathLike[str] | None = None,
    watchers: Sequence[Watcher] = (),
    interrupted: Callable[[], bool] = lambda: False,
    **options: Any,
) -> Result:
    """Minimise a scalar function from `start`, a number or an array for each variable.

    `options` are the fields of adcli.descent.settings.Settings (`method`, one of METHODS, `rate`,
    `schedule`, ...: without method and rate it is L-BFGS, with a rate gradient descent) and of
    adcli.descent.stopping.Limits (`max_iterations`, `gradient_tolerance`, ...). `fix` holds
    variables, `bounds` gives pairs (lower, upper), `starts` descends from many points around the
    start. `watchers` see the iterates, `interrupted()` says whether to end.

    Raises UsageError for what cannot be meant, DomainError where the function is not finite at the
    start, DataError for a checkpoint that cannot be read or written.

    >>> result = descend("(x - 1)^2 + 2(y + 3)^2", {"x": 0.0, "y": 0.0}, method="gd", rate=0.1)
    >>> str(result.status), round(result.point["x"], 6), round(result.point["y"], 6)
    ('converged', 1.0, -3.0)
    """
    chosen, limits = _settings_and_limits(options)
    f = function(f) if isinstance(f, str) else f
    saving = Saving(checkpoint, checkpoint_every, resume)
    body = None
    if resume is not None:
        body = read_checkpoint(resume)
        expression = {"expression": canonical_text(f)}
        check_identity(body["identity"], expression, os.fspath(resume))
        same_start(body, start or {})
        start = body["start"]
    problem = Problem(f, start or {}, fixed=fix, bounds=bounds, maximize=maximize)
    if starts == 1:
        return minimise(problem, chosen, limits, saving, body, watchers, interrupted)
    if checkpoint is not None or resume is not None:
        raise UsageError("checkpoints are for one start", "leave --starts out")
    from adcli.descent.starts import descend_many

    return descend_many(problem, chosen, limits, starts, seed, interrupted)


def _settings_and_limits(options: dict[str, Any]) -> tuple[Settings, Limits]:
    """The options by where they belong."""
    kinds = Settings.__dataclass_fields__, Limits.__dataclass_fields__
    for name in options:
        if not any(name in kind for kind in kinds):
            hint = did_you_mean(name, [*kinds[0], *kinds[1]])
            raise UsageError(f"descend has no setting '{name}'", hint)
    settings, limits = ({n: v for n, v in options.items() if n in kind} for kind in kinds)
    return Settings(**settings), Limits(**limits)


def minimise(
    problem: Problem,
    settings: Settings,
    limits: Limits,
    saving: Saving,
    body: dict[str, Any] | None = None,
    watchers: Sequence[Watcher] = (),
    interrupted: Callable[[], bool] = lambda: False,
) -> Result:
    """Run one descent; `body` is that of a checkpoint to go on from."""
    identity = settings.identity(problem)
    method = settings.build(problem)
    history = History()
    monitor = Monitor(problem, limits, settings.searches, [history, *watchers], interrupted)
    if body is not None:
        check_identity(body["identity"], identity, os.fspath(saving.resume or ""))
        restore(body, method, monitor)
    saver = None
    if saving.path is not None:
        fresh = body is None
        saver = Checkpointer(saving.path, saving.every, identity, method, monitor, fresh)
        monitor.watchers.insert(0, saver)
    for watcher in monitor.watchers:
        watcher.begin(problem)
    monitor.start_clock(body["seconds"] if body else 0.0)
    outcome = method.run(monitor)
    if saver and outcome.status in (Status.INTERRUPTED, Status.MAX_ITERATIONS):
        saver.save()
    if outcome.status is Status.DIVERGED:
        cause = explain(problem, settings.stepper(problem), monitor)
        outcome = Outcome(outcome.status, outcome.reason + (f"; {cause}" if cause else ""))
    return _result(problem, settings, monitor, outcome, history)


def _result(
    problem: Problem, settings: Settings, monitor: Monitor, outcome: Outcome, history: History
) -> Result:
    point = monitor.reported(outcome)
    value, gradient = problem.value_and_gradient(point)
    free = monitor.iterate(0, point, value, gradient, None)
    return Result(
        outcome.status,
        outcome.reason,
        monitor.last.iteration if monitor.last else 0,
        monitor.evaluations,
        monitor.sign * value,
        free.norm,
        problem.point(point),
        problem.unflatten(monitor.sign * gradient),
        settings.name,
        monitor.elapsed(),
        [_as_asked(it, monitor.sign) for it in history.closed(monitor.last)],
        problem.first_labels(KEPT),
    )


def _as_asked(it: Iterate, sign: float) -> Iterate:
    """An iterate with the function's own value and gradient."""
    if sign > 0:
        return it
    return it._replace(value=-it.value, before=-it.before, gradient=-it.gradient)
