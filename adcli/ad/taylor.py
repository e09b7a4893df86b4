"""Taylor mode: the power series of a program along a line, from the rules for first derivatives.

With x(t) = x_0 + x_1 t + ... a rule, out' = sum over the inputs of p(inputs, out) x', gives

    k out_k = sum over the inputs, sum over j = 1..k, of j x_j p_(k-j)

once the partial p is a node of the graph as well. Partials have partials; the nodes that are needed
close (sin needs cos, which needs sin), or each is needed to one order less than the one before
(digamma, polygamma(1), polygamma(2), ...). So no function has a rule for its series, and order n
costs O(n^2) products a node. Products and quotients have Cauchy's formulas; what is linear maps
coefficient by coefficient. A choice (`where`, `max`) is made by the values at the point.

Source: Griewank & Walther, Evaluating Derivatives, 2nd ed., 13.2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from heapq import heappop, heappush
from operator import mul
from typing import Any, NamedTuple

from adcli.ad.algebra import NOWHERE
from adcli.ad.derivatives import Run
from adcli.ad.evaluate import extend
from adcli.graph.axes import kept_shape
from adcli.graph.primitives import (
    DIVIDE,
    ELEMENTWISE,
    LINEAR,
    MULTILINEAR,
    MULTIPLY,
    REDUCTION,
    SELECT,
    minus_one,
    one,
)
from adcli.graph.structure import RESHAPE, SUM
from adcli.graph.symbolic import Expression, Symbols


class Term(NamedTuple):
    """What an input contributes to a node: `partial` is a node, or the number 1 or -1 as a sign.

    `mask` says where, for a choice: there the partial is the value `weight`.
    """

    source: int
    partial: int | None = None
    sign: int = 1
    mask: Any = None
    weight: Any = None


class Series:
    """The coefficients of every node that the result depends on, order by order.

    `run` has the values at the point; `seeds` maps variable nodes to the direction of the line,
    each in the shape of its variable. `coefficients[i][k]` belongs to t^k in node i; nodes that do
    not change along the line have none.
    """

    def __init__(self, run: Run, output: int, seeds: Mapping[int, Any], order: int) -> None:
        self.graph, self.algebra, self.inputs = run.graph, run.algebra, run.inputs
        self.values = list(run.values)
        self.seeds = seeds
        self.moving: set[int] = set()
        self.terms: dict[int, list[Term]] = {}
        self.coefficients: dict[int, list[Any]] = {}
        self._scaled: dict[int, list[Any]] = {}  # k x_k, what rules multiply partials by
        self._needs: dict[int, int] = {}
        self._known: set[int] = set()
        self._expanded: set[int] = set()
        self._admit(run.order)
        self._close(output, order)
        self._sweep(order)

    def of(self, node: int, order: int) -> list[Any]:
        """The coefficients of a node to an order."""
        zero = self.algebra.zero(self.values[node])
        found = self.coefficients.get(node, [self.values[node]])
        return [*found, *[zero] * (order + 1 - len(found))]

    # ---- which nodes, and to which order ----

    def _admit(self, order: list[int]) -> None:
        """Take in evaluated nodes: note which of them change along the line, and how."""
        for i in order:
            self._known.add(i)
            if i in self.seeds:
                self.moving.add(i)
            elif any(a in self.moving for a in self.graph.args[i]):
                terms = self._first_terms(i)
                if terms:
                    self.moving.add(i)
                    self.terms[i] = terms

    def _first_terms(self, i: int) -> list[Term]:
        """The contributions to node i, the partials of rules not yet made."""
        graph, args = self.graph, self.graph.args[i]
        op = graph.ops[i]
        if op.kind == ELEMENTWISE:
            pairs = zip(args, op.partials, strict=True)
            return [
                Term(a, sign=-1 if partial is minus_one else 1)
                for a, partial in pairs
                if partial is not None and a in self.moving
            ]
        if op.kind == SELECT:
            return self._choices(i)
        if op.kind in (REDUCTION, LINEAR, MULTILINEAR):
            return [Term(a) for a in dict.fromkeys(args) if a in self.moving]
        return []

    def _choices(self, i: int) -> list[Term]:
        graph, algebra, values = self.graph, self.algebra, self.values
        args, rule = graph.args[i], graph.ops[i].rule
        assert rule is not None
        xs = algebra.align([values[a] for a in args], values[i])
        free = tuple([bool(graph.varying[a]) for a in args])
        terms = []
        for k, a in enumerate(args):
            if a not in self.moving:
                continue
            chosen, weight = rule(algebra.m, k, xs, values[i], free)
            mask = NOWHERE if chosen is None else algebra.both(None, chosen)
            if mask is not NOWHERE:
                terms.append(Term(a, mask=mask, weight=weight))
        return terms

    def _close(self, output: int, order: int) -> None:
        """Find the order to which each node is needed; make the nodes of the partials."""
        waiting: list[int] = []
        self._need(output, order, waiting)
        while waiting:
            i = -heappop(waiting)
            self._expand(i)
            for term in self.terms.get(i, ()):
                self._need(term.source, self._needs[i], waiting)
                if term.partial is not None:
                    self._need(term.partial, self._needs[i] - 1, waiting)

    def _need(self, node: int, order: int, waiting: list[int]) -> None:
        if node in self.moving and self._needs.get(node, 0) < order:
            self._needs[node] = order
            heappush(waiting, -node)

    def _expand(self, i: int) -> None:
        """Make the partials of node i as nodes, once."""
        graph, op, terms = self.graph, self.graph.ops[i], self.terms.get(i)
        if not terms or i in self._expanded:
            return
        self._expanded.add(i)
        if op.kind == REDUCTION:
            self.terms[i] = self._weighted(i)
        elif op.kind == ELEMENTWISE and op not in _FORMULAS:
            m = Symbols(graph, graph.span(i))
            xs, out = [Expression(m, a) for a in graph.args[i]], Expression(m, i)
            found = iter(terms)
            self.terms[i] = []
            for a, partial in zip(graph.args[i], op.partials, strict=True):
                if partial is None or a not in self.moving:
                    continue
                term = next(found)
                if partial not in (one, minus_one):
                    node = m.expression(partial(m, *xs, out)).node
                    self._evaluate(node)
                    term = Term(a, node)
                self.terms[i].append(term)

    def _weighted(self, i: int) -> list[Term]:
        """The term of a reduction: its weights as nodes, those of a choice by their values."""
        graph, algebra, op = self.graph, self.algebra, self.graph.ops[i]
        (a,), axis = graph.args[i], graph.attrs[i]
        assert op.rule is not None
        shape = algebra.shape(self.values[a])
        m = Symbols(graph, graph.span(i))
        out = m.structural(RESHAPE, kept_shape(shape, axis), Expression(m, i))
        chosen, weight = op.rule(m, Expression(m, a), out, axis, shape)
        node = m.expression(weight).node
        self._evaluate(node)
        if chosen is None:
            return [Term(a, node)]
        self._evaluate(chosen.node)
        mask = algebra.both(None, self.values[chosen.node])
        return [Term(a, mask=mask, weight=self.values[node])]

    def _evaluate(self, node: int) -> None:
        """Evaluate a node and what it depends on, as far as that is new."""
        found, waiting = set(), [node]
        while waiting:
            i = waiting.pop()
            if i not in self._known and i not in found:
                found.add(i)
                waiting += self.graph.args[i]
        order = sorted(found)
        extend(self.values, self.graph, order, self.inputs, self.algebra)
        self._admit(order)

    # ---- the sweep ----

    def _sweep(self, order: int) -> None:
        nodes = sorted(self._needs)
        for i in nodes:
            self.coefficients[i] = [self.values[i]]
            self._scaled[i] = [None]
        for k in range(1, order + 1):
            for i in nodes:
                if self._needs[i] >= k:
                    coefficient = self._coefficient(i, k)
                    self.coefficients[i].append(coefficient)
                    self._scaled[i].append(k * coefficient)

    def _coefficient(self, i: int, k: int) -> Any:
        if i in self.seeds:
            return self.seeds[i] if k == 1 else self.algebra.zero(self.seeds[i])
        op = self.graph.ops[i]
        if op.kind == ELEMENTWISE:
            total = _FORMULAS.get(op, Series._by_rule)(self, i, k)
            return self.algebra.spread(total, self.values[i])
        return _KINDS[op.kind](self, i, k)

    def _by_rule(self, i: int, k: int) -> Any:
        total = None
        for term in self.terms[i]:
            t = self._contribution(term, i, k)
            total = t if total is None else total + t
        return total

    def _contribution(self, term: Term, out: int, k: int) -> Any:
        x = self.coefficients[term.source]
        (t,) = self.algebra.align([x[k]], self.values[out])
        if term.partial is None:
            return t if term.sign > 0 else -t
        p = self.coefficients.get(term.partial)
        if p is None:  # constant along the line
            (first,) = self.algebra.align([self.values[term.partial]], self.values[out])
            return first * t
        scaled = self._scaled[term.source]
        return self.algebra.m.divide(self._convolved(scaled, p, 1, k, k, out), k)

    def _convolved(
        self, a: list[Any], b: list[Any], first: int, last: int, total: int, out: int
    ) -> Any:
        """The sum of a[j] b[total - j] over j = first..last."""
        left, right = a[first : last + 1], b[total - last : total - first + 1]
        if self.algebra.shaped:
            left = self.algebra.align(left, self.values[out])
            right = self.algebra.align(right, self.values[out])
        return sum(map(mul, left, reversed(right)))

    def _product(self, i: int, k: int) -> Any:
        x, y = self.graph.args[i]
        a, b = self.coefficients.get(x), self.coefficients.get(y)
        if a is not None and b is not None:
            return self._convolved(a, b, 0, k, k, i)
        constant, other = (self.values[y], a) if a is not None else (self.values[x], b)
        assert other is not None
        c, t = self.algebra.align([constant, other[k]], self.values[i])
        return c * t

    def _quotient(self, i: int, k: int) -> Any:
        x, y = self.graph.args[i]
        a, b = self.coefficients.get(x), self.coefficients.get(y)
        out = self.values[i]
        rest = None if a is None else self.algebra.align([a[k]], out)[0]
        if b is not None:
            back = self._convolved(b, self.coefficients[i], 1, k, k, i)
            rest = -back if rest is None else rest - back
        return self.algebra.m.divide(rest, *self.algebra.align([self.values[y]], out))

    def _select(self, i: int, k: int) -> Any:
        algebra, out, total = self.algebra, self.values[i], None
        for term in self.terms[i]:
            (t,) = algebra.align([self.coefficients[term.source][k]], out)
            t = algebra.keep(term.mask, t * term.weight)
            total = t if total is None else total + t
        return algebra.spread(total, out)

    def _reduction(self, i: int, k: int) -> Any:
        (term,) = self.terms[i]
        if term.partial is None:
            t = self.algebra.keep(term.mask, self.coefficients[term.source][k] * term.weight)
        else:
            t = self._contribution(term, term.source, k)
        return self.algebra.structural(SUM, self.graph.attrs[i], [t])

    def _linear(self, i: int, k: int) -> Any:
        graph, zero, values = self.graph, self.algebra.zero, self.values
        known = self.coefficients
        xs = [known[a][k] if a in known else zero(values[a]) for a in graph.args[i]]
        return self.algebra.structural(graph.ops[i], graph.attrs[i], xs)

    def _multilinear(self, i: int, k: int) -> Any:
        graph, args = self.graph, self.graph.args[i]
        parts = [self.coefficients.get(a, [self.values[a]]) for a in args]
        total = None
        for orders in _orders(k, [len(part) - 1 for part in parts]):
            xs = [part[j] for part, j in zip(parts, orders, strict=True)]
            t = self.algebra.structural(graph.ops[i], graph.attrs[i], xs)
            total = t if total is None else total + t
        return total


def _orders(total: int, most: list[int]) -> list[tuple[int, ...]]:
    """All ways to write a number as a sum of numbers from 0 to `most`, one for each place."""
    found: list[tuple[int, ...]] = [()]
    for place, limit in enumerate(most):
        rest = sum(most[place + 1 :])
        found = [
            (*head, j)
            for head in found
            for j in range(min(limit, total - sum(head)) + 1)
            if total - sum(head) - j <= rest
        ]
    return found


_FORMULAS: dict[Any, Callable[[Series, int, int], Any]] = {
    MULTIPLY: Series._product,
    DIVIDE: Series._quotient,
}
_KINDS: dict[str, Callable[[Series, int, int], Any]] = {
    SELECT: Series._select,
    REDUCTION: Series._reduction,
    LINEAR: Series._linear,
    MULTILINEAR: Series._multilinear,
}
