"""The elementwise functions on Python floats: the namespace `m` of a rule in the float algebra.

Every function is total with IEEE-754 semantics: outside its domain it gives nan, at a pole an
infinity, past the range an infinity or zero; nothing raises. Only `math` and modules that a bare
interpreter has loaded already are imported, so that one gradient at one point starts fast.

Values are within 4 ulp of the exact result of the float argument. What `math` gets right is taken
from there; the rest is built from three tools:

* pairs: an unevaluated sum of two floats (Dekker 1971; Ogita, Rump and Oishi 2005);
* Taylor and asymptotic series of NIST's Digital Library of Mathematical Functions (DLMF);
* integers with 192 fractional bits, where a negative argument is so close to a root that every
  float digit cancels (about 100 microseconds a value).

DLMF: F. W. J. Olver et al. (eds.), https://dlmf.nist.gov
"""

from __future__ import annotations

import math
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

TYPE_CHECKING = False  # `typing` itself is not loaded by a bare interpreter
if TYPE_CHECKING:
    from typing import TypeVar

    import numpy as np
    from numpy.typing import NDArray

    Number = TypeVar("Number", float, NDArray[np.float64])

abs = fabs

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

# --------------------------------------------------------------------------------------------------
# Coefficients
# --------------------------------------------------------------------------------------------------

_RGAMMA2 = (
    -4.220733353164313e-12,
    1.2002996793069383e-11,
    9.233967437604067e-11,
    -1.2736142448630608e-09,
    6.275621889332284e-09,
    -1.5952678485086793e-10,
    -2.0547431491290985e-07,
    1.3385015468946058e-06,
    -2.5889950290372764e-06,
    -1.7545859751750962e-05,
    0.00014559614213986716,
    -0.0003608378162548181,
    -0.000804329775604247,
    0.008023273022267347,
    -0.01764524455014432,
    -0.024552490005400017,
    0.1910911013876915,
    -0.23309373642178674,
    -0.42278433509846713,
)
"""Taylor: 1/gamma(2 + z) = 1 + z p(z), highest power first."""

_LGAMMA2 = (
    -2.7595228851242334e-10,
    5.731367241678862e-10,
    -1.1921401405860912e-09,
    2.4836745438024785e-09,
    -5.183475041970047e-09,
    1.0838659214896955e-08,
    -2.2711094608943164e-08,
    4.7698101693639804e-08,
    -1.0043224823968099e-07,
    2.1207184805554665e-07,
    -4.492469198764566e-07,
    9.55141213040742e-07,
    -2.039215753801366e-06,
    4.374866789907488e-06,
    -9.439488275268397e-06,
    2.050721277567069e-05,
    -4.492623673813314e-05,
    9.945751278180853e-05,
    -0.00022315475845357939,
    0.0005096695247430425,
    -0.001192753911703261,
    0.0028905103307415234,
    -0.007385551028673986,
    0.020580808427784546,
    -0.0673523010531981,
    0.3224670334241132,
    0.42278433509846713,
)
"""DLMF 5.7.3: lgamma(2 + z) = z p(z), highest power first."""

_LGAMMA_LEAST = (
    1.0743455256375933e-05,
    -1.6450858338395606e-05,
    2.52476632917301e-05,
    -3.884583889452658e-05,
    5.9934733439794256e-05,
    -9.276098655471749e-05,
    0.000144070395420933,
    -0.0002246534436959552,
    0.00035191295683784665,
    -0.0005541949527966822,
    0.0008782326347176812,
    -0.001402251445904451,
    0.0022597648232218106,
    -0.0036845696083163734,
    0.006100536020517889,
    -0.010314223036636387,
    0.017970675115210395,
    -0.0327885410884813,
    0.06462494023891276,
    -0.1475877229945307,
    0.4838361227238106,
)
"""Taylor: lgamma(r + d) = lgamma(r) + d^2 p(d) at its least value, digamma(r) = 0."""

_DIGAMMA2 = (
    -1.862659723513049e-09,
    3.725334024788457e-09,
    -7.45071178983543e-09,
    1.4901554828365043e-08,
    -2.980350351465228e-08,
    5.960818905125948e-08,
    -1.1921992596531106e-07,
    2.38450502727733e-07,
    -4.769329867878064e-07,
    9.539620338727962e-07,
    -1.908212716553939e-06,
    3.81729326499984e-06,
    -7.637197637899763e-06,
    1.528225940865187e-05,
    -3.058823630702049e-05,
    6.124813505870483e-05,
    -0.00012271334757848915,
    0.0002460865533080483,
    -0.0004941886041194645,
    0.0009945751278180853,
    -0.0020083928260822143,
    0.00407735619794434,
    -0.008349277381922827,
    0.01734306198444914,
    -0.03692775514336993,
    0.08232323371113819,
    -0.2020569031595943,
    0.6449340668482264,
)
"""DLMF 5.7.4: digamma(2 + z) = 1 - Euler's gamma + z p(z), highest power first."""

