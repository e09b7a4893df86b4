"""Kernels whose results are stored for each row."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import partial
from math import isfinite
from typing import Any

import numpy as np

from adcli.engines.llvm.body import Body, Carry
from adcli.engines.llvm.code import Code
from adcli.engines.llvm.kernel import (
    CHUNK,
    Array,
    Kernel,
    Pointers,
    RowRuns,
    held,
    padded,
)
from adcli.engines.llvm.operations import REDUCTIONS, over_lanes
from adcli.engines.result_memory import result_array

STREAMED_BYTES = 1 << 24
"""Results of this size bypass the caches: they would not stay there, and a line that is written as
a whole need not be read before."""


class RowKernel(Kernel):
    """Outputs at every row."""

    _streaming: Any = None

    def _lines(self, code: Code, body: Body) -> list[str]:
        return self._loop(code, body, "align 8")

    def _loop(self, code: Code, body: Body, how: str) -> list[str]:
        """The loop; `how` says what a store may assume."""
        read = self._reader(code, body)
        target = held(code, body, lambda part, k: part.load("ptr", "out", k), self.count)
        flag = Carry(code, body, [0.0], [0] * self.count)
        flag.start()
        code.lines += ["br label %loop", "loop:"]
        code.lines.append("%i = phi i64 [ %begin, %entry ], [ %next, %latch ]")
        flag.enter()

        def store(part: Code, k: int, operand: str, flagged: str) -> str:
            place = part.emit(f"getelementptr double, ptr {target(part, k)}, i64 %i")
            part.lines.append(f"store {part.real} {operand}, ptr {place}, {how}")
            return part.add(flagged, operand)  # finite only if all of them are

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
        code.lines.append(f"ret double {over_lanes(code, flag.value(code, 0), REDUCTIONS['sum'])}")
        return code.lines

    def run(
        self,
        columns: Sequence[Array],
        shared: Sequence[float],
        rows: int,
        threads: int = 1,
        tables: Sequence[Array] = (),
    ) -> tuple[list[Array], bool]:
        """The outputs as arrays (rows,), and whether all of them are finite for sure: their sum is.

        `columns` are contiguous float64 arrays (rows,), or arrays (rows, width) of which each row
        is contiguous, as their places say.
        """
        results = [result_array(rows) for _ in range(self.count)]
        numbers = (ctypes.c_double * max(1, len(shared)))(*shared)
        whole = rows - rows % self.lanes
        finite = True
        if whole:
            sources, targets = Pointers(columns, tables), Pointers(results)
            function = self._function_for(8 * rows * self.count)
            chunks = RowRuns(CHUNK, ctypes.addressof(targets.table), 0, targets)
            flag = self._over_rows(whole, chunks, sources, numbers, threads, function)
            finite = isfinite(flag)
        if whole < rows:
            ends = [padded(c, whole, self.lanes) for c in columns]
            last = [np.empty(self.lanes) for _ in results]
            targets = Pointers(last)
            chunks = RowRuns(self.lanes, ctypes.addressof(targets.table), 0, targets)
            flag = self._over_rows(self.lanes, chunks, Pointers(ends, tables), numbers)
            finite = finite and isfinite(flag)
            for result, values in zip(results, last, strict=True):
                result[whole:] = values[: rows - whole]
        return results, finite

    def _function_for(self, size: int) -> Any:
        """The machine code for results of `size` bytes."""
        if size < STREAMED_BYTES:
            return self._function
        if self._streaming is None:
            self._streaming = self._compile(
                partial(self._loop, how=f"align {8 * self.lanes}, !nontemporal !0")
            )
        return self._streaming
