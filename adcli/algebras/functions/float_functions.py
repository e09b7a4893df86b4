"""The elementwise functions on Python floats: the namespace `m` of a rule in the float algebra.

Every function is total with IEEE-754 semantics: outside its domain it gives nan, at a pole an
infinity, past the range an infinity or zero; nothing raises. Only `math`, modules that a bare
interpreter has loaded already, and one small one are imported, so that one gradient at one point
starts fast.

Values are within 5 ulp of the exact result of the float argument. What `math` gets right is taken
from there; the rest is in `adcli.algebras.special`, built from three tools:

* pairs: an unevaluated sum of two floats (Dekker 1971; Ogita, Rump and Oishi 2005);
* Taylor and asymptotic series of NIST's Digital Library of Mathematical Functions (DLMF);
* integers with 192 fractional bits, where a negative argument is so close to a root that every
  float digit cancels (about 100 microseconds a value).

DLMF: F. W. J. Olver et al. (eds.), https://dlmf.nist.gov
"""

# ruff: noqa: F401 - what is imported belongs to the namespace

from __future__ import annotations

import math
import operator
from math import (
    asinh,
    atan,
    atan2,
    cbrt,
    copysign,
    e,
    erf,
    erfc,
    fabs,
    hypot,
    inf,
    nan,
    pi,
    tanh,
    tau,
)
from operator import add
from operator import mul as multiply
from operator import neg as negative
from operator import sub as subtract

from adcli.algebras.special.ieee import EVEN_FROM, exp, power, round

TYPE_CHECKING = False  # `typing` itself is not loaded by a bare interpreter
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

abs = fabs

# --------------------------------------------------------------------------------------------------
# Arithmetic
# --------------------------------------------------------------------------------------------------


def divide(x: float, y: float) -> float:
    """x / y, with the infinities and nan of IEEE-754 where y is 0."""
    try:
        return x / y
    except ZeroDivisionError:
        return nan if x == 0.0 or x != x else copysign(inf, x) * copysign(1.0, y)


def power_slope(x: float, y: float) -> float:
    """y x^(y-1), the derivative of x^y: 0 for y = 0, and y - 1 is never rounded."""
    if y == 2.0:
        return 2.0 * x
    if y == 0.0:
        return 0.0
    if x == 0.0 or (-EVEN_FROM < y < EVEN_FROM and (y >= 0.5 or y % 1.0 == 0.0)):
        return y * power(x, y - 1.0)
    return divide(y * power(x, y), x)


def mod(x: float, y: float) -> float:
    """The remainder x - y floor(x / y), with the sign of y; nan for y = 0."""
    try:
        return x % y
    except ZeroDivisionError:
        return nan


def minimum(first: float, *rest: float) -> float:
    """The smallest argument; nan if any is nan; -0 is below 0 (minimum of IEEE 754-2019)."""
    for x in rest:
        if first == x == 0.0:
            first = -(-first - x)
        elif not first <= x and first == first:
            first = x
    return first


def maximum(first: float, *rest: float) -> float:
    """The largest argument; nan if any is nan; 0 is above -0 (maximum of IEEE 754-2019)."""
    for x in rest:
        if first == x == 0.0:
            first = first + x
        elif not first >= x and first == first:
            first = x
    return first


def sign(x: float) -> float:
    """-1, 0 or 1 by the sign of x; 0 for either zero, nan for nan."""
    return 1.0 if x > 0.0 else -1.0 if x < 0.0 else 0.0 if x == 0.0 else nan


def floor(x: float) -> float:
    """The largest integer not above x."""
    return x // 1.0 if -4503599627370496.0 < x < 4503599627370496.0 else x


