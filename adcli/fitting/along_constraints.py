"""Standard errors under constraints that are active: those of the directions along them.

With Z a basis of what the gradients of the active constraints leave free, the covariance is
s^2 Z (Z'J'J Z)^-1 Z'. Source: Seber & Wild, Nonlinear Regression (1989), appendix E.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from adcli.fitting.model import Vector
from adcli.fitting.statistics import HELD, Uncertainty, uncertainty

FIXED = 1e-10
"""A parameter that directions along the constraints move by less than this part is held."""


@dataclass(frozen=True)
class ActiveConstraints:
    """What constraints mean for a fit: their `multipliers` by text, how fast the least sum of
    squares changes as the right side grows; the texts of those that are `active`, and their
    gradients `normals` (active, parameters); what is `violated`, and by how much."""

    multipliers: dict[str, Any] = field(default_factory=dict)
    active: tuple[str, ...] = ()
    normals: Any = None
    violated: dict[str, float] = field(default_factory=dict)


def uncertainty_along(
    triangle: Any,
    normals: Any,
    given: Mapping[int, str],
    variance: float,
    labels: list[str],
    unknown: str | None,
) -> Uncertainty:
    """The uncertainty of parameters where constraints with these gradients are active; see
    adcli.fitting.statistics.uncertainty. Parameters are measured by their columns' lengths."""
    size = len(labels)
    free = np.array([k for k in range(size) if k not in given], dtype=int)
    lengths = np.sqrt((triangle[:, free] ** 2).sum(axis=0))
    units = 1.0 / np.where(lengths > 0, lengths, 1.0)
    scaled = normals[:, free] * units
    _, singular, right = np.linalg.svd(scaled, full_matrices=True)
    rank = int((singular > 1e-12 * singular.max(initial=0.0)).sum())
    basis = right[rank:].T
    names = [f"direction {k}" for k in range(basis.shape[1])]
    inner = uncertainty((triangle[:, free] * units) @ basis, {}, variance, names, unknown)
    errors: Vector = np.full(size, np.nan)
    correlation, reasons = np.full((size, size), np.nan), dict(given)
    if unknown is not None or inner.loose:
        told = unknown or "the data do not determine it along the active constraints"
        reasons |= {int(k): told for k in free if int(k) not in reasons}
        return Uncertainty(errors, correlation, np.full(size, np.nan), reasons, ())
    factor = (units[:, None] * basis) @ inner.covariance @ (units[:, None] * basis).T
    found = np.sqrt(np.maximum(np.diag(factor), 0.0))
    moved = np.abs(basis).max(axis=1, initial=0.0) > FIXED
    for place, k in enumerate(free):
        if moved[place]:
            errors[k] = found[place]
        else:
            reasons[int(k)] = HELD
    with np.errstate(all="ignore"):
        part = factor / np.outer(found, found)
    places = free[moved]
    correlation[np.ix_(places, places)] = part[np.ix_(moved, moved)]
    correlation[places, places] = 1.0
    return Uncertainty(errors, correlation, np.full(size, np.nan), reasons, ())
