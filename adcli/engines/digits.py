"""The elementwise functions on mpmath numbers: the namespace `m` of a rule at any precision.

Functions work at the precision of `mpmath.mp`, which the caller sets. As for floats they are total:
nan outside the real domain (never a complex number), an infinity at a pole. Three things differ
from IEEE-754: mpmath has no signed zero, so that 1 / 0 is inf and gamma(0) is inf; the range of
exponents is far larger, so that exp(1000) is a number; and a result whose exponent would need more
than 1000 bits, or a sine whose argument's integer part has more than 100,000 bits, counts as
overflow (inf, 0) and as nan.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import mpmath
from mpmath import mp

Number = Any
"""An mpf: mpmath has no type annotations."""

__all__ = [  # noqa: F822 - the constants are made by __getattr__
    "abs",
    "acos",
    "acosh",
    "add",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "ceil",
    "cos",
    "cosh",
    "digamma",
    "divide",
    "e",
    "equal",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "floor",
    "gamma",
    "gauss",
    "greater",
    "greater_equal",
    "hypot",
    "inf",
    "isfinite",
    "less",
    "less_equal",
    "lgamma",
    "log",
    "log1p",
    "log2",
    "log10",
    "logit",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "nan",
    "negative",
    "normcdf",
    "normpdf",
    "not_equal",
    "pi",
    "polygamma",
    "power",
    "round",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "softplus",
    "sqrt",
    "subtract",
    "tan",
    "tanh",
    "tau",
    "where",
]

_CONSTANTS: dict[str, Callable[[], Number]] = {
    "pi": lambda: +mp.pi,
    "e": lambda: +mp.e,
    "tau": lambda: 2 * mp.pi,
    "inf": lambda: mp.inf,
    "nan": lambda: mp.nan,
}


def __getattr__(name: str) -> Number:
    """The constants, each at the precision of the moment."""
    if name in _CONSTANTS:
        return _CONSTANTS[name]()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _total(function: Callable[..., Number]) -> Callable[..., Number]:
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


def _is_integer(x: Number) -> bool:
    return bool(mp.isfinite(x)) and x == mp.floor(x)


def _is_odd(x: Number) -> bool:
    return _is_integer(x) and mp.mag(x) < 1_000_000 and int(x) % 2 == 1


def _is_pole(x: Number) -> bool:
    """Whether x is 0 or a negative integer."""
    return x <= 0 and _is_integer(x)


def _too_big(x: Number, bits: int) -> bool:
    return not mp.isfinite(x) or (x != 0 and mp.mag(x) > bits)


# --------------------------------------------------------------------------------------------------
# Arithmetic
# --------------------------------------------------------------------------------------------------


@_total
def add(x: Number, y: Number) -> Number:
    """x + y."""
    return x + y


@_total
def subtract(x: Number, y: Number) -> Number:
    """x - y."""
    return x - y


@_total
def multiply(x: Number, y: Number) -> Number:
    """x y; nan for 0 times an infinity."""
    return x * y


@_total
def divide(x: Number, y: Number) -> Number:
    """x / y; x / 0 is the infinity with the sign of x, 0 / 0 is nan."""
    if y == 0:
        return mp.nan if x == 0 else mp.inf * mp.sign(x)
    return x / y


@_total
def negative(x: Number) -> Number:
    """-x."""
    return -x


def power(x: Number, y: Number) -> Number:
    """x^y as C's pow: pow(x, 0) = pow(1, y) = 1 even for nan; nan for a root of a negative x."""
    x, y = mp.mpf(x), mp.mpf(y)
    if y == 0 or x == 1:
        return mp.one
    return _power(x, y)


def detach(x: Number) -> Number:
    """x; its derivative is taken to be 0."""
    return x


def power_slope(x: Number, y: Number) -> Number:
    """y x^(y-1), the derivative of x^y, and 0 for y = 0."""
    y = mp.mpf(y)
    return y * power(x, y - 1) if y != 0 else mp.zero


