"""Tasks over numbers made ready for many rows, on NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from adcli.ad.tasks import result_nodes
from adcli.algebras.functions.array_functions import are_finite
from adcli.engines.plan.column_plan import ColumnPlan
from adcli.engines.plan.operand import Array
from adcli.engines.prepared import PreparedTask, prepared, task_key
from adcli.engines.result_memory import result_array

if TYPE_CHECKING:
    from adcli.ad.tasks import Task
    from adcli.graph.program import Program


class PlannedRows:
    """The nodes `outputs` of a function of numbers, at rows of the variables `per_row`."""

    def __init__(
        self, program: Program, outputs: Sequence[int], per_row: Sequence[str], threads: int
    ) -> None:
        self._columns = [program.inputs[name] for name in per_row]
        self._numbers = [node for node in program.inputs.values() if node not in self._columns]
        self._count = len(outputs)
        over = [None] * self._count
        self._plan = ColumnPlan(
            program.graph, self._columns, self._numbers, outputs, over, np.float64, threads
        )

    def run(self, inputs: Mapping[int, Any]) -> tuple[list[Array], bool]:
        """The outputs' columns, for a column or a number for each node of a variable.

        Also whether all values are finite for sure: False means the caller must check the values.
        """
        columns = [inputs[node] for node in self._columns]
        results = [result_array(len(columns[0])) for _ in range(self._count)]
        self._plan.run(columns, [inputs[node] for node in self._numbers], results)
        return results, are_finite(results)


def plan_rows(
    program: Program, task: Task, per_row: Sequence[str], threads: int
) -> PreparedTask[PlannedRows]:
    """A task at every row of a scalar program; the variables `per_row` vary from row to row.

    It runs on so many threads. Raises LanguageError as `compute` does.
    """

    def make() -> PreparedTask[PlannedRows]:
        paths, outputs = zip(*result_nodes(program, task), strict=True)
        return PreparedTask(PlannedRows(program, outputs, per_row, threads), list(paths))

    return prepared(program, ("planned rows", threads, *task_key(task), *per_row), make)
