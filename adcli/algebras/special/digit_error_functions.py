"""Relatives of the error function, and derivatives of sinc, of mpmath numbers.

DLMF: https://dlmf.nist.gov
"""

from __future__ import annotations

from mpmath import mp

from adcli.algebras.special.digit_special import normcdf, normpdf
from adcli.algebras.special.digit_tools import RANGE, Number, is_integer, too_big


def erfcx(x: Number) -> Number:
    """exp(x^2) erfc(x)."""
    return ierfcx(mp.zero, x)


def ierfcx(n: Number, x: Number) -> Number:
    """exp(x^2) times the n-th repeated integral of erfc (DLMF 7.18.7, 7.18.10); nan unless n is 0,
    1, ... 40."""
    if not (is_integer(n) and 0 <= n <= 40):
        return mp.nan
    if too_big(x, RANGE // 2):
        return mp.zero if x > 0 else mp.inf
    if x > 0 and x * x > mp.prec:
        value = mp.hyperu(n / 2 + mp.mpf(0.5), mp.mpf(0.5), x * x)
        return value / (2**n * mp.sqrt(mp.pi))
    # Where x is large the recurrence cancels; where it is not, it is a hundred times as fast.
    size = 2 * max(0, mp.mag(x))
    with mp.workprec(mp.prec + 30 + size + int(n) * (5 + size)):
        square = x * x
        before, value = 2 / mp.sqrt(mp.pi), mp.exp(square) * mp.erfc(x)
        for k in range(1, int(n) + 1):
            before, value = value, (before - 2 * x * value) / (2 * k)
    return +value


def erfinv(x: Number) -> Number:
    """The inverse of erf; infinite at -1 and 1, nan beyond."""
    if mp.fabs(x) >= 1:
        return x * mp.inf if mp.fabs(x) == 1 else mp.nan
    return mp.sign(x) * _erfcinv(1 - mp.fabs(x)) if mp.fabs(x) > 0.5 else mp.erfinv(x)


def erfcinv(x: Number) -> Number:
    """The inverse of erfc; infinite at 0 and 2, nan beyond."""
    if not 0 < x < 2:
        return mp.inf if x == 0 else -mp.inf if x == 2 else mp.nan
    if 0.5 < x < 1.5:
        return mp.erfinv(1 - x)
    return _erfcinv(x) if x < 1 else -_erfcinv(2 - x)


def _erfcinv(x: Number) -> Number:
    """The inverse of erfc at 0 < x <= 1/2 by Newton's method on log(erfc)."""
    with mp.workprec(mp.prec + 20):
        target = mp.log(x)
        y = mp.sqrt(-target)
        while True:
            scaled = erfcx(y)
            step = (mp.log(scaled) - y * y - target) * scaled * mp.sqrt(mp.pi) / 2
            y += step
            if mp.fabs(step) <= mp.ldexp(mp.fabs(y), -(mp.prec // 2) - 5):
                return +y


def norminv(x: Number) -> Number:
    """The quantile of the standard normal distribution; infinite at 0 and 1, nan beyond."""
    if 0.25 < x < 0.75:
        return mp.sqrt(2) * mp.erfinv(2 * x - 1)
    return -mp.sqrt(2) * erfcinv(2 * x)


def lognormcdf(x: Number) -> Number:
    """log(normcdf(x))."""
    if too_big(x, RANGE // 2):
        return mp.zero if x > 0 else -mp.inf
    if x < 0:
        return mp.log(erfcx(-x / mp.sqrt(2)) / 2) - x * x / 2
    return mp.log1p(-normcdf(-x))


def invmills(x: Number) -> Number:
    """normpdf(x)/normcdf(x)."""
    if x < 0:
        return mp.sqrt(2 / mp.pi) / erfcx(-x / mp.sqrt(2)) if mp.isfinite(x) else mp.inf
    return normpdf(x) / normcdf(x)


def dsinc(n: Number, x: Number) -> Number:
    """The n-th derivative of sin(pi x)/(pi x); nan unless n is 0, 1, ... 100."""
    if not (is_integer(n) and 0 <= n <= 100):
        return mp.nan
    if too_big(x, RANGE):
        return mp.zero
    n, size = int(n), max(0, mp.mag(x))
    with mp.workprec(mp.prec + 30 + 8 * n + size):
        z = mp.pi * x
        if mp.fabs(z) < 1:
            last = mp.prec // 3 + 20  # the terms fall off as 1/j!
            parts = (z**j / (mp.factorial(j) * (n + j + 1)) for j in range(last))
            value = mp.fsum((1, 0, -1, 0)[(n + j) % 4] * part for j, part in enumerate(parts))
        else:
            value = mp.sinpi(x) / z
            for k in range(1, n + 1):
                value = (mp.sinpi(x + mp.mpf(k) / 2) - k * value) / z
        value *= mp.pi**n
    return +value
