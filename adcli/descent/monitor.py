"""What goes with every descent: counting, the best point, the tests, and whoever watches."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from adcli.data.schema import Check
from adcli.descent.decrement import newton_step
from adcli.descent.finish import finish, judge
from adcli.descent.observed import Observed
from adcli.descent.problem import Problem, blame
from adcli.descent.rules import Vector
from adcli.descent.stopping import ROUNDING, Iterate, Iterates, Limits, Outcome, Status, Tests

NEVER = 2**62

WATCHED_ITERATIONS = 1_000_000
WATCHED_SECONDS = 0.05
"""A compiled loop looks at the clock, and for signals, after so many iterations, or seconds."""

EDGE = 20
"""A descent whose last so many steps all met points where the function is not finite runs along the
edge of its domain."""

HISTORY_NUMBERS = 1_000
"""A history keeps points of up to so many numbers."""


class Watcher:
    """Somebody who looks at iterates; this one looks at none."""

    def attend(self, method: Method) -> None:
        """Learn which method descends, before it begins."""

    def begin(self, problem: Problem) -> None:
        """The descent is about to start: all that was asked for can be meant."""

    def next(self, iteration: int) -> int:
        """The first iteration from `iteration` on that is wanted."""
        return NEVER

    def see(self, iterate: Iterate) -> None:
        """Look at an iterate; others than those wanted may come."""


class Recorder(Watcher):
    """A watcher of every iterate, who takes many of them at once where they come like that."""

    def next(self, iteration: int) -> int:
        """Every iteration."""
        return iteration

    def see_many(self, iterates: Iterates) -> None:
        """Look at iterates that follow one another."""


class Method:
    """A way to descend."""

    def run(self, monitor: Monitor) -> Outcome:
        """Descend until the monitor, or the method itself, says that it is over."""
        raise NotImplementedError

    def parts(self) -> dict[str, Check]:
        """A check for each attribute that the next iteration depends on, as checkpoints have it."""
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        """The attributes that the next iteration depends on, by name."""
        return {name: getattr(self, name) for name in self.parts()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take a state up again, before `run`; its parts are what they should be. Raises Misfit
        where they contradict each other."""
        vars(self).update(state)


