"""Log densities of positive numbers and of shares."""

from __future__ import annotations

from typing import Any

from adcli.graph.primitives.density import (
    POSITIVE,
    checked,
    density,
    half_log_tau,
    is_negative,
    latex,
)
from adcli.graph.primitives.registry import Limit


def _lognormal_score(m: Any, y: Any, mu: Any, sigma: Any) -> Any:
    return m.divide(m.log(y) - mu, sigma)


def _lognormal(m: Any, y: Any, mu: Any, sigma: Any) -> Any:
    z = _lognormal_score(m, y, mu, sigma)
    return -0.5 * (z * z) - m.log(y) - (m.log(sigma) + half_log_tau(m))


def _lognormal_sigma(m: Any, y: Any, mu: Any, sigma: Any, out: Any) -> Any:
    z = _lognormal_score(m, y, mu, sigma)
    return m.divide(z * z - 1, sigma)


density(
    "lognormal_logpdf",
    lambda m, y, mu, sigma, out: (
        -m.divide(1 + m.divide(_lognormal_score(m, y, mu, sigma), sigma), y)
    ),
    lambda m, y, mu, sigma, out: m.divide(_lognormal_score(m, y, mu, sigma), sigma),
    _lognormal_sigma,
    inputs="y mu sigma",
    value=_lognormal,
    support=("{0} > 0", lambda m, y, mu, sigma: m.less_equal(y, 0)),
    parameters={"sigma": POSITIVE},
    sample=((0.1, 5.0), (-1.0, 1.0), (0.3, 2.0)),
    latex=latex("LogNormal", given=2),
    summary="log density of y whose logarithm is normal: its mean mu, standard deviation sigma",
)


_SHAPE_SUPPORT: Limit = (
    "{0} > 0, or {0} = 0 and shape <= 1",
    lambda m, y, shape, _: m.less(y, 0) + m.equal(y, 0) * m.greater(shape, 1),
)
"""That of a power of y with the exponent shape - 1."""


def _at_zero(m: Any, power: Any) -> Any:
    """The logarithm of y^(power - 1) at y = 0, where that is not 1."""
    return m.where(m.less(power, 1), m.inf, -m.inf)


def _gamma(m: Any, y: Any, shape: Any, rate: Any) -> Any:
    """shape/y times what Poisson's formula gives for shape events of the mean rate*y."""
    is_edge, rate = m.equal(y, 0), checked(m, POSITIVE, rate)
    y = m.where(is_edge, 1, y)
    event = 0.5 * m.log(m.divide(shape, 2 * m.pi)) - m.stirling_error(shape)
    inside = event - m.kl_div(shape, rate * y) - m.log(y)
    at_edge = m.where(m.equal(shape, 1), m.log(rate), _at_zero(m, shape))
    return m.where(is_edge, at_edge + 0 * inside, inside)


density(
    "gamma_logpdf",
    lambda m, y, shape, rate, out: m.divide(shape - 1, y) - rate,
    lambda m, y, shape, rate, out: (
        m.log(m.divide(rate * y, shape)) + m.divide(0.5, shape) - m.stirling_slope(1, shape)
    ),
    lambda m, y, shape, rate, out: m.divide(shape, rate) - y,
    shown=(None, lambda m, y, shape, rate, out: m.log(rate * y) - m.digamma(shape), None),
    inputs="y shape rate",
    value=_gamma,
    support=_SHAPE_SUPPORT,
    beyond=is_negative,
    parameters={"shape": POSITIVE, "rate": POSITIVE},
    sample=((0.1, 5.0), (0.5, 5.0), (0.3, 3.0)),
    latex=latex("Gamma", given=2),
    summary="log density of the gamma distribution: shape, and rate = 1/scale",
)
density(
    "exponential_logpdf",
    lambda m, y, rate, out: -rate,
    lambda m, y, rate, out: m.divide(1, rate) - y,
    inputs="y rate",
    value=lambda m, y, rate: m.log(checked(m, POSITIVE, rate)) - rate * y,
    support=("{0} >= 0", is_negative),
    parameters={"rate": POSITIVE},
    kink=lambda m, y, rate: m.equal(y, 0),
    sample=((0.1, 5.0), (0.3, 3.0)),
    latex=latex("Exponential", given=1),
    summary="log density of the exponential distribution: rate = 1/mean",
)


