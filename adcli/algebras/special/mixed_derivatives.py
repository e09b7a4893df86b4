"""Derivatives in two parameters, of products and of exponentials, from those of their parts.

`ByOrders` has at (i, j) the derivative of order i in the first parameter and j in the second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import comb
from typing import Any

MOST_DERIVATIVES = 4
"""The order in all up to which derivatives of the incomplete functions in parameters are had."""

ByOrders = Mapping[tuple[int, int], Any]


def table_of(i: int, j: int, derivative: Callable[[int, int], Any]) -> ByOrders:
    """Those up to the orders i and j, by a function of the orders."""
    return {(p, q): derivative(p, q) for p in range(i + 1) for q in range(j + 1)}


def product(i: int, j: int, f: ByOrders, g: ByOrders) -> Any:
    """The derivative of orders i and j of f g, by Leibniz' rule."""
    return sum(
        comb(i, p) * comb(j, q) * f[i - p, j - q] * g[p, q]
        for p in range(i + 1)
        for q in range(j + 1)
    )


def bell_polynomials(i: int, j: int, logarithm: ByOrders) -> ByOrders:
    """The derivatives of f divided by f, from those of log f: complete Bell polynomials."""
    found: dict[tuple[int, int], Any] = {}
    for p, q in table_of(i, j, lambda p, q: None):
        # one derivative of f is f times that of log f
        r, s = (1, 0) if p else (0, 1)
        slope = {
            (k, n): logarithm[k + r, n + s] for k in range(p - r + 1) for n in range(q - s + 1)
        }
        found[p, q] = product(p - r, q - s, found, slope) if p + q else 1.0
    return found
