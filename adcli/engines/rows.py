"""Many points: a task over the rows of columns, block by block."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from adcli.ad.evaluate import Run
from adcli.ad.kinks import kink_at
from adcli.ad.tasks import Task, compute, resolved
from adcli.engines.choose import choose_rows_engine
from adcli.engines.columns import Column, Rows, is_over_numbers, point_at
from adcli.engines.point import Point, Results, compute_point
from adcli.engines.threads import available_cores
from adcli.errors import DomainError, UsageError
from adcli.given import check_kinds, real_value
from adcli.graph.axes import Shape
from adcli.graph.program import Program
from adcli.graph.shapes import infer_shapes


@dataclass(frozen=True)
class Batch:
    """Results at many points: `values` (rows,) or (rows, *value); `gradients` by variable.

    `errors` maps the number of a failed row (from 0) to its message.
    """

    values: Any
    gradients: dict[str, Any]
    errors: dict[int, str]


ROWS_WORTH_PLANNING = 50_000
"""Rows from which the numpy engine prepares a program over numbers, instead of sweeping: that takes
a few milliseconds; then the rows take half to three quarters of the time, and less memory."""

SWEPT_BYTES = 1 << 20
"""About how much the values of one block take in all nodes' arrays that are live together."""


@dataclass
class RowResults:
    """Results over rows: path -> list or array (rows, *shape); `errors` by row from 0.

    `outputs` are the shapes of the program's results. The numbers of failed rows are nan, and their
    errors have a `row`. A path that several results of a program share is an array with one more
    axis after the rows. `infinite` are the rows whose value is infinite because a log density is,
    outside its support.
    """

    fields: dict[tuple[str, ...], Any]
    outputs: list[Shape]
    errors: dict[int, DomainError] = field(default_factory=dict)
    infinite: list[int] = field(default_factory=list)


def compute_rows(
    program: Program,
    columns: Mapping[str, Column],
    rows: int,
    task: Task,
    *,
    stop: bool,
    engine: str = "auto",
    precision: int | None = None,
    threads: int | None = None,
    in_all: int | None = None,
) -> RowResults:
    """A task at every row, by `engine` or with `precision` decimal digits.

    `threads` are those of an engine that shares the rows out (None: one for each core); `in_all`
    are the rows of all calls for the same task (None: these), which decide what pays. With
    `stop` the first failed row raises its DomainError (with `row` counted from 0). Raises
    LanguageError where shapes clash.
    """
    asked = Rows(program, columns, rows, task)
    choice = choose_rows_engine(program, columns, rows, engine, precision, task.strict)
    if choice.engine in ("python", "mpmath"):
        at = partial(compute_point, program, task=task, engine=choice.engine, precision=precision)
        return _one_by_one(asked, stop, at)
    threads = threads or available_cores()
    compute_block: _ComputeBlock = _interpreted
    if choice.engine == "llvm":
        compute_block = partial(_compiled, threads=threads)
    elif (in_all or rows) >= ROWS_WORTH_PLANNING and _can_be_planned(asked):
        compute_block = partial(_planned, threads=threads)
    return _blocks(asked, stop, compute_block)


def _one_by_one(asked: Rows, stop: bool, at: Callable[[Point], Results]) -> RowResults:
    """Row after row, each by `at`.

    Where there is none, one of ones tells what is wrong with every row.
    """
    program, columns, rows, task = asked
    found: list[Any] = []
    example = {name: c.example() for name, c in columns.items()}
    if not rows:
        with suppress(DomainError):
            compute_point(program, example, task)
    errors: dict[int, DomainError] = {}
    infinite: list[int] = []
    for row in range(rows):
        try:
            results = at(point_at(columns, row))
            found.append(dict(results.fields()))
            if results.infinity is not None:
                infinite.append(row)
        except DomainError as error:
            error.row = row
            if stop:
                raise error from None
            errors[row] = error.with_traceback(None)
            found.append(None)
    several = len(program.outputs)
    missing: Any = float("nan") if several == 1 else [float("nan")] * several
    fields = {path: [missing if row is None else row[path] for row in found] for path in task.paths}
    first = next((row[("value",)] for row in found if row is not None), None)
    if first is None:  # no row tells the shapes of the results
        given = {name: _shape(x) for name, x in example.items()}
        shapes = infer_shapes(program.graph, program.order, given, program.text)
        outputs = [shapes[i] for i in program.outputs]
    else:
        outputs = [_shape(v) for v in first] if several > 1 else [_shape(first)]
    return RowResults(fields, outputs, errors, infinite)


