"""From a start to the least sum of squares: one method, and more where one is not enough.

Levenberg and Marquardt's method goes from the start. Where that is cheap, or where it did not end
in a clean minimum, variable projection goes from the same nonlinear parameters. Where these two
disagree, neither ended well, or the fit explains little, the search goes on: with shorter first
steps, and both methods from points around the start.
The least cost wins.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from adcli.descent.stopping import Ended, Outcome, Status
from adcli.fitting.levenberg import MARQUARDT, PROJECTION, Attempt, Box, Minimisation
from adcli.fitting.linearise import LeastSquares, Linearised
from adcli.fitting.losses import sum_of_squares
from adcli.fitting.model import Vector
from adcli.fitting.separable import Separated
from adcli.fitting.statistics import condition

CHEAP_FIT = 2_000_000
"""Rows times parameters up to which a second method runs although the first ended well."""

BUDGET = 100_000_000
"""Rows times parameters times evaluations after which no further start is tried: some seconds."""

MOST_EVALUATIONS = 4_000
"""Evaluations after which none is, however small the table: a second or two."""

RESTARTS = 16
"""Points around the start from which the search goes on where the first methods disagree."""

CAUTIONS = (0.1, 1e-3)
"""The first steps may jump from a good start to another valley: before points around it, parts of
their length are tried."""

RESTART_ITERATIONS = 200
SPREAD = 0.7
"""Standard deviation of the logarithm of their parameters against the start's."""

ENOUGH_MEETINGS = 6
"""Attempts that end in the best minimum after which no more are made."""

POOR = 0.5
"""A fit that leaves more than this part of the response's own sum of squares explains little."""

SAME_MINIMUM = 1e-6
"""Costs that differ by less than this part of them belong to one minimum."""

AROUND, LINEAR = 0.25, 0.02
"""Points where the cost is up to the first part above a minimum, and the linear problem there tells
the rise up to the second part of it, belong to that minimum."""

CLEAN = 1e12
"""Most that the condition number of the Jacobian, its columns scaled, is in a clean minimum."""


