"""Elementwise functions of long vectors, which may be written over vectors that they read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from adcli.engines.cores import available_cores
from adcli.engines.programs.arena import aligned
from adcli.engines.programs.blocks import BlockRun
from adcli.engines.programs.operations import Array, Operand, Operations, Step, needed
from adcli.engines.programs.schedule import Region, block_rows
from adcli.graph.axes import Shape
from adcli.graph.graph import Graph
from adcli.graph.shapes import infer_shapes


class ColumnProgram:
    """The nodes `outputs` as functions, row by row, of vectors and of numbers for all rows.

    `columns` and `numbers` are the nodes that these are given for (any nodes, not variables only).
    `over` says for each output which of the columns it is written over, if one. All is computed in
    `dtype` and block by block, on `threads` threads (None: one for each processor).
    """

    def __init__(
        self,
        graph: Graph,
        columns: Sequence[int],
        numbers: Sequence[int],
        outputs: Sequence[int],
        over: Sequence[int | None],
        rows: int,
        dtype: Any,
        threads: int | None = None,
    ) -> None:
        self._dtype = np.dtype(dtype)
        given = [*columns, *numbers]
        order = graph.reach([*given, *outputs])
        flags = graph.dependents(order, given)
        rest = [i for i in order if i not in given and (flags[i] or not graph.varying[i])]
        shapes: dict[int, Shape] = {i: (rows,) if i in columns else () for i in given}
        infer_shapes(graph, rest, {}, known=shapes)
        operations = Operations(graph, [*given, *rest], shapes, self._dtype, {}, given)
        self._fixed = operations.fixed
        steps = needed(operations.steps, [operations.operands[o] for o in outputs])
        made = {step.node for step in steps if step.sliced}
        written: dict[int, int] = {}
        for k, (output, column) in enumerate(zip(outputs, over, strict=True)):
            if output not in made:  # a column or a number itself: read before anything is written
                output = -1 - k
                steps.insert(0, self._copy(output, operations.operands[outputs[k]], rows))
            if output in written or _is_read_later(steps, output, column):
                target = -1 - len(outputs) - k
                steps.append(self._copy(target, Operand(output, (rows,)), rows))
                output = target
            written[output] = k
        self._run = BlockRun(
            Region(steps, rows, block_rows(steps)), set(written), threads or available_cores()
        )
        self._out = [written[step.node] for step in self._run.stored]
        self._columns = [columns.index(x.root) for x in self._run.cut]
        self._whole = [
            (x.root, numbers.index(x.root) if x.root in numbers else None) for x in self._run.whole
        ]
        self._memory = aligned(self._run.scratch)

    def _copy(self, node: int, x: Operand, rows: int) -> Step:
        return Step(node, (rows,), self._dtype, np.positive, [x], sliced=(x.core == (rows,),))

    def run(self, columns: Sequence[Array], numbers: Sequence[float], out: Sequence[Array]) -> None:
        """Write the outputs for vectors of the dtype, and numbers."""
        whole = [
            self._fixed[root] if k is None else np.asarray(numbers[k], self._dtype)
            for root, k in self._whole
        ]
        self._run.run(
            *[columns[k] for k in self._columns],
            *whole,
            *[out[k] for k in self._out],
            self._memory,
        )


def _is_read_later(steps: list[Step], output: int, column: int | None) -> bool:
    """Whether a block still needs a column when it has an output."""
    (place,) = [k for k, step in enumerate(steps) if step.node == output]
    return any(x.root == column for step in steps[place + 1 :] for x in step.operands)