_DIGAMMA_ROOT = (
    5.446941930669446e-07,
    -7.96142543124197e-07,
    1.1636675363548843e-06,
    -1.7008538854332607e-06,
    2.486022733129538e-06,
    -3.6336507898010456e-06,
    5.3110609208898636e-06,
    -7.762817668462094e-06,
    1.134638458466385e-05,
    -1.6584242271854135e-05,
    2.424006611860132e-05,
    -3.5430070947659604e-05,
    5.178575795222081e-05,
    -7.569179582195066e-05,
    0.0001106337276874741,
    -0.00016170622091974803,
    0.00023635601564027053,
    -0.0003454680251063077,
    0.000504953265834602,
    -0.0007380709389960052,
    0.0010788252019162967,
    -0.0015769367714301972,
    0.002305126326734928,
    -0.003369801655439328,
    0.004926781395729853,
    -0.007204534386356869,
    0.010538791616612175,
    -0.01542476590494896,
    0.022597648232218104,
    -0.03316112647484736,
    0.04880428816414311,
    -0.07219956125645471,
    0.10782405069126237,
    -0.16394270544240652,
    0.258499760955651,
    -0.4427631689835921,
    0.9676722454476212,
)
"""Taylor: digamma(r + d) = d p(d) at the positive root r, highest power first."""

_STIRLING = (
    0.17964437236883057,
    -0.029550653594771242,
    0.00641025641025641,
    -0.0019175269175269176,
    0.0008417508417508417,
    -0.0005952380952380953,
    0.0007936507936507937,
    -0.002777777777777778,
    0.08333333333333333,
)
"""DLMF 5.11.1: B_2k / (2k (2k - 1)), highest k first."""

_DIGAMMA_TAIL = (
    3.0539543302701198,
    -0.4432598039215686,
    0.08333333333333333,
    -0.021092796092796094,
    0.007575757575757576,
    -0.004166666666666667,
    0.003968253968253968,
    -0.008333333333333333,
    0.08333333333333333,
)
"""DLMF 5.11.2: B_2k / 2k, highest k first."""

_EULER_MACLAURIN = (
    0.08333333333333333,
    -0.001388888888888889,
    3.306878306878307e-05,
    -8.267195767195768e-07,
    2.08767569878681e-08,
    -5.284190138687493e-10,
    1.3382536530684679e-11,
    -3.3896802963225827e-13,
    8.586062056277845e-15,
    -2.174868698558062e-16,
    5.5090028283602295e-18,
    -1.3954464685812522e-19,
)
"""DLMF 25.11.28: B_2j / (2j)!."""

_BERNOULLI = (
    (1, 6),
    (-1, 30),
    (1, 42),
    (-1, 30),
    (5, 66),
    (-691, 2730),
    (7, 6),
    (-3617, 510),
    (43867, 798),
    (-174611, 330),
    (854513, 138),
    (-236364091, 2730),
    (8553103, 6),
    (-23749461029, 870),
    (8615841276005, 14322),
)
"""DLMF 24.2: B_2, B_4, ... as exact fractions."""

_ROOT = (1.4616321449683622, 9.549995429965697e-17)
"""The positive root of digamma, as a pair."""

_ROOT_LESS_1 = (0.46163214496836236, -1.5522348162858677e-17)
_PI = (3.141592653589793, 1.2246467991473532e-16)
_SQRT_HALF = (0.7071067811865476, -4.833646656726457e-17)
_SQRT_TAU = (2.5066282746310007, -1.8328579980459167e-16)
_INV_SQRT_TAU = (0.3989422804014327, -2.49232720227773e-17)
_LGAMMA_OF_ROOT = -0.12148629053584961
_HALF_LOG_TAU = 0.9189385332046728
_TWO_OVER_SQRT_PI = 1.1283791670955126
_ONE_LESS_EULER = 0.42278433509846713

# --------------------------------------------------------------------------------------------------
# Pairs. These take floats or arrays alike: only + - * are used.
# --------------------------------------------------------------------------------------------------


