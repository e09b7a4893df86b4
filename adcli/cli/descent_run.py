"""One run of `adcli descend`: from its options to the report."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING, Any

from adcli.cli.descent_inputs import bound_pairs, drawn_values, start_values
from adcli.cli.descent_options import DescendOptions, SettingsOptions, StoppingOptions
from adcli.cli.inputs import assignments, file_levels
from adcli.cli.interruption import interruption
from adcli.cli.show import SHOWN_ELSEWHERE, screen, show, write_text
from adcli.cli.table_options import check_columns, columns_in, open_data, read_data
from adcli.cli.terminal import console, is_terminal, remark
from adcli.function import Function
from adcli.language.messages import safe

if TYPE_CHECKING:
    from adcli.data.table import Table
    from adcli.report.first_steps import FirstSteps
    from adcli.report.rendering import Report


class DescentRun:
    """A descent down the whole loss in every step, from one start or from many."""

    def __init__(self, f: Function, options: DescendOptions) -> None:
        self.f = f
        self.options = options
        self.first_steps: FirstSteps | None = None
        self.known = f  # what it names, and its constraints do
        if options.subject_to:
            from adcli.descent.constraints import constrained

            self.known = constrained(f.text, options.subject_to).function

    def run(self) -> int:
        """Minimise, save what was found, and report it; returns the exit code."""
        options = self.options
        f = self.known
        held = assignments(options.fix, "--fix", None, f)
        drawn = drawn_values(options.param, options.seed, f)
        with ExitStack() as stack:
            table = stack.enter_context(open_data(options))
            start = start_values(options, f, [*held, *columns_in(f, table)], drawn)
            if table is not None:
                table.know(file_levels(options.start, f))
                given = [*start, *held]
                check_columns(self.f, table, given, complete=not options.resume)
            rows = self.rows(table, stack)
            bounds = bound_pairs(options.bounds)
            pictures, pages = self.pictures(), self.pages()
            watchers = [stack.enter_context(watcher) for watcher in self.watchers()]
            constraints = {"constraints": options.subject_to} if options.subject_to else {}
            problem = {**constraints, "start": start, "fix": held, "bounds": bounds, **rows}
            result = self.minimise(problem, [*pictures, *pages, *watchers], stack)
        if options.recorder is not None:
            options.recorder.keep(*self.noted(result))
        if options.save:
            self.save(options.save, result)
        for text in (*result.moved, *getattr(result, "remarks", ())):
            remark(safe(text) + "\n")
        for page in pages:
            settings = [("method", self.described()), *options.chosen("method", *SHOWN_ELSEWHERE)]
            write_text(options.output, page.text(result, settings, options.digits))
        if not pages:
            report = self.report(result, timed=is_terminal(sys.stdout))
            show(report, options.form, options.output, options.digits)
        for picture in pictures:
            picture.draw(result)
        return int(result.status.exit_code)

    def rows(self, table: Table | None, stack: ExitStack) -> Mapping[str, Any]:
        """What of the table is minimised over, as the library takes it."""
        group = self.options.cluster_by
        codes = [f"codes({group})"] if group else []
        if group and table is not None:
            table.layout.require(group, table.name)
        data = None if table is None else read_data(self.f, table, self.options, codes)
        stack.close()  # all rows are read
        return {"data": data, **({"cluster_by": group} if group else {})}

    def noted(self, result: Any) -> tuple[Mapping[str, Any], Any, Mapping[str, Any]]:
        """For a record: the results, the engine, and the settings that were left to the method."""
        from adcli.descent.settings import Settings
        from adcli.descent.stopping import Limits
        from adcli.engines.choose import Choice

        settings = Settings(**self.options.given(SettingsOptions))
        limits = Limits(**self.options.given(StoppingOptions))
        found = {**vars(settings), **vars(limits), "method": result.method}
        if not settings.searches:
            found["rate"] = settings.rate_used
        usual = {"engine": "auto", "maximize": False, "starts": 1, "seed": 0}
        first: dict[str, Any] = {}
        if result.history:
            start = result.history[0]
            labelled = zip(result.labels, start.point, strict=False)
            first = {"start_value": start.value, "start_point": dict(labelled)}
        results = {**self.report(result, False).record(), **first}
        together = Choice("numpy", "the value and the constraints are computed together")
        return results, result.engine or together, {**usual, **found}

    def save(self, path: str, result: Any) -> None:
        """Keep the parameters; as JSON with their standard errors, if these were asked for."""
        from adcli.data.parameters import parameter_format, save_parameters

        if self.options.errors and parameter_format(path) == "json":
            from adcli.report.descent import EstimatesReport

            show(EstimatesReport(result), "json", path)
        else:
            save_parameters(path, result.parameters, result.levels)

    def pictures(self) -> Sequence[Any]:
        """What draws the result when it is there."""
        plot, animate = self.options.plot, self.options.animate
        if not plot and not animate:
            return []
        from adcli.report.descent_pictures import Film, Picture, TerminalPlot

        found: list[Any] = []
        if plot == "-":
            found.append(TerminalPlot(self.plot_stream(), screen(None).width))
        elif plot:
            found.append(Picture(plot))
        if animate:
            found.append(Film(animate))
        return found

    def pages(self) -> Sequence[Any]:
        """What makes a page of the result, if one is wanted."""
        if self.options.form != "html":
            return []
        from adcli.report.page.descent_page import DescentPage

        return [DescentPage(self.options.digits)]

    def watchers(self) -> Iterator[AbstractContextManager[Any]]:
        """What shows and writes the steps."""
        from adcli.report.descent_rows import PlainTable, TraceWatcher

        options = self.options
        if options.trace:
            yield TraceWatcher(options.trace)
        if options.form != "table" or (options.starts or 1) > 1 or options.rates:
            return
        layout = (self.described(), screen(None).width, options.digits, options.every)
        if is_terminal(sys.stdout):
            from adcli.report.live_descent import LiveTable

            total, limit = options.max_iterations or 10_000, options.max_seconds
            stream = console(sys.stdout)
            plots = options.plot == "-"
            yield LiveTable(stream, total, *layout, seconds=limit, plots=plots)
        else:
            yield PlainTable(print_now, *layout)

    def described(self) -> str:
        """The method in words."""
        from adcli.descent.settings import Settings

        given = self.options.given(SettingsOptions)
        settings = Settings(**given)
        told = settings.describe(bool(self.options.subject_to))
        if settings.name != "lbfgs" or self.options.subject_to:
            return told
        from adcli.descent.pieces import has_kinks

        at_kinks = "; at kinks linear programs and Newton steps along them"
        return told + at_kinks * has_kinks(self.f.graph, self.f.outputs)

    def minimise(
        self, problem: Mapping[str, Any], watchers: Sequence[Any], stack: ExitStack
    ) -> Any:
        """The result, which heeds signals."""
        from adcli.descent.run import descend

        interrupted = stack.enter_context(interruption())
        asked = {**problem, **self.options.passed_on}
        if self.options.explain:
            from adcli.report.first_steps import FirstSteps

            self.first_steps = FirstSteps(self.options.digits)
            watchers = [*watchers, self.first_steps]
        return descend(self.f, watchers=watchers, interrupted=interrupted, **asked)

    def report(self, result: Any, timed: bool) -> Report:
        """The report of a result."""
        from adcli.report.descent import DescentReport

        steps = () if self.first_steps is None else list(self.first_steps.lines())
        return DescentReport(result, timed, steps)

    def plot_stream(self) -> Callable[[str], object]:
        """Where a plot in the terminal goes: where standard output has a table, it is one more."""
        return print_now if self.options.form == "table" else remark


def print_now(text: str) -> None:
    """Text to standard output, at once."""
    write_text(None, text)
    sys.stdout.flush()
