"""Bessel functions on arrays, where SciPy's have no digits: near 0, and far out.

Those of the first and second kind (Amos 1986) are 0 or noise for arguments beyond 2^29. Hankel's
expansion has all digits there, if the argument is at least the square of the order. Those of the
first kind, modified or not, are 0 or noise for small arguments; those of the modified second kind
are 0 for large arguments at which the value is not. DLMF: https://dlmf.nist.gov
"""

from __future__ import annotations

from math import pi
from typing import Any

import numpy as np

_FAR = 1e6
_BEYOND = 2.0**29
_TERMS = 17
_NEAR = 1e-4
"""Below which two terms of the series in x have all digits."""
_STEEP = 600.0
"""Beyond which a factor exp(x) or exp(-x) is taken apart."""


def besselj(n: Any, x: Any) -> Any:
    """J_n(x) for x >= 0, or all x where n is whole; nan where neither method has digits."""
    from scipy.special import jv

    n, x = np.broadcast_arrays(np.asarray(n, np.float64), np.asarray(x, np.float64))
    odd = np.mod(n, 2.0)
    sign = np.where(x < 0.0, np.where(odd == 0.0, 1.0, np.where(odd == 1.0, -1.0, np.nan)), 1.0)
    value = sign * _near_or_far(jv, n, np.abs(x), 0.25)
    return _with_small(value, n, x, -1.0)


def besseli(n: Any, x: Any) -> Any:
    """I_n(x) for x >= 0, or all x where n is whole."""
    from scipy.special import iv, ive

    n, x = np.broadcast_arrays(np.asarray(n, np.float64), np.asarray(x, np.float64))
    half = np.exp(0.5 * x)  # exp(x) may be infinite where the product is not
    scaled = ive(n, np.clip(x, _STEEP, 1e6)) * half * half
    return _with_small(np.where(x > _STEEP, scaled, iv(n, x)), n, x, 1.0)


def besselk(n: Any, x: Any) -> Any:
    """K_n(x) for x > 0."""
    from scipy.special import kv, kve

    n, x = np.broadcast_arrays(np.asarray(n, np.float64), np.asarray(x, np.float64))
    scaled = kve(n, np.clip(x, _STEEP, 1e6)) * np.exp(-x)
    return np.where(x > _STEEP, scaled, kv(n, x))


def _with_small(value: Any, n: Any, x: Any, sign: float) -> Any:
    """The value; next to 0 the first terms of its series (DLMF 10.2.2, 10.25.2), `sign` that of the
    second one."""
    from scipy.special import gamma

    whole = n == np.rint(n)
    here = (np.abs(x) < _NEAR) & (whole | ((n > -1.0) & (x >= 0.0)))
    order, x = np.where(here, np.where(whole, np.abs(n), n), 0.0), np.where(here, x, 0.0)
    turn = np.where(whole & (n < 0.0) & (np.mod(n, 2.0) == 1.0), sign, 1.0)
    series = (0.5 * x) ** order / gamma(order + 1.0) * (1.0 + sign * x * x / (4.0 * (order + 1.0)))
    return np.where(here, turn * series, value)


def bessely(n: Any, x: Any) -> Any:
    """Y_n(x) for x > 0; nan where neither method has digits."""
    from scipy.special import yv

    n, x = np.broadcast_arrays(np.asarray(n, np.float64), np.asarray(x, np.float64))
    return _near_or_far(yv, n, x, 0.75)


def _near_or_far(function: Any, n: Any, x: Any, turns: float) -> Any:
    is_far = (x >= _FAR) & (np.abs(n) <= np.sqrt(np.abs(x))) & (x < np.inf)
    near = function(np.where(is_far, 0.0, n), np.where(is_far, 1.0, x))
    near = np.where((x > _BEYOND) & (x < np.inf) & ~is_far, np.nan, near)
    return np.where(
        is_far, _hankel(np.where(is_far, n, 0.0), np.where(is_far, x, _FAR), turns), near
    )


def _hankel(n: Any, x: Any, turns: float) -> Any:
    """sqrt(2/(pi x)) (P cos(w) - Q sin(w)), w = x - (n/2 + turns) pi (DLMF 10.17.3, 10.17.4).

    Sines of x and of the rest are taken apart: their difference would be rounded to x's last place.
    """
    term, even, odd = np.ones_like(x), np.ones_like(x), np.zeros_like(x)
    for k in range(1, _TERMS):
        term = term * (((2.0 * n) ** 2 - (2.0 * k - 1.0) ** 2) / (8.0 * k * x))
        if k % 2:
            odd = odd + (term if k % 4 == 1 else -term)
        else:
            even = even + (term if k % 4 == 0 else -term)
    shift = pi * (0.5 * np.mod(n, 4.0) + turns)
    cosine = np.cos(x) * np.cos(shift) + np.sin(x) * np.sin(shift)
    sine = np.sin(x) * np.cos(shift) - np.cos(x) * np.sin(shift)
    return np.sqrt(2.0 / pi / x) * (even * cosine - odd * sine)
