"""What the derivative is on either side of a kink."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mpmath import mp

from adcli.ad.blame import written_out
from adcli.ad.kinks import find_kink
from adcli.comparison.function_at_point import FunctionAtPoint

STEP, SAME = 1e-30, 1e-20
"""The step of a one-sided quotient at a kink, and how far two equal ones may be apart."""
NEAR_STEP, NEAR_SAME = 1e-8, 1e-5
"""Step and distance where the kink is only within rounding of the point."""
KINK_DIGITS = 90
SMALLER = 1024
"""The quotient of two steps whose quotients tell a limit."""
STEADY = 0.1
"""How far quotients of half the step may be from following a power of the step."""
NOISE = 1e-60
"""A change of the function below this, relative to its value and to 1, may be rounding."""


@dataclass(frozen=True)
class Kink:
    """An operation at a kink, and the one-sided derivatives along each variable's component.

    chained    components whose sides agree on what the chain rule does not give: relu(x) - relu(-x)
               at 0 is x, and by the rules has the derivative 0
    is_exact   whether the point is at the kink; else rounding has put float64 there, or across,
               and the sides are good to a few digits
    operation  as `abs(0)`; empty where rounding hides which it is

    A jump of the function is an infinite derivative, with the sign of the jump.
    """

    operation: str
    is_exact: bool
    left: list[float]
    right: list[float]
    chained: Sequence[int] = ()

    @property
    def bent(self) -> list[int]:
        """The components whose sides differ, or are jumps, or are chained."""
        sides = enumerate(zip(self.left, self.right, strict=True))
        return [k for k, (a, b) in sides if a != b or math.isinf(a) or k in self.chained]


def kink_of(problem: FunctionAtPoint, still: FunctionAtPoint) -> Kink | None:
    """The first kink that the result depends on, None at a smooth point.

    `still` has KINK_DIGITS digits. The sides are difference quotients with a tiny step, which know
    no convention.
    """
    found = kink_at_point(problem, still)
    return None if found is None else Kink(*found, *_sides(still, found[1]))


def kink_at_point(problem: FunctionAtPoint, still: FunctionAtPoint) -> tuple[str, bool] | None:
    """The operation at a kink, and whether it is there in many digits as well; None without one."""
    operation = operation_at_kink(problem)
    return None if operation is None else (operation, _kink_in(still) is not None)


def operation_at_kink(problem: FunctionAtPoint) -> str | None:
    """The operation at a kink, as `abs(0)`; None without one."""
    place = _kink_in(problem)
    if place is None:
        return None
    with problem.run.algebra.context():
        return written_out(problem.run, place, problem.function.text)


def _kink_in(problem: FunctionAtPoint) -> Any:
    active = problem.run.graph.dependents(problem.run.order, problem.nodes)
    with problem.run.algebra.context():
        return find_kink(problem.run, [problem.output], active)


def kink_near(still: FunctionAtPoint) -> Kink | None:
    """The kink within rounding of the point, None if the sides agree.

    None as well if a side is no power of the step: the function turns within the step.
    """
    kink = Kink("", False, *_sides(still, False))
    least = NOISE * max(1.0, abs(still.value)) / NEAR_STEP
    for side in ("left", "right") if kink.bent else ():
        found = [still.quotients(NEAR_STEP / part, side) for part in (1, 2, 4)]
        for k in kink.bent:
            whole, half, quarter = [quotients[k] for quotients in found]
            if not (abs(half) <= least or abs(whole * quarter / half**2 - 1) <= STEADY):
                return None
    return kink if kink.bent else None


def _sides(still: FunctionAtPoint, is_exact: bool) -> tuple[list[float], list[float]]:
    """The derivatives to the left and to the right, equal where they are the same.

    They are the same if they are closer than rounding, or if they come closer with the step.
    """
    step, same = (STEP, SAME) if is_exact else (NEAR_STEP, NEAR_SAME)
    with still.run.algebra.context():
        lefts, rights, half_lefts, half_rights = (
            still.quotients(h, side) for h in (step, step / 2) for side in ("left", "right")
        )
        least = NOISE * max(1.0, abs(still.value))
        left, right = (
            [_unless_jump(*pair, least / step) for pair in zip(whole, half, strict=True)]
            for whole, half in ((lefts, half_lefts), (rights, half_rights))
        )
        for k, (a, b) in enumerate(zip(lefts, rights, strict=True)):
            gap, half_gap = abs(a - b), abs(half_lefts[k] - half_rights[k])
            if math.isinf(left[k]) or math.isinf(right[k]):
                continue
            if gap <= same * max(abs(a), abs(b)) or half_gap <= 0.75 * gap:
                left[k] = right[k] = float(2 * half_rights[k] - b)
    return left, right


def _unless_jump(quotient: Any, half: Any, least: float) -> float:
    """A quotient; infinite if it grows as 1/step, and is above what rounding leaves."""
    is_jump = abs(half) > max(1.5 * abs(quotient), least)
    return float(mp.sign(half) * mp.inf) if is_jump else float(quotient)


def sides_confirm(
    still: FunctionAtPoint, gradient: Sequence[Any], allowed: Sequence[Any], step: Any
) -> bool | None:
    """Whether one-sided quotients with a step and a smaller one confirm a gradient, at the end of a
    domain for example.

    False if those of some side have another limit, None where a component has no side that tells:
    one that is defined, and whose quotients neither grow, as at a jump, nor come from oscillation.
    """
    told = [False] * len(gradient)
    for side in ("left", "right"):
        quotients = [still.quotients(h, side) for h in (step, step / SMALLER)]
        for k, (whole, smaller) in enumerate(zip(*quotients, strict=True)):
            with still.run.algebra.context():
                off, less_off = abs(whole - gradient[k]), abs(smaller - gradient[k])
                if less_off <= allowed[k] or less_off <= 0.75 * off:
                    told[k] = True
                elif abs(whole - smaller) <= SAME * abs(smaller):
                    return False
    return True if all(told) else None


def between(kink: Kink, k: int, found: float, slack: float) -> bool:
    """Whether a number is one of component k's subgradients: between the two sides."""
    low, high = sorted((kink.left[k], kink.right[k]))
    return low - slack <= found <= high + slack


def by_convention(kink: Kink, exact: Sequence[Any], symbolic: Sequence[float]) -> list[Any]:
    """The gradient that others are measured against where rounding decides about a kink.

    In the bent components it is the formula's value in float64, if that is a subgradient.
    """
    bent = set(kink.bent)
    return [
        symbolic[k] if k in bent and between(kink, k, symbolic[k], 0.0) else value
        for k, value in enumerate(exact)
    ]
