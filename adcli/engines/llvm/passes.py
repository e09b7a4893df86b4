"""One pass over the rows: the steps of the numpy engine in front of it, and its kernels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import NamedTuple

import numpy as np

from adcli.algebras.arrays import Arrays
from adcli.engines.llvm.kernel import Array, ColumnPlace
from adcli.engines.llvm.machine import Machine
from adcli.engines.llvm.reduction_kernel import ReductionKernel
from adcli.engines.llvm.roles import MOVES, REDUCED, Roles
from adcli.engines.llvm.row_kernel import RowKernel
from adcli.engines.llvm.scatter_kernel import ScatterKernel
from adcli.graph.graph import Graph
from adcli.graph.primitives import CONSTANT, ELEMENTWISE, MULTIPLY, NAMED, SELECT, VARIABLE
from adcli.graph.structure import GATHER

RunKernels = Callable[[Mapping[int, Array], int], tuple[list[Array], bool]]


class Held:
    """The numbers that are in memory: of row nodes as vectors, of others in their shapes.

    `finite` says whether the kernels met only finite numbers in what they stored.
    """

    def __init__(self, roles: Roles) -> None:
        self.roles = roles
        self.columns: dict[int, Array] = {}
        self.others: dict[int, Array] = {}
        self.finite = True

    @property
    def rows(self) -> int:
        """The length of the columns."""
        return len(next(iter(self.columns.values())))

    def take(self, node: int, x: Array) -> None:
        """Keep the value of a node."""
        if self.roles.is_row(node):
            self.columns[node] = np.ascontiguousarray(x.reshape(-1))
        else:
            self.others[node] = x

    def array(self, node: int) -> Array:
        """The value of a node for the numpy engine, whose first axis is that of points."""
        return self.result(node)[np.newaxis]

    def result(self, node: int) -> Array:
        """The value of a node in its shape; that of a row node has the length of the columns."""
        home = self.roles.home(node)
        if home in self.others:
            return self.others[home]
        shape = [-1 if n == self.roles.rows else n for n in self.roles.shape(node)]
        return self.columns[home].reshape(shape)

    def operands(self, inputs: _Inputs) -> tuple[list[Array], list[float], list[Array]]:
        """What a kernel takes."""
        shared = [float(self.others[i].reshape(-1)[0]) for i in inputs.shared]
        tables = [np.ascontiguousarray(self.others[i]) for i in inputs.tables]
        return [self._whole(i) for i in inputs.arrays], shared, tables

    def _whole(self, node: int) -> Array:
        """The vector, or the matrix of which a kernel reads the rows where they are."""
        if node in self.columns:
            return self.columns[node]
        if node in self.roles.parts:
            matrix, k = self.roles.parts[node]
            return np.ascontiguousarray(self.others[matrix][:, k])
        return self.others[node]


class _Inputs(NamedTuple):
    """What a kernel reads: nodes of the program, vectors or matrices, single numbers, and tables
    of which it takes places."""

    arrays: list[int]
    shared: list[int]
    tables: list[int]


class Pass:
    """What is done at one level: the numpy engine's nodes, then a kernel of each kind."""

    def __init__(
        self, roles: Roles, level: int, machine: Machine, by_columns: frozenset[int]
    ) -> None:
        graph, algebra = roles.graph, Arrays()
        self._roles = roles
        self._context = algebra.context
        self._steps = [
            (i, _call(roles, i, algebra), roles.operands(i))
            for i in roles.by_numpy
            if roles.level[i] == level and graph.ops[i] is not VARIABLE
        ]
        self._stored = [i for i in roles.stored if roles.level[i] == level]
        self._reductions = [i for i in roles.reductions if roles.level[i] == level + 1]
        self._scatters = [i for i in roles.scatters if roles.level[i] == level + 1]
        self._rows: RowKernel | None = None
        self._reduced: ReductionKernel | None = None
        if self._stored:
            part = _Extract(roles, by_columns)
            nodes = [part.copy(i) for i in self._stored]
            self._row_inputs, columns, shared = part.inputs()
            self._rows = RowKernel(part.graph, columns, shared, nodes, machine, part.tables)
        if self._reductions or self._scatters:
            part = _Extract(roles, by_columns)
            nodes = [part.reduced(i) for i in self._reductions]
            nodes += [part.copy(a) for i in self._scatters for a in graph.args[i]]
            kinds = [REDUCED[graph.ops[i].name] for i in self._reductions]
            sizes = [roles.size(i) for i in self._scatters]
            self._reduced_inputs, columns, shared = part.inputs()
            given = part.graph, columns, shared, nodes, kinds, machine, part.tables
            self._reduced = ScatterKernel(*given, sizes) if sizes else ReductionKernel(*given)

    @property
    def kernels(self) -> list[RowKernel | ReductionKernel]:
        """The compiled kernels of this pass."""
        return [kernel for kernel in (self._rows, self._reduced) if kernel is not None]

    def as_kernel(self, outputs: list[int]) -> RunKernels | None:
        """This pass, the only one, as a function of inputs, if it is nothing but one kernel that
        makes vectors of vectors and numbers: the outputs in order."""
        kernel, shape = self._rows, self._roles.shape
        if kernel is None or self._reduced or self._steps or self._stored != outputs:
            return None
        arrays, shared, tables = self._row_inputs
        if not arrays or tables or any(len(shape(i)) != 1 for i in (*arrays, *outputs)):
            return None

        def run(inputs: Mapping[int, Array], threads: int) -> tuple[list[Array], bool]:
            vectors = [np.ascontiguousarray(inputs[i]) for i in arrays]
            return kernel.run(vectors, [float(inputs[i]) for i in shared], len(vectors[0]), threads)

        return run

    def run(self, values: Held, threads: int) -> None:
        """Compute the level."""
        if self._steps:
            with self._context():
                for i, call, args in self._steps:
                    x = call(*[values.array(a) for a in args])
                    values.take(i, x[0])
        if self._reduced:
            columns, shared, tables = values.operands(self._reduced_inputs)
            given = columns, shared, values.rows, threads, tables
            sums: list[Array] = []
            if isinstance(self._reduced, ScatterKernel):
                found, sums = self._reduced.run_all(*given)
            else:
                found = self._reduced.run(*given)
            for i, number in zip(self._reductions, found.tolist(), strict=True):
                values.take(i, np.full(values.roles.shape(i), number))
            for i, x in zip(self._scatters, sums, strict=True):
                values.take(i, x)
        if self._rows:
            columns, shared, tables = values.operands(self._row_inputs)
            results, finite = self._rows.run(columns, shared, values.rows, threads, tables)
            values.finite = values.finite and finite
            values.columns.update(zip(self._stored, results, strict=True))


