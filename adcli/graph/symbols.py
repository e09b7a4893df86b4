"""The algebra of graph nodes: what flows through the rules becomes a new graph.

`Expression` is a node with Python's operators; `Symbols` is the namespace `m` whose functions make
nodes. Only rewrites that are exact for every value happen here (x + 0 for a number x, x * 1,
x ^ 1, whole-number constants); adcli.graph.simplify does the rest.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from functools import partial
from typing import Any, Union

from adcli.errors import Span
from adcli.graph.axes import Shape
from adcli.graph.graph import Graph, Literal
from adcli.graph.primitives import (
    ADD,
    CONSTANT,
    DIVIDE,
    ELEMENTWISE,
    HOLDS,
    MAXIMUM,
    MINIMUM,
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
from adcli.graph.structure import STACK

Operable = Union["Expression", float, int]


Operator = Callable[["Expression", Operable], "Expression"]


def _left(op: Primitive) -> Operator:
    """The method of an operator for what stands on its left."""
    return lambda x, y: x.symbols.apply(op, x, y)


def _right(op: Primitive) -> Operator:
    return lambda y, x: y.symbols.apply(op, x, y)


class Expression:
    """A node of a graph that computes with Python's operators. Never compared, never hashed."""

    __slots__ = ("node", "symbols")

    def __init__(self, symbols: Symbols, node: int) -> None:
        self.symbols = symbols
        self.node = node

    __add__, __radd__ = _left(ADD), _right(ADD)
    __sub__, __rsub__ = _left(SUBTRACT), _right(SUBTRACT)
    __mul__, __rmul__ = _left(MULTIPLY), _right(MULTIPLY)

    def __neg__(self) -> Expression:
        return self.symbols.apply(NEGATIVE, self)


class Symbols:
    """The namespace `m` over one graph. New nodes get `span`, the place they are made for."""

    def __init__(self, graph: Graph, span: Span = (0, 0)) -> None:
        self.graph = graph
        self.span = span

    def __getattr__(self, name: str) -> Callable[..., Expression]:
        primitive = PRIMITIVES.get(name)
        if primitive is None:
            raise AttributeError(name)
        if primitive.kind in (ELEMENTWISE, SELECT):
            return partial(self.apply, primitive)
        return partial(self.structural, primitive)

    @property
    def pi(self) -> Expression:
        """The constant pi, exact in every engine."""
        return Expression(self, self.graph.named("pi", self.span))

    @property
    def inf(self) -> Expression:
        """The constant inf."""
        return Expression(self, self.graph.named("inf", self.span))

    def scalars(self, x: Expression) -> list[Expression] | None:
        """The elements of a vector written out, if one is a number (then all are scalars)."""
        if self.graph.ops[x.node] is not STACK:
            return None
        elements = self.graph.args[x.node]
        if not any(self.graph.ops[e] in (CONSTANT, NAMED) for e in elements):
            return None
        return [Expression(self, e) for e in elements]

    def of(self, node: int) -> Expression:
        """A node as an expression."""
        return Expression(self, node)

    def expression(self, value: Operable) -> Expression:
        """The node of a number, or the expression itself."""
        if isinstance(value, Expression):
            return value
        return Expression(self, self.graph.constant(float(value), self.span))

    def apply(self, primitive: Primitive, *operands: Operable) -> Expression:
        """An elementwise or select node, or an exact shorter form of it."""
        xs = [self.expression(x) for x in operands]
        values = [self.constant_value(x) for x in xs]
        short = _shorter(self, primitive, xs, values)
        if short is not None:
            return short
        args = tuple([x.node for x in xs])
        return Expression(self, self.graph.node(primitive, args, None, self.span))

    def structural(self, primitive: Primitive, attr: Any, *xs: Operable) -> Expression:
        """A node of a structural primitive with its static attribute."""
        args = tuple([self.expression(x).node for x in xs])
        return Expression(self, self.graph.node(primitive, args, attr, self.span))

    def full(self, value: float, shape: Shape) -> Expression:
        """A constant array, or a number."""
        if not shape:
            return self.expression(value)
        return self.structural(PRIMITIVES["full"], (value, shape))

    def power_slope(self, x: Operable, y: Operable) -> Expression:
        """y*x^(y-1), and 0 at (0, 0), where that is 0 times infinity.

        Nowhere else: at y = 0 its derivative in y is x^-1, not that of a constant. There the 0 is
        (x + 1)*sqrt(y), which has an infinite derivative in y as well, and its slope in x too.
        For a number y from 2^53 on, where floats do not hold y - 1, it is y*x^y/x.
        """
        y = self.expression(y)
        if _is_large(self.graph, y.node):
            quotient = self.divide(self.apply(POWER, x, y), x)
            return y * self.apply(WHERE, self.equal(x, 0), self.apply(POWER, x, y - 1), quotient)
        if self.graph.ops[y.node] is CONSTANT:
            return y * self.apply(POWER, x, y - 1) if self.graph.attrs[y.node] else y
        origin = self.equal(x, 0) * self.equal(y, 0)
        at_origin = (self.expression(x) + 1) * self.sqrt(y)
        return self.apply(WHERE, origin, at_origin, y * self.apply(POWER, x, y - 1))

    def constant_value(self, x: Expression) -> float | None:
        """The number that a constant node holds, None for other nodes and for a Literal, which a
        float64 would not tell from its neighbours, unless its text is that of the float64."""
        value = self.graph.attrs[x.node] if self.graph.ops[x.node] is CONSTANT else None
        if isinstance(value, Literal) and float.__repr__(value) == value.text:
            return float(value)
        return value if type(value) is float else None


