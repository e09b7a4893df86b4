"""The incomplete gamma and beta functions, and what they are integrals of, of mpmath numbers."""

from __future__ import annotations

from collections.abc import Callable

from mpmath import mp
from mpmath.libmp import NoConvergence

from adcli.algebras.special.digit_tools import Number, is_integer, refuse_beyond, too_big
from adcli.errors import UsageError

LARGEST = 100_000
"""Parameters and arguments to which mpmath takes seconds."""

MOST_MAGNITUDE = 1000
"""The exponent of two beyond which an argument is a giant."""

MOST_DIGITS = 200
"""Digits beyond which derivatives in a parameter take seconds: mpmath has them by differences."""

MOST_BITS = 20_000
"""Bits of an argument whose exponential has as many digits more to compute."""


def _refuse_large(name: str, *xs: Number) -> None:
    """Where all arguments are large, one is a giant, or the first is tiny."""
    if min(xs) > LARGEST or max(map(mp.mag, xs)) > MOST_MAGNITUDE or mp.mag(xs[0]) < -100:
        raise UsageError(
            f"{name} takes minutes in many digits at such arguments", "leave --precision out"
        )


def _unreached(name: str) -> UsageError:
    return UsageError(f"{name} does not converge in so many digits", "leave --precision out")


def _regularised(lower: bool, a: Number, x: Number) -> Number:
    ends = (0, x) if lower else (x, mp.inf)
    try:
        return mp.gammainc(a, *ends, regularized=True)
    except NoConvergence:
        raise _unreached("gammainc") from None


def gammainc(a: Number, x: Number) -> Number:
    """The regularised lower incomplete gamma function; nan unless a, x >= 0 and one is above 0."""
    return _share(True, a, x)


def gammaincc(a: Number, x: Number) -> Number:
    """1 - gammainc(a, x)."""
    return _share(False, a, x)


def _share(lower: bool, a: Number, x: Number) -> Number:
    """The part of the integral below x, or that above; all of it is below if a is 0."""
    if not (a >= 0 and x >= 0 and a + x > 0):
        return mp.nan
    if a == 0 or x == 0 or mp.isinf(x):
        is_below = a == 0 or x != 0
        return mp.one if is_below == lower else mp.zero
    _refuse_large("gammainc" if lower else "gammaincc", a, x)
    return _regularised(lower, a, x)


def _with_lost_digits(function: Callable[[], Number], *xs: Number) -> Number:
    """A value whose terms are as large as the arguments. Raises UsageError if they are giants."""
    if any(too_big(x, MOST_BITS) for x in xs):
        raise UsageError(
            "gammapdf and betapdf take minutes in many digits where an argument has more than "
            f"{MOST_BITS:,} bits",
            "leave --precision out",
        )
    with mp.workprec(mp.prec + 30 + 2 * max(0, *(int(mp.mag(x)) for x in xs if x))):
        value = function()
    return +value


def gammapdf(a: Number, x: Number) -> Number:
    """x^(a-1) exp(-x)/gamma(a), 0 for a = 0; nan unless a >= 0 and x >= 0."""
    if not (a >= 0 and x >= 0) or mp.isinf(a):
        return mp.nan
    if a == 0 or mp.isinf(x):
        return mp.zero
    if x == 0:
        return mp.inf if a < 1 else mp.one if a == 1 else mp.zero
    return _with_lost_digits(lambda: mp.exp((a - 1) * mp.log(x) - x - mp.loggamma(a)), a, x)


def dgammapdf(n: Number, a: Number, x: Number) -> Number:
    """The n-th derivative of gammapdf in a; nan unless n is 0, 1, ... 4."""
    if not (is_integer(n) and 0 <= n <= 4):
        return mp.nan
    if n == 0 or not (a > 0 and x > 0) or mp.isinf(x):
        return gammapdf(a, x) if n == 0 or (a > 1 and x >= 0) else mp.nan

    from adcli.algebras.special.incomplete import bell_polynomial

    def polynomial() -> Number:
        cumulants = [mp.psi(k, a) for k in range(1, int(n))]
        return bell_polynomial(int(n), mp.log(x) - mp.psi(0, a), cumulants)

    # The score cancels where a and x are near: the smaller one says how much. Its powers cancel
    # where a is tiny.
    with mp.workprec(mp.prec + int(n) * max(0, -int(mp.mag(a)))):
        factor = _with_lost_digits(polynomial, min(a, x))
    return gammapdf(a, x) * factor


def dgammainc(n: Number, a: Number, x: Number) -> Number:
    """The n-th derivative of gammainc in a, n = 0 ... 4, from the side that is smaller."""
    if not (is_integer(n) and 0 <= n <= 4 and a > 0 and x >= 0):
        return mp.nan
    if n == 0:
        return gammainc(a, x)
    if x == 0 or mp.isinf(x):
        return mp.zero
    _refuse_large("dgammainc", a, x)
    refuse_beyond(MOST_DIGITS, "the derivative of gammainc in a")
    lower = x <= a
    with mp.workprec(2 * mp.prec + 30):
        value = mp.diff(
            lambda t: _regularised(lower, t, x), a, int(n), h=mp.ldexp(a, -mp.prec // 3)
        )
    return value if lower else -value


def betainc(a: Number, b: Number, x: Number) -> Number:
    """The regularised incomplete beta function; nan unless 0 <= x <= 1, and a, b >= 0 and one is
    above 0."""
    if not (a >= 0 and b >= 0 and a + b > 0 and 0 <= x <= 1):
        return mp.nan
    if x in (0, 1) or a == 0 or b == 0:
        return mp.mpf(x == 1 or (a == 0 and x > 0))
    _refuse_large("betainc", max(a, b))
    try:
        return mp.betainc(a, b, 0, x, regularized=True)
    except NoConvergence:
        raise _unreached("betainc") from None


def betapdf(a: Number, b: Number, x: Number) -> Number:
    """x^(a-1) (1-x)^(b-1)/B(a, b); nan unless a, b > 0 and 0 <= x <= 1."""
    if not (a > 0 and b > 0 and 0 <= x <= 1) or mp.isinf(a + b):
        return mp.nan
    if x in (0, 1):
        end, other = (a, b) if x == 0 else (b, a)
        return mp.inf if end < 1 else other if end == 1 else mp.zero

    def value() -> Number:
        log_beta = mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)
        return mp.exp((a - 1) * mp.log(x) + (b - 1) * mp.log1p(-x) - log_beta)

    return _with_lost_digits(value, a, b)
