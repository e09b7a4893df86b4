"""What all printers share: the levels of binding, the walk that sets brackets, and sharing.

Text, LaTeX and code are a `Printer` each, which adds how it writes leaves and operations.

A printer lays a node out: its level and its parts, which are text and nodes. `write` puts the parts
together, with brackets around a node whose level is below the one that its place asks for. The
levels are those of grammars/expression.lark, loosest first; other targets use the same order.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import ClassVar

from adcli.graph.chains import count_uses
from adcli.graph.graph import Graph
from adcli.graph.primitives import COMPARISONS, LEAF, NEGATIVE
from adcli.graph.structure import INDEX

ANY, COMPARISON, SUM, PRODUCT, UNARY, POWER, ATOM = range(7)


SpelledPart = str | tuple[int, int]
"""Text, or a node with the lowest level that needs no brackets in this place."""

Spelled = tuple[int, list[SpelledPart]]
"""The level of a node, and its parts from left to right."""

OPERATORS: dict[str, tuple[int, int, int]] = {
    "add": (SUM, SUM, PRODUCT),
    "subtract": (SUM, SUM, PRODUCT),
    "multiply": (PRODUCT, PRODUCT, UNARY),
    "divide": (PRODUCT, PRODUCT, UNARY),
    "matmul": (PRODUCT, PRODUCT, UNARY),
    "power": (POWER, ATOM, UNARY),
    **dict.fromkeys(COMPARISONS, (COMPARISON, SUM, SUM)),
}
"""Operators of two operands: their level, and the levels that the left and right operand need."""


def write(
    lay_out: Callable[[int], Spelled],
    node: int,
    level: int = ANY,
    brackets: tuple[str, str] = ("(", ")"),
) -> str:
    """The text of a node in a place that needs `level`. A loop with a stack: depth is no limit."""
    pieces: list[str] = []
    stack: list[SpelledPart] = [(node, level)]
    while stack:
        part = stack.pop()
        if isinstance(part, str):
            pieces.append(part)
            continue
        own, parts = lay_out(part[0])
        if own < part[1]:
            stack.append(brackets[1])
            pieces.append(brackets[0])
        stack.extend(reversed(parts))
    return "".join(pieces)


class Printer(ABC):
    """Lays out the nodes of a graph; `names` gives those that are written as a name, and may grow
    while it prints."""

    brackets = ("(", ")")
    relations: ClassVar[Mapping[str, str]] = {}
    """The sign of a comparison, where it is not that of the language."""

    def __init__(self, graph: Graph, names: dict[int, str]) -> None:
        self.graph = graph
        self.names = names

    def text(self, node: int) -> str:
        """One node on one line."""
        return write(self.lay_out, node, ANY, self.brackets)

    def bindings(self, outputs: list[int], fresh: Iterator[str]) -> Iterator[str]:
        """A line `name = text` for every operation that occurs more than once; from then on it is
        that name."""
        for node in shared_nodes(self.graph, outputs):
            if node not in self.names:
                name = next(fresh)
                yield f"{name} = {self.text(node)}"
                self.names[node] = name

    def lay_out(self, node: int) -> Spelled:
        """The level and the parts of a node."""
        name = self.names.get(node)
        if name is not None:
            return ATOM, [name]
        op, args = self.graph.ops[node], self.graph.args[node]
        if op.kind == LEAF:
            return self.leaf(node)
        if op is NEGATIVE:
            return UNARY, ["-", (args[0], UNARY)]
        return self.operation(node)

    @abstractmethod
    def leaf(self, node: int) -> Spelled:
        """A constant or a variable."""

    @abstractmethod
    def operation(self, node: int) -> Spelled:
        """An operation that has no name, other than a change of sign."""

    def infix(self, node: int, sign: str) -> Spelled:
        """An operator between its two operands."""
        left, right = self.graph.args[node]
        level, *sides = OPERATORS[self.graph.ops[node].name]
        return level, [(left, sides[0]), sign, (right, sides[1])]

    def relation(self, node: int) -> list[SpelledPart]:
        """A comparison without brackets."""
        symbol = self.graph.ops[node].symbol
        return self.infix(node, f" {self.relations.get(symbol, symbol)} ")[1]

    def condition(self, node: int, is_not_zero: str) -> list[SpelledPart]:
        """What a choice asks: a comparison, or whether a number is not 0."""
        if node not in self.names and self.graph.ops[node].name in COMPARISONS:
            return self.relation(node)
        return [(node, OPERATORS["not_equal"][1]), is_not_zero]


def listed(nodes: Iterable[int], level: int = ANY, separator: str = ", ") -> list[SpelledPart]:
    """The parts of a list of nodes."""
    parts: list[SpelledPart] = []
    for node in nodes:
        if parts:
            parts.append(separator)
        parts.append((node, level))
    return parts


def fill(template: str, arguments: Sequence[int | list[SpelledPart]]) -> list[SpelledPart]:
    """The parts of a template: `#1` is the first argument, `#*` the list of all."""
    parts: list[SpelledPart] = []
    for k, piece in enumerate(re.split(r"#([0-9*])", template)):
        if k % 2 == 0:
            parts.append(piece)
        elif piece == "*":
            parts += listed([a for a in arguments if isinstance(a, int)])
        else:
            argument = arguments[int(piece) - 1]
            parts += [(argument, ANY)] if isinstance(argument, int) else argument
    return parts


def shared_nodes(graph: Graph, nodes: Iterable[int]) -> list[int]:
    """The operations that occur more than once below (or among) `nodes`, arguments first.

    Minus something and an element of a variable are too small to be named.
    """
    nodes = list(nodes)
    order = graph.reach(nodes)
    uses = count_uses(graph, order, nodes)
    return [i for i in order if uses[i] > 1 and not _is_small(graph, i)]


def _is_small(graph: Graph, node: int) -> bool:
    args = graph.args[node]
    if graph.ops[node] in (NEGATIVE, INDEX):
        return not graph.args[args[0]]
    return not args


def fresh_names(taken: Iterable[str], prefix: str = "t") -> Iterator[str]:
    """t1, t2, ... without those that are taken."""
    taken = set(taken)
    names = (f"{prefix}{number}" for number in count(1))
    return (name for name in names if name not in taken)