@_total
def _power(x: Number, y: Number) -> Number:
    size = mp.fabs(x)
    if mp.isinf(y):
        return mp.one if size == 1 else mp.inf if (size > 1) == (y > 0) else mp.zero
    odd = _is_odd(y)
    if x == 0:
        return mp.inf if y < 0 else mp.zero
    if x < 0 and not _is_integer(y) and mp.isfinite(x):
        return mp.nan
    side = -1 if x < 0 and odd else 1
    if mp.isinf(x):
        return side * mp.inf if y > 0 else mp.zero
    if size == 1:
        return mp.mpf(side)
    reach = mp.mag(y) + mp.mag(mp.log(size))
    if reach > _RANGE:
        return side * mp.inf if (size > 1) == (y > 0) else mp.zero
    with mp.workprec(mp.prec + 20 + max(0, reach)):
        value = side * mp.exp(y * mp.log(size))
    return +value


@_total
def mod(x: Number, y: Number) -> Number:
    """The remainder x - y floor(x / y), with the sign of y; nan for y = 0 or an infinite x."""
    if y == 0 or mp.isinf(x):
        return mp.nan
    if mp.isinf(y):
        return x if x == 0 or (x > 0) == (y > 0) else y
    if max(mp.mag(x), 0) - mp.mag(y) > 1000000 if x != 0 else False:
        return mp.nan
    return x % y


@_total
def minimum(*xs: Number) -> Number:
    """The smallest argument; nan if any is nan."""
    return min(xs)


@_total
def maximum(*xs: Number) -> Number:
    """The largest argument; nan if any is nan."""
    return max(xs)


@_total
def abs(x: Number) -> Number:
    """|x|."""
    return mp.fabs(x)


@_total
def sign(x: Number) -> Number:
    """-1, 0 or 1 by the sign of x."""
    return mp.sign(x)


def _whole(function: Callable[[Number], Number]) -> Callable[[Number], Number]:
    """A rounding to integers that leaves infinities alone."""

    @functools.wraps(function)
    def whole(x: Number) -> Number:
        return x if mp.isinf(x) else function(x)

    return _total(whole)


@_whole
def floor(x: Number) -> Number:
    """The largest integer not above x."""
    return mp.floor(x)


@_whole
def ceil(x: Number) -> Number:
    """The smallest integer not below x."""
    return mp.ceil(x)


@_whole
def round(x: Number) -> Number:
    """The nearest integer, half to even."""
    return mp.nint(x)


@_total
def hypot(x: Number, y: Number) -> Number:
    """sqrt(x^2 + y^2)."""
    return mp.hypot(x, y)


def less(x: Number, y: Number) -> Number:
    """1 if x < y, else 0."""
    return mp.one if x < y else mp.zero


def less_equal(x: Number, y: Number) -> Number:
    """1 if x <= y, else 0."""
    return mp.one if x <= y else mp.zero


def greater(x: Number, y: Number) -> Number:
    """1 if x > y, else 0."""
    return mp.one if x > y else mp.zero


def greater_equal(x: Number, y: Number) -> Number:
    """1 if x >= y, else 0."""
    return mp.one if x >= y else mp.zero


def equal(x: Number, y: Number) -> Number:
    """1 if x = y, else 0."""
    return mp.one if x == y else mp.zero


def not_equal(x: Number, y: Number) -> Number:
    """0 if x = y, else 1."""
    return mp.one if x != y else mp.zero


def where(c: Number, a: Number, b: Number) -> Number:
    """a where c is not 0 (nan counts as true), else b."""
    return mp.mpf(a if c != 0 else b)


def isfinite(x: Number) -> bool:
    """Whether x is neither infinite nor nan."""
    return bool(mp.isfinite(x))


# --------------------------------------------------------------------------------------------------
# Exponentials, logarithms, roots
# --------------------------------------------------------------------------------------------------

_RANGE = 1000
"""Bits of an exponent: beyond, e^x counts as infinite, e^-x as 0."""


@_total
def exp(x: Number) -> Number:
    """e^x."""
    if _too_big(x, _RANGE):
        return mp.inf if x > 0 else mp.zero
    return mp.exp(x)


@_total
def exp2(x: Number) -> Number:
    """2^x."""
    if _too_big(x, _RANGE):
        return mp.inf if x > 0 else mp.zero
    return mp.mpf(2) ** x


@_total
def expm1(x: Number) -> Number:
    """e^x - 1."""
    if _too_big(x, _RANGE):
        return mp.inf if x > 0 else -mp.one
    return mp.expm1(x)


def _logarithm(x: Number, base: int) -> Number:
    if x < 0:
        return mp.nan
    if x == 0:
        return -mp.inf
    if mp.isinf(x):
        return mp.inf
    return mp.log(x) if base == 0 else mp.log(x, base)


