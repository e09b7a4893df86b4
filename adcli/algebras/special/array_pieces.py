"""How functions of arrays choose between methods: by masks, and one by one where few are left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Pair = tuple[Array, Array]


def pieces(xs: tuple[Array, ...], *choices: tuple[Mask, Callable[..., Array]]) -> Array:
    """Each function on the elements that its mask picks; nan where no mask does."""
    shape = np.broadcast_shapes(*(x.shape for x in xs))
    result = np.full(shape, np.nan)
    for mask, function in choices:
        if mask.ndim and mask.all():
            return np.asarray(function(*xs))
        if mask.any():
            result[mask] = function(*(np.broadcast_to(x, shape)[mask] for x in xs))
    return result


def repair(value: Array, bad: Mask, exact: Callable[[float], float], x: Array) -> Array:
    """`value` with the few bad elements recomputed one by one."""
    if bad.any():
        value[bad] = [exact(element) for element in x[bad].tolist()]
    return value


def split(x: Array) -> Pair:
    """The nearest integer n and x - n, both exact."""
    n = np.rint(x)
    return n, x - n


def where_pair(mask: Mask, x: Pair, y: Pair) -> Pair:
    """x where the mask holds, else y."""
    return np.where(mask, x[0], y[0]), np.where(mask, x[1], y[1])


def constant_pair(pair: tuple[float, float], like: Array) -> Pair:
    """The pair as arrays in the shape of `like`."""
    return np.full_like(like, pair[0]), np.full_like(like, pair[1])


def largest(x: Any, y: Any, out: Any = None, dtype: Any = None) -> Any:
    """np.maximum with 0 above -0, as in floats: NumPy takes either of them."""
    zeros = _zeros_that_tie(x, y)
    total = None if zeros is None else np.add(x, y)
    result = np.maximum(x, y, out=out, dtype=dtype)
    return result if zeros is None else _replaced(result, zeros, total)


def smallest(x: Any, y: Any, out: Any = None, dtype: Any = None) -> Any:
    """np.minimum with -0 below 0, as in floats."""
    zeros = _zeros_that_tie(x, y)
    total = None if zeros is None else -np.subtract(np.negative(x), y)
    result = np.minimum(x, y, out=out, dtype=dtype)
    return result if zeros is None else _replaced(result, zeros, total)


def _zeros_that_tie(x: Any, y: Any) -> Any:
    """Where both are 0, one of them -0; None for nowhere."""
    if np.ndim(y) == 0 and y != 0:  # no 0 beside a number: max(x, 1)
        return None
    zeros = np.equal(x, 0)
    if not zeros.any():  # as almost always
        return None
    zeros = zeros & np.equal(y, 0)
    return zeros if zeros.any() else None


def _replaced(result: Any, where: Any, by: Any) -> Any:
    if np.ndim(result) == 0:
        return by if where else result
    np.copyto(result, by, where=where)
    return result