_EVEN_FROM = 2.0**53
"""From here on all floats are even numbers."""

_NUMBERS: dict[Primitive, Callable[..., float]] = {
    CONSTANT: float,
    ADD: operator.add,
    SUBTRACT: operator.sub,
    MULTIPLY: operator.mul,
    DIVIDE: operator.truediv,
    NEGATIVE: operator.neg,
    POWER: math.pow,
}


def _is_large(graph: Graph, node: int) -> bool:
    """Whether a node is a number, maybe written by arithmetic, that has no odd neighbour."""
    if graph.varying[node] or graph.ops[node] not in _NUMBERS:
        return False
    values: dict[int, float] = {}
    for i in [node] if graph.ops[node] is CONSTANT else graph.reach([node]):
        rule = _NUMBERS.get(graph.ops[i])
        if rule is None:
            return False
        try:
            values[i] = rule(*[values[a] for a in graph.args[i]] or [graph.attrs[i]])
        except (ArithmeticError, ValueError):  # as in 1/0
            return False
    return abs(values[node]) >= _EVEN_FROM


def _is_whole(*values: float) -> bool:
    return all(v == v // 1 and abs(v) < 2.0**50 for v in values if v is not None)


def _shorter(
    m: Symbols, op: Primitive, xs: list[Expression], values: list[float | None]
) -> Expression | None:
    """An equal expression with fewer operations, or None."""
    if len(xs) == 2 and values[0] is not None and values[1] is not None:
        a, b = values[0], values[1]
        if op in (ADD, SUBTRACT, MULTIPLY) and _is_whole(a, b):
            return m.expression(_NUMBERS[op](a, b))
        if op.name in HOLDS:
            return m.expression(float(HOLDS[op.name](a, b)))
    first = values[0] if values else None
    last = values[-1] if values else None
    if op is ADD and first == 0:
        return xs[1]
    if op in (ADD, SUBTRACT) and last == 0:
        return xs[0]
    if op is SUBTRACT and first == 0:
        return -xs[1]
    if op is MULTIPLY:
        for value, other in ((first, xs[1]), (last, xs[0])):
            if value in (1, -1):
                return other if value == 1 else -other
    if op in (DIVIDE, POWER) and last == 1:
        return xs[0]
    if op is NEGATIVE and m.graph.ops[xs[0].node] is NEGATIVE:
        return Expression(m, m.graph.args[xs[0].node][0])
    if op is WHERE and first is not None:
        return xs[1] if first else xs[2]
    if first is not None and (op.name == "detach" or (op.name == "floor" and _is_whole(first))):
        return xs[0]
    if len(xs) == 1 and op in (MAXIMUM, MINIMUM):
        return xs[0]
    return None
