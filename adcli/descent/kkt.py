"""How far a point is from a constrained minimum: violation, multipliers, the KKT residual.

The gradient of a minimum is a combination of the gradients of the constraints and bounds that are
active there, with weights (multipliers) that are 0 or more for inequalities (Karush, Kuhn, Tucker).
What is small is measured on the problem's own scale: every variable by its size, a violation by the
constraint's own terms, what is left of the gradient by the terms that cancel in it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from adcli.descent.constraints import Constraints
from adcli.descent.lengths import vector_norm
from adcli.descent.problem import Problem
from adcli.descent.rules import Vector

FEASIBLE = 1e-9
"""A constraint holds if it is violated by no more than this part of its own terms."""

ACTIVE = 1e-7
"""An inequality may be active where its residual is no more than this part of its terms."""

STATIONARY = 1e-8
"""What is left of the gradient is next to nothing at this part of the terms that cancel in it."""

ROUNDING = 1e-13
"""What is left of the terms may be rounding."""

NEAR = 1e-8
"""A Newton step moves next to nothing if no variable moves by more than this part of its size."""

NO_GAIN = 1e-13
"""Such a step promises to gain no more than this part of the value, or of its fall so far."""

FALLEN = 1e-12
"""A gradient that is left is next to nothing at this part of that at the start."""

LITTLE = 1e-5
"""A variable that is smaller than this part of the largest one is taken to be that large."""

DENSE = 300
"""Variables up to which Newton steps are taken."""


@dataclass
class KktPoint:
    """A point with all that is known of it. `scales` are the sizes of the constraints' terms."""

    point: Vector
    value: float
    gradient: Vector
    residuals: Vector
    jacobian: Any
    scales: Vector
    sizes: Vector
    is_finite: bool

    def violations(self, is_equation: Any) -> Vector:
        """How far each constraint is from holding."""
        c = self.residuals
        return np.where(is_equation, np.abs(c), np.maximum(0.0, -c)) + 0.0


@dataclass
class Balance:
    """The multipliers at a place, of constraints and of bounds (signed: above 0 at a lower one),
    and what they leave of the gradient; `part` is the largest part that is left of the terms."""

    multipliers: Vector
    at_bounds: Vector
    left: Vector
    part: float

    @property
    def norm(self) -> float:
        """The KKT residual."""
        return vector_norm(self.left)


