"""Log densities of numbers with a location and a scale."""

from __future__ import annotations

from typing import Any

from adcli.graph.primitives.density import POSITIVE, density, half_log_tau, latex


def _score(m: Any, y: Any, mu: Any, sigma: Any) -> Any:
    return m.divide(y - mu, sigma)


def _normal(m: Any, y: Any, mu: Any, sigma: Any) -> Any:
    z = _score(m, y, mu, sigma)
    return -0.5 * (z * z) - (m.log(sigma) + half_log_tau(m))


def _normal_sigma(m: Any, y: Any, mu: Any, sigma: Any, out: Any) -> Any:
    z = _score(m, y, mu, sigma)
    return m.divide(z * z - 1, sigma)


density(
    "normal_logpdf",
    lambda m, y, mu, sigma, out: -m.divide(_score(m, y, mu, sigma), sigma),
    lambda m, y, mu, sigma, out: m.divide(_score(m, y, mu, sigma), sigma),
    _normal_sigma,
    inputs="y mu sigma",
    value=_normal,
    parameters={"sigma": POSITIVE},
    sample=((-3.0, 3.0), (-1.0, 1.0), (0.3, 2.0)),
    latex=latex("Normal", given=2),
    summary="log density of the normal distribution: mean mu, standard deviation sigma",
)


def _log_tail(m: Any, z: Any, degrees: Any) -> Any:
    """log(1 + z^2/degrees), where z^2 may leave the range."""
    is_far = m.greater(m.abs(z), 1e150)
    far = m.divide(m.abs(z), m.sqrt(degrees))
    value = m.log1p(m.where(is_far, far, m.divide(z * z, degrees)))
    return m.where(is_far, 2 * value, value)


def _student_t(m: Any, y: Any, df: Any, mu: Any, sigma: Any) -> Any:
    """The ratio of gamma functions by Stirling's formula: lgamma(a + 1/2) - lgamma(a) - log(a)/2,
    with a = df/2, is a (log(1 + h) - h), h = 1/df, and the difference of the errors."""
    half = 0.5 * df
    ratio = half * m.log1pmx(m.divide(1, df))
    ratio = ratio + (m.stirling_error(half + 0.5) - m.stirling_error(half))
    tail = (half + 0.5) * _log_tail(m, _score(m, y, mu, sigma), df)
    return ratio - (m.log(sigma) + half_log_tau(m)) - tail


def _bend(m: Any, x: Any) -> Any:
    """log(1 + x) - x/(1 + x), which starts with x^2/2."""
    share = m.divide(x, 1 + x)
    return m.where(m.less(x, 0.4), -m.log1pmx(-share), m.log1p(x) - share)


def _student_df(m: Any, y: Any, df: Any, mu: Any, sigma: Any, out: Any) -> Any:
    z = _score(m, y, mu, sigma)
    square = z * z
    bends = _bend(m, m.divide(1, df)) - _bend(m, m.divide(square, df))
    slopes = m.stirling_slope(1, 0.5 * df + 0.5) - m.stirling_slope(1, 0.5 * df)
    return 0.5 * (bends + slopes + m.divide(m.divide(square, df), df + square))


def _student_mu(m: Any, y: Any, df: Any, mu: Any, sigma: Any) -> Any:
    """(df + 1) (y - mu)/(df sigma^2 + (y - mu)^2): near mu the normal one, less what is small for
    many degrees of freedom."""
    gap, z = y - mu, _score(m, y, mu, sigma)
    square = z * z
    near = m.divide(z, sigma) * (1 + m.divide(1 - square, df + square))
    far = m.divide(df + 1, df * sigma * m.divide(sigma, gap) + gap)
    return m.where(m.less(square, df), near, far)


def _student_sigma(m: Any, y: Any, df: Any, mu: Any, sigma: Any, out: Any) -> Any:
    z = _score(m, y, mu, sigma)
    square = z * z
    near = square * (1 + m.divide(1 - square, df + square))
    far = m.divide(df + 1, 1 + m.divide(df, square))
    return m.divide(m.where(m.less(square, df), near, far) - 1, sigma)


def _student_shown(m: Any, y: Any, df: Any, mu: Any, sigma: Any, out: Any) -> Any:
    return m.divide((df + 1) * (y - mu), df * m.power(sigma, 2) + m.power(y - mu, 2))


def _student_df_shown(m: Any, y: Any, df: Any, mu: Any, sigma: Any, out: Any) -> Any:
    digammas = m.digamma(m.divide(df + 1, 2)) - m.digamma(m.divide(df, 2)) - m.divide(1, df)
    tail = m.log(1 + m.divide(m.power(y - mu, 2), df * m.power(sigma, 2)))
    slope = m.divide((y - mu) * _student_shown(m, y, df, mu, sigma, out), df)
    return m.divide(digammas - tail + slope, 2)


