"""log B(x, y) and differences of polygamma, of mpmath numbers."""

from __future__ import annotations

from collections.abc import Callable

from mpmath import mp

from adcli.algebras.special.digit_special import MOST_DIGITS, lgamma, polygamma
from adcli.algebras.special.digit_tools import Number, is_far_beyond, refuse_beyond


def with_lost_digits(terms: Callable[[], list[Number]]) -> Number:
    """The sum of terms, computed with as many more digits as they lose to each other."""
    extra = 20
    while True:
        with mp.workprec(mp.prec + extra):
            found = terms()
            value = mp.fsum(found)
        lost = max(map(mp.mag, found)) - mp.mag(value) if value != 0 else mp.prec + extra
        if not mp.isfinite(value) or lost + 15 < extra or extra > mp.prec + 3000:
            return +value
        extra += int(lost) + 20


def lbeta(x: Number, y: Number) -> Number:
    """log(gamma(x) gamma(y) / gamma(x + y)) for x, y > 0; inf where one is 0, else nan."""
    refuse_beyond(MOST_DIGITS, "lbeta")
    if min(x, y) < 0 or mp.isinf(max(x, y)):
        return mp.nan if min(x, y) <= 0 else -mp.inf
    if min(x, y) == 0 or x == y == 1:
        return mp.inf if min(x, y) == 0 else mp.zero
    small, large = min(x, y), max(x, y)
    if is_far_beyond(large, small):  # DLMF 5.11.12
        return lgamma(small) - small * mp.log(large)
    return with_lost_digits(lambda: [lgamma(x), lgamma(y), -lgamma(_exact_sum(x, y))])


def polygammadiff(n: Number, x: Number, y: Number) -> Number:
    """polygamma(n, x) - polygamma(n, x + y) for n = 0, 1 ... 170 and x > 0, y >= 0, else nan."""
    if not (0 <= n <= 170 and x > 0 and y >= 0) or y == 0:
        return mp.zero if y == 0 and x > 0 and 0 <= n <= 170 and n == mp.nint(n) else mp.nan
    if is_far_beyond(x, n + 1):  # DLMF 5.15.8
        if n == 0:
            return -mp.log1p(y / x)
        return (-1) ** int(n) * mp.factorial(n - 1) / x**n * mp.expm1(-n * mp.log1p(y / x))
    return with_lost_digits(lambda: [polygamma(n, x), -polygamma(n, _exact_sum(x, y))])


def _exact_sum(x: Number, y: Number) -> Number:
    return mp.fadd(x, y, exact=True) if abs(mp.mag(x) - mp.mag(y)) < 10_000 else x + y