class Measures:
    """Measures the places of one problem."""

    def __init__(self, problem: Problem, constraints: Constraints) -> None:
        self.problem, self.constraints = problem, constraints
        self.evaluations = 0
        self._last: KktPoint | None = None
        n = problem.size
        self.lower = np.full(n, -np.inf) if problem.lower is None else problem.lower
        self.upper = np.full(n, np.inf) if problem.upper is None else problem.upper
        self.start = self.place(problem.start)

    def place(self, point: Vector) -> KktPoint:
        """The place of a point within the bounds; that of the last point is remembered."""
        point = self.problem.project(np.array(point, dtype=float))
        if self._last is not None and np.array_equal(point, self._last.point):
            return self._last
        self.evaluations += 1
        value, gradient = self.problem.value_and_gradient(point)
        c, jacobian = self.constraints.residuals_and_jacobian(point)
        is_finite = all(np.isfinite(x).all() for x in (value, gradient, c, jacobian))
        own = np.maximum(np.abs(point), np.abs(self.problem.start))
        sizes = np.maximum(own, LITTLE * own.max(initial=0.0))
        sizes = np.where(sizes > 0, sizes, 1.0)
        scales = np.maximum(self.constraints.side_sizes(point), np.abs(jacobian) @ np.abs(point))
        scales = np.maximum(scales, 1e-3 * np.abs(jacobian) @ own)
        self._last = KktPoint(point, value, gradient, c, jacobian, scales, sizes, is_finite)
        return self._last

    def violation(self, place: KktPoint) -> float:
        """By how much the constraint is violated that is violated most."""
        return float(place.violations(self.constraints.is_equation).max(initial=0.0))

    def violated_part(self, place: KktPoint) -> float:
        """The largest violation, as a part of the constraint's own terms."""
        violations = place.violations(self.constraints.is_equation)
        with np.errstate(all="ignore"):
            parts = np.where(violations > 0, violations / place.scales, 0.0)
        return float(parts.max(initial=0.0)) if place.is_finite else math.inf

    def excess(self, place: KktPoint) -> float:
        """The largest violation in units that are the same at all places: those of the start."""
        violations = place.violations(self.constraints.is_equation) * self.units
        return float(violations.max(initial=0.0)) if place.is_finite else math.inf

    @cached_property
    def units(self) -> Vector:
        """What violations are measured in, inverted: the constraints' terms at the start."""
        scales = self.start.scales
        return 1.0 / np.where((scales > 0) & np.isfinite(scales), scales, 1.0)

    def is_feasible(self, place: KktPoint) -> bool:
        """Whether all constraints hold as far as rounding lets them."""
        return self.violated_part(place) <= FEASIBLE

    def balance(self, place: KktPoint, near: float = ACTIVE) -> Balance:
        """Multipliers by least squares, of what is active; none of an inequality is below 0."""
        from scipy.optimize import nnls

        n, equations = self.problem.size, self.constraints.is_equation
        if not place.is_finite:
            return Balance(np.zeros(len(equations)), np.zeros(n), place.gradient, math.inf)
        active = equations | (place.residuals <= near * place.scales)
        at_low = place.point - self.lower <= near * place.sizes
        at_high = self.upper - place.point <= near * place.sizes
        rows, both = np.flatnonzero(active), np.flatnonzero(equations)
        unit = np.eye(n)
        columns = np.concatenate(
            [place.jacobian[rows], -place.jacobian[both], unit[at_low], -unit[at_high]]
        )
        scaled = columns * place.sizes
        lengths = np.sqrt((scaled**2).sum(axis=1))
        used = lengths > 0
        target = place.gradient * place.sizes
        height = float(np.abs(target).max(initial=0.0))
        weights = np.zeros(len(columns))
        if used.any() and height > 0:
            matrix = (scaled[used] / lengths[used, None]).T
            try:
                weights[used] = nnls(matrix, target / height, maxiter=30 * len(columns))[0]
            except RuntimeError:  # it has not ended: plain least squares, then
                weights[used] = np.maximum(0, np.linalg.lstsq(matrix, target / height)[0])
            weights[used] *= height / lengths[used]
        left = place.gradient - columns.T @ weights
        terms = np.abs(place.gradient) + np.abs(columns.T) @ weights
        multipliers, ends = np.zeros(len(equations)), np.cumsum([len(rows), len(both)])
        multipliers[rows] = weights[: ends[0]]
        multipliers[both] -= weights[ends[0] : ends[1]]
        at_bounds = np.zeros(n)
        lows = int(at_low.sum())
        at_bounds[at_low] = weights[ends[1] : ends[1] + lows]
        at_bounds[at_high] -= weights[ends[1] + lows :]
        largest = float((terms * place.sizes).max(initial=0.0))
        part = float((np.abs(left) * place.sizes).max(initial=0.0)) / largest if largest else 0.0
        return Balance(multipliers, at_bounds, left, part)

    # ---- Newton steps ----

    def curvatures(self, place: KktPoint, multipliers: Vector) -> Any:
        """The Hessian of the Lagrangian (n, n)."""
        rows = []
        for unit in np.eye(self.problem.size):
            row = self.problem.curvature(place.point, unit)
            if multipliers.any():
                row = row - self.constraints.curvature(place.point, multipliers, unit)
            rows.append(row)
        hessian = np.array(rows)
        return (hessian + hessian.T) / 2

    def newton(self, place: KktPoint, balance: Balance) -> NewtonKkt | None:
        """The Newton step to where the active constraints hold and the gradient balances.

        Source: Nocedal & Wright, Numerical Optimization, 2nd ed., 18.1. None where the Hessian is
        not finite, or the problem is large.
        """
        n = self.problem.size
        if n > DENSE or not place.is_finite:
            return None
        hessian = self.curvatures(place, balance.multipliers)
        if not np.isfinite(hessian).all():
            return None
        equations = self.constraints.is_equation
        weak = 1e-10 * self._strength(place)
        rows = np.flatnonzero(equations | (balance.multipliers * place.scales > weak))
        held = np.flatnonzero(np.abs(balance.at_bounds) * place.sizes > weak)
        s = _newton_units(np.abs(np.diag(hessian)), place.sizes)
        normals = np.concatenate([place.jacobian[rows], np.eye(n)[held]]) * s
        lengths = np.sqrt((normals**2).sum(axis=1))
        lengths = np.where(lengths > 0, lengths, 1.0)
        low, high = self.lower[held], self.upper[held]
        gaps = np.where(balance.at_bounds[held] > 0, low, high) - place.point[held]
        wanted = np.concatenate([-place.residuals[rows], gaps]) / lengths
        normals = normals / lengths[:, None]
        scaled, slope = hessian * np.outer(s, s), -balance.left * s
        # Orthogonal bases of the normals and of what they leave: A A' may be singular.
        left, singular, right = np.linalg.svd(normals, full_matrices=True)
        rank = int((singular > 1e-10 * singular.max(initial=0.0)).sum())
        along = right[:rank].T @ ((left.T @ wanted)[:rank] / singular[:rank])
        free = right[rank:].T
        reduced = free.T @ scaled @ free
        curvatures = np.linalg.eigvalsh(reduced) if reduced.size else np.zeros(0)
        size = float(np.abs(scaled).max(initial=0.0))
        inner = np.zeros(n)
        if reduced.size:
            goal = free.T @ (slope - scaled @ along)
            solved = np.linalg.lstsq(reduced, goal, rcond=1e-13)[0]
            inner = free @ solved
        lowest = float(curvatures.min(initial=math.inf))
        way = None
        if reduced.size and lowest < -1e-7 * size:
            way = s * (free @ np.linalg.eigh(reduced)[1][:, 0])
        move = along + inner
        exact = True
        if reduced.size:
            goal = free.T @ (slope - scaled @ along)
            rest = reduced @ (free.T @ inner)
            exact = vector_norm(rest - goal) <= 1e-3 * vector_norm(goal)
        return NewtonKkt(s * move, s * move / place.sizes, lowest >= -1e-7 * size, exact, way)

    def _strength(self, place: KktPoint) -> float:
        return float((np.abs(place.gradient) * place.sizes).max(initial=0.0))

    # ---- verdicts ----

    def evidence(self, place: KktPoint, balance: Balance, step: NewtonKkt | None) -> str:
        """Why the KKT conditions hold at a place, as far as float64 can tell; "" if they do not."""
        if not place.is_finite or not self.is_feasible(place):
            return ""
        if not balance.left.any():
            return "the multipliers balance the gradient"
        if balance.part <= ROUNDING:
            return "the multipliers balance the gradient to rounding"
        if balance.part <= STATIONARY:
            return f"the multipliers balance the gradient but for {balance.part:.2g} of its terms"
        start = np.abs(self.start.gradient) if self.start.is_finite else 0.0
        left = float((np.abs(balance.left) * place.sizes).max(initial=0.0))
        if left <= FALLEN * float(np.max(start * place.sizes, initial=0.0)):
            return f"what is left of the gradient fell to {FALLEN:g} of that at the start"
        if step is None or not (step.exact and step.is_minimum):
            return ""
        depth = max(abs(place.value), abs(self.start.value - place.value))
        gains = abs(float(balance.left @ step.change)) > NO_GAIN * depth
        if (np.abs(step.parts) <= NEAR).all() and not gains:
            return f"a Newton step would move no variable by more than {NEAR:g} of its size"
        return ""


def _newton_units(curvatures: Vector, sizes: Vector) -> Vector:
    """What a Newton step measures variables in: where the Hessian's diagonal tells, units in which
    its elements are alike."""
    steep = curvatures * sizes**2
    largest = float(steep.max(initial=0.0))
    with np.errstate(all="ignore"):
        ratios = np.where(steep > 0, np.sqrt(largest / steep), 1.0)
    return sizes * np.clip(ratios, 1.0, 1e8)


@dataclass
class NewtonKkt:
    """A Newton step: the change, the same in parts of the variables' sizes, whether the Lagrangian
    curves up along the active constraints, whether the linear system was solved; and a way along
    which it curves down, if there is one."""

    change: Vector
    parts: Vector
    is_minimum: bool
    exact: bool
    way: Vector | None
