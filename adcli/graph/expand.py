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

    They are to be computed or printed, not differentiated: the rules of the row are gone. The
    values are said by functions with no stated value of their own, so that one walk does it.
    """
    outputs = list(outputs)
    order = graph.reach(outputs)
    if not any(graph.ops[i].value and not has(graph.ops[i]) for i in order):
        return outputs
    m = _Sharing(graph)
    new: dict[int, int] = {}
    for i in order:
        op = graph.ops[i]
        args = tuple([new[a] for a in graph.args[i]])
        m.span = graph.span(i)
        if i in kept:
            new[i] = i
        elif op.value is not None and not has(op):
            new[i] = m.expression(op.value(m, *[Expression(m, a) for a in args])).node
        elif op is _HYPOT:
            new[i] = m.hypot(*[Expression(m, a) for a in args]).node
        elif args == graph.args[i]:
            new[i] = i
        else:
            new[i] = graph.node(op, args, graph.attrs[i], m.span)
    return [new[o] for o in outputs]


class _Sharing(Symbols):
    """Makes hypot(y, x) and hypot(x, y) one node: unit(x, y) and unit(y, x) share it."""

    def hypot(self, x: Operable, y: Operable) -> Expression:
        """The node of hypot, the older argument first."""
        first, second = sorted((self.expression(x), self.expression(y)), key=lambda e: e.node)
        return self.apply(_HYPOT, first, second)
