"""`adcli descend`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from adcli.cli import options
from adcli.cli.declare import as_command
from adcli.cli.descent_inputs import bound_pairs, drawn_values, start_values
from adcli.cli.descent_options import EXAMPLES, PASSED_ON, descent_options
from adcli.cli.descent_output import plot_stream, print_now, report
from adcli.cli.inputs import assignments, program_text
from adcli.cli.interruption import interruption
from adcli.cli.needs import is_training
from adcli.cli.show import screen
from adcli.cli.tables import TableOptions, check_columns, columns_in, open_data, read_data
from adcli.cli.terminal import is_terminal
from adcli.errors import UsageError
from adcli.function import Function, function
from adcli.language.messages import safe


@as_command("descend", EXAMPLES)
@options.expression
@descent_options
@options.color
def command(**parsed: Any) -> int:
    """Find the minimum of EXPR from a start.

    Without --method and --rate by L-BFGS, a quasi-Newton method that needs no settings; with a
    --rate by plain gradient descent. The point reported is the best one seen.
    """
    if parsed["plot"] and not (parsed["expression"] or parsed["source"]):
        raise UsageError(
            f"there is no expression, for --plot takes '{safe(parsed['plot'])}' for its file",
            "write --plot at the end, or --plot FILE.png",
        )
    f = function(program_text(parsed["expression"], parsed["source"]))
    if is_training(parsed):
        from adcli.cli.training import run_training

        return run_training(f, parsed)
    return _run_descent(f, parsed)


def _run_descent(f: Function, parsed: dict[str, Any]) -> int:
    """Descend the whole loss in every step; returns the exit code."""
    from adcli.data.parameters import check_savable, save_parameters
    from adcli.descent.run import descend
    from adcli.report.descent import DescentReport

    if parsed["save"]:
        check_savable(parsed["save"])
    held = assignments(parsed["fix"], "--fix", None)
    drawn = drawn_values(parsed["param"], parsed["seed"])
    with ExitStack() as stack:
        table = stack.enter_context(open_data(TableOptions.of(parsed)))
        needless = [*held, *columns_in(f, table)]
        start = start_values(parsed["start"], parsed["shape"], f, needless, drawn)
        data = None
        if table is not None:
            check_columns(f, table, [*start, *held], complete=not parsed["resume"])
            data = read_data(f, table, TableOptions.of(parsed))
    asked = {name: parsed[name] for name in PASSED_ON if parsed[name] is not None}
    bounds = bound_pairs(parsed["bounds"])
    pictures = _pictures(parsed)
    with ExitStack() as stack:
        watchers = [stack.enter_context(watcher) for watcher in _watchers(parsed)]
        interrupted = stack.enter_context(interruption())
        result = descend(
            f,
            start,
            fix=held,
            data=data,
            bounds=bounds,
            watchers=[*pictures, *watchers],
            interrupted=interrupted,
            **asked,
        )
    if parsed["save"]:
        save_parameters(parsed["save"], {name: result.point[name] for name in result.gradient})
    return report(DescentReport, result, parsed, pictures)


def _watchers(parsed: dict[str, Any]) -> Iterator[Any]:
    """The trace, and the table where one is wanted."""
    from adcli.descent.settings import Settings
    from adcli.report.descent_rows import LiveTable, PlainTable, TraceWatcher

    if parsed["trace"]:
        yield TraceWatcher(parsed["trace"])
    if parsed["form"] == "json" or (parsed["starts"] or 1) > 1:
        return
    names = Settings.__dataclass_fields__
    settings = Settings(**{n: parsed[n] for n in names if parsed[n] is not None})
    width, color = screen(None)
    layout = (settings.describe(), width, parsed["digits"], parsed["every"])
    if not is_terminal(sys.stdout):
        yield PlainTable(print_now, *layout)
        return
    from rich.console import Console

    system: Any = "standard" if color else None
    console = Console(width=width, color_system=system, highlight=False, markup=False, emoji=False)
    yield LiveTable(console, parsed["max_iterations"] or 10_000, *layout)


def _pictures(parsed: dict[str, Any]) -> list[Any]:
    """What draws the result when it is there."""
    if not parsed["plot"] and not parsed["animate"]:
        return []
    from adcli.report.descent_pictures import Film, Picture, TerminalPlot

    found: list[Any] = []
    if parsed["plot"] == "-":
        found.append(TerminalPlot(plot_stream(parsed), screen(None)[0]))
    elif parsed["plot"]:
        found.append(Picture(parsed["plot"]))
    if parsed["animate"]:
        found.append(Film(parsed["animate"]))
    return found
