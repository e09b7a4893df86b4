"""Products in one walk of the simplification: a coefficient in front, then factors.

They leave the range of float64 only where the program's own do. x^2*y*x^3 is not x^5*y where y
makes up for an x^5 that is too large. So factors stay in the order in which the program multiplies,
a product on the right stays in its brackets, and powers of a base are joined only where nothing but
numbers stands beside them, or where one takes away from the other (y*x^3/x). Each intermediate
result is then one of the program's, or the final one, but for numbers of moderate size, which go to
the front.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import partial, reduce

from adcli.graph import exact
from adcli.graph.axes import Shape
from adcli.graph.chains import PRODUCTS, walk_chain
from adcli.graph.exact import Number, reduced
from adcli.graph.graph import Graph
from adcli.graph.primitives import DIVIDE, MULTIPLY, NAMED, NEGATIVE, POWER
from adcli.graph.simplify_nodes import Exponents, Factors, NewNodes, domain_flags

Product = tuple[Number, list[tuple[int, Exponents]]]
"""A number, and factors in the order of multiplication."""

_MODERATE = 2**20
"""Numbers up to this size, and their inverses, change the range by next to nothing."""


class Products(NewNodes):
    """Products of new nodes."""

    def __init__(self, graph: Graph, outputs: list[int], shapes: Mapping[str, Shape]) -> None:
        super().__init__(graph, outputs, shapes)
        self._constants: dict[Number, int] = {}
        # New nodes that several use, and products that are one factor because of that.
        self.kept: set[int] = set()
        self.whole: set[int] = set()

    def product_at(self, top: int) -> int:
        """A product with its coefficient in front."""
        stack: list[Product] = []
        for i, _, inner in walk_chain(self.graph, self.chain, top, PRODUCTS):
            if not inner:
                stack.append(self._leaf_of_product(i))
            elif self.graph.ops[i] is NEGATIVE:
                c, factors = stack.pop()
                stack.append((-c, factors))
            else:
                right, left = stack.pop(), stack.pop()
                e = -1 if self.graph.ops[i] is DIVIDE else 1
                stack.append(self.joined(left, right, e))
        ((c, factors),) = stack
        found = tuple(factors)
        if c < 0 and len(found) > 1 and self.uses[top] > 1:
            positive = self.product(-c, found)
            self.whole.add(positive)
            return self.product(-1, ((positive, (1,)),))
        return self.product(c, found)

    def _leaf_of_product(self, i: int) -> Product:
        n = self.bare(self.new[i])
        c, parts = self.split(n)
        if c != 0 and self.uses[i] > 1 and (len(parts) > 1 or self.is_reciprocal(parts)):
            self.whole.add(n)  # others use it as it is
            return 1, [(n, (1,))]
        return c, list(parts)

    def is_reciprocal(self, factors: Factors) -> bool:
        """1/cosh(x), whose powers reach further than those of cosh(x)."""
        if len(factors) != 1:
            return False
        ((base, exponents),) = factors
        return exponents == (-1,) and bool(self.graph.args[base])

    def split(self, node: int) -> tuple[Number, Factors]:
        """A node as coefficient and factors."""
        found = self.products.get(node)
        if found is None:
            number = self.number(node)
            found = (1, ((node, (1,)),)) if number is None else (number, ())
        return found

    def rest(self, node: int) -> int:
        """A node without its coefficient."""
        c, factors = self.split(node)
        return node if c == 1 else self.product(1, factors)

    def product(self, c: Number, factors: Factors) -> int:
        """The node c*factors, and the note of what it is made of."""
        if c == 0 and factors:
            return self._nothing(factors)
        node = self.build(c, factors)
        if c != 1 or len(factors) != 1 or factors[0][1] != (1,):
            self.products[node] = (c, factors)
        return node

    def times(self, node: int, c: Number, factors: Factors) -> int:
        """The product of a node, a number and factors."""
        k, others = self.split(node)
        total, found = self.joined((c, list(factors)), (k, list(others)))
        return self.product(total, tuple(found))

    def product_of(self, x: int, y: int) -> int:
        """The product of two nodes by elements."""
        return self.times(self.bare(x), *self.split(self.bare(y)))

    def joined(self, left: Product, right: Product, e: int = 1) -> Product:
        """left*right, or left/right for e = -1. The list of the left one is used again."""
        c, factors = left
        k, others = right
        if e < 0 and k == 0:  # a division by 0 stays
            k, others = 1, [(self.product(k, tuple(others)), (1,))]
        elif e < 0 and any(min(xs) < 0 and not self.is_never_zero(base) for base, xs in others):
            others = [(self.product(1, tuple(others)), (1,))]  # so does one by 1/0
        c, k = _scaled(c, k, e, bool(len(factors) > 1 or (factors and others)))
        if k != 1:
            others = [(self.product(k, tuple(others)), (1,))]
        elif _count(others) > 1 and (factors or e < 0):
            others = [(self.product(1, tuple(others)), (1,))]
        for base, exponents in others:
            exponents = tuple([x * e for x in exponents])
            if c == 0 or not self._absorbed(factors, base, exponents):
                factors.append((base, exponents))
        return c, factors

    def _absorbed(
        self, factors: list[tuple[int, Exponents]], base: int, exponents: Exponents
    ) -> bool:
        """Whether a factor became part of one that is there."""
        if self.graph.ops[base] is NAMED:
            place = next((k for k, (known, _) in enumerate(factors) if known == base), None)
        else:
            place = len(factors) - 1 if factors and factors[-1][0] == base else None
        if place is None:
            return False
        known = factors[place][1]
        alone = len(factors) == 1 or self.graph.ops[base] is NAMED
        if not alone and not (self.is_positive(base) and len(known) == len(exponents) == 1):
            return False
        grows = len(known) == len(exponents) == 1 and known[0] * exponents[0] > 0
        if grows and (not alone or (known[0] < 0 and self.graph.args[base])):
            return False  # 1/f(x)/f(x) stays, for the sake of its derivative
        found = self.joined_exponents(base, (*known, *exponents))
        if len(found) > 1:  # x/x
            return False
        factors[place : place + 1] = [(base, found)] if found else []
        return True

    def joined_exponents(self, base: int, exponents: Iterable[Number]) -> Exponents:
        """Exponents of one base, added where that keeps the domain."""
        known: list[Number] = []
        for x in exponents:
            k = 0
            while k < len(known):
                y = reduced(known[k] + x)
                same = domain_flags(y) == domain_flags(x) | domain_flags(known[k])
                if (same or self.is_positive(base)) and self.holds_exponent(y):
                    del known[k]
                    x, k = y, 0
                else:
                    k += 1
            if x != 0:
                known.append(x)
        return tuple(known)

    def holds_exponent(self, y: Number) -> bool:
        """Whether a constant holds a joined exponent: beyond 2^53 floats make an odd one even."""
        is_even = exact.magnitude(y) >= exact.MAX_WHOLE
        return not is_even and not exact.is_large(y)

    def _nothing(self, factors: Factors) -> int:
        """0*factors: 0, unless that would enlarge the domain."""
        if self.vanishes(factors):
            return self.product(0, ())
        node = self.build(0, factors)
        self.products[node] = 0, factors
        return node

    def vanishes(self, factors: Factors) -> bool:
        """Whether 0*factors is 0 without enlarging the domain."""
        return all(
            self.is_total(base) and not any(map(domain_flags, exponents))
            for base, exponents in factors
        )

    def constant(self, value: Number) -> int:
        """The node of an exact number."""
        node = self._constants.get(value)
        if node is None:
            found = exact.constant_for(value)
            if found is None:
                return self.build(value, ())
            node = self._constants[value] = self.graph.constant(found, self.span)
        return node

    def build(self, c: Number, factors: Factors) -> int:
        """The number in front and the factors as they come."""
        front, last = exact.magnitude(c), 1
        if front.denominator != 1 and not exact.is_short(front):
            front, last = front.numerator, front.denominator
        powers = [(base, x) for base, exponents in factors for x in exponents]
        if len(powers) > 1 and powers[0][1] < 0 < powers[1][1]:  # 1/x*y is y/x
            powers[:2] = powers[1::-1]
        below = [] if last == 1 else [self.constant(last)]
        at_end = powers and powers[0][1] > 0
        if front != 1 or not powers or powers[0][1] < 0:
            node = self.constant(front)
        else:
            base, x = powers.pop(0)
            node = self.raised_to(base, x)
        if c < 0:
            node = self.node(NEGATIVE, node)
        for base, x in powers:
            power = self.raised_to(base, exact.magnitude(x))
            if x > 0:
                node = self.node(MULTIPLY, node, power)
            elif not at_end:
                below.append(power)
            else:
                node = self.node(DIVIDE, node, power)
            if below and not at_end:  # 1/(3*x)
                node, below, at_end = self.node(DIVIDE, node, self.multiplied(below)), [], True
        return self.node(DIVIDE, node, self.multiplied(below)) if below else node

    def raised_to(self, base: int, x: Number) -> int:
        """The node of a base with an exponent."""
        number = self.number(base)
        if x == 1:
            return base
        if number == 0 and x > 0:  # a division by 0 that stays
            return base
        return self.node(POWER, base, self.constant(x))

    def multiplied(self, nodes: list[int]) -> int:
        """The product of nodes as they are."""
        return reduce(partial(self.node, MULTIPLY), nodes)


def _count(factors: list[tuple[int, Exponents]]) -> int:
    return sum([len(exponents) for _, exponents in factors])


def _scaled(c: Number, k: Number, e: int, far: bool) -> tuple[Number, Number]:
    """The number in front, and what stays where it is: a number of extreme size that is far."""
    total = reduced(c * k if e > 0 else Fraction(c) / k)
    small = max(abs(k.numerator), k.denominator) <= _MODERATE
    return (c, k) if exact.is_large(total) or (far and not small) else (total, 1)
