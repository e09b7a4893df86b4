"""Simplification: nodes with the same meaning, fewer operations and the same domain.

Every rewrite is exact in real arithmetic wherever the original is defined, and the result is
defined nowhere else: tests.graph.rewrites says so for each, with an example that the tests sample.
Constants are folded only where nothing rounds (adcli.graph.exact). A result leaves the range of
float64 only where the original does (adcli.graph.simplify_products says how), but for factors as
large as its constants and numbers below 1e-308. Formulas that are only read are joined without that
care, and further: see adcli.graph.readable.

One walk, arguments first, makes each node once, so that what was shared stays shared; it is
repeated while something changes. Sums keep their differences of numbers and variables together
(log1p(s + (n - 1)) has digits that (s + n) - 1 has not): a like term joins its first occurrence.
Sums and products are gathered at the top of a chain, in one go, and only through operations that
nothing else uses: so the walk is linear. The walk is one object, whose class says what to do with a
node; below it are classes for arrays, sums, case distinctions, products and what is known of nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from adcli.graph import exact
from adcli.graph.axes import Shape
from adcli.graph.chains import PRODUCTS, SUMS, count_uses, family_of, find_chains
from adcli.graph.exact import Number, reduced
from adcli.graph.graph import Graph
from adcli.graph.primitives import (
    ELEMENTWISE,
    LEAF,
    LINEAR,
    MULTILINEAR,
    NAMED,
    POWER,
    SELECT,
    WHERE,
    Primitive,
)
from adcli.graph.simplify_arrays import Rearranging
from adcli.graph.simplify_nodes import OUTCOMES, domain_flags

_MAX_PASSES = 6


def simplify(
    graph: Graph,
    nodes: Iterable[int],
    shapes: Mapping[str, Shape] | None = None,
) -> list[int]:
    """Nodes that mean the same as `nodes`, simplified together.

    `shapes` are those of the variables (absent: scalar). Every result keeps its shape and its
    domain. Linear in the number of operations.

    >>> from adcli.language import parse
    >>> from adcli.language.text import to_text
    >>> p = parse("x*1 + 2*x*x - 0*y")
    >>> to_text(p.graph, simplify(p.graph, p.outputs))
    'x + 2*x^2'
    """
    current = list(nodes)
    for _ in range(_MAX_PASSES):
        walk = Simplification(graph, current, shapes or {})
        found = walk.run()
        if found == current or walk.is_settled(found):
            return found
        current = found
    return current


class Simplification(Rearranging):
    """One walk over everything below `outputs`."""

    def run(self) -> list[int]:
        graph, new, positive = self.graph, self.new, self.positive
        for i in self.order:
            if i in self.chain:
                continue
            self.span = graph.span(i)
            found = self._rewrite(i)
            if self.shaped and self.shape(found) != self.shapes[i]:
                found = self.spread(found, self.shapes[i])
            new[i] = found
            if i in positive:
                positive.add(found)
            if self.uses[i] > 1:
                self.kept.add(found)
        return [new[i] for i in self.outputs]

    def is_settled(self, found: list[int]) -> bool:
        """Whether another walk over the results would change nothing, as far as this is easily
        seen: numbers everywhere, and no chain goes through what was the top of one."""
        if self.shaped or self.cases:
            return False
        order = self.graph.reach(found)
        uses = count_uses(self.graph, order, found)
        chain = find_chains(self.graph, order, uses)
        shared = all(uses.get(node, 2) > 1 for node in self.whole)
        return shared and chain.keys().isdisjoint(self.new.values())

    def is_own(self, node: int) -> bool:
        """Whether a node of the program has one use, so that its new one may be taken apart."""
        return self.uses[node] == 1

    def _rewrite(self, i: int) -> int:
        graph = self.graph
        op = graph.ops[i]
        family = family_of(graph, i, self.uses)
        if family is SUMS:
            return self.sum_at(i)
        if family is PRODUCTS:
            return self.product_at(i)
        if op.kind == LEAF:
            return i
        args = [self.new[a] for a in graph.args[i]]
        if op.kind in (ELEMENTWISE, SELECT):
            args = [self.bare(a) for a in args]
            if op is POWER:
                return self.power_of(*args)
            return self.function_of(op, args)
        return self.structural_of(i, op, args)

    def function_of(self, op: Primitive, args: list[int]) -> int:
        if op is WHERE:
            return self._where(*args)
        table = self.computed(op, args)
        if table is not None:
            return table
        graph, numbers = self.graph, [self.number(a) for a in args]
        found = None
        if len(args) == 1 and numbers[0] is not None and op.name in exact.UNARY:
            found = exact.UNARY[op.name](numbers[0])
        elif len(args) == 2 and None not in numbers and op.name in exact.BINARY:
            found = exact.BINARY[op.name](*numbers)
        elif op.name == "log" and graph.ops[args[0]] is NAMED and graph.attrs[args[0]] == "e":
            found = 1
        elif op.name in ("equal", "not_equal") and 0 in numbers:
            other = args[1 - numbers.index(0)]
            if self.is_never_zero(other):
                found = int(op.name == "not_equal")
        if found is not None:
            return self.product(found, ())
        if op in OUTCOMES:
            return self.compare(op, *args)
        return self.node(op, *args)

    def _where(self, condition: int, a: int, b: int) -> int:
        number = self.number(condition)
        if number is not None:
            return a if number else b
        if a == b and self.is_total(condition):
            return a
        return self.choose(condition, a, b)

    def power_of(self, x: int, y: int) -> int:
        exponent, base = self.number(y), self.number(x)
        if base == 1 and self.is_total(y):
            return x
        if exponent is None:
            return self.node(POWER, x, y)
        if base is not None:
            value = exact.power(base, exponent)
            if value is not None:
                return self.product(value, ())
        if exponent == 0:
            return self.product(1, ()) if self.is_total(x) else self.node(POWER, x, y)
        c, factors = self.split(x)
        sign = 1
        if c == -1 and exponent.denominator == 1:
            sign = -1 if exponent % 2 else 1
            x, c = self.rest(x), 1
        is_power = len(factors) == 1 and len(factors[0][1]) == 1
        if c == 1 and is_power and not self.is_reciprocal(factors):
            inner, (b,) = factors[0]
            joined = reduced(b * exponent)
            whole = b.denominator == exponent.denominator == 1
            same = whole and domain_flags(joined) == domain_flags(b) | domain_flags(exponent)
            holds = self.holds_exponent(joined)
            if b == 1 or (holds and (same or self.is_positive(inner))):
                return self.product(sign, ((inner, (joined,)),))
            if holds and whole and b < 0 and exponent < 0:
                x, exponent = self.product(1, ((inner, (-joined,)),)), -1
        return self.product(sign, ((x, (exponent,)),))

    def structural_of(self, i: int, op: Primitive, args: list[int]) -> int:
        """A structural node: coefficients go outside, then `rearranged` looks at it."""
        c: Number = 1
        moving = self.graph.args[i][: op.flows]
        single = op.kind == LINEAR and len(moving) == 1
        if single or op.kind == MULTILINEAR:
            for k, a in enumerate(moving):
                k_c = self.split(args[k])[0]
                if k_c not in (0, 1) and self.is_own(a):
                    args[k] = self.rest(args[k])
                    c = reduced(c * k_c)
        times, node = self.rearranged(op, args, self.graph.attrs[i], self.shapes[i])
        c = reduced(c * times)
        if c == 1:
            return node
        n, factors = self.split(self.bare(node))
        return self.product(reduced(c * n), factors)
