"""Kernels whose results are added up at places that are data, beside reductions over all rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from adcli.algebras.functions.array_functions import quiet
from adcli.engines.llvm.body import Body, Read
from adcli.engines.llvm.code import Code
from adcli.engines.llvm.kernel import Array, ColumnPlace, Pointers, padded
from adcli.engines.llvm.machine import Machine
from adcli.engines.llvm.place_code import add_at
from adcli.engines.llvm.reduction_kernel import (
    VECTORS_A_SUM,
    ReductionKernel,
    numbers_of,
    rows_that_count,
)
from adcli.engines.threads import Portions, in_parallel
from adcli.graph.graph import Graph

ROWS_A_RUN, ROWS_A_SUM = 1 << 15, 8
"""Rows of a run, and rows for each of its sums, at least: the sums of all runs take an eighth of a
column."""


class ScatterKernel(ReductionKernel):
    """Reductions, and sums of values at places: the outputs are those of the reductions, then pairs
    of a value and its place.

    Rows are cut into runs by their number and that of the sums alone. Each has a record: reductions
    of its blocks of rows, then sums of its own, to which its rows are added one after the other.
    """

    def __init__(
        self,
        graph: Graph,
        columns: Mapping[int, ColumnPlace],
        shared: Sequence[int],
        outputs: Sequence[int],
        kinds: Sequence[str],
        machine: Machine,
        tables: Sequence[int],
        sizes: Sequence[int],
    ) -> None:
        """`sizes` says for each pair into how many sums its values go."""
        self.sizes = list(sizes)
        block = VECTORS_A_SUM * machine.lanes
        least = max(ROWS_A_RUN, ROWS_A_SUM * sum(sizes))
        self._blocks = -(-least // block)  # of a run
        self._first = self._blocks * len(kinds)  # sum in a record
        super().__init__(graph, columns, shared, outputs, kinds, machine, tables)

    def _also(self, code: Code, body: Body, result: Read) -> None:
        """Behind the sums of each pair is one more, for what has no place."""
        kinds = len(self.kinds)

        def add(some: range, part: Code) -> None:
            counts = rows_that_count(part, len(self.shared))
            start = self._first + sum(n + 1 for n in self.sizes[: some.start])
            for k in some:
                sums = part.emit(f"getelementptr double, ptr %out, i64 {start}")
                value, place = (result(part, kinds + 2 * k + end) for end in (0, 1))
                add_at(part, sums, place, value, self.sizes[k], counts)
                start += self.sizes[k] + 1

        body.write_all(code, len(self.sizes), add)

    def run_all(
        self,
        columns: Sequence[Array],
        shared: Sequence[float],
        rows: int,
        threads: int,
        tables: Sequence[Array],
    ) -> tuple[Array, list[Array]]:
        """The reductions (outputs,), and the sums of each pair; `columns` as of a RowKernel."""
        block = VECTORS_A_SUM * self.lanes
        each, whole = self._blocks * block, rows - rows % block
        runs = -(-whole // each)
        records = np.zeros((runs + 1, self._first + sum(n + 1 for n in self.sizes)))

        def add(begin: int, end: int, run: int, given: Pointers, numbers: Array) -> None:
            scratch = np.empty(self._scratch)
            out = records.ctypes.data + records.strides[0] * run
            self._function(begin, end, given.table, numbers, out, scratch.ctypes.data)

        if runs:
            pointers, numbers = Pointers(columns, tables), numbers_of(rows, shared)

            def work(_: int, portions: Portions) -> None:
                for first, last in portions:
                    for run in range(first, last):
                        add(run * each, min(whole, (run + 1) * each), run, pointers, numbers)

            in_parallel(work, runs, threads)
        if whole < rows:
            ends = Pointers([padded(c, whole, self.lanes) for c in columns], tables)
            in_vectors = -(-(rows - whole) // self.lanes) * self.lanes
            add(0, in_vectors, runs, ends, numbers_of(rows - whole, shared))
        return self._reductions(records, whole // block, whole < rows), self._sums(records)

    def _reductions(self, records: Array, blocks: int, has_rest: bool) -> Array:
        """The reductions of all blocks, as a ReductionKernel joins them."""
        *runs, rest = records[:, : self._first].reshape(len(records), self._blocks, -1)
        partial = np.concatenate([*runs, rest[:0]])[:blocks]
        if has_rest:
            partial = np.concatenate([partial, rest[:1]])
        return self.total(partial)

    def _sums(self, records: Array) -> list[Array]:
        """The sums of each pair, nan where a value had no place."""
        with quiet():
            total = np.add.reduce(records[:, self._first :], axis=0)
        parts = np.split(total, np.cumsum([n + 1 for n in self.sizes])[:-1])
        return [part[:-1] if part[-1] == 0 else np.full(len(part) - 1, np.nan) for part in parts]
