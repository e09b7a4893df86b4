"""Triangles of matrices of many-digit numbers: NumPy's object arrays of mpmath numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from mpmath import mp, mpf

from adcli.algebras.matrices.parts import Array, Triangles, examined, with_fixed_signs

NAN, INFINITY = mpf("nan"), mpf("inf")
log: Any = np.frompyfunc(mp.log, 1, 1)


def epsilon() -> Any:
    """The relative spacing of numbers of the working precision."""
    return mp.eps


def is_finite(a: Array) -> bool:
    """Whether all elements are finite."""
    return all(mp.isfinite(x) for x in a.flat)


def factors(a: Array) -> Triangles:
    """The triangles of a matrix, by partial pivoting."""
    a, order, sign = a.copy(), np.arange(len(a)), 1
    for k in range(len(a)):
        best = k + int(np.argmax(np.abs(a[k:, k])))
        if best != k:
            a[[k, best]], order[[k, best]], sign = a[[best, k]], order[[best, k]], -sign
        if a[k, k] != 0:
            a[k + 1 :, k] = a[k + 1 :, k] / a[k, k]
            a[k + 1 :, k + 1 :] -= np.outer(a[k + 1 :, k], a[k, k + 1 :])
    return examined(a, order, sign, epsilon())


def determinant(found: Triangles) -> tuple[Any, int]:
    """The determinant, as a number and a power of two, which is none."""
    return found.sign * np.prod(found.pivots), 0


def scaled(x: Any, power: Any) -> Any:
    """x times a power of two."""
    return x * np.frompyfunc(lambda n: mpf(2) ** int(n), 1, 1)(power)


def powers_of_rows(a: Array) -> Array:
    """The exponents of two that bring the largest element of each row near 1."""
    largest = np.abs(a).max(axis=1)
    return np.array([-int(mp.frexp(x)[1]) if x else 0 for x in largest])


def _substituted(a: Array, b: Array, order: range, is_unit: bool) -> Array:
    """x with a @ x = b: a is the triangle in which `order` goes through the rows."""
    x = b.copy()
    for k in order:
        if not is_unit:
            x[k] = x[k] / a[k, k]
        rest = slice(k + 1, None) if order.step > 0 else slice(0, k)
        x[rest] -= np.outer(a[rest, k], x[k])
    return x


def solution(found: Triangles, b: Array, transposed: bool) -> Array:
    """x with a @ x = b, of a matrix b, or with the transpose of a."""
    rows, packed = range(len(b)), found.packed
    if not transposed:
        y = _substituted(packed, b[found.order], rows, is_unit=True)
        return _substituted(packed, y, rows[::-1], is_unit=False)
    y = _substituted(packed.T, b, rows, is_unit=False)
    x = np.empty_like(b)
    x[found.order] = _substituted(packed.T, y, rows[::-1], is_unit=True)
    return x


def inverse(found: Triangles) -> Array:
    """The inverse of a regular matrix."""
    n = len(found.packed)
    unit = np.array([[mpf(i == j) for j in range(n)] for i in range(n)], dtype=object)
    return solution(found, unit, transposed=False)


def lower_solution(a: Array, b: Array, transposed: bool) -> Array | None:
    """x with L @ x = b, L the lower triangle of a, or its transpose; None if it is singular."""
    if not a.diagonal().all():
        return None
    rows = range(len(a))
    if transposed:
        return _substituted(a.T, b, rows[::-1], is_unit=False)
    return _substituted(a, b, rows, is_unit=False)


def cholesky(a: Array) -> tuple[Array, int | None]:
    """The lower triangle of a symmetric matrix, and the first pivot that is not positive."""
    a, found = a.copy(), a * 0
    for k in range(len(a)):
        if not a[k, k] > 0:
            return found, k
        found[k:, k] = a[k:, k] / mp.sqrt(a[k, k])
        a[k + 1 :, k + 1 :] -= np.outer(found[k + 1 :, k], found[k + 1 :, k])
    return found, None


def eigen(a: Array) -> tuple[Array, Array]:
    """The eigenvalues of a symmetric matrix, rising, and its eigenvectors."""
    values, vectors = mp.eigsy(mp.matrix(a.tolist()))
    found = np.array(list(values), dtype=object)
    order = sorted(range(len(found)), key=found.__getitem__)
    return found[order], with_fixed_signs(_array(vectors)[:, order])


def singular(a: Array) -> tuple[Array, Array, Array, int]:
    """u, s, v and the sign of det(u) det(v) with a = u @ diag(s) @ v."""
    u, s, v = mp.svd_r(mp.matrix(a.tolist()))
    u, v = _array(u), _array(v)
    both = determinant(factors(u))[0] * determinant(factors(v))[0]
    return u, np.array(list(s), dtype=object), v, 1 if both > 0 else -1


def _array(matrix: Any) -> Array:
    return np.array(matrix.tolist(), dtype=object)
