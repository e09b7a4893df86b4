"""gamma, lgamma and digamma of arrays, by the methods of `adcli.algebras.special.gammas`.

Negative arguments next to a root are rare and go one by one through the integers of
`adcli.algebras.special.bits`, at about 100 microseconds each. DLMF: https://dlmf.nist.gov
"""

from __future__ import annotations

from math import inf, nan, pi

import numpy as np
from numpy.typing import ArrayLike

from adcli.algebras.special.array_pieces import (
    Array,
    Pair,
    constant_pair,
    pieces,
    repair,
    split,
    where_pair,
)
from adcli.algebras.special.bits import exact_lgamma, exact_polygamma
from adcli.algebras.special.coefficients import (
    DIGAMMA2,
    DIGAMMA_ROOT,
    DIGAMMA_TAIL,
    HALF_LOG_TAU,
    LGAMMA2,
    LGAMMA_LEAST,
    LGAMMA_OF_ROOT,
    ONE_LESS_EULER,
    ROOT,
    ROOT_LESS_1,
)
from adcli.algebras.special.gammas import gamma_near_2, stirling
from adcli.algebras.special.pairs import (
    PI,
    SQRT_TAU,
    horner,
    pair_product,
    pair_quotient,
    two_sum,
)


def _gamma_pair(x: Array) -> Pair:
    """gamma(x) for 1e-300 <= |x| < 10 as a pair, as in floats; nan at the poles."""
    n, z = split(x)
    product = np.ones_like(z), np.zeros_like(z)
    for step in range(2, int(n.max(initial=0.0))):
        product = where_pair(n > step, _step(product, step, z), product)
    below = gamma_near_2(z)
    for step in range(1, int(n.min(initial=2.0)) - 1, -1):
        below = where_pair(n <= step, _step(below, step, z), below)
    high, low = pair_quotient(product, below)
    return np.where((z == 0.0) & (n < 1.0), np.nan, high), low


def _step(product: Pair, step: int, z: Array) -> Pair:
    """The product times (step + z)."""
    return pair_product(product, two_sum(np.full_like(z, float(step)), z))


def _gamma_stirling(x: Array) -> Pair:
    """gamma(x) / 2^300 for 10 <= x <= 185, as in floats."""
    zero = np.zeros_like(x)
    root = np.power(x, 0.5 * x - 0.25)
    product = pair_product((root * 2.0**-300, zero), (np.exp(-x), zero))
    product = pair_product(product, (root, zero))
    product = pair_product(product, constant_pair(SQRT_TAU, x))
    series = two_sum(np.ones_like(x), np.expm1(stirling(x)))
    return pair_product(product, series)


def _sin_pi(z: Array) -> Pair:
    """sin(pi z) for |z| <= 1/2 as the sine of a pair."""
    high, low = pair_product((z, np.zeros_like(z)), constant_pair(PI, z))
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
    n, z = split(x)
    below = pair_product(_gamma_stirling(np.minimum(-x, 185.0)), _sin_pi(z))
    parity = np.where(np.mod(n, 2.0) == 0.0, 1.0, -1.0)
    below = pair_product(below, (np.maximum(x, -185.0) * parity, np.zeros_like(x)))
    high, low = pair_quotient(constant_pair((-pi, -PI[1]), x), below)
    return np.where(z == 0.0, np.nan, (high + low) * 2.0**-300)


def gamma(x: ArrayLike) -> Array:
    """The gamma function; method and special values as in floats."""
    x = np.asarray(x, dtype=np.float64)
    size = np.abs(x)
    return pieces(
        (x,),
        (size < 1e-300, lambda x: 1.0 / x),
        ((size >= 1e-300) & (size < 10.0), _gamma_within_10),
        (x >= 10.0, _gamma_above),
        ((x <= -10.0) & (x > -inf), _gamma_below),
    )


