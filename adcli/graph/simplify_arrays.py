"""Exact rewrites of structural operations: what only moves elements about, and constant arrays."""

from __future__ import annotations

from math import prod
from typing import Any

from adcli.graph.axes import WHOLE, Key, Shape, reduced_shape
from adcli.graph.exact import Number, exact
from adcli.graph.graph import Graph
from adcli.graph.primitives import CONSTANT, PRIMITIVES, Primitive
from adcli.graph.simplify_sums import Sums
from adcli.graph.structure import FULL, INDEX, MATMUL, REORDER, RESHAPE, STACK, SUM

_BROADCAST = PRIMITIVES["broadcast"]
_CONCAT = PRIMITIVES["concat"]
_DIAG = PRIMITIVES["diag"]
_EINSUM = PRIMITIVES["einsum"]
_EXPAND = PRIMITIVES["expand"]
_SUM_TO = PRIMITIVES["sum_to"]
_TRANSPOSE = PRIMITIVES["transpose"]
_SIZE = PRIMITIVES["size"]


class Rearranging(Sums):
    """Structural operations of new nodes."""

    def rearranged(
        self, op: Primitive, args: list[int], attr: Any, shape: Shape
    ) -> tuple[Number, int]:
        """A coefficient and a node that are together `op(args)`, which has the given shape.

        | before | after |
        | --- | --- |
        | reshape, broadcast, sum_to to the shape it has | x |
        | reshape(reshape(x)) | reshape(x) |
        | sum_to(x) to a scalar | sum(x) |
        | transpose(transpose(x)) | x, or one transpose |
        | sum of a repeated number | the number times the count |
        | an array of one number, moved | an array of one number |
        | [a, b][0] | a, where b is defined for all numbers |
        | broadcast(broadcast(x)) | broadcast(x) |
        | concat(a, b)[:n] | a, where b is defined for all numbers |
        | products of a matrix and a column or row | products of a matrix and a vector |
        | a unit matrix @ x, numbers among einsum's factors | x, a coefficient |
        """
        graph = self.graph
        if op is _SIZE:
            (x,) = args
            whole = self.shape(x)
            return _count(whole, reduced_shape([whole], attr)), graph.constant(1.0)
        if op is _SUM_TO and shape == ():
            op, attr = SUM, None
        if op in (RESHAPE, _BROADCAST, _SUM_TO) and self.shape(args[0]) == shape:
            return 1, args[0]
        is_moved = op.trend == "keeps" and (len(args) == 1 or op is REORDER)
        if is_moved and graph.ops[args[0]] in (FULL, CONSTANT):
            value = graph.attrs[args[0]]
            value = value[0] if graph.ops[args[0]] is FULL else value
            if type(value) is float:
                return 1, self.node(FULL, attr=(value, shape)) if shape else graph.constant(value)
        if op is SUM:
            return self._sum_of_array(args[0], attr, shape)
        if op is RESHAPE or op is _EXPAND:
            return 1, self._reshape(args[0], shape)
        if op is _TRANSPOSE:
            return 1, self._transpose(args[0], attr, shape)
        if op is MATMUL:
            return self._matmul(*args)
        if op is _EINSUM:
            return self._einsum(args, attr)
        if op is _BROADCAST and graph.ops[args[0]] is _BROADCAST:
            return 1, self.node(_BROADCAST, *graph.args[args[0]], attr=shape)
        if op is INDEX and graph.ops[args[0]] is _CONCAT:
            return 1, self._part(args[0], attr)
        if op is INDEX and graph.ops[args[0]] is STACK and graph.attrs[args[0]] == 0:
            elements = graph.args[args[0]]
            first, *others = attr
            if isinstance(first, int) and all(map(self.is_total, elements)):
                element = elements[first]
                return 1, self.node(INDEX, element, attr=tuple(others)) if others else element
        return 1, self.node(op, *args, attr=attr)

    def _part(self, joined: int, key: Key) -> int:
        """A slice of joined arrays that lies in one of them is a slice of that one."""
        graph = self.graph
        *front, last = key
        shape, parts = self.shape(joined), graph.args[joined]
        if graph.attrs[joined] == len(front) and isinstance(last, tuple) and set(front) <= {WHOLE}:
            start, stop, step = slice(*last).indices(shape[len(front)])
            for part in parts:
                size = self.shape(part)[len(front)]
                if 0 <= start < stop <= size and step == 1 and all(map(self.is_total, parts)):
                    whole = (start, stop) == (0, size)
                    own = (*front, (start, stop, None))
                    return part if whole else self.node(INDEX, part, attr=own)
                start, stop = start - size, stop - size
        return self.node(INDEX, joined, attr=key)

    def _sum_of_array(self, x: int, axis: int | None, shape: Shape) -> tuple[Number, int]:
        graph = self.graph
        whole = self.shape(x)
        if whole == ():
            return 1, x
        count = _count(whole, shape)
        if graph.ops[x] is FULL and count:
            value = graph.attrs[x][0]
            return count, self.node(FULL, attr=(value, shape)) if shape else graph.constant(value)
        if graph.ops[x] is _BROADCAST and axis is None and count:
            (y,) = graph.args[x]
            inner = self.shape(y)
            return count // prod(inner), y if inner == () else self.node(SUM, y)
        if graph.ops[x] is RESHAPE and axis is None:
            (x,) = graph.args[x]
        return 1, self.node(SUM, x, attr=axis)

    def _reshape(self, x: int, shape: Shape) -> int:
        graph = self.graph
        count = prod(shape)
        while graph.ops[x] in (RESHAPE, _EXPAND, _BROADCAST):
            (inner,) = graph.args[x]
            if prod(self.shape(inner)) != count:
                break
            x = inner
        have = self.shape(x)
        if have == shape:
            return x
        if shape[len(shape) - len(have) :] == have and count == prod(have):
            return self.node(_BROADCAST, x, attr=shape)  # axes of length 1 in front
        if graph.ops[x] is MATMUL:
            a, b = graph.args[x]
            left, right = self.shape(a), self.shape(b)
            if len(left) == 2 and right[1:] == (1,) and shape == left[:1]:
                return self.node(MATMUL, a, self._reshape(b, right[:1]))
            if len(right) == 2 and left[:-1] == (1,) and shape == right[1:]:
                return self.node(MATMUL, self._reshape(a, left[1:]), b)
        return self.node(RESHAPE, x, attr=shape)

    def _transpose(self, x: int, axes: tuple[int, ...] | None, shape: Shape) -> int:
        graph = self.graph
        order = _order(axes, len(shape))
        if graph.ops[x] is _TRANSPOSE:
            inner = _order(graph.attrs[x], len(shape))
            (x,) = graph.args[x]
            order = [inner[k] for k in order]
        if order == list(range(len(shape))):
            return x
        if sum(n != 1 for n in shape) <= 1:  # a row becomes a column
            return self._reshape(x, shape)
        backwards = order == list(range(len(shape)))[::-1]
        return self.node(_TRANSPOSE, x, attr=None if backwards else tuple(order))

    def _matmul(self, a: int, b: int) -> tuple[Number, int]:
        """A column times a row is the outer product of two vectors; a unit matrix goes."""
        graph = self.graph
        left, right = self.shape(a), self.shape(b)
        if len(left) == len(right) == 2 and left[1] == right[0] == 1:
            if left == (1, 1) or right == (1, 1):
                return 1, self.product_of(a, b)
            column, row = self._reshape(a, left[:1]), self._reshape(b, right[1:])
            return 1, self.node(_EINSUM, column, row, attr="i,j->ij")
        for unit, other in ((a, b), (b, a)):
            value = _unit(graph, unit)
            if value is not None and len(self.shape(other)) <= 2:
                return value, other
        return 1, self.node(MATMUL, a, b)

    def _einsum(self, args: list[int], spec: str) -> tuple[Number, int]:
        """Numbers among the factors go outside."""
        from adcli.graph.subscripts import subscripts

        read = subscripts(spec, len(args))
        c: Number = 1
        kept = []
        for term, x in zip(read.terms, args, strict=True):
            value = exact(self.graph.attrs[x]) if self.graph.ops[x] is CONSTANT else None
            if value is None:
                kept.append((term, x))
            else:
                c = c * value
        if len(kept) == len(args):
            return 1, self.node(_EINSUM, *args, attr=spec)
        if not kept:
            return c, self.graph.constant(1.0)
        if len(kept) == 1 and kept[0][0] == read.output:
            return c, kept[0][1]
        spec = read._replace(terms=tuple([term for term, _ in kept])).spec()
        return c, self.node(_EINSUM, *[x for _, x in kept], attr=spec)


def _count(whole: Shape, part: Shape) -> int:
    return prod(whole) // prod(part) if prod(part) else 0


def _order(axes: tuple[int, ...] | None, ndim: int) -> list[int]:
    return list(range(ndim))[::-1] if axes is None else [a % ndim for a in axes]


def _unit(graph: Graph, node: int) -> Number | None:
    """The exact number c where a node is diag of a vector full of c."""
    if graph.ops[node] is not _DIAG:
        return None
    (x,) = graph.args[node]
    if graph.ops[x] is not FULL or len(graph.attrs[x][1]) != 1:
        return None
    return exact(graph.attrs[x][0])