@_total
def log(x: Number) -> Number:
    """The natural logarithm."""
    return _logarithm(x, 0)


@_total
def log2(x: Number) -> Number:
    """The logarithm to base 2."""
    return _logarithm(x, 2)


@_total
def log10(x: Number) -> Number:
    """The logarithm to base 10."""
    return _logarithm(x, 10)


@_total
def log1p(x: Number) -> Number:
    """log(1 + x)."""
    if x <= -1:
        return -mp.inf if x == -1 else mp.nan
    return x if mp.isinf(x) else mp.log1p(x)


@_total
def sqrt(x: Number) -> Number:
    """The square root; nan below 0."""
    return mp.nan if x < 0 else mp.sqrt(x)


@_total
def cbrt(x: Number) -> Number:
    """The real cube root."""
    return -mp.cbrt(-x) if x < 0 else mp.cbrt(x)


# --------------------------------------------------------------------------------------------------
# Trigonometric and hyperbolic functions
# --------------------------------------------------------------------------------------------------

_INTEGER_BITS = 100_000
"""Bits of the largest argument that is reduced by multiples of pi."""


@_total
def sin(x: Number) -> Number:
    """The sine; nan at the infinities."""
    return mp.nan if _too_big(x, _INTEGER_BITS) else mp.sin(x)


@_total
def cos(x: Number) -> Number:
    """The cosine; nan at the infinities."""
    return mp.nan if _too_big(x, _INTEGER_BITS) else mp.cos(x)


@_total
def tan(x: Number) -> Number:
    """The tangent; nan at the infinities."""
    return mp.nan if _too_big(x, _INTEGER_BITS) else mp.tan(x)


@_total
def asin(x: Number) -> Number:
    """The inverse sine; nan outside [-1, 1]."""
    return mp.asin(x) if -1 <= x <= 1 else mp.nan


@_total
def acos(x: Number) -> Number:
    """The inverse cosine; nan outside [-1, 1]."""
    return mp.acos(x) if -1 <= x <= 1 else mp.nan


@_total
def atan(x: Number) -> Number:
    """The inverse tangent."""
    return mp.atan(x)


@_total
def atan2(y: Number, x: Number) -> Number:
    """The angle of the point (x, y), in (-pi, pi]."""
    if mp.isinf(x) and mp.isinf(y):
        return mp.sign(y) * mp.pi * (1 if x > 0 else 3) / 4
    return mp.atan2(y, x)


@_total
def sinh(x: Number) -> Number:
    """(e^x - e^-x) / 2."""
    return mp.inf * mp.sign(x) if _too_big(x, _RANGE) else mp.sinh(x)


@_total
def cosh(x: Number) -> Number:
    """(e^x + e^-x) / 2."""
    return mp.inf if _too_big(x, _RANGE) else mp.cosh(x)


@_total
def tanh(x: Number) -> Number:
    """sinh(x) / cosh(x)."""
    return mp.sign(x) if _too_big(x, _RANGE) else mp.tanh(x)


@_total
def asinh(x: Number) -> Number:
    """The inverse hyperbolic sine."""
    return x if mp.isinf(x) else mp.asinh(x)


@_total
def acosh(x: Number) -> Number:
    """The inverse hyperbolic cosine; nan below 1."""
    if x < 1:
        return mp.nan
    return x if mp.isinf(x) else mp.acosh(x)


@_total
def atanh(x: Number) -> Number:
    """The inverse hyperbolic tangent; an infinity at -1 and 1, nan beyond."""
    if not -1 < x < 1:
        return mp.inf * x if x in (-1, 1) else mp.nan
    return mp.atanh(x)


# --------------------------------------------------------------------------------------------------
# Bell curves and sigmoids
# --------------------------------------------------------------------------------------------------


