"""The elementwise functions on NumPy arrays: the namespace `m` of a rule in the array algebra.

All arguments are float64 arrays (or floats) of shapes that broadcast; the results are float64
arrays. Semantics and accuracy are those of `adcli.engines.floats`. NumPy reports a pole or an
overflow as a warning: the caller holds `quiet()` around a sweep, so that a function costs one or
few passes and no context switch of its own. Negative arguments next to a root of lgamma, digamma
or polygamma of even order are rare and go one by one through `adcli.engines.floats`, at about 100
microseconds each.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy import absolute as abs
from numpy import (
    add,
    ceil,
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
from numpy import cbrt as cbrt
from numpy import cos as cos
from numpy import cosh as cosh
from numpy import rint as round
from numpy.typing import ArrayLike, NDArray

from adcli.engines import floats
from adcli.engines.floats import tau

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Pair = tuple[Array, Array]

__all__ = [
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
    "quiet",
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


# --------------------------------------------------------------------------------------------------
# Arithmetic
# --------------------------------------------------------------------------------------------------


def minimum(first: Array, *rest: Array) -> Array:
    """The smallest argument; nan if any is nan."""
    for x in rest:
        first = np.minimum(first, x)
    return first


def maximum(first: Array, *rest: Array) -> Array:
    """The largest argument; nan if any is nan."""
    for x in rest:
        first = np.maximum(first, x)
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


def detach(x: Array) -> Array:
    """x; its derivative is taken to be 0."""
    return x


def power_slope(x: Array, y: Array) -> Array:
    """y x^(y-1), the derivative of x^y: 0 for y = 0, and y - 1 is never rounded."""
    exact = (y >= 0.5) | (np.floor(y) == y)
    slope = y * power(x, y - 1.0)
    if not np.all(exact):
        slope = np.where(exact | (x == 0.0), slope, divide(y * power(x, y), x))
    return np.where(y == 0.0, 0.0, slope)


def where(c: ArrayLike, a: ArrayLike, b: ArrayLike) -> Array:
    """a where c is not 0 (nan counts as true), else b."""
    return np.where(np.not_equal(c, 0.0), a, b)


# --------------------------------------------------------------------------------------------------
# Bell curves and sigmoids
# --------------------------------------------------------------------------------------------------


def _gauss_below(x: Array, limit: float, half: float) -> Array:
    """exp(-half x^2) from the exact square; x is cut at a limit where the result is 0 already."""
    cut = np.clip(x, -limit, limit)
    high, low = floats._two_product(cut, cut)
    value = np.exp(-half * high)
    return value - value * (half * low)


def gauss(x: ArrayLike) -> Array:
    """exp(-x^2): the square is exact as a pair, so the tail keeps its digits."""
    return _gauss_below(np.asarray(x, dtype=np.float64), 30.0, 1.0)


def normpdf(x: ArrayLike) -> Array:
    """exp(-x^2 / 2) / sqrt(2 pi), the density of the standard normal distribution."""
    return floats._INV_SQRT_TAU[0] * _gauss_below(np.asarray(x, dtype=np.float64), 40.0, 0.5)


def erf(x: ArrayLike) -> Array:
    """The error function."""
    from scipy import special

    return np.asarray(special.erf(x))


def erfc(x: ArrayLike) -> Array:
    """1 - erf(x); above 1/2 as erfcx(x) exp(-x^2), which keeps the digits of the tail."""
    from scipy import special

    x = np.asarray(x, dtype=np.float64)
    return _pieces(
        (x,),
        (x > 0.5, lambda x: _erfcx(x) * _gauss_below(x, 30.0, 1.0)),
        (~(x > 0.5), special.erfc),
    )


def normcdf(x: ArrayLike) -> Array:
    """erfc(-x / sqrt 2) / 2; the tail from the exact x^2, as -x / sqrt 2 is rounded."""
    from scipy import special

    x = np.asarray(x, dtype=np.float64)
    half_root = floats._SQRT_HALF[0]
    return _pieces(
        (x,),
        (x < -0.75, lambda x: 0.5 * _erfcx(-x * half_root) * _gauss_below(x, 40.0, 0.5)),
        (~(x < -0.75), lambda x: 0.5 * special.erfc(-x * half_root)),
    )


def _erfcx(x: Array) -> Array:
    """exp(x^2) erfc(x) for x > 1/2; constant from 30 on, where erfc is 0."""
    x = np.minimum(x, 30.0)
    t = ((x - 3.0) / (x + 3.0) - _ERFCX_CENTRE) / _ERFCX_RADIUS
    return floats._horner(_ERFCX, t) / (1.0 + 2.0 * x)


def sigmoid(x: ArrayLike) -> Array:
    """1 / (1 + e^-x), from the exponential that cannot overflow."""
    small = np.exp(-np.abs(x))
    return np.where(np.greater_equal(x, 0.0), 1.0, small) / (1.0 + small)


def logit(x: ArrayLike) -> Array:
    """log(x / (1 - x)); near 1/2 as 2 atanh(2x - 1), where 2x - 1 is exact."""
    x = np.asarray(x, dtype=np.float64)
    middle = np.abs(x - 0.5) <= 0.25
    return _pieces(
        (x,),
        (middle, lambda x: 2.0 * np.arctanh(2.0 * x - 1.0)),
        (~middle, lambda x: np.log(x / (1.0 - x))),
    )


def softplus(x: ArrayLike) -> Array:
    """log(1 + e^x), from the exponential that cannot overflow."""
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


# --------------------------------------------------------------------------------------------------
# Gamma and its relatives
# --------------------------------------------------------------------------------------------------


def _pieces(xs: tuple[Array, ...], *pieces: tuple[Mask, Callable[..., Array]]) -> Array:
    """Each function on the elements that its mask picks; nan where no mask does."""
    shape = np.broadcast_shapes(*(x.shape for x in xs))
    result = np.full(shape, np.nan)
    for mask, function in pieces:
        if mask.ndim and mask.all():
            return np.asarray(function(*xs))
        if mask.any():
            result[mask] = function(*(np.broadcast_to(x, shape)[mask] for x in xs))
    return result


def _repair(value: Array, bad: Mask, exact: Callable[[float], float], x: Array) -> Array:
    """`value` with the few bad elements recomputed one by one."""
    if bad.any():
        value[bad] = [exact(element) for element in x[bad].tolist()]
    return value


def _split(x: Array) -> Pair:
    """The nearest integer n and x - n, both exact."""
    n = np.rint(x)
    return n, x - n


def _gamma_pair(x: Array) -> Pair:
    """gamma(x) for 1e-300 <= |x| < 10 as a pair, as in floats; nan at the poles."""
    n, z = _split(x)
    product = np.ones_like(z), np.zeros_like(z)
    for step in range(2, int(n.max(initial=0.0))):
        product = _where_pair(n > step, _step(product, step, z), product)
    below = floats._gamma_near_2(z)
    for step in range(1, int(n.min(initial=2.0)) - 1, -1):
        below = _where_pair(n <= step, _step(below, step, z), below)
    high, low = floats._pair_quotient(product, below)
    return np.where((z == 0.0) & (n < 1.0), np.nan, high), low


def _step(product: Pair, step: int, z: Array) -> Pair:
    """The product times (step + z)."""
    return floats._pair_product(product, floats._two_sum(np.full_like(z, float(step)), z))


def _where_pair(mask: Mask, x: Pair, y: Pair) -> Pair:
    return np.where(mask, x[0], y[0]), np.where(mask, x[1], y[1])


def _constant_pair(pair: tuple[float, float], like: Array) -> Pair:
    return np.full_like(like, pair[0]), np.full_like(like, pair[1])


def _gamma_stirling(x: Array) -> Pair:
    """gamma(x) / 2^300 for 10 <= x <= 185, as in floats."""
    zero = np.zeros_like(x)
    root = np.power(x, 0.5 * x - 0.25)
    product = floats._pair_product((root * 2.0**-300, zero), (np.exp(-x), zero))
    product = floats._pair_product(product, (root, zero))
    product = floats._pair_product(product, _constant_pair(floats._SQRT_TAU, x))
    series = floats._two_sum(np.ones_like(x), np.expm1(floats._stirling(x)))
    return floats._pair_product(product, series)


def _sin_pi(z: Array) -> Pair:
    """sin(pi z) for |z| <= 1/2 as the sine of a pair."""
    high, low = floats._pair_product((z, np.zeros_like(z)), _constant_pair(floats._PI, z))
    return np.sin(high), low * np.cos(high)


def _gamma_within_10(x: Array) -> Array:
    high, low = _gamma_pair(x)
    return high + low


def _gamma_above(x: Array) -> Array:
    """gamma(x) for x >= 10."""
    high, low = _gamma_stirling(np.minimum(x, 185.0))
    return (high + low) * 2.0**300


def _gamma_below(x: Array) -> Array:
    """gamma(x) for x <= -10 by reflection (DLMF 5.5.3)."""
    n, z = _split(x)
    below = floats._pair_product(_gamma_stirling(np.minimum(-x, 185.0)), _sin_pi(z))
    parity = np.where(np.mod(n, 2.0) == 0.0, 1.0, -1.0)
    below = floats._pair_product(below, (np.maximum(x, -185.0) * parity, np.zeros_like(x)))
    high, low = floats._pair_quotient(_constant_pair((-pi, -floats._PI[1]), x), below)
    return np.where(z == 0.0, np.nan, (high + low) * 2.0**-300)


def gamma(x: ArrayLike) -> Array:
    """The gamma function; method and special values as in floats."""
    x = np.asarray(x, dtype=np.float64)
    size = np.abs(x)
    return _pieces(
        (x,),
        (size < 1e-300, lambda x: 1.0 / x),
        ((size >= 1e-300) & (size < 10.0), _gamma_within_10),
        (x >= 10.0, _gamma_above),
        ((x <= -10.0) & (x > -inf), _gamma_below),
    )


def lgamma(x: ArrayLike) -> Array:
    """log|gamma(x)|; method and special values as in floats."""
    x = np.asarray(x, dtype=np.float64)
    return _pieces(
        (x,),
        (x >= 10.0, _lgamma_above),
        ((x >= 0.5) & (x < 10.0), _lgamma_steps),
        (np.abs(x) < 0.5, _lgamma_near_0),
        ((x <= -0.5) & (x > -10.0), _lgamma_within_10),
        ((x <= -10.0) & (x > -inf), _lgamma_below),
        (x == -inf, np.abs),
    )


def _lgamma_above(x: Array) -> Array:
    """lgamma(x) for x >= 10: Stirling's series (DLMF 5.11.1)."""
    return (x - 0.5) * (np.log(x) - 1.0) + (floats._HALF_LOG_TAU - 0.5 + floats._stirling(x))


