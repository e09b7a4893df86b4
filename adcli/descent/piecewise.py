"""Minimisation at kinks: linear programs find which pieces meet, Newton steps follow them.

Around a point a function of smooth pieces is close to a piecewise linear one, whose minimum within
a trust region is a linear program. Its solution tells which alternatives tie at the minimum, and
its multipliers weigh their gradients; along the ties the function is smooth, and a Newton step
leads to its minimum there. A point is a minimum, as far as first derivatives tell, where weights
balance the gradients of the alternatives that tie: 0 is then a subgradient.
Source: Fletcher & Sainz de la Maza, Mathematical Programming 43 (1989) 235; Byrd, Gould, Nocedal &
Waltz, Mathematical Programming 100 (2004) 27.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from adcli.descent.linear_program import solve
from adcli.descent.local_model import LocalModel, model_at
from adcli.descent.monitor import Monitor
from adcli.descent.nearby import falls_nearby
from adcli.descent.pieces import Pieces
from adcli.descent.rules import Vector
from adcli.descent.stopping import Iterate, Outcome, Status
from adcli.errors import AdcliError

NEAR = 1e-3
"""The first trust region of a variable that is about 0: this part of the way on which its slope
would take the whole value away."""

FEW_ROWS = 4_000
"""Alternatives up to which the first trust region is as large as the variables: the time of a
linear program grows faster than its rows."""

SLACK = 64 * 2.0**-52
"""Values that differ by this part of them may differ by rounding."""

WIDEST = 1e12
"""The trust region at most, in sizes of the variables."""

STEPS = 200
"""Linear programs at most."""

DENSE = 1000
"""Variables up to which Newton steps are taken."""

CORRECTIONS = 4
"""Newton steps at most, until one is lower than where the first began."""

PARTS = tuple([2.0**-k for k in range(1, 11)])
"""Parts of a Newton step that are tried where the whole one is no lower."""

BALANCED = 1e-9
"""Weights balance gradients where they leave this part of the terms that cancel, or less."""

TIED = 1e-9
"""Alternatives tie if they differ by no more than this part of their size."""


class Piecewise:
    """The end of a descent that has come to a kink."""

    def __init__(self, monitor: Monitor) -> None:
        self.monitor, self.problem = monitor, monitor.problem
        self.pieces = Pieces(self.problem)

    def run(self, it: Iterate) -> Outcome | None:
        """Go on from an iterate; None where nothing is gained, or parts are not finite."""
        if not self.pieces.is_small:
            return None
        try:
            with np.errstate(all="ignore"):
                return self._run(it)
        except AdcliError:  # an alternative that is not taken has no value
            return None

    def _run(self, it: Iterate) -> Outcome | None:
        m = self.monitor
        slope = float(np.abs(it.gradient).max(initial=0.0))
        near = NEAR * abs(it.value) / slope if slope > 0 else 0.0  # for variables about 0
        units = np.maximum(self.sizes(it), near)
        rows = sum(kink.rows for kink in self.pieces.kinks)
        radius, moved = (1.0 if rows <= FEW_ROWS else NEAR), False
        for _ in range(STEPS):
            model = model_at(self.pieces, it.point)
            if model is None:
                return None
            solved = solve(self.problem, model, it.point, radius * units)
            if solved is None:
                radius /= 4.0
                continue
            change, gain, weights = solved
            evidence = self.evidence(model, it, weights)
            if evidence:
                step = self.newton(model, it, weights)
                last = None if step is None else self._trial(it, it.point + step)
                ended = None if last is None else m.see(last)
                return ended or Outcome(Status.CONVERGED, evidence)
            better = self.better(model, it, change, weights)
            if better is None:
                closed = self.closed(model, it, weights)
                if closed is not None:
                    return closed
            else:
                actual = it.value - better.value
                moved = True
                outcome = m.see(better)
                if outcome is not None:
                    return outcome
                radius = min(WIDEST, radius * (4.0 if actual > 0.5 * gain else 1.0))
                it = better
                units = np.maximum(units, self.sizes(it))
                if actual > 0.1 * gain:
                    continue
            radius /= 4.0
            if radius < 1e-13:
                break
        return Outcome(Status.STALLED, "linear programs lower the value no more") if moved else None

    def sizes(self, it: Iterate) -> Vector:
        """How large the variables are, at the start or now."""
        sizes = self.monitor.stationarity.sizes(it)
        return np.where(sizes > 0, sizes, 1.0)

    # ---- along the ties ----

    def named(self, weights: Vector) -> dict[str, Any]:
        """The weights of rows as the values of the blended function's variables."""
        found: dict[str, Any] = {}
        place = 0
        for k, kink in enumerate(self.pieces.kinks):
            for a in range(len(kink.alternatives)):
                shape = kink.row_shape
                size = math.prod(shape)
                part = weights[place : place + size].reshape(shape)
                found[f"weight {a} of kink {k}"] = part if shape else float(part)
                place += size
        return found

    def ties(self, model: LocalModel, weights: Vector) -> tuple[Any, Vector]:
        """The gradients (ties, n) of the differences of alternatives that tie, by the Jacobian of
        the outputs under the weights, and these differences."""
        n, total = self.problem.size, len(model.outputs)
        jacobian = model.jacobian
        if len(model.inner.data):
            outputs = np.zeros((total, n))
            rows_of = np.argsort(model.owner, kind="stable")
            ends = np.searchsorted(model.owner[rows_of], np.arange(total + 1))
            whole = np.array(jacobian)
            for e in range(total):
                rows = rows_of[ends[e] : ends[e + 1]]
                whole[rows] += model.inner[rows] @ outputs
                outputs[e] = weights[rows] @ whole[rows]
            jacobian = whole
        used = np.flatnonzero(weights > 1e-10)
        order = used[np.argsort(model.owner[used], kind="stable")]
        same = np.flatnonzero(model.owner[order][1:] == model.owner[order][:-1])
        one, other = order[same], order[same + 1]
        return jacobian[other] - jacobian[one], model.values[other] - model.values[one]

    def better(
        self, model: LocalModel, it: Iterate, change: Vector, weights: Vector
    ) -> Iterate | None:
        """The best of Newton steps along the ties and of the linear program's step, if it is lower.

        A Newton step may leave curved ties, and so be higher than where it began; those that follow
        come back to them (a second-order correction: Nocedal & Wright, 2nd ed., 15.6).
        """
        p, m = self.problem, self.monitor
        best = self._trial(it, it.point + change)
        at, here = it, model
        for _ in range(CORRECTIONS):
            step = self.newton(here, at, weights)
            if step is None or not np.isfinite(step).all():
                break
            point = p.project(at.point + step)
            found = self._trial(it, point)
            if found is not None and (best is None or found.value < best.value):
                return found
            following = model_at(self.pieces, point)
            if following is None:
                break
            value, gradient = m.trial(point)
            at, here = it._replace(point=point, value=value, gradient=gradient), following
        return self._part_way(model, it, weights, best)

    def _part_way(
        self, model: LocalModel, it: Iterate, weights: Vector, best: Iterate | None
    ) -> Iterate | None:
        """The best of parts of the Newton step, up to which it crosses no kink, and of `best`."""
        step = self.newton(model, it, weights)
        if step is None or not np.isfinite(step).all():
            return best
        for length in PARTS:
            found = self._trial(it, it.point + length * step)
            if found is not None and (best is None or found.value < best.value):
                best = found
        return best

    def closed(self, model: LocalModel, it: Iterate, weights: Vector) -> Outcome | None:
        """The outcome where a Newton step ends at a minimum whose value rounding hides; or None."""
        step = self.newton(model, it, weights)
        if step is None or not np.isfinite(step).all():
            return None
        point = self.problem.project(it.point + step)
        value, gradient = self.monitor.trial(point)
        if not (point != it.point).any() or not value - it.value <= SLACK * abs(it.value):
            return None
        last = self.monitor.iterate(it.iteration + 1, point, value, gradient, (it.value, it.point))
        here = model_at(self.pieces, point)
        solved = None if here is None else solve(self.problem, here, point, 1e-3 * self.sizes(last))
        if here is None or solved is None:
            return None
        evidence = self.evidence(here, last, solved[2])
        if not evidence:
            return None
        return self.monitor.see(last) or Outcome(Status.CONVERGED, evidence)

    def _trial(self, it: Iterate, point: Vector) -> Iterate | None:
        """The iterate at a point, if it is lower than `it`."""
        point = self.problem.project(point)
        if not np.isfinite(point).all() or not (point != it.point).any():
            return None
        value, gradient = self.monitor.trial(point)
        if not value < it.value:
            return None
        before = it.value, it.point
        return self.monitor.iterate(it.iteration + 1, point, value, gradient, before)

    def newton(self, model: LocalModel, it: Iterate, weights: Vector) -> Vector | None:
        """The step to the minimum of the quadratic model along the ties; None without one."""
        p = self.problem
        n = p.size
        if n > DENSE:
            return None
        normals, gaps = self.ties(model, weights)
        blended = self.pieces.blended
        blended.weigh(self.named(weights))
        _, slope = blended.value_and_slope(it.point)
        free = np.ones(n, dtype=bool)
        if p.lower is not None and p.upper is not None:
            held = (it.point <= p.lower) & (slope > 0) | (it.point >= p.upper) & (slope < 0)
            free = ~held
        places = np.flatnonzero(free)
        if not len(places) or not np.isfinite(slope).all():
            return None
        units = np.where(it.point != 0, np.abs(it.point), 1.0)[places]
        normals = normals[:, places] * units
        lengths = np.sqrt((normals**2).sum(axis=1))
        used = lengths > 0
        normals, gaps = normals[used] / lengths[used, None], gaps[used] / lengths[used]
        rank, along, rest = 0, np.zeros(len(places)), np.eye(len(places))
        if len(normals):
            left, singular, right = np.linalg.svd(normals, full_matrices=True)
            rank = int((singular > 1e-11 * singular[0]).sum())
            along = right[:rank].T @ ((left.T @ -gaps)[:rank] / singular[:rank])
            rest = right[rank:].T
        inner = np.zeros(len(places))
        if rest.shape[1]:
            bends = np.zeros((rest.shape[1], len(places)))
            for k, way in enumerate(rest.T):
                full = np.zeros(n)
                full[places] = units * way
                bends[k] = blended.curvature(it.point, full)[places] * units
            reduced = bends @ rest
            reduced = (reduced + reduced.T) / 2
            goal = -(rest.T @ (slope[places] * units)) - bends @ along
            if not np.isfinite(reduced).all() or not np.isfinite(goal).all():
                return None
            curvatures, ways = np.linalg.eigh(reduced)
            steep = np.abs(curvatures)
            steep = np.maximum(steep, 1e-12 * steep.max(initial=0.0))
            if not steep.max(initial=0.0) > 0:
                return self._spread(places, units * along, n)
            inner = rest @ (ways @ ((ways.T @ goal) / steep))
        return self._spread(places, units * (along + inner), n)

    def _spread(self, places: Any, step: Vector, n: int) -> Vector:
        found = np.zeros(n)
        found[places] = step
        return found

    # ---- the certificate ----

    def evidence(self, model: LocalModel, it: Iterate, weights: Vector) -> str:
        """Why a point is a minimum: weighted gradients of the alternatives that tie balance; "" if
        they do not."""
        used = weights > 1e-10
        sizes = np.zeros(len(model.outputs))
        terms = np.maximum(np.abs(model.values), np.abs(model.jacobian) @ self.sizes(it))
        np.maximum.at(sizes, model.owner, terms)
        gaps = np.abs(model.values - model.outputs[model.owner])
        if (gaps > TIED * sizes[model.owner])[used].any():
            return ""
        blended = self.pieces.blended
        blended.weigh(self.named(weights))
        _, slope = blended.value_and_slope(it.point)
        free = self.problem.free_gradient(it.point, slope)
        several = np.bincount(model.owner[used], minlength=len(model.outputs)) > 1
        prices = np.abs(model.prices(weights)[model.owner]) * weights
        terms = np.abs(model.slope) + prices @ np.abs(model.jacobian)
        units = self.sizes(it)
        largest = float((terms * units).max(initial=0.0))
        left = float((np.abs(free) * units).max(initial=0.0))
        if not np.isfinite(left) or left > BALANCED * largest:
            return ""
        ties = int(several.sum())
        if falls_nearby(self.problem, it, self.monitor.stationarity, everywhere=True):
            return ""
        return (
            f"0 is a subgradient: weights balance the gradients on the sides of {ties:,} "
            f"kink{'s' * (ties != 1)} that meet here"
        )


def finish_at_kinks(monitor: Monitor, it: Iterate, outcome: Outcome) -> Outcome:
    """The outcome where a descent has stalled and its function has kinks: linear programs go on."""
    better = Piecewise(monitor).run(it)
    return outcome if better is None or better.status is Status.STALLED else better
