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

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from heapq import heappop, heappush
from itertools import product
from typing import Any, NamedTuple

from adcli.ad import matrix_series
from adcli.ad.algebra import NOWHERE
from adcli.ad.evaluate import Run, extend
from adcli.ad.forward import extend_reach, reached
from adcli.ad.jacobians import that_move
from adcli.graph.axes import kept_shape
from adcli.graph.primitives import (
    DIVIDE,
    ELEMENTWISE,
    LINEAR,
    MATRIX,
    MULTILINEAR,
    MULTIPLY,
    POWER,
    REDUCTION,
    SELECT,
    minus_one,
    one,
)
from adcli.graph.structure import RESHAPE, SUM
from adcli.graph.symbols import Expression, Symbols


class Term(NamedTuple):
    """What the input number `place` contributes to a node: `source` is the input.

    `partial` is a node, or the number 1 or -1 as a sign. `mask` says where, for a choice: there the
    partial is the value `weight`.
    """

    source: int
    place: int = 0
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
        self.run = run = replace(run, values=list(run.values))
        self.graph, self.algebra, self.values = run.graph, run.algebra, run.values
        self.seeds = that_move(seeds, run.algebra)
        self.moving: set[int] = set()
        self.terms: dict[int, list[Term]] = {}
        self.coefficients: dict[int, list[Any]] = {}
        self._scaled: dict[int, list[Any]] = {}  # k x_k, what rules multiply partials by
        self.slopes: dict[int, matrix_series.Slope] = {}
        self._needs: dict[int, int] = {}
        self._known: set[int] = set()
        self._expanded: set[int] = set()
        self.reach = reached(run, [], self.seeds)
        self._admit(run.order)
        self._close(output, order)
        self._sweep(order)

    def of(self, node: int, order: int) -> list[Any]:
        """The coefficients of a node to an order."""
        zero = self.algebra.zero(self.values[node])
        found = self.coefficients.get(node, [self.values[node]])
        known = [zero if c is None else c for c in found]
        return [*known, *[zero] * (order + 1 - len(known))]

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
        if self.algebra.shaped:
            extend_reach(self.reach, self.run, order)

    def _first_terms(self, i: int) -> list[Term]:
        """The contributions to node i, the partials of rules not yet made."""
        graph, args = self.graph, self.graph.args[i]
        op = graph.ops[i]
        if op.kind == ELEMENTWISE:
            return [
                Term(a, k, sign=-1 if rule is minus_one else 1)
                for k, (a, rule) in enumerate(zip(args, op.partials, strict=True))
                if rule is not None and a in self.moving
            ]
        if op.kind == SELECT:
            moves = self.moving.__contains__
            return [
                Term(args[k], mask=mask, weight=weight)
                for k, mask, weight in self.run.choices(i, moves)
            ]
        if op.kind in (REDUCTION, LINEAR, MATRIX, MULTILINEAR):
            return [Term(a) for a in dict.fromkeys(args[: op.flows]) if a in self.moving]
        return []

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
            for node in self.slopes[i].beside if i in self.slopes else ():
                self._need(node, self._needs[i] - 1, waiting)

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
        elif op.kind == MATRIX and op not in _FORMULAS:
            self._take_slope(i)
        elif op.kind == ELEMENTWISE and op not in _FORMULAS:
            m = Symbols(graph, graph.span(i))
            xs, out = [Expression(m, a) for a in graph.args[i]], Expression(m, i)
            rules = self._rules(i)
            for k, term in enumerate(terms):
                rule = rules[term.place]
                if rule not in (one, minus_one):
                    node = m.expression(rule(m, *xs, out)).node
                    self._evaluate(node)
                    terms[k] = term._replace(partial=node)

    def _take_slope(self, i: int) -> None:
        """Make the tangent of a function of matrices as a node; its value is known in the sweep."""
        self.slopes[i], new = matrix_series.slope(self, i, self._known)
        self._extend(new)
        self._admit(new)
        self.moving.update(self.slopes[i].tangents)
        for j in self.slopes[i].order:
            self.moving.add(j)

    def find_terms(self, i: int) -> None:
        """Find the contributions to a node of a tangent: those of a choice depend on its value,
        which is known by now."""
        self.terms[i] = self._first_terms(i)

    def _rules(self, i: int) -> tuple[Any, ...]:
        """The rules of an elementwise node, each in the form in which few nodes close."""
        op, args = self.graph.ops[i], self.graph.args[i]
        if op is POWER and args[1] in self.moving and self._is_positive(args[0]):
            return _EXPONENTIAL  # y x^(y-1) would need x^(y-2), x^(y-3), ...
        return op.partials

    def _is_positive(self, node: int) -> bool:
        """Whether a value is above 0 everywhere."""
        m = self.algebra.m
        return self.algebra.both(None, m.less_equal(self.values[node], 0)) is NOWHERE

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
            return [Term(a, partial=node)]
        self._evaluate(chosen.node)
        mask = algebra.both(None, self.values[chosen.node])
        return [Term(a, mask=mask, weight=self.values[node])]

    def _evaluate(self, node: int) -> None:
        """Evaluate a node and what it depends on, as far as that is new."""
        order = self.graph.reach_up_to(self._known, node)
        self._extend(order)
        self._admit(order)

    def _extend(self, order: list[int]) -> None:
        extend(self.values, self.graph, order, self.run.inputs, self.algebra)

    # ---- the sweep ----

    def _sweep(self, order: int) -> None:
        nodes = sorted(self._needs)
        for i in nodes:
            self.coefficients[i] = [self.values[i]]
            self._scaled[i] = [None]
        for k in range(1, order + 1):
            for i in nodes:
                if self._needs[i] >= k:
                    coefficient = self.coefficient(i, k)
                    self.coefficients[i].append(coefficient)
                    if coefficient is not None:
                        coefficient = self._scale(coefficient, k)
                    self._scaled[i].append(coefficient)

    def _scale(self, coefficient: Any, k: int) -> Any:
        return k * coefficient

    def coefficient(self, i: int, k: int) -> Any:
        """Coefficient k of node i, None for one that is exactly zero."""
        if i in self.seeds:
            return self.seeds[i] if k == 1 else None
        op = self.graph.ops[i]
        compute = _FORMULAS.get(op) or _KINDS[op.kind]
        return compute(self, i, k)

    def _total(self, parts: Iterable[Any], i: int) -> Any:
        """The sum of parts, in the shape of node i; None stands for zero."""
        found = [t for t in parts if t is not None]
        if self.algebra.shaped:
            found = self.algebra.align(found, self.values[i])
        if not found:
            return None
        return self.algebra.spread(sum(found[1:], found[0]), self.values[i])

    def _by_rule(self, i: int, k: int) -> Any:
        return self._total([self._guarded(term, i, k) for term in self.terms[i]], i)

    def _guarded(self, term: Term, out: int, k: int) -> Any:
        """The contribution, 0 in elements that the line does not reach, whatever their partials."""
        t, mask = self._contribution(term, out, k), self.reach.get(term.source)
        if t is None or mask is None:
            return t
        return self.algebra.keep(*self.algebra.align([mask, t], self.values[out]))

    def _contribution(self, term: Term, out: int, k: int) -> Any:
        """What an input adds to coefficient k of a node whose value has the shape of `out`."""
        x = self.coefficients[term.source]
        if term.partial is not None and term.partial in self.coefficients:
            return self._derived(term.source, self.coefficients[term.partial], k, out)
        if x[k] is None:
            return None
        if term.partial is None:
            return x[k] if term.sign > 0 else -x[k]
        return self._times(self.values[term.partial], x[k], out)

    def _derived(self, source: int, p: list[Any], k: int, out: int) -> Any:
        """The sum of j x_j p_(k-j) over j = 1..k, over k."""
        total = self._convolved(self._scaled[source], p, 1, k, out)
        return None if total is None else self.algebra.m.divide(total, k)

    def _convolved(self, a: list[Any], b: list[Any], first: int, last: int, out: int) -> Any:
        """The sum of a[j] b[last - j] over j = first..last."""
        left, right = a[first : last + 1], b[last - first :: -1]
        if self.algebra.shaped:
            left = self.algebra.align(left, self.values[out])
            right = self.algebra.align(right, self.values[out])
        pairs = zip(left, right, strict=True)
        products = [x * y for x, y in pairs if x is not None and y is not None]
        return sum(products[1:], products[0]) if products else None

    def _times(self, x: Any, y: Any, out: int) -> Any:
        if self.algebra.shaped:
            x, y = self.algebra.align([x, y], self.values[out])
        return x * y

    def _product(self, i: int, k: int) -> Any:
        x, y = self.graph.args[i]
        a, b = self.coefficients.get(x), self.coefficients.get(y)
        if a is not None and b is not None:
            return self._total([self._convolved(a, b, 0, k, i)], i)
        constant, other = (self.values[y], a) if a is not None else (self.values[x], b)
        assert other is not None
        return None if other[k] is None else self._times(constant, other[k], i)

    def _quotient(self, i: int, k: int) -> Any:
        x, y = self.graph.args[i]
        a, b = self.coefficients.get(x), self.coefficients.get(y)
        parts = [None if a is None else a[k]]
        if b is not None:
            back = self._convolved(b, self.coefficients[i], 1, k, i)
            parts.append(None if back is None else -back)
        total = self._total(parts, i)
        if total is None:
            return None
        return self.algebra.m.divide(*self.algebra.align([total, self.values[y]], self.values[i]))

    def _select(self, i: int, k: int) -> Any:
        algebra, parts = self.algebra, []
        for term in self.terms[i]:
            x = self.coefficients[term.source][k]
            if x is not None:
                (t,) = algebra.align([x], self.values[i])
                parts.append(algebra.keep(term.mask, t * term.weight))
        return self._total(parts, i)

    def _reduction(self, i: int, k: int) -> Any:
        (term,) = self.terms[i]
        if term.partial is not None:
            t = self._contribution(term, term.source, k)
        else:
            x = self.coefficients[term.source][k]
            t = None if x is None else self.algebra.keep(term.mask, x * term.weight)
        return None if t is None else self.algebra.structural(SUM, self.graph.attrs[i], [t])

    def _linear(self, i: int, k: int) -> Any:
        graph, known = self.graph, self.coefficients
        args = graph.args[i][: graph.ops[i].flows]
        xs = [known[a][k] if a in known else None for a in args]
        if all(x is None for x in xs):
            return None
        zeros = [self.algebra.zero(self.values[a]) for a in args]
        full = [zero if x is None else x for x, zero in zip(xs, zeros, strict=True)]
        return self.algebra.structural(graph.ops[i], graph.attrs[i], full + self.run.places(i))

    def _matrix(self, i: int, k: int) -> Any:
        if i not in self.slopes:  # the tangent of a tangent
            self._take_slope(i)
        found = matrix_series.slope_coefficient(self, i, k - 1)
        return None if found is None else self.algebra.m.divide(found, k)

    def _multilinear(self, i: int, k: int) -> Any:
        graph, args = self.graph, self.graph.args[i]
        parts = [self.coefficients.get(a, [self.values[a]]) for a in args]
        total = None
        for orders in _orders(k, [len(part) - 1 for part in parts]):
            xs = [part[j] for part, j in zip(parts, orders, strict=True)]
            if any(x is None for x in xs):
                continue
            t = self.algebra.structural(graph.ops[i], graph.attrs[i], xs)
            total = t if total is None else total + t
        return total


def _orders(total: int, most: list[int]) -> list[tuple[int, ...]]:
    """All ways to write a number as a sum of numbers from 0 to `most`, one for each place."""
    *rest, last = [range(limit + 1) for limit in most]
    heads = [(head, total - sum(head)) for head in product(*rest)]
    return [(*head, left) for head, left in heads if left in last]


_EXPONENTIAL = (
    lambda m, x, y, out: out * m.divide(y, x),
    lambda m, x, y, out: out * m.log(x),
)
"""The rules of x^y as exp(y log(x))."""

_FORMULAS: dict[Any, Callable[[Series, int, int], Any]] = {
    MULTIPLY: Series._product,
    DIVIDE: Series._quotient,
    **matrix_series.FORMULAS,
}
_KINDS: dict[str, Callable[[Series, int, int], Any]] = {
    ELEMENTWISE: Series._by_rule,
    SELECT: Series._select,
    REDUCTION: Series._reduction,
    LINEAR: Series._linear,
    MULTILINEAR: Series._multilinear,
    MATRIX: Series._matrix,
}
