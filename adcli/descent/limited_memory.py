"""`lbfgs` of many variables: beside gradients, its work is passes over memory alone.

Source: Nocedal & Wright, Numerical Optimization, 2nd ed., algorithms 7.4 and 7.5.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from adcli.algebras.matrices.blas_threads import vectors_alone
from adcli.data.schema import Check, Misfit, array, every, number, optional, whole, within
from adcli.descent.lengths import dot, vector_norm
from adcli.descent.monitor import Monitor
from adcli.descent.problem import Problem
from adcli.descent.rules import Vector
from adcli.descent.scipy_methods import MEMORY, NOT_LOWERED
from adcli.descent.searches import Line, Trial, first_length, wolfe
from adcli.descent.stopping import Iterate
from adcli.descent.walking import Walking

ROOM = 2**27
"""Numbers that a history may have: 1 GiB."""

LEAST_PAIRS = 3

CURVED = 1e-12
"""A pair of changes is remembered if s.y is more than this part of |s| |y|."""

SLOPE_LEFT = 0.9
"""The part of the slope that may be left after a step."""


class CurvaturePairs:
    """The last changes of point and gradient, oldest first in `order`: rows of `moved` and `turned`
    (memory, variables), with s.y in `curved` and y.y in `squares`."""

    def __init__(self, size: int, memory: int) -> None:
        self.moved: Vector = np.empty((memory, size))
        self.turned: Vector = np.empty((memory, size))
        self.curved: Vector = np.ones(memory)
        self.squares: Vector = np.ones(memory)
        self.order: list[int] = []

    def add(self, moved: Vector, turned: Vector) -> None:
        """Remember a pair, in the place of the oldest if there is no other."""
        is_full = len(self.order) == len(self.moved)
        k = self.order.pop(0) if is_full else len(self.order)
        self.order.append(k)
        self.moved[k], self.turned[k] = moved, turned
        self.curved[k], self.squares[k] = dot(moved, turned), dot(turned, turned)

    def direction(self, gradient: Vector) -> Vector:
        """The gradient times minus the inverse Hessian that the pairs suggest: two loops."""
        from scipy.linalg.blas import daxpy, ddot

        found, parts = -gradient, {}
        if not self.order:
            return found
        with vectors_alone(len(gradient), "scipy"):
            for k in reversed(self.order):
                parts[k] = ddot(self.moved[k], found) / self.curved[k]
                found = daxpy(self.turned[k], found, a=-parts[k])
            found *= self.curved[self.order[-1]] / self.squares[self.order[-1]]
            for k in self.order:
                part = ddot(self.turned[k], found) / self.curved[k]
                found = daxpy(self.moved[k], found, a=parts[k] - part)
        return found


class LimitedMemory(Walking):
    """L-BFGS with a strong Wolfe search; bounds hold by projection.

    What bounds hold does not move, and pairs are of what does: where other bounds hold, they begin
    anew.
    """

    unimproved = NOT_LOWERED

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        memory = max(LEAST_PAIRS, min(MEMORY, ROOM // (2 * problem.size)))
        self.pairs = CurvaturePairs(problem.size, memory)
        self.before_gradient: Vector | None = None

    def step(self, monitor: Monitor, it: Iterate) -> Trial | None:
        """What a search along the direction finds, or one along the gradient."""
        free = np.array(self.problem.free_gradient(it.point, it.gradient))
        height = _height(monitor.stationarity.first)
        free *= height
        self._learn(it, free, height)
        trial = self._search(monitor, it, free)
        if trial is None and self.pairs.order:
            self.pairs.order.clear()
            trial = self._search(monitor, it, free)
        self.before_gradient = it.gradient
        return trial

    def _learn(self, it: Iterate, free: Vector, height: float) -> None:
        if self.before_point is None or self.before_gradient is None:
            return
        if self.problem.lower is not None:
            before = self.problem.free_gradient(self.before_point, self.before_gradient)
            if ((before == 0) != (free == 0)).any():
                self.pairs.order.clear()
                return
        moved = it.point - self.before_point
        turned = height * (it.gradient - self.before_gradient)
        if self.problem.lower is not None:
            turned[free == 0] = 0.0
        if dot(moved, turned) > CURVED * vector_norm(moved) * vector_norm(turned):
            self.pairs.add(moved, turned)

    def _search(self, monitor: Monitor, it: Iterate, free: Vector) -> Trial | None:
        direction = self.pairs.direction(free)
        if not dot(direction, free) < 0:
            self.pairs.order.clear()
            direction = -free
        p = self.problem
        line = Line(monitor.trial, p.project, it.point, it.value, it.gradient, direction)
        length = 1.0 if self.pairs.order else first_length(line)
        return wolfe(line, length, SLOPE_LEFT)

    def parts(self) -> dict[str, Check]:
        """Numbers and vectors; of the iterate before, there are none at the start."""
        n, m = self.problem.size, len(self.pairs.moved)
        return {
            "iteration": whole(),
            "point": array(n),
            "before_value": number(),
            "before_point": optional(array(n)),
            "before_gradient": optional(array(n)),
            **dict.fromkeys(("moved", "turned"), array(None, n)),
            **dict.fromkeys(("curved", "squares"), array(m)),
            "order": every(whole(most=m - 1)),
        }

    def state(self) -> dict[str, Any]:
        """The attributes that the next iteration depends on, and those of the pairs there are."""
        pairs = vars(self.pairs)
        found = {name: vars(self).get(name, pairs.get(name)) for name in self.parts()}
        return found | {name: pairs[name][: len(pairs["order"])] for name in ("moved", "turned")}

    def restore(self, state: dict[str, Any]) -> None:
        """Take it up. Raises Misfit where there are not so many pairs as places in their order."""
        order = state.pop("order")
        with within("order"):
            if sorted(order) != list(range(len(order))):
                raise Misfit("names a place twice, or leaves one out")
        self.pairs.order = order
        for name in ("moved", "turned"):
            rows = state.pop(name)
            with within(name):
                array(len(order), self.problem.size)(rows)
            getattr(self.pairs, name)[: len(order)] = rows
        self.pairs.curved, self.pairs.squares = state.pop("curved"), state.pop("squares")
        super().restore(state)


def _height(size: float) -> float:
    """The power of two that gradients are measured by, of which one has this size: squares of tiny
    and huge ones leave the range of float64."""
    return 2.0 ** -round(math.log2(size)) if 1e-300 < size < 1e300 else 1.0
