"""Sums as one node of a picture: `x1 + x2 - x3`, and `sum([x1, x2])`, have an edge from each term.

The graph adds two numbers at a time. A picture leaves out the sums in between that have no name in
the program and no other use. The partial of the whole sum by a term is 1 or -1, that of the
addition which takes the term: all later ones pass it on as it is.
"""

from __future__ import annotations

from dataclasses import replace

from adcli.graph.primitives.arithmetic import ADD, SUBTRACT
from adcli.graph.structure import STACK, SUM
from adcli.report.graph import Drawing, DrawnEdge
from adcli.report.numbers import shape_of


def with_sums(drawn: Drawing) -> Drawing:
    """The drawing with a node for each sum."""
    lines, inner = dict(drawn.lines), dict[int, list[int]]()
    uses = dict.fromkeys(drawn.nodes, 0)
    for line in drawn.edges():
        uses[line.target] += 1
    for node in drawn.nodes:
        first = lines[node][0] if lines[node] else None
        if first is None or uses[first.target] > 1 or not _is_between(drawn, first.target):
            continue
        terms = _terms(drawn, node, first.target, lines[first.target])
        if terms:
            lines[node] = [edge._replace(source=node) for edge in terms] + lines[node][1:]
            inner[node] = [*inner.pop(first.target, []), first.target]
    for node in [n for found in inner.values() for n in found]:
        del lines[node]
    return replace(drawn, lines=lines, inner=inner)


def _is_between(drawn: Drawing, node: int) -> bool:
    """Whether a node is no result and nothing that the program names."""
    steps = drawn.steps
    number = steps.nodes.index(node) + 1
    generated = steps.notation.spelling.step.format(steps.naming.letters, number)
    return (
        node not in steps.outputs
        and node not in steps.naming.aliases
        and steps.names[node] == generated
    )


def _terms(drawn: Drawing, node: int, inner: int, edges: list[DrawnEdge]) -> list[DrawnEdge]:
    """The edges of a sum's first operand as those of the sum; none if it is no part of the sum."""
    graph, values = drawn.steps.graph, drawn.values
    op, inside = graph.ops[node], graph.ops[inner]
    if op in (ADD, SUBTRACT) and inside in (ADD, SUBTRACT) and graph.args[node][0] == inner:
        is_same = values is None or shape_of(values[node]) == shape_of(values[inner])
        return edges if is_same else []
    if op is SUM and inside is STACK and values is not None and len(shape_of(values[inner])) == 1:
        return [e._replace(label="1", partial=1.0, rule="1") if e.flows else e for e in edges]
    return []
