"""`adcli descend` down the whole loss in every step."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from adcli.cli.descent_options import SettingsOptions
from adcli.cli.descent_run import DescentRun, print_now
from adcli.cli.interruption import interruption
from adcli.cli.show import screen
from adcli.cli.table_options import read_data
from adcli.cli.terminal import is_terminal

if TYPE_CHECKING:
    from adcli.data.table import Table
    from adcli.descent.minimise import Result
    from adcli.report.descent import DescentReport


class WholeDescent(DescentRun):
    """One descent, or one from each of many starts."""

    def rows(self, table: Table | None, stack: ExitStack) -> Mapping[str, Any]:
        data = None if table is None else read_data(self.f, table, self.options)
        stack.close()  # all rows are read
        return {"data": data}

    def pictures(self) -> Sequence[Any]:
        plot, animate = self.options.plot, self.options.animate
        if not plot and not animate:
            return []
        from adcli.report.descent_pictures import Film, Picture, TerminalPlot

        found: list[Any] = []
        if plot == "-":
            found.append(TerminalPlot(self.plot_stream(), screen(None)[0]))
        elif plot:
            found.append(Picture(plot))
        if animate:
            found.append(Film(animate))
        return found

    def watchers(self) -> Iterator[Any]:
        from adcli.descent.settings import Settings
        from adcli.report.descent_rows import LiveTable, PlainTable, TraceWatcher

        options = self.options
        if options.trace:
            yield TraceWatcher(options.trace)
        if options.form == "json" or (options.starts or 1) > 1:
            return
        described = Settings(**options.given(SettingsOptions)).describe()
        width, color = screen(None)
        layout = (described, width, options.digits, options.every)
        if not is_terminal(sys.stdout):
            yield PlainTable(print_now, *layout)
            return
        from rich.console import Console

        system: Any = "standard" if color else None
        console = Console(
            width=width, color_system=system, highlight=False, markup=False, emoji=False
        )
        yield LiveTable(console, options.max_iterations or 10_000, *layout)

    def minimise(
        self, problem: Mapping[str, Any], watchers: Sequence[Any], stack: ExitStack
    ) -> Result:
        from adcli.descent.run import descend

        interrupted = stack.enter_context(interruption())
        asked = {**problem, **self.options.passed_on}
        return descend(self.f, watchers=watchers, interrupted=interrupted, **asked)

    def report(self, result: Result, timed: bool) -> DescentReport:
        from adcli.report.descent import DescentReport

        return DescentReport(result, timed)
