"""The elementwise functions on NumPy arrays: the namespace `m` of a rule in the array algebra.

All arguments are float64 arrays (or floats) of shapes that broadcast; the results are float64
arrays. Semantics and accuracy are those of `adcli.algebras.functions.float_functions`. NumPy
reports a pole or an overflow as a warning: the caller holds `quiet()` around a sweep, so that a
function costs one or few passes and no context switch of its own. Negative arguments next to a root
of lgamma, digamma or polygamma of even order are rare and go one by one, at about 100 microseconds
each.
"""

# ruff: noqa: F401 - what is imported belongs to the namespace

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from math import tau
from typing import Any

import numpy as np
from numpy import absolute as abs
from numpy import (
    add,
    cbrt,
    ceil,
    cos,
    cosh,
    divide,
    e,
    exp,
    exp2,
    expm1,
    floor,
    hypot,
    inf,
    isfinite,
    log,
    log1p,
    log2,
    log10,
    mod,
    multiply,
    nan,
    negative,
    pi,
    power,
    sign,
    sin,
    sinh,
    sqrt,
    subtract,
    tan,
    tanh,
)
from numpy import arccos as acos
from numpy import arccosh as acosh
from numpy import arcsin as asin
from numpy import arcsinh as asinh
from numpy import arctan as atan
from numpy import arctan2 as atan2
from numpy import arctanh as atanh
from numpy import rint as round
from numpy.typing import ArrayLike, NDArray

from adcli.algebras.special.gammas import digamma as own_digamma
from adcli.algebras.special.gammas import gamma as own_gamma
from adcli.algebras.special.gammas import lgamma as own_lgamma
from adcli.algebras.special.gammas import polygamma as own_polygamma
from adcli.algebras.special.ieee import EVEN_FROM
from adcli.algebras.special.pairs import horner
from adcli.graph.primitives import COMPARISONS, PRIMITIVES, function_of_row
from adcli.graph.primitives.special import bell

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_ERFCX_CENTRE, _ERFCX_RADIUS = 0.045582949308755752, 0.76086866359447
_ERFCX = (
    4.6125914702470984e-12,
    -1.0142079685784126e-11,
    -7.477131898354215e-11,
    9.03597964797279e-11,
    7.593293372546378e-10,
    -2.6246660114104636e-10,
    -6.683360307177897e-09,
    -1.9832825224890798e-09,
    5.889428542610406e-08,
    3.684847080546962e-08,
    -5.670954664056012e-07,
    -2.615780539131062e-07,
    6.162148279897939e-06,
    -2.750677949365602e-06,
    -6.951963562050345e-05,
    0.00017532797155895741,
    0.0004663234179634518,
    -0.004435385881900521,
    0.015791636677200304,
    -0.03500208547453089,
    0.04813265468376976,
    -0.018095491047198774,
    -0.1059074195185404,
    1.246739000387667,
)
"""Interpolation of (1 + 2x) exp(x^2) erfc(x), 0.5 <= x <= 28, at Chebyshev points of the
variable (x - 3) / (x + 3) scaled to [-1, 1]; the form of M. Shepherd and J. Laframboise, Math.
Comp. 36 (1981)."""


def quiet() -> np.errstate:
    """The context that the caller of these functions holds: no floating-point warnings."""
    return np.errstate(all="ignore")


def are_finite(arrays: Iterable[Array]) -> bool:
    """Whether no element is infinite or nan; a sum of huge numbers may say no as well."""
    with quiet():
        return all(np.isfinite(x.sum()) for x in arrays)


# --------------------------------------------------------------------------------------------------
# Arithmetic
# --------------------------------------------------------------------------------------------------


def largest(x: Any, y: Any, out: Any = None, dtype: Any = None) -> Any:
    """np.maximum with 0 above -0, as in floats: NumPy takes either of them."""
    zeros = _zeros_that_tie(x, y)
    total = None if zeros is None else np.add(x, y)
    result = np.maximum(x, y, out=out, dtype=dtype)
    return result if zeros is None else _replaced(result, zeros, total)