def _horner(coefficients: tuple[float, ...], x: Number) -> Number:
    """The polynomial with these coefficients, highest power first, at x."""
    total = x * coefficients[0] + coefficients[1]
    for coefficient in coefficients[2:]:
        total = total * x + coefficient
    return total


def _two_sum(x: Number, y: Number) -> tuple[Number, Number]:
    """x + y exactly, as a pair (Knuth; Ogita, Rump and Oishi 2005, algorithm 3.1)."""
    high = x + y
    part = high - x
    return high, (x - (high - part)) + (y - part)


def _two_product(x: Number, y: Number) -> tuple[Number, Number]:
    """x * y exactly, as a pair (Dekker 1971), for |x|, |y| < 2^995 and no underflow."""
    high = x * y
    big = 134217729.0 * x
    x1 = big - (big - x)
    x2 = x - x1
    big = 134217729.0 * y
    y1 = big - (big - y)
    y2 = y - y1
    return high, x2 * y2 - (((high - x1 * y1) - x2 * y1) - x1 * y2)


def _pair_product(x: tuple[Number, Number], y: tuple[Number, Number]) -> tuple[Number, Number]:
    """The product of two pairs, to about twice the working precision."""
    high, low = _two_product(x[0], y[0])
    return high, low + (x[0] * y[1] + x[1] * y[0])


def _pair_quotient(x: tuple[Number, Number], y: tuple[Number, Number]) -> tuple[Number, Number]:
    """The quotient of two pairs, as a pair."""
    high = x[0] / y[0]
    back, error = _two_product(high, y[0])
    return high, ((((x[0] - back) - error) + x[1]) - high * y[1]) / y[0]


def _stirling(x: Number) -> Number:
    """lgamma(x) - ((x - 1/2) log x - x + log(2 pi)/2) for x >= 10 (DLMF 5.11.1)."""
    inverse = 1.0 / x
    return inverse * _horner(_STIRLING, inverse * inverse)


def _gamma_near_2(z: Number) -> tuple[Number, Number]:
    """1 / gamma(2 + z) for |z| <= 1/2, as a pair good to about a tenth of an ulp."""
    return _two_sum(1.0 + 0.0 * z, z * _horner(_RGAMMA2, z))


# --------------------------------------------------------------------------------------------------
# Arithmetic
# --------------------------------------------------------------------------------------------------


def divide(x: float, y: float) -> float:
    """x / y, with the infinities and nan of IEEE-754 where y is 0."""
    try:
        return x / y
    except ZeroDivisionError:
        return nan if x == 0.0 or x != x else copysign(inf, x) * copysign(1.0, y)


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


def detach(x: float) -> float:
    """x; its derivative is taken to be 0."""
    return x


def power_slope(x: float, y: float) -> float:
    """y x^(y-1), the derivative of x^y: 0 for y = 0, and y - 1 is never rounded."""
    if y == 2.0:
        return 2.0 * x
    if y == 0.0:
        return 0.0
    if y >= 0.5 or y % 1.0 == 0.0 or x == 0.0:
        return y * power(x, y - 1.0)
    return divide(y * power(x, y), x)


def mod(x: float, y: float) -> float:
    """The remainder x - y floor(x / y), with the sign of y; nan for y = 0."""
    try:
        return x % y
    except ZeroDivisionError:
        return nan


def minimum(first: float, *rest: float) -> float:
    """The smallest argument; nan if any is nan."""
    for x in rest:
        if not first <= x and first == first:
            first = x
    return first


def maximum(first: float, *rest: float) -> float:
    """The largest argument; nan if any is nan."""
    for x in rest:
        if not first >= x and first == first:
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


def round(x: float) -> float:
    """The nearest integer, half to even: adding 2^52 leaves no room for a fraction."""
    if -4503599627370496.0 < x < 4503599627370496.0:
        return copysign((fabs(x) + 4503599627370496.0) - 4503599627370496.0, x)
    return x


def less(x: float, y: float) -> float:
    """1 if x < y, else 0."""
    return 1.0 if x < y else 0.0


def less_equal(x: float, y: float) -> float:
    """1 if x <= y, else 0."""
    return 1.0 if x <= y else 0.0


def greater(x: float, y: float) -> float:
    """1 if x > y, else 0."""
    return 1.0 if x > y else 0.0


def greater_equal(x: float, y: float) -> float:
    """1 if x >= y, else 0."""
    return 1.0 if x >= y else 0.0


