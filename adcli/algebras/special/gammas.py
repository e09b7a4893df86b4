"""gamma, lgamma, digamma and polygamma, once for floats and arrays: `m` is the namespace of either.

A namespace has, beside its functions, five that choose: `pieces` computes each element by the
formula (of m and x) whose condition it meets, nan where it meets none; `somewhere` tells whether a
condition is met at all, for a loop, in which `moved` takes the new value where it is met; `repair`
recomputes the few elements that need it, and `each` computes one by one.
Floats load this module when they first need it; arrays use SciPy where that is as good.

Where the digits of a float cancel, near a root on the negative axis, the integers of
`adcli.algebras.special.bits` take over. DLMF: https://dlmf.nist.gov
"""

from __future__ import annotations

import math
from math import inf, pi

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
from adcli.algebras.special.pairs import (
    PI,
    SQRT_TAU,
    horner,
    pair_product,
    pair_quotient,
    two_sum,
)
from adcli.algebras.special.power_sums import hurwitz, polygamma_of_large_order

TYPE_CHECKING = False  # `typing` itself is not loaded by a bare interpreter
if TYPE_CHECKING:
    from typing import Any

    Pair = tuple[Any, Any]


def _is_pole(m: Any, x: Any) -> Any:
    """Whether x is a negative integer or -inf."""
    return (x < 0.0) & (x == m.round(x))


def _from_integer(m: Any, x: Any) -> Pair:
    """The nearest integer n and x - n, both exact; x is finite."""
    n = m.round(x)
    return n, x - n


def _sin_pi(m: Any, z: Any) -> Pair:
    """sin(pi z) for |z| <= 1/2 as the sine of a pair."""
    high, low = pair_product((z, 0.0), PI)
    return m.sin(high), low * m.cos(high)


# --------------------------------------------------------------------------------------------------
# gamma
# --------------------------------------------------------------------------------------------------


def gamma(m: Any, x: Any) -> Any:
    """The gamma function; an infinity at 0 with its sign, nan at the negative integers.

    Within 10 of 0 by steps from gamma(2 + z), beyond by Stirling's series, and below by reflection
    (DLMF 5.5.1, 5.5.3, 5.11.3).
    """
    return m.pieces(
        m,
        x,
        (m.abs(x) < 1e-300, lambda m, x: m.divide(1.0, x)),
        ((x >= 1e-300) & (x < 10.0), _gamma_within_10),
        (x >= 10.0, _gamma_above),
        (x <= -1e-300, _gamma_negative),
    )


def _gamma_above(m: Any, x: Any) -> Any:
    """gamma(x) for x >= 10."""
    return _sum(_gamma_stirling(m, m.minimum(x, 185.0))) * 2.0**300


def _gamma_negative(m: Any, x: Any) -> Any:
    regular = _is_pole(m, x) == 0
    return m.pieces(
        m,
        x,
        (regular & (x > -10.0), _gamma_within_10),
        (regular & (x <= -10.0), _gamma_below),
    )


def _gamma_within_10(m: Any, x: Any) -> Any:
    return _sum(_gamma_pair(m, x))


def _sum(pair: Pair) -> Any:
    high, low = pair
    return high + low


def _gamma_pair(m: Any, x: Any) -> Pair:
    """gamma(x) for |x| < 10, not a pole, as a pair: gamma(2 + z) times or over the steps to x.

    gamma(x) = gamma(2 + z) (2 + z) ... (n - 1 + z) for x = n + z, n > 2, and
    gamma(x) = gamma(2 + z) / ((1 + z) z ... (n + z)) below (DLMF 5.5.1).
    """
    n, z = _from_integer(m, x)
    product = 1.0, 0.0
    step = 2.0
    while m.somewhere(n > step):
        product = m.moved(n > step, pair_product(product, two_sum(step, z)), product)
        step += 1.0
    # 1 / gamma(2 + z), good to about a tenth of an ulp
    below = two_sum(1.0, z * horner(RGAMMA2, z))
    step = 1.0
    while m.somewhere(n <= step):
        below = m.moved(n <= step, pair_product(below, two_sum(step, z)), below)
        step -= 1.0
    return pair_quotient(product, below)


