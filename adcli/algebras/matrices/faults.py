"""Why a function of a matrix has no value, or no derivative, in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from adcli.algebras.matrices.over_points import Matrix, module_of, sign, symmetric, ties
from adcli.algebras.matrices.parts import Array

Show = Callable[[Any], str]
"""A number as messages have it."""


def value_fault(name: str, attr: Any, a: Array, show: Show) -> str | None:
    """What a function finds wrong with its matrix: `a 2x2 matrix that is singular: pivot 2 of 2 is
    0`; None if that is nothing. Pivots are counted from 1, in the order of elimination."""
    if np.ndim(a) != 2:  # of a function of vectors, as quantile is
        return None
    matrix, n = Matrix(module_of(a)), len(a)
    what = f"a {n}x{n} matrix"
    if not matrix.by.is_finite(a):
        return f"{what} with an element that is not finite"
    if name == "cholesky":
        pivot = _pivot_not_positive(matrix, symmetric(a), show)
        return pivot and f"{what} that is not positive definite: {pivot}"
    if name == "solve" and attr[0]:
        zeros = np.flatnonzero(a.diagonal() == 0)
        return f"{what} that is singular: pivot {zeros[0] + 1} of {n} is 0" if len(zeros) else None
    if name not in ("inv", "solve", "logdet"):
        return None
    found = matrix.factors(a)
    if found is None:
        return f"{what} with elements so large that its elimination is beyond float64's range"
    if found.vanished is not None:
        pivot = found.pivots[found.vanished]
        how = "singular" if pivot == 0 else "singular but for rounding"
        return f"{what} that is {how}: pivot {found.vanished + 1} of {n} is {show(pivot)}"
    if name == "logdet" and sign(found) < 0:
        pivot = _pivot_not_positive(matrix, symmetric(a), show) if (a == a.T).all() else None
        determinant = show(matrix.by.scaled(*matrix.by.determinant(found)))
        return f"{what} with the determinant {determinant}" + (f": {pivot}" if pivot else "")
    return None


def _pivot_not_positive(matrix: Matrix, a: Array, show: Show) -> str | None:
    """The first pivot of Cholesky's elimination that is not positive."""
    _, k = matrix.by.cholesky(a)
    if k is None:
        return None
    pivot = a[k, k]
    if k:
        above, _ = matrix.by.cholesky(a[:k, :k].copy())
        row = matrix.by.lower_solution(above, a[:k, k : k + 1].copy(), False)
        pivot = pivot - (row * row).sum()
    return f"pivot {k + 1} of {len(a)} is {show(pivot)}"


def derivative_fault(name: str, a: Array, show: Show) -> str | None:
    """Why there is no derivative: eigenvalues that are equal; None if it is something else.

    `a` is the matrix of which they are, or the vector of them."""
    n = len(a)
    if not name.startswith("eig") or not module_of(a).is_finite(a):
        return None
    if a.ndim == 2:
        eigen = Matrix(module_of(a)).eigen(a)
        if eigen is None:
            return None
        values, what = eigen[0], f"a {n}x{n} matrix with equal eigenvalues"
    else:
        values, what = a, f"{n} eigenvalues of which two are equal"
    tied = np.triu(ties(values), 1)
    if not tied.any():
        return None
    i, j = np.argwhere(tied)[0]
    return f"{what}: numbers {i + 1} and {j + 1} of {n} are {show(values[i])}"