def smallest(x: Any, y: Any, out: Any = None, dtype: Any = None) -> Any:
    """np.minimum with -0 below 0, as in floats."""
    zeros = _zeros_that_tie(x, y)
    total = None if zeros is None else -np.subtract(np.negative(x), y)
    result = np.minimum(x, y, out=out, dtype=dtype)
    return result if zeros is None else _replaced(result, zeros, total)


def _zeros_that_tie(x: Any, y: Any) -> Any:
    """Where both are 0, one of them -0; None for nowhere."""
    if np.ndim(y) == 0 and y != 0:  # no 0 beside a number: max(x, 1)
        return None
    zeros = np.equal(x, 0)
    if not zeros.any():  # as almost always
        return None
    zeros = zeros & np.equal(y, 0)
    return zeros if zeros.any() else None


def _replaced(result: Any, where: Any, by: Any) -> Any:
    if np.ndim(result) == 0:
        return by if where else result
    np.copyto(result, by, where=where)
    return result


def minimum(first: Array, *rest: Array) -> Array:
    """The smallest argument; nan if any is nan; -0 is below 0."""
    for x in rest:
        first = smallest(first, x)
    return first


def maximum(first: Array, *rest: Array) -> Array:
    """The largest argument; nan if any is nan; 0 is above -0."""
    for x in rest:
        first = largest(first, x)
    return first


def _as_number(compare: np.ufunc) -> Callable[[ArrayLike, ArrayLike], Array]:
    """The comparison with 1.0 for true and 0.0 for false, in one pass."""

    def compared(x: ArrayLike, y: ArrayLike) -> Array:
        return np.asarray(compare(x, y), dtype=np.float64)

    compared.__doc__ = f"1 where {compare.__name__.replace('_', ' or ')} holds, else 0."
    return compared


less = _as_number(np.less)
less_equal = _as_number(np.less_equal)
greater = _as_number(np.greater)
greater_equal = _as_number(np.greater_equal)
equal = _as_number(np.equal)
not_equal = _as_number(np.not_equal)


def power_slope(x: Array, y: Array) -> Array:
    """y x^(y-1), the derivative of x^y: 0 for y = 0, and y - 1 is never rounded."""
    exact = ((y >= 0.5) | (np.floor(y) == y)) & (np.abs(y) < EVEN_FROM)
    slope = y * power(x, y - 1.0)
    if not np.all(exact):
        slope = np.where(exact | (x == 0.0), slope, divide(y * power(x, y), x))
    return np.where(y == 0.0, 0.0, slope)


def where(c: ArrayLike, a: ArrayLike, b: ArrayLike) -> Array:
    """a where c is not 0 (nan counts as true), else b."""
    return np.where(c, a, b)


# --------------------------------------------------------------------------------------------------
# Choices, for the algorithms that floats and arrays share
# --------------------------------------------------------------------------------------------------


def pieces(m: Any, x: Array, *choices: tuple[Mask, Callable[[Any, Array], Any]]) -> Any:
    """Each formula of m and x on the elements that its mask picks; nan where no mask does.

    The formulas give an array each, or all a pair of arrays.
    """
    result = None
    for mask, formula in choices:
        if mask.ndim and x.size and mask.all():
            return formula(m, x)
        if mask.any():
            part = formula(m, x[mask])
            halves = part if isinstance(part, tuple) else (part,)
            result = result or tuple(np.full(x.shape, np.nan) for _ in halves)
            for whole, half in zip(result, halves, strict=True):
                whole[mask] = half
    result = result or (np.full(x.shape, np.nan),)
    return result if len(result) > 1 else result[0]


def somewhere(mask: Mask) -> bool:
    """Whether the mask holds for an element."""
    return bool(mask.any())


def moved(mask: Mask, new: Any, old: Any) -> Any:
    """The new value where the mask holds, of an array or a pair of arrays."""
    if isinstance(new, tuple):
        return np.where(mask, new[0], old[0]), np.where(mask, new[1], old[1])
    return np.where(mask, new, old)


