"""Kernels whose results are reduced over all rows."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from adcli.algebras.functions.array_functions import quiet
from adcli.engines.llvm.body import Body, Carry, Read
from adcli.engines.llvm.code import Code
from adcli.engines.llvm.kernel import CHUNK, Array, ColumnPlace, Kernel, Pointers, RowRuns, padded
from adcli.engines.llvm.machine import Machine
from adcli.engines.llvm.operations import REDUCTIONS, over_lanes
from adcli.graph.graph import Graph

VECTORS_A_SUM = 128
"""Vectors that are added up one after another; the sums of blocks are added pairwise."""


class ReductionKernel(Kernel):
    """The sums, maxima and minima of outputs over all rows.

    The order of additions depends on the number of rows alone: lanes over a block of vectors, the
    lanes in pairs, the blocks pairwise as NumPy adds.
    """

    def __init__(
        self,
        graph: Graph,
        columns: Mapping[int, ColumnPlace],
        shared: Sequence[int],
        outputs: Sequence[int],
        kinds: Sequence[str],
        machine: Machine,
        tables: Sequence[int] = (),
    ) -> None:
        """`kinds` has a key of REDUCTIONS for each output."""
        self.kinds = [REDUCTIONS[kind] for kind in kinds]
        super().__init__(graph, columns, shared, outputs, machine, tables)

    def _lines(self, code: Code, body: Body) -> list[str]:
        """Rows [begin, end) in blocks. Nothing counts of the rows from a limit on, a number behind
        the shared ones."""
        read = self._reader(code, body)
        starts = [kind.neutral for kind in self.kinds]
        count = len(self.kinds)
        carry = Carry(code, body, starts, range(count))
        code.lines += [
            "br label %block",
            "block:",
            "%from = phi i64 [ %begin, %entry ], [ %to, %stored ]",
            "%target = phi ptr [ %out, %entry ], [ %target.next, %stored ]",
            f"%block.end = add i64 %from, {VECTORS_A_SUM * code.lanes}",
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
                masks[id(part)] = rows_that_count(part, len(self.shared))
            kind = self.kinds[k]
            kept = part.choose(masks[id(part)], operand, part.number(kind.neutral))
            return kind.join(part, now, kept)

        result = body.write(code, read)
        carry.take(result, join, "block")
        self._also(code, body, result)
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
                result = over_lanes(part, carry.value(part, k), self.kinds[k])
                place = part.emit(f"getelementptr double, ptr {out}, i64 {k}")
                part.lines.append(f"store double {result}, ptr {place}")

        body.write_all(code, count, store, out="%target")
        code.lines += [
            f"%target.next = getelementptr double, ptr %target, i64 {count}",
            "%again = icmp slt i64 %to, %end",
            "br i1 %again, label %block, label %done",
            "done:",
            "ret double 0.0",
        ]
        return code.lines

    def _also(self, code: Code, body: Body, result: Read) -> None:
        """Append what else is done with the outputs of a row."""

    def run(
        self,
        columns: Sequence[Array],
        shared: Sequence[float],
        rows: int,
        threads: int = 1,
        tables: Sequence[Array] = (),
    ) -> Array:
        """The reductions (outputs,). `columns` as those of a RowKernel."""
        block = VECTORS_A_SUM * self.lanes
        blocks = -(-rows // block)
        partial = np.empty((blocks, self.count))
        whole = rows - rows % block

        def place(number: int) -> int:
            return partial.ctypes.data + number * 8 * self.count

        if whole:
            sources, numbers = Pointers(columns, tables), numbers_of(rows, shared)
            blocks_each = max(1, CHUNK // block)
            step = 8 * self.count * blocks_each
            chunks = RowRuns(blocks_each * block, place(0), step, partial)
            self._over_rows(whole, chunks, sources, numbers, threads)
        if whole < rows:
            ends = [padded(c, whole, self.lanes) for c in columns]
            numbers = numbers_of(rows - whole, shared)
            chunks = RowRuns(block, place(blocks - 1), 0, partial)
            in_vectors = -(-(rows - whole) // self.lanes) * self.lanes
            self._over_rows(in_vectors, chunks, Pointers(ends, tables), numbers)
        return self.total(partial)

    def total(self, partial: Array) -> Array:
        """The reductions (outputs,) from those of blocks (blocks, outputs)."""
        columns = np.ascontiguousarray(partial.T)
        with quiet():
            return np.array([kind.total(x) for kind, x in zip(self.kinds, columns, strict=True)])


def numbers_of(rows: int, shared: Sequence[float]) -> Any:
    """The shared numbers, and the number of rows behind them."""
    return (ctypes.c_double * (len(shared) + 1))(*shared, float(rows))


def rows_that_count(code: Code, limit_place: int) -> str:
    """The mask of lanes whose row, `%i` and the following, is before the limit in `%shared`."""
    limit = code.load("double", "shared", limit_place)
    left = code.emit(f"sub i64 {code.emit(f'fptosi double {limit} to i64')}, %i")
    if code.lanes == 1:
        return code.emit(f"icmp sgt i64 {left}, 0")
    kind = code.integers
    first = code.emit(f"insertelement {kind} poison, i64 {left}, i32 0")
    zeros = f"<{code.lanes} x i32> zeroinitializer"
    lefts = code.emit(f"shufflevector {kind} {first}, {kind} poison, {zeros}")
    lanes = ", ".join(f"i64 {lane}" for lane in range(code.lanes))
    return code.emit(f"icmp slt {kind} <{lanes}>, {lefts}")
