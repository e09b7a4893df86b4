"""The mpmath engine: numbers of as many digits as asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from mpmath import mp, mpf

from adcli.engines import digits
from adcli.engines.numpy import Arrays
from adcli.engines.python import Scalars
from adcli.errors import UsageError

MAX_DIGITS = 100_000
GUARD_DIGITS = 10
"""Digits carried beyond those asked for, so that rounding along the way does not show."""


@contextmanager
def precision(count: int) -> Iterator[None]:
    """Work with `count` decimal digits (and a few more). Raises UsageError outside 1..100000."""
    if not 1 <= count <= MAX_DIGITS:
        raise UsageError(f"precision must be between 1 and {MAX_DIGITS:,} digits, not {count}")
    with mp.workdps(count + GUARD_DIGITS):
        yield


def number(value: Any) -> Any:
    """The mpf of a number: the decimal digits that were written, not those of the float64."""
    return (
        value
        if isinstance(value, mpf)
        else mpf(repr(float(value)) if not isinstance(value, float) else repr(value))
    )


class Digits(Scalars):
    """mpmath numbers, scalars."""

    m = digits

    def constant(self, value: float) -> Any:
        """The decimal number as written."""
        return mpf(repr(value))

    def named(self, name: str) -> Any:
        """pi, e, tau or inf to the working precision."""
        return getattr(digits, name)


class _Elementwise:
    """The functions of `digits` over arrays of numbers."""

    def __getattr__(self, name: str) -> Any:
        return _over_arrays(name)

    @property
    def pi(self) -> Any:
        return digits.pi


@cache
def _over_arrays(name: str) -> Any:
    import numpy as np

    function = getattr(digits, name)
    return lambda *xs: np.frompyfunc(function, len(xs), 1)(*xs)


class DigitArrays(Arrays):
    """Arrays of mpmath numbers: NumPy's object arrays through the same structural operations."""

    dtype = object
    elementwise: Any = _Elementwise()

    def constant(self, value: float) -> Any:
        """The decimal number as written, as an array of one point."""
        return self.array(mpf(repr(value)))

    def named(self, name: str) -> Any:
        """pi, e, tau or inf, as an array of one point."""
        return self.array(getattr(digits, name))
