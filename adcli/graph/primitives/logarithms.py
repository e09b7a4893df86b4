"""Logarithms of sums, differences and products, as losses are written: each keeps its digits."""

from __future__ import annotations

from typing import Any

from adcli.graph.primitives.registry import elementwise


def _logaddexp(m: Any, x: Any, y: Any) -> Any:
    is_above = m.greater(x, y)
    gap = m.where(is_above, x - y, y - x)
    gap = m.where(m.equal(x, y) * m.equal(m.abs(x), m.inf), 0.0, gap)  # infinite: no difference
    return m.where(is_above, x, y) + m.log1p(m.exp(-gap))


elementwise(
    "logaddexp",
    lambda m, x, y, out: m.sigmoid(x - y),
    lambda m, x, y, out: m.sigmoid(y - x),
    value=_logaddexp,
    latex=r"\log\left(e^{#1} + e^{#2}\right)",
    summary="log(exp(x) + exp(y)) without overflow",
)


def _log1mexp(m: Any, x: Any) -> Any:
    # Source: Maechler, Accurately Computing log(1 - exp(-|a|)), 2012.
    return m.where(m.less(x, 0.6931471805599453), m.log(-m.expm1(-x)), m.log1p(-m.exp(-x)))


elementwise(
    "log1mexp",
    lambda m, x, out: m.divide(m.exp(-x), -m.expm1(-x)),  # 1/expm1(x) leaves the range
    shown=(lambda m, x, out: m.divide(1, m.exp(x) - 1),),
    value=_log1mexp,
    domain="x > 0",
    remedy="where(x > 0, log1mexp(x), 0) gives 0 elsewhere",
    sample=((0.1, 5.0),),
    latex=r"\log\left(1 - e^{-#+1}\right)",
    summary="log(1 - exp(-x)), exact near 0 and far out",
)


def _logcosh(m: Any, x: Any) -> Any:
    size = m.abs(x)
    half = m.sinh(0.5 * m.where(m.less(size, 20), x, 0))
    far = size + (m.log1p(m.exp(-2 * size)) - m.log(2))
    return m.where(m.less(size, 20), m.log1p(2 * (half * half)), far)


elementwise(
    "logcosh",
    lambda m, x, out: m.tanh(x),
    value=_logcosh,
    latex=r"\log\cosh\left(#1\right)",
    even=True,
    trend="rises",
    summary="log(cosh(x)): x^2/2 near 0, abs(x) - log(2) far out",
)


def _xlogy(m: Any, x: Any, y: Any) -> Any:
    has_no_log = m.equal(y, 0) + m.equal(y, m.inf)
    return m.where(m.equal(x, 0) * has_no_log, 0.0, x * m.log(y))


def _xlogy_y(m: Any, x: Any, y: Any, out: Any) -> Any:
    # 0 for a count of 0 beside a probability of 0; the root, as its derivative in x is infinite.
    return m.where(m.equal(x, 0) * m.equal(y, 0), m.sqrt(x), m.divide(x, y))


elementwise(
    "xlogy",
    lambda m, x, y, out: m.log(y),
    _xlogy_y,
    shown=(lambda m, x, y, out: m.log(y), lambda m, x, y, out: m.divide(x, y)),
    value=_xlogy,
    domain="y > 0, or x = 0 and y = 0",
    remedy="where(y > 0, xlogy(x, y), 0) gives 0 elsewhere",
    sample=((-3.0, 3.0), (0.1, 5.0)),
    latex=r"#1 \log\left(#2\right)",
    summary="x*log(y), and 0 where x = 0",
)
