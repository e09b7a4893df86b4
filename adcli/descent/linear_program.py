"""The linear program of a piecewise linear model: its minimum within a trust region."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcli.descent.local_model import LocalModel
from adcli.descent.problem import Problem
from adcli.descent.rules import Vector


def solve(
    problem: Problem, model: LocalModel, point: Vector, reach: Vector
) -> tuple[Vector, float, Vector] | None:
    """The change that minimises the model within `reach` and the bounds, how much it gains, and
    weights of the rows, which add up to 1 for each output; None where there is no solution."""
    low, high = -reach, reach
    if problem.lower is not None and problem.upper is not None:
        low, high = np.maximum(low, problem.lower - point), np.minimum(high, problem.upper - point)
    return _LocalProgram(model, reach).solve(low, high)


class _LocalProgram:
    """Variables are the change of the point and those of outputs; a row holds an output above (or
    below, or at) an alternative. Each is measured in what it can be within reach."""

    def __init__(self, model: LocalModel, reach: Vector) -> None:
        self.model, self.reach = model, reach
        self.total = len(model.outputs)
        self.gaps = model.values - model.outputs[model.owner]
        self.weights = np.zeros(len(model.owner))
        self.slope, self.cost = model.slope, model.output_slope
        self.rows, self.columns = self._needed()
        self.place = np.full(self.total, -1)
        self.place[self.columns] = np.arange(len(self.columns))

    def _needed(self) -> tuple[Any, Any]:
        """The rows, and the outputs with variables. An output with one row left is that row."""
        model, owner = self.model, self.model.owner
        is_chosen = np.zeros(len(owner), dtype=bool)
        is_chosen[model.chosen] = True
        kept = (model.sense[owner] != 0) | is_chosen
        if len(model.inner.data):  # outputs of outputs
            return np.flatnonzero(kept), np.arange(self.total)
        apart = model.jacobian - model.jacobian[model.chosen][owner]
        comes_up = model.sense[owner] * self.gaps + np.abs(apart) @ self.reach >= 0
        kept &= comes_up | is_chosen
        single = np.bincount(owner[kept], minlength=self.total) == 1
        alone = kept & single[owner]
        self.weights[alone] = 1.0
        self.slope = self.slope + self.cost[owner[alone]] @ model.jacobian[alone]
        return np.flatnonzero(kept & ~alone), np.flatnonzero(~single)

    def _matrix(self) -> tuple[Any, Any, Vector, Any]:
        """The matrix and the limits of the rows, their measures, and which are equations."""
        from scipy.sparse import csr_array, hstack

        model, rows = self.model, self.rows
        owner = model.owner[rows]
        is_equation = model.sense[owner] == 0
        sign = np.where(is_equation, 1.0, model.sense[owner])
        left = csr_array(model.jacobian[rows])
        own = csr_array(
            (np.ones(len(rows)), (np.arange(len(rows)), self.place[owner])),
            shape=(len(rows), len(self.columns)),
        )
        matrix = csr_array(hstack([left, csr_array(model.inner[rows][:, self.columns]) - own]))
        heights = np.zeros(len(self.columns))
        moves = np.abs(left) @ self.reach + np.abs(self.gaps[rows])
        np.maximum.at(heights, self.place[owner], moves)
        heights = np.where(heights > 0, heights, 1.0)
        units = np.concatenate([np.where(self.reach > 0, self.reach, 1.0), heights])
        widths = 1.0 / heights[self.place[owner]]
        scaled = matrix.multiply(units[None, :]).multiply((sign * widths)[:, None]).tocsr()
        return (scaled, -self.gaps[rows] * sign * widths), units, widths, is_equation

    def solve(self, low: Vector, high: Vector) -> tuple[Vector, float, Vector] | None:
        """See the function `solve`."""
        from scipy.optimize import linprog

        n = len(self.reach)
        if not len(self.rows):
            return self._straight(low, high)
        (matrix, limits), units, widths, is_equation = self._matrix()
        objective = np.concatenate([self.slope, self.cost[self.columns]]) * units
        height = float(np.abs(objective).max(initial=0.0)) or 1.0
        if not all(np.isfinite(x).all() for x in (objective, limits, matrix.data)):
            return None
        given: dict[str, Any] = {}
        if (~is_equation).any():
            given |= {"A_ub": matrix[~is_equation], "b_ub": limits[~is_equation]}
        if is_equation.any():
            given |= {"A_eq": matrix[is_equation], "b_eq": limits[is_equation]}
        bounds = [*zip(low / units[:n], high / units[:n], strict=True)]
        bounds += [(None, None)] * len(self.columns)
        found = linprog(objective / height, bounds=bounds, method="highs", **given)
        if found.x is None or found.status:
            return None
        prices = np.ones(len(self.rows))
        if (~is_equation).any():
            prices[~is_equation] = np.abs(found.ineqlin.marginals)
        self._weigh(prices * widths)
        return found.x[:n] * units[:n], -float(found.fun) * height, self.weights

    def _straight(self, low: Vector, high: Vector) -> tuple[Vector, float, Vector]:
        """The solution where no kink is within reach: a corner."""
        change = np.where(self.slope > 0, low, np.where(self.slope < 0, high, 0.0))
        return change, -float(self.slope @ change), self.weights

    def _weigh(self, prices: Vector) -> None:
        """Turn multipliers into weights; an output without any is what it was."""
        owner = self.model.owner[self.rows]
        sums = np.zeros(self.total)
        np.add.at(sums, owner, prices)
        part = sums[owner]
        self.weights[self.rows] = np.where(part > 0, prices / np.where(part > 0, part, 1.0), 0.0)
        idle = np.flatnonzero((sums == 0) & (self.place >= 0))
        self.weights[self.model.chosen[idle]] = 1.0
