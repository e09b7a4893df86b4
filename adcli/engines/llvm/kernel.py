"""What kernels over rows share: their code, its inputs, and the threads that it runs on.

A kernel reads columns of float64 in vectors of the machine's width and runs on several threads at
once: ctypes gives Python's lock away. Rows that do not fill a vector go through a padded copy, so
every row is computed by the same instructions.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from adcli.engines.llvm.body import Body, Read
from adcli.engines.llvm.code import Code
from adcli.engines.llvm.compile import Compiled, assemble, compile_module
from adcli.engines.llvm.machine import Machine
from adcli.engines.llvm.vector_math import written
from adcli.engines.lower import lower
from adcli.engines.threads import Portions, in_parallel
from adcli.graph.graph import Graph

Array = NDArray[np.float64]

CHUNK = 1 << 13
"""Rows of the smallest portion that a thread takes, about."""

_HEAD = (
    "define double @kernel"
    "(i64 %begin, i64 %end, ptr %columns, ptr %shared, ptr %out, ptr %scratch) #0"
)
_STREAM = "!0 = !{ i32 1 }"
_POINTER = ctypes.c_void_p
_SIGNATURE = (ctypes.c_int64, ctypes.c_int64, _POINTER, _POINTER, _POINTER, _POINTER)


class ColumnPlace(NamedTuple):
    """Where an input has its value for each row: in a vector by its number among the arrays, or in
    a matrix in this `column`."""

    array: int
    column: int | None = None


class RowRuns(NamedTuple):
    """Runs of `rows` rows: the first writes to the address `out`, the next `step` bytes further
    on, and so forth. All of that lies in `memory`, which has to outlive the threads."""

    rows: int
    out: int
    step: int
    memory: Any


class Kernel:
    """Compiled code of `outputs` as functions of columns and numbers: what all kernels share.

    `columns` are the input nodes that have a value for each row, and where; `shared` those with one
    for all; `tables` those of which places are read.
    """

    def __init__(
        self,
        graph: Graph,
        columns: Mapping[int, ColumnPlace],
        shared: Sequence[int],
        outputs: Sequence[int],
        machine: Machine,
        tables: Sequence[int] = (),
    ) -> None:
        self.columns = dict(columns)
        self.shared = list(shared)
        self.tables = list(tables)
        self.count = len(outputs)
        self.lanes = machine.lanes
        self._graph = graph
        self._outputs = lower(graph, outputs, written(machine, machine.lanes))
        self._machine = machine
        self._scratch = 0
        self.compiled: list[Compiled] = []
        self._function = self._compile(self._lines)

    def _compile(self, write: Callable[[Code, Body], list[str]]) -> Any:
        """The machine code of the lines that `write` makes."""
        inputs = [*self.columns, *self.shared, *self.tables]
        body = Body(self._graph, inputs, self._outputs, self.count)
        code = Code(self._machine, self.lanes)
        lines = write(code, body)
        self._scratch = body.places * self.lanes
        text = "\n".join([f"{_HEAD} {{", "entry:", *lines, "}", _STREAM])
        module, symbols = assemble([*body.functions, text], [*body.codes, code])
        self.compiled.append(compile_module(module, symbols, self._machine))
        return self.compiled[-1].function("kernel", ctypes.c_double, _SIGNATURE)

    def _lines(self, code: Code, body: Body) -> list[str]:
        raise NotImplementedError

    def _over_rows(
        self,
        rows: int,
        chunks: RowRuns,
        columns: Pointers,
        shared: Any,
        threads: int = 1,
        function: Any = None,
    ) -> float:
        """The sum of what the machine code returns for rows [0, rows), shared among threads.

        Its scratch area is not on a thread's stack, which is small.
        """
        function = function or self._function
        totals: list[float] = []

        def work(_: int, portions: Portions) -> None:
            total, scratch = 0.0, np.empty(self._scratch)
            for first, last in portions:
                begin, end = first * chunks.rows, min(rows, last * chunks.rows)
                out = chunks.out + first * chunks.step
                total += function(begin, end, columns.table, shared, out, scratch.ctypes.data)
            totals.append(total)

        if rows <= chunks.rows:
            work(0, iter([(0, 1)]))
        else:
            in_parallel(work, -(-rows // chunks.rows), threads)
        return sum(totals)

    def _reader(self, code: Code, body: Body) -> Read:
        """What reads an input in row `%i` and the following.

        A short body has the columns' addresses and the shared numbers in registers; a long one
        would only spill them.
        """
        places = self.columns.values()
        arrays = len({place.array for place in places})
        address = held(code, body, lambda part, k: part.load("ptr", "columns", k), arrays)
        has_matrices = any(place.column is not None for place in places)
        # How far apart the rows of an array are is behind the addresses of all.
        count = arrays * has_matrices
        step = held(code, body, lambda part, k: part.load("i64", "columns", arrays + k), count)
        number = held(
            code,
            body,
            lambda part, k: part.spread(part.load("double", "shared", k)),
            len(self.shared),
        )
        table = held(
            code,
            body,
            lambda part, k: part.load("ptr", "columns", 2 * arrays + k),
            len(self.tables),
        )
        shared = {node: k for k, node in enumerate(self.shared)}
        tables = {node: k for k, node in enumerate(self.tables)}

        def read(part: Code, node: int) -> str:
            if node in shared:
                return number(part, shared[node])
            if node in tables:
                return table(part, tables[node])
            array, column = self.columns[node]
            start = address(part, array)
            if column is not None:
                return _load_apart(part, start, step(part, array), column)
            place = part.emit(f"getelementptr double, ptr {start}, i64 %i")
            return part.emit(f"load {part.real}, ptr {place}, align 8")

        return read


def _load_apart(code: Code, start: str, step: str, column: int) -> str:
    """A column of a matrix in row `%i` and the following, `step` numbers apart."""
    first = code.emit(f"mul i64 %i, {step}")
    row = code.emit(f"getelementptr double, ptr {start}, i64 {first}")
    vector = "poison"
    for lane in range(code.lanes):
        place = code.emit(f"getelementptr double, ptr {row}, i64 {column}")
        x = code.emit(f"load double, ptr {place}, align 8")
        if code.lanes == 1:
            return x
        vector = code.emit(f"insertelement {code.real} {vector}, double {x}, i32 {lane}")
        row = code.emit(f"getelementptr double, ptr {row}, i64 {step}")
    return vector


def held(code: Code, body: Body, load: Read, count: int) -> Read:
    """What loads one of `count` things: for a short body, in front of the loop."""
    if body.is_long:
        return load
    operands = [load(code, k) for k in range(count)]
    return lambda part, k: operands[k] if part is code else load(part, k)


class Pointers:
    """The addresses of arrays, then how many numbers their rows are apart, then the addresses of
    tables. The arrays live as long as this."""

    def __init__(self, arrays: Sequence[Array], tables: Sequence[Array] = ()) -> None:
        self.arrays = [*arrays, *tables]
        numbers = [a.ctypes.data for a in arrays] + [a.strides[0] // a.itemsize for a in arrays]
        numbers += [a.ctypes.data for a in tables]
        self.table = (ctypes.c_int64 * max(1, len(numbers)))(*numbers)


def padded(array: Array, begin: int, lanes: int) -> Array:
    """The rows from `begin` on, the last one repeated up to whole vectors."""
    rest = array[begin:]
    return np.concatenate([rest, np.repeat(rest[-1:], -len(rest) % lanes, axis=0)])
