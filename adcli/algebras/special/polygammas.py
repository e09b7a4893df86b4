"""polygamma of floats; `adcli.algebras.functions.float_functions` loads it when it is first used.

DLMF: https://dlmf.nist.gov
"""

from __future__ import annotations

import math
from math import copysign, fabs, inf, nan

from adcli.algebras.special.bits import exact_polygamma
from adcli.algebras.special.coefficients import EULER_MACLAURIN
from adcli.algebras.special.gammas import digamma, lgamma, split
from adcli.algebras.special.ieee import exp, power, round
from adcli.algebras.special.pairs import two_sum


def polygamma(n: float, x: float) -> float:
    """The n-th derivative of digamma; nan unless n is 0, 1, 2 ...

    (-1)^(n+1) n! times the sum of 1 / (x + k)^(n+1) over k >= 0 (DLMF 5.15.1). For x = m + z < 0
    the finite part of the sum becomes a difference of two positive ones; where it cancels (n even,
    near a root) the integers take over. At 0 and the negative integers: inf for odd n, nan for
    even n but at 0, where it is the infinity of that side. Within 4 ulp for n <= 100; beyond, or
    for x^-n below 1e-270, the value comes from its logarithm L with a relative error of about
    |L| 1e-16 (measured: 2e3 ulp at n = 200), and more near a root on the negative axis.
    """
    if not (0.0 <= n < inf and n == round(n)):
        return nan
    if n == 0.0:
        return digamma(x)
    if x != x:
        return nan
    odd = n % 2.0 == 1.0
    if x > 0.0:
        value = _polygamma_positive(n, x)
        return value if odd else -value
    if x == 0.0:
        return inf if odd else copysign(inf, -x)
    if x == -inf:
        return nan
    z = split(x)[1]
    if z == 0.0:
        return inf if odd else nan
    if n > 100.0:
        return _polygamma_large_order(n, x)
    return _polygamma_negative(n, x, z, odd)


def _polygamma_positive(n: float, x: float) -> float:
    """|polygamma(n, x)| for n >= 1, x > 0."""
    if x > 1e8 * n:
        fraction, exponent = math.frexp(x)
        if n < 170.0 and n * exponent < 2000.0:
            value = math.gamma(n) * math.pow(fraction, -n) * (1.0 + 0.5 * n / x)
            return math.ldexp(value, -int(n) * exponent)
        return exp(lgamma(n) - n * math.log(x)) if x < inf else 0.0
    if n > 100.0 or n * math.log2(x) > 900.0:
        return fabs(_polygamma_large_order(n, x))
    return math.gamma(n + 1.0) * math.fsum(_hurwitz_terms(n + 1.0, x, 0.0))


def _polygamma_large_order(n: float, x: float) -> float:
    """polygamma(n, x) for n > 100, x not a pole: n! |m|^-s times the sum of (m / (x + k))^s.

    m is the x + k >= x of least size and s = n + 1. The terms fall off on both sides of it, or,
    from m = 12 + s on, add up to the Euler-Maclaurin formula (DLMF 25.11.28).
    """
    s = n + 1.0
    least = x if x > 0.0 else split(x)[1]
    if n > 1e15:  # neither a power nor a step of 1 has a digit left: only the range is known
        return exp(s * (math.log(s) - 1.0 - math.log(fabs(least))))
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
                end = least + k
                term = power(least / end, s)
                terms += [term * end / n, 0.5 * term, *_tail_terms(s, end, term)]
    side = -1.0 if n % 2.0 == 0.0 and least > 0.0 else 1.0
    value = exp(lgamma(s) - s * math.log(fabs(least)))
    return side * value * math.fsum(terms) if value > 0.0 else 0.0


def _polygamma_negative(n: float, x: float, z: float, odd: bool) -> float:
    """polygamma(n, x) for n >= 1 and x = m + z < 0, m an integer, |z| <= 1/2.

    The sum of 1 / (x + k)^s over k >= 0, s = n + 1, is
    z^-s + zeta(s, 1 + z) + (-1)^s (zeta(s, 1 - z) - zeta(s, 1 - x)).
    """
    s = n + 1.0
    side = 1.0 if odd else -1.0
    terms = [power(z, -s)]
    terms += _hurwitz_terms(s, z, 1.0)
    terms += [side * term for term in _hurwitz_terms(s, -z, 1.0)]
    terms += [-side * term for term in _hurwitz_terms(s, -x, 1.0)]
    if fabs(terms[0]) == inf:
        return terms[0] * side
    total = math.fsum(terms)
    if not odd and fabs(total) < 0.4 * fabs(terms[0]):
        return exact_polygamma(int(n), x)
    return side * math.gamma(s) * total


def _hurwitz_terms(s: float, x: float, first: float) -> list[float]:
    """Terms whose sum is the sum of (x + k)^-s over k >= first (Euler-Maclaurin, DLMF 25.11.28)."""
    terms = []
    while x + first < 12.0 + s:
        high, low = two_sum(x, first)
        term = power(high, -s)
        if term == inf:
            return [inf]
        terms.append(term)
        terms.append(-s * term * (low / high))
        first += 1.0
    high, low = two_sum(x, first)
    term = power(high, -s) * (1.0 - s * (low / high))
    terms += [term * high / (s - 1.0), 0.5 * term, -low * term]
    return terms + _tail_terms(s, high, term)


def _tail_terms(s: float, x: float, term: float) -> list[float]:
    """The Euler-Maclaurin terms with Bernoulli numbers, times term x^s (DLMF 25.11.28)."""
    terms = []
    rising = s * term / x
    for j, coefficient in enumerate(EULER_MACLAURIN):
        terms.append(coefficient * rising)
        rising *= (s + 2.0 * j + 1.0) / x * ((s + 2.0 * j + 2.0) / x)
    return terms
