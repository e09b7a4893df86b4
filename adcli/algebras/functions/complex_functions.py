"""The analytic functions on complex arrays, for the complex step.

f(x + ih) = f(x) + ih f'(x) + O(h^2): with h = 1e-40 |x| nothing is subtracted and nothing is
rounded away, if every function keeps the digits of a tiny imaginary part. Where NumPy's does not,
the function is composed of those that do. Conditions look at real parts.

Source: W. Squire and G. Trapp, SIAM Review 40 (1998) 110-112.
"""

# ruff: noqa: F401 - what is imported belongs to the namespace

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
from numpy import (
    add,
    cos,
    cosh,
    divide,
    exp,
    expm1,
    inf,
    log,
    log1p,
    multiply,
    negative,
    pi,
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
from numpy import arctanh as atanh
from numpy.typing import NDArray

from adcli.graph.primitives import COMPARISONS, function_of_row

Array = NDArray[np.complex128]

_LOG2, _LOG10 = float(np.log(2.0)), float(np.log(10.0))


def detach(x: Array) -> Array:
    """x as a constant: its real part."""
    return add(x.real, 0j)


def floor(x: Array) -> Array:
    """The largest integer not above the real part."""
    return np.floor(x.real) + 0j


def slope(x: Array, w: Array) -> Array:
    """0, with the step of x times w: what its derivative in x makes of it."""
    return np.asarray(1j * x.imag * w.real)


def where(c: Array, a: Array, b: Array) -> Array:
    """a where the real part of c is not 0, else b."""
    return np.where(c.real != 0, a, b)


# ---- powers, exponentials and logarithms ----


def power(x: Array, y: Array) -> Array:
    """x^y; a power of a negative x with a whole exponent is that of -x with its sign."""
    x, y = np.broadcast_arrays(x, y)
    whole = (y.imag == 0) & (y.real == np.floor(y.real))
    flip = whole & (x.real < 0)
    base = np.where(flip, -x, x)
    value = np.where(y == 0, 1.0 + 0j, exp(y * log(np.where(x == 0, 1.0 + 0j, base))))
    value = np.where((x == 0) & (y.real > 0), 0j, value)
    value = np.where((x == 0) & (y.real < 0), complex(np.nan), value)
    small = whole & (np.abs(y.real) <= 64)
    for n in np.unique(y.real[small]):
        here = small & (y.real == n)
        value = np.where(here, _whole_power(base, int(n)), value)
    odd = np.mod(y.real, 2.0) == 1.0
    return np.where(flip & odd, -value, value)


def _whole_power(x: Array, n: int) -> Array:
    """x^n by repeated squaring."""
    result = np.ones_like(x)
    square, left = x, abs(n)
    while left:
        if left & 1:
            result = result * square
        square, left = square * square, left >> 1
    return 1.0 / result if n < 0 else result


def exp2(x: Array) -> Array:
    """2^x."""
    return exp(x * _LOG2)


def log2(x: Array) -> Array:
    """The logarithm to base 2."""
    return divide(log(x), _LOG2)


def log10(x: Array) -> Array:
    """The logarithm to base 10."""
    return divide(log(x), _LOG10)


def cbrt(x: Array) -> Array:
    """The real cube root's continuation: odd in x."""
    below = x.real < 0
    root = exp(log(np.where(below, -x, x)) / 3.0)
    return np.where(below, -root, root)


def hypot(x: Array, y: Array) -> Array:
    """sqrt(x^2 + y^2), scaled by the larger real part."""
    scale = np.maximum(np.abs(x.real), np.abs(y.real))
    scale = np.where((scale > 0) & np.isfinite(scale), scale, 1.0)
    a, b = x / scale, y / scale
    return scale * sqrt(a * a + b * b)


# ---- trigonometry ----


def atan2(y: Array, x: Array) -> Array:
    """The angle of (x, y): the inverse tangent of the smaller ratio, turned by the quadrant."""
    steep = np.abs(y.real) > np.abs(x.real)
    turn = np.arctan2(y.real, x.real) - np.where(
        steep, -np.arctan(x.real / y.real), np.arctan(y.real / x.real)
    )
    return turn + np.where(steep, -np.arctan(x / y), np.arctan(y / x))


# ---- probability, special functions ----


def gauss(x: Array) -> Array:
    """exp(-x^2)."""
    return exp(-x * x)


def normpdf(x: Array) -> Array:
    """The standard normal density."""
    return divide(exp(-0.5 * x * x), np.sqrt(2.0 * np.pi))


def erf(x: Array) -> Array:
    """The error function."""
    from scipy import special

    return np.asarray(special.erf(x))


def erfc(x: Array) -> Array:
    """1 - erf(x)."""
    from scipy import special

    return np.asarray(special.erfc(x))


def normcdf(x: Array) -> Array:
    """The standard normal distribution."""
    return 0.5 * erfc(-x / np.sqrt(2.0))


def lognormcdf(x: Array) -> Array:
    """The logarithm of the standard normal distribution."""
    return np.asarray(log(normcdf(x)))


def invmills(x: Array) -> Array:
    """The density by the distribution."""
    return np.asarray(divide(normpdf(x), normcdf(x)))


def sinc(x: Array) -> Array:
    """sin(pi x)/(pi x)."""
    return np.where(x == 0, 1.0 + 0j, divide(_sin_pi(x), np.pi * x))


def gamma(x: Array) -> Array:
    """The gamma function; for a negative real part by reflection (DLMF 5.5.3)."""
    from scipy import special

    below = x.real < 0.5
    above = np.asarray(special.gamma(np.where(below, 1.0 - x, x)))
    return np.where(below, np.pi / (_sin_pi(x) * above), above)


def lgamma(x: Array) -> Array:
    """The continuation of log|gamma(x)|; for a negative real part by reflection (DLMF 5.5.3)."""
    from scipy import special

    below = x.real < 0.5
    above = np.asarray(special.loggamma(np.where(below, 1.0 - x, x)))
    sine = _sin_pi(x)
    sine = np.where(sine.real < 0, -sine, sine)
    return np.where(below, np.log(np.pi) - log(sine) - above, above)


def _sin_pi(x: Array) -> Array:
    """sin(pi x), from the distance to the nearest whole number."""
    nearest = np.round(x.real)
    sine = sin(np.pi * (x - nearest))
    return np.where(np.mod(nearest, 2.0) == 1.0, -sine, sine)


def digamma(x: Array) -> Array:
    """The derivative of lgamma."""
    from scipy import special

    return np.asarray(special.digamma(x))


def __getattr__(name: str) -> Callable[..., Array]:
    """The functions whose row states their value, but one that is made of polygamma."""
    if name == "stirling_slope":
        raise AttributeError("there is no complex polygamma")
    return function_of_row(_FORMULAS, name)


class _ComplexFormulas:
    """The namespace of the values that rows state, where branches go by real parts."""

    def __getattr__(self, name: str) -> Callable[..., Array]:
        if name not in COMPARISONS:
            found: Callable[..., Array] = getattr(sys.modules[__name__], name)
            return found
        compare = getattr(np, name)
        return lambda x, y: add(compare(np.real(x), np.real(y)), 0j)

    def abs(self, x: Array) -> Array:
        """x or -x, as the real part is positive or negative."""
        return np.where(x.real < 0, -x, x)


_FORMULAS = _ComplexFormulas()
