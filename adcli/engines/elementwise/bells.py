"""Bell curves of floats; `adcli.engines.floats` loads them when they are first used.

DLMF: https://dlmf.nist.gov
"""

from __future__ import annotations

import math
from math import erfc, fabs

from adcli.engines.elementwise.pairs import INV_SQRT_TAU, SQRT_HALF, pair_product, two_product

_TWO_OVER_SQRT_PI = 1.1283791670955126


def gauss(x: float) -> float:
    """exp(-x^2): the square is exact as a pair, so the tail keeps its digits."""
    if fabs(x) < 30.0:
        high, low = two_product(x, x)
        value = math.exp(-high)
        return value - value * low
    return x - x if x != x else 0.0


def normpdf(x: float) -> float:
    """exp(-x^2 / 2) / sqrt(2 pi), the density of the standard normal distribution."""
    if fabs(x) < 40.0:
        high, low = two_product(x, x)
        value = math.exp(-0.5 * high)
        return INV_SQRT_TAU[0] * (value - value * (0.5 * low))
    return x - x if x != x else 0.0


def normcdf(x: float) -> float:
    """erfc(-x / sqrt 2) / 2, the distribution function of the standard normal distribution.

    The rounding error d of t = -x / sqrt 2 would cost 2 t^2 ulp in the tail; it is added back to
    first order with erfc'(t) = -2 exp(-t^2) / sqrt pi (DLMF 7.2.2).
    """
    if fabs(x) < 40.0:
        high, low = pair_product((-x, 0.0), SQRT_HALF)
        return 0.5 * (erfc(high) - low * _TWO_OVER_SQRT_PI * math.exp(-high * high))
    return 0.5 * erfc(-x)
