"""Bessel functions of mpmath numbers, where mpmath takes seconds at most."""

from __future__ import annotations

from collections.abc import Callable

from mpmath import mp
from mpmath.libmp import NoConvergence

from adcli.algebras.special.digit_tools import (
    RANGE,
    Number,
    is_far_beyond,
    is_integer,
    refuse_beyond,
    refuse_far,
    too_big,
)
from adcli.errors import UsageError

LARGEST_ORDER = 10_000
"""Beyond, mpmath sums for minutes."""
MOST_DIGITS = 100

SWINGS = 20_000
"""Bits of an argument: beyond, the place on a wave takes that many digits of pi."""

NEAR_ORDER = 30
"""Larger orders come from near ones by recurrence: mpmath's sums cancel, or do not converge."""


def besselj(n: Number, x: Number) -> Number:
    """J of order n at x."""
    if _is_whole(n):  # DLMF 10.4.1
        odd = int(n) % 2 == 1 and (n < 0) != (x < 0)
        n, x = mp.fabs(n), mp.fabs(x)
        return (-1 if odd else 1) * _besselj(n, x)
    return _besselj(n, x)


def _besselj(n: Number, x: Number) -> Number:
    if x == 0 and -LARGEST_ORDER <= n < 0:
        return mp.inf
    if not _is_defined(n, x) or too_big(x, SWINGS):
        return mp.nan
    if is_far_beyond(x, n):  # DLMF 10.17.3
        cos, sin = _turn(n)
        return mp.sqrt(2 / (mp.pi * x)) * (mp.cos(x) * cos + mp.sin(x) * sin)
    if x > mp.fabs(n) > NEAR_ORDER:
        return _by_recurrence(mp.besselj, n, x, -1)
    return _value(mp.besselj, n, x)


def bessely(n: Number, x: Number) -> Number:
    """Y of order n at x; -inf at 0."""
    if x == 0:
        return -mp.inf
    if not (x > 0 and _is_defined(n, x)) or too_big(x, SWINGS):
        return mp.nan
    _refuse_many(n, "bessely")
    if is_far_beyond(x, n):  # DLMF 10.17.3
        cos, sin = _turn(n)
        return mp.sqrt(2 / (mp.pi * x)) * (mp.sin(x) * cos - mp.cos(x) * sin)
    if n < -NEAR_ORDER:  # DLMF 10.4.7
        return mp.sinpi(-n) * besselj(-n, x) + mp.cospi(n) * bessely(-n, x)
    if n > NEAR_ORDER:
        return _by_recurrence(mp.bessely, n, x, -1)
    return _value(mp.bessely, n, x)


def besseli(n: Number, x: Number) -> Number:
    """I of order n at x."""
    if _is_whole(n):  # DLMF 10.27.1
        odd = int(n) % 2 == 1 and x < 0
        return (-1 if odd else 1) * _besseli(mp.fabs(n), mp.fabs(x))
    return _besseli(n, x)


def _besseli(n: Number, x: Number) -> Number:
    if x == 0 and -LARGEST_ORDER <= n < 0:
        return mp.inf
    if not _is_defined(n, x):
        return mp.nan
    if is_far_beyond(x, n):  # DLMF 10.40.1
        return mp.inf if too_big(x, RANGE) else mp.exp(x) / mp.sqrt(2 * mp.pi * x)
    return _value(mp.besseli, n, x)


def besselk(n: Number, x: Number) -> Number:
    """K of order n at x; inf at 0."""
    if x == 0:
        return mp.inf
    if not (x > 0 and _is_defined(n, x)):
        return mp.nan
    if n != 0 and 2 * mp.mag(n) < -mp.prec - 80:
        n = mp.zero  # even in the order: mpmath would take the limit with ever more digits
    _refuse_many(n, "besselk")
    if is_far_beyond(x, n):  # DLMF 10.40.1
        return mp.zero if too_big(x, RANGE) else mp.exp(-x) * mp.sqrt(mp.pi / (2 * x))
    refuse_far("besselk", x)
    if mp.fabs(n) > NEAR_ORDER:  # DLMF 10.27.3
        return _by_recurrence(mp.besselk, mp.fabs(n), x, 1)
    return _value(mp.besselk, n, x)


def _turn(n: Number) -> tuple[Number, Number]:
    """The cosine and the sine of (n/2 + 1/4) pi."""
    return mp.cospi(n / 2 + mp.mpf(0.25)), mp.sinpi(n / 2 + mp.mpf(0.25))


def _by_recurrence(function: Callable[..., Number], n: Number, x: Number, sign: int) -> Number:
    """The function of order n from orders near 0, in the direction in which it does not fall
    (DLMF 10.6.1, 10.29.1): f(v + 1) = 2v/x f(v) + sign f(v - 1), and back for J below 0."""
    with mp.workprec(mp.prec + 40):
        steps = int(mp.nint(mp.fabs(n)))
        way = 1 if n > 0 else -1
        order = n - way * steps
        before, now = function(order, x), function(order + way, x)
        for _ in range(steps - 1):
            order += way
            before, now = now, 2 * order / x * now + sign * before
        return now


def _value(function: Callable[..., Number], n: Number, x: Number) -> Number:
    """mpmath's value. Raises UsageError where it gives up, far out at a large order."""
    try:
        return function(n, x)
    except NoConvergence:
        raise UsageError(
            f"{function.__name__} does not converge in many digits there", "leave --precision out"
        ) from None


def _is_whole(n: Number) -> bool:
    return mp.fabs(n) <= LARGEST_ORDER and is_integer(n)


def _refuse_many(n: Number, name: str) -> None:
    """Those of a whole order are limits, which mpmath takes with ever more digits."""
    if is_integer(n):
        refuse_beyond(MOST_DIGITS, name)


def _is_defined(n: Number, x: Number) -> bool:
    return bool(mp.fabs(n) <= LARGEST_ORDER and mp.isfinite(x) and x >= 0)