def _shape(value: Any) -> Shape:
    return tuple(getattr(value, "shape", ()))


class _BlockResults(NamedTuple):
    """Results of a block: by path (rows, *shape), which rows are fine (None: all of them), the
    outputs' shapes."""

    fields: dict[tuple[str, ...], Any]
    good: Any
    outputs: list[Shape]


_ComputeBlock: TypeAlias = Callable[[Rows], _BlockResults]


def _can_be_planned(asked: Rows) -> bool:
    """Whether the numpy engine can prepare a program, of numbers, for rows."""
    program, columns, rows, task = asked
    return bool(asked.per_row) and not task.strict and is_over_numbers(program, columns, rows)


def _blocks(asked: Rows, stop: bool, compute_block: _ComputeBlock) -> RowResults:
    """A task by an engine of arrays: in blocks of rows, each failed row with its reason."""
    import numpy as np

    program, columns, rows, task = asked
    arrays = {n: Column(np.asarray(c.values, dtype=float), c.per_row) for n, c in columns.items()}
    if not rows:
        return _no_rows(asked._replace(columns=arrays), compute_block)
    errors: dict[int, DomainError] = {}
    infinite: list[int] = []
    parts: dict[tuple[str, ...], list[Any]] = {path: [] for path in task.paths}
    step = _rows_at_once(program, arrays) if compute_block is _interpreted else rows
    for start in range(0, rows, step):
        end = min(rows, start + step)
        block = Rows(
            program,
            {n: Column(c.values[start:end], True) if c.per_row else c for n, c in arrays.items()},
            end - start,
            task,
        )
        fields, good, outputs = compute_block(block)
        if good is not None and not good.all():
            from adcli.engines.failed_rows import mend_rows

            failed, right = mend_rows(block, fields, (~good).nonzero()[0], stop, start)
            errors.update(failed)
            infinite += right
        for path, values in fields.items():
            parts[path].append(values)
    joined = {p: v[0] if len(v) == 1 else np.concatenate(v) for p, v in parts.items() if v}
    return RowResults(joined, outputs, errors, infinite)


def _no_rows(asked: Rows, compute_block: _ComputeBlock) -> RowResults:
    """Results of the shapes that one row, of ones, has: not every operation takes empty axes."""
    import numpy as np

    ones = {
        n: Column(np.array([c.example()]), True) if c.per_row else c
        for n, c in asked.columns.items()
    }
    fields, _, outputs = compute_block(asked._replace(columns=ones, number=1))
    return RowResults({path: values[:0] for path, values in fields.items()}, outputs)


