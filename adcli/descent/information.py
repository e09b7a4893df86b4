"""The observed information of a loss at its minimum: exact Hessian, scores of rows, covariances."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from adcli.ad.symbolic import tangent_nodes
from adcli.ad.tasks import Task
from adcli.descent.problem import Problem
from adcli.descent.rules import Vector
from adcli.engines.plan.plan import Plan
from adcli.graph.axes import Shape

ROUNDED = 1e-12
"""Curvatures below this part of the largest, of a Hessian with a diagonal of ones, are rounding
errors."""

AT_BOUND = "it is at its bound"
NO_PART = "the loss does not depend on it here"
NO_CURVATURE = "the loss does not curve along it here: this is a kink, or the loss is linear in it"
SHARE = 1e-3
"""A parameter takes part in a direction with at least this share of it."""

BLOCK_ROWS = 1 << 14
"""Rows whose scores are held at once."""

POLISHING = 3
"""Newton steps at most, to where a curvature of 0 is no more than a rounding error: a gradient that
is nearly 0 bends a valley with a flat floor."""


@dataclass(frozen=True)
class Information:
    """The curvature of a loss, as the covariance of its parameters; nan for those without.

    factor     L of (parameters, directions) with covariance L L'; None where there is none
    reasons    place of a parameter -> why it has no variance
    """

    covariance: Any
    factor: Any
    reasons: dict[int, str]

    @classmethod
    def of(
        cls, problem: Problem, vector: Vector, places: Any, labels: Sequence[str]
    ) -> Information:
        """The information at a minimum on the parameters at `places`; bounds hold the others.

        Raises DomainError where second derivatives are not finite.
        """
        reasons = dict.fromkeys(range(problem.size), AT_BOUND)
        for k in places:
            del reasons[int(k)]
        matrix, units, values, directions = _polished(problem, vector, places)
        slope = problem.value_and_gradient(vector)[1][places]
        floor = ROUNDED * np.max(values, initial=0.0)
        for k in np.flatnonzero(~matrix.any(axis=1)):
            reasons[int(places[k])] = NO_CURVATURE if slope[k] else NO_PART
        for down in directions.T[values < -floor]:
            names = _named(down, places, labels)
            told = (
                f"the loss curves down along {names}: the Hessian is indefinite, and this is not "
                "a minimum"
            )
            for k in range(problem.size):
                reasons.setdefault(k, told)
            return cls(np.full((problem.size,) * 2, np.nan), None, reasons)
        known = values > floor
        for flat in directions.T[~known]:
            part = places[np.abs(flat) > SHARE]
            for k in part:
                others = [labels[j] for j in part if j != k]
                reasons.setdefault(int(k), _undetermined(others))
        factor = np.zeros((problem.size, int(known.sum())))
        factor[places] = directions[:, known] / np.sqrt(values[known]) / units[:, None]
        return cls(_without(factor @ factor.T, reasons), factor, reasons)

    def robust(self, scores: Any) -> Information:
        """With the sandwich H^-1 S H^-1 for the sum S of the scores' outer products."""
        inverse = self.factor @ self.factor.T
        found = self.factor @ (self.factor.T @ scores @ self.factor) @ self.factor.T
        found = np.where(inverse.any(axis=1)[:, None], found, 0.0)
        return replace(self, covariance=_without((found + found.T) / 2, self.reasons))


def _without(covariance: Any, reasons: dict[int, str]) -> Any:
    places = list(reasons)
    covariance[places, :] = covariance[:, places] = np.nan
    return covariance


def _undetermined(others: Sequence[str]) -> str:
    if not others:
        return "the loss does not determine it: the Hessian is singular"
    listed = ", ".join(others[:4]) + ", ..." * (len(others) > 4)
    return f"the loss does not determine it apart from {listed}: the Hessian is singular"


def _named(direction: Vector, places: Any, labels: Sequence[str]) -> str:
    names = [labels[k] for k in places[np.abs(direction) > SHARE]]
    return ", ".join(names[:5]) + ", ..." * (len(names) > 5)


