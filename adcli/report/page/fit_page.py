"""A fit as a page: the report with its pictures, the rows, the settings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from adcli.fitting.regression import Regression
from adcli.fitting.result import Fit
from adcli.language.messages import counted
from adcli.report.fit import FitReport
from adcli.report.numbers import short
from adcli.report.page.document import tabs
from adcli.report.page.fit_charts import FitCharts
from adcli.report.page.html_tables import HtmlTables, table, table_row
from adcli.report.page.markup import Markup, join, tag
from adcli.report.page.run_parts import Setting, header, run_page, settings_panel
from adcli.report.page.svg_chart import figures

LISTED_ROWS = 100
"""Rows of the data in a page."""
LISTED_COLUMNS = 6
"""Predictors in the table of the rows."""


def fit_page(problem: Regression, fit: Fit, settings: Sequence[Setting], digits: int) -> str:
    """The page of a fit. `settings` are what was asked for."""
    report = HtmlTables()
    FitReport(fit).draw_results(report, digits)
    panels = [("Report", report.markup()), ("Settings", settings_panel(settings))]
    shown: Markup = tag("p", "The fit has no finite values to draw.")
    if np.isfinite(fit.fitted).all() and np.isfinite(fit.residuals).all():
        main, others = FitCharts(problem, fit).charts()
        shown = join(figures(main), figures(*others))
        panels.insert(1, ("Rows", _rows(problem, fit, digits)))
    return run_page(
        "fit",
        fit.model,
        header("fit", fit.model, fit.status, fit.reason, _figures(fit, digits)),
        tag(
            "main",
            tag("section", shown, class_="stage", aria_label="Pictures"),
            tabs("The fit", panels),
        ),
    )


def _figures(fit: Fit, digits: int) -> list[tuple[str, str]]:
    known = [
        ("R²", fit.r_squared),
        ("residual standard deviation", fit.residual_standard_deviation),
        ("residual sum of squares", fit.rss),
        ("reduced chi-square", fit.reduced_chi_square if fit.has_sigma else None),
    ]
    found = [(name, short(x, digits)) for name, x in known if x is not None]
    counts = [("rows", fit.rows), ("parameters", len(fit.parameters))]
    counts.append(("degrees of freedom", fit.degrees_of_freedom))
    return [*found, *[(name, f"{count:,}") for name, count in counts]]


def _rows(problem: Regression, fit: Fit, digits: int) -> Markup:
    """The first rows: predictors, observed and fitted values, residuals."""
    data = problem.data
    names = [n for n in problem.model.prediction.inputs if n in data and data[n].ndim == 1]
    names = names[:LISTED_COLUMNS]
    residual = "weighted residual" if problem.weights is not None else "residual"
    rows = []
    for k in range(min(problem.rows, LISTED_ROWS)):
        cells = []
        for name in names:
            levels = data.levels.get(name)
            value = float(data[name][k])
            cells.append(levels[int(value)] if levels else short(value, digits))
        numbers = (problem.response[k], fit.fitted[k], -fit.residuals[k])
        rows.append(table_row([f"{k + 1:,}", *cells, *[short(x, digits) for x in numbers]]))
    headers = ["row", *names, "observed", "fitted", residual]
    more = problem.rows - len(rows)
    note = f"and {counted(more, 'more row')}; adcli fit --predict FILE -o FILE writes all"
    found = table(headers, rows, caption="The rows, the fitted values and the residuals")
    return join(found, tag("p", note, class_="note") if more else "")
