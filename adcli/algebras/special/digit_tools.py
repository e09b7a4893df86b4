"""What the functions of mpmath numbers share: they are total, and their range is bounded."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import mpmath
from mpmath import mp

from adcli.errors import UsageError

Number = Any
"""An mpf: mpmath has no type annotations."""

_SPARE = 100
"""Digits that are added on the way to a result, and do not count."""
MOST_BITS = 2_000
"""The exponent to which an argument is taken whose bits are all needed."""
RANGE = 1000
"""Bits of an exponent: beyond, e^x counts as infinite, e^-x as 0."""


def total(function: Callable[..., Number]) -> Callable[..., Number]:
    """The function with nan for a nan argument, a complex value, or a failure of mpmath."""

    @functools.wraps(function)
    def total(*xs: Number) -> Number:
        xs = tuple(mp.mpf(x) for x in xs)
        if any(x != x for x in xs):
            return mp.nan
        try:
            value = function(*xs)
        except (ArithmeticError, ValueError, mpmath.libmp.ComplexResult):
            return mp.nan
        return mp.nan if isinstance(value, mpmath.mpc) else mp.mpf(value)

    return total


def bounded(
    function: Callable[[Number], Number], bits: int, above: Number, below: Number
) -> Callable[..., Number]:
    """The total function, with `above` and `below` for arguments of 2^bits or more in size."""

    def bounded(x: Number) -> Number:
        if too_big(x, bits):
            return above if x > 0 else below
        return function(x)

    return total(bounded)


def refuse_beyond(digits: int, name: str) -> None:
    """Raise UsageError where more than so many digits are worked with: no method is fast there."""
    if mp.dps > digits + _SPARE:
        raise UsageError(
            f"{name} takes minutes with more than {digits:,} digits", f"--precision {digits}"
        )


def refuse_far(name: str, *xs: Number) -> None:
    """Raise UsageError where an argument, or its reciprocal, is beyond 2^MOST_BITS: what it loses
    to the others takes as many more bits to compute with."""
    if any(x != 0 and not abs(mp.mag(x)) <= MOST_BITS for x in xs):
        raise UsageError(
            f"{name} takes minutes in many digits where an argument is beyond 2^{MOST_BITS:,} or "
            f"below 2^-{MOST_BITS:,}",
            "leave --precision out",
        )


def is_integer(x: Number) -> bool:
    """Whether x is a whole number; an infinity is none."""
    return bool(mp.isfinite(x)) and x == mp.floor(x)


def is_odd(x: Number) -> bool:
    """Whether x is an odd number; from 2^1000000 on none counts as odd."""
    return is_integer(x) and mp.mag(x) < 1_000_000 and int(x) % 2 == 1


def is_pole(x: Number) -> bool:
    """Whether x is 0 or a negative integer."""
    return x <= 0 and is_integer(x)


def is_far(x: Number) -> bool:
    """Whether the first term of an expansion in 1/x is all that the digits show."""
    return bool(mp.mag(x) > mp.prec + 30)


def is_far_beyond(x: Number, y: Number) -> bool:
    """Whether the first term of an expansion in 1/x, good to y^2/x, is all that the digits show."""
    return bool(mp.mag(x) > mp.prec + 40 + 2 * max(0, mp.mag(y)))


def too_big(x: Number, bits: int) -> bool:
    """Whether |x| is 2^bits or more, infinite or nan."""
    return not mp.isfinite(x) or (x != 0 and mp.mag(x) > bits)
