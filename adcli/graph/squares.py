"""Even functions of lengths, as the smooth functions that they are.

norm(v)^2 is a sum of squares, and smooth; by the chain rule its second derivative at 0 would be 0
times infinity, and that of abs(x)^2 would be 0. In programs that are differentiated twice an even
power of abs, norm, hypot or std is taken of the squares, also where numbers are multiplied with the
length. The value is the same, up to rounding, and so is its range.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from adcli.graph.graph import Graph
from adcli.graph.primitives import (
    CONSTANT,
    DIVIDE,
    ELEMENTWISE,
    MULTIPLY,
    NEGATIVE,
    POWER,
    PRIMITIVES,
    Primitive,
)
from adcli.graph.symbols import Expression, Symbols

_ABS, _HYPOT = PRIMITIVES["abs"], PRIMITIVES["hypot"]
_LENGTH = Primitive("length", ELEMENTWISE, ("length", "square"))
"""A length beside its square, as long as the program is being read."""

_LARGE = 2.0**960
_MODERATE = 2.0**20


def with_square(m: Any, length: Any, square: Any) -> Any:
    """A length, for `smooth` to take its square where an even power is asked for."""
    return m.apply(_LENGTH, length, square) if m.graph.varying[length.node] else length


def smooth(graph: Graph, outputs: Iterable[int]) -> list[int]:
    """The nodes `outputs` with even functions of lengths written without the lengths."""
    outputs = list(outputs)
    walk = _Walk(graph)
    for i in graph.reach(outputs):
        walk.m.span = graph.span(i)
        args = tuple([walk.new[a] for a in graph.args[i]])
        walk.new[i] = walk.rewritten(i, args)
    return [walk.new[o] for o in outputs]


class _Walk:
    """What has been rewritten: `new` has the node for each old one.

    `squares` has the square of a new node that is a length, `products` for one that is a product
    with a length as a factor how it was made: the operation, the factor with the length, the other.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.m = Symbols(graph)
        self.new: dict[int, int] = {}
        self.squares: dict[int, Expression] = {}
        self.products: dict[int, tuple[Primitive, int, int]] = {}

    def rewritten(self, i: int, args: tuple[int, ...]) -> int:
        """The new node for the old node i, whose new arguments are `args`."""
        graph = self.graph
        op = graph.ops[i]
        if op is _LENGTH:
            length, square = args
            self.squares[length] = Expression(self.m, square)
            return length
        if op.even or op is _HYPOT:
            args = tuple([self._without_sign(a) for a in args])
        elif (
            op is POWER and self._is_length(args[0]) and (exponent := self._exponent(args[1])) >= 2
        ):
            return self._power(args[0], args[1], exponent).node
        elif (
            op is MULTIPLY
            and all(map(self._is_length, args))
            and len({self._factors(a)[0] for a in args}) == 1
        ):
            return self._square(args[0], args[1], 1).node
        changed = args != graph.args[i]
        node = graph.node(op, args, graph.attrs[i], graph.span(i)) if changed else i
        self._note(node, op, args)
        return node

    def _note(self, node: int, op: Primitive, args: tuple[int, ...]) -> None:
        if op is _ABS:
            self.squares[node] = self.m.power(Expression(self.m, args[0]), 2)
        elif op is _HYPOT:
            x, y = [self.m.power(Expression(self.m, a), 2) for a in args]
            self.squares[node] = x + y
        elif op in (MULTIPLY, DIVIDE, NEGATIVE) and self._is_length(args[0]):
            self.products[node] = (op, args[0], args[-1])
        elif op is MULTIPLY and self._is_length(args[1]):
            self.products[node] = (op, args[1], args[0])

    def _is_length(self, node: int) -> bool:
        return node in self.squares or node in self.products

    def _without_sign(self, node: int) -> int:
        while self.graph.ops[node] in (_ABS, NEGATIVE):
            (node,) = self.graph.args[node]
        return node

    def _exponent(self, node: int) -> float:
        return float(self.graph.attrs[node]) if self.graph.ops[node] is CONSTANT else 0.0

    def _factors(self, node: int) -> tuple[int, Expression]:
        """The length in a product, and the product of what it is multiplied with."""
        steps = []
        while node not in self.squares:
            op, node, other = self.products[node]
            steps.append((op, Expression(self.m, other)))
        scale = self.m.expression(1)
        for op, factor in reversed(steps):
            scale = -scale if op is NEGATIVE else self.m.apply(op, scale, factor)
        return node, scale

    def _power(self, base: int, node: int, exponent: float) -> Expression:
        """base^exponent, an even power of the square; others are flat at 0 as that is."""
        m = self.m
        if exponent % 2 == 0:
            return self._square(base, base, int(exponent) // 2)
        length, _ = self._factors(base)
        flat = m.power(self.squares[length], int(exponent) // 2 + 1)
        whole = m.power(Expression(m, base), Expression(m, node))
        return m.where(m.detach(m.equal(Expression(m, length), 0)), flat, whole)

    def _square(self, a: int, b: int, power: int) -> Expression:
        """(a b)^power, where a and b are products with the same length.

        A square may leave the range where a factor makes up for it: there the product stays.
        """
        m = self.m
        (length, scale), (_, other) = self._factors(a), self._factors(b)
        square = self.squares[length]
        scales = scale * other
        found = m.power(square * scales, power)
        value = m.constant_value(scales)
        if value is not None and 1 / _MODERATE < abs(value) < _MODERATE:
            return found
        whole = m.power(Expression(m, a) * Expression(m, b), power)
        is_zero = m.equal(Expression(m, length), 0)
        inside = is_zero + _is_inside(m, square) * _is_inside(m, m.abs(scales))
        return m.where(m.detach(m.greater(inside, 0)), found, whole)


def _is_inside(m: Any, x: Any) -> Any:
    return m.less(1 / _LARGE, x) * m.less(x, _LARGE)
