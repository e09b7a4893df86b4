"""Programs over rows, in as many passes as they take.

A *row* node has a number for each row. Compiled kernels compute row nodes from row nodes and single
numbers, and reduce row nodes to single numbers. All else (matrix products, special functions that
no C library has, the few single numbers) is left to the numpy engine between the passes. What needs
a reduction's result waits for the pass to end: the level of a node is the pass that it belongs to.
In each pass a kernel reads the columns once for what has to be stored, and once for what has to be
reduced. Row nodes of earlier passes are computed again: that costs less than memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from math import prod
from typing import Any, NamedTuple

import numpy as np

from adcli.engines.llvm.code import MissingFunctionError
from adcli.engines.llvm.kernels import REDUCTIONS, Array, Place, ReductionKernel, RowKernel
from adcli.engines.llvm.machine import Machine
from adcli.engines.llvm.narrow import ALL_ROWS
from adcli.engines.lower import is_foreign
from adcli.engines.numpy import Arrays
from adcli.graph.axes import Shape
from adcli.graph.graph import Graph
from adcli.graph.primitives import CONSTANT, ELEMENTWISE, MULTIPLY, NAMED, SELECT, VARIABLE
from adcli.graph.structure import INDEX

_Kernel = Callable[[Mapping[int, Array], int], tuple[list[Array], bool]]

_MOVES = ("broadcast", "reshape", "transpose", "expand", "sum_to", "sum", *REDUCTIONS)
"""Operations that move nothing where they take as many numbers as they give."""

_REDUCED = {"sum": "sum", "sum_to": "sum", "matmul": "sum", **{kind: kind for kind in REDUCTIONS}}
"""How operations reduce their rows, by name."""


class UnsupportedError(Exception):
    """This machine cannot run the program in compiled code; the text says why."""


class RowProgram:
    """The nodes `outputs` as compiled code over rows.

    `shapes` has the shapes of all nodes (absent: a number); an array with `rows` numbers along one
    axis is a row node. `rows` may stand for any number of rows where the graph itself holds none.
    Raises UnsupportedError where a function is missing; with `alone` also where the numpy engine
    would have to do a part of the work that grows with the number of rows.
    """

    def __init__(
        self,
        graph: Graph,
        outputs: Sequence[int],
        shapes: Mapping[int, Shape],
        rows: int,
        machine: Machine,
        alone: bool = False,
    ) -> None:
        self.outputs = list(outputs)
        self.layout = layout = _Layout(graph, self.outputs, shapes, rows)
        if alone and (other := layout.large_by_numpy()) is not None:
            raise UnsupportedError(f"'{graph.ops[other].word}' is left to the numpy engine")
        self._machine = machine
        self._matrices = {matrix for matrix, _ in layout.parts.values()}
        self._compiled: dict[frozenset[int], list[_Pass]] = {}
        try:
            passes = self._passes(frozenset())
        except MissingFunctionError as error:
            raise UnsupportedError(f"the C library has no function '{error}'") from None

        homes = [layout.home(o) for o in self.outputs]
        self._elsewhere = [k for k, home in enumerate(homes) if home not in layout.stored]
        self._all_stored = not self._elsewhere and len(set(homes)) == len(homes)
        self._kernel = passes[0].as_kernel(homes) if len(passes) == 1 else None

    @property
    def kernels(self) -> list[RowKernel | ReductionKernel]:
        """The compiled kernels."""
        passes = chain.from_iterable(self._compiled.values())
        return [kernel for part in passes for kernel in part.kernels]

    @property
    def compile_seconds(self) -> float:
        """The time it took to compile the kernels."""
        return sum(c.seconds for kernel in self.kernels for c in kernel.compiled)

    def _passes(self, by_columns: frozenset[int]) -> list[_Pass]:
        """The passes where the columns of these matrices are read as vectors."""
        passes = self._compiled.get(by_columns)
        if passes is None:
            layout = self.layout
            levels = range(1 + max(layout.level.values(), default=0))
            passes = [_Pass(layout, level, self._machine, by_columns) for level in levels]
            self._compiled[by_columns] = passes
        return passes

    def run(self, inputs: Mapping[int, Any], threads: int = 1) -> tuple[list[Array], bool]:
        """The outputs' values: arrays (rows,) for row nodes, others in their shapes.

        `inputs` has an array or a number for each variable; all columns have the same length. Also
        whether all values are finite for sure: False means that somebody has to look.
        """
        given = {node: _as_floats(x) for node, x in inputs.items()}
        if self._kernel is not None:
            return self._kernel(given, threads)
        values = _Held(self.layout)
        for node, x in given.items():
            values.take(node, x)
        for part in self._passes(frozenset(m for m in self._matrices if _is_by_columns(given[m]))):
            part.run(values, threads)
        results = [values.result(o) for o in self.outputs]
        if not self._all_stored:
            results = _of_their_own(results, given.values())
        others = [results[k] for k in self._elsewhere]
        return results, values.finite and all(np.isfinite(x).all() for x in others)


def _as_floats(x: Any) -> Array:
    """Numbers as float64 at addresses that the machine's loads take, in whatever order."""
    found: Array = np.asarray(x, dtype=np.float64)
    return found if found.flags.aligned else found.copy()


