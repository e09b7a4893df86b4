"""The density behind the incomplete beta function, and derivatives of both in the parameters, on
arrays.

The density at t is r h/(t (1-t)) with r = a b/(a + b) and

    h = t^a (1-t)^b gamma(a+b+1)/(gamma(a+1) gamma(b+1)),

so that derivatives have no terms as large as 1/a or 1/b, which would cancel. Those of the integral
are integrals: see `adcli.algebras.special.incomplete`. DLMF: https://dlmf.nist.gov
"""

from __future__ import annotations

from math import factorial, pi
from typing import Any

import numpy as np

from adcli.algebras.functions import array_functions as m
from adcli.algebras.special.betas import fraction, harmonic, lbeta, polygammadiff
from adcli.algebras.special.incomplete import (
    LARGEST,
    NODES,
    WEIGHTS,
    Array,
    deviance,
    exp_over,
    log_less_digamma,
    stirling_error,
)
from adcli.algebras.special.mixed_derivatives import (
    MOST_DERIVATIVES,
    bell_polynomials,
    product,
    table_of,
)
from adcli.algebras.special.orders import by_order

_TERMS = 64
"""Terms of a series that falls at least as 2^-k."""
_BLOCK = 256
"""Points that are integrated at once."""


def betapdf(a: Any, b: Any, x: Any) -> Any:
    """x^(a-1) (1-x)^(b-1)/B(a, b); nan unless a, b > 0 and 0 <= x <= 1.

    Source: C. Loader, Fast and accurate computation of binomial probabilities (2000).
    """
    a, b, x = np.broadcast_arrays(*(np.asarray(v, np.float64) for v in (a, b, x)))
    is_inside = (a > 0.0) & (b > 0.0) & (x > 0.0) & (x < 1.0)
    p, q, y = (np.where(is_inside, v, 0.5) for v in (a, b, x))
    both, rest = p + q, 1.0 - y
    off = q * y - p * rest  # (p + q) (x - mean)
    exponent = p * deviance(off / p, both * y / p) + q * deviance(-off / q, both * rest / q)
    exponent += stirling_error(p) + (stirling_error(q) - stirling_error(both))
    value = np.sqrt(p * (q / both) / (2.0 * pi)) * exp_over(-exponent, y * rest)
    end = np.where(x == 0.0, a, b)
    other = np.where(x == 0.0, b, a)
    at_end = np.where(end < 1.0, np.inf, np.where(end == 1.0, other, 0.0))
    at_end = np.where((a > 0.0) & (b > 0.0) & ((x == 0.0) | (x == 1.0)), at_end, np.nan)
    return np.where(is_inside, value, at_end)


def dbetapdf(i: Any, j: Any, a: Any, b: Any, x: Any) -> Any:
    """The derivative of betapdf of orders i in a and j in b; nan unless i + j is 0, 1, ... 4."""
    return _by_orders(_density, i, j, a, b, x)


def dbetainc(i: Any, j: Any, a: Any, b: Any, x: Any) -> Any:
    """The derivative of the regularised incomplete beta function of orders i in a and j in b; nan
    unless i + j is 0, 1, ... 4."""
    return _by_orders(_integral, i, j, a, b, x)


def _by_orders(function: Any, i: Any, j: Any, *xs: Any) -> Any:
    def in_a(p: int, *rest: Any) -> Any:
        return by_order(lambda q, *xs: function(p, q, *xs), MOST_DERIVATIVES - p, *rest)

    return by_order(in_a, MOST_DERIVATIVES, i, j, *xs)


def _density(i: int, j: int, a: Array, b: Array, x: Array) -> Array:
    if i == j == 0:
        return np.asarray(betapdf(a, b, x))
    value = _by_symmetry(_density_below, 1.0, i, j, a, b, x)
    for here, end, in_end, in_other in ((x == 0.0, a, i, j), (x == 1.0, b, j, i)):
        at_1 = np.nan if in_end else float(in_other == 1)  # the density is the other parameter
        at_end = np.where(end > 1.0, 0.0, np.where(end == 1.0, at_1, np.nan))
        value = np.where(here & (np.minimum(a, b) > 0.0), at_end, value)
    return value


def _integral(i: int, j: int, a: Array, b: Array, x: Array) -> Array:
    if i == j == 0:
        from scipy import special

        return np.asarray(special.betainc(a, b, x))
    value = _by_symmetry(_integral_below, -1.0, i, j, a, b, x)
    value = np.where((a + b > LARGEST) & (value != 0.0), np.nan, value)
    is_fixed = ((x == 0.0) & (a > 0.0) & (b >= 0.0)) | ((x == 1.0) & (b > 0.0) & (a >= 0.0))
    return np.where(is_fixed, 0.0, value)


def _by_symmetry(function: Any, sign: float, i: int, j: int, a: Array, b: Array, x: Array) -> Array:
    """`function` where 0 < x <= 1/2, and `sign` times what stands at (b, a, 1 - x) above."""
    value = np.full(x.shape, np.nan)
    inside = (np.minimum(a, b) >= 0.0) & (a + b > 0.0) & (a + b < np.inf)
    low, high = inside & (x > 0.0) & (x <= 0.5), inside & (x > 0.5) & (x < 1.0)
    value[low] = function(i, j, a[low], b[low], x[low])
    value[high] = sign * function(j, i, b[high], a[high], 1.0 - x[high])
    return value


