"""Trigonometric and hyperbolic functions of mpmath numbers."""

from __future__ import annotations

from mpmath import mp

from adcli.algebras.special.digit_tools import RANGE, Number, too_big, total

_INTEGER_BITS = 100_000
"""Bits of the largest argument that is reduced by multiples of pi."""


@total
def sin(x: Number) -> Number:
    """The sine; nan at the infinities."""
    return mp.nan if too_big(x, _INTEGER_BITS) else mp.sin(x)


@total
def cos(x: Number) -> Number:
    """The cosine; nan at the infinities."""
    return mp.nan if too_big(x, _INTEGER_BITS) else mp.cos(x)


@total
def tan(x: Number) -> Number:
    """The tangent; nan at the infinities."""
    return mp.nan if too_big(x, _INTEGER_BITS) else mp.tan(x)


@total
def asin(x: Number) -> Number:
    """The inverse sine; nan outside [-1, 1]."""
    return mp.asin(x) if -1 <= x <= 1 else mp.nan


@total
def acos(x: Number) -> Number:
    """The inverse cosine; nan outside [-1, 1]."""
    return mp.acos(x) if -1 <= x <= 1 else mp.nan


@total
def atan(x: Number) -> Number:
    """The inverse tangent."""
    return mp.atan(x)


@total
def atan2(y: Number, x: Number) -> Number:
    """The angle of the point (x, y), in (-pi, pi]."""
    if mp.isinf(x) and mp.isinf(y):
        return mp.sign(y) * mp.pi * (1 if x > 0 else 3) / 4
    return mp.atan2(y, x)


@total
def sinh(x: Number) -> Number:
    """(e^x - e^-x) / 2."""
    return mp.inf * mp.sign(x) if too_big(x, RANGE) else mp.sinh(x)


@total
def cosh(x: Number) -> Number:
    """(e^x + e^-x) / 2."""
    return mp.inf if too_big(x, RANGE) else mp.cosh(x)


@total
def tanh(x: Number) -> Number:
    """sinh(x) / cosh(x)."""
    return mp.sign(x) if too_big(x, RANGE) else mp.tanh(x)


@total
def asinh(x: Number) -> Number:
    """The inverse hyperbolic sine."""
    return x if mp.isinf(x) else mp.asinh(x)


@total
def acosh(x: Number) -> Number:
    """The inverse hyperbolic cosine; nan below 1."""
    if x < 1:
        return mp.nan
    return x if mp.isinf(x) else mp.acosh(x)


@total
def atanh(x: Number) -> Number:
    """The inverse hyperbolic tangent; an infinity at -1 and 1, nan beyond."""
    if not -1 < x < 1:
        return mp.inf * x if x in (-1, 1) else mp.nan
    return mp.atanh(x)
