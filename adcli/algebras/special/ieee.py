"""Functions of floats that everything else is built from, with IEEE-754 semantics: none raises."""

from __future__ import annotations

import math
from math import copysign, fabs, inf, nan

EVEN_FROM = 2.0**53
"""From here on all floats are even numbers."""


def power(x: float, y: float) -> float:
    """x^y as C's pow: pow(x, 0) = pow(1, y) = 1 even for nan; nan for a root of a negative x."""
    try:
        return math.pow(x, y)
    except OverflowError:
        return -inf if x < 0.0 and y % 2.0 == 1.0 else inf
    except ValueError:
        if x == 0.0:
            return copysign(inf, x) if y % 2.0 == 1.0 else inf
        return nan


def round(x: float) -> float:
    """The nearest integer, half to even: adding 2^52 leaves no room for a fraction."""
    if -4503599627370496.0 < x < 4503599627370496.0:
        return copysign((fabs(x) + 4503599627370496.0) - 4503599627370496.0, x)
    return x


def exp(x: float) -> float:
    """e^x."""
    try:
        return math.exp(x)
    except OverflowError:
        return inf
