"""What the curvature of the function says: why a descent diverged, or where it did converge."""

from __future__ import annotations

import math
from collections.abc import Sequence
from math import prod

import numpy as np

from adcli.descent.decrement import newton_step
from adcli.descent.lengths import vector_norm
from adcli.descent.monitor import Monitor
from adcli.descent.objective import FEW
from adcli.descent.problem import Problem, blame
from adcli.descent.rules import Vector
from adcli.descent.stationary import Stationarity
from adcli.descent.stepper import Stepper
from adcli.descent.stopping import Iterate

POWER_PRODUCTS = 100
"""Hessian-vector products that a power iteration may take."""

NEAR, NOISE = 1e-3, 1e-12
"""How far from a point its curvature is confirmed, beside the point's size; and the part of a value
that may be rounding."""

LOOKED_AT, FAR = 20_000_000, 1e-3
"""Numbers that a Newton step may be made of; and the part of a variable's size that is far."""

AROUND, AWAY = (1e-3, 1e-1), (1.0, 10.0, 100.0, 1000.0)
PROBED = 20
"""How far around a point, and away from it, a variable without a gradient is moved, in parts of its
size; and how many of them."""

STABLE = {"gd": 2.0, "momentum": 2.0 * 1.9, "nesterov": 2.0 * 1.9 / 2.8}
"""Rate times curvature below which a method is stable on a quadratic, for momentum 0.9."""


def explain(problem: Problem, stepper: Stepper | None, monitor: Monitor) -> str:
    """What is known of the cause: the operation that failed, the curvature at the best point."""
    last = monitor.last
    if last is not None and last.value < monitor.tests.depth:
        return _bottomless(problem, monitor.best_point)
    cause = "" if last is None else blame(problem, last.point)
    clauses = [cause, _curvature(problem, stepper, monitor.best_point)]
    return "; ".join(clause for clause in clauses if clause)


def _curvature(problem: Problem, stepper: Stepper | None, point: Vector) -> str:
    """The rate against the largest curvature at a point; "" if that says nothing."""
    curvature = largest_curvature(problem, point)
    if curvature is None or curvature <= 0 or stepper is None:
        return ""
    rate, limit = stepper.schedule.rate, STABLE.get(stepper.method)
    found = f"L = {curvature:.3g} is the largest curvature at the best point"
    if limit is None:
        return f"{found}: a smaller rate than {rate:g} may help"
    allowed = limit / curvature
    name = "2/L" if limit == 2.0 else f"{limit:.3g}/L"
    if rate > allowed:
        return f"the rate {rate:g} > {name} = {allowed:.3g}, where {found}"
    return f"the rate {rate:g} < {name} = {allowed:.3g}, where {found}; it is larger elsewhere"


def _bottomless(problem: Problem, point: Vector) -> str:
    """What is said about a function that seems to have no minimum."""
    way = "up" if problem.maximize else "down"
    lowest = largest_curvature(problem, point, -1.0)
    advice = f"there seems to be no {problem.wanted}; --bounds can hold a variable"
    if lowest is None or lowest <= 0:
        return advice
    curvature = -problem.sign * lowest
    return f"the function curves {way} there, with the curvature {curvature:.3g}: {advice}"


def doubt(problem: Problem, it: Iterate, sizes: Vector) -> str:
    """What the Hessian of a small problem says against a minimum (maximum) where the gradient is
    next to nothing; "" if nothing, or nothing that values around the point confirm, as far away as
    the point's own size, or that of its variables, suggests."""
    if not problem.is_small:
        return ""
    hessian = np.array([problem.curvature(it.point, unit) for unit in np.eye(problem.size)])
    if not np.isfinite(hessian).all():
        return ""
    curvatures, directions = np.linalg.eigh(hessian)  # for a maximum of the negative function
    for size in (1.0 + vector_norm(it.point), vector_norm(sizes)):
        found = [
            _bends(problem, it, v, c, size) for c, v in zip(curvatures, directions.T, strict=True)
        ]
        if found[0] < 0:
            break
    else:
        return ""
    what = f"not a {problem.wanted}"
    if found[-1] > 0:
        what = "a saddle point"
    elif max(found) < 0:
        what = "a minimum" if problem.maximize else "a maximum"
    where = " in one direction" * (problem.size > 1)
    curvature = problem.sign * curvatures[0]
    return f"this is {what}: the curvature is {curvature:.3g}{where}; start elsewhere"


def distance(problem: Problem, it: Iterate, stationarity: Stationarity) -> str:
    """That a Newton step would still move a variable far, though the gradient is next to nothing:
    towards a minimum at infinity, or in a flat one. "" where it would not, where no more than
    rounding errors lead there, or where looking takes long."""
    if problem.size > FEW or problem.newton_work > LOOKED_AT:
        return ""
    step = newton_step(problem, it)
    if step is None or not step.definite or not np.isfinite(step.change).all():
        return ""
    parts = np.abs(step.change) / stationarity.sizes(it)
    k = int(np.argmax(parts))
    if not parts[k] > FAR or stationarity.rounding_evidence(it, stationarity.rounding(it.point)):
        return ""
    name = problem.first_labels(k + 1)[k]
    return (
        f"but a Newton step would still move {name} by {step.change[k]:.3g}: the {problem.wanted} "
        "is flat there, or infinitely far away"
    )