def _is_by_columns(matrix: Array) -> bool:
    """Whether kernels cannot read the rows of a matrix where they are."""
    apart, beside = matrix.strides
    return beside != matrix.itemsize or apart % matrix.itemsize != 0


class _Layout:
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
        """How many numbers a node has."""
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
        """A node that is no kernel's work and as large as the columns, or made of rows."""
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
        if self.is_row(i) and lone and self._is_kernel_work(i, rows):
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

    def _is_move(self, i: int) -> bool:
        """Whether a node that is as large as its input has the same numbers in the same order."""
        graph = self.graph
        if graph.ops[i] is INDEX:
            return self.is_row(graph.args[i][0]) and graph.attrs[i] == (ALL_ROWS, 0)
        return graph.ops[i].name in _MOVES

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
        return name in _REDUCED and (name != "matmul" or len(rows) == 2)


class _Held:
    """The numbers that are in memory: of row nodes as vectors, of others with an axis in front.

    `finite` says whether the kernels met only finite numbers in what they stored.
    """

    def __init__(self, layout: _Layout) -> None:
        self.layout = layout
        self.columns: dict[int, Array] = {}
        self.others: dict[int, Array] = {}
        self.finite = True

    @property
    def rows(self) -> int:
        """The length of the columns."""
        return len(next(iter(self.columns.values())))

    def take(self, node: int, x: Array) -> None:
        """Keep the value of a node."""
        if self.layout.is_row(node):
            self.columns[node] = np.ascontiguousarray(x.reshape(-1))
        else:
            self.others[node] = x[np.newaxis]

    def array(self, node: int) -> Array:
        """The value of a node for the numpy engine, whose first axis is that of points."""
        home = self.layout.home(node)
        if home in self.others:
            return self.others[home]
        return self._shaped(home, node)[np.newaxis]

    def result(self, node: int) -> Array:
        """The value of a node in its shape; that of a row node has the length of the columns."""
        home = self.layout.home(node)
        if home in self.others:
            other: Array = self.others[home][0]
            return other
        return self._shaped(home, node)

    def _shaped(self, home: int, node: int) -> Array:
        layout = self.layout
        shape = [-1 if n == layout.rows else n for n in layout.shape(node)]
        array: Array = self.columns[home].reshape(shape)
        return array

    def operands(self, inputs: _Inputs) -> tuple[list[Array], list[float]]:
        """What a kernel takes."""
        shared = [float(self.others[i].reshape(-1)[0]) for i in inputs.shared]
        return [self._whole(i) for i in inputs.arrays], shared

    def _whole(self, node: int) -> Array:
        """The vector, or the matrix of which a kernel reads the rows where they are."""
        if node in self.columns:
            return self.columns[node]
        if node in self.layout.parts:
            matrix, k = self.layout.parts[node]
            return np.ascontiguousarray(self.others[matrix][0][:, k])
        array: Array = self.others[node][0]
        return array


class _Inputs(NamedTuple):
    """What a kernel reads: nodes of the program, vectors or matrices, and single numbers."""

    arrays: list[int]
    shared: list[int]


class _Pass:
    """What is done at one level: the numpy engine's nodes, then a kernel of each kind."""

    def __init__(
        self, layout: _Layout, level: int, machine: Machine, by_columns: frozenset[int]
    ) -> None:
        graph, algebra = layout.graph, Arrays()
        self._layout = layout
        self._context = algebra.context
        self._steps = [
            (i, _call(layout, i, algebra), layout.operands(i))
            for i in layout.by_numpy
            if layout.level[i] == level and graph.ops[i] is not VARIABLE
        ]
        self._stored = [i for i in layout.stored if layout.level[i] == level]
        self._reductions = [i for i in layout.reductions if layout.level[i] == level + 1]
        self._rows: RowKernel | None = None
        self._reduced: ReductionKernel | None = None
        if self._stored:
            part = _Extract(layout, by_columns)
            nodes = [part.copy(i) for i in self._stored]
            self._row_inputs, columns, shared = part.inputs()
            self._rows = RowKernel(part.graph, columns, shared, nodes, machine)
        if self._reductions:
            part = _Extract(layout, by_columns)
            nodes = [part.reduced(i) for i in self._reductions]
            kinds = [_REDUCED[graph.ops[i].name] for i in self._reductions]
            self._reduced_inputs, columns, shared = part.inputs()
            self._reduced = ReductionKernel(part.graph, columns, shared, nodes, kinds, machine)

    @property
    def kernels(self) -> list[RowKernel | ReductionKernel]:
        """The compiled kernels of this pass."""
        return [kernel for kernel in (self._rows, self._reduced) if kernel is not None]

    def as_kernel(self, outputs: list[int]) -> _Kernel | None:
        """This pass, the only one, as a function of inputs, if it is nothing but one kernel that
        makes vectors of vectors and numbers: the outputs in order."""
        kernel, shape = self._rows, self._layout.shape
        if kernel is None or self._reduced or self._steps or self._stored != outputs:
            return None
        arrays, shared = self._row_inputs
        if not arrays or any(len(shape(i)) != 1 for i in (*arrays, *outputs)):
            return None

        def run(inputs: Mapping[int, Array], threads: int) -> tuple[list[Array], bool]:
            vectors = [np.ascontiguousarray(inputs[i]) for i in arrays]
            return kernel.run(vectors, [float(inputs[i]) for i in shared], len(vectors[0]), threads)

        return run

    def run(self, values: _Held, threads: int) -> None:
        """Compute the level."""
        if self._steps:
            with self._context():
                for i, call, args in self._steps:
                    x = call(*[values.array(a) for a in args])
                    values.take(i, x[0])
        if self._reduced:
            columns, shared = values.operands(self._reduced_inputs)
            found = self._reduced.run(columns, shared, values.rows, threads)
            for i, number in zip(self._reductions, found.tolist(), strict=True):
                values.take(i, np.full(values.layout.shape(i), number))
        if self._rows:
            columns, shared = values.operands(self._row_inputs)
            results, finite = self._rows.run(columns, shared, values.rows, threads)
            values.finite = values.finite and finite
            values.columns.update(zip(self._stored, results, strict=True))


