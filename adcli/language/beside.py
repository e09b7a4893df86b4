"""A program and comparisons beside it, in one graph: what constraints are written in.

The comparisons follow the program, so that they see the names and functions that it defines, and
the places of errors are those of the whole text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from adcli.errors import LanguageError, Span
from adcli.graph.graph import Graph
from adcli.graph.primitives import HOLDS, MULTIPLY
from adcli.language.builder import Builder
from adcli.language.names import StatementValue
from adcli.language.parser import Parser

_ORDERED = ("less_equal", "less", "greater_equal", "greater", "equal")


class WrittenComparison(NamedTuple):
    """The node that compares `left` with `right`: `name` is the operation, `text` what was written,
    `source` the number of the text that it stands in."""

    name: str
    node: int
    left: int
    right: int
    text: str
    source: int


class Compared(NamedTuple):
    """The graph of a program and its comparisons, the program's results, the variables that it
    names, and the whole text."""

    graph: Graph
    outputs: list[int]
    kept: list[int]
    comparisons: list[WrittenComparison]
    text: str


class _Statements(Builder):
    """A builder that keeps the results of all statements: the program's and the comparisons'."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.results: list[StatementValue] = []
        self.function: Any = None

    def result(self, nodes: list[Any]) -> StatementValue:
        self.results.append(super().result(nodes))
        return self.results[-1]

    def model(self, left: Any, tilde: Span, right: Any) -> StatementValue:
        self.results.append(StatementValue([self.resolve(left), self.resolve(right)], False))
        return self.results[-1]

    def next_line(self, lines: Any, separator: Span, statement: Any) -> StatementValue:
        if lines.defined is not None and all(found is statement for found in self.results):
            self.function = lines.defined
        return StatementValue(statement.nodes, True, statement.defined)


def compare_beside(parser: Parser, program: str, texts: Sequence[str]) -> Compared:
    """Parse a program and comparisons, each a text. Raises LanguageError where one of these is
    none: an inequality or an equation, or several of them in a chain or joined by `and`."""
    whole = "\n".join([program, *texts])
    builder = _Statements(whole)
    parser.parse(whole, builder)
    starts = [len(program) + 1]
    for text in texts:
        starts.append(starts[-1] + len(text) + 1)
    graph, results, kept = builder.graph, builder.results, list[int]()
    ends_in_function = len(results) == len(texts)
    if ends_in_function and builder.function is not None:
        node, kept = builder.program_of(*builder.function)
        results = [StatementValue([node], False), *results]
    if len(results) != len(texts) + 1:
        place = (starts[0], len(whole))
        bound = any(re.search(r"(?<![<>=!])=(?!=)", text) for text in texts)
        hint = "an equation is written ==" if bound else None
        raise _refused(whole, place, "each constraint is one comparison", hint)
    found = []
    for k, result in enumerate(results[1:]):
        place = (starts[k], starts[k + 1] - 1)
        if len(result.nodes) > 1:
            raise _refused(whole, place, "a constraint is one comparison, not several", None)
        found += _comparisons(graph, result.nodes[0], whole, place, k)
    return Compared(graph, results[0].nodes, kept, found, whole)


def _comparisons(
    graph: Graph, node: int, text: str, place: Span, k: int
) -> list[WrittenComparison]:
    """The comparisons that a condition joins, in the order in which they are written."""
    waiting, nodes, joints = [node], [], []
    while waiting:
        i = waiting.pop()
        name = graph.ops[i].name
        if graph.ops[i] is MULTIPLY:
            joints.append(graph.span(i))
            waiting += reversed(graph.args[i])
        elif name in _ORDERED and not any(graph.ops[a].name in HOLDS for a in graph.args[i]):
            nodes.append(i)
        elif name == "not_equal":
            hint = "constraints are <=, >= and =="
            raise _refused(text, graph.span(i), "points that are not equal have no border", hint)
        else:
            hint = "as in x + y <= 1, x*y == 2 or 0 <= x <= 1 (without or, not)"
            raise _refused(text, place, "a constraint is a comparison", hint)
    spans = sorted(graph.span(i) for i in nodes)
    cuts = sorted({*spans, *(s for s in joints if s not in spans), (place[0], place[0])})
    cuts.append((place[1], place[1]))
    found = []
    for i in nodes:
        span = graph.span(i)
        part = text[slice(*place)]
        if place[0] <= span[0] < place[1]:  # or else the same one was written before
            at = cuts.index(span)
            part = text[cuts[at - 1][1] : cuts[at + 1][0]]
        part = " ".join(re.split(r"[;\n]", re.sub(r"#[^\n]*", "", part).strip())[-1].split())
        left, right = graph.args[i]
        found.append(WrittenComparison(graph.ops[i].name, i, left, right, part, k))
    return found


def _refused(text: str, place: Span, message: str, hint: str | None) -> LanguageError:
    return LanguageError(
        message, hint or "give --subject-to again for another", span=place, text=text
    )