def _lgamma_steps(x: Array) -> Array:
    """lgamma(x) for 1/2 <= x < 10, as in floats."""
    product = np.ones_like(x)
    y = x
    for _ in range(8):
        above = y >= 2.5
        if not above.any():
            break
        y = np.where(above, y - 1.0, y)
        product = np.where(above, product * y, product)
    value = _pieces(
        (y,),
        (y <= 1.23, _lgamma_near_1),
        ((y > 1.23) & (y < 1.73), _lgamma_near_least),
        (y >= 1.73, lambda y: (y - 2.0) * floats._horner(floats._LGAMMA2, y - 2.0)),
    )
    return value + np.log(product)


def _lgamma_near_1(x: Array) -> Array:
    z = x - 1.0
    return z * floats._horner(floats._LGAMMA2, z) - np.log1p(z)


def _lgamma_near_least(x: Array) -> Array:
    d = x - floats._ROOT[0]
    return d * d * floats._horner(floats._LGAMMA_LEAST, d) + floats._LGAMMA_OF_ROOT


def _lgamma_near_0(x: Array) -> Array:
    return x * floats._horner(floats._LGAMMA2, x) - np.log1p(x) - np.log(np.abs(x))


def _lgamma_within_10(x: Array) -> Array:
    """lgamma(x) for -10 < x <= -1/2: the logarithm of gamma; near a root by integers."""
    high, low = _gamma_pair(x)
    value = np.where(np.isnan(high), inf, np.log(np.abs(high)) + low / high)
    return _repair(value, np.abs(value) <= 0.25, floats._exact_lgamma, x)


