"""`newton-cg`: Newton's method in a trust region, each step by conjugate gradients.

A step takes products of the Hessian and directions alone, so that memory is that of a few vectors.
The radius follows from how well the quadratic model foretold the last value; a value counts as
lower than the highest of the last few, which keeps steps long in curved valleys. (The chained
Rosenbrock function takes a third of the iterations.) Sources: Steihaug 1983; Toint 1996; Eisenstat
& Walker 1996; Conn, Gould & Toint, Trust-Region Methods, 2000, 7.5 and 10.1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from adcli.data.schema import Check, array, number, optional, whole
from adcli.descent.lengths import dot, vector_norm
from adcli.descent.monitor import Monitor
from adcli.descent.problem import Problem
from adcli.descent.rules import Vector
from adcli.descent.scipy_methods import NOT_LOWERED, WORTH_FOLLOWING, unit_of
from adcli.descent.searches import Trial
from adcli.descent.stopping import ROUNDING, Iterate
from adcli.descent.walking import Walking

WINDOW = 10
"""Iterates whose highest value a trial has to be below."""

LOW, POOR, GOOD = 1e-4, 0.25, 0.75
"""The parts of the promised decrease that make a step acceptable, and the next radius smaller, or
larger."""

ROUGH, LEAST_PART = 0.1, 1e-8
"""The part of the gradient that may be left of the model's, at most and at least."""

FAR = 1e100


class ModelStep(NamedTuple):
    """A step, what the model promises to gain by it, and whether it ends on the region's edge."""

    change: Vector
    promise: float
    is_at_edge: bool


def conjugate_steps(
    product: Callable[[Vector], Vector],
    slope: Vector,
    radius: float,
    enough: float,
    most: int,
    halted: Callable[[], bool],
) -> ModelStep:
    """About the minimum of slope.s + s.H s/2 with |s| <= radius; along a direction that curves down
    to the edge. It ends when the model's gradient is `enough`, after `most` products, or when
    `halted()`. Source: Nocedal & Wright, 2nd ed., algorithm 7.2."""
    change, residual = np.zeros_like(slope), slope.copy()
    direction, scratch = -slope, np.empty_like(slope)
    square = dot(residual, residual)
    far, along, reach, promise = 0.0, 0.0, square, 0.0  # |s|^2, s.d, |d|^2
    for _ in range(most):
        turned = product(direction)
        curved = dot(direction, turned)
        if not math.isfinite(curved):
            break
        length = square / curved if curved > 0 else math.inf
        if not far + length * (2 * along + length * reach) < radius * radius:
            length = _to_edge(far, along, reach, radius)
            promise += length * (square - length * curved / 2)
            change += np.multiply(direction, length, out=scratch)
            return ModelStep(change, promise, True)
        promise += length * square / 2
        change += np.multiply(direction, length, out=scratch)
        residual += np.multiply(turned, length, out=scratch)
        before, square = square, dot(residual, residual)
        if square <= enough * enough or halted():
            break
        part = square / before
        far += length * (2 * along + length * reach)
        along = part * (along + length * reach)
        reach = square + part * part * reach
        direction *= part
        direction -= residual
    return ModelStep(change, promise, False)


def _to_edge(far: float, along: float, reach: float, radius: float) -> float:
    """The t >= 0 with |s + t d| = radius, from |s|^2, s.d and |d|^2; without cancellation."""
    room = max(radius * radius - far, 0.0)
    root = math.sqrt(along * along + reach * room)
    return room / (along + root) if along > 0 else (root - along) / reach


