"""What eval, grad, jacobian and hessian share: from options to results."""

from __future__ import annotations

from collections.abc import Collection
from time import perf_counter
from typing import TYPE_CHECKING, Any

from adcli.ad.tasks import Task
from adcli.cli.inputs import assignments, file_values, is_whole_point, names, program_text
from adcli.cli.show import show, show_engine, show_run
from adcli.cli.terminal import remark
from adcli.errors import DomainError, UsageError
from adcli.function import Function, function
from adcli.language.messages import render, safe
from adcli.report.numbers import flat
from adcli.report.points import PointReport

if TYPE_CHECKING:
    from adcli.explain.engine import Explanation

DIGITS = 50
"""Decimal digits of `--engine mpmath` where --precision does not say."""


def run(kind: str, **options: Any) -> int:
    """Run one of these commands with its parsed options; returns the exit code."""
    f, fixed = program_and_point(options)
    f = f.twice if kind in ("jacobian", "hessian") else f
    data = _rows_of(f, fixed, options)
    task = _task(kind, f, options, data)
    if options["points"] is not None:
        from adcli.cli.stream import run_stream

        return run_stream(f, task, fixed, options)
    return _run_point(f, task, {**fixed, **data}, options)


def program_and_point(options: dict[str, Any]) -> tuple[Function, dict[str, Any]]:
    """The program and the values that --at gives.

    `options["held"]` becomes the names of those that are too large to be repeated in results: what
    files gave.
    """
    if options.get("points") == "-" and "-" in (options["source"], options["expression"]):
        raise UsageError(
            "the program and the points cannot both come from standard input",
            "put one of them into a file",
        )
    f = _program(options)
    if options["engine"] == "mpmath" and options["precision"] is None:
        options["precision"] = DIGITS
    precision = options["precision"]
    if precision is not None:
        _extend_precision(precision)
    files = [text for text in options["at"] if is_whole_point(text)]
    given = assignments(tuple(t for t in options["at"] if t not in files), "--at", precision)
    found = {k: v for name in files for k, v in file_values(name, f).items()}
    options["held"] = set(found) - set(given)
    return f, {**found, **given}


def _program(options: dict[str, Any]) -> Function:
    """The program: EXPR, or the model that --model names."""
    if not options.get("model"):
        return function(program_text(options["expression"], options["source"]))
    from adcli.fitting.model_file import load_model

    if options["expression"] is not None or options["source"] is not None:
        raise UsageError("--model takes the place of EXPR", "leave one of them out")
    model = load_model(options["model"])
    if not options.get("data"):
        model.check_row_wise()
    return model.function


def _rows_of(f: Function, fixed: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """The columns of --data that the program names; none without it."""
    from adcli.cli.tables import check_columns, open_data, read_data

    if not options.get("data"):
        return {}
    if options["points"] is not None:
        raise UsageError(
            "--points and --data exclude each other",
            "with --points each row is a point, with --data each column is a vector",
        )
    with open_data(options) as table:
        assert table is not None
        check_columns(f, table, fixed, option="--at")
        data = read_data(f, table, options)
    options["held"] |= set(data)
    return data


def _extend_precision(precision: int) -> None:
    """Numbers of many digits are read and shown outside of any computation, too."""
    from mpmath import mp

    from adcli.algebras.digits import GUARD_DIGITS

    mp.dps = precision + GUARD_DIGITS


def _task(kind: str, f: Function, options: dict[str, Any], data: Collection[str]) -> Task:
    direction = None
    if options.get("direction"):
        kind = "directional"
        direction = assignments(options["direction"], "--direction", options["precision"])
        f.names(direction)
        for name, value in direction.items():
            if not all(x - x == 0 for x in flat(value)):
                raise UsageError(f"the direction of '{safe(name)}' is not finite", "give numbers")
    wrt = f.names(names(options.get("wrt")))
    if not options.get("wrt"):
        wrt = [name for name in wrt if name not in data]
    strict = bool(options.get("strict"))
    return Task(kind, options.get("mode") or "reverse", wrt, direction, strict)


def _run_point(f: Function, task: Task, point: dict[str, Any], options: dict[str, Any]) -> int:
    if options["form"] == "parquet":
        raise UsageError("Parquet is for the points of a file", "--points FILE")
    if options["explain_engine"]:
        show_engine(_explain_point(f, task, point, options), options)
        return 0
    begin = perf_counter()
    try:
        results = f.at(point, task, options["engine"], options["precision"])
    except DomainError as error:
        if options["on_error"] == "null" and options["form"] == "json":
            paths = task.paths
            shown = {name: x for name, x in point.items() if name not in options["held"]}
            failed = dict.fromkeys(paths)
            precision = options["precision"]
            show(PointReport(shown, failed, task, False, precision, (), error.message), options)
        raise
    report = PointReport(
        point,
        dict(results.fields()),
        results.task,
        len(f.outputs) > 1,
        options["precision"],
        options["held"],
    )
    show(report, options)
    kink = results.kink_taken()
    if kink is not None:
        kink.message += "; the subgradient of least norm is taken"
        kink.hint = "--strict makes it an error"
        remark("note" + render(kink).removeprefix("error") + "\n")
    if options["verbose"]:
        show_run(_explain_point(f, task, point, options), begin)
    return 0


def _explain_point(
    f: Function, task: Task, point: dict[str, Any], options: dict[str, Any]
) -> Explanation:
    from adcli.explain.engine import explain_point

    f.check_names(point)
    return explain_point(f, point, task, options["engine"], options["precision"])
