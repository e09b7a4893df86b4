"""The elementwise functions on mpmath numbers: the namespace `m` of a rule at any precision.

Functions work at the precision of `mpmath.mp`, which the caller sets. As for floats they are total:
nan outside the real domain (never a complex number), an infinity at a pole. Three things differ
from IEEE-754: mpmath has no signed zero, so that 1 / 0 is inf and gamma(0) is inf; the range of
exponents is far larger, so that exp(1000) is a number; and a result whose exponent would need more
than 1000 bits, or a sine whose argument's integer part has more than 100,000 bits, counts as
overflow (inf, 0) and as nan.
"""

# ruff: noqa: F401 - what is imported belongs to the namespace

from __future__ import annotations

import operator
import sys
from collections.abc import Callable

from mpmath import mp

from adcli.algebras.special.digit_deviance import (
    kl_div,
    log1pmx,
    stirling_error,
    stirling_slope,
)
from adcli.algebras.special.digit_special import (
    digamma,
    erf,
    erfc,
    gamma,
    gauss,
    lgamma,
    normcdf,
    normpdf,
    polygamma,
)
from adcli.algebras.special.digit_tools import RANGE, Number, bounded, is_integer, is_odd, total
from adcli.graph.primitives import function_of_row

_CONSTANTS: dict[str, Callable[[], Number]] = {
    "pi": lambda: +mp.pi,
    "e": lambda: +mp.e,
    "tau": lambda: 2 * mp.pi,
    "inf": lambda: mp.inf,
    "nan": lambda: mp.nan,
}


def __getattr__(name: str) -> Number | Callable[..., Number]:
    """The constants, each at the precision of the moment; functions that their row gives."""
    if name in _CONSTANTS:
        return _CONSTANTS[name]()
    return total(function_of_row(sys.modules[__name__], name, "mpmath"))


# --------------------------------------------------------------------------------------------------
# Arithmetic
# --------------------------------------------------------------------------------------------------


add = total(operator.add)
subtract = total(operator.sub)
multiply = total(operator.mul)
negative = total(operator.neg)


@total
def divide(x: Number, y: Number) -> Number:
    """x / y; x / 0 is the infinity with the sign of x, 0 / 0 is nan."""
    if y == 0:
        return mp.nan if x == 0 else mp.inf * mp.sign(x)
    return x / y


SMALL_EXPONENT, FAR = 64, 1 << 60
"""Whole exponents up to which squarings beat exp(y log x), and sizes of x, in bits, within which
their results are in range."""


def power(x: Number, y: Number) -> Number:
    """x^y as C's pow: pow(x, 0) = pow(1, y) = 1 even for nan; nan for a root of a negative x."""
    x, y = mp.mpf(x), mp.mpf(y)
    if y == 0 or x == 1:
        return mp.one
    return _power(x, y)


def power_slope(x: Number, y: Number) -> Number:
    """y x^(y-1), the derivative of x^y, and 0 for y = 0."""
    y = mp.mpf(y)
    if x != 0 and mp.isfinite(y) and mp.mag(y) > mp.prec:  # y - 1 has too many digits
        return y * power(x, y) / x
    return y * power(x, y - 1) if y != 0 else mp.zero


@total
def _power(x: Number, y: Number) -> Number:
    size = mp.fabs(x)
    if mp.isinf(y):
        return mp.one if size == 1 else mp.inf if (size > 1) == (y > 0) else mp.zero
    odd = is_odd(y)
    if x == 0:
        return mp.inf if y < 0 else mp.zero
    if x < 0 and not is_integer(y) and mp.isfinite(x):
        return mp.nan
    side = -1 if x < 0 and odd else 1
    if mp.isinf(x):
        return side * mp.inf if y > 0 else mp.zero
    if size == 1:
        return mp.mpf(side)
    if mp.fabs(y) <= SMALL_EXPONENT and is_integer(y) and abs(mp.mag(x)) < FAR:
        return x ** int(y)
    reach = mp.mag(y) + mp.mag(mp.log(size))
    if reach > RANGE:
        return side * mp.inf if (size > 1) == (y > 0) else mp.zero
    with mp.workprec(mp.prec + 20 + max(0, reach)):
        value = side * mp.exp(y * mp.log(size))
    return +value