def equal(x: float, y: float) -> float:
    """1 if x = y, else 0."""
    return 1.0 if x == y else 0.0


def not_equal(x: float, y: float) -> float:
    """0 if x = y, else 1."""
    return 1.0 if x != y else 0.0


def where(c: float, a: float, b: float) -> float:
    """a where c is not 0 (nan counts as true), else b."""
    return a if c != 0.0 else b


def isfinite(x: float) -> bool:
    """Whether x is neither infinite nor nan."""
    return math.isfinite(x)


# --------------------------------------------------------------------------------------------------
# Exponentials, logarithms, roots
# --------------------------------------------------------------------------------------------------


def exp(x: float) -> float:
    """e^x."""
    try:
        return math.exp(x)
    except OverflowError:
        return inf


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
# Bell curves and sigmoids
# --------------------------------------------------------------------------------------------------


def gauss(x: float) -> float:
    """exp(-x^2): the square is exact as a pair, so the tail keeps its digits."""
    if fabs(x) < 30.0:
        high, low = _two_product(x, x)
        value = math.exp(-high)
        return value - value * low
    return x - x if x != x else 0.0


def normpdf(x: float) -> float:
    """exp(-x^2 / 2) / sqrt(2 pi), the density of the standard normal distribution."""
    if fabs(x) < 40.0:
        high, low = _two_product(x, x)
        value = math.exp(-0.5 * high)
        return _INV_SQRT_TAU[0] * (value - value * (0.5 * low))
    return x - x if x != x else 0.0


def normcdf(x: float) -> float:
    """erfc(-x / sqrt 2) / 2, the distribution function of the standard normal distribution.

    The rounding error d of t = -x / sqrt 2 would cost 2 t^2 ulp in the tail; it is added back to
    first order with erfc'(t) = -2 exp(-t^2) / sqrt pi (DLMF 7.2.2).
    """
    if fabs(x) < 40.0:
        high, low = _pair_product((-x, 0.0), _SQRT_HALF)
        return 0.5 * (erfc(high) - low * _TWO_OVER_SQRT_PI * math.exp(-high * high))
    return 0.5 * erfc(-x)


def sigmoid(x: float) -> float:
    """1 / (1 + e^-x), from the exponential that cannot overflow."""
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    value = math.exp(x)
    return value / (1.0 + value)


def logit(x: float) -> float:
    """log(x / (1 - x)); near 1/2 as 2 atanh(2x - 1), where 2x - 1 is exact."""
    if 0.25 <= x <= 0.75:
        return 2.0 * math.atanh(2.0 * x - 1.0)
    if 0.0 < x < 1.0:
        return math.log(x / (1.0 - x))
    return -inf if x == 0.0 else inf if x == 1.0 else nan


def softplus(x: float) -> float:
    """log(1 + e^x), from the exponential that cannot overflow."""
    if x > 0.0:
        return x + math.log1p(math.exp(-x))
    return math.log1p(math.exp(x))


# --------------------------------------------------------------------------------------------------
# Gamma and its relatives
# --------------------------------------------------------------------------------------------------


def _split(x: float) -> tuple[float, float]:
    """The nearest integer n and x - n, both exact; x is finite."""
    n = round(x)
    return n, x - n


def _gamma_pair(x: float) -> tuple[float, float]:
    """gamma(x) for |x| < 10, not a pole, as a pair: gamma(2 + z) times or over the steps to x.

    gamma(x) = gamma(2 + z) (2 + z) ... (n - 1 + z) for x = n + z, n > 2, and
    gamma(x) = gamma(2 + z) / ((1 + z) z ... (n + z)) below (DLMF 5.5.1).
    """
    n, z = _split(x)
    product = (1.0, 0.0)
    step = 2.0
    while step < n:
        product = _pair_product(product, _two_sum(step, z))
        step += 1.0
    below = _gamma_near_2(z)
    step = 1.0
    while step >= n:
        below = _pair_product(below, _two_sum(step, z))
        step -= 1.0
    return _pair_quotient(product, below)


def _gamma_stirling(x: float) -> tuple[float, float]:
    """gamma(x) / 2^300 for 10 <= x <= 185, as a pair (DLMF 5.11.3).

    x^(x - 1/2) is squared from half its exponent, which is exact, and scaled, to stay in range.
    """
    root = math.pow(x, 0.5 * x - 0.25)
    product = _pair_product((root * 2.0**-300, 0.0), (math.exp(-x), 0.0))
    product = _pair_product(product, (root, 0.0))
    product = _pair_product(product, _SQRT_TAU)
    return _pair_product(product, _two_sum(1.0, math.expm1(_stirling(x))))