density(
    "student_t_logpdf",
    lambda m, y, df, mu, sigma, out: -_student_mu(m, y, df, mu, sigma),
    _student_df,
    lambda m, y, df, mu, sigma, out: _student_mu(m, y, df, mu, sigma),
    _student_sigma,
    shown=(
        lambda *given: -_student_shown(*given),
        _student_df_shown,
        _student_shown,
        lambda m, y, df, mu, sigma, out: m.divide(
            (y - mu) * _student_shown(m, y, df, mu, sigma, out) - 1, sigma
        ),
    ),
    inputs="y df mu sigma",
    value=_student_t,
    parameters={"df": POSITIVE, "sigma": POSITIVE},
    sample=((-3.0, 3.0), (0.5, 20.0), (-1.0, 1.0), (0.3, 2.0)),
    latex=latex("StudentT", given=3),
    summary="log density of Student's t: degrees of freedom df, location mu, scale sigma",
)


def _cauchy_shown(m: Any, y: Any, mu: Any, sigma: Any, out: Any) -> Any:
    return m.divide(2 * (y - mu), m.power(y - mu, 2) + m.power(sigma, 2))


density(
    "cauchy_logpdf",
    lambda m, y, mu, sigma, out: -2 * m.inversion(y - mu, sigma),
    lambda m, y, mu, sigma, out: 2 * m.inversion(y - mu, sigma),
    lambda m, y, mu, sigma, out: m.divide(1, sigma) - 2 * m.inversion(sigma, y - mu),
    shown=(
        lambda *given: -_cauchy_shown(*given),
        _cauchy_shown,
        lambda m, y, mu, sigma, out: (
            m.divide(1, sigma) - m.divide(2 * sigma, m.power(y - mu, 2) + m.power(sigma, 2))
        ),
    ),
    inputs="y mu sigma",
    value=lambda m, y, mu, sigma: -m.log(m.pi * sigma) - _log_tail(m, _score(m, y, mu, sigma), 1),
    parameters={"sigma": POSITIVE},
    sample=((-3.0, 3.0), (-1.0, 1.0), (0.3, 2.0)),
    latex=latex("Cauchy", given=2),
    summary="log density of the Cauchy distribution: location mu, scale sigma",
)
density(
    "laplace_logpdf",
    lambda m, y, mu, sigma, out: -m.divide(m.sign(y - mu), sigma),
    lambda m, y, mu, sigma, out: m.divide(m.sign(y - mu), sigma),
    lambda m, y, mu, sigma, out: m.divide(m.divide(m.abs(y - mu), sigma) - 1, sigma),
    inputs="y mu sigma",
    value=lambda m, y, mu, sigma: -m.log(2 * sigma) - m.divide(m.abs(y - mu), sigma),
    parameters={"sigma": POSITIVE},
    kink=lambda m, y, mu, sigma: m.equal(y, mu),
    sample=((-3.0, 3.0), (-1.0, 1.0), (0.3, 2.0)),
    latex=latex("DoubleExponential", given=2),
    summary="log density of the Laplace distribution: location mu, scale sigma",
)


def _logistic(m: Any, y: Any, mu: Any, sigma: Any) -> Any:
    size = m.abs(_score(m, y, mu, sigma))
    return -size - 2 * m.log1p(m.exp(-size)) - m.log(sigma)


def _logistic_y(m: Any, y: Any, mu: Any, sigma: Any) -> Any:
    return m.tanh(0.5 * _score(m, y, mu, sigma))


def _logistic_shown(m: Any, y: Any, mu: Any, sigma: Any, out: Any) -> Any:
    return m.divide(m.tanh(m.divide(y - mu, 2 * sigma)), sigma)


density(
    "logistic_logpdf",
    lambda m, y, mu, sigma, out: -m.divide(_logistic_y(m, y, mu, sigma), sigma),
    lambda m, y, mu, sigma, out: m.divide(_logistic_y(m, y, mu, sigma), sigma),
    lambda m, y, mu, sigma, out: m.divide(
        _score(m, y, mu, sigma) * _logistic_y(m, y, mu, sigma) - 1, sigma
    ),
    shown=(
        lambda *given: -_logistic_shown(*given),
        _logistic_shown,
        lambda m, y, mu, sigma, out: m.divide(
            (y - mu) * _logistic_shown(m, y, mu, sigma, out) - 1, sigma
        ),
    ),
    inputs="y mu sigma",
    value=_logistic,
    parameters={"sigma": POSITIVE},
    sample=((-3.0, 3.0), (-1.0, 1.0), (0.3, 2.0)),
    latex=latex("Logistic", given=2),
    summary="log density of the logistic distribution: location mu, scale sigma",
)