def stirling(x: Any) -> Any:
    """lgamma(x) - ((x - 1/2) log x - x + log(2 pi)/2) for x >= 10 (DLMF 5.11.1)."""
    inverse = 1.0 / x
    return inverse * horner(STIRLING, inverse * inverse)


def _gamma_stirling(m: Any, x: Any) -> Pair:
    """gamma(x) / 2^300 for 10 <= x <= 185, as a pair (DLMF 5.11.3).

    x^(x - 1/2) is squared from half its exponent, which is exact, and scaled, to stay in range.
    """
    root = m.power(x, 0.5 * x - 0.25)
    product = pair_product((root * 2.0**-300, 0.0), (m.exp(-x), 0.0))
    product = pair_product(product, (root, 0.0))
    product = pair_product(product, SQRT_TAU)
    return pair_product(product, two_sum(1.0, m.expm1(stirling(x))))


def _gamma_below(m: Any, x: Any) -> Any:
    """gamma(x) = -pi / (x sin(pi x) gamma(-x)) for x <= -10, not a pole (DLMF 5.5.3)."""
    n, z = _from_integer(m, x)
    below = pair_product(_gamma_stirling(m, m.minimum(-x, 185.0)), _sin_pi(m, z))
    parity = m.where(m.mod(n, 2.0) == 0.0, 1.0, -1.0)
    below = pair_product(below, (m.maximum(x, -185.0) * parity, 0.0))
    return _sum(pair_quotient((-pi, -PI[1]), below)) * 2.0**-300


# --------------------------------------------------------------------------------------------------
# lgamma
# --------------------------------------------------------------------------------------------------


def lgamma(m: Any, x: Any) -> Any:
    """log|gamma(x)|; inf at 0, the negative integers and both infinities.

    x >= 10: Stirling's series (DLMF 5.11.1). 1/2 <= x < 10: steps down to the series at 2
    (DLMF 5.7.3), which is exact at the roots 1 and 2. |x| < 1/2: lgamma(1 + x) - log|x|.
    Negative x: the logarithm of gamma, or below -10 the reflection formula (DLMF 5.5.3); within
    about 1/4 of a root's value that cancels, and the integers take over.
    """
    return m.pieces(
        m,
        x,
        (x >= 10.0, _lgamma_above),
        ((x >= 0.5) & (x < 10.0), _lgamma_steps),
        (m.abs(x) < 0.5, lambda m, x: _lgamma_near_1(m, x) - m.log(m.abs(x))),
        (x <= -0.5, _lgamma_negative),
    )


def _lgamma_negative(m: Any, x: Any) -> Any:
    pole = _is_pole(m, x)
    regular = pole == 0
    return m.pieces(
        m,
        x,
        (regular & (x > -10.0), _lgamma_within_10),
        (regular & (x <= -10.0), _lgamma_below),
        (pole, lambda m, x: x * -inf),
    )


def _lgamma_above(m: Any, x: Any) -> Any:
    """lgamma(x) for x >= 10."""
    return (x - 0.5) * (m.log(x) - 1.0) + (HALF_LOG_TAU - 0.5 + stirling(x))


def _lgamma_steps(m: Any, x: Any) -> Any:
    """lgamma(x) for 1/2 <= x < 10: near 1 or 2, plus the logarithm of the steps to x."""
    product = 1.0
    while m.somewhere(x >= 2.5):
        above = x >= 2.5
        x = m.moved(above, x - 1.0, x)
        product = m.moved(above, product * x, product)
    near = m.pieces(
        m,
        x,
        (x <= 1.23, lambda m, x: _lgamma_near_1(m, x - 1.0)),
        ((x > 1.23) & (x < 1.73), _lgamma_near_least),
        (x >= 1.73, lambda m, x: (x - 2.0) * horner(LGAMMA2, x - 2.0)),
    )
    return near + m.log(product)


