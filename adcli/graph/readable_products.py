"""Products of formulas that are read: a number, factors, and all divisors at the end."""

from __future__ import annotations

from fractions import Fraction

from adcli.graph import exact
from adcli.graph.chains import PRODUCTS, walk_chain
from adcli.graph.exact import Number, magnitude
from adcli.graph.graph import Literal
from adcli.graph.primitives import DIVIDE, NEGATIVE, POWER
from adcli.graph.readable_factors import SQRT, Addend, ReadableFactors
from adcli.graph.simplify_nodes import Factors


class ReadableProducts(ReadableFactors):
    """Products of one walk."""

    def product_at(self, top: int) -> int:
        """A product, with all factors of the chain and of the products in it."""
        c: Number = 1
        factors: list[tuple[int, tuple[Number, ...]]] = []
        for i, x, inner in walk_chain(self.graph, self.chain, top, PRODUCTS):
            if not inner:
                factors.append((self.bare(self.new[i]), (x,)))
            elif self.graph.ops[i] is NEGATIVE:
                c = -c
        return self.product(c, tuple(factors))

    def times(self, node: int, c: Number, factors: Factors) -> int:
        """The product of a node, a number and factors."""
        return self.product(c, ((node, (1,)), *factors))

    def product(self, c: Number, factors: Factors) -> int:
        """The node c*factors, each base once."""
        c, factors = self.normal(c, factors)
        if self.cases:
            c, factors = self._tables_joined(c, factors)
        if c == 0:
            never = tuple([f for f in factors if self.number(f[0]) == 0])  # 0/0 stays
            self.lose_all(tuple([f for f in factors if f not in never]))
            factors = never
        c, factors = self.shorter(c, factors)
        if len(factors) == 1 and factors[0][1] == (1,):
            base = factors[0][0]
            if c == 1:
                return base
            spread = self.distributed(c, base)
            if spread is not None:
                return spread
        node = self.build(c, factors)
        self.products[node] = (c, factors)
        self.signs[node] = self.sign_of_term(c, factors)
        return node

    def shorter(self, c: Number, factors: Factors) -> Addend:
        """The same product, the fractions inside of its sums outside if that is shorter."""
        raise NotImplementedError

    def distributed(self, c: Number, base: int) -> int | None:
        """c*base for a sum that is shorter with the number inside: -(a - b), (2*x + 2)/2."""
        raise NotImplementedError

    def turned(self, factors: Factors) -> Addend:
        """Minus a product, the minus in a difference among its factors if there is one."""
        raise NotImplementedError

    # ---- building ----

    def build(self, c: Number, factors: Factors) -> int:
        """The number in front, the factors, and all divisors at the end."""
        front, last = magnitude(c), 1
        if front.denominator != 1 and not (self.decimals and exact.is_short(front)):
            front, last = front.numerator, front.denominator
        factors = self._powers_joined(factors)
        if c == -1:
            c, factors = self.turned(factors)
        above = [self.raised_to(base, x) for base, (x,) in factors if x > 0]
        below = [self.raised_to(base, -x) for base, (x,) in factors if x < 0]
        if front != 1 or not above:
            above.insert(0, self.constant(front))
        if last != 1:
            below.insert(0, self.constant(last))
        if c < 0:
            above[0] = self.node(NEGATIVE, above[0])
        node = self.multiplied(above)
        return self.node(DIVIDE, node, self.multiplied(below)) if below else node

    def _powers_joined(self, factors: Factors) -> Factors:
        """x^y/x as x^(y - 1)."""
        graph, found = self.graph, dict(factors)
        for power in [n for n in found if graph.ops[n] is POWER and found[n] == (1,)]:
            base, exponent = graph.args[power]
            x = found.get(base, (0,))[0]
            if x != 0 and x.denominator == 1:
                joined = self.sum_of([(1, exponent), (x, super().constant(1))])
                place = {power: self.node(POWER, base, joined)}
                found = {place.get(n, n): xs for n, xs in found.items() if n != base}
        return tuple(found.items())

    def raised_to(self, base: int, x: Number) -> int:
        """A base with a positive exponent; a fraction is written as one."""
        if x == 1:
            return base
        if x == Fraction(1, 2):
            return self.node(SQRT, base)
        whole = x.denominator == 1 or (self.decimals and exact.is_short(x))
        return self.node(POWER, base, self.constant(x) if whole else self.product(x, ()))

    def constant(self, value: Number) -> int:
        """The node of a number; a fraction that is not a decimal is a quotient."""
        if value.denominator == 1 and exact.is_large(value):
            return self.graph.constant(Literal(str(value)), self.span)
        if value.denominator == 1 or (self.decimals and exact.is_short(value)):
            return super().constant(value)
        return self.product(value, ())
