"""What is left of log densities where their large parts cancel: each keeps its digits.

Source: C. Loader, Fast and Accurate Computation of Binomial Probabilities, 2000. A factorial is
Stirling's formula and its error; the rest of a probability is a deviance. DLMF:
https://dlmf.nist.gov
"""

from __future__ import annotations

from typing import Any

from adcli.graph.primitives.registry import elementwise

_NEAR = 0.3
"""How far log(1 + x) - x is a series: beyond, the difference loses 3 bits at most."""


def _log_less(m: Any, x: Any, far: Any) -> Any:
    """log(1 + x) - x: with r = x/(2 + x) it is 2 (r^3/3 + r^5/5 + ...) - r x near 0 (DLMF 4.6.4),
    and `far` elsewhere."""
    is_near = m.less(m.abs(x), _NEAR)
    near = m.where(is_near, x, 0)
    ratio = m.divide(near, 2 + near)
    square = ratio * ratio
    total = 1 / 23
    for k in range(21, 1, -2):
        total = total * square + 1 / k
    return m.where(is_near, ratio * (2 * square * total - near), far)


elementwise(
    "log1pmx",
    # The second derivative of one form cancels far out, the other form itself near 0.
    lambda m, x, out: m.where(m.less(x, 1), -m.divide(x, 1 + x), m.divide(1, 1 + x) - 1),
    shown=(lambda m, x, out: -m.divide(x, 1 + x),),
    value=lambda m, x: _log_less(m, x, m.log1p(x) - x),
    domain="x > -1",
    remedy="where(x > -1, log1pmx(x), 0) gives 0 elsewhere",
    sample=((-0.9, 5.0),),
    latex=r"\left(\log\left(1 + #+1\right) - #+1\right)",
    summary="log(1 + x) - x, exact near 0",
)


def _kl_div(m: Any, x: Any, y: Any) -> Any:
    is_zero = m.equal(x, 0)
    over = m.divide(1, m.where(is_zero, 1, x))
    change = (y - x) * over
    value = m.where(is_zero, y, -x * _log_less(m, change, m.log(y * over) - change))
    return m.where(m.less(x, 0) + m.less(y, 0), m.inf - m.inf, value)


def _near(m: Any, x: Any, y: Any) -> Any:
    """Whether x is so near y that their difference keeps digits that the quotient would lose."""
    return m.less(m.abs(x - y), 0.5 * y)


def _kl_div_x(m: Any, x: Any, y: Any, out: Any) -> Any:
    return m.where(_near(m, x, y), m.log1p(m.divide(x - y, y)), m.log(m.divide(x, y)))


def _kl_div_y(m: Any, x: Any, y: Any, out: Any) -> Any:
    return m.where(_near(m, x, y), m.divide(y - x, y), 1 - m.divide(x, y))


# A part of values alone: the language has no function of this word.
elementwise(
    "kl_div",
    _kl_div_x,
    _kl_div_y,
    word="relative entropy",
    value=_kl_div,
    domain="x > 0 and y > 0, or x = 0 and y >= 0",
    remedy="where(y > 0, kl_div(x, y), 0) gives 0 elsewhere",
    sample=((0.1, 5.0), (0.1, 5.0)),
    summary="x*log(x/y) - x + y, exact where x is near y",
)

_SERIES_FROM = 7
_BERNOULLI = (
    *(1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -5.284190138687493e-10),
    *(1.3382536530684679e-11, -3.3896802963225827e-13, 8.586062056277845e-15),
    *(-2.174868698558062e-16, 5.5090028283602295e-18, -1.3954464685812522e-19),
    *(3.534707039629467e-21, -8.953517427037546e-23),
)
"""B_2k / (2k)! from k = 1 on (DLMF 24.2)."""


def _series(n: Any, inverse: Any) -> Any:
    """The sum of B_2k/(2k)! (2k + n - 2)!/n! inverse^(k - 1), with inverse = 1/x^2: the factor that
    does not vary with x in the n-th derivative of DLMF 5.11.1."""
    total = _BERNOULLI[-1]
    for k in range(len(_BERNOULLI) - 1, 0, -1):
        total = _BERNOULLI[k - 1] + total * ((n + (2 * k - 1)) * (n + 2 * k) * inverse)
    return total


def _stirling_error(m: Any, x: Any) -> Any:
    """The series at x, or at x + 7 less the steps of the recurrence of lgamma (DLMF 5.5.1)."""
    steps = _SERIES_FROM
    is_near = m.less(x, steps)
    far = m.where(is_near, x + steps, x)
    near = m.where(is_near, x, 1)
    over = m.divide(1, near + steps)
    product = near * over
    for k in range(1, steps):
        product = product * ((near + k) * over)
    moved = (near - 0.5) * m.log1p(m.divide(steps, near)) - m.log(product) - steps
    value = m.divide(_series(0, m.divide(1, far * far)), far) + m.where(is_near, moved, 0)
    return m.where(m.greater(x, 0), value, m.inf - m.inf)


elementwise(
    "stirling_error",
    lambda m, x, out: m.stirling_slope(1, x),
    value=_stirling_error,
    domain="x > 0",
    remedy="where(x > 0, stirling_error(x), 0) gives 0 elsewhere",
    sample=((0.2, 30.0),),
    summary="lgamma(x) less Stirling's formula (x - 1/2)*log(x) - x + log(2 pi)/2 (DLMF 5.11.1)",
)


def _first_slope(m: Any, x: Any) -> Any:
    """The slope at x less that at x + 7: the steps of the recurrence, differentiated."""
    middle = m.divide(1, x + 3)
    for k in range(3):  # 1/(x + k) + 1/(x + 6 - k)
        middle = middle + m.divide(2 * (x + 3), (x + k) * (x + (6 - k)))
    return m.log1p(m.divide(7, x)) + (m.divide(3.5, x * (x + 7)) - middle)


def _stirling_slope(m: Any, n: Any, x: Any) -> Any:
    sign = 1 - 2 * (n - 2 * m.floor(0.5 * n))
    is_first, is_far = m.equal(n, 1), m.greater(x, n + _SERIES_FROM)
    near = m.where(is_far, 1, x)
    moved = m.where(is_first, x + _SERIES_FROM, n + _SERIES_FROM)
    far = m.where(is_far, x, moved)
    inverse = m.divide(1, far)
    series = sign * m.gamma(n + 1) * m.power(inverse, n + 1) * _series(n, inverse * inverse)
    rest = m.divide(m.gamma(n - 1), m.power(near, n - 1))
    rest = rest + m.divide(0.5 * m.gamma(n), m.power(near, n))
    higher = m.polygamma(n - 1, near) - sign * rest
    value = m.where(is_first, series + _first_slope(m, near), higher)
    is_order = m.greater(n, 0) * m.equal(n, m.floor(n))
    return m.where(m.greater(x, 0) * is_order, m.where(is_far, series, value), m.inf - m.inf)


elementwise(
    "stirling_slope",
    None,
    lambda m, n, x, out: m.stirling_slope(n + 1, x),
    inputs="n x",
    value=_stirling_slope,
    domain="n = 1, 2, 3, ...; x > 0",
    remedy="where(x > 0, stirling_slope(n, x), 0) gives 0 elsewhere",
    sample=((1.0, 1.0), (0.5, 30.0)),
    summary="n-th derivative of stirling_error",
)
