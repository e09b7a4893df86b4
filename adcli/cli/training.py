"""`adcli descend` in mini-batches: with --batch-size or --epochs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

from adcli.cli.descent_inputs import bound_pairs, drawn_values, start_values
from adcli.cli.descent_options import FOR_TRAINING, PASSED_ON
from adcli.cli.descent_output import plot_stream, print_now, report
from adcli.cli.inputs import assignments
from adcli.cli.interruption import interruption
from adcli.cli.needs import is_part
from adcli.cli.show import screen
from adcli.cli.tables import TableOptions, check_columns, columns_in, filter_of, open_data
from adcli.cli.terminal import is_coloured, is_terminal, width
from adcli.errors import UsageError
from adcli.function import Function
from adcli.training.loop import Training, TrainingWatcher


def run_training(f: Function, parsed: dict[str, Any]) -> int:
    """Train, report, and save what was found; returns the exit code."""
    from adcli.data.parameters import check_savable, save_parameters
    from adcli.report.training import TrainingReport
    from adcli.training.run import train

    if not parsed["data"]:
        raise UsageError("a training needs rows", "name a table: --data FILE")
    if parsed["save"]:
        check_savable(parsed["save"])
    names = (*PASSED_ON, *FOR_TRAINING)
    asked = {name: parsed[name] for name in names if parsed[name] is not None}
    held = assignments(parsed["fix"], "--fix", None)
    drawn = drawn_values(parsed["param"], parsed["seed"])
    with ExitStack() as stack:
        table = stack.enter_context(open_data(TableOptions.of(parsed)))
        assert table is not None
        needless = [*held, *columns_in(f, table)]
        start = start_values(parsed["start"], parsed["shape"], f, needless, drawn)
        check_columns(f, table, [*start, *held], complete=not parsed["resume"])
        asked["where"] = filter_of(table, TableOptions.of(parsed))
        asked["missing"] = parsed["missing"]
        if parsed["validation"]:
            asked["validation"] = _validation(parsed["validation"], parsed, stack)
        pictures = _pictures(parsed)
        watchers = [stack.enter_context(watcher) for watcher in _watchers(parsed)]
        signals = _Signals(stack)
        result = train(
            f,
            start,
            data=table,
            fix=held,
            bounds=bound_pairs(parsed["bounds"]),
            watchers=[*watchers, signals],
            interrupted=lambda: signals.came(),
            **asked,
        )
    if parsed["save"]:
        save_parameters(parsed["save"], result.parameters)
    return report(TrainingReport, result, parsed, pictures)


class _Signals(TrainingWatcher):
    """Notes Ctrl-C from the first batch on; before, while rows are read, it ends the command."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.came: Callable[[], bool] = lambda: False

    def begin(self, training: Training) -> None:
        """Watch for signals."""
        self.came = self._stack.enter_context(interruption())


def _validation(text: str, parsed: Mapping[str, Any], stack: ExitStack) -> Any:
    """The rows of --validation: a part of the table, or another one."""
    if is_part(text):
        return float(text)
    if text == "-" and "-" in parsed["data"]:
        raise UsageError("--data and --validation cannot both come from standard input")
    return stack.enter_context(
        open_data(TableOptions(data=(text,), data_format=parsed["data_format"]))
    )


def _watchers(parsed: Mapping[str, Any]) -> list[Any]:
    """The trace; the bar, on a terminal; the table of epochs where one is wanted."""
    from rich.console import Console

    from adcli.report.training import EpochTable, TrainingBar, TrainingTrace
    from adcli.training.plan import rule_settings

    found: list[Any] = []
    if parsed["trace"]:
        found.append(TrainingTrace(parsed["trace"]))
    bar = None
    if is_terminal(sys.stderr):
        colors: Any = "standard" if is_coloured(sys.stderr) else None
        bar = TrainingBar(
            Console(file=sys.stderr, width=width(sys.stderr), color_system=colors, markup=False)
        )
    if parsed["form"] != "json":
        from adcli.descent.settings import Settings

        names = Settings.__dataclass_fields__
        settings = rule_settings({n: parsed[n] for n in names if parsed[n] is not None})
        write: Callable[[str], None] = print_now
        if bar is not None and is_terminal(sys.stdout):
            write = bar.above(print_now)
        found.append(EpochTable(write, settings.describe(), parsed["digits"], parsed["every"]))
    return [*found, bar] if bar is not None else found


def _pictures(parsed: Mapping[str, Any]) -> list[Any]:
    """What draws the losses when they are there."""
    if not parsed["plot"]:
        return []
    from adcli.report.training_pictures import LossPicture, LossPlot

    if parsed["plot"] != "-":
        return [LossPicture(parsed["plot"])]
    return [LossPlot(plot_stream(parsed), screen(None)[0])]