def _polished(problem: Problem, vector: Vector, places: Any) -> tuple[Any, Vector, Vector, Any]:
    """The Hessian by the parameters at `places` where the gradient is nearly a rounding error; and
    the units in which its diagonal is 1, its curvatures in these, and their directions."""
    found = _curvatures(problem, vector, places)
    gradient = problem.value_and_gradient(vector)[1][places]
    for _ in range(POLISHING):
        _, units, values, directions = found
        slope = gradient / units
        known = values > ROUNDED * np.max(values, initial=0.0)
        step = directions[:, known] @ ((directions.T @ slope)[known] / values[known]) / units
        moved = vector.copy()
        moved[places] -= step
        moved = problem.project(moved)
        left = problem.value_and_gradient(moved)[1][places]
        if not np.linalg.norm(left / units) < 0.5 * np.linalg.norm(slope):
            break
        vector, gradient = moved, left
        found = _curvatures(problem, vector, places)
    return found


def _curvatures(problem: Problem, vector: Vector, places: Any) -> tuple[Any, Vector, Vector, Any]:
    matrix = hessian_matrix(problem, vector)[np.ix_(places, places)]
    units = np.sqrt(np.abs(np.diag(matrix)))
    units = np.where(units > 0, units, 1.0)
    values, directions = np.linalg.eigh(matrix / units[:, None] / units)
    return matrix, units, values, directions


def hessian_matrix(problem: Problem, vector: Vector) -> Any:
    """The Hessian, symmetric to the last bit, (parameters, parameters).

    Raises DomainError where it is not finite.
    """
    columns = [problem.curvature(vector, unit) for unit in np.eye(problem.size)]
    matrix = np.array(columns).reshape(problem.size, problem.size)
    if np.isfinite(matrix).all():
        return (matrix + matrix.T) / 2
    f = problem.function  # sweeps that let no infinity of what does not count through
    _, rest = f.at(problem.inputs(vector), Task("hessian", wrt=problem.free)).nested()
    blocks, shapes = rest["hessian"], problem.shapes
    sizes = {name: int(np.prod(shape)) for name, shape in shapes.items()}
    return np.block(
        [[np.reshape(blocks[a][b], (sizes[a], sizes[b])) for b in shapes] for a in shapes]
    )


def sum_of_scores(problem: Problem, vector: Vector, node: int, groups: Any) -> Any:
    """The sum over rows, or groups of rows, of the outer products of the scores.

    `node` (rows,) is what each row adds to the loss. With G groups the sum is that of the scores
    within each, times G/(G - 1), as in Stata and R's sandwich.
    """
    size = problem.size
    if groups is None:
        total = np.zeros((size, size))
        for scores, _ in _scores(problem, vector, node):
            total += scores.T @ scores
        return total
    count = int(groups.max()) + 1
    sums = np.zeros((count, size))
    for scores, rows in _scores(problem, vector, node):
        np.add.at(sums, groups[rows], scores)
    return sums.T @ sums * (count / (count - 1))


def _scores(problem: Problem, vector: Vector, node: int) -> Iterator[tuple[Any, slice]]:
    """The gradients of what rows add, (rows, parameters), block by block, with the rows."""
    graph, inputs = problem.graph, problem.function.inputs
    directions = {inputs[name]: graph.variable(f"change of `{name}`") for name in problem.free}
    fixed = {inputs[name]: np.asarray(x, float) for name, x in problem.fixed.items()}
    point = {inputs[name]: x for name, x in problem.views(vector).items()}
    rows = len(next(iter(problem.data.values())))
    plans: dict[int, Plan] = {}
    for begin in range(0, rows, BLOCK_ROWS):
        block = slice(begin, min(begin + BLOCK_ROWS, rows))
        count = block.stop - begin
        columns = {inputs[name]: x[block] for name, x in problem.data.items()}
        if count not in plans:
            given = {**fixed, **point, **columns}
            shapes: dict[str, Shape] = {graph.attrs[i]: np.shape(x) for i, x in given.items()}
            shapes |= {graph.attrs[d]: np.shape(point[i]) for i, d in directions.items()}
            order = graph.reach([node])
            tangents = tangent_nodes(graph, order, [node], directions, shapes)
            plans[count] = Plan(graph, tangents, shapes, held=fixed)
        scores = np.empty((count, problem.size))
        for k, unit in enumerate(np.eye(problem.size)):
            change = dict(zip(directions.values(), problem.views(unit).values(), strict=True))
            scores[:, k] = plans[count].run({**columns, **point, **change})[0]
        yield scores, block
