"""Simplification: nodes with the same meaning, fewer operations and the same domain.

Every rewrite is exact in real arithmetic wherever the original is defined, and the result is
defined nowhere else: adcli.graph.rewrites says so for each, with an example that the tests sample.
Constants are folded only where nothing rounds (adcli.graph.exact). A result leaves the range of
float64 only where the original does (adcli.graph.range_safe says how products see to that), but
for factors as large as its constants and numbers below 1e-308; formulas that are only read
(`to_read`, for LaTeX) are joined without that care.

One walk, arguments first, makes each node once, so that what was shared stays shared; it is
repeated while something changes. Sums keep their differences of numbers and variables together
(log1p(s + (n - 1)) has digits that (s + n) - 1 has not): a like term joins its first occurrence.
Both are gathered at the top of a chain, in one go, and only through
operations that nothing else uses: so the walk is linear.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from adcli.graph import cases, exact, range_safe
from adcli.graph.axes import Shape
from adcli.graph.chains import PRODUCTS, SUMS, count_uses, family_of, find_chains, walk_chain
from adcli.graph.exact import Number, reduced
from adcli.graph.factors import Exponents, Factors, as_factors, domain_flags, like, raised
from adcli.graph.graph import Graph
from adcli.graph.primitives import (
    ADD,
    CONSTANT,
    DIVIDE,
    ELEMENTWISE,
    LEAF,
    LINEAR,
    MULTILINEAR,
    MULTIPLY,
    NAMED,
    NEGATIVE,
    POWER,
    PRIMITIVES,
    SELECT,
    SUBTRACT,
    WHERE,
    Primitive,
)
from adcli.graph.rearrange import rearranged
from adcli.graph.shapes import infer_shapes, is_scalar_program
from adcli.graph.structure import FULL

_BROADCAST = PRIMITIVES["broadcast"]
_OF_POSITIVE = tuple(PRIMITIVES[name] for name in ("log", "log2", "log10"))
_MAX_PASSES = 6

Terms = list[tuple[int, int]]
"""Signs and nodes."""

_MAX_SHORT_SUM = 4
_GONE = -1
"""Stands for a leaf of a sum that has joined another."""


def simplify(
    graph: Graph,
    nodes: Iterable[int],
    shapes: Mapping[str, Shape] | None = None,
    *,
    to_read: bool = False,
) -> list[int]:
    """Nodes that mean the same as `nodes`, simplified together.

    `shapes` are those of the variables (absent: scalar). Every result keeps its shape and its
    domain. Formulas `to_read` are shorter and may leave the range of float64. Linear in the number
    of operations.

    >>> from adcli.language import parse
    >>> from adcli.language.text import to_text
    >>> p = parse("x*1 + 2*x*x - 0*y")
    >>> to_text(p.graph, simplify(p.graph, p.outputs))
    'x + 2*x^2'
    """
    current = list(nodes)
    for _ in range(_MAX_PASSES):
        walk = _Pass(graph, current, shapes or {}, to_read)
        found = walk.run()
        if found == current or walk.is_settled(found):
            return found
        current = found
    return current


class _Group(NamedTuple):
    """A part of a sum: terms that are added from left to right, and a sign over all.

    `mixed` if the terms have different signs, `bare` if a term is a number or a variable.
    """

    sign: int
    terms: deque[tuple[int, int]]
    mixed: bool = False
    bare: bool = False


def _negated(group: _Group | None) -> _Group | None:
    return None if group is None else group._replace(sign=-group.sign)


class _Pass:
    """One walk over everything below `outputs`."""

    def __init__(
        self, graph: Graph, outputs: list[int], shapes: Mapping[str, Shape], to_read: bool
    ) -> None:
        self.graph = graph
        self.to_read = to_read
        self.outputs = outputs
        self.order = graph.reach(outputs)
        self.shaped = bool(shapes) or not is_scalar_program(graph, self.order)
        self.shapes = infer_shapes(graph, self.order, shapes) if self.shaped else {}
        self.span = (0, 0)
        self.new: dict[int, int] = {}
        # What new nodes are made of: products, short sums, case distinctions.
        self.products: dict[int, tuple[Number, Factors]] = {}
        self.sums: dict[int, list[tuple[Number, Any, Factors]]] = {}
        self.cases: dict[int, tuple[cases.Pair, cases.Table]] = {}
        # New nodes that several use, and products that are one factor because of that.
        self.kept: set[int] = set()
        self.whole: set[int] = set()
        self._total: dict[int, bool] = {}
        self._numbers: dict[int, Number | None] = {}
        self._constants: dict[Number, int] = {}
        self.uses = count_uses(graph, self.order, outputs)
        self.chain = find_chains(graph, self.order, self.uses)
        self.positive = self._find_positive()

    def run(self) -> list[int]:
        graph, new, positive = self.graph, self.new, self.positive
        for i in self.order:
            if i in self.chain:
                continue
            self.span = graph.span(i)
            found = self._rewrite(i)
            if self.shaped and self.shape(found) != self.shapes[i]:
                found = self._spread(found, self.shapes[i])
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

    # ---- preparation ----

    def _find_positive(self) -> set[int]:
        """Nodes that are positive wherever every output is defined: arguments of logarithms."""
        args, ops = self.graph.args, self.graph.ops
        found: set[int] | None = None
        if not any(ops[i] in _OF_POSITIVE for i in self.order):
            return set()
        for output in self.outputs:
            needed, stack = {output}, [output]
            while stack:
                i = stack.pop()
                for a in args[i][:1] if ops[i] is WHERE else args[i]:
                    if a not in needed:
                        needed.add(a)
                        stack.append(a)
            here = {args[i][0] for i in needed if ops[i] in _OF_POSITIVE}
            found = here if found is None else found & here
        return found or set()

    # ---- nodes ----

    def node(self, op: Primitive, *args: int, attr: Any = None) -> int:
        """A new (or known) node."""
        return self.graph.node(op, args, attr, self.span)

    def shape(self, node: int) -> Shape:
        """The shape of a new node."""
        if node not in self.shapes:
            missing, stack = {node}, [node]
            while stack:
                new = [a for a in self.graph.args[stack.pop()] if a not in self.shapes]
                missing.update(new)
                stack += new
            infer_shapes(self.graph, sorted(missing), {}, known=self.shapes)
        return self.shapes[node]

    def number(self, node: int) -> Number | None:
        """The exact number that a node is."""
        if node in self._numbers:
            return self._numbers[node]
        found = None
        if self.graph.ops[node] is CONSTANT:
            found = exact.exact(self.graph.attrs[node])
        elif node in self.products:
            c, factors = self.products[node]
            found = None if factors else c
        self._numbers[node] = found
        return found

    def _spread(self, node: int, shape: Shape) -> int:
        if self.graph.ops[node] is CONSTANT:
            return self.node(FULL, attr=(float(self.graph.attrs[node]), shape))
        return self.node(_BROADCAST, node, attr=shape)

    def bare(self, node: int) -> int:
        """The operand of an elementwise operation without what only spreads it to a shape."""
        if self.shaped:
            while self.graph.ops[node] is _BROADCAST:
                (node,) = self.graph.args[node]
            if self.graph.ops[node] is FULL:
                return self.graph.constant(self.graph.attrs[node][0], self.span)
        return node

    def is_total(self, node: int) -> bool:
        """Whether a node is defined for all values of the variables."""
        known = self._total
        stack = [node]
        while stack:
            i = stack[-1]
            if i in known:
                stack.pop()
                continue
            missing = [a for a in self.graph.args[i] if a not in known]
            stack += missing
            if not missing:
                args = self.graph.args[i]
                if self.graph.ops[i] in cases.OUTCOMES:  # a comparison with inf is fine
                    args = tuple([a for a in args if self.graph.ops[a] is not NAMED])
                known[i] = self._has_no_domain(i) and all(known[a] for a in args)
        return known[node]

    def _has_no_domain(self, i: int) -> bool:
        op, args = self.graph.ops[i], self.graph.args[i]
        if op is NAMED:
            return bool(self.graph.attrs[i] != "inf")
        if op is POWER:
            exponent = self.number(args[1])
            return exponent is not None and domain_flags(exponent) == 0
        if op is DIVIDE:
            return self.is_never_zero(args[1])
        return op.domain.startswith("all numbers")

    def is_never_zero(self, node: int) -> bool:
        """Whether a node is known not to be 0."""
        if self.graph.ops[node] is NAMED or node in self.positive:
            return True
        return self.graph.ops[node] is CONSTANT and self.graph.attrs[node] != 0

    # ---- one node ----

    def _rewrite(self, i: int) -> int:
        graph = self.graph
        op = graph.ops[i]
        family = family_of(graph, i, self.uses)
        if family is SUMS:
            return self._sum(i)
        if family is PRODUCTS:
            return self._product(i)
        if op.kind == LEAF:
            return i
        args = [self.new[a] for a in graph.args[i]]
        if op.kind in (ELEMENTWISE, SELECT):
            args = [self.bare(a) for a in args]
            if op is POWER:
                return self._power(*args)
            return self._function(op, args)
        return self._structural(i, op, args)

    def _function(self, op: Primitive, args: list[int]) -> int:
        if op is WHERE:
            return self._where(*args)
        table = cases.computed(self, op, args)
        if table is not None:
            return table
        numbers = [self.number(a) for a in args]
        found = None
        if len(args) == 1 and numbers[0] is not None and op.name in exact.UNARY:
            found = exact.UNARY[op.name](numbers[0])
        elif len(args) == 2 and None not in numbers and op.name in exact.BINARY:
            found = exact.BINARY[op.name](*numbers)
        elif op.name == "log" and self._is_named(args[0], "e"):
            found = 1
        elif op.name in ("equal", "not_equal") and 0 in numbers:
            other = args[1 - numbers.index(0)]
            if self.is_never_zero(other):
                found = int(op.name == "not_equal")
        if found is not None:
            return self.product(found, ())
        if op in cases.OUTCOMES:
            return cases.compare(self, op, *args)
        return self.node(op, *args)

    def _is_named(self, node: int, name: str) -> bool:
        return self.graph.ops[node] is NAMED and bool(self.graph.attrs[node] == name)

    def _where(self, condition: int, a: int, b: int) -> int:
        number = self.number(condition)
        if number is not None:
            return a if number else b
        if a == b and self.is_total(condition):
            return a
        return cases.choose(self, condition, a, b)

    def _power(self, x: int, y: int) -> int:
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
        if c == 1 and is_power and not self._is_reciprocal(factors):
            inner, (b,) = factors[0]
            joined = reduced(b * exponent)
            whole = b.denominator == exponent.denominator == 1
            same = whole and domain_flags(joined) == domain_flags(b) | domain_flags(exponent)
            if b == 1 or same or self.is_positive(inner):
                return self.product(sign, ((inner, (joined,)),))
            if b.denominator == exponent.denominator == 1 and b < 0 and exponent < 0:
                x, exponent = self.product(1, ((inner, (-joined,)),)), -1
        return self.product(sign, ((x, (exponent,)),))

    def is_positive(self, node: int) -> bool:
        return node in self.positive or (
            self.graph.ops[node] is NAMED and self.graph.attrs[node] != "inf"
        )

    # ---- chains ----

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

    def _sum(self, top: int) -> int:
        """A sum with like terms joined, where each stands first."""
        walk = walk_chain(self.graph, self.chain, top, SUMS)
        leaves = [
            (self.bare(self.new[i]), s, self.uses[i] == 1) for i, s, inner in walk if not inner
        ]
        table = self._table_of_sum(leaves)
        if table is not None:
            return table
        terms = self._terms(leaves)
        groups: list[_Group | None] = []
        position = 0
        for i, _, inner in walk:
            if not inner:
                found = terms[position]
                position += 1
                mixed = len({t for t, _ in found}) > 1
                bare = not all(self.graph.args[n] for _, n in found)
                groups.append(_Group(1, deque(found), mixed, bare) if found else None)
            elif self.graph.ops[i] is NEGATIVE:
                groups.append(_negated(groups.pop()))
            else:
                right, left = groups.pop(), groups.pop()
                right = _negated(right) if self.graph.ops[i] is SUBTRACT else right
                groups.append(self._joined(left, right))
        (whole,) = groups
        return self.product(0, ()) if whole is None else self._chained(whole)

    def _table_of_sum(self, leaves: list[tuple[int, int, bool]]) -> int | None:
        """A sum of masks of one pair and numbers is a table of numbers."""
        pair = next((self.cases[n][0] for n, _, _ in leaves if n in self.cases), None)
        if pair is None:
            return None
        totals: list[Number] = [0, 0, 0, 0]
        for n, s, _ in leaves:
            number, found = self.number(n), cases.numbers(self, n, pair)
            if number is None and found is None:
                return None
            column = [number or 0] * 4 if found is None else found[1]
            totals = [t + s * v for t, v in zip(totals, column, strict=True)]
        return cases.by_numbers(self, pair, totals)

    def _terms(self, leaves: list[tuple[int, int, bool]]) -> list[Terms]:
        """What each leaf of a sum becomes: signed terms, without what joined an earlier one."""
        split = self._split_terms(leaves)
        totals: dict[Any, Number] = {}
        for (_, s, _), terms in zip(leaves, split, strict=True):
            for c, key, _ in terms:
                totals[key] = reduced(totals.get(key, 0) + c * s)
        done: set[Any] = set()
        result: list[Terms] = []
        for (n, s, _), terms in zip(leaves, split, strict=True):
            kept: Terms = []
            for c, key, factors in terms:
                if key in done:
                    continue
                done.add(key)
                total = totals[key] * s
                if total == 0 and self._vanishes(factors):
                    continue
                same = len(terms) == 1 and total == c and c > 0
                node = n if same else self.product(exact.magnitude(total), factors)
                kept.append((-1 if total < 0 else 1, node))
            result.append(kept)
        return result

    def _split_terms(
        self, leaves: list[tuple[int, int, bool]]
    ) -> list[list[tuple[Number, Any, Factors]]]:
        """Each leaf as terms (coefficient, key, factors); equal keys are like terms.

        A leaf is one term, but for a short sum that others use as well and that has a like term
        elsewhere in this sum.
        """
        leaves = self._complete_cases(leaves)
        result: list[list[tuple[Number, Any, Factors]]] = []
        counts: dict[Any, int] = {}
        for n, _, own in leaves:
            if n == _GONE:
                result.append([])
                continue
            c, factors = self.split(n)
            if len(factors) > 1 and not own:
                c, factors = 1, ((n, (1,)),)
                self.whole.add(n)
            key = like(self.products, factors)
            result.append([(c, key, factors)])
            for k in [key, *(key for _, key, _ in self.sums.get(n, ()))]:
                counts[k] = counts.get(k, 0) + 1
        for k, (n, _, _) in enumerate(leaves):
            inside = self.sums.get(n)
            if inside and any(counts[key] > 1 for _, key, _ in inside):
                result[k] = list(inside)
        return result

    def _complete_cases(self, leaves: list[tuple[int, int, bool]]) -> list[tuple[int, int, bool]]:
        """where(c, a, 0) + where(not c, b, 0) is where(c, a, b)."""
        if sum(n in self.cases for n, _, _ in leaves) < 2:
            return leaves
        first: dict[tuple[Any, int], int] = {}
        for k, (n, s, own) in enumerate(leaves):
            if n not in self.cases or not own:
                continue
            pair, table = self.cases[n]
            j = first.setdefault((pair, s), k)
            if j == k:
                continue
            both = cases.completed(self, (self.cases[leaves[j][0]][1], table))
            node = None if both is None else cases.by_cases(self, pair, both)
            if node is not None:
                leaves[j] = (node, s, True)
                leaves[k] = (_GONE, s, True)
        return leaves

    def _vanishes(self, factors: Factors) -> bool:
        """Whether 0*factors is 0 without enlarging the domain."""
        return all(
            self.is_total(base) and not any(map(domain_flags, exponents))
            for base, exponents in factors
        )

    def _joined(self, a: _Group | None, b: _Group | None) -> _Group | None:
        """Two parts of a sum. Brackets go, but not those around a difference with numbers or
        variables: (n - 1) may have digits that s + n has lost."""
        if a is None or b is None:
            return b if a is None else a
        if b.mixed and b.bare:
            b = _Group(b.sign, deque([(1, self._chained(b._replace(sign=1)))]))
        relation = a.sign * b.sign
        mixed = a.mixed or b.mixed or a.terms[0][0] != b.terms[0][0] * relation
        bare = a.bare or b.bare
        if len(a.terms) >= len(b.terms):
            a.terms.extend((t * relation, n) for t, n in b.terms)
            return _Group(a.sign, a.terms, mixed, bare)
        b.terms.extendleft((t * relation, n) for t, n in reversed(a.terms))
        return _Group(b.sign, b.terms, mixed, bare)

    def _chained(self, group: _Group) -> int:
        """The node of a sum; a term with a plus comes first if there is one."""
        terms = [(t * group.sign, n) for t, n in group.terms]
        first = next((k for k, (t, _) in enumerate(terms) if t > 0), None)
        if first:
            terms.insert(0, terms.pop(first))
        t, node = terms[0]
        if t < 0:
            c, factors = self.split(node)
            whole = (node in self.kept or node in self.whole) and len(factors) > 1
            node = self.product(-1, ((node, (1,)),)) if whole else self.product(-c, factors)
        for t, n in terms[1:]:
            node = self.node(ADD if t > 0 else SUBTRACT, node, n)
        if 1 < len(terms) <= _MAX_SHORT_SUM:
            self.sums[node] = [self._as_term(t, n) for t, n in terms]
        return node

    def _as_term(self, t: int, n: int) -> tuple[Number, Any, Factors]:
        c, factors = self.split(n)
        return c * t, like(self.products, factors), factors

    def _product(self, top: int) -> int:
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
        if c != 0 and self.uses[i] > 1 and (len(parts) > 1 or self._is_reciprocal(parts)):
            self.whole.add(n)  # others use it as it is
            return 1, [(n, (1,))]
        return c, list(parts)

    def _is_reciprocal(self, factors: Factors) -> bool:
        """1/cosh(x), whose powers reach further than those of cosh(x)."""
        if self.to_read or len(factors) != 1:
            return False
        ((base, exponents),) = factors
        return exponents == (-1,) and bool(self.graph.args[base])

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
                if (same or self.is_positive(base)) and not exact.is_large(y):
                    del known[k]
                    x, k = y, 0
                else:
                    k += 1
            if x != 0:
                known.append(x)
        return tuple(known)

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

    def _tables_joined(self, c: Number, factors: Factors) -> tuple[Number, Factors]:
        """Masks of one pair as one factor: (x > 0)*(x > 0), or 1/((x >= 0) + (x <= 0))."""
        tables: dict[cases.Pair, list[Number]] = {}
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
        if self._vanishes(factors):
            return self.product(0, ())
        node = self._build(0, factors)
        self.products[node] = 0, factors
        return node

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

    # ---- arrays ----

    def product_of(self, x: int, y: int) -> int:
        """The product of two nodes by elements."""
        return self.times(self.bare(x), *self.split(self.bare(y)))

    def _structural(self, i: int, op: Primitive, args: list[int]) -> int:
        """A structural node: coefficients go outside, then adcli.graph.rearrange looks at it."""
        c: Number = 1
        single = op.kind == LINEAR and len(args) == 1
        if single or op.kind == MULTILINEAR:
            for k, a in enumerate(self.graph.args[i]):
                k_c = self.split(args[k])[0]
                if k_c not in (0, 1) and self.uses[a] == 1:
                    args[k] = self.rest(args[k])
                    c = reduced(c * k_c)
        times, node = rearranged(self, op, args, self.graph.attrs[i], self.shapes[i])
        c = reduced(c * times)
        if c == 1:
            return node
        n, factors = self.split(self.bare(node))
        return self.product(reduced(c * n), factors)
