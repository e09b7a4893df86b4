"""The points of a descent: evaluated, counted, and measured."""

from __future__ import annotations

import math

import numpy as np

from adcli.descent.lengths import vector_norm
from adcli.descent.problem import Problem
from adcli.descent.rules import Vector
from adcli.descent.stationary import Stationarity
from adcli.descent.stopping import Iterate, Limits


class Observed:
    """Counts evaluations, knows what is small, and remembers points that cannot be gone on from.

    `refused` is the last such point, `abyss` the last one whose value is minus infinity; `learns`
    says that the method finds its own step lengths.
    """

    def __init__(self, problem: Problem, limits: Limits, learns: bool) -> None:
        self.problem = problem
        self.limits = limits
        value, gradient = problem.value_and_gradient(problem.start)
        self.stationarity = Stationarity(problem, value, gradient, learns)
        self.evaluations = 0
        self.refused: Vector | None = None
        self.abyss: Vector | None = None

    def evaluate(self, point: Vector) -> tuple[float, Vector]:
        """What is minimised and its gradient, counted."""
        self.evaluations += 1
        value, gradient = self.problem.value_and_gradient(point)
        return value, gradient

    def trial(self, point: Vector) -> tuple[float, Vector]:
        """The value, inf where nothing can go on from the point, and the gradient, counted."""
        value, gradient = self.evaluate(point)
        return (value if self.is_usable(point, value, gradient) else math.inf), gradient

    def is_usable(self, point: Vector, value: float, gradient: Vector) -> bool:
        """Whether a point is one to go on from; that it is not is remembered. A gradient may be
        infinite where a bound holds it."""
        if math.isfinite(value):
            if np.isfinite(gradient).all():
                return True
            if np.isfinite(self.problem.free_gradient(point, gradient)).all():
                return True
        if value == -math.inf:
            self.abyss = np.array(point)
        self.refused = np.array(point)
        return False

    def iterate(
        self,
        iteration: int,
        point: Vector,
        value: float,
        gradient: Vector,
        before: tuple[float, Vector] | None,
    ) -> Iterate:
        """An iterate with its norm and step."""
        free = self.problem.free_gradient(point, gradient)
        return Iterate(
            iteration,
            point,
            value,
            gradient,
            vector_norm(free),
            vector_norm(point - before[1]) if before else 0.0,
            before[0] if before else math.nan,
            self.evaluations,
            before[1] if before else None,
        )
