"""exp(x^2) erfc(x) and its repeated integrals, on arrays. DLMF: https://dlmf.nist.gov"""

from __future__ import annotations

from typing import Any

import numpy as np

from adcli.algebras.special.orders import by_order
from adcli.algebras.special.pairs import two_product

TWO_OVER_ROOT_PI = 1.1283791670955126
MOST_INTEGRALS = 40
"""Orders of repeated integrals; a derivative of order n needs the n-th."""


def erfcx(x: Any) -> Any:
    """exp(x^2) erfc(x); inf below -26.6.

    SciPy's is within 2 ulp for x >= 0. Below it loses 2 x^2 ulp, which the exact square does not
    (2 exp(x^2) less the value at -x).
    """
    from scipy import special

    x = np.asarray(x, dtype=np.float64)
    high, low = two_product(np.clip(x, -27.0, 0.0), np.clip(x, -27.0, 0.0))
    grown = np.exp(high)
    below = 2.0 * (grown + grown * low) - special.erfcx(-x)
    return np.where(x < 0.0, np.where(x < -26.7, np.inf, below), special.erfcx(x))


def ierfcx(n: Any, x: Any) -> Any:
    """exp(x^2) times the n-th repeated integral of erfc from x; nan unless n is 0, 1, ... 40.

    Source: DLMF 7.18.2.
    """
    return by_order(lambda order, x: repeated(order, x, erfcx(x)), MOST_INTEGRALS, n, x)


def repeated(n: int, t: Any, first: Any, falls_from: float = 0.5) -> Any:
    """The n-th repeated integral for t with the real part >= 0, or any real t.

    `first` is the 0-th. Near 0, and for negative t, where nothing cancels, by the recurrence in n
    (DLMF 7.18.7); beyond by its continued fraction, the ratios of the solution that falls off
    (Gautschi 1961), from far enough behind.
    """
    if n == 0:
        return first
    before, value = TWO_OVER_ROOT_PI, first
    for k in range(1, n + 1):
        before, value = value, (before - 2.0 * t * value) / (2.0 * k)
    falls = t.real > falls_from
    if falls.any():
        value = np.where(falls, first * _ratios(n, np.where(falls, t, 1.0)), value)
    return value


def _ratios(n: int, t: Any) -> Any:
    """The n-th repeated integral by the 0-th."""
    least = float(np.min(t.real))
    start = n + int(20 + 180 / (least * least))
    ratio = 1.0 / (t + np.sqrt(t * t + 2.0 * (start + 1)))
    product = 1.0
    for k in range(start, 0, -1):
        ratio = 1.0 / (2.0 * t + 2.0 * (k + 1) * ratio)
        if k <= n:
            product = product * ratio
    return product