def _sin_pi(z: float) -> tuple[float, float]:
    """sin(pi z) for |z| <= 1/2 as the sine of a pair."""
    high, low = _pair_product((z, 0.0), _PI)
    return math.sin(high), low * math.cos(high)


def gamma(x: float) -> float:
    """The gamma function; an infinity at 0 with its sign, nan at the negative integers.

    Within 10 of 0 by steps from gamma(2 + z), beyond by Stirling's series, and below by reflection:
    gamma(x) = -pi / (x sin(pi x) gamma(-x)) (DLMF 5.5.1, 5.5.3, 5.11.3).
    """
    if not -inf < x < 172.0:
        return inf if x > 0.0 else nan
    if -10.0 < x < 10.0:
        if x == 0.0:
            return copysign(inf, x)
        if fabs(x) < 1e-300:
            return 1.0 / x
        if x < 0.0 and x == round(x):
            return nan
        high, low = _gamma_pair(x)
        return high + low
    if x > 0.0:
        high, low = _gamma_stirling(x)
        return (high + low) * 2.0**300
    n, z = _split(x)
    if z == 0.0:
        return nan
    below = _pair_product(_gamma_stirling(min(-x, 185.0)), _sin_pi(z))
    below = _pair_product(below, (max(x, -185.0) * (1.0 if n % 2.0 == 0.0 else -1.0), 0.0))
    high, low = _pair_quotient((-_PI[0], -_PI[1]), below)
    return (high + low) * 2.0**-300


def lgamma(x: float) -> float:
    """log|gamma(x)|; inf at 0, the negative integers and both infinities.

    x >= 10: Stirling's series (DLMF 5.11.1). 1/2 <= x < 10: steps down to the series at 2
    (DLMF 5.7.3), which is exact at the roots 1 and 2. |x| < 1/2: lgamma(1 + x) - log|x|.
    Negative x: the logarithm of gamma, or below -10 the reflection formula (DLMF 5.5.3); within
    about 1/4 of a root's value that cancels, and the integers take over.
    """
    if x >= 10.0:
        if x > 1e300:
            return x * (math.log(x) - 1.0)
        return (x - 0.5) * (math.log(x) - 1.0) + (_HALF_LOG_TAU - 0.5 + _stirling(x))
    if x >= 0.5:
        return _lgamma_steps(x)
    if x > -0.5:
        if x == 0.0:
            return inf
        return x * _horner(_LGAMMA2, x) - math.log1p(x) - math.log(fabs(x))
    if not -inf < x:
        return x if x != x else inf
    z = _split(x)[1]
    if z == 0.0:
        return inf
    if x > -10.0:
        high, low = _gamma_pair(x)
        value = math.log(fabs(high)) + low / high
        return value if fabs(value) > 0.25 else _exact_lgamma(x)
    above = lgamma(-x)
    value = -math.log(-x * fabs(sum(_sin_pi(z))) / pi) - above
    return value if fabs(value) > 0.5 * above else _exact_lgamma(x)


def _lgamma_steps(x: float) -> float:
    """lgamma(x) for 1/2 <= x < 10: lgamma(2 + z) plus the logarithm of the steps to x."""
    if 1.23 < x < 1.73:
        d = x - _ROOT[0]
        return d * d * _horner(_LGAMMA_LEAST, d) + _LGAMMA_OF_ROOT
    if x < 1.5:
        z = x - 1.0
        return z * _horner(_LGAMMA2, z) - math.log1p(z)
    product = 1.0
    while x >= 2.5:
        x -= 1.0
        product *= x
    z = x - 2.0
    value = z * _horner(_LGAMMA2, z)
    return value + math.log(product) if product != 1.0 else value


def digamma(x: float) -> float:
    """The derivative of lgamma; nan at 0, the negative integers and -inf.

    x >= 10: the asymptotic series (DLMF 5.11.2). 0 < x < 10: steps to [1, 2.5), where a Taylor
    series at the root keeps the digits of a small value. Negative x: reflection (DLMF 5.5.4), and
    integers where it cancels.
    """
    if x >= 1.0:
        return _digamma_above_1(x)
    if x > 0.0:
        return _digamma_1p(x) - 1.0 / x
    if not -inf < x < 0.0:
        return nan
    z = _split(x)[1]
    if z == 0.0:
        return nan
    terms = [-term for term in _pi_cot_pi(z)]
    if x > -1.0:
        terms.append(_digamma_1p(-x))
    else:
        terms += [*_digamma_terms(-x), -1.0 / x]
    value = math.fsum(terms)
    return value if fabs(value) >= 0.4 * fabs(terms[0]) else _exact_polygamma(0, x)


