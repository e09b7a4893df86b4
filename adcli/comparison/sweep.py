"""Finite differences over many steps: truncation on one side, rounding on the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from adcli.comparison.function_at_point import Component, FunctionAtPoint
from adcli.errors import UsageError

MAX_STEPS = 1000
SIDE_OF_METHOD = {"forward": "right", "central": "both"}
ORDERS = {"forward": 1, "central": 2}
"""How the truncation error of a difference shrinks: as the step to this power."""
QUOTIENTS = {"forward": "(f(x + h) - f(x))/h", "central": "(f(x + h) - f(x - h))/(2h)"}


@dataclass(frozen=True)
class Sweep:
    """Estimates and error of each kind of difference (`forward`, `central`) for each epsilon.

    The step of a variable is epsilon |x|, or epsilon where x is 0. Estimates are those of all
    components. An error is the largest of all components, relative to the largest component of the
    exact gradient; nan where a value is not finite.
    """

    components: Sequence[Component]
    exact: list[float]
    epsilons: list[float]
    estimates: dict[str, list[list[float]]]
    errors: dict[str, list[float]]

    def points(self, kind: str) -> list[tuple[float, float]]:
        """The epsilons with the errors of a kind."""
        return list(zip(self.epsilons, self.errors[kind], strict=True))

    def best(self, kind: str) -> tuple[float, float] | None:
        """The epsilon of the smallest error of a kind, and that; None if none is finite."""
        finite = [point for point in self.points(kind) if math.isfinite(point[1])]
        return min(finite, key=lambda point: point[1], default=None)


def geometric(first: float, last: float, per_decade: int = 1) -> list[float]:
    """Numbers from `first` to `last`, both included, evenly spaced on a logarithmic axis.

    >>> geometric(1e-1, 1e-3)
    [0.1, 0.01, 0.001]
    """
    if not (0 < first < math.inf and 0 < last < math.inf and per_decade > 0):
        raise UsageError("an epsilon is a positive number", "for example 1e-1:1e-16")
    decades = math.log10(last) - math.log10(first)
    count = max(1, round(abs(decades) * per_decade))
    if count >= MAX_STEPS:
        raise UsageError(f"that is more than {MAX_STEPS:,} epsilons", "ask for fewer a decade")
    if first == last:
        return [first]
    exponents = [math.log10(first) + decades * k / count for k in range(1, count)]
    return [first, *[float(f"{10.0**x:.6g}") for x in exponents], last]


def sweep(problem: FunctionAtPoint, exact: Sequence[float], epsilons: Sequence[float]) -> Sweep:
    """Forward and central differences beside the exact gradient: of the problem's sample, if it has
    one."""
    estimates, errors = estimates_at(problem, epsilons), {}
    for kind, rows in estimates.items():
        errors[kind] = [relative_error(row, exact) for row in rows]
    chosen = range(len(problem.components)) if problem.sample is None else problem.sample
    components = [problem.components[k] for k in chosen]
    return Sweep(components, [float(g) for g in exact], list(epsilons), estimates, errors)


def estimates_at(
    problem: FunctionAtPoint, epsilons: Sequence[float]
) -> dict[str, list[list[float]]]:
    """By kind, the estimates of all components for each epsilon."""
    return {
        kind: [problem.quotients(epsilon, side) for epsilon in epsilons]
        for kind, side in SIDE_OF_METHOD.items()
    }


def relative_error(found: Sequence[float], exact: Sequence[Any]) -> float:
    """The largest error of a component over the largest exact component (1 if all are 0)."""
    errors = [float(abs(a - b)) for a, b in zip(found, exact, strict=True)]
    if any(math.isnan(error) for error in errors):
        return math.nan
    scale = max([float(abs(b)) for b in exact], default=0.0) or 1.0
    return max(errors, default=0.0) / scale
