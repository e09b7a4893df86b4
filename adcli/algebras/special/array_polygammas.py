"""polygamma of arrays, by the methods of `adcli.algebras.special.polygammas`.

DLMF: https://dlmf.nist.gov
"""

from __future__ import annotations

import math
from math import inf, nan

import numpy as np
from numpy.typing import ArrayLike

from adcli.algebras.special.array_gammas import digamma
from adcli.algebras.special.array_pieces import Array, Pair, pieces, repair, split
from adcli.algebras.special.bits import exact_polygamma
from adcli.algebras.special.coefficients import EULER_MACLAURIN
from adcli.algebras.special.pairs import two_sum
from adcli.algebras.special.polygammas import polygamma as polygamma_of_number


def polygamma(n: ArrayLike, x: ArrayLike) -> Array:
    """The n-th derivative of digamma; method, limits and special values as in floats."""
    n, x = np.broadcast_arrays(np.asarray(n, dtype=np.float64), np.asarray(x, dtype=np.float64))
    result = np.full(x.shape, nan)
    for order in np.unique(n):
        mask = n == order
        result[mask] = _polygamma(float(order), x[mask])
    return result


def _polygamma(n: float, x: Array) -> Array:
    """polygamma for one order n."""
    if n == 0.0:
        return digamma(x)
    regular = (x < 1e8 * n) & (x > -inf) & (x != np.rint(x)) | (x > 0.0) & (x < 1e8 * n)
    regular &= ~(n * np.log2(np.abs(x)) > 900.0)
    if not (0.0 < n <= 100.0 and n % 1.0 == 0.0):
        regular = np.zeros_like(regular)
    return pieces(
        (x,),
        (regular & (x > 0.0), lambda x: _polygamma_positive(n, x)),
        (regular & (x < 0.0), lambda x: _polygamma_negative(n, x)),
        (~regular, lambda x: np.array([polygamma_of_number(n, one) for one in x.tolist()])),
    )


def _polygamma_positive(n: float, x: Array) -> Array:
    """polygamma(n, x) for 1 <= n <= 100, 0 < x < 1e8 n."""
    total, lost = _hurwitz(n + 1.0, x, 0)
    value = math.gamma(n + 1.0) * np.where(np.isinf(total), inf, total + lost)
    return value if n % 2.0 == 1.0 else -value


def _polygamma_negative(n: float, x: Array) -> Array:
    """polygamma(n, x) for 1 <= n <= 100, x < 0 no integer, by the sums in floats."""
    s = n + 1.0
    side = 1.0 if n % 2.0 == 1.0 else -1.0
    z = split(x)[1]
    first = np.power(z, -s)
    total, lost = first, np.zeros_like(z)
    for factor, argument in ((1.0, z), (side, -z), (-side, -x)):
        high, low = _hurwitz(s, argument, 1)
        total, error = two_sum(total, factor * high)
        lost = lost + (error + factor * low)
    total = np.where(np.isinf(first), first, total + lost)
    value = side * math.gamma(s) * total
    bad = np.abs(total) < 0.4 * np.abs(first)
    if side > 0.0:
        return value
    return repair(value, bad, lambda x: exact_polygamma(int(n), x), x)


def _hurwitz(s: float, x: Array, first: int) -> Pair:
    """The sum of (x + k)^-s over k >= first (Euler-Maclaurin, DLMF 25.11.28), compensated."""
    total, lost = np.zeros_like(x), np.zeros_like(x)
    limit = 12.0 + s
    shift = np.full_like(x, float(first))
    while True:
        high, low = two_sum(x, shift)
        active = high < limit
        if not active.any():
            break
        term = np.where(active, np.power(high, -s), 0.0)
        total, error = two_sum(total, term)
        lost += error - s * term * (low / high)
        shift = np.where(active, shift + 1.0, shift)
    term = np.power(high, -s) * (1.0 - s * (low / high))
    rising = s * term / high
    tail = 0.5 * term - low * term
    for j, coefficient in enumerate(EULER_MACLAURIN):
        tail += coefficient * rising
        rising = rising * ((s + 2.0 * j + 1.0) * (s + 2.0 * j + 2.0) / (high * high))
    total, error = two_sum(total, term * high / (s - 1.0))
    return total, lost + (error + tail)