def _of_their_own(results: list[Array], given: Iterable[Array]) -> list[Array]:
    """The arrays, copied where one is a part of an input or of another result, or read-only."""
    seen = {id(_owner(x)) for x in given}
    own = []
    for x in results:
        own.append(x if x.flags.writeable and id(_owner(x)) not in seen else x.copy())
        seen.add(id(_owner(x)))
    return own


def _owner(x: Array) -> Array:
    """The array that a view is a view of."""
    while isinstance(x.base, np.ndarray):
        x = x.base
    return x


def _call(layout: _Layout, i: int, algebra: Arrays) -> Callable[..., Array]:
    """The numpy engine's function of a node."""
    graph = layout.graph
    op, attr = graph.ops[i], graph.attrs[i]
    if op is CONSTANT:
        value = algebra.constant(attr)
        return lambda: value
    if op is NAMED:
        value = algebra.named(attr)
        return lambda: value
    if op.name == "size":
        shape = layout.shape(graph.args[i][0])
        value = algebra.constant(float(prod(shape) if attr is None else shape[attr]))
        return lambda: value
    if op.kind in (ELEMENTWISE, SELECT):
        function: Callable[..., Array] = algebra.function(op)
        return function
    return lambda *xs: algebra.structural(op, attr, list(xs))


class _Extract:
    """A copy of the part of the graph that a kernel computes, on numbers of one row.

    Of the matrices in `by_columns` the columns are vectors; of others the rows are read.
    """

    def __init__(self, layout: _Layout, by_columns: frozenset[int]) -> None:
        self.graph = Graph()
        self._layout = layout
        self._by_columns = by_columns
        self._copies: dict[int, int] = {}
        self._columns: dict[int, int] = {}
        self._shared: dict[int, int] = {}

    def inputs(self) -> tuple[_Inputs, dict[int, Place], list[int]]:
        """What the copy reads: the program's nodes, and those of the copy."""
        layout = self._layout
        arrays: dict[int, int] = {}
        places: dict[int, Place] = {}
        for node, copied in self._columns.items():
            matrix, k = layout.parts.get(node, (node, 0))
            if matrix == node or matrix in self._by_columns:
                places[copied] = Place(arrays.setdefault(node, len(arrays)))
            else:
                places[copied] = Place(arrays.setdefault(matrix, len(arrays)), k)
        shared = self._shared
        return _Inputs(list(arrays), list(shared)), places, list(shared.values())

    def reduced(self, i: int) -> int:
        """The copy of what a reduction reduces."""
        copies = [self.copy(a) for a in self._layout.graph.args[i]]
        return copies[0] if len(copies) == 1 else self.graph.node(MULTIPLY, tuple(copies))

    def copy(self, node: int) -> int:
        """The copy of a node and of all that it needs in a kernel."""
        layout = self._layout
        node = layout.home(node)
        needed, waiting = set(), [node]
        while waiting:
            i = waiting.pop()
            if i not in needed and i not in self._copies:
                needed.add(i)
                if i in layout.in_kernel:
                    waiting += [layout.home(a) for a in layout.graph.args[i]]
        for i in sorted(needed):
            self._copies[i] = self._make(i)
        return self._copies[node]

    def _make(self, i: int) -> int:
        layout, graph = self._layout, self._layout.graph
        op, attr = graph.ops[i], graph.attrs[i]
        if op in (CONSTANT, NAMED):
            return self.graph.node(op, (), attr) if op is NAMED else self.graph.constant(attr)
        if i not in layout.in_kernel:
            table, letter = (self._columns, "c") if layout.is_row(i) else (self._shared, "s")
            table[i] = self.graph.variable(f"{letter}{i}")
            return table[i]
        args = tuple([self._copies[layout.home(a)] for a in graph.args[i]])
        if op.name == "full":
            return self.graph.constant(float(attr[0]))
        if op.name in _MOVES:
            return args[0]  # a single number, for all rows
        return self.graph.node(MULTIPLY if op.name == "matmul" else op, args)
