"""The density behind the incomplete gamma function, and derivatives of both in the parameter, on
arrays.

The n-th derivative of the integral of a density f in a parameter is that of f times a polynomial in
its score, which is integrated by the exp-sinh rule from the end where the integral is smaller:
there the score keeps its sign, so that the first derivative does not cancel.
"""

from __future__ import annotations

from math import comb, factorial, pi
from typing import Any

import numpy as np

from adcli.algebras.special.coefficients import DIGAMMA_TAIL, HALF_LOG_TAU
from adcli.algebras.special.gammas import stirling
from adcli.algebras.special.mixed_derivatives import MOST_DERIVATIVES, bell_polynomials
from adcli.algebras.special.orders import by_order
from adcli.algebras.special.pairs import horner

Array = np.ndarray[Any, np.dtype[np.float64]]
_STEP = 1 / 32
_POINTS = np.arange(-134, 88) * _STEP
NODES = np.exp(0.5 * pi * np.sinh(_POINTS))
WEIGHTS = NODES * (0.5 * pi * _STEP) * np.cosh(_POINTS)
"""The exp-sinh rule on (0, inf): H. Takahasi and M. Mori, Publ. RIMS 9 (1974) 721-741."""
_NUMBERS = 8192
"""Values of an integrand that are computed at once."""
LARGEST = 1e28
"""Beyond which an ulp of a parameter or an argument decides on a derivative in a parameter."""
_TINY = 1e-100
"""A parameter that stands for 0 in derivatives: they change by as little between the two."""


def gammapdf(a: Any, x: Any) -> Any:
    """x^(a-1) exp(-x)/gamma(a), 0 for a = 0; nan unless a >= 0 and x >= 0."""
    return dgammapdf(0.0, a, x)


def dgammapdf(n: Any, a: Any, x: Any) -> Any:
    """The n-th derivative of gammapdf in a; nan unless n is 0, 1, ... 4."""
    return by_order(_gamma_density, MOST_DERIVATIVES, n, a, x)


def dgammainc(n: Any, a: Any, x: Any) -> Any:
    """The n-th derivative in a of the regularised lower incomplete gamma function, n = 1 ... 4."""
    return by_order(_gamma_derivative, MOST_DERIVATIVES, n, a, x)


def deviance(u: Any, ratio: Any) -> Any:
    """u - log(1 + u), where ratio is 1 + u.

    By the series in r = u/(2 + u) where it cancels, as u^2/2 near 0.
    """
    near = abs(u) < 0.4
    inside = np.where(near, u, 0.0)
    r = inside / (2.0 + inside)
    square = r * r
    total = np.zeros_like(r)
    for k in range(20, 0, -1):
        total = total * square + 1.0 / (2 * k + 1)
    # log(1 + u) = 2 (r + r^3/3 + ...), and u - 2r is u r
    return np.where(near, r * (inside - 2.0 * square * total), u - np.log(ratio))


def stirling_error(a: Any) -> Any:
    """lgamma(a) - ((a - 1/2) log a - a + log(2 pi)/2) for all a > 0."""
    from scipy import special

    small = np.minimum(a, 10.0)
    leading = (small - 0.5) * np.log(small) - small + HALF_LOG_TAU
    near = special.gammaln(small) - leading
    return np.where(a < 10.0, near, stirling(np.maximum(a, 10.0)))


def _gamma_weight(a: Any, x: Any, divided: bool = False) -> Any:
    """x^a exp(-x)/gamma(a), or that `divided` by x.

    sqrt(a/(2 pi)) exp(-a (u - log(1 + u)) - e) with u = (x - a)/a and e the Stirling error of a
    (Loader 2000): a and x need not cancel in the exponent.
    """
    exponent = -a * deviance((x - a) / a, x / a) - stirling_error(a)
    value = np.sqrt(a / (2.0 * pi)) * exp_over(exponent, x if divided else np.ones_like(x))
    return np.where(x > 0.0, value, 0.0)


def exp_over(exponent: Any, x: Any) -> Any:
    """exp(exponent)/x, also where the exponential alone underflows."""
    return np.where(exponent > -600.0, np.exp(exponent) / x, np.exp(exponent - np.log(x)))


def _score(a: Any, x: Any) -> Any:
    """log x - digamma(a), where x is near a as well."""
    from scipy import special

    lift = np.where(a > 10.0, log_less_digamma(np.maximum(a, 10.0)), 0.0)
    return np.where(a > 10.0, _log_ratio(a, x) + lift, np.log(x) - special.digamma(a))


def _log_ratio(a: Any, x: Any) -> Any:
    """log(x/a), where they are near as well."""
    return np.where(abs(x - a) < 0.5 * a, np.log1p((x - a) / a), np.log(x / a))


