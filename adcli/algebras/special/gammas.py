"""gamma, lgamma and digamma of floats.

`adcli.algebras.functions.float_functions` loads them when they are first used.

Where the digits of a float cancel, near a root on the negative axis, the integers of
`adcli.algebras.special.bits` take over. DLMF: https://dlmf.nist.gov
"""

from __future__ import annotations

import math
from math import copysign, fabs, inf, nan, pi

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
    RGAMMA2,
    ROOT,
    ROOT_LESS_1,
    STIRLING,
)
from adcli.algebras.special.ieee import round
from adcli.algebras.special.pairs import (
    PI,
    SQRT_TAU,
    horner,
    pair_product,
    pair_quotient,
    two_sum,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from adcli.algebras.special.pairs import Number


def stirling(x: Number) -> Number:
    """lgamma(x) - ((x - 1/2) log x - x + log(2 pi)/2) for x >= 10 (DLMF 5.11.1)."""
    inverse = 1.0 / x
    return inverse * horner(STIRLING, inverse * inverse)


def gamma_near_2(z: Number) -> tuple[Number, Number]:
    """1 / gamma(2 + z) for |z| <= 1/2, as a pair good to about a tenth of an ulp."""
    return two_sum(1.0 + 0.0 * z, z * horner(RGAMMA2, z))


def split(x: float) -> tuple[float, float]:
    """The nearest integer n and x - n, both exact; x is finite."""
    n = round(x)
    return n, x - n


def _gamma_pair(x: float) -> tuple[float, float]:
    """gamma(x) for |x| < 10, not a pole, as a pair: gamma(2 + z) times or over the steps to x.

    gamma(x) = gamma(2 + z) (2 + z) ... (n - 1 + z) for x = n + z, n > 2, and
    gamma(x) = gamma(2 + z) / ((1 + z) z ... (n + z)) below (DLMF 5.5.1).
    """
    n, z = split(x)
    product = (1.0, 0.0)
    step = 2.0
    while step < n:
        product = pair_product(product, two_sum(step, z))
        step += 1.0
    below = gamma_near_2(z)
    step = 1.0
    while step >= n:
        below = pair_product(below, two_sum(step, z))
        step -= 1.0
    return pair_quotient(product, below)


def _gamma_stirling(x: float) -> tuple[float, float]:
    """gamma(x) / 2^300 for 10 <= x <= 185, as a pair (DLMF 5.11.3).

    x^(x - 1/2) is squared from half its exponent, which is exact, and scaled, to stay in range.
    """
    root = math.pow(x, 0.5 * x - 0.25)
    product = pair_product((root * 2.0**-300, 0.0), (math.exp(-x), 0.0))
    product = pair_product(product, (root, 0.0))
    product = pair_product(product, SQRT_TAU)
    return pair_product(product, two_sum(1.0, math.expm1(stirling(x))))


def _sin_pi(z: float) -> tuple[float, float]:
    """sin(pi z) for |z| <= 1/2 as the sine of a pair."""
    high, low = pair_product((z, 0.0), PI)
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
    n, z = split(x)
    if z == 0.0:
        return nan
    below = pair_product(_gamma_stirling(min(-x, 185.0)), _sin_pi(z))
    below = pair_product(below, (max(x, -185.0) * (1.0 if n % 2.0 == 0.0 else -1.0), 0.0))
    high, low = pair_quotient((-PI[0], -PI[1]), below)
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
        return (x - 0.5) * (math.log(x) - 1.0) + (HALF_LOG_TAU - 0.5 + stirling(x))
    if x >= 0.5:
        return _lgamma_steps(x)
    if x > -0.5:
        if x == 0.0:
            return inf
        return x * horner(LGAMMA2, x) - math.log1p(x) - math.log(fabs(x))
    if not -inf < x:
        return x if x != x else inf
    z = split(x)[1]
    if z == 0.0:
        return inf
    if x > -10.0:
        high, low = _gamma_pair(x)
        value = math.log(fabs(high)) + low / high
        return value if fabs(value) > 0.25 else exact_lgamma(x)
    above = lgamma(-x)
    value = -math.log(-x * fabs(sum(_sin_pi(z))) / pi) - above
    return value if fabs(value) > 0.5 * above else exact_lgamma(x)


def _lgamma_steps(x: float) -> float:
    """lgamma(x) for 1/2 <= x < 10: lgamma(2 + z) plus the logarithm of the steps to x."""
    if 1.23 < x < 1.73:
        d = x - ROOT[0]
        return d * d * horner(LGAMMA_LEAST, d) + LGAMMA_OF_ROOT
    if x < 1.5:
        z = x - 1.0
        return z * horner(LGAMMA2, z) - math.log1p(z)
    product = 1.0
    while x >= 2.5:
        x -= 1.0
        product *= x
    z = x - 2.0
    value = z * horner(LGAMMA2, z)
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
    z = split(x)[1]
    if z == 0.0:
        return nan
    terms = [-term for term in _pi_cot_pi(z)]
    if x > -1.0:
        terms.append(_digamma_1p(-x))
    else:
        terms += [*_digamma_terms(-x), -1.0 / x]
    value = math.fsum(terms)
    return value if fabs(value) >= 0.4 * fabs(terms[0]) else exact_polygamma(0, x)


def _pi_cot_pi(z: float) -> tuple[float, float]:
    """pi cot(pi z) for 0 < |z| <= 1/2 as a pair, but for the rounding of one tangent."""
    high, low = pair_product((z, 0.0), PI)
    tangent = math.tan(high)
    if fabs(tangent) < 1e-290:
        return 1.0 / z, 0.0
    return pair_quotient(PI, (tangent, low * (1.0 + tangent * tangent)))


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
        return [math.log(x), -(0.5 * inverse + square * horner(DIGAMMA_TAIL, square))]
    terms = []
    while x >= 2.5:
        x -= 1.0
        terms.append(1.0 / x)
    if x < 1.96:
        d = (x - ROOT[0]) - ROOT[1]
        terms.append(d * horner(DIGAMMA_ROOT, d))
    else:
        z = x - 2.0
        terms += [z * horner(DIGAMMA2, z), ONE_LESS_EULER]
    return terms


def _digamma_1p(x: float) -> float:
    """digamma(1 + x) for 0 <= x <= 1, without rounding 1 + x."""
    if x < 0.96:
        d = (x - ROOT_LESS_1[0]) - ROOT_LESS_1[1]
        return d * horner(DIGAMMA_ROOT, d)
    z = x - 1.0
    return z * horner(DIGAMMA2, z) + ONE_LESS_EULER
