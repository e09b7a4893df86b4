"""Which operation is to blame for a value or a derivative that is not finite."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from adcli.ad.algebra import NOWHERE, Algebra
from adcli.ad.reverse import first_infinite
from adcli.errors import DomainError
from adcli.graph.graph import Graph
from adcli.graph.primitives import (
    CONSTANT,
    ELEMENTWISE,
    NAMED,
    VARIABLE,
    WHERE,
    Primitive,
)

Describe = Callable[[Any], str]
"""How an engine's value is shown in a message: a number, or a number of an array."""


def taken_inputs(graph: Graph, i: int, values: list[Any], algebra: Algebra) -> list[int]:
    """The inputs that matter at this point: for `where`, the condition and the branches taken."""
    inputs = graph.args[i]
    if graph.ops[i] is not WHERE:
        return list(inputs)
    condition = algebra.m.not_equal(values[inputs[0]], 0)
    taken = [inputs[0]]
    if algebra.both(None, condition) is not NOWHERE:
        taken.append(inputs[1])
    if algebra.both(None, algebra.m.equal(condition, 0)) is not NOWHERE:
        taken.append(inputs[2])
    return taken


def blame_value(
    graph: Graph,
    output: int,
    values: list[Any],
    algebra: Algebra,
    is_finite: Callable[[Any], bool],
) -> int:
    """The first operation, on the way to `output`, that made a value that is not finite."""
    node = output
    while True:
        bad = [a for a in taken_inputs(graph, node, values, algebra) if not is_finite(values[a])]
        if not bad:
            return node
        node = min(bad)


def value_error(
    graph: Graph, node: int, values: list[Any], describe: Describe, text: str
) -> DomainError:
    """The error for a node whose value is not finite."""
    op = graph.ops[node]
    result = describe(values[node])
    hint: str | None = op.remedy or None
    if op is VARIABLE:
        message = f"the input '{graph.attrs[node]}' is {result}"
        hint = None
    elif op in (CONSTANT, NAMED):
        message = f"the value is {result}"
    else:
        message = f"{written_out(graph, node, values, describe)} is {result}"
        if not hint and result in ("inf", "-inf"):
            hint = "the value is beyond float64 (1.8e308); a logarithm or a scale keeps it in range"
    return DomainError(message, hint, span=graph.span(node), text=text)


def derivative_error(
    graph: Graph, node: int, values: list[Any], describe: Describe, text: str
) -> DomainError:
    """The error for a node whose derivative is not finite although its value is."""
    written = written_out(graph, node, values, describe)
    return DomainError(
        f"the derivative of {written} is not finite",
        graph.ops[node].remedy or None,
        span=graph.span(node),
        text=text,
    )


def blame_derivative(
    graph: Graph,
    order: list[int],
    values: list[Any],
    seeds: Mapping[int, Any],
    active: bytearray,
    algebra: Algebra,
    is_finite: Callable[[Any], bool],
    describe: Describe,
    text: str,
) -> DomainError:
    """The error for a derivative that is not finite at a point where the value is."""
    node = first_infinite(graph, order, values, seeds, active, algebra, is_finite)
    if node is None:
        return DomainError("the derivative is not finite here", text=text)
    return derivative_error(graph, node, values, describe, text)


def written_out(graph: Graph, node: int, values: list[Any], describe: Describe) -> str:
    """The operation with the values of its inputs: `log(-1)`, `1 / 0`, `(-8) ^ 0.5`."""
    op: Primitive = graph.ops[node]
    shown = [describe(values[a]) for a in graph.args[node]]
    if op.symbol and len(shown) == 2:
        shown = [f"({s})" if s.startswith("-") else s for s in shown]
        return f"{shown[0]} {op.symbol} {shown[1]}"
    if op.symbol and op.kind == ELEMENTWISE:
        return f"{op.symbol}({shown[0]})"
    return f"{op.name.removeprefix('reduce_')}({', '.join(shown)})"