def _rows_at_once(program: Program, arrays: Mapping[str, Column]) -> int:
    """The number of rows that the numpy engine sweeps together."""
    sizes = [c.values[0].size if c.per_row else c.values.size for c in arrays.values()]
    live: int = min(len(program.order), 64) * max([1, *sizes])
    return max(1, SWEPT_BYTES * 4 // (8 * live))


def _compiled(block: Rows, threads: int) -> _BlockResults:
    """A block by the llvm engine; by the numpy engine where this machine cannot compile it."""
    from adcli.engines.llvm.compiled_rows import UnsupportedError
    from adcli.engines.llvm.compiled_tasks import compile_rows

    try:
        code = compile_rows(block.program, block.task, block.per_row)
    except UnsupportedError:
        return _planned(block, threads)
    inputs = {block.program.inputs[name]: c.values for name, c in block.columns.items()}
    return _of_program(block, code.paths, *code.runner.run(inputs, threads))


def _planned(block: Rows, threads: int) -> _BlockResults:
    """A block by the numpy engine, as one program of what was differentiated before."""
    from adcli.algebras.functions.array_functions import are_finite
    from adcli.engines.plan.column_plan import plan_rows
    from adcli.engines.result_memory import result_array

    program, columns, rows, task = block
    plan, paths = plan_rows(program, task, block.per_row, threads)
    numbers = [columns[n].values for n in program.inputs if not columns[n].per_row]
    results = [result_array(rows) for _ in paths]
    plan.run([columns[n].values for n in block.per_row], numbers, results)
    return _of_program(block, paths, results, are_finite(results))


def _of_program(
    block: Rows, paths: Sequence[tuple[str, ...]], results: Sequence[Any], all_finite: bool
) -> _BlockResults:
    """A block's results, by those of a prepared program; rows that are not finite are not good."""
    import numpy as np

    rows, several = block.number, len(block.program.outputs)
    good = None if all_finite else np.ones(rows, dtype=bool)
    found: dict[tuple[str, ...], list[Any]] = {}
    for path, value in zip(paths, results, strict=True):
        if good is not None:
            good &= np.isfinite(value)
        own = value if value.shape == (rows,) else np.full(rows, value)
        found.setdefault(path, []).append(own)
    fields = {path: np.stack(v, axis=1) if several > 1 else v[0] for path, v in found.items()}
    return _BlockResults(fields, good, [()] * several)


def _interpreted(block: Rows) -> _BlockResults:
    """A block by the numpy engine. Where the task is strict, rows at a kink are not good."""
    import numpy as np

    from adcli.algebras.arrays import Arrays

    program, columns, rows, task = block
    algebra = Arrays()
    graph, inputs = program.graph, program.inputs
    packed = {
        inputs[n]: c.values if c.per_row else c.values[np.newaxis] for n, c in columns.items()
    }
    given = {graph.attrs[i]: algebra.shape(x) for i, x in packed.items()}
    shapes = infer_shapes(graph, program.order, given, program.text)
    with algebra.context():
        run = Run.at(graph, program.order, packed, algebra, rows)
        task = resolved(task, program, shapes)
        entries = compute(run, program, task)
        good = np.ones(rows, dtype=bool)
        found: dict[tuple[str, ...], list[Any]] = {}
        for entry in entries:
            value = np.broadcast_to(entry.value, (rows, *entry.value.shape[1:]))
            good &= np.isfinite(value).all(axis=tuple(range(1, value.ndim)))
            found.setdefault(entry.path, []).append(value)
        if task.strict:
            good &= ~_near_kinks(run, rows)
    several = len(program.outputs) > 1
    fields = {p: _joined(v, several) for p, v in found.items()}
    return _BlockResults(fields, good, [shapes[o] for o in program.outputs])


def _joined(values: list[Any], several: bool) -> Any:
    import numpy as np

    if not several:
        return np.array(values[0])
    if len({v.shape for v in values}) > 1:
        return np.concatenate([v.reshape(len(v), -1) for v in values], axis=1)
    return np.stack(values, axis=1)


def _near_kinks(run: Run, rows: int) -> Any:
    """Rows where any node at all is at a kink; whether it matters is decided row by row."""
    import numpy as np

    near = np.zeros(rows, dtype=bool)
    for i in run.order:
        kink = kink_at(run, i)
        if kink is not None:
            flags = (kink != 0).reshape(kink.shape[0], -1).any(axis=1)
            near |= np.broadcast_to(flags, (rows,))
    return near


def map_rows(
    program: Program, columns: Mapping[str, Any], task: Task, engine: str, on_error: str
) -> Batch:
    """Values and gradients over columns, for `Function.map`."""
    import numpy as np

    if on_error not in ("stop", "null"):
        raise UsageError(f"on_error is 'stop' or 'null', not '{on_error}'")
    if not hasattr(columns, "items"):  # a data frame of pandas has them
        check_kinds(columns=columns)
    program.check_names(columns)
    table, lengths = {}, set()
    for name, column in columns.items():
        array = np.asarray(real_value(column, f"column '{name}'"))
        table[name] = Column(array, array.ndim > 0)
        if array.ndim:
            lengths.add(len(array))
    if len(lengths) > 1:
        raise UsageError(f"the columns differ in length: {sorted(lengths)}")
    rows = lengths.pop() if lengths else 1
    stop = on_error == "stop"
    results = compute_rows(program, table, rows, task, stop=stop, engine=engine)
    fields = {path: np.asarray(values) for path, values in results.fields.items()}
    values = fields.pop(("value",))
    errors = {row: error.message for row, error in results.errors.items()}
    return Batch(values, {name: v for (_, name), v in fields.items()}, errors)
