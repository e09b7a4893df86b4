"""One step at a given rate: decay, clipping, the update rule, the projection onto bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from adcli.descent.rules import RULES, State, UpdateRule, Vector
from adcli.descent.schedules import Schedule
from adcli.graph.symbols import Expression, Symbols


@dataclass(frozen=True)
class Stepper:
    """How a rule moves: with which rate, which limits on the gradient, and which decay.

    `clip_value` limits every component of the gradient, `clip_norm` its length; `decay` pulls the
    point to 0; `lower` and `upper` are vectors of bounds (None: unbounded).
    """

    method: str
    schedule: Schedule
    clip_value: float | None = None
    clip_norm: float | None = None
    decay: float = 0.0
    lower: Vector | None = None
    upper: Vector | None = None

    def rule(self, m: Any) -> UpdateRule:
        """The update rule for a namespace."""
        return RULES[self.method](m)

    def advance(
        self,
        m: Any,
        point: Vector,
        gradient: Vector,
        state: State,
        iteration: Any,
        length: Any = None,
    ) -> tuple[Vector, State]:
        """The next point and state. `m` is NumPy, or NodeVectors.

        Where the vectors are parts of longer ones, `length` is the norm of the whole `limited`
        gradient (needed for `clip_norm`).
        """
        rule, rate = self.rule(m), self.schedule.at(m, iteration)
        gradient = self.used(m, point, gradient, length)
        change, state = rule.step(gradient, state, rate)
        if self.decay and rule.decoupled:
            point = point - (rate * self.decay) * point
        return project(m, point + change, self.lower, self.upper), state

    def used(self, m: Any, point: Vector, gradient: Vector, length: Any = None) -> Vector:
        """The gradient that the rule gets: with decay, and within its limits."""
        gradient = self.limited(m, point, gradient)
        if self.clip_norm is not None:
            length = norm(m, gradient) if length is None else length
            gradient = m.minimum(m.divide(self.clip_norm, length), 1.0) * gradient
        return gradient

    def limited(self, m: Any, point: Vector, gradient: Vector) -> Vector:
        """The gradient with decay, if it goes through the rule, and limits on its components."""
        if self.decay and not self.rule(m).decoupled:
            gradient = gradient + self.decay * point
        if self.clip_value is not None:
            gradient = m.minimum(m.maximum(gradient, -self.clip_value), self.clip_value)
        return gradient


def norm(m: Any, vector: Vector) -> Any:
    """The Euclidean length, as a vector of one number."""
    return m.sqrt((vector * vector).sum(keepdims=True))


def project(m: Any, point: Vector, lower: Vector | None, upper: Vector | None) -> Vector:
    """The nearest point within the bounds."""
    if lower is not None and np.isfinite(lower).any():
        point = m.maximum(point, lower)
    if upper is not None and np.isfinite(upper).any():
        point = m.minimum(point, upper)
    return point


def projected_gradient(
    m: Any, point: Vector, gradient: Vector, lower: Vector | None, upper: Vector | None
) -> Vector:
    """The gradient without what bounds forbid to follow: 0 where it pushes against a bound at which
    the variable stands, however close another one is to its bound."""
    if lower is not None and np.isfinite(lower).any():
        gradient = m.where(m.less_equal(point, lower), m.minimum(gradient, 0.0), gradient)
    if upper is not None and np.isfinite(upper).any():
        gradient = m.where(m.less_equal(upper, point), m.maximum(gradient, 0.0), gradient)
    return gradient


class NodeVectors:
    """The namespace `m` over vectors of graph nodes, held in NumPy's arrays of objects.

    A number is a vector of one node: a bare node would not know how to multiply a vector.
    """

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols

    def __getattr__(self, name: str) -> Any:
        function = getattr(self.symbols, name)

        def elementwise(*operands: Any) -> Any:
            operands = tuple(_numbers(x) for x in operands)
            if any(isinstance(x, np.ndarray) for x in operands):
                return np.frompyfunc(function, len(operands), 1)(*operands)
            return function(*operands)

        return elementwise

    def vector(self, nodes: list[int]) -> Vector:
        """The vector of nodes."""
        vector = np.empty(len(nodes), dtype=object)
        for k, node in enumerate(nodes):
            vector[k] = Expression(self.symbols, node)
        return vector


def _numbers(x: Any) -> Any:
    """A vector of numbers as Python floats, which nodes know how to take."""
    return x.astype(object) if isinstance(x, np.ndarray) and x.dtype != object else x
