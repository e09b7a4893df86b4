"""Nodes put in place of others, in formulas that are read."""

from __future__ import annotations

from collections.abc import Container, Mapping

from adcli.graph.graph import Graph
from adcli.graph.primitives import CONSTANT, DIVIDE, MULTIPLY, NEGATIVE, Primitive

MOST_FACTORS = 50
"""Factors of a product that are written without brackets."""


def with_others(graph: Graph, root: int, replaced: Mapping[int, int], known: Container[int]) -> int:
    """The node `root` with some nodes replaced, as it is written: 1*x stays, but a*(b*c) is a*b*c.

    Nothing is replaced in what `known` nodes depend on.
    """
    if not replaced:
        return root
    new = dict(replaced)
    for i in graph.reach_up_to(_Either(known, replaced), root):
        args = tuple([new.get(a, a) for a in graph.args[i]])
        if graph.ops[i] is MULTIPLY and args[1] != graph.args[i][1]:
            new[i] = _multiplied(graph, *args)
        elif args != graph.args[i]:
            new[i] = graph.node(graph.ops[i], args, graph.attrs[i], graph.span(i))
    return new.get(root, root)


def _multiplied(graph: Graph, left: int, right: int) -> int:
    """A product from left to right, a*(1/b) as a/b; a negative factor on the right keeps its
    brackets, and so does a long product."""
    inside: list[tuple[Primitive, int]] = []
    first = right
    while graph.ops[first] in (MULTIPLY, DIVIDE) and len(inside) < MOST_FACTORS:
        inside.append((graph.ops[first], graph.args[first][1]))
        first = graph.args[first][0]
    if graph.ops[first] is NEGATIVE or len(inside) == MOST_FACTORS:
        return graph.node(MULTIPLY, (left, right))
    is_one = graph.ops[first] is CONSTANT and graph.attrs[first] == 1
    is_reciprocal = is_one and bool(inside) and inside[-1][0] is DIVIDE
    product = left if is_reciprocal else graph.node(MULTIPLY, (left, first))
    for op, factor in reversed(inside):
        product = graph.node(op, (product, factor))
    return product


class _Either:
    """What is in one of two containers."""

    def __init__(self, *containers: Container[int]) -> None:
        self._containers = containers

    def __contains__(self, i: object) -> bool:
        return any(i in container for container in self._containers)
