"""Columns of a matrix in units in which each has length 1, whatever their sizes.

A fit meets columns of a Jacobian between 1e-300 and 1e300: exp(-500*x) is one. Squares of such
numbers under- and overflow, lengths do not.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from adcli.errors import DomainError
from adcli.fitting.model import Vector


def lengths(matrix: Any) -> Vector:
    """The lengths of the columns of a matrix; those of length 0 and not finite as they are."""
    largest = np.max(np.abs(matrix), axis=0, initial=0.0)
    fine = (largest > 0) & np.isfinite(largest)
    unit = np.where(fine, largest, 1.0)
    found: Vector = unit * np.linalg.norm(matrix / unit, axis=0)
    return found


def of_length_one(matrix: Any) -> tuple[Any, Vector]:
    """The columns divided by their lengths, and these; a column of zeros keeps the unit 1."""
    found = lengths(matrix)
    units = np.where(found > 0, found, 1.0)
    return matrix / units, units


def singular_values(matrix: Any) -> tuple[Any, Vector, Any]:
    """The singular value decomposition, left vectors in columns, right ones in rows.

    Raises DomainError where LAPACK's does not converge, as for numbers that are not finite.
    """
    try:
        left, values, right = np.linalg.svd(matrix, full_matrices=False)
    except np.linalg.LinAlgError:
        raise DomainError(
            "the Jacobian of the fit has no singular value decomposition: it holds numbers that "
            "are not finite, or too large",
            "fit the data in other units, or start elsewhere",
        ) from None
    return left, values, right
