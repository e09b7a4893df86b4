"""Case distinctions: what a node is where x < y, where x = y, where x > y, and else.

Comparisons, and `where` over comparisons of one pair, are tables of four nodes. Joined tables show
that the derivative of max(x, 0) is x > 0, or that two branches complete each other. The fourth case
is a NaN, for which every comparison but != fails; it counts unless x and y are defined everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable

from adcli.graph.exact import BINARY, Number, reduced
from adcli.graph.graph import Graph
from adcli.graph.primitives import (
    CONSTANT,
    MAXIMUM,
    MINIMUM,
    MULTIPLY,
    PRIMITIVES,
    WHERE,
    Primitive,
)
from adcli.graph.simplify_nodes import OUTCOMES, CaseNodes, CasePair, Factors, raised
from adcli.graph.simplify_products import Products

EQUAL = PRIMITIVES["equal"]
_PREFERRED = tuple(
    PRIMITIVES[name]
    for name in ("greater", "greater_equal", "equal", "less", "less_equal", "not_equal")
)
_MASKS = (*OUTCOMES, MULTIPLY, MAXIMUM, MINIMUM)


class Cases(Products):
    """Case distinctions of new nodes."""

    def product(self, c: Number, factors: Factors) -> int:
        """The node c*factors, masks of one pair as one factor."""
        if self.cases:
            c, factors = self._tables_joined(c, factors)
        return super().product(c, factors)

    def _tables_joined(self, c: Number, factors: Factors) -> tuple[Number, Factors]:
        """Masks of one pair as one factor: (x > 0)*(x > 0), or 1/((x >= 0) + (x <= 0))."""
        tables: dict[CasePair, list[Number]] = {}
        others = []
        for base, exponents in factors:
            found = self.mask_numbers(base)
            values = None
            if found is not None:
                values = [v for n in found[1] if (v := raised(n, exponents)) is not None]
            if found is None or values is None or len(values) < 4:
                others.append((base, exponents))
                continue
            known = tables.get(found[0], [1, 1, 1, 1])
            tables[found[0]] = [reduced(a * b) for a, b in zip(known, values, strict=True)]
        for pair, values in tables.items():
            node = self.by_numbers(pair, values)
            number = None if node is None else self.number(node)
            if node is None:
                return c, factors
            if number is None:
                others.append((node, (1,)))
            else:
                c = reduced(c * number)
        return c, tuple(others)

    def compare(self, op: Primitive, x: int, y: int) -> int:
        """The node of a comparison, its table noted. x == max(x, y) is x >= y."""
        graph = self.graph
        if op is EQUAL:
            for a, b in ((x, y), (y, x)):
                extremum, inputs = graph.ops[b], graph.args[b]
                if extremum in (MAXIMUM, MINIMUM) and len(inputs) == 2 and a in inputs:
                    other = inputs[1] if inputs[0] == a else inputs[0]
                    name = "greater_equal" if extremum is MAXIMUM else "less_equal"
                    return self.compare(PRIMITIVES[name], a, other)
        outcome = OUTCOMES[op]
        if x == y and self.is_total(x):
            return self.constant(outcome[1])
        node = self.node(op, x, y)
        table = tuple(map(self.constant, outcome))
        if graph.ops[y] is CONSTANT or (graph.ops[x] is not CONSTANT and self.comes_first(x, y)):
            self.cases[node] = (x, y), table
        else:  # a number comes second
            self.cases[node] = (y, x), (*table[2::-1], table[3])
        return node

    def comes_first(self, x: int, y: int) -> bool:
        """In which order the pair of x and y is noted."""
        return x < y

    def mask_numbers(
        self, node: int, pair: CasePair | None = None
    ) -> tuple[CasePair, list[Number]] | None:
        """The pair and the exact numbers that a node is in the four cases."""
        found = self.cases.get(node)
        if found is None or (pair is not None and found[0] != pair):
            return None
        values = [value for n in found[1] if (value := self.number(n)) is not None]
        return (found[0], values) if len(values) == 4 else None

    def computed(self, op: Primitive, args: list[int]) -> int | None:
        """A function of two masks of one pair, or of a mask and a number: a table again."""
        if len(args) != 2 or op.name not in BINARY:
            return None
        first = self.mask_numbers(args[0]) or self.mask_numbers(args[1])
        if first is None:
            return None
        pair = first[0]
        columns: list[list[Number]] = []
        for a in args:
            number, table = self.number(a), self.mask_numbers(a, pair)
            if number is None and table is None:
                return None
            columns.append([number or 0] * 4 if table is None else table[1])
        values = [BINARY[op.name](a, b) for a, b in zip(*columns, strict=True)]
        return self.by_numbers(pair, [v for v in values if v is not None])

    def by_numbers(self, pair: CasePair, values: list[Number]) -> int | None:
        """The node of a table of four numbers."""
        if len(values) != 4:
            return None
        return self.by_cases(pair, tuple(map(self.constant, values)))

    def by_cases(self, pair: CasePair, table: CaseNodes) -> int | None:
        """The node of a table; None where no short one has the right value for a NaN."""
        x, y = pair
        low, equal, high, else_ = table
        has_nan = not (self.is_total(x) and self.is_total(y))
        if low == equal == high:
            return None if has_nan and else_ != low else low
        node = self._by_one(pair, table, has_nan)
        if node is None:
            node = self._by_two(pair, table)
        if node is not None:
            self.cases[node] = pair, table
        return node

    def _by_one(self, pair: CasePair, table: CaseNodes, has_nan: bool) -> int | None:
        """A table of two different nodes: a comparison, or a choice by one."""
        x, y = pair
        if table[0] == table[2] and self.number(y) == 0 and is_mask(self.graph, x):
            return self.node(WHERE, x, table[0], table[1])
        found = None
        for op in _PREFERRED:
            outcome = OUTCOMES[op]
            cases = list(zip(table, outcome, strict=True))[: 4 if has_nan else 3]
            yes, no = {n for n, o in cases if o}, {n for n, o in cases if not o}
            if len(yes) == len(no) == 1:
                a, b = *yes, *no
                if self.number(a) == 1 and self.number(b) == 0:
                    return self.node(op, x, y)
                found = found or (op, a, b)
        if found is None:
            return None
        op, a, b = found
        return self.node(WHERE, self.node(op, x, y), a, b)

    def _by_two(self, pair: CasePair, table: CaseNodes) -> int | None:
        """A table of three different nodes: equality apart, then a table of two."""
        low, equal, high, else_ = table
        for inner in ((low, low, high, else_), (low, high, high, else_)):
            node = self.by_cases(pair, inner)
            if node is not None:
                return self.node(WHERE, self.node(EQUAL, *pair), equal, node)
        return None

    def choose(self, condition: int, a: int, b: int) -> int:
        """The node of where(condition, a, b), its table noted."""
        found = self.mask_numbers(condition)
        if found is None:
            found = (condition, self.constant(0)), [1, 0, 1, 1]
        pair, outcome = found
        first, second = self._on_pair(pair, a), self._on_pair(pair, b)
        cases = zip(first, second, outcome, strict=True)
        table = tuple([x if taken else y for x, y, taken in cases])
        node = None
        if first != (a,) * 4 or second != (b,) * 4:
            node = self.by_cases(pair, table)
        if node is None:
            node = self.node(WHERE, condition, a, b)
            self.cases.setdefault(node, (pair, table))
        return node

    def _on_pair(self, pair: CasePair, node: int) -> CaseNodes:
        """A node in the cases of a pair; a product with a factor that has them counts too."""
        found = self.cases.get(node)
        if found is not None and found[0] == pair:
            return found[1]
        c, factors = self.split(node)
        for k, (base, exponents) in enumerate(factors):
            inside = self.cases.get(base)
            if inside is not None and inside[0] == pair and exponents == (1,) and len(factors) < 9:
                others = factors[:k] + factors[k + 1 :]
                return tuple([self.times(n, c, others) for n in inside[1]])
        return (node,) * 4

    def completed(self, tables: Iterable[CaseNodes]) -> CaseNodes | None:
        """The sum of tables of which at most one is not 0 in each case."""
        zero = self.constant(0)
        result = [zero] * 4
        for table in tables:
            for k, node in enumerate(table):
                if node == zero:
                    continue
                if result[k] != zero:
                    return None
                result[k] = node
        return tuple(result)


def is_mask(graph: Graph, node: int) -> bool:
    """Whether a node is built of comparisons, so that it is 0 or 1."""
    seen, stack = {node}, [node]
    while stack:
        i = stack.pop()
        if graph.ops[i] not in _MASKS:
            return False
        if graph.ops[i] not in OUTCOMES:
            new = set(graph.args[i]) - seen
            seen |= new
            stack += new
    return True
