"""The chain rule as it is before anything is multiplied: a sum of products of factors, as nodes.

A term for each path from the result to the variable, a factor for each operation on it. In a
program whose calls are left whole (`adcli.language.whole_calls`) a function is an operation, so
that f1(f2(x)) has the derivative f1'(f2(x))·f2'(x).
"""

from __future__ import annotations

from functools import reduce

from adcli.ad.symbolic import textbook_partials
from adcli.explain.formula_paths import formula_paths
from adcli.graph.graph import Graph
from adcli.graph.primitives import ELEMENTWISE, SELECT, Primitive
from adcli.graph.simplify import simplify
from adcli.graph.symbols import Expression, Symbols
from adcli.language.whole_calls import WholeFunction, WholeProgram

MAX_TERMS, MAX_FACTORS = 20, 200
"""More paths, or factors of all of them, are not written out."""

Terms = list[list[int]]
"""The factors of each term of a sum, as nodes; those of the result come first."""


def chain_terms(graph: Graph, output: int, variable: int) -> Terms | None:
    """The derivative of a number by a variable; None for too many terms. Numbers only."""
    paths = formula_paths(graph, output, variable)
    if paths.number > MAX_TERMS or sum(map(len, paths.listed)) > MAX_FACTORS:
        return None
    return [[partial_node(graph, e.source, e.operand) for e in path] for path in paths.listed]


def partial_node(graph: Graph, node: int, k: int) -> int:
    """The partial derivative of an operation on numbers by its input k, as textbooks write it."""
    m, op = Symbols(graph, graph.span(node)), graph.ops[node]
    xs, out = [Expression(m, j) for j in graph.args[node]], Expression(m, node)
    if op.kind == ELEMENTWISE:
        rule = textbook_partials(op)[k]
        assert rule is not None
        return m.expression(rule(m, *xs, out)).node
    assert op.kind == SELECT
    assert op.rule is not None
    chosen, weight = op.rule(m, k, xs, out, tuple([bool(graph.varying[x.node]) for x in xs]))
    weight = m.expression(weight)
    if chosen is None:
        return weight.node
    is_all = m.constant_value(weight) == 1
    passed = m.expression(chosen if is_all else m.where(chosen, weight, 0))
    return simplify(graph, [passed.node])[0]


def _total(graph: Graph, terms: Terms) -> int:
    """The sum of the products, without those that have a factor 0."""
    m = Symbols(graph)
    zero = graph.constant(0.0)
    terms = [factors for factors in terms if zero not in factors]
    products = [reduce(lambda a, b: a * b, map(m.of, factors)) for factors in terms if factors]
    products += [m.expression(1) for factors in terms if not factors]
    return reduce(lambda a, b: a + b, products, m.expression(0)).node


class WrittenOut:
    """Nodes of a program of whole calls with each call, and each derivative of a function, replaced
    by what the function's body says.

    slopes  the derivatives of functions by their rows: the function, and the terms in its body
    """

    def __init__(self, program: WholeProgram) -> None:
        self.graph = program.graph
        self.slopes: dict[Primitive, tuple[WholeFunction, Terms]] = {}
        self._known: dict[int, int] = {}
        self._bodies: dict[Primitive, tuple[WholeFunction, int, list[int]]] = {}
        for function in program.functions:
            self._add(function)

    def _add(self, function: WholeFunction) -> None:
        user = function.user
        says = {function.row: user.body}
        for row, parameter in zip(function.slopes, user.parameters, strict=True):
            terms = chain_terms(self.graph, user.body, parameter)
            if terms is not None:
                self.slopes[row] = function, terms
                says[row] = _total(self.graph, self.terms(terms))
        for row, node in says.items():
            body = self.node(node)
            self._bodies[row] = function, body, self.graph.affected(body, user.parameters)

    def node(self, node: int) -> int:
        """One node."""
        graph = self.graph
        for i in graph.reach([node]):
            if i in self._known:
                continue
            args = tuple([self._known[a] for a in graph.args[i]])
            known = self._bodies.get(graph.ops[i])
            if not args:
                new = i
            elif known is None:
                new = graph.node(graph.ops[i], args, graph.attrs[i], graph.span(i))
            else:
                function, body, affected = known
                replaced = dict(zip(function.user.parameters, args, strict=True))
                new = graph.substitute(body, affected, replaced)
            self._known[i] = new
        return self._known[node]

    def terms(self, terms: Terms) -> Terms:
        """Factors, each written out; the derivative of a function that is a product stays one."""
        return [
            [self.node(i) for factor in factors for i in self._split(factor)] for factors in terms
        ]

    def _split(self, factor: int) -> list[int]:
        """The factors of a factor."""
        graph, waiting = self.graph, [factor]
        found: list[int] = []
        while waiting:
            i = waiting.pop()
            function, terms = self.slopes.get(graph.ops[i], (None, []))
            if function is None or len(terms) != 1 or len(found) + len(waiting) > MAX_FACTORS:
                found.append(i)
                continue
            parameters = function.user.parameters
            replaced = dict(zip(parameters, graph.args[i], strict=True))
            inside = [(node, graph.affected(node, parameters)) for node in reversed(terms[0])]
            waiting += [graph.substitute(node, affected, replaced) for node, affected in inside]
        return found

    def used(self, terms: Terms) -> list[Primitive]:
        """The derivatives of functions among the factors of a sum, then those among theirs."""
        found: list[Primitive] = []
        waiting = [factor for factors in terms for factor in factors]
        while waiting:
            row = self.graph.ops[waiting.pop(0)]
            if row in self.slopes and row not in found:
                found.append(row)
                waiting += [factor for factors in self.slopes[row][1] for factor in factors]
        return found
