"""Case distinctions: what a node is where x < y, where x = y and where x > y.

Comparisons, and `where` over comparisons of one pair, are tables of three nodes. Joined tables show
that the derivative of max(x, 0) is x > 0, or that two branches complete each other. A NaN, for
which all comparisons fail, is in no domain and does not count.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from adcli.graph.exact import BINARY, Number
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

Pair = tuple[int, int]
Table = tuple[int, int, int]
"""The nodes where x < y, x = y, x > y."""

EQUAL = PRIMITIVES["equal"]
OUTCOMES: dict[Primitive, tuple[int, int, int]] = {
    PRIMITIVES["less"]: (1, 0, 0),
    PRIMITIVES["less_equal"]: (1, 1, 0),
    PRIMITIVES["greater"]: (0, 0, 1),
    PRIMITIVES["greater_equal"]: (0, 1, 1),
    EQUAL: (0, 1, 0),
    PRIMITIVES["not_equal"]: (1, 0, 1),
}
_COMPARISONS: dict[tuple[Any, Any, Any], Primitive] = {
    outcome: op for op, outcome in OUTCOMES.items()
}
_MASKS = (*OUTCOMES, MULTIPLY, MAXIMUM, MINIMUM)


class Maker(Protocol):
    """What makes the new nodes."""

    graph: Graph
    cases: dict[int, tuple[Pair, Table]]

    def node(self, op: Primitive, *args: int) -> int:
        """A new (or known) node."""

    def number(self, node: int) -> Number | None:
        """The exact number that a node is."""

    def constant(self, value: Number) -> int:
        """The node of an exact number."""

    def is_total(self, node: int) -> bool:
        """Whether a node is defined for all values of the variables."""

    def split(self, node: int) -> tuple[Number, Any]:
        """A node as coefficient and factors, each a base with its exponents."""

    def times(self, node: int, c: Number, factors: Any) -> int:
        """The product of a node, a number and factors."""


def compare(make: Maker, op: Primitive, x: int, y: int) -> int:
    """The node of a comparison, its table noted. x == max(x, y) is x >= y."""
    graph = make.graph
    if op is EQUAL:
        for a, b in ((x, y), (y, x)):
            extremum, inputs = graph.ops[b], graph.args[b]
            if extremum in (MAXIMUM, MINIMUM) and len(inputs) == 2 and a in inputs:
                other = inputs[1] if inputs[0] == a else inputs[0]
                name = "greater_equal" if extremum is MAXIMUM else "less_equal"
                return compare(make, PRIMITIVES[name], a, other)
    outcome = OUTCOMES[op]
    if x == y and make.is_total(x):
        return make.constant(outcome[1])
    node = make.node(op, x, y)
    low, equal, high = (make.constant(value) for value in outcome)
    pair = _ordered(graph, x, y)
    make.cases[node] = pair, (low, equal, high) if pair == (x, y) else (high, equal, low)
    return node


def _ordered(graph: Graph, x: int, y: int) -> Pair:
    """A pair as it is known: a number comes second."""
    if graph.ops[y] is CONSTANT or (graph.ops[x] is not CONSTANT and x < y):
        return x, y
    return y, x


def numbers(make: Maker, node: int, pair: Pair | None = None) -> tuple[Pair, list[Number]] | None:
    """The pair and the exact numbers that a node is in the three cases."""
    found = make.cases.get(node)
    if found is None or (pair is not None and found[0] != pair):
        return None
    values = [value for n in found[1] if (value := make.number(n)) is not None]
    return (found[0], values) if len(values) == 3 else None


def computed(make: Maker, op: Primitive, args: list[int]) -> int | None:
    """A function of two masks of one pair, or of a mask and a number: a table again."""
    if len(args) != 2 or op.name not in BINARY:
        return None
    first = numbers(make, args[0]) or numbers(make, args[1])
    if first is None:
        return None
    pair = first[0]
    columns: list[list[Number]] = []
    for a in args:
        number, table = make.number(a), numbers(make, a, pair)
        if number is None and table is None:
            return None
        columns.append([number or 0] * 3 if table is None else table[1])
    values = [BINARY[op.name](a, b) for a, b in zip(*columns, strict=True)]
    return by_numbers(make, pair, [v for v in values if v is not None])


def by_numbers(make: Maker, pair: Pair, values: list[Number]) -> int | None:
    """The node of a table of three numbers."""
    if len(values) != 3:
        return None
    low, equal, high = (make.constant(v) for v in values)
    return by_cases(make, pair, (low, equal, high))


def by_cases(make: Maker, pair: Pair, table: Table) -> int | None:
    """The node of a table; None if all cases are one that would lose the domain of the pair."""
    x, y = pair
    low, equal, high = table
    if low == equal == high:
        return low if make.is_total(x) and make.is_total(y) else None
    op = _COMPARISONS.get((make.number(low), make.number(equal), make.number(high)))
    if op is not None:
        node = make.node(op, x, y)
    elif low == high and make.number(y) == 0 and is_mask(make.graph, x):
        node = make.node(WHERE, x, low, equal)
    elif low == high:
        node = make.node(WHERE, make.node(EQUAL, x, y), equal, low)
    elif low == equal:
        node = make.node(WHERE, make.node(_COMPARISONS[0, 0, 1], x, y), high, low)
    elif equal == high:
        node = make.node(WHERE, make.node(_COMPARISONS[0, 1, 1], x, y), high, low)
    else:
        rest = (low, high, high) if make.number(low) == 1 else (low, low, high)
        inner = by_cases(make, pair, rest)
        assert inner is not None
        node = make.node(WHERE, make.node(EQUAL, x, y), equal, inner)
    make.cases[node] = pair, table
    return node


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


def choose(make: Maker, condition: int, a: int, b: int) -> int:
    """The node of where(condition, a, b), its table noted."""
    found = numbers(make, condition)
    if found is None:
        found = (condition, make.constant(0)), [1, 0, 1]
    pair, outcome = found
    first, second = on_pair(make, pair, a), on_pair(make, pair, b)
    low, equal, high = (first[k] if taken else second[k] for k, taken in enumerate(outcome))
    node = None
    if first != (a,) * 3 or second != (b,) * 3 or low == equal == high:
        node = by_cases(make, pair, (low, equal, high))
    if node is None:
        node = make.node(WHERE, condition, a, b)
        make.cases.setdefault(node, (pair, (low, equal, high)))
    return node


def on_pair(make: Maker, pair: Pair, node: int) -> Table:
    """A node in the three cases of a pair; a product with a factor that has them counts too."""
    found = make.cases.get(node)
    if found is not None and found[0] == pair:
        return found[1]
    c, factors = make.split(node)
    for k, (base, exponents) in enumerate(factors):
        inside = make.cases.get(base)
        if inside is not None and inside[0] == pair and exponents == (1,) and len(factors) < 9:
            others = factors[:k] + factors[k + 1 :]
            low, equal, high = (make.times(n, c, others) for n in inside[1])
            return low, equal, high
    return (node,) * 3


def completed(make: Maker, tables: Iterable[Table]) -> Table | None:
    """The sum of tables of which at most one is not 0 in each case."""
    zero = make.constant(0)
    result = [zero] * 3
    for table in tables:
        for k, node in enumerate(table):
            if node == zero:
                continue
            if result[k] != zero:
                return None
            result[k] = node
    low, equal, high = result
    return low, equal, high
