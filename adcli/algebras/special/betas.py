"""log B(x, y), differences of polygamma, and factors of beta densities: sums in which large terms
cancel are never formed.

`m` is the namespace of floats or arrays, as in `adcli.algebras.special.gammas`.
DLMF: https://dlmf.nist.gov
"""

from __future__ import annotations

from math import factorial

from adcli.algebras.special.coefficients import EULER_MACLAURIN, HALF_LOG_TAU
from adcli.algebras.special.gammas import stirling

TYPE_CHECKING = False  # `typing` itself is not loaded by a bare interpreter
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def lbeta(m: Any, x: Any, y: Any) -> Any:
    """log(gamma(x) gamma(y) / gamma(x + y)) for x, y > 0, inf where one is 0, else nan.

    Stirling's series (DLMF 5.11.1) stands for the gamma functions of 10 and more, whose largest
    terms are taken together: as log1p of the ratio, and as the logarithm of the smaller share.
    """
    small, large = m.minimum(x, y), m.maximum(x, y)
    ratio = m.divide(small, large)
    both = small + large
    of_small, of_large, of_both = (stirling(m.maximum(t, 10.0)) for t in (small, large, both))
    apart = m.lgamma(small) + (m.lgamma(large) - m.lgamma(both))
    steps = of_large - of_both - (large - 0.5) * m.log1p(ratio)
    one_large = m.lgamma(small) + (small - small * (m.log(large) + m.log1p(ratio)) + steps)
    share = (small - 0.5) * m.log(m.divide(ratio, 1.0 + ratio)) - large * m.log1p(ratio)
    corrections = of_small + (of_large - of_both)
    both_large = share + (HALF_LOG_TAU - 0.5 * m.log(large) + corrections)
    value = m.where(small >= 10.0, both_large, m.where(large >= 10.0, one_large, apart))
    value = m.where(small > 0.0, value, m.where(small == 0.0, m.inf, m.nan))
    return m.where(large == m.inf, m.where(small > 0.0, -m.inf, m.nan), value)


def polygammadiff(m: Any, n: Any, x: Any, y: Any) -> Any:
    """polygamma(n, x) - polygamma(n, x + y) for n = 0, 1 ... 170 and x > 0, y >= 0, else nan.

    (-1)^(n+1) n! times the sum of (x + k)^-s - (x + y + k)^-s over k >= 0, s = n + 1: no term is
    negative, and none is formed as a difference (Euler-Maclaurin, DLMF 2.10.1).
    """
    s = m.minimum(n, 171.0) + 1.0
    defined = (n >= 0.0) & (n <= 170.0) & (n == m.round(n)) & (x > 0.0) & (y >= 0.0)
    total, place = 0.0, m.where(defined, x, m.nan)
    active = place < 12.0 + s
    while m.somewhere(active):
        total = m.moved(active, total + _drop(m, s, place, y), total)
        place = m.moved(active, place + 1.0, place)
        active = place < 12.0 + s
    steps = m.log1p(m.divide(y, place))
    above = m.where(n > 0.0, n, 1.0)
    area = m.where(n > 0.0, m.divide(_drop(m, n, place, y), above), steps)
    tail = 0.5 * _drop(m, s, place, y)
    rising = s
    for j, coefficient in enumerate(EULER_MACLAURIN):
        tail = tail + coefficient * rising * _drop(m, s + 2.0 * j + 1.0, place, y)
        rising = rising * ((s + 2.0 * j + 1.0) * (s + 2.0 * j + 2.0))
    sign = m.where(m.mod(n, 2.0) == 1.0, 1.0, -1.0)
    value = sign * m.gamma(s) * (total + (area + tail))
    return m.where(defined, value + 0.0, m.nan)


def _drop(m: Any, s: Any, x: Any, y: Any) -> Any:
    """x^-s - (x + y)^-s."""
    return m.power(x, -s) * -m.expm1(-s * m.log1p(m.divide(y, x)))


def harmonic(a: Any, b: Any) -> Callable[[int, int], Any]:
    """a b/(a + b) and its derivatives, by their orders in a and in b: one term but for roots."""

    def derivative(i: int, j: int) -> Any:
        order, both = i + j, a + b
        if order == 0:
            return a * (b / both)
        if order == 1:
            share = (b if i else a) / both
            return share * share
        terms = 2 * i * j * a * b + j * (1 - j) * a * a + i * (1 - i) * b * b
        return (-1) ** order * factorial(order - 2) * terms / both ** (order + 1)

    return derivative


def fraction(a: Any, b: Any) -> Callable[[int, int], Any]:
    """b/(a + b) and its derivatives, by their orders in a and in b."""

    def derivative(i: int, j: int) -> Any:
        order, both = i + j, a + b
        if order == 0:
            return b / both
        return (-1) ** order * factorial(order - 1) * (i * b - j * a) / both ** (order + 1)

    return derivative
