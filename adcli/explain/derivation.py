"""Derivations: one rule after the other, until nothing is left to differentiate.

The lines are formulas of one graph. In those between the first and the last some nodes are d/dx[u],
what is left to differentiate. A rule is applied wherever it applies, once nothing else can bring up
the same derivative again: so each u is differentiated once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from adcli.ad.formulas import Formulas, Size, derivative_formulas, size_of
from adcli.ad.symbolic import TextbookNodes, gradient_nodes
from adcli.explain.derivative_rules import CONSTANT, ITSELF, Applied, DerivativeRules
from adcli.explain.rewriting import Rewrite, simplified
from adcli.explain.substitution import with_others
from adcli.graph.axes import Shape
from adcli.graph.graph import Graph
from adcli.graph.program import Program

REORDERED = "written otherwise"
"""The reason of a last rewrite, where the sweep of `adcli diff` came to other terms."""


class RuleApplied(NamedTuple):
    """A rule, and the nodes whose derivatives it replaces."""

    rule: str
    nodes: tuple[int, ...]


@dataclass(frozen=True)
class Derivation:
    """The derivative of the node `start` by the node of a variable, rule by rule.

    applied  by node of what was differentiated: the rule, and what came out
    steps    in the order in which a textbook writes them
    """

    rules: DerivativeRules
    start: int
    applied: Mapping[int, Applied]
    steps: list[RuleApplied]

    @property
    def graph(self) -> Graph:
        """The graph of all lines."""
        return self.rules.graph

    def formula(self, count: int) -> int:
        """The node of the line after so many steps; before the first it is d/dx[start]."""
        done = [node for step in self.steps[:count] for node in step.nodes]
        return self._put_together(done)

    def _put_together(self, done: Iterable[int]) -> int:
        """The derivative of `start`, once those of the nodes `done` are known, from the last one
        back: what is left in one is among those that came after it."""
        graph, rules = self.graph, self.rules
        found: dict[int, int] = {}
        for node in reversed(list(done)):
            _, result, left = self.applied[node]
            marks = {rules.derivative(i).node: found[i] for i in left if i in found}
            found[node] = with_others(graph, result, marks, range(rules.first_new))
        return found.get(self.start, rules.derivative(self.start).node)

    def marks(self) -> dict[int, int]:
        """The nodes d/dx[u] of all lines, each with its u."""
        every = [self.start, *(i for applied in self.applied.values() for i in applied.left)]
        if self.rules.by_array:
            every.append(self.rules.variable)
        return {self.rules.derivative(i).node: i for i in every}


def derive(graph: Graph, node: int, variable: int, shapes: Mapping[str, Shape]) -> Derivation:
    """The derivation of the derivative of a node by a variable.

    By an array it ends in the differential, linear in that of the variable. `shapes` are those of
    the variables that are arrays.
    """
    rules = DerivativeRules(graph, node, variable, shapes)
    applied: dict[int, Applied] = {}
    waiting = [node]
    while waiting:
        i = waiting.pop()
        if i not in applied:
            applied[i] = rules.at(i)
            waiting += reversed(applied[i].left)
    return Derivation(rules, node, applied, _in_order(node, applied))


def _in_order(start: int, applied: Mapping[int, Applied]) -> list[RuleApplied]:
    """The steps: the first derivative that nothing brings up again, and all with its rule; those
    of constants and of the variable wait until nothing else is left."""
    asked = dict.fromkeys(applied, 0)
    for found in applied.values():
        for i in found.left:
            asked[i] += 1
    ready = {start: None}
    steps = []
    while ready:
        rules = [applied[i].rule for i in ready]
        rule = next((rule for rule in rules if rule not in (CONSTANT, ITSELF)), rules[0])
        chosen = tuple([i for i in ready if applied[i].rule == rule])
        steps.append(RuleApplied(rule, chosen))
        for i in chosen:
            del ready[i]
        for i in chosen:
            for j in applied[i].left:
                asked[j] -= 1
                if not asked[j]:
                    ready[j] = None
    return steps


@dataclass(frozen=True)
class Derived:
    """How one formula of `adcli diff` comes about.

    result      the number of the program's result
    by          the variables, the last one being that of this derivation
    derivation  the rules, from the derivative of one order less
    raw         the node before simplification; by an array its gradient, which `adjoint` says
    rewrites    what simplification did, in this order
    formula     the node that `adcli diff` prints
    """

    result: int
    by: tuple[str, ...]
    derivation: Derivation
    raw: int
    rewrites: list[Rewrite]
    formula: int

    @property
    def sizes(self) -> tuple[Size, Size]:
        """The size before simplification and after."""
        graph = self.derivation.graph
        return size_of(graph, [self.raw]), size_of(graph, [self.formula])


def derivations(
    program: Program, wrt: Sequence[str], order: int, shapes: Mapping[str, Shape]
) -> tuple[Formulas, list[Derived]]:
    """The formulas to read of every derivative up to an order, and how each comes about.

    The program has each function as one node. The first are the formulas of the last order. Raises
    as `derivative_formulas` does.
    """
    shapes = {name: shape for name, shape in shapes.items() if shape}
    levels = [
        derivative_formulas(program, wrt, k, shapes, to_read=True) for k in range(1, order + 1)
    ]
    below: list[dict[tuple[str, ...], int]] = [{(): output} for output in program.outputs]
    found = []
    for level in levels:
        for k, formulas in enumerate(level.derivatives):
            for by, formula in formulas.items():
                start = below[k][by[:-1]]
                found.append(_derived(program, start, k, by, formula, shapes))
        below = level.derivatives
    return levels[-1], found


def _derived(
    program: Program,
    start: int,
    result: int,
    by: tuple[str, ...],
    formula: int,
    shapes: Mapping[str, Shape],
) -> Derived:
    graph, variable = program.graph, program.inputs[by[-1]]
    found = derive(graph, start, variable, shapes)
    raw = found.formula(len(found.steps))
    if found.rules.by_array:
        order = graph.reach([start, variable])
        (raw,) = gradient_nodes(graph, order, start, [variable], shapes, algebra=TextbookNodes)
    last, rewrites = simplified(graph, raw, shapes)
    if last != formula:
        rewrites.append(Rewrite(last, formula, REORDERED))
    return Derived(result, by, found, raw, rewrites, formula)
