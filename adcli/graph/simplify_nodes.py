"""New nodes, and what is known about them: shapes, numbers, signs, domains, factors with exponents,
and when exponents may be joined."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from adcli.graph import exact
from adcli.graph.axes import Shape
from adcli.graph.chains import count_uses, find_chains
from adcli.graph.exact import Number, reduced
from adcli.graph.graph import Graph
from adcli.graph.primitives import (
    CONSTANT,
    DIVIDE,
    HOLDS,
    NAMED,
    POWER,
    PRIMITIVES,
    WHERE,
    Primitive,
)
from adcli.graph.shapes import infer_shapes, is_scalar_program, shape_of
from adcli.graph.structure import FULL

Exponents = tuple[Number, ...]
Factors = tuple[tuple[int, Exponents], ...]
"""Bases with their exponents. A base has several where joining them would enlarge the domain."""

_SHORT_PRODUCT = 8
_MOST_FACTORS = 64
"""Factors that brackets are opened for: products of products may have exponentially many."""

CasePair = tuple[int, int]
CaseNodes = tuple[int, ...]
"""The nodes where x < y, where x = y, where x > y, and where x or y is NaN."""

OUTCOMES: dict[Primitive, tuple[int, ...]] = {
    PRIMITIVES[name]: tuple([int(holds(x, 0)) for x in (-1, 0, 1, math.nan)])
    for name, holds in HOLDS.items()
}
"""Comparisons of x and y where x < y, where x = y, where x > y, and where x or y is NaN."""

_BROADCAST = PRIMITIVES["broadcast"]


class NewNodes:
    """The nodes below `outputs`, and what they become in one walk."""

    def __init__(self, graph: Graph, outputs: list[int], shapes: Mapping[str, Shape]) -> None:
        self.graph = graph
        self.outputs = outputs
        self.order = graph.reach(outputs)
        self.shaped = bool(shapes) or not is_scalar_program(graph, self.order)
        self.shapes = infer_shapes(graph, self.order, shapes) if self.shaped else {}
        self.span = (0, 0)
        self.new: dict[int, int] = {}
        # What new nodes are made of: products, case distinctions.
        self.products: dict[int, tuple[Number, Factors]] = {}
        self.cases: dict[int, tuple[CasePair, CaseNodes]] = {}
        self._total: dict[int, bool] = {}
        self._numbers: dict[int, Number | None] = {}
        self.uses = count_uses(graph, self.order, outputs)
        self.chain = find_chains(graph, self.order, self.uses)
        self.positive = self.find_positive()

    def find_positive(self) -> set[int]:
        """Nodes that are positive wherever every output is defined: arguments of logarithms."""
        args, ops = self.graph.args, self.graph.ops
        found: set[int] | None = None
        places = {i: ops[i].positive_input for i in self.order}
        logarithms = {i: args[i][k] for i, k in places.items() if k is not None}
        if not logarithms:
            return set()
        for output in self.outputs:
            needed, stack = {output}, [output]
            while stack:
                i = stack.pop()
                for a in args[i][:1] if ops[i] is WHERE else args[i]:
                    if a not in needed:
                        needed.add(a)
                        stack.append(a)
            here = {argument for i, argument in logarithms.items() if i in needed}
            found = here if found is None else found & here
        return found or set()

    def node(self, op: Primitive, *args: int, attr: Any = None) -> int:
        """A new (or known) node."""
        return self.graph.node(op, args, attr, self.span)

    def shape(self, node: int) -> Shape:
        """The shape of a new node."""
        return shape_of(self.graph, node, {}, self.shapes)

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

    def spread(self, node: int, shape: Shape) -> int:
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
                if self.graph.ops[i] in OUTCOMES:  # a comparison with inf is fine
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

    def is_positive(self, node: int) -> bool:
        return node in self.positive or (
            self.graph.ops[node] is NAMED and self.graph.attrs[node] != "inf"
        )


def domain_flags(exponent: Number) -> int:
    """The domain of x^exponent: bit 1 if x must not be 0, bit 2 if x must not be negative."""
    return (exponent < 0) | (2 if exponent.denominator != 1 else 0)


def raised(value: Number, exponents: Exponents) -> Number | None:
    """The product of all powers; None where one has no exact value."""
    result: Number = 1
    for x in exponents:
        factor = exact.power(value, x)
        if factor is None:
            return None
        result = reduced(result * factor)
    return result


def like(products: Mapping[int, tuple[Number, Factors]], factors: Factors) -> Any:
    """A key that like terms share: the factors in any order, short products in brackets as well."""
    if len(factors) == 1 and factors[0][0] not in products:
        return factors
    powers: dict[tuple[int, int], Number] = {}
    others = []
    opened = 0
    waiting = list(factors)
    while waiting:
        base, exponents = waiting.pop()
        c, inside = products.get(base, (0, ()))
        if (
            exponents == (1,)
            and c == 1
            and len(inside) <= _SHORT_PRODUCT
            and opened < _MOST_FACTORS
        ):
            waiting += inside
            opened += len(inside)
            continue
        for x in exponents:
            if x.denominator == 1:
                key = base, int(x < 0)
                powers[key] = powers.get(key, 0) + x
            else:
                others.append((base, x))
    return tuple(sorted([*others, *((base, x) for (base, _), x in powers.items())]))