def _lgamma_near_1(m: Any, z: Any) -> Any:
    """lgamma(1 + z) for |z| <= 1/2."""
    return z * horner(LGAMMA2, z) - m.log1p(z)


def _lgamma_near_least(m: Any, x: Any) -> Any:
    d = x - ROOT[0]
    return d * d * horner(LGAMMA_LEAST, d) + LGAMMA_OF_ROOT


def _lgamma_within_10(m: Any, x: Any) -> Any:
    """lgamma(x) for -10 < x <= -1/2, not a pole."""
    high, low = _gamma_pair(m, x)
    value = m.log(m.abs(high)) + low / high
    return m.repair(value, m.abs(value) <= 0.25, exact_lgamma, x)


def _lgamma_below(m: Any, x: Any) -> Any:
    """lgamma(x) for x <= -10, not a pole."""
    above = _lgamma_above(m, -x)
    sine = m.abs(_sum(_sin_pi(m, _from_integer(m, x)[1])))
    value = -m.log(-x * sine / pi) - above
    return m.repair(value, m.abs(value) <= 0.5 * above, exact_lgamma, x)


# --------------------------------------------------------------------------------------------------
# digamma
# --------------------------------------------------------------------------------------------------


def digamma(m: Any, x: Any) -> Any:
    """The derivative of lgamma; nan at 0, the negative integers and -inf.

    x >= 10: the asymptotic series (DLMF 5.11.2). 0 < x < 10: steps to [1, 2.5), where a Taylor
    series at the root keeps the digits of a small value. Negative x: reflection (DLMF 5.5.4), and
    integers where it cancels.
    """
    return m.pieces(
        m,
        x,
        (x >= 1.0, lambda m, x: _sum(_digamma_above_1(m, x))),
        ((x > 0.0) & (x < 1.0), lambda m, x: _digamma_near_root(m, x, 1.0) - 1.0 / x),
        (x < 0.0, _digamma_negative),
    )


def _digamma_negative(m: Any, x: Any) -> Any:
    return m.pieces(m, x, (_is_pole(m, x) == 0, _digamma_below))


def _digamma_above_1(m: Any, x: Any) -> Any:
    """digamma(x) for x >= 1 as a pair."""
    return m.pieces(
        m,
        x,
        (x >= 10.0, _digamma_tail),
        (x < 10.0, _digamma_steps),
    )


def _digamma_tail(m: Any, x: Any) -> Pair:
    inverse = 1.0 / x
    square = inverse * inverse
    return m.log(x), -(0.5 * inverse + square * horner(DIGAMMA_TAIL, square))


def _digamma_steps(m: Any, x: Any) -> Pair:
    """digamma(x) for 1 <= x < 10: positive steps 1 / (x - k), and a series."""
    steps, lost = 0.0, 0.0
    while m.somewhere(x >= 2.5):
        above = x >= 2.5
        x = m.moved(above, x - 1.0, x)
        steps, error = two_sum(steps, m.moved(above, 1.0 / x, 0.0))
        lost = lost + error
    high, error = two_sum(steps, _digamma_near_root(m, x, 0.0))
    return high, error + lost


def _digamma_near_root(m: Any, x: Any, offset: float) -> Any:
    """digamma(x + offset) for 1 <= x + offset <= 2.5, the offset 0 or 1; it is not rounded."""
    high, low = ROOT if offset == 0.0 else ROOT_LESS_1
    d = (x - high) - low
    z = x - (2.0 - offset)
    return m.where(
        x < 1.96 - offset,
        d * horner(DIGAMMA_ROOT, d),
        z * horner(DIGAMMA2, z) + ONE_LESS_EULER,
    )


