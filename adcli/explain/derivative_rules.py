"""The rules of differentiation as textbooks name and write them, one operation at a time.

Nothing is differentiated by a table of its own: an operation's derivative is what its row says, as
formulas that are read have it, times what is left to differentiate. Here is only how a textbook
orders the factors, and what it calls the rule: by kind of operation, or after the function.

What is left to differentiate is a node, d/dx[u] for a node u of the program. For an array x it is
the differential d[u], and d[x] itself remains: see Magnus & Neudecker, Matrix Differential
Calculus, 3rd ed., 5.2 and 8.3.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from adcli.ad.forward import tangent_of
from adcli.ad.symbolic import Nodes, as_shown
from adcli.explain.rule_formulas import numerators, weights
from adcli.explain.substitution import with_others
from adcli.graph.axes import Shape
from adcli.graph.graph import Graph
from adcli.graph.primitives import (
    ADD,
    DIVIDE,
    ELEMENTWISE,
    LINEAR,
    MULTILINEAR,
    MULTIPLY,
    NEGATIVE,
    POWER,
    REDUCTION,
    SELECT,
    SUBTRACT,
    WHERE,
    Primitive,
    minus_one,
    one,
)
from adcli.graph.structure import INDEX, RESHAPE, SHORT_WORDS, STACK, SUM, usual_call
from adcli.graph.symbols import Expression

DERIVATIVE = Primitive("derivative", LINEAR, ("x",), shape=lambda shapes, attr: shapes[0])
"""What is left to differentiate: the node d/dx[u]."""

MOST_TERMS = 50
"""Operations of a sum, factors of a product, that one rule takes at once."""

CONSTANT, ITSELF = "constant", "the variable itself"
CHAIN = ", chain rule"
OWN_NAMES = {"exp": "exponential rule", "exp2": "exponential rule", "where": "case by case"}
"""Rules that textbooks do not name after the function."""


class Applied(NamedTuple):
    """A rule at one node: its name, the derivative, and the nodes left to differentiate in it."""

    rule: str
    result: int
    left: tuple[int, ...]


class DerivativeRules:
    """The rules for differentiating nodes of a graph by one variable, a number or an array.

    `shapes` are those of the variables that are arrays.
    """

    def __init__(
        self, graph: Graph, output: int, variable: int, shapes: Mapping[str, Shape]
    ) -> None:
        order = graph.reach([output, variable])
        self.graph, self.variable = graph, variable
        self.by_array = bool(shapes.get(graph.attrs[variable]))
        self._nodes = Nodes(graph, order, shapes)
        self.first_new = len(graph)
        self._run = self._nodes.run(order)
        self._program = frozenset(order)
        self._moving = graph.dependents(order, [variable])
        self._products: set[int] = set()
        self._left: list[int] = []

    # ---- one step ----

    def at(self, node: int) -> Applied:
        """The derivative of a node of the program, or of a product that a rule made of some."""
        self._left = []
        self._nodes.align([], self._of(node))  # what is made belongs to its place in the text
        rule, result = self._differentiate(node)
        fitted = self._nodes.spread(result, self._of(node))
        return Applied(rule, fitted.node, tuple(dict.fromkeys(self._left)))

    def derivative(self, node: int) -> Expression:
        """The node d/dx[u]; each derivation has its own."""
        mark = self.graph.node(DERIVATIVE, (node,), self.first_new, self.graph.span(node))
        return self._of(mark)

    def moves(self, node: int) -> bool:
        """Whether a node depends on the variable."""
        return node in self._products or (node < self.first_new and bool(self._moving[node]))

    def _left_of(self, node: int) -> Expression:
        """The derivative of an operand, left for a later rule; that of an array remains."""
        if not (self.by_array and node == self.variable):
            self._left.append(node)
        return self.derivative(node)

    def _of(self, node: int) -> Expression:
        return Expression(self._nodes.m, node)

    def _zero(self, node: int) -> Expression:
        return self._nodes.zero(self._of(node))

    def _differentiate(self, node: int) -> tuple[str, Expression]:
        graph = self.graph
        if node == self.variable:
            return ITSELF, self._nodes.constant(1.0)
        if not self.moves(node):
            return CONSTANT, self._zero(node)
        op = graph.ops[node]
        if op is WHERE:
            condition, *cases = graph.args[node]
            made = [condition, *[self._left_of(case).node for case in cases]]
            return OWN_NAMES["where"], self._of(graph.node(WHERE, tuple(made)))
        if _is_sum(op):
            return self._sum(node)
        if op.kind == SELECT:
            return self._choice(node)
        if op.kind == ELEMENTWISE:
            return _BY_OPERATOR.get(op, DerivativeRules._function)(self, node)
        moving = [j for j in dict.fromkeys(graph.args[node][: op.flows]) if self.moves(j)]
        tangents: dict[int, Any] = defaultdict(lambda: None)
        tangents.update({j: self._inner(j) for j in moving})
        name, result = self._name(node, moving), tangent_of(self._run, node, tangents)
        if result is None:  # nothing flows through, as through the size of an array
            word = _word(op, graph.args[node], graph.attrs[node])
            return f"{word}: held constant", self._zero(node)
        return name, self._spread_alike(result) if op.kind == REDUCTION else result

    # ---- by kind ----

    def _name(self, node: int, moving: list[int]) -> str:
        """The name of the rule of an operation that is not elementwise."""
        op, args = self.graph.ops[node], self.graph.args[node]
        word = op.symbol or _word(op, args, self.graph.attrs[node])
        if op is SUM:
            return "sum rule"
        if op in (INDEX, STACK):
            return "element by element"
        if op.kind == LINEAR:
            return f"linearity of {word}"
        if op.kind == MULTILINEAR:
            several = sum(map(self.moves, args)) > 1
            return f"{'product rule' if several else 'constant factor'} of {word}"
        return f"derivative of {word}" + self._chained(moving)

    def _chained(self, moving: list[int]) -> str:
        return "" if moving == [self.variable] else CHAIN

    def _inner(self, node: int) -> Expression:
        """The derivative of an argument: 1 for the variable itself."""
        if node == self.variable and not self.by_array:
            return self._nodes.constant(1.0)
        return self._left_of(node)

    def _spread_alike(self, result: Expression) -> Expression:
        """A result without the axes of length 1 that the engine gives numbers beside arrays."""
        graph = self.graph
        node, old = result.node, self._program
        while True:
            local = graph.reach_up_to(old, node)
            spread = [i for i in local if graph.ops[i] is RESHAPE]
            plain = {i: graph.args[i][0] for i in spread}
            plain = {i: a for i, a in plain.items() if not self._nodes.shape(self._of(a))}
            if not plain:
                return self._of(node)
            node = with_others(graph, node, plain, old)

    def _choice(self, node: int) -> tuple[str, Expression]:
        """A function that passes an input on: each input's weight times its derivative."""
        graph, args = self.graph, self.graph.args[node]
        free = tuple([bool(graph.varying[j]) for j in args])
        passed = weights(graph.ops[node], free).over(self._nodes.m, list(map(self._of, args)))
        moving = [(w, j) for w, j in zip(passed, args, strict=True) if self.moves(j)]
        total = sum([self._times(w, self._inner(j)) for w, j in moving], self._nodes.constant(0.0))
        word = _word(graph.ops[node], args, None)
        return f"derivative of {word}" + self._chained([j for _, j in moving]), total

    def _function(self, node: int) -> tuple[str, Expression]:
        """The chain rule: for each argument the row's partial derivative times that of it."""
        graph, m = self.graph, self._nodes.m
        op, args = as_shown(graph.ops[node]), graph.args[node]
        xs, out = [self._of(j) for j in args], self._of(node)
        total, moving = None, []
        for k, j in enumerate(args):
            rule = op.partials[k]
            if rule is None or not self.moves(j):
                continue
            moving.append(j)
            term = self._times(rule(m, *xs, out), self._inner(j))
            total = term if total is None else total + term
        word = "comparison" if op.symbol else op.word
        if total is None:
            why = "constant between its jumps" if op.kink else "held constant"
            return f"{word}: {why}", self._zero(node)
        name = OWN_NAMES.get(op.name, f"derivative of {word}")
        return name + self._chained(list(dict.fromkeys(moving))), total

    def _times(self, partial: Any, inner: Expression) -> Expression:
        product: Expression = self._nodes.m.expression(partial) * inner
        return product

    def _power(self, node: int) -> tuple[str, Expression]:
        x, y = map(self.moves, self.graph.args[node])
        named, found = self._function(node)
        rule = "general power rule" if x and y else "power rule" if x else "exponential rule"
        return rule + CHAIN * named.endswith(CHAIN), found

    def _sum(self, node: int) -> tuple[str, Expression]:
        """A sum of sums at once: the same sum, of derivatives."""
        graph = self.graph
        inner, signs = {node}, set()
        waiting = [node]
        while waiting:
            i = waiting.pop()
            signs.add(graph.ops[i])
            for a in graph.args[i]:
                if _is_sum(graph.ops[a]) and self.moves(a) and len(inner) < MOST_TERMS:
                    waiting += [a] if a not in inner else []
                    inner.add(a)
        made: dict[int, int] = {}
        for i in sorted(inner):
            args = [made[a] if a in inner else self._left_of(a).node for a in graph.args[i]]
            made[i] = graph.node(graph.ops[i], tuple(args), None, graph.span(i))
        return _sum_name(signs), self._of(made[node])

    def _product(self, node: int) -> tuple[str, Expression]:
        graph = self.graph
        factors = self._factors(node)
        held = [i for i in factors if not self.moves(i)]
        if held:
            rest = self._multiplied([i for i in factors if self.moves(i)])
            return "constant factor", self._multiplied(held) * self._left_of(rest.node)
        left, right = graph.args[node]
        by_left, by_right = self._partials(node)
        return "product rule", self._left_of(left) * by_left + by_right * self._left_of(right)

    def _partials(self, node: int) -> list[Any]:
        """The row's partial derivatives at a node."""
        xs = [self._of(j) for j in self.graph.args[node]]
        return [p and p(self._nodes.m, *xs, self._of(node)) for p in self.graph.ops[node].partials]

    def _factors(self, node: int) -> list[int]:
        """The factors of a product of products, from left to right."""
        graph = self.graph
        found: list[int] = []
        waiting = [node]
        while waiting:
            i = waiting.pop()
            is_product = graph.ops[i] is MULTIPLY and len(found) + len(waiting) < MOST_TERMS
            if is_product:
                waiting += reversed(graph.args[i])
            else:
                found.append(i)
        return found

    def _multiplied(self, factors: list[int]) -> Expression:
        """The product of nodes, as it is written."""
        product, *others = factors
        for i in others:
            product = self.graph.node(MULTIPLY, (product, i), None, self.graph.span(i))
            if self.moves(i):
                self._products.add(product)
        return self._of(product)

    def _quotient(self, node: int) -> tuple[str, Expression]:
        """(u'v - uv')/v^2: the terms of the row over one denominator."""
        graph, m = self.graph, self._nodes.m
        u, v = map(self._of, graph.args[node])
        if not self.moves(v.node):
            scaled = DIVIDE.scaled[0](m, self._left_of(u.node), u, v, self._of(node))
            return "constant factor", scaled
        up = self._left_of(u.node) if self.moves(u.node) else None
        by_u, by_v = numerators().over(m, [u, v])
        down = by_v * self._left_of(v.node)
        is_minus = graph.ops[by_v.node] is NEGATIVE
        if is_minus:
            down = self._of(graph.args[by_v.node][0]) * self._left_of(v.node)
        if up is None:
            top = -down if is_minus else down
        else:
            top = m.apply(SUBTRACT, up * by_u, down) if is_minus else up * by_u + down
        return "quotient rule", m.divide(top, m.power(v, 2))


_BY_OPERATOR: dict[Primitive, Callable[[DerivativeRules, int], tuple[str, Expression]]] = {
    MULTIPLY: DerivativeRules._product,
    DIVIDE: DerivativeRules._quotient,
    POWER: DerivativeRules._power,
}
"""Operations whose rules textbooks write in a form of their own; sums are known by their rows."""


def _is_sum(op: Primitive) -> bool:
    return op.kind == ELEMENTWISE and all(p in (one, minus_one) for p in op.partials)


def _sum_name(signs: set[Primitive]) -> str:
    if signs == {NEGATIVE}:
        return "constant factor"
    if ADD not in signs:
        return "difference rule"
    return "sum rule" if signs == {ADD} else "sum and difference rule"


def _word(op: Primitive, args: tuple[int, ...], attr: Any) -> str:
    word, _ = usual_call(op, args, attr)
    return SHORT_WORDS.get(word, word)
