"""What eval, grad, jacobian and hessian share: from options to results."""

from __future__ import annotations

import sys
from typing import Any

from adcli.ad.tasks import Task
from adcli.cli.inputs import assignments, names, program_text
from adcli.cli.terminal import is_coloured, stdout_bytes, width
from adcli.engines.rows import result_paths
from adcli.errors import DomainError, UsageError
from adcli.function import Function, function
from adcli.report.points import (
    PointReport,
    csv_lines,
    failed_record,
    json_record,
    plain_line,
    table_text,
)

DIGITS = 50
"""Decimal digits of `--engine mpmath` where --precision does not say."""


def run(kind: str, **options: Any) -> int:
    """Run one of these commands with its parsed options; returns the exit code."""
    f, fixed = program_and_point(options)
    task = _task(kind, f, options)
    if options["points"] is not None:
        from adcli.cli.stream import run_stream

        return run_stream(f, task, fixed, options)
    return _run_point(f, task, fixed, options)


def program_and_point(options: dict[str, Any]) -> tuple[Function, dict[str, Any]]:
    """The program and the values that --at gives."""
    if options.get("points") == "-" and "-" in (options["source"], options["expression"]):
        raise UsageError(
            "the program and the points cannot both come from standard input",
            "put one of them into a file",
        )
    f = function(program_text(options["expression"], options["source"]))
    if options["engine"] == "mpmath" and options["precision"] is None:
        options["precision"] = DIGITS
    precision = options["precision"]
    if precision is not None:
        _extend_precision(precision)
    return f, assignments(options["at"], "--at", precision)


def _extend_precision(precision: int) -> None:
    """Numbers of many digits are read and shown outside of any computation, too."""
    from mpmath import mp

    from adcli.engines.mpmath import GUARD_DIGITS

    mp.dps = precision + GUARD_DIGITS


def _task(kind: str, f: Function, options: dict[str, Any]) -> Task:
    direction = None
    if options.get("direction"):
        if options.get("wrt"):
            raise UsageError("--direction and --wrt exclude each other", "leave one out")
        if options.get("mode") not in ("reverse", "forward"):
            raise UsageError(
                f"--direction goes forward, not --mode {options['mode']}", "leave --mode out"
            )
        kind = "directional"
        direction = assignments(options["direction"], "--direction", options["precision"])
        f.names(direction)
    wrt = f.names(names(options.get("wrt")))
    strict = bool(options.get("strict"))
    return Task(kind, options.get("mode") or "reverse", wrt, direction, strict)


def _run_point(f: Function, task: Task, point: dict[str, Any], options: dict[str, Any]) -> int:
    try:
        results = f.at(point, task, options["engine"], options["precision"])
    except DomainError as error:
        if options["on_error"] == "null" and options["form"] == "json":
            paths = result_paths(f, task)
            record = failed_record(point, paths, task, error.message, options["precision"])
            write_text(options["output"], record)
        raise
    report = PointReport(
        point, dict(results.fields()), results.task, len(f.outputs) > 1, options["precision"]
    )
    form = options["form"]
    if form == "json":
        text = json_record(report)
    elif form == "csv":
        text = csv_lines(report)
    elif form == "plain":
        text = plain_line(report)
    else:
        text = table_text(report, options["digits"], *screen(options["output"]))
    write_text(options["output"], text)
    return 0


def write_text(output: str | None, text: str) -> None:
    """Write to a file, which appears when it is complete, or to standard output (None, "-")."""
    data = text.encode("utf-8", "surrogateescape")
    if output in (None, "-"):
        stdout_bytes().write(data)
        return
    from adcli.data.output import atomic_output

    with atomic_output(output) as stream:
        stream.write(data)


def screen(output: str | None) -> tuple[int, bool]:
    """The width and the colour for a table."""
    stream = sys.stdout if output in (None, "-") else None
    return width(stream), is_coloured(stream)