class Monitor(Observed):
    """Keeps the best point, asks the tests, and passes iterates to the watchers.

    `keeps_last` says to report the last point: of a method that minimises no function.
    `interrupted()` says whether to end now.
    """

    def __init__(
        self,
        problem: Problem,
        limits: Limits,
        settles: bool,
        watchers: Sequence[Watcher] = (),
        interrupted: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__(problem, limits, settles)
        s = self.stationarity
        self.tests = Tests(limits, s.value, problem.sign, settles, s.evidence)
        self.watchers = list(watchers)
        self.interrupted = interrupted
        self.best_value = math.inf
        self.best_point: Vector = problem.start
        self.block = 1
        self.last: Iterate | None = None
        self.finishing = False
        self._before_finish = 0
        self.keeps_last = False
        self._along_edge = 0
        self._begin = time.perf_counter()

    def start_clock(self, seconds: float = 0.0) -> None:
        """Start counting; `seconds` passed before (in a run that is resumed)."""
        self._begin = time.perf_counter() - seconds

    def elapsed(self) -> float:
        """Seconds since the start of the run."""
        return time.perf_counter() - self._begin

    @property
    def own_evaluations(self) -> int:
        """The evaluations of the method: those that finish it are made again after a resume."""
        return self._before_finish if self.finishing else self.evaluations

    @property
    def recorders(self) -> list[Recorder]:
        """The watchers that take many iterates at once."""
        return [watcher for watcher in self.watchers if isinstance(watcher, Recorder)]

    def horizon(self, iteration: int, recorded: int = 0) -> int:
        """The next iteration after `iteration` that a watcher wants to see: of those that take
        many at once nobody does before `recorded` of them, where the method records iterates."""
        told = [w for w in self.watchers if not (recorded and isinstance(w, Recorder))]
        wanted = [watcher.next(iteration + 1) for watcher in told]
        block = min(self.block, recorded or self.block)
        return min([self.limits.max_iterations, iteration + block, *wanted])

    def pace(self, iterations: int, seconds: float) -> None:
        """Learn how long the next block may be from one that took so many seconds."""
        self.block = max(
            1,
            min(
                WATCHED_ITERATIONS,
                4 * self.block,
                int(WATCHED_SECONDS * iterations / (seconds + 1e-9)),
            ),
        )

    def keep(self, value: float, point: Vector) -> None:
        """Remember the best point; of equal ones the last."""
        if value <= self.best_value:
            self.best_value = value
            self.best_point = np.array(point, dtype=float)

    def see(self, it: Iterate) -> Outcome | None:
        """Look at an iterate; the outcome if the run is over."""
        self.pass_by(it)
        for watcher in self.watchers:
            watcher.see(it)
        outcome = self.tests.outcome(it)
        if outcome is None and self.interrupted():
            outcome = Outcome(Status.INTERRUPTED, f"stopped after iteration {it.iteration:,}")
        if outcome is None and self.limits.is_late(self.elapsed()):
            limit = f"the time limit of {self.limits.max_seconds:g} seconds"
            reason = f"{limit} is reached at iteration {it.iteration:,}"
            outcome = Outcome(Status.MAX_ITERATIONS, reason)
        return outcome or self._at_edge(it) or self.settled(it)

    def _at_edge(self, it: Iterate) -> Outcome | None:
        """The outcome of a descent that runs along the edge of the domain."""
        self._along_edge = self._along_edge + 1 if self.refused is not None else 0
        refused, self.refused = self.refused, None
        if self._along_edge < EDGE or refused is None:
            return None
        return self._bottomless() or Outcome(
            Status.STALLED,
            f"each of the last {EDGE} steps met points where the function is not finite: "
            f"{blame(self.problem, refused)}; --bounds can keep a variable inside",
        )

    def _bottomless(self) -> Outcome | None:
        """The outcome where a trial found no bottom: a value of minus infinity."""
        if self.abyss is None:
            return None
        way = "rises" if self.problem.maximize else "falls"
        value = -self.problem.sign * math.inf
        names = zip(self.problem.first_labels(3), self.abyss.tolist(), strict=False)
        where = ", ".join(f"{name}={x:g}" for name, x in names)
        reason = f"the value {way} without end: it is {value:g} at {where}"
        return Outcome(Status.DIVERGED, reason)

    def settled(self, it: Iterate) -> Outcome | None:
        """The outcome where the last step changed nothing in float64; None to go on."""
        if self.finishing or not self.tests.has_settled(it):
            return None
        shown = self.problem.sign * it.value
        return self.unimproved(it, f"the value {shown:.6g} has settled in float64")

    def unimproved(self, it: Iterate | None, reason: str) -> Outcome:
        """The outcome where a method cannot lower the value: at a minimum, or stalled."""
        if it is None:
            return Outcome(Status.STALLED, reason)
        self.finishing, self._before_finish = True, self.evaluations
        outcome, refused = finish(self, it, reason, self.see), self.refused
        if outcome.status is not Status.STALLED:
            return outcome
        cause = "" if refused is None else blame(self.problem, refused)
        beyond = f"; where it tried to go, {cause}, which is not finite" if cause else ""
        return self._bottomless() or outcome._replace(reason=outcome.reason + beyond)

    def unmoved(self, it: Iterate, reason: str) -> Outcome:
        """The outcome where a method at a rate does not move any more: it takes no other steps."""
        if self.limits.gradient_tolerance == 0:
            return Outcome(Status.STALLED, reason)
        return judge(self, it, newton_step(self.problem, it), reason)

    def pass_by(self, it: Iterate) -> None:
        """Take notice of an iterate, without telling anybody."""
        if math.isfinite(it.value) and math.isfinite(it.norm):
            self.keep(it.value, it.point)
        self.last = it
        self.stationarity.see(it)

    def reported(self, outcome: Outcome) -> Vector:
        """The point to report: the best, or the last one where it converged and rounding alone
        makes another one better (where the value told nothing more, gradients led there)."""
        last = self.last
        if self.keeps_last and last is not None and math.isfinite(last.value + last.norm):
            return last.point
        limit = self.best_value + ROUNDING * abs(self.best_value)
        as_good = last is not None and (self.finishing or last.value <= limit)
        if outcome.status is Status.CONVERGED and last is not None and as_good:
            return last.point
        return self.best_point

    def forget(self) -> None:
        """Forget counts and the best point, before a method replays its evaluations."""
        self.evaluations = 0
        self.best_value, self.best_point = math.inf, self.problem.start


class History(Watcher):
    """Iterates for the caller: the first 100, then 90 for every power of ten.

    Points and gradients of more than HISTORY_NUMBERS numbers are left out.
    """

    def __init__(self) -> None:
        self.rows: list[Iterate] = []

    def next(self, iteration: int) -> int:
        """The next mark."""
        return next_mark(iteration, 2)

    def see(self, iterate: Iterate) -> None:
        """Keep the iterate, if it is at a mark."""
        if next_mark(iterate.iteration, 2) == iterate.iteration:
            self.rows.append(self._slim(iterate))

    def closed(self, last: Iterate | None) -> list[Iterate]:
        """The rows, the last iterate included."""
        if last is None or (self.rows and self.rows[-1].iteration == last.iteration):
            return list(self.rows)
        return [*self.rows, self._slim(last)]

    def _slim(self, it: Iterate) -> Iterate:
        if len(it.point) <= HISTORY_NUMBERS:
            return it
        return it._replace(point=np.empty(0), gradient=np.empty(0))


def next_mark(iteration: int, digits: int) -> int:
    """The first number from `iteration` on that has at most `digits` digits before its zeros.

    >>> [next_mark(k, 1) for k in (0, 9, 11, 21, 950)]
    [0, 9, 20, 30, 1000]
    """
    unit: int = 10 ** max(0, len(str(iteration)) - digits)
    return -(-iteration // unit) * unit
