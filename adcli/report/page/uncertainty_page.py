"""Uncertain results as a page: the budgets with their pictures, the trials, the settings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from adcli.report.page.document import tabs
from adcli.report.page.html_tables import HtmlTables
from adcli.report.page.markup import join, tag
from adcli.report.page.run_parts import Setting, header, run_page, settings_panel
from adcli.report.page.scales import Scale, linear
from adcli.report.page.svg_chart import SvgChart, figures
from adcli.report.propagation import PropagationReport
from adcli.report.shorthand import in_digits, shorthand
from adcli.uncertainty.budget import Uncertain, budget_parts
from adcli.uncertainty.coverage import density
from adcli.uncertainty.propagation import Propagation
from adcli.uncertainty.sampled import MonteCarlo, Sampled

MOST_RESULTS = 6
"""Results whose budgets are drawn, the first ones."""
MOST_BARS = 12
CURVE = 161


def uncertainty_page(found: Propagation, settings: Sequence[Setting], digits: int) -> str:
    """The page of uncertain results. `settings` are what was asked for."""
    report = HtmlTables()
    PropagationReport(found).draw(report, digits)
    results, trials = found.results[:MOST_RESULTS], found.monte_carlo
    charts = []
    for k, x in enumerate(results):
        if x.budget:
            charts.append(_bars(x, k))
        if trials is not None:
            charts.append(_trials(x, trials.results[k], k))
    status, reason = _ending(trials)
    numbers = [(x.name, shorthand(x.value, x.standard_uncertainty, digits)) for x in found.results]
    panels = [("Budget", report.markup()), ("Settings", settings_panel(settings))]
    shown = join(figures(*charts)) if charts else tag("p", "Nothing has an uncertainty.")
    return run_page(
        "propagate",
        found.program,
        header("propagate", found.program, status, reason, numbers[:MOST_RESULTS]),
        tag(
            "main",
            tag("section", shown, class_="stage", aria_label="Pictures"),
            tabs("The uncertainty", panels),
        ),
    )


def _ending(trials: MonteCarlo | None) -> tuple[str, str]:
    """What the head of the page says of how far the results are to be trusted."""
    if trials is None:
        return "completed", "by the law of propagation of uncertainty (GUM, JCGM 100:2008)"
    count = f"{trials.trials:,} trials (JCGM 101:2008)"
    verdicts = {x.validates for x in trials.results}
    if verdicts == {True}:
        return "validated", f"by {count}"
    if False not in verdicts:
        return "undecided", f"by {count}: more of them decide"
    return "not_validated", f"by {count}: their figures are to be used"


def _bars(x: Uncertain, number: int) -> SvgChart:
    """The contributions, one bar each; what takes from the uncertainty points to the left."""
    parts = budget_parts(x)[:MOST_BARS][::-1]
    names = tuple(name for name, _ in parts)
    u = x.standard_uncertainty
    chart = SvgChart(
        f"budget-{number}",
        f"Budget of {x.name}",
        "; ".join(f"{name}: {in_digits(size)}" for name, size in parts[::-1]),
        linear([0.0, u, *[size for _, size in parts]], 0.04),
        Scale(-0.6, len(parts) - 0.4, names=names),
        ("contribution (line: combined)", ""),
    )
    for looks, sign in (("series-0", 1), ("series-1", -1)):
        outlines = [
            np.array([[0, k - 0.3], [size, k - 0.3], [size, k + 0.3], [0, k + 0.3]])
            for k, (_, size) in enumerate(parts)
            if size * sign > 0
        ]
        if outlines:
            chart.areas(outlines, looks)
    chart.line([u, u], [-0.6, len(parts) - 0.4], "zero")
    return chart


def _trials(x: Uncertain, found: Sampled, number: int) -> SvgChart:
    """The distribution of the trials, and the one that the law of propagation supposes."""
    counts, edges = found.histogram
    heights = counts / max(counts.sum() * (edges[1] - edges[0]), 1e-300)
    top = float(heights.max())
    grid = np.linspace(edges[0], edges[-1], CURVE)
    u = x.standard_uncertainty
    curve = density((grid - x.value) / u, x.degrees_of_freedom) / u if u > 0 else None
    if curve is not None:
        top = max(top, min(float(curve.max()), 3 * top))
    chart = SvgChart(
        f"trials-{number}",
        f"Trials of {x.name}",
        f"mean {in_digits(found.mean, 4)}, from {in_digits(found.interval[0], 4)} to "
        f"{in_digits(found.interval[1], 4)}",
        Scale(float(edges[0]), float(edges[-1])),
        Scale(0.0, 1.05 * top),
        (x.name, "density"),
    )
    steps = np.repeat(heights, 2)
    chart.band(np.repeat(edges, 2)[1:-1], np.zeros_like(steps), steps, "observed band")
    chart.key("observed band", "trials")
    if curve is not None:
        chart.line(grid, curve, "fitted")
        chart.key("fitted", "law of propagation")
    for ends, looks in ((found.interval, "observed thin"), (x.interval, "fitted thin")):
        for end in ends:
            chart.line([end, end], [0.0, 2 * top], looks)
    return chart
