"""Exact products as pairs: unevaluated sums of two numbers (Dekker 1971).

The functions take whatever has + - *: floats, arrays, nodes of a graph. Nothing is imported, and
nothing may rearrange what they compute.

Source: T. J. Dekker, Numer. Math. 18 (1971) 224-242.
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` itself is not loaded by a bare interpreter
if TYPE_CHECKING:
    from typing import TypeVar

    import numpy as np
    from numpy.typing import NDArray

    Number = TypeVar("Number", float, NDArray[np.float64])


def two_product(x: Number, y: Number) -> tuple[Number, Number]:
    """x * y exactly, as a pair (Dekker 1971), for |x|, |y| < 2^995 and no underflow."""
    high = x * y
    big = 134217729.0 * x
    x1 = big - (big - x)
    x2 = x - x1
    big = 134217729.0 * y
    y1 = big - (big - y)
    y2 = y - y1
    return high, x2 * y2 - (((high - x1 * y1) - x2 * y1) - x1 * y2)


def pair_product(x: tuple[Number, Number], y: tuple[Number, Number]) -> tuple[Number, Number]:
    """The product of two pairs, to about twice the working precision."""
    high, low = two_product(x[0], y[0])
    return high, low + (x[0] * y[1] + x[1] * y[0])
