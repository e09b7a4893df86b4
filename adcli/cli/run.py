"""What eval, grad, jacobian and hessian share: from options to results."""

from __future__ import annotations

from collections.abc import Collection
from time import perf_counter
from typing import TYPE_CHECKING, Any

from adcli.ad.tasks import Task
from adcli.cli.inputs import assignments, names
from adcli.cli.options import ProgramOptions
from adcli.cli.request import ModelOptions, Request
from adcli.cli.show import show, show_engine, show_run
from adcli.cli.table_options import TableOptions, check_columns, open_data, read_data
from adcli.cli.terminal import remark
from adcli.errors import DomainError, UsageError
from adcli.function import Function, function
from adcli.language.messages import render_note, safe
from adcli.report.numbers import flat
from adcli.report.point_report import PointReport

if TYPE_CHECKING:
    from adcli.explain.engine import Explanation


def run(kind: str, request: Request) -> int:
    """Run one of these commands; returns the exit code."""
    program, points, arithmetic = request.program, request.points, request.arithmetic
    if points.points == "-" and program.is_from_stdin:
        raise UsageError(
            "the program and the points cannot both come from standard input",
            "put one of them into a file",
        )
    f = _program(program, request.table)
    with arithmetic.context():
        fixed, held = points.values(f, arithmetic.decimal_digits)
        f = f.twice if kind in ("jacobian", "hessian") else f
        data = _rows_of(f, fixed, request)
        task = _task(kind, f, request, data)
        held |= data.keys()
        if points.points is not None:
            from adcli.cli.stream import run_stream

            return run_stream(f, task, fixed, held, request)
        return _run_point(f, task, {**fixed, **data}, held, request)


def _program(options: ProgramOptions, table: TableOptions) -> Function:
    """The program: EXPR, or the model that --model names."""
    if not isinstance(options, ModelOptions) or not options.model:
        return function(options.text)
    from adcli.fitting.model_file import load_model

    if options.expression is not None or options.source is not None:
        raise UsageError("--model takes the place of EXPR", "leave one of them out")
    model = load_model(options.model)
    if not table.data:
        model.check_row_wise()
    return model.function


def _rows_of(f: Function, fixed: dict[str, Any], request: Request) -> dict[str, Any]:
    """The columns of --data that the program names; none without it."""
    if not request.table.data:
        return {}
    if request.points.points is not None:
        raise UsageError(
            "--points and --data exclude each other",
            "with --points each row is a point, with --data each column is a vector",
        )
    with open_data(request.table) as table:
        assert table is not None
        check_columns(f, table, fixed, option="--at")
        return read_data(f, table, request.table)


def _task(kind: str, f: Function, request: Request, data: Collection[str]) -> Task:
    sweep, direction = request.sweep, None
    if sweep.direction:
        kind = "directional"
        digits = request.arithmetic.decimal_digits
        direction = assignments(sweep.direction, "--direction", digits)
        f.names(direction)
        for name, value in direction.items():
            if not all(x - x == 0 for x in flat(value)):
                raise UsageError(f"the direction of '{safe(name)}' is not finite", "give numbers")
    wrt = f.names(names(sweep.wrt))
    if not sweep.wrt:
        wrt = [name for name in wrt if name not in data]
    return Task(kind, sweep.mode, wrt, direction, sweep.strict)


def _run_point(
    f: Function, task: Task, point: dict[str, Any], held: Collection[str], request: Request
) -> int:
    out, arithmetic = request.out, request.arithmetic
    engine, precision = arithmetic.engine, arithmetic.decimal_digits
    if out.form == "parquet":
        raise UsageError("Parquet is for the points of a file", "--points FILE")

    def explained() -> Explanation:
        from adcli.explain.engine import explain_point

        f.check_names(point)
        return explain_point(f, point, task, engine, precision)

    if request.points.explain_engine:
        show_engine(explained(), out.form, out.output)
        return 0
    begin = perf_counter()
    try:
        results = f.at(point, task, engine, precision)
    except DomainError as error:
        if request.points.on_error == "null" and out.form == "json":
            shown = {name: x for name, x in point.items() if name not in held}
            failed = dict.fromkeys(task.paths)
            report = PointReport(shown, failed, task, False, precision, (), error.message)
            show(report, out.form, out.output, out.digits)
        raise
    several = len(f.outputs) > 1
    report = PointReport(point, dict(results.fields()), results.task, several, precision, held)
    show(report, out.form, out.output, out.digits)
    kink = results.kink_taken()
    if kink is not None:
        kink.message += "; the subgradient of least norm is taken"
        kink.hint = "--strict makes it an error"
        remark(render_note(kink))
    if request.points.verbose:
        show_run(explained(), begin)
    return 0
