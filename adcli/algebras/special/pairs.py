"""Pairs: unevaluated sums of two floats, with about twice the digits (Dekker 1971).

The functions take floats or arrays alike: only + - * / are used. Like
`adcli.algebras.functions.float_functions` this imports nothing that a bare interpreter has not
loaded.

Sources: T. J. Dekker, Numer. Math. 18 (1971) 224-242; T. Ogita, S. M. Rump and S. Oishi, SIAM J.
Sci. Comput. 26 (2005) 1955-1988.
"""

from __future__ import annotations

from adcli.graph.pairs import pair_product as pair_product
from adcli.graph.pairs import two_product as two_product

TYPE_CHECKING = False  # `typing` itself is not loaded by a bare interpreter
if TYPE_CHECKING:
    from typing import TypeVar

    import numpy as np
    from numpy.typing import NDArray

    Number = TypeVar("Number", float, NDArray[np.float64])

PI = (3.141592653589793, 1.2246467991473532e-16)
SQRT_TAU = (2.5066282746310007, -1.8328579980459167e-16)


def horner(coefficients: tuple[float, ...], x: Number) -> Number:
    """The polynomial with these coefficients, highest power first, at x."""
    total = x * coefficients[0] + coefficients[1]
    for coefficient in coefficients[2:]:
        total = total * x + coefficient
    return total


def two_sum(x: Number, y: Number) -> tuple[Number, Number]:
    """x + y exactly, as a pair (Knuth; Ogita, Rump and Oishi 2005, algorithm 3.1)."""
    high = x + y
    part = high - x
    return high, (x - (high - part)) + (y - part)


def pair_quotient(x: tuple[Number, Number], y: tuple[Number, Number]) -> tuple[Number, Number]:
    """The quotient of two pairs, as a pair."""
    high = x[0] / y[0]
    back, error = two_product(high, y[0])
    return high, ((((x[0] - back) - error) + x[1]) - high * y[1]) / y[0]
