"""lgamma, digamma and polygamma in integers with 192 fractional bits: about 100 microseconds each.

For negative arguments so close to a root that every digit of a float cancels.
DLMF: https://dlmf.nist.gov
"""

from __future__ import annotations

import math

from adcli.algebras.special.coefficients import BERNOULLI
from adcli.algebras.special.ieee import round

_BITS = 192
_ONE = 1 << _BITS
_LOG_2 = 1113844574712631719546256151097547306333272293549090750737802 >> (200 - _BITS)
_HALF_LOG_TAU_BITS = 1476677289342142011257404819161893753689824224164892524629470 >> (200 - _BITS)
_SHIFTED = 64 << _BITS
"""Asymptotic series start here: their 15th term is below 2^-160."""


def _to_bits(x: float) -> int:
    numerator, denominator = x.as_integer_ratio()
    return (numerator << _BITS) // denominator


def _from_bits(x: int) -> float:
    return x / _ONE


def _log_bits(x: int) -> int:
    """log x: a float's guess L, and log(x e^-L) from three terms of its series."""
    exponent = x.bit_length() - 1 - _BITS
    x = x >> exponent if exponent >= 0 else x << -exponent
    guess = _to_bits(math.log(_from_bits(x)))
    term = total = _ONE
    for k in range(1, 24):
        term = (-term * guess >> (_BITS + 8)) // k
        total += term
    for _ in range(8):
        total = total * total >> _BITS
    rest = (x * total >> _BITS) - _ONE
    square = rest * rest >> _BITS
    return guess + rest - square // 2 + (square * rest >> _BITS) // 3 + exponent * _LOG_2


def _shift(x: int) -> tuple[int, list[int]]:
    """x + N >= 64 and the N steps x, x + 1, ... before it."""
    steps = list(range(x, _SHIFTED, _ONE))
    return x + (len(steps) << _BITS), steps


def _lgamma_bits(x: int) -> int:
    """lgamma(x), x > 0: Stirling's series after upward steps (DLMF 5.5.1, 5.11.1)."""
    x, steps = _shift(x)
    product = _ONE
    for step in steps:
        product = product * step >> _BITS
    total = ((x - _ONE // 2) * _log_bits(x) >> _BITS) - x + _HALF_LOG_TAU_BITS
    inverse = (_ONE << _BITS) // x
    square = inverse * inverse >> _BITS
    for k, (numerator, denominator) in enumerate(BERNOULLI, 1):
        total += inverse * numerator // (denominator * 2 * k * (2 * k - 1))
        inverse = inverse * square >> _BITS
    return total - _log_bits(product)


def _digamma_bits(x: int) -> int:
    """digamma(x), x > 0: the asymptotic series after upward steps (DLMF 5.5.2, 5.11.2)."""
    x, steps = _shift(x)
    inverse = (_ONE << _BITS) // x
    total = _log_bits(x) - inverse // 2
    square = power_ = inverse * inverse >> _BITS
    for k, (numerator, denominator) in enumerate(BERNOULLI, 1):
        total -= power_ * numerator // (denominator * 2 * k)
        power_ = power_ * square >> _BITS
    return total - sum((_ONE << _BITS) // step for step in steps)


def _hurwitz_bits(s: int, x: int) -> int:
    """The sum of (x + k)^-s over k >= 0, x > 0, s >= 2 (Euler-Maclaurin, DLMF 25.11.28)."""
    x, steps = _shift(x)
    total = sum(_inverse_power_bits(step, s) for step in steps)
    inverse = (_ONE << _BITS) // x
    rising = _inverse_power_bits(x, s)
    total += (rising * x >> _BITS) // (s - 1) + rising // 2
    rising = s * rising * inverse >> _BITS
    factorial = 2
    for k, (numerator, denominator) in enumerate(BERNOULLI, 1):
        total += rising * numerator // (denominator * factorial)
        rising = (rising * inverse >> _BITS) * inverse >> _BITS
        rising *= (s + 2 * k - 1) * (s + 2 * k)
        factorial *= (2 * k + 1) * (2 * k + 2)
    return total


def _inverse_power_bits(x: int, s: int) -> int:
    """x^-s for x of either sign."""
    inverse = (_ONE << _BITS) // x
    result = inverse
    for _ in range(s - 1):
        result = result * inverse >> _BITS
    return result


def _parts_bits(x: float) -> tuple[int, int]:
    """x and its distance z from the nearest integer."""
    return _to_bits(x), _to_bits(x - round(x))


def exact_lgamma(x: float) -> float:
    """lgamma(x), x < 0, from |gamma(x) gamma(1 - x)| = |gamma(z) gamma(1 - z)| (DLMF 5.5.3)."""
    bits, z = _parts_bits(x)
    over = _lgamma_bits(_ONE + z) + _lgamma_bits(_ONE - z)
    value = over - _log_bits(z if z > 0 else -z) - _lgamma_bits(_ONE - bits)
    return _from_bits(value)


def exact_polygamma(n: int, x: float) -> float:
    """polygamma(n, x) for even n and x < 0, from the sums of `_polygamma_negative`.

    For n = 0: digamma(x) = digamma(1 - x) - digamma(1 - z) + digamma(1 + z) - 1 / z (DLMF 5.5.4).
    """
    bits, z = _parts_bits(x)
    if n == 0:
        value = _digamma_bits(_ONE - bits) - _digamma_bits(_ONE - z)
        return _from_bits(value + _digamma_bits(_ONE + z) - (_ONE << _BITS) // z)
    s = n + 1
    value = _inverse_power_bits(z, s) + _hurwitz_bits(s, _ONE + z)
    value += _hurwitz_bits(s, _ONE - bits) - _hurwitz_bits(s, _ONE - z)
    return _from_bits(-math.factorial(n) * value)
