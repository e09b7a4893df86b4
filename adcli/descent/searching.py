"""Descent by line searches: gradient descent and conjugate gradients."""

from __future__ import annotations

import math
from typing import Any

from adcli.data.schema import Check, array, number, optional, whole, within
from adcli.descent.lengths import vector_norm
from adcli.descent.monitor import Monitor
from adcli.descent.problem import Problem
from adcli.descent.rules import Vector
from adcli.descent.searches import SEARCHES, Line, Trial, first_length, spectral_length
from adcli.descent.stopping import Iterate
from adcli.descent.walking import Walking


class Searching(Walking):
    """Gradient descent (`gd`) or nonlinear conjugate gradients (`cg`) with a line search."""

    unimproved = "no step along the gradient lowers the value in float64"

    def __init__(self, problem: Problem, method: str, search: str) -> None:
        super().__init__(problem)
        self.conjugate = method == "cg"
        self.search = SEARCHES[search]
        self.before_gradient: Vector | None = None
        self.direction: Vector | None = None
        self.length = 0.0

    def step(self, monitor: Monitor, it: Iterate) -> Trial | None:
        """What the search along the direction finds, or that along the gradient."""
        line, trial = self._search(monitor, it)
        if trial is None and self.direction is not None:
            # From here on again along the gradient, as at the start: after a cliff the last
            # step may be too short by any factor.
            self.direction = self.before_gradient = None
            line, trial = self._search(monitor, it)
        if trial is not None:
            self.before_gradient, self.direction = it.gradient, line.direction
            self.length = trial.length
        return trial

    def _search(self, monitor: Monitor, it: Iterate) -> tuple[Line, Trial | None]:
        """The line from an iterate, and what the search finds on it."""
        direction = self._direction(it.gradient)
        line = Line(monitor.trial, self.problem.project, it.point, it.value, it.gradient, direction)
        return line, self.search(line, self._first_length(line))

    def _direction(self, gradient: Vector) -> Vector:
        """Down the gradient, or conjugate to the last direction.

        Source: Hager & Zhang 2005, equations 1.3, 1.5 and 1.6; the direction always goes down.
        """
        if not self.conjugate:
            return -gradient
        unit = _unit(gradient)
        down = -gradient / unit
        if self.direction is None or self._is_fresh(gradient):
            return down
        p, last = self.problem, self.before_gradient
        old = p.free_gradient(self.before_point, last) / unit
        new = p.free_gradient(self.point, gradient) / unit
        if ((old == 0) != (new == 0)).any():
            return down  # another set of bounds holds
        d, y = self.direction, new - old
        curved = float(d @ y)
        if not curved > 0:
            return down
        beta = (float(y @ new) - 2 * float(y @ y) * float(d @ new) / curved) / curved
        least = -1 / (vector_norm(d) * min(0.01, vector_norm(old)))
        direction = -new + max(beta, least) * d * (new != 0)
        return direction if float(direction @ gradient) < 0 else down

    def _is_fresh(self, gradient: Vector) -> bool:
        """Whether the iterate before says nothing: at the start, or where the unit has changed."""
        last = self.before_gradient
        return last is None or (self.conjugate and _unit(last) != _unit(gradient))

    def _first_length(self, line: Line) -> float:
        """The first trial: what the last step suggests."""
        if self.before_point is None or self._is_fresh(line.gradient):
            return first_length(line)
        moved, turned = self.point - self.before_point, line.gradient - self.before_gradient
        if self.conjugate and self.direction is not None:
            slope = float(line.gradient @ line.direction)
            before = float(self.before_gradient @ self.direction)
            guess = self.length * before / slope if slope < 0 else self.length
            return float(min(max(guess, 1e-3 * self.length), 1e3 * self.length))
        return spectral_length(moved, turned) or 2.0 * max(self.length, 1e-300)

    def parts(self) -> dict[str, Check]:
        """Numbers and vectors; of the iterate before, there are none at the start."""
        vector = array(self.problem.size)
        before = ("before_point", "before_gradient", "direction")
        return {
            "iteration": whole(),
            "point": vector,
            "before_value": number(),
            **dict.fromkeys(before, optional(vector)),
            "length": number(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take it up. Raises Misfit where there are iterations and no iterate before."""
        if state["iteration"]:
            for name in ("before_point", "before_gradient", "direction"):
                with within(name):
                    array(self.problem.size)(state[name])
        super().restore(state)


def _unit(gradient: Vector) -> float:
    """What gradients are measured in, for their squares would leave the range of float64: a power
    of 1e100, which is 1 for most of them."""
    size = vector_norm(gradient)
    return 1e100 ** round(math.log10(size) / 100) if 0 < size < math.inf else 1.0