def _call(roles: Roles, i: int, algebra: Arrays) -> Callable[..., Array]:
    """The numpy engine's function of a node."""
    graph = roles.graph
    op, attr = graph.ops[i], graph.attrs[i]
    value = None
    if op is CONSTANT:
        value = algebra.constant(attr)
    elif op is NAMED:
        value = algebra.named(attr)
    elif op.name == "size":
        shape = roles.shape(graph.args[i][0])
        value = algebra.constant(float(prod(shape) if attr is None else shape[attr]))
    if value is not None:
        return lambda: value
    if op.kind in (ELEMENTWISE, SELECT):
        function: Callable[..., Array] = algebra.function(op)
        return function
    return lambda *xs: algebra.structural(op, attr, list(xs))


class _Extract:
    """A copy of the part of the graph that a kernel computes, on numbers of one row.

    Of the matrices in `by_columns` the columns are vectors; of others the rows are read.
    """

    def __init__(self, roles: Roles, by_columns: frozenset[int]) -> None:
        self.graph = Graph()
        self._roles = roles
        self._by_columns = by_columns
        self._copies: dict[int, int] = {}
        self._columns: dict[int, int] = {}
        self._shared: dict[int, int] = {}
        self._tables: dict[int, int] = {}

    @property
    def tables(self) -> list[int]:
        """The nodes of the copy that are tables."""
        return list(self._tables.values())

    def inputs(self) -> tuple[_Inputs, dict[int, ColumnPlace], list[int]]:
        """What the copy reads: the program's nodes, and those of the copy."""
        roles = self._roles
        arrays: dict[int, int] = {}
        places: dict[int, ColumnPlace] = {}
        for node, copied in self._columns.items():
            matrix, k = roles.parts.get(node, (node, 0))
            if matrix == node or matrix in self._by_columns:
                places[copied] = ColumnPlace(arrays.setdefault(node, len(arrays)))
            else:
                places[copied] = ColumnPlace(arrays.setdefault(matrix, len(arrays)), k)
        shared = self._shared
        inputs = _Inputs(list(arrays), list(shared), list(self._tables))
        return inputs, places, list(shared.values())

    def reduced(self, i: int) -> int:
        """The copy of what a reduction reduces."""
        copies = [self.copy(a) for a in self._roles.graph.args[i]]
        return copies[0] if len(copies) == 1 else self.graph.node(MULTIPLY, tuple(copies))

    def copy(self, node: int) -> int:
        """The copy of a node and of all that it needs in a kernel."""
        roles = self._roles
        node = roles.home(node)
        needed, waiting = set(), [node]
        while waiting:
            i = waiting.pop()
            if i not in needed and i not in self._copies:
                needed.add(i)
                if i in roles.in_kernel:
                    waiting += [roles.home(a) for a in roles.graph.args[i]]
        for i in sorted(needed):
            self._copies[i] = self._make(i)
        return self._copies[node]

    def _make(self, i: int) -> int:
        roles, graph = self._roles, self._roles.graph
        op, attr = graph.ops[i], graph.attrs[i]
        if op in (CONSTANT, NAMED):
            return self.graph.node(op, (), attr) if op is NAMED else self.graph.constant(attr)
        if i not in roles.in_kernel:
            kinds = (self._columns, "c"), (self._shared, "s"), (self._tables, "t")
            table, letter = kinds[0 if roles.is_row(i) else 1 if roles.size(i) == 1 else 2]
            table[i] = self.graph.variable(f"{letter}{i}")
            return table[i]
        args = tuple([self._copies[roles.home(a)] for a in graph.args[i]])
        if op.name == "full":
            return self.graph.constant(float(attr[0]))
        if op is GATHER:
            return self.graph.node(op, args, roles.size(graph.args[i][0]))
        if op.name in MOVES:
            return args[0]  # a single number, for all rows
        return self.graph.node(MULTIPLY if op.name == "matmul" else op, args)