def _density_below(i: int, j: int, a: Array, b: Array, x: Array) -> Any:
    bells = bell_polynomials(i, j, _log_derivatives(i, j, a, b, x))
    near = (a < 20.0) & (b * x < 1.5)  # where h may be 0 although h/x is not
    start = np.where(near, a, 1.0)
    power = np.exp((b - 1.0) * np.log1p(-x) - lbeta(m, start + 1.0, b + 1.0))
    weight = np.where(near, x ** (start - 1.0) * power, _bell(a, b, x) / (x * (1.0 - x)))
    return weight / (a + b + 1.0) * product(i, j, bells, table_of(i, j, harmonic(a, b)))


def _bell(a: Array, b: Array, x: Array) -> Any:
    """h (a + b + 1)."""
    return betapdf(a + 1.0, b + 1.0, x)


def _log_derivatives(i: int, j: int, a: Array, b: Array, x: Array) -> dict[tuple[int, int], Any]:
    """Those of log h; x is at most 1/2."""
    from scipy import special

    def derivative(k: int, n: int) -> Any:
        if k and n:
            return special.polygamma(k + n - 1, a + b + 1.0)
        if k:
            return -polygammadiff(m, k - 1.0, a + 1.0, b)
        return -polygammadiff(m, n - 1.0, b + 1.0, a)

    table = dict(table_of(i, j, lambda k, n: derivative(k, n) if k + n else 0.0))
    if i:
        # log x - (digamma(p) - digamma(a + b + 1)), where x is near p/(a + b + 1) as well
        p, above = np.maximum(a, 10.0) + 1.0, (b * x - a * (1.0 - x)) - (1.0 - x)
        ratio = np.where(abs(above) < 0.5 * p, np.log1p(above / p), np.log(x * (a + b + 1.0) / p))
        lift = log_less_digamma(p) - log_less_digamma(np.maximum(a, 10.0) + b + 1.0)
        table[1, 0] = np.where(a > 10.0, ratio + lift, np.log(x) + table[1, 0])
    if j:
        table[0, 1] = np.log1p(-x) + table[0, 1]
    return table


def _integral_below(i: int, j: int, a: Array, b: Array, x: Array) -> Array:
    value = np.empty_like(x)
    near = (a < 2.0) & (b * x < 1.5)
    value[near] = _series(i, j, a[near], b[near], x[near])
    places = np.flatnonzero(~near)
    for start in range(0, len(places), _BLOCK):
        here = places[start : start + _BLOCK]
        value[here] = _quadrature(i, j, *(v[here, np.newaxis] for v in (a, b, x)))
    return value


def _series(i: int, j: int, a: Array, b: Array, x: Array) -> Any:
    """The derivative of b/(a + b) h (1-x)^-b times the sum over k of (1-b)_k/k! x^k a/(a + k)
    (DLMF 8.17.7)."""
    sums = dict(table_of(i, j, lambda p, q: np.full(x.shape, float(p + q == 0))))
    rising: list[Any] = [1.0, *[0.0] * j]  # (1-b)_k/k! x^k and its derivatives in b
    for k in range(1, _TERMS):
        rising = [((k - b) * rising[q] - q * rising[max(q - 1, 0)]) * (x / k) for q in range(j + 1)]
        for p, q in sums:
            share = -k * factorial(p) * (-1.0) ** p / (a + k) ** (p + 1) if p else a / (a + k)
            sums[p, q] = sums[p, q] + rising[q] * share
    slopes = _log_derivatives(i, j, a, b, x)
    if j:
        slopes[0, 1] = -polygammadiff(m, 0.0, b + 1.0, a)  # that of h (1-x)^-b
    bells = bell_polynomials(i, j, slopes)
    smooth = table_of(i, j, lambda p, q: product(p, q, bells, sums))
    weight = x**a * np.exp(-lbeta(m, a + 1.0, b + 1.0)) / (a + b + 1.0)
    return weight * product(i, j, smooth, table_of(i, j, fraction(a, b)))


def _quadrature(i: int, j: int, a: Array, b: Array, x: Array) -> Any:
    """The integral over d = log(t/(1-t)) - log(x/(1-x)) from 0 to one side, nodes in the last axis.

    The first score that is asked for keeps its sign there.
    """
    slopes, shares = _log_derivatives(i, j, a, b, x), table_of(i, j, harmonic(a, b))
    if i:  # score in a rises with t, that in b falls
        is_lower = slopes[1, 0] + b / (a + b) / np.where(a > 0.0, a, 1e-290) <= 0.0
    else:
        is_lower = slopes[0, 1] + a / (a + b) / np.where(b > 0.0, b, 1e-290) >= 0.0
    y = 1.0 - x
    scale = np.where(is_lower, -1.0, 1.0) / (abs(a * y - b * x) + np.sqrt((a + b) * x * y))
    d = scale * NODES
    in_b = -np.log1p(x * np.expm1(d))  # log((1-t)/(1-x))
    in_a = np.where(d > 0.0, -np.log1p(y * np.expm1(-d)), d + in_b)  # log(t/x)
    bell = np.exp(a * in_a + b * in_b)
    slopes = {
        **slopes,
        **({(1, 0): slopes[1, 0] + in_a} if i else {}),
        **({(0, 1): slopes[0, 1] + in_b} if j else {}),
    }
    part = bell * product(i, j, bell_polynomials(i, j, slopes), shares)
    total = np.where(bell > 0.0, part, 0.0) @ WEIGHTS
    return -(scale * _bell(a, b, x) / (a + b + 1.0))[:, 0] * total
