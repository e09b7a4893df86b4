"""Triangles of float64 matrices by LAPACK.

LAPACK reads columns and NumPy writes rows: what lies in memory is the transpose. Where rounding is
the same for both, that is what is factored, so that nothing is copied in another order.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.linalg import lapack

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


def factors(a: Array) -> Triangles:
    """The triangles of a matrix, by partial pivoting.

    Not of its transpose: errors are relative to the largest element of a column, and the rows of
    equations have different units more often than the unknowns.
    """
    with alone(len(a)):
        packed, order, _ = lapack.dgetrf(a)
    swaps = int(np.count_nonzero(order != np.arange(len(order))))
    return examined(packed, order, -1 if swaps % 2 else 1, epsilon())


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
        x, _ = lapack.dgetrs(found.packed, found.order, b, trans=1 if transposed else 0)
    return x


def inverse(found: Triangles) -> Array:
    """The inverse of a regular matrix.

    By solving for the unit matrix: more multiplications than LAPACK's dgetri takes, but all of them
    in two steps whose columns threads share, where dgetri has its threads meet many times.
    """
    unit = np.eye(len(found.packed)).T
    with alone(2 * len(unit)):
        x, _ = lapack.dgetrs(found.packed, found.order, unit, trans=0, overwrite_b=1)
    return x


def lower_solution(a: Array, b: Array, transposed: bool) -> Array | None:
    """x with L @ x = b, L the lower triangle of a, or its transpose; None if it is singular."""
    with alone(max(b.shape)):
        x, info = lapack.dtrtrs(a.T, b, lower=0, trans=0 if transposed else 1)
    return None if info else x


def cholesky(a: Array) -> tuple[Array, int | None]:
    """The lower triangle of a symmetric matrix, and the first pivot that is not positive."""
    with alone(len(a)):
        upper, info = lapack.dpotrf(a.T, lower=0, clean=1)
    return upper.T, info - 1 if info else None


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