def repair(value: Array, bad: Mask, exact: Callable[[float], float], x: Array) -> Array:
    """`value` with the few bad elements recomputed one by one."""
    if bad.any():
        value[bad] = each(exact, x[bad])
    return value


def each(function: Callable[[float], float], x: Array) -> Array:
    """A function of floats on every element."""
    return np.array([function(element) for element in x.ravel().tolist()]).reshape(x.shape)


# --------------------------------------------------------------------------------------------------
# Error functions
# --------------------------------------------------------------------------------------------------


def erf(x: ArrayLike) -> Array:
    """The error function."""
    from scipy import special

    return np.asarray(special.erf(x))


def erfc(x: ArrayLike) -> Array:
    """1 - erf(x); above 1/2 as erfcx(x) exp(-x^2), which keeps the digits of the tail."""
    from scipy import special

    x = np.asarray(x, dtype=np.float64)
    return _either(x, ~(x > 0.5), special.erfc, _erfc_above)


def _erfc_above(m: Any, x: Array) -> Array:
    """erfc(x) for x > 1/2; erfcx(x) = exp(x^2) erfc(x) is constant from 30 on, where this is 0."""
    cut = np.minimum(x, 30.0)
    t = ((cut - 3.0) / (cut + 3.0) - _ERFCX_CENTRE) / _ERFCX_RADIUS
    erfcx = horner(_ERFCX, t) / (1.0 + 2.0 * cut)
    return np.asarray(erfcx * bell(m, x, 30.0, 1.0))


def _either(
    x: Array, good: Mask, theirs: Callable[[Array], Array], own: Callable[[Any, Array], Array]
) -> Array:
    """SciPy's function where it is good, else our own."""
    return np.asarray(pieces(m, x, (good, lambda m, x: theirs(x)), (~good, own)))


# --------------------------------------------------------------------------------------------------
# The gamma function and its relatives: SciPy's where it holds 5 ulp
# --------------------------------------------------------------------------------------------------


def gamma(x: ArrayLike) -> Array:
    """The gamma function; an infinity at 0 with its sign, nan at the negative integers."""
    from scipy import special

    x = np.asarray(x, dtype=np.float64)
    return _either(x, (x >= 33.0) | ((x >= 2.0) & (x < 10.0)), special.gamma, own_gamma)


def lgamma(x: ArrayLike) -> Array:
    """log|gamma(x)|; inf at 0, the negative integers and both infinities."""
    from scipy import special

    x = np.asarray(x, dtype=np.float64)
    return _either(x, x >= 3.0, special.gammaln, own_lgamma)


def digamma(x: ArrayLike) -> Array:
    """The derivative of lgamma; nan at 0, the negative integers and -inf."""
    from scipy import special

    x = np.asarray(x, dtype=np.float64)
    return _either(x, x > 0.0, special.psi, own_digamma)


def polygamma(n: ArrayLike, x: ArrayLike) -> Array:
    """The n-th derivative of digamma, order by order; nan unless n is 0, 1, 2 ..."""
    n, x = np.broadcast_arrays(np.asarray(n, dtype=np.float64), np.asarray(x, dtype=np.float64))
    result = np.full(x.shape, nan)
    for order in np.unique(n).tolist():
        mask = n == order
        result[mask] = digamma(x[mask]) if order == 0 else own_polygamma(m, order, x[mask])
    return result


def __getattr__(name: str) -> Callable[..., Array]:
    """The functions whose row states their value, or a library's name for them."""
    shared = name in PRIMITIVES and "shared" in PRIMITIVES[name].libraries
    return function_of_row(m if shared else _FORMULAS, name, "numpy")


class _ArrayFormulas:
    """The namespace of the values that rows state: comparisons take an eighth of the memory."""

    def __getattr__(self, name: str) -> Callable[..., Array]:
        if name not in COMPARISONS:
            found: Callable[..., Array] = getattr(m, name)
            return found
        compare = getattr(np, name)
        return lambda x, y: compare(x, y).view(np.int8)


_FORMULAS = _ArrayFormulas()
m: Any = sys.modules[__name__]
"""This namespace, for the algorithms that floats and arrays share."""
