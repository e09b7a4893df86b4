"""Taylor series: what they leave of the function falls as the next power of the step.

Derivatives of any order are judged so by values in many digits alone, which know no rule.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from mpmath import mp, mpf

from adcli.engines.power_series import expand
from adcli.errors import AdcliError
from adcli.function import Function
from tests.fuzz.agreement import Case
from tests.fuzz.campaign import Finding
from tests.fuzz.choices import Choices
from tests.fuzz.programs import loss, point

SERIES_DIGITS = 300
STEPS = mpf("1e-25"), mpf("1e-31")
"""Relative to each variable."""

LARGE = 1e8
"""Beyond it, or its inverse, a function may turn within the step, as mod(x, 1) does."""

ALMOST = mpf("1.000001")
"""A wrong coefficient leaves its own power of the step but for a share as small as the step."""

ROUNDING = mpf("1e-270")
"""A remainder below this, relative to the largest term or to 1, is rounding."""


def series(c: Choices) -> str:
    """A program along a line through a point, to an order."""
    f = loss(c)
    if f is None or "detach" in f.text:
        return "refused"
    where, order = point(c, f.variables), c.of((2, 1, 3, 4, 6))
    c.case = f"the series to order {order} of {f.text!r} at {where}"
    with mp.workdps(SERIES_DIGITS + 20):
        case = Case(f, where, "value_and_gradient", c)
        if case.is_far(LARGE):
            return "far"
        return _check(c, f, case.exact, order)


def _check(c: Choices, f: Function, exact: dict[str, Any], order: int) -> str:
    along = {name: x + (x == 0) for name, x in exact.items()}
    try:
        found = expand(f, exact, along, order, SERIES_DIGITS)
        if found.kink is not None:
            return "kink"
        ends = [_remainder(f, exact, along, found.coefficients, h) for h in STEPS]
    except AdcliError:
        return "not finite"
    (whole, scale), (less, _) = ends
    if whole <= ROUNDING * max(scale, 1):
        return "agree"
    if 2 * less > whole:  # as of where(x, exp(x), x) at 0
        return "jump"
    # x^1.1 has a first derivative at 0, and leaves the 1.1th power of the step; what is wrong
    # leaves a whole power, to many digits.
    if ALMOST * less > whole * (STEPS[1] / STEPS[0]) ** order:
        told = f"remainders {mp.nstr(whole, 9)}, and {mp.nstr(less, 9)} for a smaller step"
        raise Finding("a series is not that of the function", f"{c.case}\n  {told}")
    return "agree"


def _remainder(
    f: Function, exact: dict[str, Any], along: dict[str, Any], coefficients: list[Any], h: Any
) -> tuple[Any, Any]:
    """|f(x + h d) - series|, and the size of the largest term."""
    moved = {name: np.asarray(x + h * along[name])[()] for name, x in exact.items()}
    terms = [c * h**k for k, c in enumerate(coefficients)]
    return abs(f.value(moved, precision=SERIES_DIGITS) - mp.fsum(terms)), max(map(abs, terms))