def log_less_digamma(a: Any) -> Any:
    """log a - digamma(a) for a >= 10 (DLMF 5.11.2)."""
    z = 1.0 / a / a
    return 0.5 / a + z * horner(DIGAMMA_TAIL, z)


def _gamma_factor(n: int, a: Array, x: Array) -> Any:
    """The n-th derivative of gammapdf in a, divided by gammapdf, at x exp(s): a function of s.

    Below a = 1 from that of a/gamma(a + 1): the score of 1/gamma(a) is as large as 1/a, and its
    powers cancel.
    """
    from scipy import special

    small = a < 1.0
    shifted = np.where(small, a + 1.0, a)
    slopes = {(k, 0): -special.polygamma(k - 1, shifted) for k in range(2, n + 1)}
    score = _score(shifted, x)

    def at(s: Any) -> Any:
        bells = bell_polynomials(n, 0, {**slopes, (1, 0): score + s})
        if n == 0:
            return bells[0, 0]
        return np.where(small, bells[n, 0] + n / a * bells[n - 1, 0], bells[n, 0])

    return at


def _gamma_density(n: int, a: Array, x: Array) -> Array:
    is_inside, is_zero = (a >= 0.0) & (x >= 0.0), a == 0.0
    # SciPy's polygamma counts up from large negative arguments.
    a = np.where(a > 0.0, a, np.where(is_zero, _TINY, 1.0))
    density = _gamma_weight(a, x, divided=True)
    at_0 = np.where(a < 1.0, np.inf, np.where(a == 1.0, 1.0, 0.0))
    at_0 = at_0 if n == 0 else np.where(a > 1.0, 0.0, np.nan)
    density = np.where(x == 0.0, at_0, density)
    density = np.where(is_zero, 0.0, density) if n == 0 else density
    factor = np.where(x > 0.0, _gamma_factor(n, a, np.where(x > 0.0, x, 1.0))(0.0), 1.0)
    return np.where(is_inside, density * factor, np.nan)


def _gamma_series(n: int, a: Array, x: Array) -> Array:
    """The n-th derivative of x^a/gamma(a+1) times the sum of (-x)^k/k! a/(a+k) (DLMF 8.7.1)."""
    from scipy import special

    power = np.exp(a * np.log(x) - special.gammaln(a + 1.0))
    slopes = {(k, 0): -special.polygamma(k - 1, a + 1.0) for k in range(2, n + 1)}
    slopes[1, 0] = np.log(x) - special.digamma(a + 1.0)
    bells = bell_polynomials(n, 0, slopes)
    value = np.zeros_like(x)
    for j in range(n + 1):
        term, series = np.ones_like(x), np.ones_like(x) if j == 0 else np.zeros_like(x)
        for k in range(1, 28):
            term = term * -x / k
            share = a / (a + k) if j == 0 else -k * factorial(j) * (-1.0) ** j / (a + k) ** (j + 1)
            series = series + term * share
        value = value + comb(n, j) * bells[n - j, 0] * series
    return np.asarray(power * value)


def _gamma_derivative(n: int, a: Array, x: Array) -> Array:
    from scipy import special

    if n == 0:
        return np.asarray(special.gammainc(a, x))
    at_end = ((a > 0.0) & (x == 0.0)) | ((a >= 0.0) & (x == np.inf))
    a = np.where(a == 0.0, _TINY, a)
    inside = (a > 0.0) & (x > 0.0) & (x < np.inf)
    a, x = np.where(inside, a, 1.0), np.where(inside, x, 1.0)
    score, factor = _score(a, x), _gamma_factor(n, a, x)
    is_lower = (score <= 0.0) | (x <= a)
    side = np.where(is_lower, -1.0, 1.0)
    scale = 1.0 / (abs(a - x) + np.sqrt(np.where(is_lower, a, x)))
    total = np.zeros_like(x)
    at_once = max(1, _NUMBERS // max(1, len(x)))
    for start in range(0, len(NODES), at_once):
        nodes, weights = (v[start : start + at_once, np.newaxis] for v in (NODES, WEIGHTS))
        s = side * scale * nodes  # log(t/x)
        bell = np.exp((a - x) * s - x * (np.expm1(s) - s))
        parts = weights * np.where(bell > 0.0, bell * factor(s), 0.0)
        parts[0] += total
        total = np.cumsum(parts, axis=0)[-1]  # in one order, however many points there are
    value = -side * scale * total * _gamma_weight(a, x)
    near = (a < 2.0) & (x < 1.5)
    value[near] = _gamma_series(n, a[near], x[near])
    value = np.where((np.maximum(a, x) > LARGEST) & (value != 0.0), np.nan, value)
    return np.where(inside, value, np.where(at_end, 0.0, np.nan))
