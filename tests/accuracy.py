"""How far a float is from the exact result, in units of the last place."""

from __future__ import annotations

import math
from typing import Any

import mpmath

DIGITS = 50


def ulps(got: float, exact: Any) -> float:
    """|got - exact| in units of the last place of `exact`, an mpf with more digits than a float.

    Below the normal range the unit is the smallest subnormal. A nan or an infinity is 0 away from
    itself and infinitely far from everything else; an exact value past the range is an infinity.
    """
    nearest = float(exact)
    if not (math.isfinite(nearest) and math.isfinite(got)):
        return 0.0 if got == nearest or (got != got and nearest != nearest) else math.inf
    return float(abs(mpmath.mpf(got) - exact) / mpmath.mpf(math.ulp(nearest)))
