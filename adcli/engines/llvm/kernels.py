"""Kernels over rows: results stored for each row, or reduced over all rows.

A kernel reads columns of float64 in vectors of the machine's width and runs on several threads at
once: ctypes gives Python's lock away. Rows that do not fill a vector go through a padded copy, so
every row is computed by the same instructions.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from adcli.engines.arrays import quiet
from adcli.engines.llvm.body import Body, Read
from adcli.engines.llvm.carry import Carry
from adcli.engines.llvm.code import Code
from adcli.engines.llvm.compile import Compiled, assemble, compile_module
from adcli.engines.llvm.machine import Machine
from adcli.engines.llvm.operations import operation
from adcli.engines.llvm.team import Work, growing, team
from adcli.engines.llvm.vector_math import written
from adcli.engines.lower import lower
from adcli.engines.memory import aligned
from adcli.graph.graph import Graph

Array = NDArray[np.float64]

CHUNK = 1 << 13
"""Rows that a thread takes at a time, about."""

BLOCK = 128
"""Vectors that are added up one after another; the sums of blocks are added pairwise."""

STREAMED_BYTES = 1 << 24
"""Results of this size bypass the caches: they would not stay there, and a line that is written as
a whole need not be read before."""

_HEAD = (
    "define double @kernel"
    "(i64 %begin, i64 %end, ptr %columns, ptr %shared, ptr %out, ptr %scratch) #0"
)
_STREAM = "!0 = !{ i32 1 }"
_POINTER = ctypes.c_void_p
_SIGNATURE = (ctypes.c_int64, ctypes.c_int64, _POINTER, _POINTER, _POINTER, _POINTER)


class Place(NamedTuple):
    """Where an input has its value for each row: in a vector by its number among the arrays, or in
    a matrix in this `column`."""

    array: int
    column: int | None = None


class Chunk(NamedTuple):
    """How many rows a thread takes at a time, and the bytes that it writes of what is reduced."""

    rows: int
    out_step: int


class _Kernel:
    """What both kinds share: compiled code of `outputs` as functions of columns and numbers.

    `columns` are the input nodes that have a value for each row, and where; `shared` those with one
    for all.
    """

    def __init__(
        self,
        graph: Graph,
        columns: Mapping[int, Place],
        shared: Sequence[int],
        outputs: Sequence[int],
        machine: Machine,
    ) -> None:
        self.columns = dict(columns)
        self.shared = list(shared)
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
        inputs = [*self.columns, *self.shared]
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

    def _call(
        self, begin: int, end: int, columns: _Pointers, shared: Any, out: int, function: Any = None
    ) -> float:
        """Run the machine code. Its scratch area is no part of a thread's stack, which is small."""
        scratch = np.empty(self._scratch)
        function = function or self._function
        return float(function(begin, end, columns.table, shared, out, scratch.ctypes.data))

    def _over_rows(
        self,
        rows: int,
        chunk: Chunk,
        columns: _Pointers,
        shared: Any,
        out: int,
        threads: int,
        held: Any,
        function: Any = None,
    ) -> float:
        """The sum of what the machine code returns for rows [0, rows), shared among threads.

        `held` has the memory at `out`.
        """
        function = function or self._function
        if min(threads, -(-rows // chunk.rows)) > 1:
            work = Work(
                kernel=_address(function),
                rows=rows,
                step=chunk.rows,
                columns=_address(columns.table),
                shared=_address(shared),
                out=out,
                out_step=chunk.out_step,
                scratch=self._scratch,
            )
            found = team(threads).share(work, (self, columns, shared, held))
            if found is not None:
                return found
        total, begin = 0.0, 0
        for step in growing(chunk.rows):
            target = out + begin // chunk.rows * chunk.out_step
            end = min(rows, begin + step)
            total += self._call(begin, end, columns, shared, target, function)
            begin = end
            if begin == rows:
                break
        return total

    def _reader(self, code: Code, body: Body) -> Read:
        """What reads an input in row `%i` and the following.

        A short body has the columns' addresses and the shared numbers in registers; a long one
        would only spill them.
        """
        places = self.columns.values()
        arrays = len({place.array for place in places})
        address = _addresses(code, body, "columns", arrays)
        has_matrices = any(place.column is not None for place in places)
        step = _held(code, body, lambda part, k: _step(part, arrays + k), arrays * has_matrices)
        number = _held(code, body, _shared_number, len(self.shared))
        shared = {node: k for k, node in enumerate(self.shared)}

        def read(part: Code, node: int) -> str:
            if node in shared:
                return number(part, shared[node])
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


def _step(code: Code, k: int) -> str:
    """How far apart the rows of an array are, behind the addresses of all."""
    place = code.emit(f"getelementptr i64, ptr %columns, i64 {k}")
    return code.emit(f"load i64, ptr {place}")


def _held(code: Code, body: Body, load: Read, count: int) -> Read:
    """What loads one of `count` things: for a short body, in front of the loop."""
    if body.is_long:
        return load
    operands = [load(code, k) for k in range(count)]
    return lambda part, k: operands[k] if part is code else load(part, k)


def _addresses(code: Code, body: Body, table: str, count: int) -> Read:
    """What gives an address in a table by its number."""

    def load(part: Code, k: int) -> str:
        place = part.emit(f"getelementptr ptr, ptr %{table}, i64 {k}")
        return part.emit(f"load ptr, ptr {place}")

    return _held(code, body, load, count)


def _shared_number(code: Code, k: int) -> str:
    """A shared number in all lanes."""
    place = code.emit(f"getelementptr double, ptr %shared, i64 {k}")
    return code.spread(code.emit(f"load double, ptr {place}"))


def _address(thing: Any) -> int:
    """Where a ctypes array or function is."""
    address = ctypes.cast(thing, ctypes.c_void_p).value
    assert address is not None
    return address


class _Pointers:
    """The addresses of arrays, then how many numbers their rows are apart. The arrays live as long
    as this."""

    def __init__(self, arrays: Sequence[Array]) -> None:
        self.arrays = arrays
        numbers = [a.ctypes.data for a in arrays] + [a.strides[0] // a.itemsize for a in arrays]
        self.table = (ctypes.c_int64 * max(1, len(numbers)))(*numbers)


def _padded(array: Array, begin: int, lanes: int) -> Array:
    """The rows from `begin` on, the last one repeated up to whole vectors."""
    rest = array[begin:]
    return np.concatenate([rest, np.repeat(rest[-1:], -len(rest) % lanes, axis=0)])


class RowKernel(_Kernel):
    """Outputs at every row."""

    _streaming: Any = None

    def _lines(self, code: Code, body: Body) -> list[str]:
        return self._loop(code, body, "align 8")

    def _streaming_lines(self, code: Code, body: Body) -> list[str]:
        return self._loop(code, body, f"align {8 * code.lanes}, !nontemporal !0")

    def _loop(self, code: Code, body: Body, how: str) -> list[str]:
        """The loop; `how` says what a store may assume."""
        read = self._reader(code, body)
        target = _addresses(code, body, "out", self.count)
        flag = Carry(code, body, [0.0], [0] * self.count)
        flag.start()
        code.lines += ["br label %loop", "loop:"]
        code.lines.append("%i = phi i64 [ %begin, %entry ], [ %next, %latch ]")
        flag.enter()

        def store(part: Code, k: int, operand: str, flagged: str) -> str:
            place = part.emit(f"getelementptr double, ptr {target(part, k)}, i64 %i")
            part.lines.append(f"store {part.real} {operand}, ptr {place}, {how}")
            return part.arithmetic("fadd", flagged, operand)  # finite only if all of them are

        flag.take(body.write(code, read), store, "entry")
        code.lines += [
            "br label %latch",
            "latch:",
            f"%next = add i64 %i, {code.lanes}",
            "%more = icmp slt i64 %next, %end",
            "br i1 %more, label %loop, label %done",
            "done:",
            "fence seq_cst",
        ]
        code.lines.append(f"ret double {_over_lanes(code, flag.value(code, 0), REDUCTIONS['sum'])}")
        return code.lines

    def run(
        self, columns: Sequence[Array], shared: Sequence[float], rows: int, threads: int = 1
    ) -> tuple[list[Array], bool]:
        """The outputs as arrays (rows,), and whether all of them are finite for sure: their sum is.

        `columns` are contiguous float64 arrays (rows,), or arrays (rows, width) of which each row
        is contiguous, as their places say.
        """
        results = [aligned(rows) for _ in range(self.count)]
        numbers = (ctypes.c_double * max(1, len(shared)))(*shared)
        whole = rows - rows % self.lanes
        finite = True
        if whole:
            sources, targets = _Pointers(columns), _Pointers(results)
            function = self._function_for(8 * rows * self.count)
            out, chunk = _address(targets.table), Chunk(CHUNK, 0)
            flag = self._over_rows(whole, chunk, sources, numbers, out, threads, targets, function)
            finite = isfinite(flag)
        if whole < rows:
            ends = [_padded(c, whole, self.lanes) for c in columns]
            last = [np.empty(self.lanes) for _ in results]
            targets = _Pointers(last)
            flag = self._call(0, self.lanes, _Pointers(ends), numbers, _address(targets.table))
            finite = finite and isfinite(flag)
            for result, values in zip(results, last, strict=True):
                result[whole:] = values[: rows - whole]
        return results, finite

    def _function_for(self, size: int) -> Any:
        """The machine code for results of `size` bytes."""
        if size < STREAMED_BYTES:
            return self._function
        if self._streaming is None:
            self._streaming = self._compile(self._streaming_lines)
        return self._streaming


class ReductionKernel(_Kernel):
    """The sums, maxima and minima of outputs over all rows.

    The order of additions depends on the number of rows alone: lanes over a block of vectors, the
    lanes in pairs, the blocks pairwise as NumPy adds.
    """

    def __init__(
        self,
        graph: Graph,
        columns: Mapping[int, Place],
        shared: Sequence[int],
        outputs: Sequence[int],
        kinds: Sequence[str],
        machine: Machine,
    ) -> None:
        """`kinds` has a key of REDUCTIONS for each output."""
        self.kinds = [REDUCTIONS[kind] for kind in kinds]
        super().__init__(graph, columns, shared, outputs, machine)

    def _lines(self, code: Code, body: Body) -> list[str]:
        """Rows [begin, end) in blocks. Nothing counts of the rows from a limit on, a number behind
        the shared ones."""
        read = self._reader(code, body)
        starts = [kind.neutral for kind in self.kinds]
        carry = Carry(code, body, starts, range(self.count))
        code.lines += [
            "br label %block",
            "block:",
            "%from = phi i64 [ %begin, %entry ], [ %to, %stored ]",
            "%target = phi ptr [ %out, %entry ], [ %target.next, %stored ]",
            f"%block.end = add i64 %from, {BLOCK * code.lanes}",
            "%is.last = icmp sgt i64 %block.end, %end",
            "%to = select i1 %is.last, i64 %end, i64 %block.end",
        ]
        carry.start()
        code.lines += ["br label %loop", "loop:"]
        code.lines.append("%i = phi i64 [ %from, %block ], [ %next, %latch ]")
        carry.enter()
        masks: dict[int, str] = {}

        def join(part: Code, k: int, operand: str, now: str) -> str:
            if id(part) not in masks:
                masks[id(part)] = _rows_that_count(part, len(self.shared))
            kind = self.kinds[k]
            kept = part.choose(masks[id(part)], operand, part.number(kind.neutral))
            return kind.join(part, now, kept)

        carry.take(body.write(code, read), join, "block")
        code.lines += [
            "br label %latch",
            "latch:",
            f"%next = add i64 %i, {code.lanes}",
            "%more = icmp slt i64 %next, %to",
            "br i1 %more, label %loop, label %stored",
            "stored:",
        ]

        def store(some: range, part: Code) -> None:
            out = "%out" if body.is_long else "%target"
            for k in some:
                result = _over_lanes(part, carry.value(part, k), self.kinds[k])
                place = part.emit(f"getelementptr double, ptr {out}, i64 {k}")
                part.lines.append(f"store double {result}, ptr {place}")

        body.write_all(code, self.count, store, out="%target")
        code.lines += [
            f"%target.next = getelementptr double, ptr %target, i64 {self.count}",
            "%again = icmp slt i64 %to, %end",
            "br i1 %again, label %block, label %done",
            "done:",
            "ret double 0.0",
        ]
        return code.lines

    def run(
        self, columns: Sequence[Array], shared: Sequence[float], rows: int, threads: int = 1
    ) -> Array:
        """The reductions (outputs,). `columns` as those of a RowKernel."""
        block = BLOCK * self.lanes
        blocks = -(-rows // block)
        partial = np.empty((blocks, self.count))
        whole = rows - rows % block

        def place(number: int) -> int:
            return partial.ctypes.data + number * 8 * self.count

        if whole:
            sources, numbers = _Pointers(columns), _numbers(rows, shared)
            blocks_each = max(1, CHUNK // block)
            chunk = Chunk(blocks_each * block, 8 * self.count * blocks_each)
            self._over_rows(whole, chunk, sources, numbers, place(0), threads, partial)
        if whole < rows:
            ends = [_padded(c, whole, self.lanes) for c in columns]
            numbers = _numbers(rows - whole, shared)
            vectors = -(-(rows - whole) // self.lanes)
            self._call(0, vectors * self.lanes, _Pointers(ends), numbers, place(blocks - 1))
        total = np.ascontiguousarray(partial.T)
        with quiet():
            return np.array([kind.total(x) for kind, x in zip(self.kinds, total, strict=True)])


class Reduction(NamedTuple):
    """How numbers are reduced: where one starts, how two are joined, and how an array is."""

    neutral: float
    join: Callable[[Code, str, str], str]
    total: Callable[[Array], float]


REDUCTIONS = {
    "sum": Reduction(0.0, lambda code, x, y: code.arithmetic("fadd", x, y), np.sum),
    "reduce_max": Reduction(-np.inf, operation("maximum"), lambda x: np.max(x) + 0.0),
    "reduce_min": Reduction(np.inf, operation("minimum"), lambda x: np.min(x) + 0.0),
}


def _numbers(rows: int, shared: Sequence[float]) -> Any:
    return (ctypes.c_double * (len(shared) + 1))(*shared, float(rows))


def _rows_that_count(code: Code, limit_place: int) -> str:
    """The mask of lanes whose row, `%i` and the following, is before the limit in `%shared`."""
    place = code.emit(f"getelementptr double, ptr %shared, i64 {limit_place}")
    limit = code.emit(f"load double, ptr {place}")
    left = code.emit(f"sub i64 {code.emit(f'fptosi double {limit} to i64')}, %i")
    if code.lanes == 1:
        return code.emit(f"icmp sgt i64 {left}, 0")
    kind = f"<{code.lanes} x i64>"
    first = code.emit(f"insertelement {kind} poison, i64 {left}, i32 0")
    zeros = f"<{code.lanes} x i32> zeroinitializer"
    lefts = code.emit(f"shufflevector {kind} {first}, {kind} poison, {zeros}")
    lanes = ", ".join(f"i64 {lane}" for lane in range(code.lanes))
    return code.emit(f"icmp slt {kind} <{lanes}>, {lefts}")


def _over_lanes(code: Code, vector: str, kind: Reduction) -> str:
    """The lanes joined in pairs, as a `double`."""
    if code.lanes == 1:
        return vector
    width = code.lanes
    while width > 1:
        whole = f"<{width} x double>"
        width //= 2
        part = code.narrow(width)
        halves = []
        for start in (0, width):
            places = ", ".join(f"i32 {start + k}" for k in range(width))
            mask = f"<{width} x i32> <{places}>"
            halves.append(code.emit(f"shufflevector {whole} {vector}, {whole} poison, {mask}"))
        if width == 1:
            halves = [code.emit(f"extractelement <1 x double> {h}, i32 0") for h in halves]
        vector = kind.join(part, *halves)
    return vector
