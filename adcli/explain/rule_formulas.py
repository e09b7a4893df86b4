"""Formulas of rules whose textbook form the row of the operation does not state: made from the row,
once, over variables in place of the operands, and simplified."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from adcli.graph.graph import Graph
from adcli.graph.primitives import CONSTANT, DIVIDE, Primitive
from adcli.graph.readable import to_be_read
from adcli.graph.symbols import Expression, Symbols


class RuleFormulas(NamedTuple):
    """Formulas of a rule, simplified, over variables that stand for an operation's inputs."""

    graph: Graph
    inputs: list[int]
    nodes: list[int]

    def over(self, m: Symbols, xs: list[Expression]) -> list[Expression]:
        """The formulas of given inputs."""
        graph, made = self.graph, dict(zip(self.inputs, xs, strict=True))
        for i in graph.reach(self.nodes):
            if graph.ops[i] is CONSTANT:
                made[i] = m.expression(graph.attrs[i])
            elif i not in made:
                made[i] = m.apply(graph.ops[i], *[made[a] for a in graph.args[i]])
        return [made[i] for i in self.nodes]


def _formulas(count: int, state: Callable[[Symbols, list[Expression]], list[Any]]) -> RuleFormulas:
    m = Symbols(Graph())
    xs = [Expression(m, m.graph.variable(f"x{k}")) for k in range(count)]
    nodes = [m.expression(part).node for part in state(m, xs)]
    return RuleFormulas(m.graph, [x.node for x in xs], to_be_read(m.graph, nodes)[0])


@cache
def numerators() -> RuleFormulas:
    """The partial derivatives of u/v over the denominator v^2."""

    def state(m: Symbols, xs: list[Expression]) -> list[Any]:
        out, square = m.divide(*xs), m.power(xs[1], 2)
        return [rule(m, *xs, out) * square for rule in DIVIDE.partials if rule]

    return _formulas(2, state)


@cache
def weights(op: Primitive, free: tuple[bool, ...]) -> RuleFormulas:
    """What passes from each input of a choice: 1, 0, or a share where several tie."""

    def state(m: Symbols, xs: list[Expression]) -> list[Any]:
        assert op.rule is not None
        out = m.apply(op, *xs)
        found = [op.rule(m, k, xs, out, free) for k in range(len(xs))]
        return [m.where(chosen, weight, 0) for chosen, weight in found]

    return _formulas(len(free), state)
