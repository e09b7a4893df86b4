"""Conditions without variables as indices: v[range(5) > 2] takes the elements that meet it."""

from __future__ import annotations

import operator
from collections.abc import Callable
from math import floor, nan
from typing import Any

from adcli.graph.graph import Graph
from adcli.graph.primitives import CONSTANT, HOLDS
from adcli.graph.structure import STACK

MOST_PLACES = 1_000_000
"""Of longer conditions the places are not looked for."""


def _holding(holds: Callable[[float, float], bool]) -> Callable[..., float]:
    return lambda x, y: float(holds(x, y))


_FUNCTIONS: dict[str, Callable[..., float]] = {
    **{name: _holding(holds) for name, holds in HOLDS.items()},
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "negative": operator.neg,
    "maximum": max,
    "minimum": min,
    "mod": lambda x, y: x - y * floor(x / y) if y else nan,
}


def places_that_meet(graph: Graph, condition: int) -> list[int] | None:
    """The places of a vector at which a condition holds; None unless its numbers are known
    beforehand."""
    if graph.varying[condition]:
        return None
    found: dict[int, Any] = {}
    for i in graph.reach([condition]):
        try:
            found[i] = _numbers(graph, i, [found[a] for a in graph.args[i]])
        except (ArithmeticError, ValueError):  # as the floor of an infinity
            return None
    numbers = found[condition]
    return [k for k, x in enumerate(numbers) if x] if isinstance(numbers, list) else None


def _numbers(graph: Graph, node: int, xs: list[Any]) -> Any:
    """The numbers of a vector, or the number, from those of its operands; None if unknown."""
    op, attr = graph.ops[node], graph.attrs[node]
    if op is CONSTANT:
        return float(attr)
    if op.name == "range":
        return [float(k) for k in range(*attr)] if len(range(*attr)) <= MOST_PLACES else None
    if op is STACK:
        return xs if all(isinstance(x, float) for x in xs) else None
    lengths = {len(x) for x in xs if isinstance(x, list)}
    function = _FUNCTIONS.get(op.name)
    if function is None or None in xs or len(lengths) > 1:
        return None
    if not lengths:
        return function(*xs)
    (count,) = lengths
    rows = zip(*[x if isinstance(x, list) else [x] * count for x in xs], strict=True)
    return [function(*row) for row in rows]
