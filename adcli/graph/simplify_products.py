"""Products in one walk of the simplification: a coefficient in front, then factors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from adcli.graph import cases, exact, range_safe
from adcli.graph.axes import Shape
from adcli.graph.chains import PRODUCTS, walk_chain
from adcli.graph.exact import Number, reduced
from adcli.graph.factors import Exponents, Factors, as_factors, domain_flags, raised
from adcli.graph.graph import Graph
from adcli.graph.primitives import DIVIDE, MULTIPLY, NEGATIVE, POWER
from adcli.graph.simplify_nodes import NewNodes


class Products(NewNodes):
    """Products of new nodes. Those `to_read` are joined without care for the range of float64."""

    def __init__(
        self, graph: Graph, outputs: list[int], shapes: Mapping[str, Shape], to_read: bool
    ) -> None:
        super().__init__(graph, outputs, shapes)
        self.to_read = to_read
        self._constants: dict[Number, int] = {}
        # New nodes that several use, and products that are one factor because of that.
        self.kept: set[int] = set()
        self.whole: set[int] = set()

    def product_at(self, top: int) -> int:
        """A product with its coefficient in front."""
        stack: list[range_safe.Product] = []
        for i, _, inner in walk_chain(self.graph, self.chain, top, PRODUCTS):
            if not inner:
                stack.append(self._leaf_of_product(i))
            elif self.graph.ops[i] is NEGATIVE:
                c, factors = stack.pop()
                stack.append((-c, factors))
            else:
                right, left = stack.pop(), stack.pop()
                e = -1 if self.graph.ops[i] is DIVIDE else 1
                stack.append(range_safe.joined(self, left, right, e))
        ((c, factors),) = stack
        found = self.collected(factors) if self.to_read else tuple(factors)
        if c < 0 and len(found) > 1 and self.uses[top] > 1:
            positive = self.product(-c, found)
            self.whole.add(positive)
            return self.product(-1, ((positive, (1,)),))
        return self.product(c, found)

    def _leaf_of_product(self, i: int) -> range_safe.Product:
        n = self.bare(self.new[i])
        c, parts = self.split(n)
        if c != 0 and self.uses[i] > 1 and (len(parts) > 1 or self.is_reciprocal(parts)):
            self.whole.add(n)  # others use it as it is
            return 1, [(n, (1,))]
        return c, list(parts)

    def is_reciprocal(self, factors: Factors) -> bool:
        """1/cosh(x), whose powers reach further than those of cosh(x)."""
        if self.to_read or len(factors) != 1:
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
        if self.cases:
            c, factors = self._tables_joined(c, factors)
        if c == 0 and factors:
            return self._nothing(factors)
        node = self._build(c, factors)
        if c != 1 or len(factors) != 1 or factors[0][1] != (1,):
            self.products[node] = (c, factors)
        return node

    def times(self, node: int, c: Number, factors: Factors) -> int:
        """The product of a node, a number and factors."""
        k, others = self.split(node)
        total, found = range_safe.joined(self, (c, list(factors)), (k, list(others)))
        return self.product(total, self.collected(found) if self.to_read else tuple(found))

    def product_of(self, x: int, y: int) -> int:
        """The product of two nodes by elements."""
        return self.times(self.bare(x), *self.split(self.bare(y)))

    def collected(self, factors: Iterable[tuple[int, Exponents]]) -> Factors:
        """The same factors with each base once, wherever it stands."""
        found: dict[Any, tuple[int, list[Number]]] = {}
        for base, exponents in factors:
            for x in exponents:
                self._collect(found, base, x)
        return as_factors(found)

    def _collect(self, factors: dict[Any, tuple[int, list[Number]]], base: int, x: Number) -> None:
        if x < 0:
            factors.setdefault((base,), (base, []))  # its place below the fraction bar
        known = factors.setdefault(base, (base, []))[1]
        known[:] = self.joined_exponents(base, (*known, x))

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
        is_even = not self.to_read and exact.magnitude(y) >= exact.MAX_WHOLE
        return not is_even and not exact.is_large(y)

    def _tables_joined(self, c: Number, factors: Factors) -> tuple[Number, Factors]:
        """Masks of one pair as one factor: (x > 0)*(x > 0), or 1/((x >= 0) + (x <= 0))."""
        tables: dict[cases.CasePair, list[Number]] = {}
        others = []
        for base, exponents in factors:
            found = cases.numbers(self, base)
            values = None
            if found is not None:
                values = [v for n in found[1] if (v := raised(n, exponents)) is not None]
            if found is None or values is None or len(values) < 4:
                others.append((base, exponents))
                continue
            known = tables.get(found[0], [1, 1, 1, 1])
            tables[found[0]] = [reduced(a * b) for a, b in zip(known, values, strict=True)]
        for pair, values in tables.items():
            node = cases.by_numbers(self, pair, values)
            number = None if node is None else self.number(node)
            if node is None:
                return c, factors
            if number is None:
                others.append((node, (1,)))
            else:
                c = reduced(c * number)
        return c, tuple(others)

    def _nothing(self, factors: Factors) -> int:
        """0*factors: 0, unless that would enlarge the domain."""
        if self.vanishes(factors):
            return self.product(0, ())
        node = self._build(0, factors)
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
                return self._build(value, ())
            node = self._constants[value] = self.graph.constant(found, self.span)
        return node

    def _build(self, c: Number, factors: Factors) -> int:
        """The number in front and the factors as they come; to read, all divisors at the end."""
        front, last = exact.magnitude(c), 1
        if front.denominator != 1 and not exact.is_short(front):
            front, last = front.numerator, front.denominator
        powers = [(base, x) for base, exponents in factors for x in exponents]
        if self.to_read:
            powers.sort(key=lambda power: power[1] < 0)
        elif len(powers) > 1 and powers[0][1] < 0 < powers[1][1]:  # 1/x*y is y/x
            powers[:2] = powers[1::-1]
        below = [] if last == 1 else [self.constant(last)]
        at_end = self.to_read or (powers and powers[0][1] > 0)
        if front != 1 or not powers or powers[0][1] < 0:
            node = self.constant(front)
        else:
            base, x = powers.pop(0)
            node = self._raised(base, x)
        if c < 0:
            node = self.node(NEGATIVE, node)
        for base, x in powers:
            power = self._raised(base, exact.magnitude(x))
            if x > 0:
                node = self.node(MULTIPLY, node, power)
            elif self.to_read or not at_end:
                below.append(power)
            else:
                node = self.node(DIVIDE, node, power)
            if below and not at_end:  # 1/(3*x)
                node, below, at_end = self.node(DIVIDE, node, self._multiplied(below)), [], True
        return self.node(DIVIDE, node, self._multiplied(below)) if below else node

    def _raised(self, base: int, x: Number) -> int:
        number = self.number(base)
        if x == 1:
            return base
        if number == 0 and x > 0:  # a division by 0 that stays
            return base
        return self.node(POWER, base, self.constant(x))

    def _multiplied(self, nodes: list[int]) -> int:
        node = nodes[0]
        for other in nodes[1:]:
            node = self.node(MULTIPLY, node, other)
        return node
