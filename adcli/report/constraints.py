"""What people and scripts see of constraints: violation, KKT residual, multipliers, what is
active."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from adcli.graph.axes import element_labels
from adcli.report.numbers import flat, shape_of

MOST = 12
"""Numbers of constraints that people see."""


def is_constrained(result: Any) -> bool:
    """Whether a result is that of a descent under constraints."""
    return hasattr(result, "kkt_residual")


def optimality_measures(result: Any) -> list[tuple[str, float]]:
    """The KKT residual and the violation, with their names."""
    return [("KKT residual", result.kkt_residual), ("violation", result.violation)]


def constraint_fields(result: Any) -> dict[str, Any]:
    """The fields of a result's record that are about constraints."""
    record = {
        "violation": result.violation,
        "kkt_residual": result.kkt_residual,
        **held_fields(result),
    }
    if result.bound_multipliers:
        record["bound_multipliers"] = result.bound_multipliers
    return record


def held_fields(result: Any) -> dict[str, Any]:
    """The multipliers, what is active, and what is violated, if anything is."""
    record = {"multipliers": result.multipliers, "active": list(result.active)}
    return record | ({"violated": result.violated} if result.violated else {})


def constraint_lines(result: Any, digits: int) -> list[str]:
    """A line for each constraint, and for each bound that holds a variable."""
    active = set(result.active)
    lines = []
    every = list(_numbers(result))
    for label, multiplier in islice(every, MOST):
        told = "not active"
        if label in result.violated:
            told = f"violated by {result.violated[label]:.{digits}g}"
        elif label in active:
            told = f"active, multiplier {multiplier:.{digits}g}"
        lines.append(f"{label}: {told}")
    if len(every) > MOST:
        lines.append(f"... and {len(every) - MOST:,} more; --format json has them all")
    at_bounds = getattr(result, "bound_multipliers", {})
    for label, multiplier in islice(at_bounds.items(), MOST):
        lines.append(f"{label} at its bound: multiplier {multiplier:.{digits}g}")
    return lines


def _numbers(result: Any) -> Iterator[tuple[str, float]]:
    for text, multipliers in result.multipliers.items():
        places = element_labels("", shape_of(multipliers), None)
        for place, x in zip(places, flat(multipliers), strict=True):
            yield (f"{text} at {place}" if place else text), float(x)
