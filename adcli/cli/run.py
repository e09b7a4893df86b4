"""What eval, grad, jacobian and hessian share: from options to results."""

from __future__ import annotations

from collections.abc import Callable, Collection
from time import perf_counter
from typing import TYPE_CHECKING, Any

from adcli.ad.tasks import Task
from adcli.cli.inputs import assignments, file_levels, wrt_names
from adcli.cli.run_options import RunOptions
from adcli.cli.show import show, show_engine, show_run
from adcli.cli.table_options import (
    check_columns,
    columns_in,
    filter_of,
    open_data,
    read_data,
    tell_levels,
)
from adcli.cli.terminal import remark
from adcli.errors import DomainError, UsageError
from adcli.function import Function, function
from adcli.graph.axes import Shape
from adcli.language.messages import render_note, safe
from adcli.report.numbers import flat
from adcli.report.point_report import PointReport

if TYPE_CHECKING:
    from adcli.data.table import Table
    from adcli.engines.point import Results
    from adcli.explain.engine import Explanation
    from adcli.graph.coded import LevelNames


AtPoint = Callable[[Function, Task, dict[str, Any], Collection[str], Any], int]
"""`(f, task, point, held, options)`: the exit code."""


def run(kind: str, options: RunOptions, at_point: AtPoint | None = None) -> int:
    """Run one of these commands; returns the exit code. `at_point` computes and shows what there is
    at one point, where a command does that in its own way."""
    if options.points == "-" and options.is_from_stdin:
        raise UsageError(
            "the program and the points cannot both come from standard input",
            "put one of them into a file",
        )
    f, levels = _program(options)
    with options.context():
        fixed, held = options.values_at(f, options.decimal_digits)
        levels = levels or file_levels(options.at, f)
        f = f.twice if kind in ("jacobian", "hessian") else f
        _check_rows(options)
        with open_data(options) as table:
            if table is not None:
                check_columns(f, table, fixed, option="--at")
                if kind == "hessian" and _fills_memory(table, options):
                    results = _in_blocks(f, table, fixed, options)
                    if results is not None:
                        report = _report(results, fixed, held, options)
                        show(report, options.form, options.output, options.digits)
                        return 0
            data = _rows_of(f, table, fixed, options, levels)
        task = _task(kind, f, options, data)
        held |= data.keys()
        if options.points is not None:
            from adcli.cli.stream import run_stream

            return run_stream(f, task, fixed, held, options, levels)
        if options.form == "parquet":
            raise UsageError("Parquet is for the points of a file", "--points FILE")
        return (at_point or _run_point)(f, task, {**fixed, **data}, held, options)


def _program(options: RunOptions) -> tuple[Function, LevelNames]:
    """The program, EXPR or the model that --model names, and the levels that the model knows."""
    if not options.model:
        return function(options.text), {}
    from adcli.fitting.fitted_model import load_model

    if options.expression is not None or options.source is not None:
        raise UsageError("--model takes the place of EXPR", "leave one of them out")
    model = load_model(options.model)
    if not options.data:
        model.check_row_wise()
    return model.function, model.levels


def _check_rows(options: RunOptions) -> None:
    if options.data and options.points is not None:
        raise UsageError(
            "--points and --data exclude each other",
            "with --points each row is a point, with --data each column is a vector",
        )


def _fills_memory(table: Table, options: RunOptions) -> bool:
    """Whether a table is large, and nothing is asked for that needs all of its rows at once."""
    from adcli.data.row_store import HELD_BYTES

    plain = options.engine == "auto" and options.decimal_digits is None and not options.strict
    return plain and not options.explain_engine and (table.size or 0) > HELD_BYTES


def _in_blocks(
    f: Function, table: Table, fixed: dict[str, Any], options: RunOptions
) -> Results | None:
    """The Hessian of a loss that is a sum over rows, which are not held; None for another loss."""
    from adcli.data.table_columns import selected
    from adcli.engines.summed_rows import SummedRows
    from adcli.graph.coded import coded_column

    names = columns_in(f, table)
    if any(map(coded_column, names)):  # whose codes are known when all rows are read
        return None
    summed = SummedRows(f, {name: table.shape_of(name) for name in names}, fixed)
    if summed.sums is None:
        return None
    rows = selected(table, names, missing=options.missing, where=filter_of(table, options))
    return summed.at((block.columns for block in rows), _task("hessian", f, options, names))


def _rows_of(
    f: Function,
    table: Table | None,
    fixed: dict[str, Any],
    options: RunOptions,
    levels: LevelNames,
) -> dict[str, Any]:
    """The columns of --data that the program names; none without it."""
    if table is None:
        return {}
    table.know(levels)
    data = read_data(f, table, options)
    if not levels:
        tell_levels(f, fixed, data.levels)
    return data


def _task(kind: str, f: Function, options: RunOptions, data: Collection[str]) -> Task:
    direction = None
    if options.direction:
        kind = "directional"
        direction = assignments(options.direction, "--direction", options.decimal_digits, f)
        f.names(direction)
        for name, value in direction.items():
            if not all(x - x == 0 for x in flat(value)):
                raise UsageError(f"the direction of '{safe(name)}' is not finite", "give numbers")
    wrt = f.names(wrt_names(options.wrt, f))
    if not options.wrt:
        wrt = [name for name in wrt if name not in data]
    return Task(kind, options.mode, wrt, direction, options.strict)


def _run_point(
    f: Function, task: Task, point: dict[str, Any], held: Collection[str], options: RunOptions
) -> int:
    engine, precision = options.engine, options.decimal_digits
    form, output, digits = options.form, options.output, options.digits

    def explained() -> Explanation:
        from adcli.explain.engine import explain_point

        f.check_names(point)
        return explain_point(f, point, task, engine, precision)

    if options.explain_engine:
        show_engine(explained(), form, output)
        return 0
    begin = perf_counter()
    try:
        results = f.at(point, task, engine, precision)
    except DomainError as error:
        if options.on_error == "null" and form == "json":
            failed = dict.fromkeys(task.paths)
            report = PointReport(point, failed, task, False, precision, held, error.message)
            show(report, form, output, digits)
        raise
    report = _report(results, point, held, options)
    if options.recorder is not None:
        options.recorder.keep(report.record(), explained().choice)
    show(report, form, output, digits)
    kink = results.kink_taken()
    if kink is not None:
        kink.message += f"; the {kink.taken} is taken"
        kink.hint = "--strict makes it an error"
        remark(render_note(kink))
    if not f.is_scalar or any(report.variables.values()):
        _remark_on_matrices(f, report.variables)
    if options.verbose:
        show_run(explained(), begin)
    return 0


def _report(
    results: Results, point: dict[str, Any], held: Collection[str], options: RunOptions
) -> PointReport:
    several = len(results.function.outputs) > 1
    infinity = None if results.infinity is None else results.infinity.message
    fields, digits = dict(results.fields()), options.decimal_digits
    return PointReport(point, fields, results.task, several, digits, held, infinity)


def _remark_on_matrices(f: Function, shapes: dict[str, Shape]) -> None:
    from adcli.language.remarks import (
        product_of_arrays,
        reciprocal_of_matrix,
        size_of_vector,
    )

    for judge in (reciprocal_of_matrix, product_of_arrays, size_of_vector):
        note = judge(f, shapes)
        if note is not None:
            remark(render_note(note))