@dataclass
class Search:
    """A search for the least cost.

    `linear` are the places of the parameters that variable projection may solve for; `noise` is the
    length of the residuals' rounding errors, `total` the response's sum of squares about its mean;
    `max_iterations` holds for each attempt. Interrupted, it ends with the best attempt so far.
    """

    problem: LeastSquares
    start: Vector
    box: Box
    linear: Sequence[int]
    noise: float
    total: float
    max_iterations: int
    attempts: list[Attempt] = field(default_factory=list)
    meetings: int = 0

    def __post_init__(self) -> None:
        self._judged: tuple[Attempt, bool] | None = None

    def run(self, *, started: bool = True, also: Sequence[Vector] = ()) -> Attempt:
        """The best attempt; `started` says whether linear parameters have starts.

        The start is then the first point; `also` are others to begin at. Where nothing could be
        attempted, by an interruption or since no point is finite, the first of all is the best.
        """
        outcome = Outcome(Status.STALLED, "the sum of squares is not finite")
        try:
            self._run(started, also)
        except Ended as end:
            outcome = end.outcome
        if self.attempts:
            return self.best
        first = also[0] if also else self.start
        return Attempt(first, Linearised.unknown(self.problem.size), *outcome, 0)

    def _run(self, started: bool, also: Sequence[Vector]) -> None:
        for point in also:
            self._marquardt(point, self.max_iterations)
        if started:
            self._marquardt(self.start, self.max_iterations)
        if self.max_iterations == 0 and self.attempts:
            return
        cheap = self.problem.residuals.rows * self.problem.size <= CHEAP_FIT
        if self.linear and (not self.attempts or cheap or not self._is_clean()):
            self._project(self.start, self.max_iterations)
        if not self.attempts:  # the model is not finite where its linear parameters would be best
            self._marquardt(self.start, self.max_iterations)
        if self.attempts and not self._is_settled():
            self._restart()
            best = self.best
            if best.status is Status.MAX_ITERATIONS and best.iterations < self.max_iterations:
                rest = self.max_iterations - best.iterations
                self._marquardt(best.point, rest, best.method, best.iterations)

    def _is_spent(self) -> bool:
        count = self.problem.evaluations
        numbers = self.problem.residuals.rows * self.problem.size * count
        return count > MOST_EVALUATIONS or numbers > BUDGET

    @property
    def best(self) -> Attempt:
        """The attempt of least cost; of those that are as good the first that converged."""
        least = min(a.linear.cost for a in self.attempts)
        good = [a for a in self.attempts if self._agrees(a.linear.cost, least)]
        return next((a for a in good if a.status is Status.CONVERGED), good[0])

    def _agrees(self, cost: float, least: float) -> bool:
        return math.sqrt(cost) <= math.sqrt(least * (1 + SAME_MINIMUM)) + self.noise

    def _is_clean(self) -> bool:
        """Whether the best attempt ended well, where all parameters are determined."""
        best = self.best
        if self._judged is None or self._judged[0] is not best:
            free = ~self.box.held(best.point, best.linear.gradient)
            converged = best.status is Status.CONVERGED
            self._judged = best, converged and condition(best.linear, free) <= CLEAN
        return self._judged[1]

    def _is_known(self, point: Vector, cost: float) -> bool:
        """Whether a point of this cost lies around the best attempt's, a clean minimum, where the
        linear problem there tells costs: a search that gets there would end there."""
        if not self.attempts or not self._is_clean():
            return False
        best = self.best
        least = best.linear.cost
        rise = sum_of_squares(best.linear.triangle @ (point - best.point))
        error = abs(cost - least - rise)
        met = rise <= AROUND * least and error <= LINEAR * rise + SAME_MINIMUM * least
        self.meetings += met
        return met

    def _is_settled(self) -> bool:
        """Whether other starts promise nothing."""
        least = self.best.linear.cost
        limited = self.max_iterations < RESTART_ITERATIONS
        if limited and all(a.status is Status.MAX_ITERATIONS for a in self.attempts):
            return True
        if math.sqrt(least) <= self.noise:  # no residuals are left to lower
            return True
        agreed = all(self._agrees(a.linear.cost, least) for a in self.attempts)
        return agreed and self._is_clean() and least <= POOR * self.total

    def _restart(self) -> None:
        limit = min(RESTART_ITERATIONS, self.max_iterations)
        for point, caution in (*((self.start, c) for c in CAUTIONS), *self._around()):
            if self._is_spent():
                return
            self._marquardt(point, limit, caution=caution)
            if self.linear and caution == 1.0:
                self._project(point, limit)
            least = self.best.linear.cost
            count = sum(self._agrees(a.linear.cost, least) for a in self.attempts)
            if count + self.meetings >= ENOUGH_MEETINGS and self._is_clean():
                return

    def _around(self) -> Iterator[tuple[Vector, float]]:
        """Points whose parameters have the start's signs, and other sizes; and no caution."""
        random = np.random.default_rng(0)
        for _ in range(RESTARTS):
            factors = np.exp(SPREAD * random.standard_normal(len(self.start)))
            yield self.box.project(self.start * factors), 1.0

    # ---- the methods ----

    def _marquardt(
        self,
        start: Vector,
        iterations: int,
        method: str = MARQUARDT,
        before: int = 0,
        caution: float = 1.0,
    ) -> None:
        """All parameters together from `start`, after as many iterations by another method."""
        if not self.problem.linearise(start).is_finite:
            return
        problem, box, is_known = self.problem, self.box, self._is_known
        found = Minimisation(problem, start, box, iterations, is_known, caution).run()
        if found is None:
            return
        iterations = before + found.iterations
        self.attempts.append(found._replace(iterations=iterations, method=method))

    def _project(self, start: Vector, iterations: int) -> None:
        """Variable projection, then all parameters together from where it ends."""
        separated = Separated(self.problem, self.linear, start)
        point = separated.whole(start[separated.nonlinear])
        if point is None or not np.isfinite(self.problem.cost(point)):
            return
        before = 0
        if separated.size:
            free = separated.nonlinear
            inner = Box(self.box.lower[free], self.box.upper[free])

            def is_known(some: Vector, cost: float) -> bool:
                return (full := separated.whole(some)) is not None and self._is_known(full, cost)

            found = Minimisation(separated, start[free], inner, iterations, is_known).run(False)
            if found is None:
                return
            point, before = separated.whole(found.point), found.iterations
        if point is not None:
            rest = max(iterations - before, 0)
            self._marquardt(point, rest, PROJECTION, before)