def _lgamma_below(x: Array) -> Array:
    """lgamma(x) for x <= -10 by reflection (DLMF 5.5.3); near a root by integers."""
    above = _lgamma_above(-x)
    sine = np.abs(np.add(*_sin_pi(_split(x)[1])))
    value = np.where(sine == 0.0, inf, -np.log(-x * sine / pi) - above)
    return _repair(value, np.abs(value) < 0.5 * above, floats._exact_lgamma, x)


def digamma(x: ArrayLike) -> Array:
    """The derivative of lgamma; method and special values as in floats."""
    x = np.asarray(x, dtype=np.float64)
    return _pieces(
        (x,),
        (x >= 1.0, lambda x: np.add(*_digamma_above_1(x))),
        ((x > 0.0) & (x < 1.0), lambda x: _digamma_1p(x) - 1.0 / x),
        ((x < 0.0) & (x > -inf), _digamma_below),
    )


def _digamma_above_1(x: Array) -> Pair:
    """digamma(x) for x >= 1 as an unevaluated sum."""
    result = np.empty_like(x), np.empty_like(x)
    for mask, function in ((x >= 10.0, _digamma_tail), (x < 10.0, _digamma_steps)):
        if mask.any():
            result[0][mask], result[1][mask] = function(x[mask])
    return result


