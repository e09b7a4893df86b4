"""What the values and gradients around a point say where its own gradient does not tell enough.

A value that is the least that the formula can have is a minimum, whatever the gradients are. At a
kink gradients do not become small; those around a minimum point away from it on all sides, so that
some combination of them is next to nothing. Source: Burke, Lewis & Overton, A Robust Gradient
Sampling Algorithm (2005).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from adcli.ad.ranges import UNKNOWN, value_range
from adcli.descent.objective import FEW
from adcli.descent.problem import Problem
from adcli.descent.rules import Vector
from adcli.descent.stationary import Stationarity
from adcli.descent.stopping import Iterate
from adcli.graph.structure import usual_call

NEAR = 1e-8
"""How far from a point gradients are looked at, in parts of the sizes of its variables."""

BALANCED = 1e-6
"""The part of the largest gradient that a combination of those around a minimum leaves."""

JUMP, STEADY = 1e-3, 0.5
"""At a kink gradients change by more than the first part of the largest, and as much, up to the
second part, at a tenth of the distance: elsewhere by less there, and at a pole by more."""

NEARBY = tuple([10.0**-k for k in range(8, 0, -1)])
"""How far from a point the value is looked at where the gradient is 0, in parts of its size."""

SAMPLES = 10
"""Random directions in which gradients are looked at."""


def least(problem: Problem, it: Iterate) -> str:
    """That no value within the bounds is better than that of `it`; "" unless intervals prove it, or
    where the value is the same everywhere."""
    run = problem.run(it.point, problem.graph.reach([problem.target]))
    ranges = dict.fromkeys(problem.nodes, UNKNOWN)
    if problem.lower is not None and problem.upper is not None:
        low, high = problem.views(problem.lower), problem.views(problem.upper)
        for node, name in zip(problem.nodes, problem.free, strict=True):
            ranges[node] = float(np.min(low[name])), float(np.max(high[name]))
    lowest, highest = value_range(run, problem.target, ranges)
    if not it.value <= lowest < highest:
        return ""
    return f"no value of the formula is {'above' if problem.maximize else 'below'} this one"


def is_balanced(problem: Problem, it: Iterate, stationarity: Stationarity) -> bool:
    """Whether a combination of the gradients around a point, at which the function has a kink, is
    next to nothing; False where there are too many variables to look on all sides."""
    sizes = _sizes(it, stationarity)
    gradients = _jumping(problem, it, NEAR * sizes) if problem.size <= FEW else None
    if gradients is None:
        return False
    from scipy.optimize import nnls

    gradients = gradients / np.abs(gradients).max() * (sizes / sizes.max())  # within the range
    largest = np.abs(gradients).max()
    if not largest > 0:  # all but the largest variable's are lost
        return False
    system = np.vstack([gradients.T / largest, np.ones(len(gradients))])
    target = np.zeros(len(system))
    target[-1] = 1.0
    weights, _ = nnls(system, target)
    left = system[:-1] @ weights / weights.sum()
    return bool(np.abs(left).max() <= BALANCED)


def kink_remark(problem: Problem, it: Iterate, stationarity: Stationarity) -> str:
    """What is said of a descent that ended beside a kink, and no minimum; "" without one."""
    reach = NEAR * _sizes(it, stationarity)
    if it.origin is not None:
        reach = np.maximum(reach, np.abs(it.point - it.origin))
    if _jumping(problem, it, reach) is None:
        return ""
    return (
        f"the gradient jumps beside this point, at a kink of {_bent(problem)}, where steps along "
        "gradients make little way: a smooth form helps, such as sqrt(x^2 + 1e-6) for abs(x), or a "
        "start elsewhere"
    )


def _sizes(it: Iterate, stationarity: Stationarity) -> Vector:
    sizes = stationarity.sizes(it)
    return np.where(sizes > 0, sizes, 1.0)


def _bent(problem: Problem) -> str:
    """The functions with kinks that what is minimised depends on."""
    graph, order = problem.graph, problem.graph.reach([problem.target])
    moving = graph.dependents(order, problem.nodes)
    bent = [i for i in order if moving[i] and graph.ops[i].kink is not None]
    names = {usual_call(graph.ops[i], graph.args[i], graph.attrs[i])[0] for i in bent}
    return ", ".join(sorted(names))


def _jumping(problem: Problem, it: Iterate, reach: Vector) -> Any:
    """The gradients around a point, if they change and no less so close to it; else None."""
    if not _bent(problem):
        return None
    far, near = (_around(problem, it, part * reach) for part in (1.0, 0.1))
    if not (len(far) and len(near)):
        return None
    largest = float(np.abs(far).max()) or 1.0  # in whose units no product leaves the range
    change, nearby = (float(np.ptp(x / largest * reach, axis=0).max()) for x in (far, near))
    steady = STEADY * change < nearby < change / STEADY
    jumps = change > JUMP * float(np.abs(far / largest * reach).max()) and steady
    return far if jumps else None


def _around(problem: Problem, it: Iterate, reach: Vector) -> Any:
    """The gradients (points, variables) on the sides of a point, as far as `reach`."""
    n = problem.size
    ways = np.random.default_rng(0).uniform(-1, 1, size=(SAMPLES, n))
    if n <= FEW:
        ways = np.concatenate([np.eye(n), -np.eye(n), np.sign(ways), ways])
    points = [problem.project(it.point + reach * way) for way in ways]
    gradients = np.array([problem.value_and_gradient(point)[1] for point in points])
    free = [problem.free_gradient(x, g) for x, g in zip(points, gradients, strict=True)]
    return np.array([g for g in free if np.isfinite(g).all()])


def falls_nearby(
    problem: Problem, it: Iterate, stationarity: Stationarity, *, everywhere: bool = False
) -> str:
    """That the value falls on a way along variables whose gradient is 0, as x^3 and -x^4 do at 0,
    whose curvature says nothing: the first change on the way that is not rounding error is
    downwards. `everywhere` tries all ways, as at a kink, where the gradient says nothing."""
    if not problem.is_small:
        return ""
    n = problem.size
    rounding = stationarity.rounding(it.point)
    if rounding is None or not math.isfinite(rounding.value):
        return ""
    ways = np.random.default_rng(0).normal(size=(2 * n + 6, n))
    tried = np.full(n, everywhere) | (it.gradient == 0)
    ways = np.concatenate([np.eye(n), -np.eye(n), ways]) * tried
    for sizes in (np.maximum(1.0, np.abs(it.point)), _sizes(it, stationarity)):
        for way in ways[ways.any(axis=1)] * sizes:  # one beyond float64 leads to no value
            found = _falls_along(problem, it, way, 4 * rounding.value)
            if found:
                return found
    return ""


def _falls_along(problem: Problem, it: Iterate, way: Vector, noise: float) -> str:
    """That the first change along a way that is more than `noise` is downwards."""
    for distance in NEARBY:
        point = problem.project(it.point + distance * way)
        if not np.isfinite(point).all():
            return ""
        change = float(problem.value_and_gradient(point)[0]) - it.value
        if not abs(change) <= noise:
            return _lower(problem, it, point, change) if change < 0 else ""
    return ""


def _lower(problem: Problem, it: Iterate, point: Vector, change: float) -> str:
    """What is said of a point whose value is better."""
    way = "higher" if problem.maximize else "lower"
    moved = [
        (label, x, y) for label, x, y in zip(problem.labels, point, it.point, strict=True) if x != y
    ]
    is_told = all(f"{x:.6g}" != f"{y:.6g}" for _, x, y in moved)
    where = ", ".join(f"{n}={x:.6g}" if is_told else f"{n}={float(x)!r}" for n, x, _ in moved[:3])
    found = f"the value at {where} is {way} by {-change:.3g}"
    return f"this is not a {problem.wanted}: {found}; start elsewhere"
