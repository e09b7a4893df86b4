"""The mpmath engine: numbers of as many digits as asked for.

An `exact` algebra runs the program that float64 runs: it takes a number in the program as the
float64 nearest to it. The distance to what float64 gives is then the fault of rounding alone, and a
kink that float64 meets is a kink here, too.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from decimal import Decimal
from functools import cache
from math import isfinite
from numbers import Rational
from typing import Any

from mpmath import mp, mpf

from adcli.ad.algebra import Scalars
from adcli.ad.evaluate import Run
from adcli.algebras.arrays import Arrays
from adcli.algebras.functions import digit_functions
from adcli.errors import UsageError
from adcli.given import real

MAX_DIGITS = 100_000
GUARD_DIGITS = 10
"""Digits carried beyond those asked for, so that rounding along the way does not show."""


def precision(count: int) -> AbstractContextManager[None]:
    """What to hold to work with `count` decimal digits and a few more.

    Raises UsageError outside 1..100000.
    """
    if not 1 <= count <= MAX_DIGITS:
        raise UsageError(f"precision must be between 1 and {MAX_DIGITS:,} digits, not {count}")
    held: AbstractContextManager[None] = mp.workdps(count + GUARD_DIGITS)
    return held


def number(value: Any) -> Any:
    """The mpf of a number or of its text; of a float64 the shortest digits, not the bits.

    All others count exactly (integers, fractions, decimals, those of mpmath), rounded to the
    working precision as results are: the largest of several numbers is one of them. Raises one of
    NOT_REAL for what no engine takes, such as integers beyond the range of float64.
    """
    if isinstance(value, str | Decimal):
        return mpf(str(value).strip())
    if isinstance(value, Rational) and isfinite(float(value)):
        return mpf(int(value.numerator)) / int(value.denominator)
    if isinstance(value, mpf | mp.constant):
        return +mpf(value)
    return mpf(repr(float(value)))


def decimal(value: Any, count: int) -> str:
    """A number as text with `count` significant digits, without trailing zeros."""
    text: str = mp.nstr(value, count, strip_zeros=True)
    return text


def short(value: Any) -> str:
    """A number in a message: 6 digits, written as a float is where it is in a float's range."""
    near = float(value)
    in_range = not mp.isfinite(value) or 1e-300 < abs(near) < 1e300 or value == 0
    return f"{near:.6g}" if in_range else decimal(value, 6)


def _constant(value: float, exact: bool) -> Any:
    """The decimal number as written, or the float64 that it is."""
    return mpf(float(value)) if exact else mpf(repr(value))


def _named(name: str, exact: bool) -> Any:
    """pi, e, tau or inf, to the working precision or as float64."""
    value = getattr(digit_functions, name)
    return mpf(float(value)) if exact else value


class _Precise:
    """An algebra of numbers of `count` digits."""

    def __init__(self, count: int, exact: bool = False) -> None:
        super().__init__()
        self.count = count
        self.exact = exact

    def context(self) -> Any:
        """What to hold while computing: the precision."""
        return precision(self.count)


class Digits(_Precise, Scalars):
    """mpmath numbers, scalars."""

    m = digit_functions

    def pack(self, value: Any) -> Any:
        """An input as an mpf."""
        return number(value)

    def unpack(self, value: Any) -> Any:
        return value

    def is_finite(self, value: Any) -> bool:
        return bool(mp.isfinite(value))

    def describe(self, value: Any) -> str:
        return short(value)

    def epsilon(self) -> Any:
        return mpf(2) ** (1 - mp.prec)

    def constant(self, value: float) -> Any:
        return _constant(value, self.exact)

    def named(self, name: str) -> Any:
        return _named(name, self.exact)


class _Elementwise:
    """The functions of `digits` over arrays of numbers."""

    def __getattr__(self, name: str) -> Any:
        return _over_arrays(name)

    @property
    def pi(self) -> Any:
        return digit_functions.pi

    @property
    def inf(self) -> Any:
        return digit_functions.inf


@cache
def _over_arrays(name: str) -> Any:
    import numpy as np

    function = getattr(digit_functions, name)
    return lambda *xs: np.frompyfunc(function, len(xs), 1)(*xs)


class DigitArrays(_Precise, Arrays):
    """Arrays of mpmath numbers: NumPy's object arrays through the same structural operations."""

    dtype: Any = object
    elementwise: Any = _Elementwise()

    def pack(self, value: Any) -> Any:
        import numpy as np

        if np.ma.isMaskedArray(value) or np.asarray(value).dtype.kind not in "biufOUS":
            value = real(value)  # which says what is wrong with it
        return np.frompyfunc(number, 1, 1)(self.array(value))

    def is_finite(self, value: Any) -> bool:
        return all(mp.isfinite(x) for x in value.flat)

    def show(self, number: Any) -> str:
        return short(number)

    def epsilon(self) -> Any:
        return self.array(mpf(2) ** (1 - mp.prec))

    def constant(self, value: float) -> Any:
        return self.array(_constant(value, self.exact))

    def named(self, name: str) -> Any:
        return self.array(_named(name, self.exact))


def exactly(run: Run, digits: int) -> Run:
    """The run with the same inputs, in many digits."""
    algebra: Any = (DigitArrays if run.algebra.shaped else Digits)(digits, exact=True)
    inputs = {node: exactly_this(value, algebra) for node, value in run.inputs.items()}
    with algebra.context():
        return Run.at(run.graph, run.order, inputs, algebra, 1)


def exactly_this(value: Any, algebra: Any) -> Any:
    """A float64 value as one of an exact algebra."""
    if not algebra.shaped:
        return mpf(value)
    import numpy as np

    return np.frompyfunc(mpf, 1, 1)(value)