def _pi_cot_pi(z: float) -> tuple[float, float]:
    """pi cot(pi z) for 0 < |z| <= 1/2 as a pair, but for the rounding of one tangent."""
    high, low = _pair_product((z, 0.0), _PI)
    tangent = math.tan(high)
    if fabs(tangent) < 1e-290:
        return 1.0 / z, 0.0
    return _pair_quotient(_PI, (tangent, low * (1.0 + tangent * tangent)))


def _digamma_above_1(x: float) -> float:
    """digamma(x) for x >= 1."""
    if x >= 10.0:
        large, small = _digamma_terms(x)
        return large + small
    return math.fsum(_digamma_terms(x))


def _digamma_terms(x: float) -> list[float]:
    """Terms whose sum is digamma(x) for x >= 1: below 10 positive steps 1 / (x - k), a series."""
    if x >= 10.0:
        inverse = 1.0 / x
        square = inverse * inverse
        return [math.log(x), -(0.5 * inverse + square * _horner(_DIGAMMA_TAIL, square))]
    terms = []
    while x >= 2.5:
        x -= 1.0
        terms.append(1.0 / x)
    if x < 1.96:
        d = (x - _ROOT[0]) - _ROOT[1]
        terms.append(d * _horner(_DIGAMMA_ROOT, d))
    else:
        z = x - 2.0
        terms += [z * _horner(_DIGAMMA2, z), _ONE_LESS_EULER]
    return terms


def _digamma_1p(x: float) -> float:
    """digamma(1 + x) for 0 <= x <= 1, without rounding 1 + x."""
    if x < 0.96:
        d = (x - _ROOT_LESS_1[0]) - _ROOT_LESS_1[1]
        return d * _horner(_DIGAMMA_ROOT, d)
    z = x - 1.0
    return z * _horner(_DIGAMMA2, z) + _ONE_LESS_EULER


def polygamma(n: float, x: float) -> float:
    """The n-th derivative of digamma; nan unless n is 0, 1, 2 ...

    (-1)^(n+1) n! times the sum of 1 / (x + k)^(n+1) over k >= 0 (DLMF 5.15.1). For x = m + z < 0
    the finite part of the sum becomes a difference of two positive ones; where it cancels (n even,
    near a root) the integers take over. At 0 and the negative integers: inf for odd n, nan for
    even n but at 0, where it is the infinity of that side. Within 4 ulp for n <= 100; beyond, or
    for x^-n below 1e-270, the value comes from its logarithm L with a relative error of about
    |L| 1e-16 (measured: 2e3 ulp at n = 200), and more near a root on the negative axis.
    """
    if not (0.0 <= n < inf and n == round(n)):
        return nan
    if n == 0.0:
        return digamma(x)
    if x != x:
        return nan
    odd = n % 2.0 == 1.0
    if x > 0.0:
        value = _polygamma_positive(n, x)
        return value if odd else -value
    if x == 0.0:
        return inf if odd else copysign(inf, -x)
    if x == -inf:
        return nan
    z = _split(x)[1]
    if z == 0.0:
        return inf if odd else nan
    if n > 100.0:
        return _polygamma_large_order(n, x)
    return _polygamma_negative(n, x, z, odd)


def _polygamma_positive(n: float, x: float) -> float:
    """|polygamma(n, x)| for n >= 1, x > 0."""
    if x > 1e8 * n:
        fraction, exponent = math.frexp(x)
        if n < 170.0 and n * exponent < 2000.0:
            value = math.gamma(n) * math.pow(fraction, -n) * (1.0 + 0.5 * n / x)
            return math.ldexp(value, -int(n) * exponent)
        return exp(lgamma(n) - n * math.log(x)) if x < inf else 0.0
    if n > 100.0 or n * math.log2(x) > 900.0:
        return fabs(_polygamma_large_order(n, x))
    return math.gamma(n + 1.0) * math.fsum(_hurwitz_terms(n + 1.0, x, 0.0))


