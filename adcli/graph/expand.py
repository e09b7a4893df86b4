"""Functions that a machine or a language lacks, in functions that it has."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable

from adcli.graph.graph import Graph
from adcli.graph.primitives import PRIMITIVES, Primitive
from adcli.graph.symbols import Expression, Operable, Symbols

_HYPOT = PRIMITIVES["hypot"]


def expanded(
    graph: Graph,
    outputs: Iterable[int],
    has: Callable[[Primitive], bool] = lambda op: False,
    kept: Container[int] = (),
) -> list[int]:
    """Nodes with the values of `outputs`, in which every function that is not had and whose row
    states its value is written as that value; the nodes `kept` stay as they are.

    They are to be computed or printed, not differentiated: the rules of the row are gone.
    """
    outputs = list(outputs)
    order = graph.reach(outputs)
    if not any(graph.ops[i].value and not has(graph.ops[i]) for i in order):
        return outputs
    m = _Expanding(graph, has)
    new: dict[int, int] = {}
    for i in order:
        op = graph.ops[i]
        args = tuple([new[a] for a in graph.args[i]])
        m.span = graph.span(i)
        if i in kept:
            new[i] = i
        elif (op.value is not None and not has(op)) or op is _HYPOT:
            new[i] = m.apply(op, *[Expression(m, a) for a in args]).node
        elif args == graph.args[i]:
            new[i] = i
        else:
            new[i] = graph.node(op, args, graph.attrs[i], m.span)
    return [new[o] for o in outputs]


class _Expanding(Symbols):
    """Makes the nodes of values, of which those of other functions may be made, too.

    hypot(y, x) and hypot(x, y) are one node: unit(x, y) and unit(y, x) share it.
    """

    def __init__(self, graph: Graph, has: Callable[[Primitive], bool]) -> None:
        super().__init__(graph)
        self.has = has

    def apply(self, primitive: Primitive, *operands: Operable) -> Expression:
        """The node of a function that is had, or of its value."""
        if primitive.value is not None and not self.has(primitive):
            return self.expression(primitive.value(self, *map(self.expression, operands)))
        if primitive is _HYPOT:  # the older argument first
            first, second = sorted(map(self.expression, operands), key=lambda e: e.node)
            operands = first, second
        return super().apply(primitive, *operands)
