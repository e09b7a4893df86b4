"""Bessel functions of mpmath numbers, where mpmath takes seconds at most."""

from __future__ import annotations

from collections.abc import Callable

from mpmath import mp
from mpmath.libmp import NoConvergence

from adcli.algebras.special.digit_tools import Number, is_integer
from adcli.errors import UsageError

LARGEST_ORDER = 10_000
"""Beyond, mpmath sums for minutes."""


def besselj(n: Number, x: Number) -> Number:
    """J of order n at x."""
    if _is_whole(n):  # DLMF 10.4.1
        odd = int(n) % 2 == 1 and (n < 0) != (x < 0)
        n, x = mp.fabs(n), mp.fabs(x)
        return (-1 if odd else 1) * _first_kind(mp.besselj, n, x)
    return _first_kind(mp.besselj, n, x)


def bessely(n: Number, x: Number) -> Number:
    """Y of order n at x; -inf at 0."""
    if x == 0:
        return -mp.inf
    return _value(mp.bessely, n, x) if x > 0 and _is_defined(n, x) else mp.nan


def besseli(n: Number, x: Number) -> Number:
    """I of order n at x."""
    if _is_whole(n):  # DLMF 10.27.1
        odd = int(n) % 2 == 1 and x < 0
        return (-1 if odd else 1) * _first_kind(mp.besseli, mp.fabs(n), mp.fabs(x))
    return _first_kind(mp.besseli, n, x)


def besselk(n: Number, x: Number) -> Number:
    """K of order n at x; inf at 0."""
    if x == 0:
        return mp.inf
    return _value(mp.besselk, n, x) if x > 0 and _is_defined(n, x) else mp.nan


def _first_kind(function: Callable[..., Number], n: Number, x: Number) -> Number:
    if x == 0 and -LARGEST_ORDER <= n < 0:
        return mp.inf
    return _value(function, n, x) if _is_defined(n, x) else mp.nan


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


def _is_defined(n: Number, x: Number) -> bool:
    return bool(mp.fabs(n) <= LARGEST_ORDER and mp.isfinite(x) and x >= 0)