def ceil(x: float) -> float:
    """The smallest integer not below x."""
    return -(-x // 1.0) if -4503599627370496.0 < x < 4503599627370496.0 else x


def _as_number(compare: Callable[[float, float], bool]) -> Callable[[float, float], float]:
    """The comparison with 1 for true and 0 for false."""
    return lambda x, y: 1.0 if compare(x, y) else 0.0


less = _as_number(operator.lt)
less_equal = _as_number(operator.le)
greater = _as_number(operator.gt)
greater_equal = _as_number(operator.ge)
equal = _as_number(operator.eq)
not_equal = _as_number(operator.ne)


def where(c: float, a: float, b: float) -> float:
    """a where c is not 0 (nan counts as true), else b."""
    return a if c != 0.0 else b


def isfinite(x: float) -> bool:
    """Whether x is neither infinite nor nan."""
    return math.isfinite(x)


# --------------------------------------------------------------------------------------------------
# Exponentials, logarithms, roots
# --------------------------------------------------------------------------------------------------


def exp2(x: float) -> float:
    """2^x."""
    try:
        return math.exp2(x)
    except OverflowError:
        return inf


def expm1(x: float) -> float:
    """e^x - 1."""
    try:
        return math.expm1(x)
    except OverflowError:
        return inf


def log(x: float) -> float:
    """The natural logarithm."""
    try:
        return math.log(x)
    except ValueError:
        return -inf if x == 0.0 else nan


def log2(x: float) -> float:
    """The logarithm to base 2."""
    try:
        return math.log2(x)
    except ValueError:
        return -inf if x == 0.0 else nan


def log10(x: float) -> float:
    """The logarithm to base 10."""
    try:
        return math.log10(x)
    except ValueError:
        return -inf if x == 0.0 else nan


def log1p(x: float) -> float:
    """log(1 + x)."""
    try:
        return math.log1p(x)
    except ValueError:
        return -inf if x == -1.0 else nan


def sqrt(x: float) -> float:
    """The square root; nan below 0."""
    try:
        return math.sqrt(x)
    except ValueError:
        return nan


# --------------------------------------------------------------------------------------------------
# Trigonometric and hyperbolic functions
# --------------------------------------------------------------------------------------------------


def sin(x: float) -> float:
    """The sine; nan at the infinities."""
    try:
        return math.sin(x)
    except ValueError:
        return nan


def cos(x: float) -> float:
    """The cosine; nan at the infinities."""
    try:
        return math.cos(x)
    except ValueError:
        return nan


def tan(x: float) -> float:
    """The tangent; nan at the infinities."""
    try:
        return math.tan(x)
    except ValueError:
        return nan


def asin(x: float) -> float:
    """The inverse sine; nan outside [-1, 1]."""
    try:
        return math.asin(x)
    except ValueError:
        return nan


def acos(x: float) -> float:
    """The inverse cosine; nan outside [-1, 1]."""
    try:
        return math.acos(x)
    except ValueError:
        return nan


def sinh(x: float) -> float:
    """(e^x - e^-x) / 2."""
    try:
        return math.sinh(x)
    except OverflowError:
        return copysign(inf, x)


def cosh(x: float) -> float:
    """(e^x + e^-x) / 2."""
    try:
        return math.cosh(x)
    except OverflowError:
        return inf


def acosh(x: float) -> float:
    """The inverse hyperbolic cosine; nan below 1."""
    try:
        return math.acosh(x)
    except ValueError:
        return nan


def atanh(x: float) -> float:
    """The inverse hyperbolic tangent; an infinity at -1 and 1, nan beyond."""
    try:
        return math.atanh(x)
    except ValueError:
        return copysign(inf, x) if x == 1.0 or x == -1.0 else nan


# --------------------------------------------------------------------------------------------------
# Choices, for the algorithms that floats and arrays share
# --------------------------------------------------------------------------------------------------


def pieces(m: Any, x: float, *choices: tuple[bool, Callable[[Any, float], Any]]) -> Any:
    """The formula of m and x whose condition holds; nan where none does."""
    for holds, formula in choices:
        if holds:
            return formula(m, x)
    return nan


def somewhere(holds: bool) -> bool:
    """Whether the condition holds."""
    return holds


def moved(holds: bool, new: Any, old: Any) -> Any:
    """The new value: a loop over one number ends when its condition does not hold."""
    return new


def repair(value: float, bad: bool, exact: Callable[[float], float], x: float) -> float:
    """`value`, recomputed where it is bad."""
    return exact(x) if bad else value


def each(function: Callable[[float], float], x: float) -> float:
    """A function of floats at x."""
    return function(x)


# --------------------------------------------------------------------------------------------------
# The gamma function and its relatives, and what rows give
# --------------------------------------------------------------------------------------------------

_GAMMAS = ("gamma", "lgamma", "digamma", "polygamma")


def __getattr__(name: str) -> Callable[..., float]:
    """Load the gamma family when it is first used: a gradient of sin does not pay for it.

    Others are those that their row gives; one that only a library has is NumPy's, on a number.
    """
    from functools import partial
    from sys import modules

    from adcli.graph.primitives import PRIMITIVES, function_of_row

    function: Callable[..., float]
    if name in _GAMMAS:
        from adcli.algebras.special import gammas

        function = partial(getattr(gammas, name), modules[__name__])
    else:
        function = function_of_row(modules[__name__], name, "numpy")
        if "numpy" in PRIMITIVES[name].libraries:
            function = _of_number(function)
    globals()[name] = function
    return function


def _of_number(function: Callable[..., Any]) -> Callable[..., float]:
    """A function of arrays as one of numbers."""
    import numpy as np

    def of_number(*xs: float) -> float:
        with np.errstate(all="ignore"):
            return float(function(*xs))

    return of_number


def __dir__() -> list[str]:
    """All names, those not loaded yet as well."""
    from adcli.graph.primitives import PRIMITIVES

    return sorted({*globals(), *_GAMMAS, *(p.name for p in PRIMITIVES.values() if p.value)})
