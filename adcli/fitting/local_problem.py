"""The linearised problem of a step, decomposed once for steps of any length."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from adcli.descent.lengths import vector_norm
from adcli.fitting.linearise import Linearised, singular_values
from adcli.fitting.losses import sum_of_squares
from adcli.fitting.model import Vector

EPSILON = 2.0**-52

WEAK = 1e-6
"""Singular values below this part of the largest belong to combinations of parameters that the data
hardly determine."""


class LocalProblem:
    """The linearised problem in the free parameters, in units in which columns have length 1.

    `rank` is that of the combinations that are determined; `promised` says by how much the cost
    falls with a full step, if the problem is linear.
    """

    def __init__(self, linear: Linearised, units: Vector, free: Any) -> None:
        self.size = len(units)
        self.free = free
        self.units = units[free]
        scaled = (linear.triangle if free.all() else linear.triangle[:, free]) / self.units
        left, values, right = singular_values(scaled)
        top = values[0] if len(values) else 0.0
        self.rank = known = int(np.count_nonzero(values > len(values) * EPSILON * top))
        self.values, self.right = values[:known], right[:known]
        self.along = left.T[:known] @ linear.projected
        self.promised = sum_of_squares(self.along)
        self._whole = self.along / self.values
        self._far = vector_norm(self._whole)

    def step(self, radius: float) -> tuple[Vector, float]:
        """The step that lowers the linear problem most within the radius, and its damping."""
        part, damping = self._whole, 0.0
        if self._far > 1.1 * radius:
            damping = _damping(self.values, self.along, radius)
            part = self.values * self.along / (self.values * self.values + damping)
        step = np.zeros(self.size)
        step[self.free] = -(self.right.T @ part) / self.units
        return step, damping

    @property
    def weak(self) -> Any:
        """A mask of the combinations that are determined, but hardly."""
        return self.values <= WEAK * np.max(self.values, initial=0.0)

    def direction(self, k: int) -> Vector:
        """The combination k of the parameters, one unit long."""
        found = np.zeros(self.size)
        found[self.free] = self.right[k] / self.units
        return found


def _damping(s: Vector, b: Vector, radius: float) -> float:
    """The damping at which the step is as long as the radius, to a tenth (Hebden's iteration)."""
    low, high = 0.0, vector_norm(s * b) / radius
    damping = min(max(1e-3 * high, low), high)
    for _ in range(60):
        below = s * s + damping
        far = vector_norm(s * b / below)
        if abs(far - radius) <= 0.1 * radius:
            break
        if far > radius:
            low = damping
        else:
            high = damping
        slope = float(np.sum((s * b) ** 2 / below**3))
        newton = damping + (far - radius) / radius * far**2 / slope if slope > 0 else -1.0
        damping = newton if low < newton < high else math.sqrt(max(low, 1e-10 * high) * high)
    return damping
