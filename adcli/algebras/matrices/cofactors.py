"""The derivatives of a determinant, of any order, by elements of the matrix.

The gradient of det(A) is the matrix of cofactors, det(A) inv(A)' where there is an inverse. With
A = U S V it is det(U) det(V) U C V where C is diagonal, with the products of all other singular
values: right for matrices of any rank (Giles 2008 has the regular ones). The derivative along X is,
with E = U' X V' and p_ij the product of the singular values but the i-th and the j-th,

    M_ij = -p_ij E_ji,   M_ii = sum over j != i of p_ij E_jj

in the place of C.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations, permutations
from types import ModuleType
from typing import Any

import numpy as np

from adcli.algebras.matrices.parts import Array, Triangles

WELL_DETERMINED = 0.01
"""Pivots that are at least this part of their terms: then the inverse has its digits."""


def along(
    by: ModuleType,
    factors: Triangles,
    inverse: Callable[[], Array | None],
    a: Array,
    directions: Sequence[Array],
) -> Array | None:
    """The gradient of det at a, or its derivative along directions, one after the other.

    None where it is not known: beyond the first direction at a singular matrix.
    """
    if len(a) <= 3:
        return _written_out(a, directions) + 0.0  # 0, not -0
    sizes = np.abs(factors.pivots)
    if not directions and (sizes > WELL_DETERMINED * factors.terms_of_pivots()).all():
        number, power = by.determinant(factors)
        found = inverse()
        return None if found is None else by.scaled(number * found.T, power)
    if len(directions) > 1:
        found = inverse()
        return None if found is None else _of_regular(by, factors, found, directions)
    return _by_singular_values(by, a, *directions)


def _written_out(a: Array, directions: Sequence[Array]) -> Array:
    """The cofactors of up to 3 rows, which are products of one or two elements each."""
    n, count = len(a), len(directions)
    if count >= n:
        return 0 * a
    if n == 1:
        return a**0
    if n == 2:
        (p, q), (r, s) = (a, *directions)[count]
        return np.array([[s, -r], [-q, p]])
    first, second = (a, a, *directions)[-2:]
    pairs = [(first, second), (second, first)] if count else [(a, a)]
    return sum(np.stack([_cross(x[i - 2], y[i - 1]) for i in range(3)]) for x, y in pairs)


def _cross(x: Array, y: Array) -> Array:
    after, before = [1, 2, 0], [2, 0, 1]
    return x[after] * y[before] - x[before] * y[after]


def _by_singular_values(by: ModuleType, a: Array, direction: Array | None = None) -> Array | None:
    """Rows and columns are scaled first, by powers of two: small elements keep their digits."""
    rows = by.powers_of_rows(a)
    a = by.scaled(a, rows[:, np.newaxis])
    columns = by.powers_of_rows(a.T)
    scales = rows[:, np.newaxis] + columns
    found = by.singular(by.scaled(a, columns))
    if found is None:
        return None
    u, s, v, sign = found
    if direction is None:
        middle = np.diag(_products_of_others(s))
    else:
        e = u.T @ by.scaled(direction, scales) @ v.T
        products = np.stack([_products_without(s, i) for i in range(len(s))])
        middle = -products * e.T
        np.fill_diagonal(middle, products @ e.diagonal())
    return by.scaled(sign * (u @ middle @ v), scales - scales.trace())


def _products_of_others(s: Array) -> Array:
    """At each place the product of the elements at all others."""
    before = np.concatenate([s[:1] ** 0, np.cumprod(s[:-1])])
    behind = np.concatenate([s[:1] ** 0, np.cumprod(s[:0:-1])])[::-1]
    return before * behind


def _products_without(s: Array, i: int) -> Array:
    """At each place the product of the elements at all others but the i-th; 0 at i."""
    others = s.copy()
    others[i] = s[i] ** 0
    products = _products_of_others(others)
    products[i] = 0 * s[i]
    return products


def _of_regular(
    by: ModuleType, factors: Triangles, inverse: Array, directions: Sequence[Array]
) -> Array:
    """The part of det(A + N) inv(A + N)' that is linear in each of several directions, of which N
    is the sum."""
    steps = [inverse @ x for x in directions]
    every = range(len(steps))
    total: Any = 0 * inverse
    for size in range(len(steps) + 1):
        for of_inverse in combinations(every, size):
            others = [k for k in every if k not in of_inverse]
            total = total + _determinants(steps, others) * _inverses(steps, of_inverse, inverse)
    number, power = by.determinant(factors)
    return by.scaled(number * total.T, power)


def _inverses(steps: list[Array], places: Sequence[int], inverse: Array) -> Array:
    """The part of inv(I + sum of steps) @ inverse that is linear in the steps at all places."""
    total = 0 * inverse
    for order in permutations(places):
        product = inverse
        for k in order:
            product = -(steps[k] @ product)
        total = total + product
    return total


def _determinants(steps: list[Array], places: list[int]) -> Any:
    """The part of det(I + sum of steps) that is linear in the steps at all places: the sum over
    their permutations of sign times the traces of the cycles' products."""
    if not places:
        return 1
    first, *rest = places
    total: Any = 0
    for size in range(len(rest) + 1):
        for cycle in permutations(rest, size):  # the cycle that the first place is in
            product = steps[first]
            for k in cycle:
                product = product @ steps[k]
            others = [k for k in rest if k not in cycle]
            total = total + (-1) ** size * product.trace() * _determinants(steps, others)
    return total
