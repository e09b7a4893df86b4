"""Line searches: how far to go along a direction.

Each is a pure function of a `Line`; a trial point where the value is not finite counts as too high.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from adcli.descent.lengths import dot, vector_norm
from adcli.descent.rules import Vector
from adcli.descent.stopping import ROUNDING

DECREASE = 1e-4
"""The part of the linear decrease that a step must bring (Armijo)."""

SLOPE_LEFT = 0.1
"""The part of the slope that may be left after a step (Wolfe)."""

MAX_TRIALS = 80

LEAST_STEP = 1e-6
"""The first trial of a search that knows no other moves the point by this part of it, at least:
where gradients are far smaller than variables, a step of their length is lost in rounding."""


class Trial(NamedTuple):
    """A point on the line, `length` directions from its start."""

    length: float
    point: Vector
    value: float
    gradient: Vector


class Line(NamedTuple):
    """Where a search begins: the point, its value and gradient, a direction that goes down.

    `evaluate` gives value and gradient; `project` puts a trial within the bounds.
    """

    evaluate: Callable[[Vector], tuple[float, Vector]]
    project: Callable[[Vector], Vector]
    point: Vector
    value: float
    gradient: Vector
    direction: Vector

    def trial(self, length: float) -> Trial:
        """The trial at a length."""
        point = self.project(self.point + length * self.direction)
        return Trial(length, point, *self.evaluate(point))

    def is_low(self, trial: Trial) -> bool:
        """Whether the value is below the line of sufficient decrease."""
        if not math.isfinite(trial.value):
            return False
        moved = trial.point - self.point
        linear = dot(self.gradient, moved)
        if trial.value <= self.value + DECREASE * linear and linear < 0:
            return True
        # Where rounding hides the decrease, a flatter slope shows it (Hager & Zhang 2005, 4.1).
        near = abs(trial.value - self.value) <= ROUNDING * abs(self.value)
        return near and linear < 0 and abs(dot(trial.gradient, moved)) <= 0.9 * abs(linear)


def armijo(line: Line, length: float) -> Trial | None:
    """Backtracking: the first trial that is low enough. None where no float64 step is.

    Source: Nocedal & Wright, Numerical Optimization, 2nd ed., algorithm 3.1, with quadratic
    interpolation between a tenth and a half.
    """
    slope = dot(line.gradient, line.direction)
    for _ in range(MAX_TRIALS):
        trial = line.trial(length)
        if line.is_low(trial):
            return trial
        if not (trial.point != line.point).any():
            return None
        length *= _shrink(line.value, slope, trial)
    return None


def wolfe(line: Line, length: float, slope_left: float = SLOPE_LEFT) -> Trial | None:
    """A low trial whose slope has levelled off: bracketing, then the secant of the slopes.

    Source: Nocedal & Wright, 2nd ed., section 3.5, with safeguarded interpolation.
    """
    slope = dot(line.gradient, line.direction)
    low, low_slope, high, high_slope = 0.0, slope, math.inf, math.nan
    best: Trial | None = None
    for _ in range(MAX_TRIALS):
        trial = line.trial(length)
        here = dot(trial.gradient, line.direction)
        if not line.is_low(trial) or (best is not None and trial.value > best.value):
            if not (trial.point != line.point).any():
                return best
            high, high_slope = length, here if math.isfinite(trial.value) else math.nan
        else:
            if best is not None and not (trial.point != best.point).any():
                return best  # bounds let none go further
            best = trial
            if abs(here) <= -slope_left * slope:
                return trial
            if here > 0:
                high, high_slope = length, here
            else:
                low, low_slope = length, here
        if math.isfinite(high) and high - low <= 1e-14 * high:
            return best
        length = 3.0 * low if math.isinf(high) else _between(low, low_slope, high, high_slope)
        if not math.isfinite(length):
            return best
    return best


def _between(low: float, low_slope: float, high: float, high_slope: float) -> float:
    """Where the slopes' secant is 0, kept away from the ends."""
    part = 0.5
    if math.isfinite(high_slope) and high_slope > low_slope:
        part = low_slope / (low_slope - high_slope)
    return low + min(max(part, 0.1), 0.9) * (high - low)


def _shrink(value: float, slope: float, trial: Trial) -> float:
    """The part of the length to try next: the minimum of a parabola, between 0.1 and 0.5."""
    excess = trial.value - value - slope * trial.length
    if not (math.isfinite(excess) and excess > 0):
        return 0.1 if not math.isfinite(trial.value) else 0.5
    return min(max(-slope * trial.length / (2 * excess), 0.1), 0.5)


SEARCHES: dict[str, Callable[[Line, float], Trial | None]] = {"armijo": armijo, "wolfe": wolfe}


def first_length(line: Line) -> float:
    """The first trial of a search that knows no other: about one unit far, or a gradient."""
    far = max(vector_norm(line.direction), 1e-300)
    return max(min(1.0, 1.0 / far), LEAST_STEP * vector_norm(line.point) / far)


def spectral_length(moved: Vector, turned: Vector) -> float | None:
    """The step s.s/s.y that the last change of point and gradient suggests, None if it does not.

    Source: Barzilai & Borwein 1988.
    """
    curved = dot(moved, turned)
    if not curved > 0:
        return None
    length = dot(moved, moved) / curved
    return length if np.isfinite(length) and length > 0 else None
