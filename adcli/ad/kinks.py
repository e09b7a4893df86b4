"""Kinks: places where a derivative is a convention, for those who want to be told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from adcli.ad.algebra import NOWHERE, Algebra
from adcli.ad.blame import Place, live_inputs, within, written_out
from adcli.errors import KinkError
from adcli.graph.axes import kept_shape
from adcli.graph.graph import Graph
from adcli.graph.primitives import REDUCTION, one


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
) -> Place | None:
    """The first kink of `find_kinks`, in the order of evaluation."""
    if all(_is_smooth(graph, i, values, algebra) for i in order):  # most often, and quickly seen
        return None
    found = list(find_kinks(graph, order, values, outputs, active, algebra))
    return found[-1] if found else None


def _is_smooth(graph: Graph, i: int, values: list[Any], algebra: Algebra) -> bool:
    if graph.ops[i].kink is None:
        return True
    return algebra.both(None, kink_at(graph, i, values, algebra)) is NOWHERE


def find_kinks(
    graph: Graph,
    order: list[int],
    values: list[Any],
    outputs: list[int],
    active: bytearray,
    algebra: Algebra,
) -> Iterator[Place]:
    """The nodes, among those that the outputs depend on at this point, that are at a kink.

    The last one evaluated comes first. `active` flags the nodes that depend on the variables of
    interest: other kinks do not matter.
    """
    needed: dict[int, Any] = dict.fromkeys(outputs)
    for i in reversed(order):
        if i not in needed or not active[i]:
            continue
        live = needed[i]
        flows = dict(zip(graph.args[i], graph.ops[i].partials, strict=False))
        for j, mask in live_inputs(graph, i, live, values, algebra):
            if flows.get(j, one) is None:
                continue  # a step is constant between its own kinks, whatever kinks are behind it
            known = needed.setdefault(j, mask)
            needed[j] = None if known is None or mask is None else algebra.either(known, mask)
        kink = kink_at(graph, i, values, algebra)
        if kink is not None:
            places = algebra.both(live, kink)
            if places is not NOWHERE:
                yield i, places


def kink_error(graph: Graph, place: Place, values: list[Any], algebra: Any, text: str) -> KinkError:
    """The error that names a kink."""
    written = written_out(graph, place, values, algebra) + within(graph, place[0], text)
    return KinkError(
        f"{written} is at a kink: it has no derivative there",
        "without --strict the subgradient of least norm is taken",
        span=graph.span(place[0]),
        text=text,
    )
