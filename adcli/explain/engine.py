"""What the choice of an engine rests on: operations and bytes a row, the time to compile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from adcli.ad.symbolic import gradient_nodes
from adcli.ad.tasks import Task, result_nodes, scalar_output
from adcli.engines.choose import Choice, choose_point_engine, choose_rows_engine
from adcli.explain.cost import Counts, evaluation
from adcli.graph.axes import Shape
from adcli.graph.shapes import infer_shapes

if TYPE_CHECKING:
    from adcli.engines.columns import Column
    from adcli.engines.llvm.compiled_rows import CompiledRows
    from adcli.engines.prepared import PreparedTask
    from adcli.graph.program import Program

NUMBER_BYTES = 8


class Explanation(NamedTuple):
    """An engine, why it was chosen, and what a row takes.

    `counts` are the operations of the graph of all results, in which a call of a function such as
    exp is one; None for a task over arrays other than a value or gradient. `bytes_read` are those
    of the variables that change from row to row, `bytes_written` those of the results.
    `compile_seconds` is None where nothing is compiled.
    """

    choice: Choice
    rows: int
    counts: Counts | None
    bytes_read: int
    bytes_written: int
    compile_seconds: float | None

    @property
    def flops(self) -> int | None:
        """Operations a row: multiplications, additions and calls of functions count alike."""
        return None if self.counts is None else sum(self.counts)


def explain_rows(
    program: Program,
    columns: Mapping[str, Column],
    rows: int,
    task: Task,
    engine: str = "auto",
    precision: int | None = None,
    estimated: bool = False,
) -> Explanation:
    """The engine for a task at each of `rows` rows of a file, which is read once. Raises as
    `choose_rows_engine` does."""
    choice = choose_rows_engine(
        program, columns, rows, engine, precision, task.strict, estimated, once=True
    )
    per_row = [name for name, column in columns.items() if column.per_row]
    shapes = {name: _shape(c.example()) for name, c in columns.items()}
    seconds = None
    if choice.engine == "llvm":
        from adcli.engines.llvm.compiled_tasks import compile_rows

        choice, seconds = _compiled(choice, lambda: compile_rows(program, task, per_row))
    return _explanation(choice, seconds, program, task, rows, shapes, per_row)


def explain_point(
    program: Program,
    point: Mapping[str, Any],
    task: Task,
    engine: str = "auto",
    precision: int | None = None,
) -> Explanation:
    """The engine for a task at one point. Raises as `choose_point_engine` does."""
    choice = choose_point_engine(program, point, task, engine, precision)
    shapes = {name: _shape(value) for name, value in point.items()}
    seconds = None
    if choice.engine == "llvm":
        from adcli.engines.llvm.compiled_tasks import compile_point

        alone = engine == "auto"
        choice, seconds = _compiled(choice, lambda: compile_point(program, task, shapes, alone))
    return _explanation(choice, seconds, program, task, 1, shapes, list(point))


def _shape(value: Any) -> Shape:
    if not isinstance(value, (list, tuple)):
        return tuple(getattr(value, "shape", ()))
    return (len(value), *(_shape(value[0]) if value else ()))


def _compiled(
    choice: Choice, compile_task: Callable[[], PreparedTask[CompiledRows]]
) -> tuple[Choice, float | None]:
    """The time to compile; another choice where this machine cannot."""
    from adcli.engines.llvm.compiled_rows import UnsupportedError

    try:
        return choice, compile_task().runner.compile_seconds
    except UnsupportedError as error:
        return Choice("numpy", f"the llvm engine is not used: {error}"), None


def _explanation(
    choice: Choice,
    seconds: float | None,
    program: Program,
    task: Task,
    rows: int,
    shapes: Mapping[str, Shape],
    per_row: list[str],
) -> Explanation:
    graph = program.graph
    known = infer_shapes(graph, program.order, shapes, program.text)
    outputs = sum(prod(known[o]) for o in program.outputs)
    inputs = sum(prod(shapes[name]) for name in task.wrt)
    beside_values = {
        "value": 0,
        "gradient": inputs,
        "directional": outputs,
        "jacobian": outputs * inputs,
        "hessian": inputs + inputs**2,
    }
    written = outputs + beside_values[task.kind]
    read = sum(prod(shapes[name]) for name in per_row)
    counts = _counts(program, task, shapes, known)
    return Explanation(choice, rows, counts, NUMBER_BYTES * read, NUMBER_BYTES * written, seconds)


def _counts(
    program: Program, task: Task, shapes: Mapping[str, Shape], known: Mapping[int, Shape]
) -> Counts | None:
    """The operations of the graph of all results.

    `shapes` are those of the variables, `known` those of the program's nodes. Raises LanguageError
    as `compute` does.
    """
    graph, nodes = program.graph, list(program.outputs)
    if program.is_scalar and not any(shapes.values()):
        nodes = [node for _, node in result_nodes(program, task)]
    elif task.kind in ("gradient", "hessian"):
        output = scalar_output(program, known)
        if task.kind == "hessian":
            return None
        wrt = [program.inputs[name] for name in task.wrt]
        nodes += gradient_nodes(graph, program.order, output, wrt, shapes)
    elif task.kind != "value":
        return None
    order = graph.reach(nodes)
    return evaluation(graph, order, infer_shapes(graph, order, shapes))