@total
def mod(x: Number, y: Number) -> Number:
    """The remainder x - y floor(x / y), with the sign of y; nan for y = 0 or an infinite x."""
    if y == 0 or mp.isinf(x):
        return mp.nan
    if mp.isinf(y):
        return x if x == 0 or (x > 0) == (y > 0) else y
    if mp.fabs(x) < mp.fabs(y):  # the operator would write out both, to their last digit
        return x if x == 0 or (x > 0) == (y > 0) else x + y
    if max(mp.mag(x), 0) - mp.mag(y) > 1000000 if x != 0 else False:
        return mp.nan
    return x % y


minimum = total(lambda *xs: min(xs))
maximum = total(lambda *xs: max(xs))
abs = total(mp.fabs)
sign = total(mp.sign)
floor = total(mp.floor)
ceil = total(mp.ceil)
round = total(mp.nint)
hypot = total(mp.hypot)


def _as_number(compare: Callable[[Number, Number], bool]) -> Callable[[Number, Number], Number]:
    """The comparison with 1 for true and 0 for false."""

    def compared(x: Number, y: Number) -> Number:
        return mp.one if compare(x, y) else mp.zero

    return compared


less = _as_number(operator.lt)
less_equal = _as_number(operator.le)
greater = _as_number(operator.gt)
greater_equal = _as_number(operator.ge)
equal = _as_number(operator.eq)
not_equal = _as_number(operator.ne)


def where(c: Number, a: Number, b: Number) -> Number:
    """a where c is not 0 (nan counts as true), else b."""
    return mp.mpf(a if c != 0 else b)


def isfinite(x: Number) -> bool:
    """Whether x is neither infinite nor nan."""
    return bool(mp.isfinite(x))


# --------------------------------------------------------------------------------------------------
# Exponentials, logarithms, roots
# --------------------------------------------------------------------------------------------------

exp = bounded(mp.exp, RANGE, mp.inf, mp.zero)
exp2 = bounded(lambda x: mp.mpf(2) ** x, RANGE, mp.inf, mp.zero)
expm1 = bounded(mp.expm1, RANGE, mp.inf, -mp.one)
log = total(mp.log)
log2 = total(lambda x: mp.log(x, 2))
log10 = total(mp.log10)
log1p = total(mp.log1p)
sqrt = total(mp.sqrt)


@total
def cbrt(x: Number) -> Number:
    """The real cube root."""
    return -mp.cbrt(-x) if x < 0 else mp.cbrt(x)


# --------------------------------------------------------------------------------------------------
# Trigonometric and hyperbolic functions
# --------------------------------------------------------------------------------------------------

_INTEGER_BITS = 100_000
"""Bits of the largest argument that is reduced by multiples of pi."""

sin = bounded(mp.sin, _INTEGER_BITS, mp.nan, mp.nan)
cos = bounded(mp.cos, _INTEGER_BITS, mp.nan, mp.nan)
tan = bounded(mp.tan, _INTEGER_BITS, mp.nan, mp.nan)
asin = total(mp.asin)
acos = total(mp.acos)
atan = total(mp.atan)
sinh = bounded(mp.sinh, RANGE, mp.inf, -mp.inf)
cosh = bounded(mp.cosh, RANGE, mp.inf, mp.inf)
tanh = bounded(mp.tanh, RANGE, mp.one, -mp.one)
asinh = total(mp.asinh)
acosh = total(mp.acosh)
atanh = total(mp.atanh)


@total
def atan2(y: Number, x: Number) -> Number:
    """The angle of the point (x, y), in (-pi, pi]."""
    if mp.isinf(x) and mp.isinf(y):
        return mp.sign(y) * mp.pi * (1 if x > 0 else 3) / 4
    return mp.atan2(y, x)
