"""Values as metrologists write them: rounded to the digits of their uncertainty."""

from __future__ import annotations

import math
from decimal import Decimal

LARGEST, SMALLEST = 10, -5
"""Powers of ten from and below which a number is written with an exponent."""
MOST_DIGITS = 15
"""Digits of a value, about, that a float64 holds."""
FAR = "far"
"""In place of a power of ten: the value has not so many digits as its uncertainty asks for."""


def shorthand(value: float, u: float, digits: int = 2) -> str:
    """A value with its standard uncertainty in brackets, in units of the last place.

    >>> shorthand(1.0, 0.002), shorthand(12.34, 1.24), shorthand(12345, 678), shorthand(2e-9, 3e-12)
    ('1.0000(20)', '12.3(1.2)', '1.234(68)e4', '2.0000(30)e-9')
    """
    number, bracket, power = _parts(value, u, digits)
    if power == FAR:
        return f"{number} ± {in_digits(u, digits)}"
    return f"{number}({bracket}){power}" if bracket else f"{number}{power}"


def rounded(value: float, u: float, digits: int = 2) -> str:
    """A value with as many places as its uncertainty.

    >>> rounded(1.0, 0.002), rounded(12345, 678)
    ('1.0000', '1.234e4')
    """
    number, _, power = _parts(value, u, digits)
    return number if power == FAR else number + power


def in_digits(x: float, digits: int = 2) -> str:
    """A number with so many significant digits, zeros at its end included.

    >>> in_digits(0.002), in_digits(1.96), in_digits(12345), in_digits(-3e-9)
    ('0.0020', '2.0', '1.2e4', '-3.0e-9')
    """
    if x == 0 or not math.isfinite(x):
        return f"{x + 0.0:g}"
    place = _exponent(x, digits)
    if SMALLEST < place < max(digits, 3):
        return f"{Decimal(f'{x:.{digits - 1}e}'):.{max(digits - 1 - place, 0)}f}"
    return f"{Decimal(x).scaleb(-place):.{digits - 1}f}e{place}"


def _exponent(x: float, digits: int) -> int:
    """The power of ten of the first digit, after rounding."""
    return int(f"{abs(x):.{digits - 1}e}".partition("e")[2])


def _parts(value: float, u: float, digits: int) -> tuple[str, str, str]:
    """The digits of the value, those of the uncertainty, and the power of ten."""
    if not (u > 0 and math.isfinite(u)):
        return f"{value + 0.0:.12g}", "", ""
    last = _exponent(u, digits) - digits + 1
    top = max(_exponent(value, 15) if value else last, last + digits - 1)
    if top - last > MOST_DIGITS:
        return f"{value:.15g}", "", FAR
    if last <= 0 and SMALLEST < top < LARGEST:
        power, places = "", -last
    else:
        power, places = f"e{top}", top - last
        value, u = (float(Decimal(x).scaleb(-top)) for x in (value, u))
    number = f"{Decimal(value):.{places}f}"
    if not number.strip("-0."):
        number = number.removeprefix("-")
    spread = f"{Decimal(u):.{places}f}"
    bracket = spread if 0 < places < digits else spread.replace(".", "").lstrip("0")
    return number, bracket, power
