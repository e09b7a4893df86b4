"""A descent as a page that plays: the way, the value, the gradient, the table of iterations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from adcli.descent.minimise import Result
from adcli.descent.problem import Problem
from adcli.descent.stopping import Iterate, Status
from adcli.report.descent import DescentReport, optimality
from adcli.report.descent_rows import derivative_label, norm_name
from adcli.report.first_steps import FirstSteps
from adcli.report.numbers import short
from adcli.report.page.document import tabs
from adcli.report.page.html_tables import HtmlTables
from adcli.report.page.markup import Markup, join, tag
from adcli.report.page.run_charts import main_chart, norm_chart, value_chart
from adcli.report.page.run_parts import (
    Setting,
    header,
    key_help,
    run_page,
    settings_panel,
    stage,
    steps_table,
    thinned,
)
from adcli.report.page.svg_chart import figures

SHOWN_STARTS = 100
"""Starts, the best ones, whose ends are in a picture."""
BOTH, LISTED = 6, 12
"""Parameters up to which a table has values and derivatives; values alone of so many."""


class DescentPage(FirstSteps):
    """A watcher that knows the problem and the first steps, and makes the page of the result."""

    problem: Problem

    def begin(self, problem: Problem) -> None:
        """Many descents share their problem; one has a method, and steps to write out."""
        self.problem = problem
        if self.attends:
            super().begin(problem)

    def text(self, result: Result, settings: Sequence[Setting], digits: int) -> str:
        """The page. `settings` are what was asked for."""
        problem = self.problem
        steps = thinned(result.history)
        finite = [it for it in steps if np.isfinite([it.value, *it.point]).all()]
        best = problem.flatten(result.point)
        ends = [end for end in result.starts[1:] if end.status is not Status.DIVERGED]
        others = np.array([problem.flatten(end.point) for end in ends[:SHOWN_STARTS]])
        others = others.reshape(-1, problem.size)
        diverged = result.status is Status.DIVERGED
        written = _written(list(self.lines()))
        pictures = [
            figures(main_chart(problem, finite, best, others, diverged)),
            figures(value_chart(problem, steps, result.value), norm_chart(steps)),
        ]
        panels = [
            ("Iterations", _iterations(problem, steps, digits)),
            *[("First steps", written)] * bool(written),
            ("Result", _result(result, digits)),
            ("Settings", settings_panel(settings)),
        ]
        program = problem.function.text
        return run_page(
            "descend",
            program,
            header("descend", program, result.status, result.reason, _figures(result, digits)),
            tag("main", stage(*pictures), tabs("The run", panels)),
            key_help(),
        )


def _figures(result: Result, digits: int) -> list[tuple[str, str]]:
    found = [
        ("value", short(result.value, digits)),
        *optimality(result, digits),
        ("iterations", f"{result.iterations:,}"),
        ("evaluations", f"{result.evaluations:,}"),
        ("method", result.method),
    ]
    return found


def _iterations(problem: Problem, steps: Sequence[Iterate], digits: int) -> Markup:
    """A row for each iterate: value, gradient norm, step, and the first parameters."""
    count = problem.size if problem.size <= BOTH else LISTED
    if not all(len(it.point) for it in steps):
        count = 0
    names = problem.first_labels(count)
    derivatives = [derivative_label(name) for name in names] if problem.size <= BOTH else []
    few = bool(derivatives)
    constrained = problem.is_constrained
    sizes = [norm_name(steps), "step", "change", *["violation"] * constrained, "evaluations"]
    headers = [*names, *derivatives, *sizes] if few else [*sizes, *names]
    rows = []
    for it in steps:
        changes = [f"{it.step:.2e}", f"{it.value - it.before:.2e}"] if it.iteration else ["", ""]
        violation = [] if it.violation is None else [f"{it.violation:.2e}"]
        ends = [short(it.norm, digits), *changes, *violation, f"{it.evaluations:,}"]
        numbers = [*it.point[: len(names)], *it.gradient[: len(derivatives)]]
        shown = [short(x, digits) for x in numbers]
        start = [f"{it.iteration:,}", short(it.value, digits)]
        rows.append([*start, *shown, *ends] if few else [*start, *ends, *shown])
    notes = []
    if len(steps) <= steps[-1].iteration:
        notes.append(
            f"{len(steps)} of {steps[-1].iteration + 1:,} iterates are shown, the change is that "
            "since the iterate before; adcli descend --trace FILE writes all."
        )
    if len(names) < problem.size:
        notes.append(f"{len(names) or 'None'} of {problem.size:,} parameters are shown.")
    return steps_table("Iterations", ["iteration", "value", *headers], rows, " ".join(notes))


def _written(lines: Sequence[str]) -> Markup:
    """The first steps: lines that are set back belong to the heading before them."""
    parts = [
        tag("p", line.strip(), class_="equation") if line.startswith(" ") else tag("h3", line)
        for line in lines
    ]
    return join(*parts)


def _result(result: Result, digits: int) -> Markup:
    """How it ended, and the point; of many starts, all of them."""
    tables = HtmlTables()
    DescentReport(result).draw(tables, digits)
    return tables.markup()
