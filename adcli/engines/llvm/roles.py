"""The role of each node in a program over rows: who computes it, and in which pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from adcli.engines.llvm.narrow import ALL_ROWS
from adcli.engines.llvm.operations import REDUCTIONS
from adcli.engines.llvm.place_code import MOST_PLACES
from adcli.engines.lower import is_foreign
from adcli.graph.axes import Shape
from adcli.graph.gathering import PLACE
from adcli.graph.graph import Graph
from adcli.graph.primitives import CONSTANT, ELEMENTWISE, NAMED, SELECT, VARIABLE
from adcli.graph.structure import GATHER, INDEX, SCATTER_ADD

MOVES = ("broadcast", "reshape", "transpose", "expand", "sum_to", "sum", *REDUCTIONS)
"""Operations that move nothing where they take as many numbers as they give."""

PLACES = ((PLACE,), False)
"""The pattern of v[g]."""

REDUCED = {"sum": "sum", "sum_to": "sum", "matmul": "sum", **{kind: kind for kind in REDUCTIONS}}
"""How operations reduce their rows, by name."""


class Roles:
    """Which nodes are row nodes, who computes what, and in which pass."""

    def __init__(
        self, graph: Graph, outputs: Sequence[int], shapes: Mapping[int, Shape], rows: int
    ) -> None:
        self.graph = graph
        self.shapes = shapes
        self.rows = rows
        self.level: dict[int, int] = {}
        self.alias: dict[int, int] = {}
        self.in_kernel: set[int] = set()
        self.reductions: list[int] = []
        self.scatters: list[int] = []
        self.by_numpy: list[int] = []
        self.parts: dict[int, tuple[int, int]] = {}  # node -> the matrix of which column it is
        order = graph.reach(outputs)
        for i in order:
            self._place(i)
        results = [self.home(o) for o in outputs]
        taken = [self.home(a) for i in self.by_numpy for a in self.operands(i)]
        used = {*results, *taken}  # kernels have the constants and the columns that they need
        self.by_numpy = [
            i
            for i in self.by_numpy
            if i in used or not (i in self.parts or graph.ops[i] in (CONSTANT, NAMED))
        ]
        # A kernel copies a column that is a result, too: the caller gets an array of its own.
        self.stored = [
            i
            for i in dict.fromkeys([*results, *taken])
            if i in self.in_kernel or (i in results and self._is_column(i))
        ]

    def shape(self, i: int) -> Shape:
        """The shape of a node in the program."""
        return self.shapes.get(i, ())

    def size(self, i: int) -> int:
        """The number of elements of a node."""
        return prod(self.shape(i))

    def is_row(self, i: int) -> bool:
        """Whether a node has a number for each row, along one axis."""
        return self.rows in self.shape(i) and self.size(i) == self.rows

    def _is_column(self, i: int) -> bool:
        return self.is_row(i) and self.graph.ops[i] is VARIABLE

    def home(self, i: int) -> int:
        """The node whose numbers a node has."""
        while i in self.alias:
            i = self.alias[i]
        return i

    def large_by_numpy(self) -> int | None:
        """A node that is not a kernel's work and as large as the columns, or made of rows."""
        for i in self.by_numpy:
            parts = (i, *self.operands(i))
            large = any(self.is_row(a) or self.size(a) > self.rows for a in parts)
            if large and self.graph.ops[i] is not VARIABLE:
                return i
        return None

    def operands(self, i: int) -> tuple[int, ...]:
        """The nodes whose numbers a node takes; a size needs only the shape."""
        return () if self.graph.ops[i].name == "size" else self.graph.args[i]

    def _place(self, i: int) -> None:
        """Who computes a node, in which pass; its inputs have their places already."""
        args = self.graph.args[i]
        level = max((self.level[a] for a in args), default=0)
        rows = [a for a in args if self.is_row(a)]
        lone = all(self.is_row(a) or self.size(a) == 1 for a in args)
        if self._takes_places(i):
            self.in_kernel.add(i)
        elif self._adds_at_places(i):
            self.scatters.append(i)
            level += 1
        elif self.is_row(i) and lone and self._is_kernel_work(i, rows):
            if self._is_move(i) and rows:
                self.alias[i] = args[0]
            else:
                self.in_kernel.add(i)
        elif self.size(i) == 1 and rows and lone and self._is_reduction(i, rows):
            self.reductions.append(i)
            level += 1
        else:
            self.by_numpy.append(i)
            if (column := self._column_of_matrix(i)) is not None:
                self.parts[i] = column
            # It waits for the pass that stores what it takes.
            level += any(self.home(a) in self.in_kernel for a in self.operands(i))
        self.level[i] = level

    def _takes_places(self, i: int) -> bool:
        """Whether a node has for each row the number of a table at a place."""
        graph = self.graph
        if graph.ops[i] is not GATHER or graph.attrs[i] != PLACES:
            return False
        table, place = graph.args[i]
        return self._is_table(self.shape(table)) and self.shape(i) == self.shape(place) == (
            self.rows,
        )

    def _adds_at_places(self, i: int) -> bool:
        """Whether a node sums up a number of each row at a place."""
        graph = self.graph
        if graph.ops[i] is not SCATTER_ADD or graph.attrs[i][0] != PLACES:
            return False
        shapes = [self.shape(a) for a in graph.args[i]]
        return self._is_table(self.shape(i)) and shapes == [(self.rows,)] * 2

    def _is_table(self, shape: Shape) -> bool:
        return len(shape) == 1 and shape[0] != self.rows and 1 < shape[0] < MOST_PLACES

    def _is_move(self, i: int) -> bool:
        """Whether a node that is as large as its input has the same numbers in the same order."""
        graph = self.graph
        if graph.ops[i] is INDEX:
            return self.is_row(graph.args[i][0]) and graph.attrs[i] == (ALL_ROWS, 0)
        return graph.ops[i].name in MOVES

    def _column_of_matrix(self, i: int) -> tuple[int, int] | None:
        """The variable and the number of the column where a node is one of a matrix's several."""
        graph, key = self.graph, self.graph.attrs[i]
        if graph.ops[i] is not INDEX or not self.is_row(i) or len(key) != 2 or key[0] != ALL_ROWS:
            return None
        (matrix,), k = graph.args[i], key[1]
        shape = self.shape(matrix)
        is_column = isinstance(k, int) and len(shape) == 2 and 0 <= k < shape[1] > 1
        return (matrix, k) if is_column and graph.ops[matrix] is VARIABLE else None

    def _is_kernel_work(self, i: int, rows: list[int]) -> bool:
        op = self.graph.ops[i]
        if op.kind in (ELEMENTWISE, SELECT):
            return not is_foreign(op)
        return self._is_move(i) or op.name == "full" or (op.name == "matmul" and len(rows) == 1)

    def _is_reduction(self, i: int, rows: list[int]) -> bool:
        name = self.graph.ops[i].name
        return name in REDUCED and (name != "matmul" or len(rows) == 2)
