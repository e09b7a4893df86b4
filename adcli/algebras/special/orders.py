"""Functions of a whole order, such as that of a derivative, on arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def by_order(
    function: Callable[..., Any], most: int, n: Any, *xs: Any, missing: complex = np.nan
) -> Any:
    """`function(order, *arrays)` for each of the orders in n, 0 to `most`; `missing` for others."""
    n, *places = np.broadcast_arrays(*(np.asarray(x, np.float64) for x in (n, *xs)))
    result = np.full(n.shape, missing)
    for order in np.unique(n).tolist():
        if 0 <= order <= most and order % 1 == 0:
            here = n == order
            result[here] = function(int(order), *(x[here] for x in places))
    return result