def _polygamma_large_order(n: float, x: float) -> float:
    """polygamma(n, x) for n > 100, x not a pole: n! |m|^-s times the sum of (m / (x + k))^s.

    m is the x + k >= x of least size and s = n + 1. The terms fall off on both sides of it, or,
    from m = 12 + s on, add up to the Euler-Maclaurin formula (DLMF 25.11.28).
    """
    s = n + 1.0
    least = x if x > 0.0 else _split(x)[1]
    if n > 1e15:  # neither a power nor a step of 1 has a digit left: only the range is known
        return exp(s * (math.log(s) - 1.0 - math.log(fabs(least))))
    terms = [1.0]
    for step in (1.0, -1.0):
        k = step
        while x <= least + k < 12.0 + s and (term := power(least / (least + k), s)):
            terms.append(term)
            if fabs(term) < 1e-18:
                break
            k += step
        else:
            if step > 0.0:
                end = least + k
                term = power(least / end, s)
                terms += [term * end / n, 0.5 * term, *_tail_terms(s, end, term)]
    side = -1.0 if n % 2.0 == 0.0 and least > 0.0 else 1.0
    value = exp(lgamma(s) - s * math.log(fabs(least)))
    return side * value * math.fsum(terms) if value > 0.0 else 0.0


def _polygamma_negative(n: float, x: float, z: float, odd: bool) -> float:
    """polygamma(n, x) for n >= 1 and x = m + z < 0, m an integer, |z| <= 1/2.

    The sum of 1 / (x + k)^s over k >= 0, s = n + 1, is
    z^-s + zeta(s, 1 + z) + (-1)^s (zeta(s, 1 - z) - zeta(s, 1 - x)).
    """
    s = n + 1.0
    side = 1.0 if odd else -1.0
    terms = [power(z, -s)]
    terms += _hurwitz_terms(s, z, 1.0)
    terms += [side * term for term in _hurwitz_terms(s, -z, 1.0)]
    terms += [-side * term for term in _hurwitz_terms(s, -x, 1.0)]
    if fabs(terms[0]) == inf:
        return terms[0] * side
    total = math.fsum(terms)
    if not odd and fabs(total) < 0.4 * fabs(terms[0]):
        return _exact_polygamma(int(n), x)
    return side * math.gamma(s) * total


def _hurwitz_terms(s: float, x: float, first: float) -> list[float]:
    """Terms whose sum is the sum of (x + k)^-s over k >= first (Euler-Maclaurin, DLMF 25.11.28)."""
    terms = []
    while x + first < 12.0 + s:
        high, low = _two_sum(x, first)
        term = power(high, -s)
        if term == inf:
            return [inf]
        terms.append(term)
        terms.append(-s * term * (low / high))
        first += 1.0
    high, low = _two_sum(x, first)
    term = power(high, -s) * (1.0 - s * (low / high))
    terms += [term * high / (s - 1.0), 0.5 * term, -low * term]
    return terms + _tail_terms(s, high, term)


def _tail_terms(s: float, x: float, term: float) -> list[float]:
    """The Euler-Maclaurin terms with Bernoulli numbers, times term x^s (DLMF 25.11.28)."""
    terms = []
    rising = s * term / x
    for j, coefficient in enumerate(_EULER_MACLAURIN):
        terms.append(coefficient * rising)
        rising *= (s + 2.0 * j + 1.0) / x * ((s + 2.0 * j + 2.0) / x)
    return terms


# --------------------------------------------------------------------------------------------------
# Integers with 192 fractional bits, for negative arguments near a root
# --------------------------------------------------------------------------------------------------

_BITS = 192
_ONE = 1 << _BITS
_LOG_2 = 1113844574712631719546256151097547306333272293549090750737802 >> (200 - _BITS)
_HALF_LOG_TAU_BITS = 1476677289342142011257404819161893753689824224164892524629470 >> (200 - _BITS)
_SHIFTED = 64 << _BITS
"""Asymptotic series start here: their 15th term is below 2^-160."""


def _to_bits(x: float) -> int:
    numerator, denominator = x.as_integer_ratio()
    return (numerator << _BITS) // denominator


def _from_bits(x: int) -> float:
    return x / _ONE


def _log_bits(x: int) -> int:
    """log x: a float's guess L, and log(x e^-L) from three terms of its series."""
    exponent = x.bit_length() - 1 - _BITS
    x = x >> exponent if exponent >= 0 else x << -exponent
    guess = _to_bits(math.log(_from_bits(x)))
    term = total = _ONE
    for k in range(1, 24):
        term = (-term * guess >> (_BITS + 8)) // k
        total += term
    for _ in range(8):
        total = total * total >> _BITS
    rest = (x * total >> _BITS) - _ONE
    square = rest * rest >> _BITS
    return guess + rest - square // 2 + (square * rest >> _BITS) // 3 + exponent * _LOG_2


