"""Tasks as compiled code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from adcli.ad.symbolic import gradient_nodes
from adcli.ad.tasks import Task, result_nodes, scalar_output
from adcli.engines.llvm.compiled_rows import CompiledRows, UnsupportedError
from adcli.engines.llvm.kernel import Array
from adcli.engines.llvm.machine import host
from adcli.engines.llvm.narrow import by_columns
from adcli.engines.prepared import PreparedTask, prepared, task_key
from adcli.engines.threads import available_cores
from adcli.graph.axes import Shape
from adcli.graph.graph import Graph
from adcli.graph.shapes import infer_shapes

if TYPE_CHECKING:
    from adcli.graph.program import Program

ROWS_STAND_IN = 7919
"""Stands for the number of rows of a scalar program, which holds no shape."""

ResultPath = tuple[str, ...]


def compile_rows(
    program: Program, task: Task, per_row: Sequence[str]
) -> PreparedTask[CompiledRows]:
    """A task at every row of a scalar program; the variables `per_row` vary from row to row.

    Raises UnsupportedError where this machine cannot, LanguageError as `compute` does.
    """

    def make() -> PreparedTask[CompiledRows]:
        graph = program.graph
        paths, outputs = zip(*result_nodes(program, task), strict=True)
        order = graph.reach([*outputs, *program.inputs.values()])
        shapes = infer_shapes(graph, order, dict.fromkeys(per_row, (ROWS_STAND_IN,)))
        compiled = CompiledRows(graph, outputs, shapes, ROWS_STAND_IN, host())
        return PreparedTask(compiled, list(paths))

    return prepared(program, ("compiled rows", *task_key(task), *per_row), make)


def compile_point(
    program: Program, task: Task, shapes: Mapping[str, Shape], alone: bool = False
) -> PreparedTask[CompiledRows]:
    """The value, or the value and the gradient, of a program with vectors at one point.

    `shapes` are those of the variables; `alone` as in CompiledRows. Raises as `compile_rows`.
    """

    def make() -> PreparedTask[CompiledRows]:
        graph, outputs = program.graph, list(program.outputs)
        known = infer_shapes(graph, program.order, shapes, program.text)
        paths: list[ResultPath] = [("value",)] * len(outputs)
        if task.kind == "gradient":
            output = scalar_output(program, known)
            wrt = [program.inputs[name] for name in task.wrt]
            outputs += gradient_nodes(graph, program.order, output, wrt, shapes)
            paths += [("gradient", name) for name in task.wrt]
        return PreparedTask(compile_nodes(graph, outputs, shapes, alone), paths)

    return prepared(program, ("compiled point", alone, *task_key(task), *shapes.items()), make)


def compiled_point(
    program: Program, inputs: Mapping[int, Array], task: Task, alone: bool = False
) -> dict[ResultPath, list[Any]] | None:
    """The results at one point by path: numbers and arrays.

    `inputs` has an array for each node of a variable; `alone` as in CompiledRows. None where this
    machine cannot compile the program, or where a result is not finite.
    """
    shapes = {name: inputs[node].shape for name, node in program.inputs.items()}
    try:
        code, paths = compile_point(program, task, shapes, alone)
    except UnsupportedError:
        return None
    results, finite = code.run(inputs, available_cores())
    if not finite and not all(np.isfinite(x).all() for x in results):
        return None
    by_path: dict[ResultPath, list[Any]] = {}
    for path, x in zip(paths, results, strict=True):
        by_path.setdefault(path, []).append(x if x.ndim else float(x))
    return by_path


def compile_nodes(
    graph: Graph, outputs: Sequence[int], shapes: Mapping[str, Shape], alone: bool = False
) -> CompiledRows:
    """Nodes of a graph as compiled code; the longest vector among `shapes`, those of the
    variables, has a number for each row; `alone` and what is raised as in CompiledRows."""
    rows = max((shape[0] for shape in shapes.values() if len(shape) == 1), default=0)
    outputs = by_columns(graph, outputs, shapes, rows)
    known = infer_shapes(graph, graph.reach(outputs), shapes)
    return CompiledRows(graph, outputs, known, rows, host(), alone)
