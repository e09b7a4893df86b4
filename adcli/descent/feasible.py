"""From a point where constraints are violated to one where they hold, if there is one near."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcli.descent.kkt import KktPoint, Measures
from adcli.descent.rules import Vector

EVALUATIONS = 300


def restored(measures: Measures, place: KktPoint, seed: int) -> KktPoint:
    """The place where the squares of the violations, in parts of the constraints' terms at the
    start, have the least sum, from `place` on; from beside it for another `seed` than 0."""
    from scipy.optimize import least_squares

    m, p = measures, measures.problem
    equations = m.constraints.is_equation
    widths = m.units
    start = place.point
    if seed:
        noise = np.random.default_rng(seed).normal(size=p.size)
        start = p.project(start + 0.3 * seed * place.sizes * noise)
    if not m.place(start).is_finite:
        start = place.point

    def violations(z: Vector) -> Vector:
        c = m.place(z * place.sizes).residuals
        return np.nan_to_num(np.where(equations, c, np.minimum(c, 0.0)) * widths, nan=1e100)

    def slopes(z: Vector) -> Any:
        at = m.place(z * place.sizes)
        on = equations | (at.residuals < 0)
        return np.nan_to_num(at.jacobian * place.sizes * (widths * on)[:, None])

    room = (m.upper - m.lower) > 0
    low, high = m.lower / place.sizes, m.upper / place.sizes
    low, high = np.where(room, low, low - 1e-12), np.where(room, high, high + 1e-12)
    first = np.clip(start / place.sizes, low, high)
    with np.errstate(all="ignore"):
        found = least_squares(
            violations, first, slopes, bounds=(low, high), method="trf",
            ftol=None, xtol=1e-15, gtol=1e-15, max_nfev=EVALUATIONS,
        )  # fmt: skip
    ended = m.place(found.x * place.sizes)
    return ended if m.excess(ended) < m.excess(place) else place
