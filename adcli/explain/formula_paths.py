"""Paths from a result to a variable without a point: all along which derivatives may flow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from adcli.ad.reverse import contributions
from adcli.ad.symbolic import TextbookNodes
from adcli.explain.paths import (
    MAX_LARGEST,
    MAX_LISTED,
    Edge,
    Edges,
    LinkedPath,
    count_paths,
    edges_along,
)
from adcli.explain.trace import operands_of
from adcli.graph.axes import Shape
from adcli.graph.graph import Graph
from adcli.graph.readable import to_be_read


class FormulaPaths(NamedTuple):
    """How many paths there are, and all of them, or of too many the first; an operation's first
    input comes first. The partials of the edges are None."""

    number: int
    listed: list[tuple[Edge, ...]]

    @property
    def is_complete(self) -> bool:
        """Whether all paths are listed."""
        return len(self.listed) == self.number


def formula_paths(graph: Graph, output: int, variable: int) -> FormulaPaths:
    """The paths from a node to a variable."""
    order = graph.reach([output])
    edges = moving_edges(graph, order, variable)
    number = count_paths(order, edges, output, variable)
    wanted = number if number <= MAX_LISTED else MAX_LARGEST
    return FormulaPaths(number, list(islice(_listed(edges, output, variable), wanted)))


def moving_edges(graph: Graph, order: list[int], variable: int) -> Edges:
    """The edges of the nodes of `order` on ways to a variable along which derivatives flow."""
    leads = {variable}
    edges: Edges = {}
    for i in order:
        found = [Edge(i, k, j, None) for k, j in graph.moving_places(i) if j in leads]
        if found:
            leads.add(i)
            edges[i] = found
    return edges


def _listed(edges: Edges, output: int, variable: int) -> Iterator[tuple[Edge, ...]]:
    """Every path, depth first: each edge that is followed leads to the variable."""
    waiting: list[tuple[int, LinkedPath]] = [(output, None)]
    while waiting:
        node, chain = waiting.pop()
        if node == variable:
            yield edges_along(chain)
        waiting += [(edge.target, (edge, chain)) for edge in reversed(edges.get(node, []))]


def carried(
    graph: Graph, path: Sequence[Edge], shapes: Mapping[str, Shape], active: bytearray
) -> int:
    """What the adjoint of the variable at the end of a path gets along it, as a node to be read;
    `shapes` are those of the variables, and `active` flags what depends on that one."""
    order = graph.reach([path[0].source])
    algebra = TextbookNodes(graph, order, shapes)
    run, g = algebra.run(order), algebra.m.expression(1.0)
    for edge in path:
        given = contributions(run, edge.source, g, None, active)
        places = operands_of(graph, edge.source, [j for j, _, _ in given])
        found = {place: c for place, (_, c, _) in zip(places, given, strict=True)}
        if edge.operand not in found:
            return algebra.zero(run.values[path[-1].target]).node
        g = found[edge.operand]
    return to_be_read(graph, [g.node], shapes)[0][0]
