"""Whether a point is a minimum as far as float64 can tell, by what a Newton step promises."""

from __future__ import annotations

import math

import numpy as np

from adcli.descent.problem import Problem
from adcli.descent.step import projected_gradient
from adcli.descent.stopping import Iterate

MOST = 100
"""The Hessian of more parameters than this is not looked at."""


def newton_decrement(problem: Problem, it: Iterate) -> float:
    """By how much a Newton step promises to lower the value: g' H^-1 g / 2.

    Other than the gradient's norm it does not depend on the units of the parameters. Parameters
    that bounds hold are left out. inf where the Hessian is not positive definite, or of too many
    parameters. Source: Boyd & Vandenberghe, Convex Optimization, 9.5.1.
    """
    p = problem
    free = projected_gradient(np, it.point, it.gradient, p.lower, p.upper)
    places = np.flatnonzero((free != 0) | (it.gradient == 0))
    if len(places) > MOST:
        return math.inf
    products = [p.curvature(it.point, np.eye(p.size)[k])[places] for k in places]
    hessian = np.array(products).reshape(len(places), len(places))
    sizes = np.sqrt(np.abs(np.diag(hessian)))
    with np.errstate(all="ignore"):
        scaled = (hessian + hessian.T) / (2 * np.outer(sizes, sizes))
    if not np.isfinite(scaled).all():
        return math.inf
    try:
        half = np.linalg.solve(np.linalg.cholesky(scaled), free[places] / sizes)
    except np.linalg.LinAlgError:
        return math.inf
    return float(half @ half) / 2
