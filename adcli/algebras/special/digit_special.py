"""Bell curves and the gamma family of mpmath numbers. DLMF: https://dlmf.nist.gov"""

from __future__ import annotations

from mpmath import mp

from adcli.algebras.special.digit_tools import (
    RANGE,
    Number,
    bounded,
    is_far,
    is_integer,
    is_pole,
    refuse_beyond,
    too_big,
    total,
)

MOST_DIGITS = 1500
"""Digits to which the asymptotic series of the gamma family take seconds: the Bernoulli numbers."""

# --------------------------------------------------------------------------------------------------
# Bell curves
# --------------------------------------------------------------------------------------------------


erf = total(mp.erf)
erfc = bounded(mp.erfc, RANGE // 2, mp.zero, mp.mpf(2))


def _gauss(x: Number, half: Number) -> Number:
    """exp(-half x^2) with the digits that the square needs."""
    if too_big(x, RANGE // 2):
        return mp.zero
    with mp.workprec(2 * mp.prec + max(0, 2 * mp.mag(x)) + 10):
        return mp.exp(-half * x * x)


@total
def gauss(x: Number) -> Number:
    """exp(-x^2)."""
    return +_gauss(x, mp.one)


@total
def normpdf(x: Number) -> Number:
    """exp(-x^2 / 2) / sqrt(2 pi), the density of the standard normal distribution."""
    return _gauss(x, mp.mpf(0.5)) / mp.sqrt(2 * mp.pi)


@total
def normcdf(x: Number) -> Number:
    """erfc(-x / sqrt 2) / 2, the distribution function of the standard normal distribution."""
    if too_big(x, RANGE // 2):
        return mp.one if x > 0 else mp.zero
    with mp.workprec(mp.prec + max(0, 2 * mp.mag(x)) + 10):
        value = mp.erfc(-x / mp.sqrt(2)) / 2
    return +value


# --------------------------------------------------------------------------------------------------
# Gamma and its relatives
# --------------------------------------------------------------------------------------------------


@total
def gamma(x: Number) -> Number:
    """The gamma function; inf at 0, nan at the negative integers."""
    if x == 0:
        return mp.inf
    if is_pole(x) or x == -mp.inf:
        return mp.nan
    if too_big(x, RANGE):
        return mp.inf if x > 0 else mp.zero
    return mp.gamma(x)


@total
def lgamma(x: Number) -> Number:
    """log|gamma(x)|; inf at the poles and at both infinities."""
    if mp.isinf(x) or is_pole(x):
        return mp.inf
    refuse_beyond(MOST_DIGITS, "lgamma")
    # mpmath would count with numbers of as many digits as x has before its point (DLMF 5.11.1).
    if x > 0 and is_far(x):
        return x * (mp.log(x) - 1)
    return mp.re(mp.loggamma(x)) if x > 0 else _lgamma_below(x)


def _lgamma_below(x: Number) -> Number:
    """lgamma(x) for x < 0 by reflection (DLMF 5.5.3), with more digits where it cancels."""
    extra = 30 + max(0, mp.mag(x))
    while True:
        with mp.workprec(mp.prec + extra):
            above = mp.loggamma(1 - x)
            value = mp.log(mp.pi / mp.fabs(mp.sinpi(x))) - above
            lost = mp.mag(above) - mp.mag(value) if value != 0 else extra
        if lost + 20 < extra or extra > 4 * mp.prec + 2000:
            return +value
        extra += lost + 20


@total
def digamma(x: Number) -> Number:
    """The derivative of lgamma; nan at 0, the negative integers and -inf."""
    if is_pole(x) or mp.isinf(x):
        return mp.inf if x > 0 else mp.nan
    return _psi(0, x)


@total
def polygamma(n: Number, x: Number) -> Number:
    """The n-th derivative of digamma; nan unless n is 0, 1, 2 ... 10^4.

    At the negative integers inf for odd n and nan for even n; at 0 inf for odd n, -inf for even.
    """
    if n < 0 or not is_integer(n) or n > 10**4:
        return mp.nan
    if n == 0:
        return digamma(x)
    odd = int(n) % 2 == 1
    if x == 0:
        return mp.inf if odd else -mp.inf
    if mp.isinf(x):
        return mp.zero if x > 0 else mp.nan
    if is_pole(x):
        return mp.inf if odd else mp.nan
    return _psi(int(n), x)


def _psi(n: int, x: Number) -> Number:
    """polygamma, with more digits where terms cancel: mpmath promises the error beside these."""
    refuse_beyond(MOST_DIGITS, "digamma" if n == 0 else "polygamma")
    if x > 0 and is_far(x / (n + 1)):  # DLMF 5.15.8
        return mp.log(x) if n == 0 else (-1) ** (n + 1) * mp.factorial(n - 1) / x**n
    extra = 20 + (max(0, mp.mag(x)) if x < 0 else 0)
    for _ in range(4):
        with mp.workprec(mp.prec + extra):
            terms = [mp.psi(n, x), mp.one] if x > 0 else _psi_below(n, x)
            value = mp.fsum(terms[:1] if x > 0 else terms)
        size = max(mp.mag(term) for term in terms)
        lost = size - mp.mag(value) if value != 0 else mp.prec
        if x > 10 or lost + 15 < extra:
            break
        extra += lost + 20
    return +value


def _psi_below(n: int, x: Number) -> list[Number]:
    """The terms of polygamma(n, x) for x = m + z < 0, |z| <= 1/2: three of positive arguments.

    The sum of 1/(x + k)^(n+1) over k >= 0 is that over all integers, of 1/(z + k)^(n+1), less that
    over k < 0: no step for each unit of x (DLMF 5.15.1; for n = 0 it is 5.5.4).
    """
    z = x - mp.nint(x)
    side = 1 if n % 2 else -1
    nearest = side * mp.factorial(n) / z ** (n + 1)
    return [nearest, mp.psi(n, 1 + z), side * mp.psi(n, 1 - z), -side * mp.psi(n, 1 - x)]
