"""Log probabilities of counts."""

from __future__ import annotations

from typing import Any

from adcli.graph.primitives.density import (
    COUNT,
    NOT_NEGATIVE,
    POSITIVE,
    SHARE,
    checked,
    density,
    is_no_count,
    latex,
)


def _log_factorial_error(m: Any, n: Any) -> Any:
    """log(n!) - n log(n) + n."""
    is_zero = m.equal(n, 0)
    n = m.where(is_zero, 1, n)
    return m.where(is_zero, 0, 0.5 * m.log(2 * m.pi * n) + m.stirling_error(n))


def _outside(m: Any, y: Any, mean: Any, *_: Any) -> Any:
    """Of events without a mean there are none."""
    return is_no_count(m, y) + m.equal(mean, 0) * m.greater(y, 0)


def _per(m: Any, y: Any, mean: Any) -> Any:
    """y/mean, and 0 for no event where the mean is 0 as well."""
    return m.where(m.equal(y, 0), 0, m.divide(y, mean))


density(
    "poisson_logpmf",
    lambda m, y, rate, out: _per(m, y, rate) - 1,
    shown=(None, lambda m, y, rate, out: m.divide(y - rate, rate)),
    inputs="y rate",
    value=lambda m, y, rate: -m.kl_div(y, rate) - _log_factorial_error(m, y),
    support=("{0} = 0, 1, 2, ..., only 0 if rate = 0", _outside),
    beyond=is_no_count,
    instead=0.0,
    parameters={"rate": NOT_NEGATIVE},
    sample=((3.0, 3.0), (0.3, 5.0)),
    latex=latex("Poisson", given=1),
    summary="log probability of y events, of which the mean is rate",
)


def _binomial(m: Any, y: Any, n: Any, p: Any) -> Any:
    n, p = checked(m, COUNT, n), checked(m, SHARE, p)
    ways = _log_factorial_error(m, n) - _log_factorial_error(m, y) - _log_factorial_error(m, n - y)
    return ways - m.kl_div(y, n * p) - m.kl_div(n - y, n * (1 - p))


def _binomial_beyond(m: Any, y: Any, n: Any, p: Any) -> Any:
    return is_no_count(m, y) + m.greater(y, n)


def _binomial_outside(m: Any, y: Any, n: Any, p: Any) -> Any:
    surely = m.equal(p, 0) * m.greater(y, 0) + m.equal(p, 1) * m.less(y, n)
    return _binomial_beyond(m, y, n, p) + surely


density(
    "binomial_logpmf",
    lambda m, y, n, p, out: _per(m, y, p) - _per(m, n - y, 1 - p),
    shown=(None, None, lambda m, y, n, p, out: m.divide(y - n * p, p * (1 - p))),
    inputs="y n p",
    value=_binomial,
    support=("{0} = 0, 1, ... n, only 0 if p = 0, only n if p = 1", _binomial_outside),
    beyond=_binomial_beyond,
    instead=0.0,
    parameters={"n": COUNT, "p": SHARE},
    sample=((3.0, 3.0), (7.0, 7.0), (0.05, 0.95)),
    latex=latex("Binomial", given=2),
    summary="log probability of y successes in n trials, each of the probability p",
)
density(
    "bernoulli_logit_logpmf",
    lambda m, y, alpha, out: (2 * y - 1) * m.sigmoid((1 - 2 * y) * alpha),
    shown=(None, lambda m, y, alpha, out: y - m.sigmoid(alpha)),
    inputs="y alpha",
    value=lambda m, y, alpha: -m.softplus((1 - 2 * y) * alpha),
    support=(
        "{0} = 0, 1",
        lambda m, y, alpha: m.greater(m.abs(y - 0.5), 0.5) + m.less(m.abs(y - 0.5), 0.5),
    ),
    sample=((1.0, 1.0), (-3.0, 3.0)),
    latex=latex("BernoulliLogit", given=1),
    summary="log probability of y, 0 or 1, where 1 has the probability sigmoid(alpha)",
)


def _negative_binomial(m: Any, y: Any, mu: Any, phi: Any) -> Any:
    """phi/(phi + y) times what the binomial formula gives for phi of phi + y trials."""
    total = y + phi
    share = m.divide(total, phi + mu)
    errors = m.stirling_error(total) - m.stirling_error(phi) - 0.5 * m.log1p(m.divide(y, phi))
    return (
        errors - _log_factorial_error(m, y) - m.kl_div(phi, phi * share) - m.kl_div(y, mu * share)
    )


def _negative_binomial_mu(m: Any, y: Any, mu: Any, phi: Any, out: Any) -> Any:
    """(y - mu)/(mu + mu^2/phi), of which each form cancels somewhere when differentiated again."""
    growth = 1 + m.divide(mu, phi)
    near = _per(m, y, mu) - m.divide(1 + m.divide(y, phi), growth)
    return m.where(m.less(mu, phi), near, m.divide(y - mu, mu * growth))


def _negative_binomial_phi(m: Any, y: Any, mu: Any, phi: Any, out: Any) -> Any:
    gap = m.divide(y - mu, phi + mu)
    below = -m.log1p(m.divide(mu - y, phi + y)) - gap  # 1 + gap has lost its digits there
    errors = m.stirling_slope(1, y + phi) - m.stirling_slope(1, phi)
    errors = errors + m.divide(m.divide(0.5 * y, phi), y + phi)
    general = m.where(m.less(gap, -0.5), below, m.log1pmx(gap)) + errors
    # For y = 1 both parts are as large as 1/phi and their sum as mu/phi^2.
    single = m.log1pmx(m.divide(-mu, phi + mu)) + m.divide(m.divide(mu, phi), phi + mu)
    return m.where(m.equal(y, 1) * m.less(mu, phi), single, general)


def _negative_binomial_phi_shown(m: Any, y: Any, mu: Any, phi: Any, out: Any) -> Any:
    growth = m.log(m.divide(phi, mu + phi)) + m.divide(mu - y, mu + phi)
    return growth + (m.digamma(y + phi) - m.digamma(phi))


density(
    "negative_binomial_logpmf",
    _negative_binomial_mu,
    _negative_binomial_phi,
    shown=(
        None,
        lambda m, y, mu, phi, out: m.divide(y - mu, mu + m.divide(m.power(mu, 2), phi)),
        _negative_binomial_phi_shown,
    ),
    inputs="y mu phi",
    value=_negative_binomial,
    support=("{0} = 0, 1, 2, ..., only 0 if mu = 0", _outside),
    beyond=is_no_count,
    instead=0.0,
    parameters={"mu": NOT_NEGATIVE, "phi": POSITIVE},
    sample=((3.0, 3.0), (0.3, 5.0), (0.5, 5.0)),
    latex=latex("NegBinomial", given=2),
    summary="log probability of y events, of which mu is the mean and mu + mu^2/phi the variance",
)
