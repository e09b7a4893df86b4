"""Newton steps: how far a point is from the minimum, and by how much it would lower the value."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from adcli.descent.lengths import vector_norm
from adcli.descent.problem import Problem
from adcli.descent.rules import Vector
from adcli.descent.stopping import Iterate

MAX_PARAMETERS = 100
"""The Hessian of more parameters than this is not looked at: conjugate gradients meet it."""

LEAST = 1e-14
"""The least curvature of the scaled Hessian that is one, and not rounding."""

FLAT, ALONG = 1e-10, 1e-6
"""A direction in which the scaled Hessian curves less than the first, with less than the second
part of the slope along it, is one that the value does not depend on: nothing moves along it."""

STEP_PRODUCTS = 60
"""Hessian-vector products of one step by conjugate gradients."""


class NewtonStep(NamedTuple):
    """A change of all parameters, by how much it promises to lower the value (g' H^-1 g / 2), and
    in which `units` parameters, scaled by the curvature along them, are alike. `exact` says that it
    leads to a minimum of the quadratic model, `definite` that this is the only one."""

    change: Vector
    promise: float
    units: Vector
    exact: bool
    definite: bool = True


def newton_step(problem: Problem, it: Iterate) -> NewtonStep | None:
    """The step to the minimum of the quadratic model, for parameters that bounds do not hold.

    Where that has none it is not exact: directions that curve down are taken as if they curved up.
    None where the Hessian is not finite. What it promises does not depend on the units of the
    parameters, as the gradient's norm does.
    Source: Boyd & Vandenberghe, Convex Optimization, 9.5.1.
    """
    free = problem.free_gradient(it.point, it.gradient)
    places = np.flatnonzero((free != 0) | (it.gradient == 0))  # no bound holds these
    with np.errstate(all="ignore"):
        if len(places) > MAX_PARAMETERS:
            return _conjugate(problem, it.point, free, free != 0)
        return _dense(problem, it.point, free, places)


def _dense(problem: Problem, point: Vector, free: Vector, places: Any) -> NewtonStep | None:
    """The Newton step from the eigenvectors of the Hessian, scaled to a diagonal of ones."""
    rows = []
    for k in places:
        unit = np.zeros(problem.size)
        unit[k] = 1.0
        rows.append(problem.curvature(point, unit)[places])
    hessian = np.array(rows).reshape(len(places), len(places))
    inert = (hessian == 0).all(axis=1) & (free[places] == 0)  # the value does not depend on them
    places, hessian = places[~inert], hessian[np.ix_(~inert, ~inert)]
    sizes = np.sqrt(np.abs(np.diag(hessian)))
    scaled = (hessian + hessian.T) / (2 * np.outer(sizes, sizes))
    slope = free[places] / sizes
    if not (np.isfinite(scaled).all() and np.isfinite(slope).all()):
        return None
    curvatures, directions = np.linalg.eigh(scaled)
    sharp = np.maximum(np.abs(curvatures), LEAST)
    along = directions.T @ slope
    flat = np.abs(curvatures) < FLAT
    definite = bool((curvatures >= LEAST).all())
    if vector_norm(along[flat]) <= ALONG * vector_norm(along):
        along[flat], curvatures[flat] = 0.0, FLAT
    along /= sharp
    change, units = np.zeros(problem.size), np.zeros(problem.size)
    change[places], units[places] = -(directions @ along) / sizes, 1 / sizes
    exact = bool((curvatures >= LEAST).all())
    return NewtonStep(change, float(along @ (sharp * along)) / 2, units, exact, definite)


def _conjugate(problem: Problem, point: Vector, free: Vector, mask: Any) -> NewtonStep | None:
    """The Newton step by conjugate gradients, to a thousandth. Source: Nocedal & Wright, 2nd ed.,
    algorithm 7.1."""
    change, residual = np.zeros(problem.size), free.copy()
    direction, square = -residual, float(residual @ residual)
    enough = 1e-6 * square
    for _ in range(STEP_PRODUCTS):
        product = np.where(mask, problem.curvature(point, direction), 0.0)
        curved = float(direction @ product)
        if not (curved > 0 and math.isfinite(curved)):
            return None
        length = square / curved
        change, residual = change + length * direction, residual + length * product
        before, square = square, float(residual @ residual)
        if square <= enough:
            break
        direction = -residual + (square / before) * direction
    return NewtonStep(change, -float(free @ change) / 2, np.ones(problem.size), square <= enough)
