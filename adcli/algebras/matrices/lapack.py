"""Triangles of float64 matrices by LAPACK.

LAPACK reads columns and NumPy writes rows: what lies in memory is the transpose. Where rounding is
the same for both, that is what is factored, so that nothing is copied in another order.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.linalg import blas, lapack

from adcli.algebras.matrices.blas_threads import alone
from adcli.algebras.matrices.parts import Array, Triangles, examined, with_fixed_signs

NAN, INFINITY = math.nan, math.inf
log: Any = np.log


def epsilon() -> float:
    """The relative spacing of numbers."""
    return 2.0**-52


def is_finite(a: Array) -> bool:
    """Whether all elements are numbers in float64's range."""
    return bool(np.isfinite(a).all())


LARGE = 100
"""Rows from which a matrix is factored and inverted by the fewest multiplications; smaller ones as
one does it by hand."""


def factors(a: Array) -> Triangles:
    """The triangles of a matrix: Cholesky's of a large one that is symmetric and positive definite,
    which has half the multiplications; by partial pivoting otherwise.

    Not of its transpose: errors are relative to the largest element of a column, and the rows of
    equations have different units more often than the unknowns.
    """
    if len(a) >= LARGE and (a.diagonal() > 0).all() and is_symmetric(a):
        upper, failed = _upper_of_cholesky(a)
        found = None if failed else examined(upper, None, 1, epsilon())
        if found is not None and found.vanished is None:
            return found
    with alone(len(a)):
        packed, order, _ = lapack.dgetrf(a)
    swaps = int(np.count_nonzero(order != np.arange(len(order))))
    return examined(packed, order, -1 if swaps % 2 else 1, epsilon())


def is_symmetric(a: Array) -> bool:
    """Whether a matrix is symmetric to the bit; most that are not show it in the first row."""
    return bool((a[0] == a[:, 0]).all() and (a == a.T).all())


def determinant(found: Triangles) -> tuple[float, int]:
    """The determinant as a number and a power of two, which no product of pivots overflows."""
    number, power = float(found.sign), 0
    for pivot in found.pivots.tolist():
        number, more = math.frexp(number * pivot)
        power += more
    return number + 0.0, power  # 0, not -0


def scaled(x: Any, power: Any) -> Any:
    """x times a power of two."""
    return np.ldexp(x, power)


def powers_of_rows(a: Array) -> Array:
    """The exponents of two that bring the largest element of each row near 1."""
    largest = np.abs(a).max(axis=1)
    return np.where(largest > 0, -np.frexp(largest)[1], 0)


def solution(found: Triangles, b: Array, transposed: bool) -> Array:
    """x with a @ x = b, of a matrix b, or with the transpose of a."""
    with alone(max(b.shape)):
        if found.order is None:
            x, _ = lapack.dpotrs(found.packed, b)
        else:
            x, _ = lapack.dgetrs(found.packed, found.order, b, trans=1 if transposed else 0)
    return x


def inverse(found: Triangles) -> Array:
    """The inverse of a regular matrix."""
    n = len(found.packed)
    if found.order is None:
        return _inverse_of_cholesky(found.packed)
    if n >= LARGE:
        return _inverse_of_large(found.packed, found.order)
    x, _ = lapack.dgetrs(found.packed, found.order, np.eye(n).T, trans=0, overwrite_b=1)
    return x


def _inverse_of_cholesky(upper: Array) -> Array:
    """LAPACK fills one triangle, and leaves the zeros in the other."""
    with alone(len(upper)):
        half, _ = lapack.dpotri(upper, lower=0)
    x = half + half.T
    np.fill_diagonal(x, half.diagonal())
    return x


def _inverse_of_large(packed: Array, order: Array) -> Array:
    """inv(U) inv(L), the columns exchanged: LAPACK's dgetri, but that its second half is one step,
    whose rows threads share; those of dgetri meet many times."""
    n = len(packed)
    with alone(n):
        upper, _ = lapack.dtrtri(packed)
    for k in range(n):
        upper[k + 1 :, k] = 0.0
    with alone(2 * n):
        y = blas.dtrsm(1.0, packed, upper, side=1, lower=1, diag=1, overwrite_b=1)
    columns = np.arange(n)
    for i, j in enumerate(order.tolist()):
        columns[i], columns[j] = columns[j], columns[i]
    x = np.empty((n, n))
    x[columns] = y.T
    return x.T


def lower_solution(a: Array, b: Array, transposed: bool) -> Array | None:
    """x with L @ x = b, L the lower triangle of a, or its transpose; None if it is singular."""
    with alone(max(b.shape)):
        x, info = lapack.dtrtrs(a.T, b, lower=0, trans=0 if transposed else 1)
    return None if info else x


def cholesky(a: Array) -> tuple[Array, int | None]:
    """The lower triangle of a symmetric matrix, and the first pivot that is not positive."""
    upper, failed = _upper_of_cholesky(a)
    return upper.T, failed - 1 if failed else None


def _upper_of_cholesky(a: Array) -> tuple[Array, int]:
    """The upper triangle, and the number of the first pivot that is not positive, or 0."""
    with alone(len(a)):
        upper, failed = lapack.dpotrf(a.T, lower=0, clean=1)
    return upper, failed


def eigen(a: Array) -> tuple[Array, Array] | None:
    """The eigenvalues of a symmetric matrix, rising, and its eigenvectors; None if LAPACK finds
    none."""
    try:
        values, vectors = np.linalg.eigh(a)
    except np.linalg.LinAlgError:
        return None
    return values, with_fixed_signs(vectors)


def singular(a: Array) -> tuple[Array, Array, Array, int] | None:
    """u, s, v and the sign of det(u) det(v) with a = u @ diag(s) @ v; None if LAPACK finds none."""
    try:
        u, s, v = np.linalg.svd(a)
    except np.linalg.LinAlgError:
        return None
    return u, s, v, 1 if np.linalg.det(u) * np.linalg.det(v) > 0 else -1
