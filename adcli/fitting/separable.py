"""Variable projection: parameters that enter linearly follow from the others.

For given nonlinear parameters the linear ones are the solution of a linear least squares problem,
so a search over the nonlinear ones is enough, and no start is needed for the linear ones. Source:
Golub & Pereyra, SIAM J. Numer. Anal. 10 (1973), with the approximate Jacobian of L. Kaufman, BIT 15
(1975).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from adcli.fitting.linearise import (
    LeastSquares,
    Linearised,
    linearised,
    of_length_one,
    singular_values,
    upper,
)
from adcli.fitting.model import Vector
from adcli.graph.graph import Graph

ZERO_COLUMN = 1e-12
"""Singular values below this part of the largest, of columns of length 1, count as zero."""


def linear_parameters(graph: Graph, derivatives: Sequence[int], nodes: Sequence[int]) -> list[int]:
    """Places of parameters in which the model is linear, all of them together.

    `derivatives` are the nodes of the model's derivatives by the parameters `nodes`. A set is
    jointly linear if no derivative by one of it depends on one of it; it is built greedily from the
    parameters that the fewest others exclude.
    """
    found = []
    for node in derivatives:
        reached = set(graph.reach([node]))
        found.append({k for k, i in enumerate(nodes) if i in reached})
    excluded = [
        {k for k in range(len(nodes)) if k in found[j] or j in found[k]} for j in range(len(nodes))
    ]
    candidates = [j for j in range(len(nodes)) if j not in excluded[j]]
    candidates.sort(key=lambda j: (len(excluded[j]), j))
    chosen: list[int] = []
    for j in candidates:
        if not any(j in excluded[k] for k in chosen):
            chosen.append(j)
    return sorted(chosen)


class Separated:
    """The least squares problem as a function of the nonlinear parameters alone.

    `linear` are the places of the linear parameters, `start` a point for all. After `cost` or
    `linearise`, `whole` gives all parameters for the same nonlinear ones.
    """

    def __init__(self, problem: LeastSquares, linear: Sequence[int], start: Vector) -> None:
        self.problem = problem
        self.linear = list(linear)
        self.nonlinear = [k for k in range(problem.size) if k not in set(linear)]
        self.size = len(self.nonlinear)
        self.freedom = problem.freedom
        self._last = np.array(start, dtype=float)
        self._known: tuple[Vector, Vector | None] | None = None

    def whole(self, point: Vector) -> Vector | None:
        """All parameters: the linear ones are the best; None where the model is not finite. Asked
        twice in a row for one point, they are computed once."""
        if self._known is None or not np.array_equal(self._known[0], point):
            self._known = point.copy(), self._whole(point)
        return self._known[1]

    def _whole(self, point: Vector) -> Vector | None:
        full = self._last.copy()
        full[self.nonlinear] = point
        local = self.problem.linearise(full)
        if not local.is_finite:
            return None
        full[self.linear] -= _least_squares(local.triangle[:, self.linear], local.projected)
        return full if np.isfinite(full).all() else None

    def cost(self, point: Vector) -> float:
        """The cost with the best linear parameters."""
        full = self.whole(point)
        return np.nan if full is None else self.problem.cost(full)

    def linearise(self, point: Vector) -> Linearised:
        """The linear problem in the nonlinear parameters: what the linear ones cannot take up."""
        full = self.whole(point)
        if full is None:
            return Linearised.unknown(self.size)
        local = self.problem.linearise(full)
        if not local.is_finite:
            return local
        self._last = full
        basis, *_ = _svd(local.triangle[:, self.linear])
        rest = local.triangle[:, self.nonlinear]
        rest = rest - basis @ (basis.T @ rest)
        left = local.projected - basis @ (basis.T @ local.projected)
        return linearised(local.cost, upper(np.column_stack([rest, left])))


def _svd(columns: Any) -> tuple[Any, Vector, Any, Vector]:
    """The singular value decomposition of columns scaled to length 1, cut at its rank."""
    scaled, norms = of_length_one(columns)
    left, values, right = singular_values(scaled)
    known = values > ZERO_COLUMN * values[0]
    return left[:, known], values[known], right[known], norms


def _least_squares(columns: Any, target: Vector) -> Vector:
    """The solution; infinite where columns are so short that it is beyond float64."""
    left, values, right, norms = _svd(columns)
    found: Vector = right.T @ ((left.T @ target) / values) / norms
    return found