def _digamma_tail(x: Array) -> Pair:
    """digamma(x) for x >= 10: the asymptotic series (DLMF 5.11.2)."""
    inverse = 1.0 / x
    square = inverse * inverse
    tail = 0.5 * inverse + square * floats._horner(floats._DIGAMMA_TAIL, square)
    return np.log(x), -tail


def _digamma_steps(x: Array) -> Pair:
    """digamma(x) for 1 <= x < 10: positive steps 1 / (x - k), and a series."""
    steps, lost = np.zeros_like(x), np.zeros_like(x)
    for _ in range(8):
        above = x >= 2.5
        if not above.any():
            break
        x = np.where(above, x - 1.0, x)
        steps, error = floats._two_sum(steps, np.where(above, 1.0 / x, 0.0))
        lost += error
    value, error = floats._two_sum(steps, _digamma_near_root(x, 0.0))
    return value, lost + error


def _digamma_near_root(x: Array, offset: float) -> Array:
    """digamma(x + offset) for 1 <= x + offset <= 2.5, the offset 0 or 1."""
    high, low = floats._ROOT if offset == 0.0 else floats._ROOT_LESS_1
    d = (x - high) - low
    z = x - (2.0 - offset)
    return np.where(
        x < 1.96 - offset,
        d * floats._horner(floats._DIGAMMA_ROOT, d),
        z * floats._horner(floats._DIGAMMA2, z) + floats._ONE_LESS_EULER,
    )


def _digamma_1p(x: Array) -> Array:
    """digamma(1 + x) for 0 <= x <= 1, without rounding 1 + x."""
    return _digamma_near_root(x, 1.0)


def _digamma_below(x: Array) -> Array:
    """digamma(x) for x < 0: reflection (DLMF 5.5.4), and integers where it cancels."""
    z = _split(x)[1]
    high, low = floats._pair_product((z, np.zeros_like(z)), _constant_pair(floats._PI, z))
    tangent = np.tan(high)
    pair = tangent, low * (1.0 + tangent * tangent)
    cotangent, rest = floats._pair_quotient(_constant_pair(floats._PI, z), pair)
    tiny = np.abs(z) < 1e-290
    cotangent, rest = np.where(tiny, 1.0 / z, cotangent), np.where(tiny, 0.0, rest)
    above, low = _digamma_above_1(np.maximum(-x, 1.0))
    near = x > -1.0
    above = np.where(near, _digamma_1p(np.minimum(-x, 1.0)), above)
    low = np.where(near, 0.0, low - 1.0 / x)
    value, error = floats._two_sum(above, -cotangent)
    value = np.where(np.isinf(value), value, value + (error + (low - rest)))
    value[z == 0.0] = nan
    return _repair(
        value,
        np.abs(value) < 0.4 * np.abs(cotangent),
        lambda x: floats._exact_polygamma(0, x),
        x,
    )


