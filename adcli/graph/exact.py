"""Numbers that are known exactly, and the few values of functions that are exact.

A float64 in a program means the decimal number that it was written as, and it is computed with as a
binary fraction. Where both are the same number (whole numbers, 0.5, 1.25) it is exact, and
arithmetic with it can be done here and now as with fractions. 0.1 and pi are not exact and never
folded.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from adcli.graph.graph import Literal
from adcli.graph.primitives import HOLDS

Number = int | Fraction
"""An exact number; whole ones are ints."""

MAX_WHOLE = 2**53
MAX_BITS = 1000
"""Numerators and denominators stay below 2**MAX_BITS, inside the range of float64."""

_SHORT = 5
"""Up to so many digits a binary fraction is written as a decimal: 0.125*x, but x/1024."""


def reduced(value: Number) -> Number:
    """The number, as an int where it is whole."""
    if type(value) is int:
        return value
    return value.numerator if value.denominator == 1 else value


def magnitude(value: Number) -> Number:
    """The absolute value."""
    return -value if value < 0 else value


def exact(value: float) -> Number | None:
    """The exact number that a constant of a program is, None where it has none."""
    if type(value) is not float:
        text = value.text if isinstance(value, Literal) else ""
        return int(text) if text.removeprefix("-").isdecimal() else None
    if -MAX_WHOLE < value < MAX_WHOLE and value.is_integer():
        return int(value)
    if not math.isfinite(value):
        return None
    decimal = Fraction(repr(value))
    return reduced(decimal) if decimal == Fraction(value) else None


def constant_for(value: Number) -> float | None:
    """The constant that is this number exactly; for a large whole number it is a Literal."""
    if type(value) is int and -MAX_WHOLE < value < MAX_WHOLE:
        return float(value)
    if is_large(value):
        return None
    near = float(value)
    if exact(near) == value:
        return near
    return Literal(str(value)) if value.denominator == 1 else None


def is_large(value: Number) -> bool:
    """Whether numerator or denominator are too large to be a constant."""
    return value.numerator.bit_length() > MAX_BITS or value.denominator.bit_length() > MAX_BITS


def is_short(value: Number) -> bool:
    """Whether the number is written with a few digits."""
    constant = constant_for(value)
    return constant is not None and len(repr(constant).strip("-0").replace(".", "")) <= _SHORT


def _at_zero(result: int) -> Callable[[Number], Number | None]:
    return lambda x: result if x == 0 else None


def _root(degree: int) -> Callable[[Number], Number | None]:
    def root(x: Number) -> Number | None:
        if x < 0 and degree == 2:
            return None
        above, below = (_whole_root(abs(n), degree) for n in (x.numerator, x.denominator))
        if above is None or below is None:
            return None
        value = Fraction(above, below)
        return reduced(value if x > 0 else -value)

    return root


def _whole_root(n: int, degree: int) -> int | None:
    near = round(n ** (1 / degree)) if n < MAX_WHOLE else 0
    return near if near**degree == n else None


def _logarithm(base: int) -> Callable[[Number], Number | None]:
    def logarithm(x: Number) -> Number | None:
        if x <= 0:
            return None
        power = round(math.log(x, base))
        return power if Fraction(base) ** power == x else None

    return logarithm


def _whole_power_of_two(x: Number) -> Number | None:
    small = x.denominator == 1 and -64 <= x <= 64
    return reduced(Fraction(2) ** x.numerator) if small else None


def _factorial(x: Number) -> Number | None:
    small = x.denominator == 1 and 1 <= x <= 19
    return math.factorial(x.numerator - 1) if small else None


UNARY: dict[str, Callable[[Number], Number | None]] = {
    **dict.fromkeys(("sin", "tan", "asin", "atan", "sinh", "tanh", "asinh", "atanh"), _at_zero(0)),
    **dict.fromkeys(("expm1", "log1p", "erf"), _at_zero(0)),
    **dict.fromkeys(("exp", "cos", "cosh", "gauss", "erfc"), _at_zero(1)),
    **dict.fromkeys(("log", "acos", "acosh"), lambda x: 0 if x == 1 else None),
    "exp2": _whole_power_of_two,
    "log2": _logarithm(2),
    "log10": _logarithm(10),
    "sqrt": _root(2),
    "cbrt": _root(3),
    "gamma": _factorial,
    "sigmoid": lambda x: Fraction(1, 2) if x == 0 else None,
    "abs": magnitude,
    "sign": lambda x: (x > 0) - (x < 0),
    "floor": math.floor,
    "ceil": math.ceil,
    "round": round,
    "detach": lambda x: x,
}
"""Functions of one number at exact numbers: the exact value, or None."""


def _mask(holds: Callable[[Any, Any], bool]) -> Callable[[Any, Any], int]:
    return lambda x, y: int(holds(x, y))


BINARY: dict[str, Callable[[Any, Any], Number | None]] = {
    **{name: _mask(holds) for name, holds in HOLDS.items()},
    "mod": lambda x, y: x % y if y else None,
    "maximum": max,
    "minimum": min,
}
"""Functions of two numbers at exact numbers: the exact value, or None."""


def power(x: Number, y: Number) -> Number | None:
    """x^y if it is exact and of reasonable size."""
    if y.denominator != 1 or (x == 0 and y < 0):
        return None
    size = max(x.numerator.bit_length(), x.denominator.bit_length())
    if size * magnitude(y) > MAX_BITS:
        return None
    return reduced(Fraction(x) ** y.numerator)
