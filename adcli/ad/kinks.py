"""Kinks: places where a derivative is a convention, for those who want to be told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adcli.ad.algebra import Algebra
from adcli.ad.blame import Describe, taken_inputs, written_out
from adcli.errors import KinkError
from adcli.graph.graph import Graph
from adcli.graph.primitives import REDUCTION
from adcli.graph.structure import kept_shape


def kink_at(graph: Graph, i: int, values: list[Any], algebra: Algebra) -> Any:
    """Nonzero where node i is at a kink, None for a primitive without kinks."""
    op, inputs = graph.ops[i], graph.args[i]
    if op.kink is None:
        return None
    xs = [values[j] for j in inputs]
    if op.kind == REDUCTION:
        axis = graph.attrs[i]
        out = algebra.m.reshape(kept_shape(algebra.shape(xs[0]), axis), values[i])
        return op.kink(algebra.m, xs[0], out, axis)
    return op.kink(algebra.m, *algebra.align(xs, values[i]))


def find_kink(
    graph: Graph,
    order: list[int],
    values: list[Any],
    outputs: list[int],
    active: bytearray,
    algebra: Algebra,
    is_true: Callable[[Any], bool],
) -> int | None:
    """The first node, among those that the outputs depend on at this point, that is at a kink.

    `active` flags the nodes that depend on the variables of interest: other kinks do not matter.
    """
    needed = bytearray(len(graph))
    for node in outputs:
        needed[node] = 1
    found = None
    for i in reversed(order):
        if not needed[i] or not active[i]:
            continue
        for j in taken_inputs(graph, i, values, algebra):
            needed[j] = 1
        kink = kink_at(graph, i, values, algebra)
        if kink is not None and is_true(kink):
            found = i
    return found


def kink_error(
    graph: Graph, node: int, values: list[Any], describe: Describe, text: str
) -> KinkError:
    """The error that names a kink."""
    return KinkError(
        f"{written_out(graph, node, values, describe)} is at a kink: it has no derivative there",
        "without --strict the subgradient of least norm is taken",
        span=graph.span(node),
        text=text,
    )