def _weibull(m: Any, y: Any, shape: Any, scale: Any) -> Any:
    shape, excess = checked(m, POSITIVE, shape), _weibull_excess(m, y, shape, scale)
    power = m.xlogy(shape - 1, m.divide(y, scale))
    return m.log(shape) - m.log(scale) + power - (excess + 1)


def _weibull_excess(m: Any, y: Any, shape: Any, scale: Any) -> Any:
    """(y/scale)^shape - 1."""
    return m.expm1(shape * m.log(m.divide(y, scale)))


def _weibull_power(m: Any, y: Any, shape: Any, scale: Any) -> Any:
    return m.power(m.divide(y, scale), shape)


_weibull_shown = (
    lambda m, y, shape, scale, out: m.divide(
        shape - 1 - shape * _weibull_power(m, y, shape, scale), y
    ),
    lambda m, y, shape, scale, out: (
        m.divide(1, shape) + m.log(m.divide(y, scale)) * (1 - _weibull_power(m, y, shape, scale))
    ),
    lambda m, y, shape, scale, out: (
        m.divide(shape, scale) * (_weibull_power(m, y, shape, scale) - 1)
    ),
)

density(
    "weibull_logpdf",
    lambda m, y, shape, scale, out: -m.divide(1 + shape * _weibull_excess(m, y, shape, scale), y),
    lambda m, y, shape, scale, out: (
        m.divide(1, shape) - m.log(m.divide(y, scale)) * _weibull_excess(m, y, shape, scale)
    ),
    lambda m, y, shape, scale, out: m.divide(shape, scale) * _weibull_excess(m, y, shape, scale),
    shown=_weibull_shown,
    inputs="y shape scale",
    value=_weibull,
    support=_SHAPE_SUPPORT,
    beyond=is_negative,
    parameters={"shape": POSITIVE, "scale": POSITIVE},
    sample=((0.1, 5.0), (0.5, 3.0), (0.3, 3.0)),
    latex=latex("Weibull", given=2),
    summary="log density of the Weibull distribution: shape and scale",
)


def _beta(m: Any, y: Any, a: Any, b: Any) -> Any:
    """a b/((a + b) y (1 - y)) times what the binomial formula gives for a of a + b trials."""
    at_0, at_1 = m.equal(y, 0), m.equal(y, 1)
    y = m.where(at_0 + at_1, 0.5, y)
    total = a + b
    trials = 0.5 * m.log(m.divide(a * m.divide(b, total), 2 * m.pi)) + m.stirling_error(total)
    trials = trials - m.stirling_error(a) - m.stirling_error(b)
    inside = trials - m.kl_div(a, total * y) - m.kl_div(b, total * (1 - y))
    inside = inside - m.log(y) - m.log1p(-y)
    power, other = m.where(at_0, a, b), m.where(at_0, b, a)
    at_edge = m.where(m.equal(power, 1), m.log(other), _at_zero(m, power))
    return m.where(at_0 + at_1, at_edge + 0 * inside, inside)


def _beta_beyond(m: Any, y: Any, a: Any, b: Any) -> Any:
    return m.less(y, 0) + m.greater(y, 1)


def _beta_outside(m: Any, y: Any, a: Any, b: Any) -> Any:
    edges = m.equal(y, 0) * m.greater(a, 1) + m.equal(y, 1) * m.greater(b, 1)
    return _beta_beyond(m, y, a, b) + edges


density(
    "beta_logpdf",
    lambda m, y, a, b, out: m.divide(a - 1, y) - m.divide(b - 1, 1 - y),
    lambda m, y, a, b, out: m.log(y) - m.polygammadiff(0, a, b),
    lambda m, y, a, b, out: m.log1p(-y) - m.polygammadiff(0, b, a),
    shown=(
        None,
        lambda m, y, a, b, out: m.log(y) - m.digamma(a) + m.digamma(a + b),
        lambda m, y, a, b, out: m.log(1 - y) - m.digamma(b) + m.digamma(a + b),
    ),
    inputs="y a b",
    value=_beta,
    support=("0 < {0} < 1, or 0 if a <= 1, or 1 if b <= 1", _beta_outside),
    beyond=_beta_beyond,
    instead=0.5,
    parameters={"a": POSITIVE, "b": POSITIVE},
    sample=((0.05, 0.95), (0.5, 5.0), (0.5, 5.0)),
    latex=latex("Beta", given=2),
    summary="log density of the beta distribution on 0 <= y <= 1",
)