def lgamma(x: ArrayLike) -> Array:
    """log|gamma(x)|; method and special values as in floats."""
    x = np.asarray(x, dtype=np.float64)
    return pieces(
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
    return (x - 0.5) * (np.log(x) - 1.0) + (HALF_LOG_TAU - 0.5 + stirling(x))


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
    value = pieces(
        (y,),
        (y <= 1.23, _lgamma_near_1),
        ((y > 1.23) & (y < 1.73), _lgamma_near_least),
        (y >= 1.73, lambda y: (y - 2.0) * horner(LGAMMA2, y - 2.0)),
    )
    return value + np.log(product)


def _lgamma_near_1(x: Array) -> Array:
    z = x - 1.0
    return z * horner(LGAMMA2, z) - np.log1p(z)


def _lgamma_near_least(x: Array) -> Array:
    d = x - ROOT[0]
    return d * d * horner(LGAMMA_LEAST, d) + LGAMMA_OF_ROOT


def _lgamma_near_0(x: Array) -> Array:
    return x * horner(LGAMMA2, x) - np.log1p(x) - np.log(np.abs(x))


def _lgamma_within_10(x: Array) -> Array:
    """lgamma(x) for -10 < x <= -1/2: the logarithm of gamma; near a root by integers."""
    high, low = _gamma_pair(x)
    value = np.where(np.isnan(high), inf, np.log(np.abs(high)) + low / high)
    return repair(value, np.abs(value) <= 0.25, exact_lgamma, x)


def _lgamma_below(x: Array) -> Array:
    """lgamma(x) for x <= -10 by reflection (DLMF 5.5.3); near a root by integers."""
    above = _lgamma_above(-x)
    sine = np.abs(np.add(*_sin_pi(split(x)[1])))
    value = np.where(sine == 0.0, inf, -np.log(-x * sine / pi) - above)
    return repair(value, np.abs(value) < 0.5 * above, exact_lgamma, x)


def digamma(x: ArrayLike) -> Array:
    """The derivative of lgamma; method and special values as in floats."""
    x = np.asarray(x, dtype=np.float64)
    return pieces(
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
    tail = 0.5 * inverse + square * horner(DIGAMMA_TAIL, square)
    return np.log(x), -tail


def _digamma_steps(x: Array) -> Pair:
    """digamma(x) for 1 <= x < 10: positive steps 1 / (x - k), and a series."""
    steps, lost = np.zeros_like(x), np.zeros_like(x)
    for _ in range(8):
        above = x >= 2.5
        if not above.any():
            break
        x = np.where(above, x - 1.0, x)
        steps, error = two_sum(steps, np.where(above, 1.0 / x, 0.0))
        lost += error
    value, error = two_sum(steps, _digamma_near_root(x, 0.0))
    return value, lost + error


def _digamma_near_root(x: Array, offset: float) -> Array:
    """digamma(x + offset) for 1 <= x + offset <= 2.5, the offset 0 or 1."""
    high, low = ROOT if offset == 0.0 else ROOT_LESS_1
    d = (x - high) - low
    z = x - (2.0 - offset)
    return np.where(
        x < 1.96 - offset,
        d * horner(DIGAMMA_ROOT, d),
        z * horner(DIGAMMA2, z) + ONE_LESS_EULER,
    )


def _digamma_1p(x: Array) -> Array:
    """digamma(1 + x) for 0 <= x <= 1, without rounding 1 + x."""
    return _digamma_near_root(x, 1.0)


def _digamma_below(x: Array) -> Array:
    """digamma(x) for x < 0: reflection (DLMF 5.5.4), and integers where it cancels."""
    z = split(x)[1]
    high, low = pair_product((z, np.zeros_like(z)), constant_pair(PI, z))
    tangent = np.tan(high)
    pair = tangent, low * (1.0 + tangent * tangent)
    cotangent, rest = pair_quotient(constant_pair(PI, z), pair)
    tiny = np.abs(z) < 1e-290
    cotangent, rest = np.where(tiny, 1.0 / z, cotangent), np.where(tiny, 0.0, rest)
    above, low = _digamma_above_1(np.maximum(-x, 1.0))
    near = x > -1.0
    above = np.where(near, _digamma_1p(np.minimum(-x, 1.0)), above)
    low = np.where(near, 0.0, low - 1.0 / x)
    value, error = two_sum(above, -cotangent)
    value = np.where(np.isinf(value), value, value + (error + (low - rest)))
    value[z == 0.0] = nan
    return repair(
        value,
        np.abs(value) < 0.4 * np.abs(cotangent),
        lambda x: exact_polygamma(0, x),
        x,
    )