def flat_start(problem: Problem, it: Iterate) -> str:
    """Why a gradient of 0 says nothing, for variables that have not moved from the start: they have
    no derivative anywhere, or the value does not change around them but does so further away; ""
    if it does say something.

    Values around the point decide, at which all other variables are moved a little, so that none
    seems to be without influence because another one is 0.
    """
    movable = problem.lower is None or problem.lower < problem.upper  # bounds leave it room
    still = np.flatnonzero((it.gradient == 0) & (it.point == problem.start) & movable)
    if len(still) == 0:
        return ""
    # Where a formula's derivative is a constant, only steps can change the value.
    sizes = [prod(shape) for shape in problem.shapes.values()]
    stepped = np.repeat([not problem.graph.varying[i] for i in problem.gradient_nodes], sizes)
    flat: dict[str, list[str]] = {"steps": [], "flat": [], "nothing": []}
    for k in still[:PROBED]:
        around, away = _changes(problem, it, k, AROUND), _changes(problem, it, k, AWAY)
        label = problem.labels[k]
        if stepped[k] and (around or away):
            flat["steps"].append(label)
        elif not around:
            flat["flat" if away else "nothing"].append(label)
    if flat["steps"]:
        names = ", ".join(flat["steps"])
        return (
            f"the derivative by {names} is 0 wherever there is one, as that of floor, of a "
            "comparison or of what where() chooses by one: no gradient leads to a minimum"
        )
    if flat["flat"]:
        names = ", ".join(flat["flat"])
        return f"the value does not depend on {names} near the start, only further away"
    if flat["nothing"] and len(flat["nothing"]) == problem.size:
        return "the value does not depend on " + ", ".join(flat["nothing"][:5])
    return ""


def _changes(problem: Problem, it: Iterate, k: int, distances: Sequence[float]) -> bool:
    """Whether the value changes along one variable, at such parts of its size (at least 1)."""
    generator = np.random.default_rng(k)
    base = it.point * (1 + NEAR * generator.random(problem.size))
    base += NEAR * generator.random(problem.size)
    base[k] = it.point[k]
    base = problem.project(base)
    size = max(1.0, abs(float(it.point[k])))
    values = set()
    for distance in (0.0, *distances, *[-d for d in distances]):
        point = base.copy()
        point[k] += distance * size
        value = float(problem.value_and_gradient(problem.project(point))[0])
        if math.isfinite(value):
            values.add(value)
    return len(values) > 1


def _bends(problem: Problem, it: Iterate, direction: Vector, curvature: float, size: float) -> int:
    """Whether the function falls (-1) or rises (1) from a point along a unit vector both ways, at a
    distance of NEAR times `size`, by about as much as the curvature says; else 0: at a kink, in a
    valley, by rounding."""
    if not it.norm <= NEAR * abs(curvature) * size:
        return 0  # the stationary point that the curvature belongs to is elsewhere
    step = NEAR * size * direction
    ends = np.array([it.point - step, it.point + step])
    if any(not np.array_equal(problem.project(end), end) for end in ends):
        return 0
    expected = curvature / 2 * (NEAR * size) * (NEAR * size)  # ** would raise where it overflows
    changes = np.array([problem.value_and_gradient(end)[0] for end in ends]) - it.value
    if abs(expected) <= NOISE * abs(it.value) or not (changes / expected >= 0.25).all():
        return 0
    return 1 if curvature > 0 else -1


def largest_curvature(problem: Problem, point: Vector, sign: float = 1.0) -> float | None:
    """The largest eigenvalue of the Hessian times `sign`, by power iteration; None if not finite.

    A first iteration finds the eigenvalue of largest size; if that one is negative, a second one on
    the Hessian shifted by it finds the largest.
    """
    size = _power_iteration(problem, point, sign, 0.0)
    if size is None or size >= 0:
        return size
    shifted = _power_iteration(problem, point, sign, -size)
    return None if shifted is None else shifted + size


def _power_iteration(problem: Problem, point: Vector, sign: float, shift: float) -> float | None:
    """The eigenvalue of largest size of `sign` times the Hessian plus `shift` times 1."""
    n = problem.size
    vector = np.cos(np.arange(n) * 1.7) + 1.5  # no eigenvector of anything common
    vector /= vector_norm(vector)
    value = 0.0
    for _ in range(POWER_PRODUCTS):
        product = sign * problem.curvature(point, vector) + shift * vector
        before, value = value, float(vector @ product)
        length = vector_norm(product)
        if not math.isfinite(length):
            return None
        if length == 0 or abs(value - before) <= 1e-6 * abs(value):
            break
        vector = product / length
    return value
