"""Verdicts on a gradient that need no epsilon: the Taylor remainder, and its right digits.

They are against the program that float64 runs, in many digits: the distance to its derivatives is
the fault of a method and of its rounding alone (adcli.algebras.digits).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mpmath import mp, mpf

from adcli.comparison.function_at_point import FunctionAtPoint

EXACT_DIGITS = 50

TAYLOR_STEPS = [10.0**-k for k in range(1, 13)]
TINY = 1e-30
LOST_IN_ROUNDING = 2.0**-50
"""A remainder below this, relative to the value, is lost in the rounding of float64."""


def significant(found: float, exact: Any) -> float:
    """How many decimal digits of a float64 are right, from 0 to 16.

    16 is a number that no float64 is closer to than half a unit in the last place.
    """
    if found == exact:
        return 16.0
    if exact == 0 or not mp.isfinite(found):
        return 0.0
    error = abs(mpf(found) - exact) / abs(exact)
    return float(min(max(-mp.log10(error), 0), 16))


@dataclass(frozen=True)
class Taylor:
    """The remainders |f(x + t d) - f(x) - t g·d| along one direction d.

    steps      the t
    remainders one for each t, nan where f is not defined there
    floor      a gradient within the tolerance may leave `floor` t
    slope      d log(remainder) / d log(t) at the smallest t above the floor; None if none is
    hidden     the largest t whose remainder float64 could not see, None if it sees all
    is_bent    whether the components are right all the same: the slope is that of a kink nearby
    """

    steps: list[float]
    remainders: list[float]
    floor: float
    slope: float | None
    hidden: float | None
    is_bent: bool = False

    @property
    def is_right(self) -> bool | None:
        """Whether the slope says that the gradient is right; None if it says nothing."""
        if self.is_bent:
            return None
        if self.slope is None:
            return True if any(map(math.isfinite, self.remainders)) else None
        return self.slope > 1.5


def taylor(still: FunctionAtPoint, gradient: Sequence[float], allowed: Sequence[float]) -> Taylor:
    """The remainders in many digits, where rounding does not hide them.

    The components of d have the sizes of the point's and fixed signs. `allowed` is how much each
    component of the gradient may be wrong.
    """
    direction = directions(still)
    remainders = [float(_remainder(still, gradient, direction, t)) for t in TAYLOR_STEPS]
    floor = sum(a * abs(d) for a, d in zip(allowed, direction, strict=True))
    hidden = [
        t
        for t, r in zip(TAYLOR_STEPS, remainders, strict=True)
        if r < LOST_IN_ROUNDING * max(abs(still.value), 1e-300)
    ]
    return Taylor(
        TAYLOR_STEPS,
        remainders,
        floor,
        slope_of_remainders(remainders, floor),
        max(hidden) if hidden else None,
    )


def is_derivative(
    still: FunctionAtPoint, gradient: Sequence[Any], allowed: Sequence[float], step: Any
) -> bool:
    """Whether a gradient is the limit of difference quotients along d: the rules stand the test.

    `still` has digits enough for the step. A defect that shrinks with the step is truncation.
    """
    direction = directions(still)
    defect, smaller = (_remainder(still, gradient, direction, t) / t for t in (step, step / 2))
    limit = sum(a * abs(d) for a, d in zip(allowed, direction, strict=True))
    return bool(defect <= limit or smaller <= 0.75 * defect)


def _remainder(
    still: FunctionAtPoint, gradient: Sequence[Any], direction: Sequence[float], t: Any
) -> Any:
    """|f(x + t d) - f(x) - t g·d|, in the digits of the run."""
    with still.run.algebra.context():
        end = still.at(direction, mpf(t))
        slope = sum(mpf(g) * mpf(d) for g, d in zip(gradient, direction, strict=True))
        (rise,) = still.numbers([end - still.run.values[still.output]])
        return abs(rise - mpf(t) * slope)


def directions(problem: FunctionAtPoint) -> list[float]:
    """The components of d: of the size of the point's, with signs that repeat after no pattern."""
    result = []
    state = 1
    for component in problem.components:
        state = state * 48271 % 2147483647  # Park & Miller, CACM 31 (1988)
        size = (0.5 + state / 2147483647) * component.size
        result.append(size if state & 16 else -size)
    return result


def slope_of_remainders(remainders: Sequence[float], floor: float) -> float | None:
    """The slope over the two smallest neighbouring steps whose remainders are above the floor."""
    usable = [
        k
        for k in range(len(TAYLOR_STEPS) - 1)
        if remainders[k + 1] > floor * TAYLOR_STEPS[k + 1]
        and all(0 < r < math.inf for r in remainders[k : k + 2])
    ]
    if not usable:
        return None
    k = usable[-1]
    return math.log(remainders[k] / remainders[k + 1]) / math.log(
        TAYLOR_STEPS[k] / TAYLOR_STEPS[k + 1]
    )
