"""Elementwise functions of long vectors, which may be written over vectors that they read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from adcli.ad.tasks import Task, result_nodes
from adcli.algebras.functions import array_functions
from adcli.engines.plan.block_run import BlockRun
from adcli.engines.plan.operand import Array, Operand, Step, needed
from adcli.engines.plan.plan_steps import Operations
from adcli.engines.plan.regions import Region, block_rows
from adcli.engines.prepared import PreparedTask, prepared, task_key
from adcli.engines.result_memory import result_array
from adcli.engines.threads import available_cores
from adcli.graph.axes import Shape
from adcli.graph.expand import expanded
from adcli.graph.graph import Graph
from adcli.graph.program import Program
from adcli.graph.shapes import infer_shapes

ENDLESS_ROWS = 1 << 26
"""Stands for the number of rows, which elementwise functions hold nowhere: blocks for any number of
threads."""

THREAD_BYTES, LEAST_ROWS = 1 << 24, 2048
"""The most memory for the arrays between the steps, for each thread: a block has fewer rows where
many arrays live together, down to so few that calling NumPy takes as long as computing."""


class ColumnPlan:
    """The nodes `outputs` as functions, row by row, of vectors and of numbers for all rows.

    `columns` and `numbers` are the nodes that these are given for (any nodes, not variables only).
    `over` says for each output which of the columns it is written over, if one. All is computed in
    `dtype` and block by block, on `threads` threads (None: one for each processor). Several runs
    may go on at once.
    """

    def __init__(
        self,
        graph: Graph,
        columns: Sequence[int],
        numbers: Sequence[int],
        outputs: Sequence[int],
        over: Sequence[int | None],
        dtype: Any,
        threads: int | None = None,
    ) -> None:
        self._dtype = np.dtype(dtype)
        given = [*columns, *numbers]
        outputs = expanded(graph, outputs, kept=given)
        order = graph.reach([*given, *outputs])
        flags = graph.dependents(order, given)
        rest = [i for i in order if i not in given and (flags[i] or not graph.varying[i])]
        shapes: dict[int, Shape] = {i: (ENDLESS_ROWS,) if i in columns else () for i in given}
        infer_shapes(graph, rest, {}, known=shapes)
        operations = Operations(graph, [*given, *rest], shapes, self._dtype, {}, given)
        self._fixed = operations.fixed
        found = needed(operations.steps, [operations.operands[o] for o in outputs])
        self._singles = [step for step in found if not step.core]
        steps = [step for step in found if step.core]
        kinds = {step.node: step.dtype for step in steps}
        written: dict[int, int] = {}
        for k, (output, column) in enumerate(zip(outputs, over, strict=True)):
            operand = operations.operands[output]
            node = operand.root
            if node not in kinds:  # a column or a number: read before anything is written
                node = -1 - k
                steps.insert(0, self._copy(node, operand))
            is_another = kinds.get(node, self._dtype) != self._dtype
            if node in written or is_another or _is_read_later(steps, node, column):
                target = -1 - len(outputs) - k
                steps.append(self._copy(target, Operand(node, (ENDLESS_ROWS,))))
                node = target
            written[node] = k
        self._run = _block_run(steps, set(written), threads or available_cores())
        self._out = [written[step.node] for step in self._run.stored]
        self._columns = [columns.index(x.root) for x in self._run.cut]
        self._whole = [x.root for x in self._run.whole]
        self._numbers = list(numbers)

    def _copy(self, node: int, x: Operand) -> Step:
        return Step(node, (ENDLESS_ROWS,), self._dtype, _copying, [x], sliced=(bool(x.core),))

    def run(self, columns: Sequence[Array], numbers: Sequence[float], out: Sequence[Array]) -> None:
        """Write the outputs for vectors of the dtype, all of one length, and numbers."""
        known = dict(self._fixed)
        for node, number in zip(self._numbers, numbers, strict=True):
            known[node] = np.asarray(number, self._dtype)
        with array_functions.quiet():
            for step in self._singles:
                known[step.node] = result = np.empty((), step.dtype)
                step.call(*[known[x.root] for x in step.operands], result)
        self._run.run(
            *[columns[k] for k in self._columns],
            *[known[root] for root in self._whole],
            *[out[k] for k in self._out],
            result_array(self._run.scratch // 8).view(np.uint8),
        )


def plan_rows(
    program: Program, task: Task, per_row: Sequence[str], threads: int
) -> PreparedTask[ColumnPlan]:
    """A task at every row of a scalar program; the variables `per_row` vary from row to row.

    The other variables are the plan's numbers, in the program's order. Raises LanguageError as
    `compute` does.
    """

    def make() -> PreparedTask[ColumnPlan]:
        paths, outputs = zip(*result_nodes(program, task), strict=True)
        columns = [program.inputs[name] for name in per_row]
        numbers = [node for node in program.inputs.values() if node not in columns]
        over = [None] * len(outputs)
        plan = ColumnPlan(program.graph, columns, numbers, outputs, over, np.float64, threads)
        return PreparedTask(plan, list(paths))

    return prepared(program, ("planned rows", threads, *task_key(task), *per_row), make)


def _is_read_later(steps: list[Step], output: int, column: int | None) -> bool:
    """Whether a block still needs a column when it has an output."""
    if column is None:
        return False
    (place,) = [k for k, step in enumerate(steps) if step.node == output]
    return any(x.root == column for step in steps[place + 1 :] for x in step.operands)


def _block_run(steps: list[Step], stored: set[int], threads: int) -> BlockRun:
    """What runs the steps, in blocks that are shorter where many arrays live together."""
    block = block_rows(steps)
    run = BlockRun(Region(steps, ENDLESS_ROWS, block), stored, threads)
    fitting = block * threads * THREAD_BYTES // max(run.scratch, 1)
    if fitting >= block:
        return run
    block = min(block, max(LEAST_ROWS, fitting))
    return BlockRun(Region(steps, ENDLESS_ROWS, block), stored, threads)


def _copying(x: Array, out: Array) -> None:
    out[...] = x