@_total
def erf(x: Number) -> Number:
    """The error function."""
    return mp.sign(x) if _too_big(x, _RANGE // 2) else mp.erf(x)


@_total
def erfc(x: Number) -> Number:
    """1 - erf(x)."""
    if _too_big(x, _RANGE // 2):
        return mp.zero if x > 0 else mp.mpf(2)
    return mp.erfc(x)


def _gauss(x: Number, half: Number) -> Number:
    """exp(-half x^2) with the digits that the square needs."""
    if _too_big(x, _RANGE // 2):
        return mp.zero
    with mp.workprec(2 * mp.prec + max(0, 2 * mp.mag(x)) + 10):
        return mp.exp(-half * x * x)


@_total
def gauss(x: Number) -> Number:
    """exp(-x^2)."""
    return +_gauss(x, mp.one)


@_total
def normpdf(x: Number) -> Number:
    """exp(-x^2 / 2) / sqrt(2 pi), the density of the standard normal distribution."""
    return _gauss(x, mp.mpf(0.5)) / mp.sqrt(2 * mp.pi)


@_total
def normcdf(x: Number) -> Number:
    """erfc(-x / sqrt 2) / 2, the distribution function of the standard normal distribution."""
    if _too_big(x, _RANGE // 2):
        return mp.one if x > 0 else mp.zero
    with mp.workprec(mp.prec + max(0, 2 * mp.mag(x)) + 10):
        value = mp.erfc(-x / mp.sqrt(2)) / 2
    return +value


@_total
def sigmoid(x: Number) -> Number:
    """1 / (1 + e^-x)."""
    small = exp(-mp.fabs(x))
    return (1 if x >= 0 else small) / (1 + small)


@_total
def logit(x: Number) -> Number:
    """log(x / (1 - x)); near 1/2 as 2 atanh(2x - 1), where 2x - 1 is exact."""
    if not 0 < x < 1:
        return -mp.inf if x == 0 else mp.inf if x == 1 else mp.nan
    if 0.25 <= x <= 0.75:
        return 2 * mp.atanh(2 * x - 1)
    return mp.log(x / (1 - x))


@_total
def softplus(x: Number) -> Number:
    """log(1 + e^x)."""
    return (x if x > 0 else 0) + mp.log1p(exp(-mp.fabs(x)))


# --------------------------------------------------------------------------------------------------
# Gamma and its relatives
# --------------------------------------------------------------------------------------------------


@_total
def gamma(x: Number) -> Number:
    """The gamma function; inf at 0, nan at the negative integers."""
    if x == 0:
        return mp.inf
    if _is_pole(x) or x == -mp.inf:
        return mp.nan
    if _too_big(x, _RANGE):
        return mp.inf if x > 0 else mp.zero
    return mp.gamma(x)


@_total
def lgamma(x: Number) -> Number:
    """log|gamma(x)|; inf at the poles and at both infinities."""
    if mp.isinf(x) or _is_pole(x):
        return mp.inf
    return mp.re(mp.loggamma(x)) if x > 0 else _lgamma_below(x)


def _lgamma_below(x: Number) -> Number:
    """lgamma(x) for x < 0 by reflection (DLMF 5.5.3), with more digits where it cancels."""
    extra = 30 + max(0, mp.mag(x))
    while True:
        with mp.workprec(mp.prec + extra):
            above = mp.loggamma(1 - x)
            value = mp.log(mp.pi / mp.fabs(mp.sinpi(x))) - above
            lost = mp.mag(above) - mp.mag(value) if value != 0 else extra
        if lost + 20 < extra or extra > 4 * mp.prec + 2000:
            return +value
        extra += lost + 20


@_total
def digamma(x: Number) -> Number:
    """The derivative of lgamma; nan at 0, the negative integers and -inf."""
    if _is_pole(x) or mp.isinf(x):
        return mp.inf if x > 0 else mp.nan
    return _psi(0, x)


@_total
def polygamma(n: Number, x: Number) -> Number:
    """The n-th derivative of digamma; nan unless n is 0, 1, 2 ... 10^4.

    At the negative integers inf for odd n and nan for even n; at 0 inf for odd n, -inf for even.
    """
    if n < 0 or not _is_integer(n) or n > 10**4:
        return mp.nan
    if n == 0:
        return digamma(x)
    odd = int(n) % 2 == 1
    if x == 0:
        return mp.inf if odd else -mp.inf
    if mp.isinf(x):
        return mp.zero if x > 0 else mp.nan
    if _is_pole(x):
        return mp.inf if odd else mp.nan
    return _psi(int(n), x)


def _psi(n: int, x: Number) -> Number:
    """polygamma, with more digits near a root: mpmath promises the absolute error only."""
    extra = 20 + (max(0, mp.mag(x)) if x < 0 else 0)
    for _ in range(4):
        with mp.workprec(mp.prec + extra):
            value = mp.psi(n, x)
        lost = -mp.mag(value) if value != 0 else mp.prec
        if x > 10 or lost + 15 < extra:
            break
        extra += lost + 20
    return +value
