"""How functions of arrays choose between methods: by masks, and one by one where few are left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


def pieces(m: Any, x: Array, *choices: tuple[Mask, Callable[[Any, Array], Any]]) -> Any:
    """Each formula of m and x on the elements that its mask picks; nan where no mask does.

    The formulas give an array each, or all a pair of arrays.
    """
    result = None
    for mask, formula in choices:
        if mask.ndim and x.size and mask.all():
            return formula(m, x)
        if mask.any():
            part = formula(m, x[mask])
            halves = part if isinstance(part, tuple) else (part,)
            result = result or tuple(np.full(x.shape, np.nan) for _ in halves)
            for whole, half in zip(result, halves, strict=True):
                whole[mask] = half
    result = result or (np.full(x.shape, np.nan),)
    return result if len(result) > 1 else result[0]


def somewhere(mask: Mask) -> bool:
    """Whether the mask holds for an element."""
    return bool(mask.any())


def moved(mask: Mask, new: Any, old: Any) -> Any:
    """The new value where the mask holds, of an array or a pair of arrays."""
    if isinstance(new, tuple):
        return np.where(mask, new[0], old[0]), np.where(mask, new[1], old[1])
    return np.where(mask, new, old)


def repair(value: Array, bad: Mask, exact: Callable[[float], float], x: Array) -> Array:
    """`value` with the few bad elements recomputed one by one."""
    if bad.any():
        value[bad] = each(exact, x[bad])
    return value


def each(function: Callable[[float], float], x: Array) -> Array:
    """A function of floats on every element."""
    return np.array([function(element) for element in x.ravel().tolist()]).reshape(x.shape)


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
