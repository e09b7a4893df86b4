"""What simplification does to a formula that is read, operation by operation, with its reasons.

The walks are those that make the formula; here they also keep each operation as it would have been
and what it became.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from adcli.graph.axes import Shape
from adcli.graph.chains import PRODUCTS, SUMS, family_of
from adcli.graph.exact import Number
from adcli.graph.graph import Graph
from adcli.graph.primitives import DIVIDE, LEAF, LINEAR, MULTILINEAR, MULTIPLY, POWER
from adcli.graph.readable import Readable, to_be_read

SHAPES = "change of shape"
"""The reason where only the shape of an array is written otherwise."""

_SPREADING = {"reshape", "expand", "broadcast", "sum_to"}


class Rewrite(NamedTuple):
    """An operation of simplified operands, what became of it, and why they are equal."""

    before: int
    after: int
    reason: str


def simplified(graph: Graph, node: int, shapes: Mapping[str, Shape]) -> tuple[int, list[Rewrite]]:
    """A node as it is read, and the rewrites on the way, each once.

    A formula too long to be read has none: it is simplified as for computing.
    """
    noted: dict[tuple[int, int], Rewrite] = {}
    (found,), _ = to_be_read(graph, [node], shapes, partial(_Noting, noted))
    return found, list(noted.values())


class _Noting(Readable):
    """A walk that notes what it rewrites."""

    def __init__(self, noted: dict[tuple[int, int], Rewrite], *given: Any, **options: Any) -> None:
        self._noted = noted
        super().__init__(*given, **options)

    def _rewrite(self, i: int) -> int:
        found = super()._rewrite(i)
        if self.graph.ops[i].kind != LEAF:
            before, operands = self._unchanged(i)
            if before != found:
                reason = self._reason(i, operands, found)
                self._noted.setdefault((before, found), Rewrite(before, found, reason))
        return found

    def _unchanged(self, top: int) -> tuple[int, list[int]]:
        """An operation, or a chain of sums or products, over its new operands; and these."""
        graph = self.graph
        made: dict[int, int] = {}
        inner = graph.reach_up_to(self.new, top)
        operands: list[int] = []
        for i in inner:
            args = [made[a] if a in made else self.new[a] for a in graph.args[i]]
            operands += [self.new[a] for a in graph.args[i] if a not in made]
            made[i] = graph.node(graph.ops[i], tuple(args), graph.attrs[i], self.span)
        return made[top], operands

    def _reason(self, i: int, operands: list[int], found: int) -> str:
        graph, op = self.graph, self.graph.ops[i]
        numbers = [n for n in map(self.number, operands) if n is not None]
        if len(numbers) == len(operands) and self.number(found) is not None:
            return "arithmetic"
        family = family_of(graph, i, self.uses)
        if family is SUMS:
            return self._reason_of_sum(operands, numbers, found)
        if family is PRODUCTS:
            return _reason_of_product(numbers)
        if op.kind in (LINEAR, MULTILINEAR) and _names(graph, i) & _SPREADING:
            return SHAPES
        if op is POWER:
            return "power 1" if 1 in numbers[-1:] else "powers joined"
        return f"identity of {op.word}"

    def _reason_of_sum(self, operands: list[int], numbers: list[Number], found: int) -> str:
        graph = self.graph
        if 0 in numbers:
            return "term 0"
        squares = {graph.ops[a].name for x in operands for a in graph.reach([x])}
        if {"sin", "cos"} <= squares and {"sin", "cos"} - _names(graph, found):
            return "Pythagoras"
        if graph.ops[found] in (MULTIPLY, DIVIDE) and _names(graph, found) & {"add", "subtract"}:
            return "common factor"
        return "numbers added" if len(numbers) > 1 else "like terms"


def _names(graph: Graph, node: int) -> set[str]:
    return {graph.ops[i].name for i in graph.reach([node])}


def _reason_of_product(numbers: list[Number]) -> str:
    if 0 in numbers:
        return "factor 0"
    if 1 in numbers:
        return "factor 1"
    if len(numbers) > 1:
        return "numbers multiplied"
    return "factors joined"