class TruncatedNewton(Walking):
    """Newton's method in a trust region; in new units where the old ones lead no further.

    `units` are what parameters are measured in, and the region is a sphere: 1, and after a failure
    the size of each parameter, which mends bad scaling. Bounds hold by projection.
    """

    unimproved = NOT_LOWERED

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.radius = 1.0
        self.units: Vector = np.full(problem.size, unit_of(problem.start))
        self.recent: Vector = np.empty(0)
        self.last_slope = math.nan
        self.since = math.inf

    def step(self, monitor: Monitor, it: Iterate) -> Trial | None:
        """The first trial that is low enough, from smaller and smaller regions."""
        self.recent = np.append(self.recent[1 - WINDOW :], it.value)
        trial = self._within_region(monitor, it)
        if trial is None and self.since - it.value > WORTH_FOLLOWING * abs(it.value):
            self.since, self.radius = it.value, 1.0
            self.recent, self.last_slope = np.array([it.value]), math.nan
            self.units = np.where(it.point != 0, np.abs(it.point), 1.0)
            trial = self._within_region(monitor, it)
        return trial

    def _within_region(self, monitor: Monitor, it: Iterate) -> Trial | None:
        p, units = self.problem, self.units
        slope = p.free_gradient(it.point, it.gradient) * units
        size = vector_norm(slope)
        if not 0 < size < math.inf:
            return None
        model, trial = Quadratic(p, it, units, slope, self._enough(size), monitor), None
        while trial is None and self.radius > 0:
            trial = self._trial(monitor, it, model, model.step(self.radius))
        self.last_slope = size
        return trial

    def _enough(self, size: float) -> float:
        """How much of the gradient may be left: the less, the faster it falls."""
        if math.isnan(self.last_slope):
            return ROUGH
        return min(ROUGH, max(LEAST_PART, (size / self.last_slope) ** 2))

    def _trial(
        self, monitor: Monitor, it: Iterate, model: Quadratic, step: ModelStep
    ) -> Trial | None:
        """The trial at the end of a step, if it is low enough; the radius is set for the next one,
        to 0 if the step is lost in rounding."""
        length = vector_norm(step.change)
        wanted = it.point + self.units * step.change
        point = self.problem.project(wanted)
        if not (point != it.point).any():
            self.radius = 0.0
            return None
        promise = step.promise
        if self.problem.lower is not None and (point != wanted).any():
            promise = model.promise(point - it.point)
        trial = Trial(length, point, *monitor.trial(point))
        ratio = self._ratio(it, trial, promise)
        if ratio < POOR:
            self.radius = length / (2 if ratio >= LOW else 4)
        elif ratio > GOOD and step.is_at_edge:
            self.radius = min(FAR, 2 * self.radius)
        return trial if ratio >= LOW else None

    def _ratio(self, it: Iterate, trial: Trial, promise: float) -> float:
        """The decrease as a part of the promised one: the last, or that since the highest value of
        the window. Where rounding hides it, a shorter gradient stands for it."""
        if not (promise > 0 and math.isfinite(trial.value)):
            return -math.inf
        gained, above = it.value - trial.value, float(self.recent.max()) - it.value
        noise = ROUNDING * abs(it.value)
        if promise <= noise and abs(gained) <= noise:
            free = self.problem.free_gradient
            before, after = free(it.point, it.gradient), free(trial.point, trial.gradient)
            shorter = vector_norm(self.units * after) < 0.9 * vector_norm(self.units * before)
            return 1.0 if shorter else -math.inf
        return max(gained / promise, (gained + above) / (promise + above))

    def parts(self) -> dict[str, Check]:
        """Numbers and vectors; of the iterate before, there are none at the start."""
        vector = array(self.problem.size)
        return {
            "iteration": whole(),
            "point": vector,
            "before_value": number(),
            "before_point": optional(vector),
            "radius": number(),
            "units": vector,
            "recent": array(None),
            "last_slope": number(),
            "since": number(),
        }


class Quadratic:
    """The quadratic model of a problem at an iterate, in units of the parameters; bounds hold some
    of these."""

    def __init__(
        self,
        problem: Problem,
        it: Iterate,
        units: Vector,
        slope: Vector,
        enough: float,
        monitor: Monitor,
    ) -> None:
        self._turned = problem.curvature_at(it.point)
        self._it, self._units, self._slope = it, units, slope
        self._enough, self._monitor = enough, monitor
        self._held = slope == 0 if problem.lower is not None else None
        self._height = vector_norm(slope)
        self._scale = units / self._height

    def step(self, radius: float) -> ModelStep:
        """About its minimum within a radius. The slope is taken to be of length 1, for squares of
        others may leave the range of float64."""
        slope, most = self._slope / self._height, 100 + 2 * len(self._slope)
        step = conjugate_steps(self._product, slope, radius, self._enough, most, self._halted)
        return step._replace(promise=self._height * step.promise)

    def promise(self, change: Vector) -> float:
        """What a change of the point promises to gain."""
        return -dot(self._it.gradient, change) - dot(change, self._turned(change)) / 2

    def _product(self, direction: Vector) -> Vector:
        product = self._turned(self._units * direction)
        product *= self._scale
        return product if self._held is None else np.where(self._held, 0.0, product)

    def _halted(self) -> bool:
        monitor = self._monitor
        return monitor.interrupted() or monitor.limits.is_late(monitor.elapsed())