def _digamma_below(m: Any, x: Any) -> Any:
    """digamma(x) for x < 0, not a pole."""
    steep, rest = _pi_cot_pi(m, _from_integer(m, x)[1])
    above, low = _digamma_above_1(m, m.maximum(-x, 1.0))
    near = x > -1.0
    above = m.where(near, _digamma_near_root(m, m.minimum(-x, 1.0), 1.0), above)
    low = m.where(near, 0.0, low - 1.0 / x)
    value, error = two_sum(above, -steep)
    value = m.where(m.isfinite(value), value + (error + (low - rest)), value)
    small = m.abs(value) < 0.4 * m.abs(steep)
    return m.repair(value, small, lambda x: exact_polygamma(0, x), x)


def _pi_cot_pi(m: Any, z: Any) -> Pair:
    """pi cot(pi z) for 0 < |z| <= 1/2 as a pair, but for the rounding of one tangent."""
    high, low = pair_product((z, 0.0), PI)
    tangent = m.tan(high)
    steep, rest = pair_quotient(PI, (tangent, low * (1.0 + tangent * tangent)))
    tiny = m.abs(z) < 1e-290
    return m.where(tiny, 1.0 / z, steep), m.where(tiny, 0.0, rest)


# --------------------------------------------------------------------------------------------------
# polygamma
# --------------------------------------------------------------------------------------------------


def polygamma(m: Any, n: float, x: Any) -> Any:
    """The n-th derivative of digamma; nan unless n is 0, 1, 2 ...

    (-1)^(n+1) n! times the sum of 1 / (x + k)^(n+1) over k >= 0 (DLMF 5.15.1). For x = m + z < 0
    the finite part of the sum becomes a difference of two positive ones; where it cancels (n even,
    near a root) the integers take over. At 0 and the negative integers: inf for odd n, nan for
    even n but at 0, where it is the infinity of that side. Within 4 ulp for n <= 100; beyond, or
    for x^-n below 1e-270, the value comes from its logarithm L with a relative error of about
    |L| 1e-16 (measured: 2e3 ulp at n = 200), and more near a root on the negative axis.
    """
    if not (0.0 <= n < inf and n % 1.0 == 0.0):
        return x * math.nan
    if n == 0.0:
        return digamma(m, x)
    usual = n <= 100.0
    above = usual & (x > 0.0) & (x <= 1e8 * n) & (n * m.log2(m.abs(x)) <= 900.0)
    below = usual & (x < 0.0) & (_is_pole(m, x) == 0)
    return m.pieces(
        m,
        x,
        (above, lambda m, x: _polygamma_above(m, n, x)),
        (below, lambda m, x: _polygamma_below(m, n, x)),
        ((above | below) == 0, lambda m, x: m.each(lambda x: polygamma_of_large_order(n, x), x)),
    )


def _polygamma_above(m: Any, n: float, x: Any) -> Any:
    """polygamma(n, x) for x > 0."""
    total, lost = hurwitz(m, n + 1.0, x, 0.0)
    value = math.gamma(n + 1.0) * m.where(m.isfinite(total), total + lost, inf)
    return value if n % 2.0 == 1.0 else -value


def _polygamma_below(m: Any, n: float, x: Any) -> Any:
    """polygamma(n, x) for x = m + z < 0, m an integer, |z| <= 1/2, not a pole.

    The sum of 1 / (x + k)^s over k >= 0, s = n + 1, is
    z^-s + zeta(s, 1 + z) + (-1)^s (zeta(s, 1 - z) - zeta(s, 1 - x)).
    """
    s = n + 1.0
    side = 1.0 if n % 2.0 == 1.0 else -1.0
    z = _from_integer(m, x)[1]
    first = m.power(z, -s)
    total, lost = first, 0.0
    for factor, argument in ((1.0, z), (side, -z), (-side, -x)):
        high, low = hurwitz(m, s, argument, 1.0)
        total, error = two_sum(total, factor * high)
        lost = lost + (error + factor * low)
    total = m.where(m.isfinite(first), total + lost, first)
    value = side * math.gamma(s) * total
    if side > 0.0:
        return value
    small = m.abs(total) < 0.4 * m.abs(first)
    return m.repair(value, small, lambda x: exact_polygamma(int(n), x), x)