def _shift(x: int) -> tuple[int, list[int]]:
    """x + N >= 64 and the N steps x, x + 1, ... before it."""
    steps = list(range(x, _SHIFTED, _ONE))
    return x + (len(steps) << _BITS), steps


def _lgamma_bits(x: int) -> int:
    """lgamma(x), x > 0: Stirling's series after upward steps (DLMF 5.5.1, 5.11.1)."""
    x, steps = _shift(x)
    product = _ONE
    for step in steps:
        product = product * step >> _BITS
    total = ((x - _ONE // 2) * _log_bits(x) >> _BITS) - x + _HALF_LOG_TAU_BITS
    inverse = (_ONE << _BITS) // x
    square = inverse * inverse >> _BITS
    for k, (numerator, denominator) in enumerate(_BERNOULLI, 1):
        total += inverse * numerator // (denominator * 2 * k * (2 * k - 1))
        inverse = inverse * square >> _BITS
    return total - _log_bits(product)


def _digamma_bits(x: int) -> int:
    """digamma(x), x > 0: the asymptotic series after upward steps (DLMF 5.5.2, 5.11.2)."""
    x, steps = _shift(x)
    inverse = (_ONE << _BITS) // x
    total = _log_bits(x) - inverse // 2
    square = power_ = inverse * inverse >> _BITS
    for k, (numerator, denominator) in enumerate(_BERNOULLI, 1):
        total -= power_ * numerator // (denominator * 2 * k)
        power_ = power_ * square >> _BITS
    return total - sum((_ONE << _BITS) // step for step in steps)


def _hurwitz_bits(s: int, x: int) -> int:
    """The sum of (x + k)^-s over k >= 0, x > 0, s >= 2 (Euler-Maclaurin, DLMF 25.11.28)."""
    x, steps = _shift(x)
    total = sum(_inverse_power_bits(step, s) for step in steps)
    inverse = (_ONE << _BITS) // x
    rising = _inverse_power_bits(x, s)
    total += (rising * x >> _BITS) // (s - 1) + rising // 2
    rising = s * rising * inverse >> _BITS
    factorial = 2
    for k, (numerator, denominator) in enumerate(_BERNOULLI, 1):
        total += rising * numerator // (denominator * factorial)
        rising = (rising * inverse >> _BITS) * inverse >> _BITS
        rising *= (s + 2 * k - 1) * (s + 2 * k)
        factorial *= (2 * k + 1) * (2 * k + 2)
    return total


def _inverse_power_bits(x: int, s: int) -> int:
    """x^-s for x of either sign."""
    inverse = (_ONE << _BITS) // x
    result = inverse
    for _ in range(s - 1):
        result = result * inverse >> _BITS
    return result


def _parts_bits(x: float) -> tuple[int, int]:
    """x and its distance z from the nearest integer."""
    return _to_bits(x), _to_bits(x - round(x))


def _exact_lgamma(x: float) -> float:
    """lgamma(x), x < 0, from |gamma(x) gamma(1 - x)| = |gamma(z) gamma(1 - z)| (DLMF 5.5.3)."""
    bits, z = _parts_bits(x)
    over = _lgamma_bits(_ONE + z) + _lgamma_bits(_ONE - z)
    value = over - _log_bits(z if z > 0 else -z) - _lgamma_bits(_ONE - bits)
    return _from_bits(value)


def _exact_polygamma(n: int, x: float) -> float:
    """polygamma(n, x) for even n and x < 0, from the sums of `_polygamma_negative`.

    For n = 0: digamma(x) = digamma(1 - x) - digamma(1 - z) + digamma(1 + z) - 1 / z (DLMF 5.5.4).
    """
    bits, z = _parts_bits(x)
    if n == 0:
        value = _digamma_bits(_ONE - bits) - _digamma_bits(_ONE - z)
        return _from_bits(value + _digamma_bits(_ONE + z) - (_ONE << _BITS) // z)
    s = n + 1
    value = _inverse_power_bits(z, s) + _hurwitz_bits(s, _ONE + z)
    value += _hurwitz_bits(s, _ONE - bits) - _hurwitz_bits(s, _ONE - z)
    return _from_bits(-math.factorial(n) * value)
