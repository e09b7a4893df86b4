"""The sums of powers that polygamma is made of, and floats where they leave the range.

`m` is the namespace of floats or arrays, as in `adcli.algebras.special.gammas`.
DLMF: https://dlmf.nist.gov
"""

from __future__ import annotations

import math
from math import copysign, fabs, inf, nan

from adcli.algebras.special.coefficients import EULER_MACLAURIN
from adcli.algebras.special.ieee import exp, power, round
from adcli.algebras.special.pairs import two_sum

TYPE_CHECKING = False  # `typing` itself is not loaded by a bare interpreter
if TYPE_CHECKING:
    from typing import Any


def hurwitz(m: Any, s: float, x: Any, first: float) -> tuple[Any, Any]:
    """The sum of (x + k)^-s over k >= first (Euler-Maclaurin, DLMF 25.11.28), as a pair."""
    total, lost = 0.0, 0.0
    shift = first
    high, low = two_sum(x, shift)
    active = high < 12.0 + s
    while m.somewhere(active):
        term = m.moved(active, m.power(high, -s), 0.0)
        total, error = two_sum(total, term)
        lost = lost + (error - term * (s * (low / high)))
        shift = m.moved(active, shift + 1.0, shift)
        high, low = two_sum(x, shift)
        active = high < 12.0 + s
    term = m.power(high, -s) * (1.0 - s * (low / high))
    rising = s * term / high
    inverse = 1.0 / (high * high)
    tail = 0.5 * term - low * term
    for j, coefficient in enumerate(EULER_MACLAURIN):
        tail = tail + coefficient * rising
        rising = rising * ((s + 2.0 * j + 1.0) * (s + 2.0 * j + 2.0) * inverse)
    total, error = two_sum(total, term * high / (s - 1.0))
    return total, lost + (error + tail)


def polygamma_of_large_order(n: float, x: float) -> float:
    """polygamma(n, x) for n = 1, 2, ... where the sum of its terms is out of reach.

    Its size comes from the logarithm; for huge x it is (n - 1)! / x^n (DLMF 5.15.8).
    """
    odd = n % 2.0 == 1.0
    if x > 1e8 * n:
        value = _at_large(n, x)
        return value if odd else -value
    if x == 0.0:
        return inf if odd else copysign(inf, -x)
    if not x > -inf:
        return nan
    if x < 0.0 and x == round(x):
        return inf if odd else nan
    return _from_logarithm(n, x)


def _at_large(n: float, x: float) -> float:
    """(n - 1)! / x^n with one more term, for x > 1e8 n."""
    fraction, exponent = math.frexp(x)
    if n < 170.0 and n * exponent < 2000.0:
        value = math.gamma(n) * math.pow(fraction, -n) * (1.0 + 0.5 * n / x)
        return math.ldexp(value, -int(n) * exponent)
    return exp(math.lgamma(n) - n * math.log(x)) if x < inf else 0.0


def _from_logarithm(n: float, x: float) -> float:
    """polygamma(n, x), x not a pole: n! |m|^-s times the sum of (m / (x + k))^s.

    m is the x + k >= x of least size and s = n + 1. The terms fall off on both sides of it, or,
    from m = 12 + s on, add up to the Euler-Maclaurin formula (DLMF 25.11.28).
    """
    s = n + 1.0
    least = x if x > 0.0 else x - round(x)
    if n > 1e15:  # neither a power nor a step of 1 has a digit left: only the range is known
        value = exp(s * (math.log(s) - 1.0 - math.log(fabs(least))))
        return value if n % 2.0 == 1.0 or x < 0.0 else -value
    terms = [1.0]
    for step in (1.0, -1.0):
        k = step
        while x <= least + k < 12.0 + s and (term := power(least / (least + k), s)):
            terms.append(term)
            if fabs(term) < 1e-18:
                break
            k += step
        else:
            if step > 0.0:
                terms += _tail(s, least + k, power(least / (least + k), s))
    side = -1.0 if n % 2.0 == 0.0 and least > 0.0 else 1.0
    value = exp(math.lgamma(s) - s * math.log(fabs(least)))
    return side * (value * math.fsum(terms) if value > 0.0 else 0.0)


def _tail(s: float, x: float, term: float) -> list[float]:
    """The Euler-Maclaurin terms from x on, times term x^s."""
    terms = [term * x / (s - 1.0), 0.5 * term]
    rising = s * term / x
    for j, coefficient in enumerate(EULER_MACLAURIN):
        terms.append(coefficient * rising)
        rising *= (s + 2.0 * j + 1.0) / x * ((s + 2.0 * j + 2.0) / x)
    return terms
