"""Products of vectors with a narrow matrix over rows, written out column by column.

A kernel then reads each row of the matrix once, for the product with its columns and, in the
gradient, for that with its rows, together with all else that is done with the row. BLAS reads the
matrix once for each of them, and what is in between goes through memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from math import prod

from adcli.graph.axes import Shape
from adcli.graph.graph import Graph
from adcli.graph.primitives import ADD, MULTIPLY, VARIABLE, Primitive
from adcli.graph.shapes import infer_shapes
from adcli.graph.structure import INDEX, MATMUL, RESHAPE, STACK, SUM

MOST_COLUMNS = 32
"""The most columns of all narrow matrices together: a row fits the registers of a processor."""

ROWS_A_COLUMN = 5_000
"""Rows for each column below which more is lost by handling the columns one by one."""

ALL_ROWS = (None, None, None)
"""The slice `:` in the key of an index."""


def by_columns(
    graph: Graph, outputs: Sequence[int], shapes: Mapping[str, Shape], rows: int
) -> list[int]:
    """The outputs, with products of narrow matrices over `rows` rows written out.

    `shapes` are those of the variables. What is not written out stays the node that it is: all of
    them where a product over rows needs another's sums, since each of a chain of passes would
    compute the products of those before again.
    """
    order = graph.reach(outputs)
    widths = {
        i: shapes[graph.attrs[i]][1]
        for i in order
        if graph.ops[i] is VARIABLE and _is_narrow(shapes.get(graph.attrs[i], ()), rows)
    }
    columns = sum(widths.values())
    if not 0 < columns <= MOST_COLUMNS or rows < ROWS_A_COLUMN * columns:
        return list(outputs)
    products = _NarrowGraph(graph, infer_shapes(graph, order, shapes), rows, list(widths))
    for i in order:
        products.take(i)
    return list(outputs) if products.are_chained else [products.new[o] for o in outputs]


def _is_narrow(shape: Shape, rows: int) -> bool:
    return len(shape) == 2 and shape[0] == rows and 2 <= shape[1] <= MOST_COLUMNS


class _NarrowGraph:
    """A graph in the making: `new` has what each node has become.

    The sums of a matrix are written out only beside its products with rows: alone they are BLAS's
    work. `are_chained` says whether a product with rows depends on such sums.
    """

    def __init__(
        self, graph: Graph, shapes: Mapping[int, Shape], rows: int, matrices: Sequence[int]
    ) -> None:
        self.graph = graph
        self.rows = rows
        self.new: dict[int, int] = {}
        self._shapes = shapes
        self._upright = {i: i for i in matrices}  # node -> the variable that it is
        self._lying: dict[int, int] = {}  # node -> the variable that it is the transpose of
        self._dotted: set[int] = set()
        self._summed: set[int] = set()  # nodes that depend on sums
        self.are_chained = False

    def take(self, i: int) -> None:
        """Write out a node whose inputs have been taken."""
        graph = self.graph
        op, args = graph.ops[i], graph.args[i]
        self._follow(i)
        if not self._summed.isdisjoint(args):
            self._summed.add(i)
        product = self._product(i, *args) if op is MATMUL else None
        if product is None:
            now = tuple([self.new[a] for a in args])
            product = i if now == args else graph.node(op, now, graph.attrs[i], graph.span(i))
        self.new[i] = product

    def _follow(self, i: int) -> None:
        """Whether a node is nothing but a matrix, upright or lying."""
        name, args = self.graph.ops[i].name, self.graph.args[i]
        if name not in ("reshape", "transpose") or len(self._shape(i)) != 2:
            return
        (a,) = args
        turns = name == "transpose" and self.graph.attrs[i] in (None, (1, 0))
        if turns or self._shape(i) == self._shape(a):
            for known, other in ((self._upright, self._lying), (self._lying, self._upright)):
                if a in known:
                    (other if turns else known)[i] = known[a]

    def _product(self, i: int, a: int, b: int) -> int | None:
        """A product with a narrow matrix; None if it is none with a vector."""
        for matrix, across, along in (
            (a, self._upright, self._lying),
            (b, self._lying, self._upright),
        ):
            vector = b if matrix == a else a
            found = across.get(matrix)
            if found is not None and self._is_vector(vector, self._shape(found)[1]):
                return self._dot(i, found, vector)
            found = along.get(matrix)
            if found in self._dotted and self._is_vector(vector, self.rows):
                return self._sums(i, found, vector)
        return None

    def _dot(self, i: int, matrix: int, vector: int) -> int:
        """A number for each row: the row times the vector."""
        self._dotted.add(matrix)
        self.are_chained = self.are_chained or i in self._summed
        numbers = self._elements(vector)
        terms = [
            self._node(i, MULTIPLY, column, number)
            for column, number in zip(self._columns(i, matrix), numbers, strict=True)
        ]
        total = reduce(lambda x, y: self._node(i, ADD, x, y), terms)
        return self._reshaped(i, total, (self.rows,), self._shape(i))

    def _sums(self, i: int, matrix: int, vector: int) -> int:
        """A number for each column: the column times the vector."""
        self._summed.add(i)
        numbers = self._reshaped(i, self.new[vector], self._shape(vector), (self.rows,))
        columns = self._columns(i, matrix)
        sums = [self._node(i, SUM, self._node(i, MULTIPLY, x, numbers)) for x in columns]
        stacked = self.graph.node(STACK, tuple(sums), 0, self.graph.span(i))
        return self._reshaped(i, stacked, (len(sums),), self._shape(i))

    def _columns(self, i: int, matrix: int) -> list[int]:
        return [
            self.graph.node(INDEX, (matrix,), (ALL_ROWS, k), self.graph.span(i))
            for k in range(self._shape(matrix)[1])
        ]

    def _elements(self, vector: int) -> list[int]:
        """The numbers of a vector, which may be a column or a row."""
        shape = self._shape(vector)
        places = [tuple([0 if n == 1 else k for n in shape]) for k in range(max(shape))]
        return [
            self.graph.node(INDEX, (self.new[vector],), p, self.graph.span(vector)) for p in places
        ]

    def _is_vector(self, i: int, size: int) -> bool:
        shape = self._shape(i)
        return len(shape) <= 2 and prod(shape) == size == max(shape)

    def _shape(self, i: int) -> Shape:
        return self._shapes.get(i, ())

    def _node(self, i: int, op: Primitive, *args: int) -> int:
        """A node in the place of node i."""
        return self.graph.node(op, args, None, self.graph.span(i))

    def _reshaped(self, i: int, node: int, shape: Shape, wanted: Shape) -> int:
        if shape == wanted:
            return node
        return self.graph.node(RESHAPE, (node,), wanted, self.graph.span(i))
