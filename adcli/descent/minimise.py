"""One descent: a problem, a method and limits; and its result."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from adcli.data.checkpoint import check_identity
from adcli.descent.checkpoint import Checkpointer, Saving, restore
from adcli.descent.diagnosis import distance, doubt, explain, flat_start
from adcli.descent.monitor import HISTORY_NUMBERS, History, Method, Monitor, Watcher
from adcli.descent.nearby import falls_nearby, kink_remark, least
from adcli.descent.problem import Problem
from adcli.descent.settings import Settings
from adcli.descent.stopping import Iterate, Limits, Minimum, Outcome, Status
from adcli.engines.choose import Choice
from adcli.graph.coded import AxisNames, LevelNames

if TYPE_CHECKING:
    from adcli.descent.inference import Inference


@dataclass(frozen=True)
class Result(Minimum):
    """How a descent ended, at the best point that was seen (where weight decay shrinks the point
    itself, the last one).

    `value`, `gradient` and the norm are those of what is minimised, weight decay included:
    `penalty` is what that adds to the value of the function.
    `history` has iterates on the way, thinned in a long run (`point` there is the flat vector of
    the free variables, `labels` their names). With many starts this is the best result, and
    `starts` has all of them, best first; with many rates it is that of the best `rate`, and `rates`
    has each with its result. `moved` says which numbers of the start were outside of their bounds,
    and moved to them, `remarks` what else there is to say of what was asked; `is_feasible` says
    whether constraints hold. `levels` are the texts that codes stand for, `names` those of the
    places along axes of variables. `inference` has the standard errors, if they are asked for,
    `engine` is what computed, and why.
    """

    penalty: float = 0.0
    history: list[Iterate] = field(repr=False, default_factory=list)
    labels: list[str] = field(repr=False, default_factory=list)
    starts: list[Result] = field(repr=False, default_factory=list)
    rate: float | None = None
    rates: list[tuple[float, Result]] = field(repr=False, default_factory=list)
    moved: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    is_feasible: bool = True
    levels: LevelNames = field(default_factory=dict)
    names: AxisNames = field(repr=False, default_factory=dict)
    inference: Inference | None = None
    engine: Choice | None = field(repr=False, default=None)

    @property
    def parameters(self) -> dict[str, Any]:
        """The point without what was held."""
        return {name: self.point[name] for name in self.gradient}


@np.errstate(all="ignore")  # what leaves the range is judged where it matters, in silence
def minimise(
    problem: Problem,
    settings: Settings,
    limits: Limits,
    saving: Saving,
    watchers: Sequence[Watcher] = (),
    interrupted: Callable[[], bool] = lambda: False,
) -> Result:
    """Run one descent."""
    body = saving.body
    is_saved = body is not None or saving.path is not None
    identity = settings.identity(problem) if is_saved else {}  # it reads all data
    method = settings.build(problem)
    history = History()
    monitor = Monitor(problem, limits, settings.searches, [history, *watchers], interrupted)
    monitor.keeps_last = settings.shrinks
    if body is not None:
        check_identity(body["identity"], identity, os.fspath(saving.resume))
        restore(saving.resume, body, method, monitor)
    saver = Checkpointer(saving, identity, method, monitor)
    if saving.path is not None:
        monitor.watchers.insert(0, saver)
    for watcher in monitor.watchers:
        watcher.attend(method)
        watcher.begin(problem)
    monitor.start_clock(body["seconds"] if body else 0.0)
    if settings.name == "lbfgs":
        outcome = run_to_kinks(method, monitor, is_saved)
    else:
        outcome = method.run(monitor)
    if saving.path and outcome.status in (Status.INTERRUPTED, Status.MAX_ITERATIONS):
        saver.save()
    last, remark = monitor.last, ""
    if outcome.status is Status.DIVERGED:
        remark = explain(problem, settings.stepper(problem), monitor)
    elif outcome.status is Status.CONVERGED and last and monitor.tests.is_stationary(last):
        remark = doubt(problem, last, monitor.stationarity.sizes(last))
        flat = "" if remark else flat_start(problem, last)
        if flat:
            remark = least(problem, last)
            outcome = outcome if remark else Outcome(Status.STALLED, flat)
        elif last.norm and not remark and limits.gradient_tolerance is None:
            remark = distance(problem, last, monitor.stationarity)
        if not (remark or flat or last.gradient.all()):
            remark = falls_nearby(problem, last, monitor.stationarity)
    elif outcome.status in (Status.STALLED, Status.MAX_ITERATIONS) and last:
        remark = kink_remark(problem, last, monitor.stationarity)
        if outcome.status is Status.MAX_ITERATIONS and not remark:
            remark = doubt_of_default(settings, history.closed(last))
    if remark:
        outcome = Outcome(outcome.status, f"{outcome.reason}; {remark}")
    return _result(problem, settings, monitor, outcome, history)


def run_to_kinks(method: Method, monitor: Monitor, is_saved: bool) -> Outcome:
    """Run a method that heeds no kinks; where it stands still at one, linear programs go on. One
    that is saved, to be resumed, ends by itself."""
    from adcli.descent.pieces import has_kinks

    problem = monitor.problem
    if not has_kinks(problem.graph, [problem.target]):
        return method.run(monitor)
    from adcli.descent.stagnation import LARGEST, Stagnation

    if is_saved or problem.size > LARGEST:
        return at_kinks(monitor, method.run(monitor))
    stagnation = Stagnation(monitor)
    return at_kinks(monitor, stagnation.judged(method.run(monitor)))


def at_kinks(monitor: Monitor, outcome: Outcome) -> Outcome:
    """The outcome where a descent stalled, or ended where gradients do not tell: at kinks, linear
    programs go on from the best point."""
    last = monitor.last
    ended = outcome.status is Status.CONVERGED and last and not monitor.tests.is_stationary(last)
    if outcome.status is not Status.STALLED and not (ended and monitor.finishing):
        return outcome
    problem = monitor.problem
    if last is None:
        return outcome
    from adcli.descent.piecewise import finish_at_kinks

    point = monitor.best_point
    before = last.value, last.point
    value, gradient = problem.value_and_gradient(point)
    it = monitor.iterate(last.iteration, point, value, gradient, before)
    return finish_at_kinks(monitor, it, outcome)


LAST_ROWS = 20
"""Rows of a history that tell a rate that is too small from one that is too large."""


def doubt_of_default(settings: Settings, rows: Sequence[Iterate]) -> str:
    """Whether the default rate of a method seems too small, as the value still falls steadily, or
    too large at the end, as it goes up and down; "" if it was given, or changes over time."""
    is_default = not settings.searches and settings.rate is None
    if not is_default or settings.schedule != "constant" or len(rows) < 2 * LAST_ROWS:
        return ""
    restless = sum(
        now.value > then.value or abs(now.value - now.before) > 2 * abs(now.value - then.value)
        for then, now in pairwise(rows[-LAST_ROWS:])
    )  # what one step changes is taken back before the next row
    name = f"{settings.rate_used:g}, the default rate of {settings.name}"
    if not restless:
        return f"{name}, seems too small: the value still falls steadily"
    if restless > LAST_ROWS // 4:
        return (
            f"{name}, is too large to settle: the value goes up and down; one that falls over time,"
            " or a smaller one, may help"
        )
    return ""


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
        problem.sign * value,
        free.norm,
        problem.point(point),
        problem.unflatten(problem.sign * gradient),
        settings.name,
        monitor.elapsed(),
        problem.sign * problem.penalty(point),
        [as_asked(it, problem.sign) for it in history.closed(monitor.last)],
        problem.first_labels(HISTORY_NUMBERS),
        engine=problem.choice,
    )


def as_asked(it: Iterate, sign: float) -> Iterate:
    """An iterate with the function's own value and gradient."""
    if sign > 0:
        return it
    return it._replace(value=-it.value, before=-it.before, gradient=-it.gradient)