def polygamma(n: ArrayLike, x: ArrayLike) -> Array:
    """The n-th derivative of digamma; method, limits and special values as in floats."""
    n, x = np.broadcast_arrays(np.asarray(n, dtype=np.float64), np.asarray(x, dtype=np.float64))
    result = np.full(x.shape, nan)
    for order in np.unique(n):
        mask = n == order
        result[mask] = _polygamma(float(order), x[mask])
    return result


def _polygamma(n: float, x: Array) -> Array:
    """polygamma for one order n."""
    if n == 0.0:
        return digamma(x)
    regular = (x < 1e8 * n) & (x > -inf) & (x != np.rint(x)) | (x > 0.0) & (x < 1e8 * n)
    regular &= ~(n * np.log2(np.abs(x)) > 900.0)
    if not (0.0 < n <= 100.0 and n % 1.0 == 0.0):
        regular = np.zeros_like(regular)
    return _pieces(
        (x,),
        (regular & (x > 0.0), lambda x: _polygamma_positive(n, x)),
        (regular & (x < 0.0), lambda x: _polygamma_negative(n, x)),
        (~regular, lambda x: np.array([floats.polygamma(n, one) for one in x.tolist()])),
    )


def _polygamma_positive(n: float, x: Array) -> Array:
    """polygamma(n, x) for 1 <= n <= 100, 0 < x < 1e8 n."""
    total, lost = _hurwitz(n + 1.0, x, 0)
    value = math.gamma(n + 1.0) * np.where(np.isinf(total), inf, total + lost)
    return value if n % 2.0 == 1.0 else -value


def _polygamma_negative(n: float, x: Array) -> Array:
    """polygamma(n, x) for 1 <= n <= 100, x < 0 no integer, by the sums in floats."""
    s = n + 1.0
    side = 1.0 if n % 2.0 == 1.0 else -1.0
    z = _split(x)[1]
    first = np.power(z, -s)
    total, lost = first, np.zeros_like(z)
    for factor, argument in ((1.0, z), (side, -z), (-side, -x)):
        high, low = _hurwitz(s, argument, 1)
        total, error = floats._two_sum(total, factor * high)
        lost = lost + (error + factor * low)
    total = np.where(np.isinf(first), first, total + lost)
    value = side * math.gamma(s) * total
    bad = np.abs(total) < 0.4 * np.abs(first)
    if side > 0.0:
        return value
    return _repair(value, bad, lambda x: floats._exact_polygamma(int(n), x), x)


def _hurwitz(s: float, x: Array, first: int) -> Pair:
    """The sum of (x + k)^-s over k >= first (Euler-Maclaurin, DLMF 25.11.28), compensated."""
    total, lost = np.zeros_like(x), np.zeros_like(x)
    limit = 12.0 + s
    shift = np.full_like(x, float(first))
    while True:
        high, low = floats._two_sum(x, shift)
        active = high < limit
        if not active.any():
            break
        term = np.where(active, np.power(high, -s), 0.0)
        total, error = floats._two_sum(total, term)
        lost += error - s * term * (low / high)
        shift = np.where(active, shift + 1.0, shift)
    term = np.power(high, -s) * (1.0 - s * (low / high))
    rising = s * term / high
    tail = 0.5 * term - low * term
    for j, coefficient in enumerate(floats._EULER_MACLAURIN):
        tail += coefficient * rising
        rising = rising * ((s + 2.0 * j + 1.0) * (s + 2.0 * j + 2.0) / (high * high))
    total, error = floats._two_sum(total, term * high / (s - 1.0))
    return total, lost + (error + tail)
