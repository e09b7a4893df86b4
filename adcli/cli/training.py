"""`adcli descend` in mini-batches, with --batch-size or --epochs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from adcli.cli.descent_needs import is_part
from adcli.cli.descent_options import SettingsOptions, TrainingOptions
from adcli.cli.descent_run import DescentRun, print_now
from adcli.cli.interruption import interruption
from adcli.cli.show import screen
from adcli.cli.table_options import TableOptions, filter_of, open_data
from adcli.cli.terminal import console, is_terminal
from adcli.data.point_files import naming
from adcli.errors import UsageError
from adcli.training.training_loop import Training, TrainingWatcher

if TYPE_CHECKING:
    from adcli.data.table import Table
    from adcli.report.training import TrainingReport
    from adcli.training.run import TrainingResult


class TrainingRun(DescentRun):
    """A training: steps down the loss of a few rows at a time."""

    def run(self) -> int:
        if not self.options.data:
            raise UsageError("a training needs rows", "name a table: --data FILE")
        return super().run()

    def rows(self, table: Table | None, stack: ExitStack) -> Mapping[str, Any]:
        assert table is not None
        options = self.options
        where = filter_of(table, options)
        validation = self._validation(options.validation, stack)
        return {"data": table, "where": where, "missing": options.missing, **validation}

    def _validation(self, text: str | None, stack: ExitStack) -> dict[str, Any]:
        """The rows of --validation: a part of the table, or another one."""
        if not text:
            return {}
        if is_part(text):
            return {"validation": float(text)}
        if text == "-" and "-" in self.options.data:
            raise UsageError(
                "--data and --validation cannot both come from standard input",
                "put one of them into a file",
            )
        other = TableOptions(data=(text,), data_format=self.options.data_format)
        with naming("--validation"):
            return {"validation": stack.enter_context(open_data(other))}

    def pictures(self) -> Sequence[Any]:
        plot = self.options.plot
        if not plot:
            return []
        from adcli.report.training_pictures import LossPicture, LossPlot

        if plot != "-":
            return [LossPicture(plot)]
        return [LossPlot(self.plot_stream(), screen(None).width)]

    def pages(self) -> Sequence[Any]:
        if self.options.form != "html":
            return []
        from adcli.report.page.training_page import TrainingPage

        return [TrainingPage()]

    def described(self) -> str:
        from adcli.training.training_plan import rule_settings

        return rule_settings(self.options.given(SettingsOptions)).describe()

    def watchers(self) -> Iterator[Any]:
        """The trace; the table of epochs where one is wanted; the bar, on a terminal."""
        from adcli.report.training import EpochTable, TrainingBar, TrainingTrace

        options = self.options
        if options.trace:
            yield TrainingTrace(options.trace)
        bar = None
        if is_terminal(sys.stderr):
            bar = TrainingBar(console(sys.stderr))
        if options.form == "table":
            write: Callable[[str], None] = print_now
            if bar is not None and is_terminal(sys.stdout):
                write = bar.above(print_now)
            yield EpochTable(write, self.described(), options.digits, options.every)
        if bar is not None:
            yield bar

    def minimise(
        self, problem: Mapping[str, Any], watchers: Sequence[Any], stack: ExitStack
    ) -> TrainingResult:
        from adcli.training.run import train

        signals = _Signals(stack)
        asked = {**self.options.given(TrainingOptions), **self.options.passed_on, **problem}
        return train(
            self.f, watchers=[*watchers, signals], interrupted=lambda: signals.came(), **asked
        )

    def noted(self, result: TrainingResult) -> tuple[Mapping[str, Any], Any, Mapping[str, Any]]:
        """For a record: the parameters, large ones too, and each epoch's losses."""
        from adcli.engines.choose import Choice
        from adcli.training.training_plan import TrainingPlan, rule_settings

        settings = rule_settings(self.options.given(SettingsOptions))
        asked = {name: getattr(self.options, name) for name in vars(TrainingPlan())}
        plan = vars(TrainingPlan(**{name: x for name, x in asked.items() if x is not None}))
        found = {**vars(settings), "method": settings.name, "rate": settings.rate_used, **plan}
        results = {**self.report(result, False).record(), "point": result.point}
        losses = [[epoch.training_loss, epoch.validation_loss] for epoch in result.history]
        choice = Choice("numpy", "batches go through a plan of array operations")
        return {**results, "losses": losses}, choice, found

    def report(self, result: TrainingResult, timed: bool) -> TrainingReport:
        from adcli.report.training import TrainingReport

        return TrainingReport(result, timed)


class _Signals(TrainingWatcher):
    """Notes Ctrl-C from the first batch on; before, while rows are read, it ends the command."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.came: Callable[[], bool] = lambda: False

    def begin(self, training: Training) -> None:
        """Watch for signals."""
        self.came = self._stack.enter_context(interruption())
