"""Sums of formulas that are read: like terms joined, common factors taken out, fractions added.

A short sum is written in several ways (as it stands, with what all terms share in front, over a
common denominator, multiplied out), and the one with the fewest operations is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from math import gcd, lcm
from typing import Any

from adcli.graph.chains import SUMS, walk_chain
from adcli.graph.exact import Number, magnitude, reduced
from adcli.graph.primitives import ADD, PRIMITIVES, SUBTRACT
from adcli.graph.readable_factors import NOT_ZERO, Addend
from adcli.graph.readable_products import ReadableProducts
from adcli.graph.simplify_nodes import Factors

MOST_TERMS = 12
"""Terms of a sum that is written in several ways, and taken apart wherever it is used."""

MOST_PRODUCTS = 24
"""Terms that a product of sums may have once it is multiplied out."""

LONGEST = 150
"""Operations of a sum that is written in several ways."""

_SQUARES = {"sin": "cos", "cos": "sin", "sinh": "cosh", "cosh": "sinh"}

Key = tuple[tuple[int, Number], ...]


def _key(factors: Factors) -> Key:
    """What like terms share."""
    return tuple(sorted([(base, x) for base, (x,) in factors]))


class ReadableSums(ReadableProducts):
    """Sums of one walk."""

    def __init__(self, *given: Any, **options: Any) -> None:
        self._known: dict[frozenset[tuple[Key, Number]], int] = {}
        self._costs: dict[int, int] = {}
        super().__init__(*given, **options)

    def sum_at(self, top: int) -> int:
        """A sum, with all terms of the chain and of the sums in it."""
        walk = walk_chain(self.graph, self.chain, top, SUMS)
        leaves = [(self.bare(self.new[i]), s, True) for i, s, inner in walk if not inner]
        table = self._table_of_sum(leaves)
        if table is not None:
            return table
        complete = self._complete_cases(leaves)
        return self.sum_of([(s, n) for n, s, _ in complete if n >= 0])

    def sum_of(self, pairs: list[tuple[Number, int]]) -> int:
        """The sum of nodes with coefficients, in the shortest way that is found."""
        return self._shortest(self._collected(self._terms_of(pairs)))

    def _terms_of(self, pairs: Iterable[tuple[Number, int]]) -> Iterator[Addend]:
        """The terms of nodes with coefficients, sums among them taken apart."""
        for c, node in pairs:
            k, factors = self.split(node)
            c = reduced(c * k)
            inside = self.terms_of.get(factors[0][0]) if len(factors) == 1 else None
            if inside is not None and factors[0][1] == (1,):
                yield from [(reduced(c * x), others) for x, others in inside]
            else:
                yield c, factors

    def _collected(self, terms: Iterable[Addend]) -> list[Addend]:
        """Like terms joined where each stands first, sin^2 + cos^2 as 1."""
        found: dict[Key, Addend] = {}
        for c, factors in terms:
            key = _key(factors)
            known = found.get(key)
            found[key] = (c, factors) if known is None else (reduced(known[0] + c), known[1])
        for key in list(found):
            c, factors = found.get(key, (0, ()))
            if c:
                self._join_squares(found, key, c, factors)
        for c, factors in found.values():
            if c == 0:
                self.lose_all(factors)
        return [term for term in found.values() if term[0] != 0]

    def _join_squares(
        self, found: dict[Key, Addend], key: Key, c: Number, factors: Factors
    ) -> None:
        """c sin(x)^2 and c cos(x)^2 are c; c and -c sin(x)^2 are c cos(x)^2; and so for cosh."""
        graph = self.graph
        for base, (x,) in factors:
            name = graph.ops[base].name
            other_name = _SQUARES.get(name)
            if other_name is None or x != 2:
                continue
            sign = -1 if name in ("sinh", "cosh") else 1
            rest = tuple([f for f in factors if f[0] != base])
            other = graph.node(PRIMITIVES[other_name], graph.args[base], None, self.span)
            partner = _key((*rest, (other, (2,))))
            plain = _key(rest)
            if partner in found and found[partner][0] == sign * c:
                del found[partner], found[key]
                c = c if name != "sinh" else -c
                self._add(found, plain, c, rest)
                return
            # 1 - sin^2 = cos^2; 1 - cos^2 = sin^2; 1 + sinh^2 = cosh^2; cosh^2 - 1 = sinh^2
            wanted = c if name == "sinh" else -c
            if plain in found and found[plain][0] == wanted:
                del found[plain], found[key]
                self._add(found, partner, c if sign < 0 else -c, (*rest, (other, (2,))))
                return

    def _add(self, found: dict[Key, Addend], key: Key, c: Number, factors: Factors) -> None:
        known = found.get(key, (0, factors))
        found[key] = (reduced(known[0] + c), factors)

    # ---- ways to write a sum ----

    def _shortest(self, terms: list[Addend]) -> int:
        """The node of collected terms, as short as it gets."""
        if len(terms) < 2:
            return self.product(*terms[0]) if terms else self.product(0, ())
        plain = self._plain(terms)
        if len(terms) > MOST_TERMS or self.cost(plain) > LONGEST:
            return plain
        return min([plain, *self._ways(terms)], key=self.cost)

    def _ways(self, terms: list[Addend]) -> Iterator[int]:
        yield from self._fractions(terms)
        expanded = self._expanded(terms)
        if expanded is not None:
            yield self._plain_or_less(_by_degree(expanded))
            if len(expanded) > 1:
                yield from self._fractions(expanded)
        if any(self.is_quotient(base) for _, factors in terms for base, _ in factors):
            yield from self._fractions(terms, joined=False)

    def _fractions(self, terms: list[Addend], joined: bool = True) -> Iterator[int]:
        """The terms with what all share in front, and over a common denominator; quotients not
        `joined`, tan(x) is sin(x)/cos(x) while they are added."""
        self.joins_quotients = joined
        if not joined:
            terms = self._collected([self._quietly(c, factors) for c, factors in terms])
        least = _least_exponents(terms)
        shared = {base: x for base, x in least.items() if x > 0}
        ways = [
            self._factored(terms, outside)
            for outside in ([shared, least] if len(shared) < len(least) else [least])
            if outside
        ]
        self.joins_quotients = True
        for way in ways:
            for c, factors in way:
                yield self.product(c, factors)

    def _factored(self, terms: list[Addend], outside: dict[int, Number]) -> list[Addend]:
        """The powers `outside` in front; what is left of the terms as it is, and multiplied out."""
        divided = tuple([(base, (-x,)) for base, x in outside.items()])
        inner = self._collected([self._quietly(c, (*factors, *divided)) for c, factors in terms])
        front = tuple([(base, (x,)) for base, x in outside.items()])
        found = []
        expanded = self._expanded(inner)
        for left in (inner, expanded and _by_degree(expanded)):
            if left is not None:
                c, factors = self._as_factor(left)
                found.append((c, (*front, *factors)))
        return found

    def _quietly(self, c: Number, factors: Factors) -> Addend:
        """A product whose parts come back in front of the sum: nothing is lost."""
        before, self.is_quiet = self.is_quiet, True
        found = self.normal(c, factors)
        self.is_quiet = before
        return found

    def _as_factor(self, terms: list[Addend]) -> Addend:
        """Terms as a number and a sum without a common number."""
        if len(terms) < 2:
            return terms[0] if terms else (0, ())
        c = _content([c for c, _ in terms])
        return c, ((self._plain([(reduced(Fraction(k) / c), f) for k, f in terms]), (1,)),)

    def _expanded(self, terms: list[Addend]) -> list[Addend] | None:
        """The terms with products and powers of sums multiplied out; None if there is nothing."""
        result: list[Addend] = []
        changed = False
        for c, factors in terms:
            parts: list[Addend] = [(c, ())]
            for base, (x,) in factors:
                inside = self.terms_of.get(base)
                if inside is None or x.denominator != 1 or not 1 <= x <= 3:
                    parts = [(k, (*f, (base, (x,)))) for k, f in parts]
                    continue
                changed = True
                for _ in range(x.numerator):
                    if len(parts) * len(inside) > MOST_PRODUCTS:
                        return None
                    parts = [(k * n, (*f, *g)) for k, f in parts for n, g in inside]
            result += [self.normal(k, f) for k, f in parts]
            if len(result) > MOST_PRODUCTS:
                return None
        return self._collected(result) if changed else None

    def _plain_or_less(self, terms: list[Addend]) -> int:
        if len(terms) < 2:
            return self.product(*terms[0]) if terms else self.product(0, ())
        return self._plain(terms)

    def _plain(self, terms: list[Addend]) -> int:
        """Two terms or more in their order, one with a plus first; known sums as they were."""
        key = frozenset([(_key(factors), c) for c, factors in terms])
        known = self._known.get(key)
        if known is not None:
            return known
        first = next((k for k, (c, _) in enumerate(terms) if c > 0), 0)
        ordered = [terms[first], *terms[:first], *terms[first + 1 :]]
        node = self.product(*ordered[0])
        for c, factors in ordered[1:]:
            term = self.product(magnitude(c), factors)
            node = self.node(ADD if c > 0 else SUBTRACT, node, term)
        if len(terms) <= MOST_TERMS:
            self._known[key] = node
            self.terms_of[node] = ordered
        signs = [self.sign_of_term(c, factors) for c, factors in terms]
        self.signs[node] = 2 if 2 in signs and 0 not in signs else min(signs)
        return node

    def shorter(self, c: Number, factors: Factors) -> Addend:
        """The same product, the fractions inside of its sums outside if that is shorter."""
        apart: list[tuple[int, tuple[Number, ...]]] = []
        front, divisors = c, set[int]()
        for base, (x,) in factors:
            terms = self.terms_of.get(base)
            least = _least_exponents(terms) if terms and x.denominator == 1 else {}
            outside = {b: y for b, y in least.items() if y < 0}
            if terms is None or not outside or self.cost(base) > LONGEST:
                apart.append((base, (x,)))
                continue
            divided = tuple([(b, (-y,)) for b, y in outside.items()])
            inner = self._collected([self._quietly(k, (*f, *divided)) for k, f in terms])
            k, left = self._as_factor(inner)
            number = self.number_power(k, x)
            if number is None:
                return c, factors
            front = reduced(front * number)
            apart += [(b, (reduced(y * x),)) for b, (y,) in left]
            apart += [(b, (reduced(y * x),)) for b, y in outside.items()]
            divisors |= outside.keys()
        if not divisors:
            return c, factors
        found = self._quietly(front, tuple(apart))
        if self._length(found) >= self._length((c, factors)):
            return c, factors
        for b in divisors:
            self.lose(b, NOT_ZERO)
        return self.normal(front, tuple(apart))

    def _length(self, term: Addend) -> int:
        return self.cost(self.build(*term))

    def distributed(self, c: Number, base: int) -> int | None:
        """c*base for a sum that is shorter with the number inside: -(a - b), (2*x + 2)/2."""
        terms = self.terms_of.get(base)
        if terms is None:
            return None
        inside = [(reduced(c * k), factors) for k, factors in terms]
        mixed = c == -1 and min(k for k, _ in terms) < 0
        halved = c.denominator != 1 and all(k.denominator == 1 for k, _ in inside)
        return self._plain(inside) if mixed or halved else None

    def turned(self, factors: Factors) -> Addend:
        """Minus a product: -(a - b)/c is (b - a)/c, but -(1 - x)/c stays."""
        for k, (base, exponents) in enumerate(factors):
            terms = self.terms_of.get(base, [])
            signs = {c > 0 for c, _ in terms}
            if exponents == (1,) and len(signs) == 2 and all(f for _, f in terms):
                other = self._plain([(-c, f) for c, f in terms])
                return 1, (*factors[:k], (other, (1,)), *factors[k + 1 :])
        return -1, factors

    def parted(self, node: int) -> tuple[Number, int]:
        """A sum as a whole number and what is not a number: y - 1 as -1 and y."""
        terms = self.terms_of.get(node, [])
        numbers = [c for c, factors in terms if not factors and c.denominator == 1]
        if not numbers:
            return 0, node
        return numbers[0], self._plain_or_less([term for term in terms if term[1]])

    def primitive(self, node: int) -> tuple[Number, int]:
        """A sum as a number and a sum without a common number, one of a - b and b - a."""
        terms = self.terms_of[node]
        c = _content([k for k, _ in terms])
        left = [(reduced(Fraction(k) / c), factors) for k, factors in terms]
        turned = frozenset([(_key(factors), -k) for k, factors in left])
        known = self._known.get(turned, node)
        if known < node and max(k for k, _ in self.terms_of[known]) > 0:
            return -c, known
        return c, node if c == 1 else self._plain(left)

    # ---- how long a formula is ----

    def cost(self, node: int) -> int:
        """Operations, written out, of a node; the exponent of x^(3/2) is one, too."""
        costs, graph = self._costs, self.graph
        waiting = [node]
        while waiting:
            i = waiting[-1]
            missing = [a for a in graph.args[i] if a not in costs]
            if i in costs or not missing:
                waiting.pop()
                args = graph.args[i]
                costs[i] = 1 + sum([costs[a] for a in args]) if args else 0
            waiting += missing if i not in costs else []
        return costs[node]


def _by_degree(terms: list[Addend]) -> list[Addend]:
    """The terms of a polynomial of one base, highest power first, or last if it has a minus."""
    bases = {base for _, factors in terms for base, _ in factors}
    if len(bases) != 1 or any(len(factors) > 1 for _, factors in terms):
        return terms
    found = sorted(terms, key=lambda term: -term[1][0][1][0] if term[1] else 0)
    return found if found[0][0] > 0 else found[::-1]


def _least_exponents(terms: list[Addend]) -> dict[int, Number]:
    """By base the least exponent that it has in the terms, without those that are 0."""
    counts: dict[int, int] = {}
    least: dict[int, Number] = {}
    for _, factors in terms:
        for base, (x,) in factors:
            counts[base] = counts.get(base, 0) + 1
            least[base] = min(x, least.get(base, x))
    found = {b: x if counts[b] == len(terms) else min(x, 0) for b, x in least.items()}
    return {base: x for base, x in found.items() if x != 0}


def _content(numbers: list[Number]) -> Number:
    """The greatest number of which all are whole multiples, negative if all are."""
    above = gcd(*[x.numerator for x in numbers])
    found = Fraction(above, lcm(*[x.denominator for x in numbers]))
    return reduced(-found if max(numbers) < 0 else found)
