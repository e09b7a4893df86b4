"""Levenberg and Marquardt's method in a trust region, scaled and bounded.

Each step minimises the linearised problem within |D step| <= radius, where D holds the largest
norms that the Jacobian's columns have had (up to STALE times those they have), so that units of
parameters do not matter. Close to the minimum the cost no longer tells two points apart, its
derivative does: Gauss-Newton steps go on for as long as they shrink the residuals' part in the
tangent plane. Source: More, The Levenberg-Marquardt algorithm (1978); Bates & Watts, Nonlinear
Regression Analysis (1988), 2.2.3 for when it has converged.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from adcli.descent.lengths import vector_norm
from adcli.descent.stopping import Ended, Status
from adcli.fitting.edge import DomainEdge
from adcli.fitting.linearise import (
    Linearised,
    Minimised,
    lengths,
    of_length_one,
)
from adcli.fitting.local_problem import LocalProblem
from adcli.fitting.losses import sum_of_squares
from adcli.fitting.model import Vector

MARQUARDT, PROJECTION = "levenberg-marquardt", "variable projection"
"""What a result calls the methods."""

EPSILON = 2.0**-52
LEAST_GAIN = 1e-4
"""The least part of the predicted decrease that a step must bring."""

FLAT = 1e-12
"""A predicted decrease below this part of the cost is left to the polish."""

OFFSET = 1e-5
"""Converged: the residuals' part in the tangent plane, against the rest, each per dimension. The
parameters are then this part of their standard errors away from the minimum."""

SHARP, SHARPEST = 1e-8, 1e-12
"""The polish tries parts of steps until the offset is as small as the first, and ends where one
more step would make it as small as the second: more digits than float64 leaves to parameters."""

TINY_STEP = 1e-9
"""Converged, too: a full step that changes no parameter by more than this part of it."""

STALE = 1e6
"""A column of the Jacobian that was so many times longer says nothing any more: beside its old
length the column would be taken for rounding errors, and its parameter for undetermined."""

POLISHES = 60
"""Most steps of the polish."""

LEAST_PART = 1 / 32
"""The least part of a step that the polish tries."""

LEAST_REACH = 1e-6
"""The first steps may change the residuals by this part of them at least."""

CREEPING, CREPT = 50, 1e-8
"""So many steps that lower the cost by less than this part of it in all go on like that for ever:
the least cost is at infinity, or where rounding hides it."""

MOVING = 0.1
"""Parameters with at least this share of a combination are named."""

ASIDE = 1e-3
"""How far aside, as a part of the point, the cost is to rise at a minimum that the linear problem
does not tell."""


@dataclass(frozen=True)
class Box:
    """Bounds of the parameters."""

    lower: Vector
    upper: Vector

    def project(self, point: Vector) -> Vector:
        """The nearest point within the bounds."""
        return np.clip(point, self.lower, self.upper)

    def holds(self, point: Vector) -> bool:
        """Whether a point is within the bounds."""
        return bool((point >= self.lower).all() and (point <= self.upper).all())

    def held(self, point: Vector, gradient: Vector) -> Any:
        """A mask of the parameters at a bound that the cost pushes them against."""
        low = (point <= self.lower) & (gradient >= 0)
        high = (point >= self.upper) & (gradient <= 0)
        return low | high


class Attempt(NamedTuple):
    """Where a method, one of MARQUARDT and PROJECTION or of descents, ended, and how.

    `refused` is a point to which the last step would have gone, had the model been finite there;
    `blocked` are the places of parameters that alone are enough to leave where it is finite;
    `loose` those of parameters that the data hardly tell apart, which alone were still moving.
    """

    point: Vector
    linear: Linearised
    status: Status
    reason: str
    iterations: int
    refused: Vector | None = None
    blocked: tuple[int, ...] = ()
    loose: tuple[int, ...] = ()
    method: str = MARQUARDT


class Minimisation:
    """The search for a minimum from `start`, where the problem must be finite. Interrupted, it ends
    where it is. `is_known` says of a point and its cost that they lie in a minimum that needs no
    second search. `caution` shortens the first steps."""

    def __init__(
        self,
        problem: Minimised,
        start: Vector,
        box: Box,
        max_iterations: int,
        is_known: Callable[[Vector, float], bool] = lambda point, cost: False,
        caution: float = 1.0,
    ) -> None:
        self.problem = problem
        self.box = box
        self.max_iterations = max_iterations
        self.is_known = is_known
        self.point = box.project(np.asarray(start, dtype=float))
        self.linear = problem.linearise(self.point)
        self.units = of_length_one(self.linear.triangle)[1]
        left = vector_norm(self.linear.projected)
        self.radius = caution * max(self._size() or left or 1.0, LEAST_REACH * left)
        self.iterations = 0
        self.edge = DomainEdge(len(self.point))
        self._landmark = math.inf
        self._bounded = bool(np.isfinite(box.lower).any() or np.isfinite(box.upper).any())
        self._all = np.ones(len(self.point), dtype=bool)
        self._known: tuple[Linearised, LocalProblem] | None = None

    def run(self, polish: bool = True) -> Attempt | None:
        """Iterate until it converges, or something else ends it; without `polish` until the cost
        tells points no longer apart. None where that is in a known minimum."""
        try:
            while True:
                while not self._is_flat():
                    if self.is_known(self.point, self.linear.cost):
                        return None
                    if self.iterations >= self.max_iterations:
                        return self._end(Status.MAX_ITERATIONS, "the iteration limit is reached")
                    if self._creeps():
                        reason = f"{CREEPING} steps lower the cost by less than {CREPT:g} of it"
                        return self._end(Status.STALLED, reason)
                    self.iterations += 1
                    moved = self._iterate()
                    held = (not moved or self.edge.is_crowded) and self._hold()
                    if not (moved or held):
                        break
                if not self.edge.release(self.linear.cost):
                    if self.is_known(self.point, self.linear.cost):
                        return None
                    return self._polish() if polish else self._verdict()
                self._begin_again()
        except Ended as end:
            return self._end(*end.outcome)

    def _end(self, status: Status, reason: str) -> Attempt:
        blocked = tuple(np.flatnonzero(self._blocked()).tolist())
        refused = self.edge.beyond if blocked else self.edge.refused
        return Attempt(
            *(self.point, self.linear, status, reason, self.iterations, refused, blocked),
            loose=self._loose() if status is Status.STALLED else (),
        )

    def _creeps(self) -> bool:
        """Whether the last steps together lowered the cost by next to nothing."""
        if self.iterations % CREEPING:
            return False
        before, self._landmark = self._landmark, self.linear.cost
        return self.iterations > 0 and before - self.linear.cost <= CREPT * before

    def _loose(self) -> tuple[int, ...]:
        """Places of the parameters whose combination, which the data hardly determine, promises
        what there is to gain."""
        local = self._local()
        weak = local.weak
        gains = np.square(local.along) * weak
        if not weak.any() or gains.sum() < 0.9 * local.promised:
            return ()
        direction = local.right[int(np.argmax(gains))]
        return tuple(np.flatnonzero(self.free)[np.abs(direction) >= MOVING].tolist())

    # ---- the trust region ----

    def _iterate(self) -> bool:
        """One accepted step; False if no step can lower the cost."""
        local = self._local()
        self.edge.refused = None
        while True:
            trial = self._trial(local, self.radius)
            if not np.isfinite(trial).all():
                return False  # columns of the Jacobian so long that their squares overflow
            step = trial - self.point
            far = vector_norm(self.units * step)
            if not np.any(trial != self.point) or far == 0:
                return False
            predicted = self.linear.decrease(step)
            cost = self.problem.cost(trial)
            gain = -math.inf
            if not math.isfinite(cost):
                self.edge.refused = trial
            if math.isfinite(cost) and predicted > 0:
                gain = (self.linear.cost - cost) / predicted
            if gain >= 0.75:
                self.radius = max(self.radius, 2.0 * far)
            elif not gain > 0.25:
                self.radius = min(self.radius, far) * (0.5 if gain > 0 else 0.25)
            if gain > LEAST_GAIN:
                linear = self.problem.linearise(trial)
                if linear.is_finite:
                    self.point, self.linear = trial, linear
                    self.edge.step()
                    now = lengths(linear.triangle)
                    self.units = np.maximum(self.units, now)
                    self.units = np.where(now > 0, np.minimum(self.units, STALE * now), self.units)
                    return True
                self.radius = 0.25 * far
                self.edge.refused = trial
            if self.radius <= EPSILON * self._size():
                return False
            if self.radius < 1e-300 or predicted <= FLAT * self.linear.cost:
                return False

    def _trial(self, local: LocalProblem, radius: float) -> Vector:
        """The point that lowers the linear problem most within the radius and the bounds."""
        step, damping = local.step(radius)
        trial = self.point + step
        if not self._bounded or self.box.holds(trial) or not np.isfinite(trial).all():
            return trial
        from scipy.optimize import lsq_linear

        units = self.units
        rows = np.vstack([self.linear.triangle / units, math.sqrt(damping) * np.eye(len(units))])
        target = np.concatenate([-self.linear.projected, np.zeros(len(units))])
        lower, upper = self.box.lower - self.point, self.box.upper - self.point
        found = lsq_linear(rows, target, (lower * units, upper * units), method="bvls")
        return self.box.project(self.point + found.x / units)

    def _local(self) -> LocalProblem:
        """The linear problem here, decomposed once."""
        if self._known is None or self._known[0] is not self.linear:
            self._known = self.linear, LocalProblem(self.linear, self.units, self.free)
        return self._known[1]

    def _promise(self) -> float:
        """By how much a full step within the bounds lowers the cost, if the problem is linear."""
        local = self._local()
        trial = self._trial(local, math.inf)
        if not np.isfinite(trial).all():
            return 0.0
        if not self._bounded or np.array_equal(trial, self.point + local.step(math.inf)[0]):
            return local.promised
        return max(self.linear.decrease(trial - self.point), 0.0)

    def _hold(self) -> bool:
        """Hold parameters at the edge of where the model is finite, if that frees the others."""
        found = self.edge.hold(
            self.point, self.free, self.linear.cost, lambda x: self.problem.linearise(x).is_finite
        )
        if found:
            self._begin_again()
        return found

    def _begin_again(self) -> None:
        self.radius, self._known = self._size() or 1.0, None

    def _blocked(self) -> Any:
        return self.edge.blocked(self.linear.gradient)

    def _size(self) -> float:
        """The length of the point, in units in which the Jacobian's columns have length 1."""
        return vector_norm(self.units * self.point)

    @property
    def free(self) -> Any:
        """A mask of the parameters that no bound holds, and that can go on."""
        if not (self._bounded or self.edge.holds):
            return self._all
        return ~(self.box.held(self.point, self.linear.gradient) | self._blocked())

    # ---- the end ----

    def _is_flat(self) -> bool:
        """Whether the whole decrease that the linear problem promises is lost in rounding."""
        return self._promise() <= FLAT * self.linear.cost

    def _polish(self) -> Attempt:
        """Gauss-Newton steps for as long as they shrink the residuals' part in the tangent plane.

        Where they overshoot before it has converged, parts of them.
        """
        promise, part = self._promise(), 1.0
        for _ in range(POLISHES):
            step = self._trial(self._local(), math.inf) - self.point
            trial = self.box.project(self.point + part * step)
            if promise == 0 or not np.any(trial != self.point) or not np.isfinite(trial).all():
                break
            before = self.point, self.linear
            linear = self.problem.linearise(trial)
            if linear.is_finite and linear.cost <= self.linear.cost * (1 + 1e-9):
                self.point, self.linear = trial, linear
                found = self._promise()
                if found < promise:
                    rate, promise = math.sqrt(found / promise), found
                    if rate * self._offset() <= SHARPEST:
                        break
                    continue
                self.point, self.linear = before
            part *= 0.5
            if part < LEAST_PART or self._offset() <= SHARP:
                break
        return self._verdict()

    def _offset(self) -> float:
        return self.linear.offset(self._promise(), self._local().rank, self.problem.freedom)

    def _verdict(self) -> Attempt:
        if self._blocked().any():
            reason = "the sum of squares falls towards where the model is not finite"
            return self._end(Status.STALLED, reason)
        if not self.free.any():
            return self._end(Status.CONVERGED, "every parameter is at a bound")
        offset = self._offset()
        if offset <= OFFSET:
            reason = f"the relative offset is at most {OFFSET:g}"
            return self._end(Status.CONVERGED, reason)
        step = np.abs(self._trial(self._local(), math.inf) - self.point)
        moved = np.max(step / np.maximum(np.abs(self.point), 1e-300), initial=0.0, where=step > 0)
        if moved <= TINY_STEP and self.edge.refused is None:
            reason = f"a full step changes no parameter by more than {TINY_STEP:g} of it"
            return self._end(Status.CONVERGED, reason)
        if self.linear.cost == 0:
            return self._end(Status.CONVERGED, "every residual is 0")
        if self._is_hollow():
            reason = "the gradient is 0, and the sum of squares rises on all sides"
            return self._end(Status.CONVERGED, reason)
        reason = f"no step lowers the sum of squares; the relative offset is {offset:.2g}"
        return self._end(Status.STALLED, reason)

    def _is_hollow(self) -> bool:
        """Whether this is a minimum although the Jacobian is singular: the linear problem promises
        a decrease along combinations that it hardly determines, and the cost rises along them."""
        local, cost = self._local(), self.linear.cost
        weak = local.weak
        if sum_of_squares(local.along[~weak]) > OFFSET**2 * cost or not weak.any():
            return False
        sides = [side * local.direction(int(k)) for k in np.flatnonzero(weak) for side in (1, -1)]
        trials = [self.point + ASIDE * self._size() * side for side in sides]
        return all(self.problem.cost(self.box.project(x)) > cost * (1 + FLAT) for x in trials)
