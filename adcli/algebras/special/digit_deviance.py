"""What is left of log densities where their large parts cancel, of mpmath numbers."""

from __future__ import annotations

from mpmath import mp

from adcli.algebras.special.digit_special import MOST_DIGITS
from adcli.algebras.special.digit_tools import Number, is_far, is_integer, refuse_beyond, total


@total
def log1pmx(x: Number) -> Number:
    """log(1 + x) - x."""
    if x <= -1 or x == mp.inf:
        return -mp.inf if x in (-1, mp.inf) else mp.nan
    if _cancelled(x) > mp.prec:
        return -x * x / 2
    with mp.workprec(mp.prec + _cancelled(x) + 10):
        value = mp.log1p(x) - x
    return +value


@total
def kl_div(x: Number, y: Number) -> Number:
    """x log(x/y) - x + y."""
    if x < 0 or y < 0:
        return mp.nan
    if x == 0 or y == 0:
        return y if x == 0 else mp.inf
    change = (y - x) / x
    if _cancelled(change) > mp.prec:
        return x * change * change / 2
    with mp.workprec(mp.prec + _cancelled(change) + 10):
        value = x * mp.log(x / y) - x + y
    return +value


def _cancelled(x: Number) -> int:
    """The bits that log(1 + x) - x loses for a small x."""
    return max(0, -mp.mag(x)) if x != 0 else 0


@total
def stirling_error(x: Number) -> Number:
    """lgamma(x) - (x - 1/2) log(x) + x - log(2 pi)/2 for x > 0."""
    if x <= 0:
        return mp.nan
    refuse_beyond(MOST_DIGITS, "stirling_error")
    if is_far(x):
        return 1 / (12 * x)
    with mp.workprec(mp.prec + 2 * max(0, mp.mag(x)) + 30):
        stirling = (x - mp.mpf(0.5)) * mp.log(x) - x + mp.log(2 * mp.pi) / 2
        value = mp.loggamma(x) - stirling
    return +value


@total
def stirling_slope(n: Number, x: Number) -> Number:
    """The n-th derivative of stirling_error for x > 0 and n = 1, 2, ... 10^4."""
    if x <= 0 or n < 1 or not is_integer(n) or n > 10**4:
        return mp.nan
    refuse_beyond(MOST_DIGITS, "stirling_slope")
    n, sign = int(n), -1 if n % 2 else 1
    if is_far(x / n):
        return sign * mp.factorial(n) / (12 * x ** (n + 1))
    with mp.workprec(mp.prec + 2 * max(0, mp.mag(x)) + 30):
        first = -mp.log(x) if n == 1 else mp.factorial(n - 2) / x ** (n - 1)
        value = mp.psi(n - 1, x) - sign * (first + mp.factorial(n - 1) / (2 * x**n))
    return +value
