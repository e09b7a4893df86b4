"""Case distinctions: what a node is where x < y, where x = y, where x > y, and else.

Comparisons, and `where` over comparisons of one pair, are tables of four nodes. Joined tables show
that the derivative of max(x, 0) is x > 0, or that two branches complete each other. The fourth case
is a NaN, for which every comparison but != fails; it counts unless x and y are defined everywhere.
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

CasePair = tuple[int, int]
CaseNodes = tuple[int, int, int, int]
"""The nodes where x < y, where x = y, where x > y, and where x or y is NaN."""

EQUAL = PRIMITIVES["equal"]
OUTCOMES: dict[Primitive, tuple[int, int, int, int]] = {
    PRIMITIVES["less"]: (1, 0, 0, 0),
    PRIMITIVES["less_equal"]: (1, 1, 0, 0),
    PRIMITIVES["greater"]: (0, 0, 1, 0),
    PRIMITIVES["greater_equal"]: (0, 1, 1, 0),
    EQUAL: (0, 1, 0, 0),
    PRIMITIVES["not_equal"]: (1, 0, 1, 1),
}
_PREFERRED = tuple(
    PRIMITIVES[name]
    for name in ("greater", "greater_equal", "equal", "less", "less_equal", "not_equal")
)
_MASKS = (*OUTCOMES, MULTIPLY, MAXIMUM, MINIMUM)


class CaseMaker(Protocol):
    """What makes the new nodes."""

    graph: Graph
    cases: dict[int, tuple[CasePair, CaseNodes]]

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


def compare(make: CaseMaker, op: Primitive, x: int, y: int) -> int:
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
    low, equal, high, else_ = (make.constant(value) for value in outcome)
    pair = _ordered(graph, x, y)
    if pair != (x, y):
        low, high = high, low
    make.cases[node] = pair, (low, equal, high, else_)
    return node


def _ordered(graph: Graph, x: int, y: int) -> CasePair:
    """A pair as it is known: a number comes second."""
    if graph.ops[y] is CONSTANT or (graph.ops[x] is not CONSTANT and x < y):
        return x, y
    return y, x


def numbers(
    make: CaseMaker, node: int, pair: CasePair | None = None
) -> tuple[CasePair, list[Number]] | None:
    """The pair and the exact numbers that a node is in the four cases."""
    found = make.cases.get(node)
    if found is None or (pair is not None and found[0] != pair):
        return None
    values = [value for n in found[1] if (value := make.number(n)) is not None]
    return (found[0], values) if len(values) == 4 else None


def computed(make: CaseMaker, op: Primitive, args: list[int]) -> int | None:
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
        columns.append([number or 0] * 4 if table is None else table[1])
    values = [BINARY[op.name](a, b) for a, b in zip(*columns, strict=True)]
    return by_numbers(make, pair, [v for v in values if v is not None])


def by_numbers(make: CaseMaker, pair: CasePair, values: list[Number]) -> int | None:
    """The node of a table of four numbers."""
    if len(values) != 4:
        return None
    low, equal, high, else_ = (make.constant(v) for v in values)
    return by_cases(make, pair, (low, equal, high, else_))


def by_cases(make: CaseMaker, pair: CasePair, table: CaseNodes) -> int | None:
    """The node of a table; None where no short one has the right value for a NaN."""
    x, y = pair
    low, equal, high, else_ = table
    has_nan = not (make.is_total(x) and make.is_total(y))
    if low == equal == high:
        return None if has_nan and else_ != low else low
    node = _by_one(make, pair, table, has_nan)
    if node is None:
        node = _by_two(make, pair, table)
    if node is not None:
        make.cases[node] = pair, table
    return node


def _by_one(make: CaseMaker, pair: CasePair, table: CaseNodes, has_nan: bool) -> int | None:
    """A table of two different nodes: a comparison, or a choice by one."""
    x, y = pair
    if table[0] == table[2] and make.number(y) == 0 and is_mask(make.graph, x):
        return make.node(WHERE, x, table[0], table[1])
    found = None
    for op in _PREFERRED:
        outcome = OUTCOMES[op]
        cases = list(zip(table, outcome, strict=True))[: 4 if has_nan else 3]
        yes, no = {n for n, o in cases if o}, {n for n, o in cases if not o}
        if len(yes) == len(no) == 1:
            a, b = *yes, *no
            if make.number(a) == 1 and make.number(b) == 0:
                return make.node(op, x, y)
            found = found or (op, a, b)
    if found is None:
        return None
    op, a, b = found
    return make.node(WHERE, make.node(op, x, y), a, b)


def _by_two(make: CaseMaker, pair: CasePair, table: CaseNodes) -> int | None:
    """A table of three different nodes: equality apart, then a table of two."""
    low, equal, high, else_ = table
    for inner in ((low, low, high, else_), (low, high, high, else_)):
        node = by_cases(make, pair, inner)
        if node is not None:
            return make.node(WHERE, make.node(EQUAL, *pair), equal, node)
    return None


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


def choose(make: CaseMaker, condition: int, a: int, b: int) -> int:
    """The node of where(condition, a, b), its table noted."""
    found = numbers(make, condition)
    if found is None:
        found = (condition, make.constant(0)), [1, 0, 1, 1]
    pair, outcome = found
    first, second = on_pair(make, pair, a), on_pair(make, pair, b)
    low, equal, high, else_ = (
        x if taken else y for x, y, taken in zip(first, second, outcome, strict=True)
    )
    node = None
    if first != (a,) * 4 or second != (b,) * 4:
        node = by_cases(make, pair, (low, equal, high, else_))
    if node is None:
        node = make.node(WHERE, condition, a, b)
        make.cases.setdefault(node, (pair, (low, equal, high, else_)))
    return node


def on_pair(make: CaseMaker, pair: CasePair, node: int) -> CaseNodes:
    """A node in the cases of a pair; a product with a factor that has them counts too."""
    found = make.cases.get(node)
    if found is not None and found[0] == pair:
        return found[1]
    c, factors = make.split(node)
    for k, (base, exponents) in enumerate(factors):
        inside = make.cases.get(base)
        if inside is not None and inside[0] == pair and exponents == (1,) and len(factors) < 9:
            others = factors[:k] + factors[k + 1 :]
            low, equal, high, else_ = (make.times(n, c, others) for n in inside[1])
            return low, equal, high, else_
    return (node,) * 4


def completed(make: CaseMaker, tables: Iterable[CaseNodes]) -> CaseNodes | None:
    """The sum of tables of which at most one is not 0 in each case."""
    zero = make.constant(0)
    result = [zero] * 4
    for table in tables:
        for k, node in enumerate(table):
            if node == zero:
                continue
            if result[k] != zero:
                return None
            result[k] = node
    low, equal, high, else_ = result
    return low, equal, high, else_
