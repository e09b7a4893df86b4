"""Derivatives of sinc.

`m` is the namespace of floats or arrays, as in `adcli.algebras.special.gammas`.
"""

from __future__ import annotations

from math import pi

TYPE_CHECKING = False  # `typing` itself is not loaded by a bare interpreter
if TYPE_CHECKING:
    from typing import Any


def dsinc(m: Any, n: Any, x: Any) -> Any:
    """The n-th derivative of sin(pi x)/(pi x); nan unless n is 0, 1, ... 100.

    pi^n g_n, g_n being the integral of t^n cos(z t + n pi/2) over [0, 1] with z = pi x, for which
    z g_n + n g_(n-1) = sin(z + n pi/2). For z > n + 1 this is taken upwards, else downwards, so
    that an error shrinks (Gautschi, SIAM Review 9 (1967) 24).
    """
    is_order = (n >= 0.0) & (n <= 100.0) & (n == m.round(n))
    n = m.where(is_order, n, 0.0)
    size = m.abs(x)
    z = pi * size
    turn = size - 2.0 * m.round(0.5 * size)
    sine = m.sin(pi * m.where(m.abs(turn) > 0.5, m.sign(turn) - turn, turn))
    cosine = m.sin(pi * (0.5 - m.abs(turn)))
    rises = z > n + 1.0
    far = m.where(rises, z, 1.0)
    above = m.divide(sine, far)
    k = 1.0
    while m.somewhere(rises & (k <= n)):
        above = m.moved(k <= n, m.divide(_shifted(m, k, sine, cosine) - k * above, far), above)
        k += 1.0
    near = m.where(rises, 0.0, z)
    below, place = 0.0 * z, 2.0 * n + 60.0
    while m.somewhere((rises == 0) & (place >= n)):
        new = m.divide(_shifted(m, place + 1.0, sine, cosine) - near * below, place + 1.0)
        below = m.moved(place >= n, new, below)
        place = place - 1.0
    value = m.power(pi, n) * m.where(rises, above, below)
    value = m.where((x < 0.0) & (m.mod(n, 2.0) == 1.0), -value, value)
    value = m.where(z == m.inf, 0.0, value)
    return m.where(is_order, value, m.nan)


def _shifted(m: Any, k: Any, sine: Any, cosine: Any) -> Any:
    """sin(z + k pi/2)."""
    part = m.where(m.mod(k, 2.0) == 0.0, sine, cosine)
    return m.where(m.mod(k, 4.0) >= 2.0, -part, part)
