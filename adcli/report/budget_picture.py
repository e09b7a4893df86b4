"""Budgets, and the trials that check them, as a picture (matplotlib, the `plot` extra)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from adcli.report.plots import (
    PANEL,
    SLIDE,
    dress,
    figure_class,
    plain_text,
    write_figure,
)
from adcli.report.shorthand import shorthand
from adcli.uncertainty.budget import Uncertain, budget_parts
from adcli.uncertainty.coverage import density
from adcli.uncertainty.propagation import Propagation
from adcli.uncertainty.sampled import VERDICTS, Sampled

MOST_RESULTS = 4
"""Results that a picture shows, the first ones."""
MOST_BARS = 12
"""Parts of a budget that it shows, the largest ones."""
CURVE = 300


def draw_budget(found: Propagation, digits: int, path: str) -> None:
    """Each result's contributions as bars; beside them the trials, with the distribution that the
    law of propagation supposes and both intervals.

    Writes a PNG, SVG or PDF. Raises UsageError for another kind, or where matplotlib is missing.
    """
    trials = found.monte_carlo
    results = found.results[:MOST_RESULTS]
    width, height = PANEL if trials is None else SLIDE
    size = (width, height * (1 if len(results) == 1 else 0.55 * len(results)))
    figure = figure_class()(figsize=size, layout="constrained")
    columns = 1 if trials is None else 2
    panels = figure.subplots(len(results), columns, squeeze=False)
    for k, x in enumerate(results):
        _draw_bars(panels[k, 0], x, digits)
        if trials is not None:
            _draw_trials(panels[k, 1], x, trials.results[k])
    write_figure(figure, path)


def _draw_bars(axes: Any, x: Uncertain, digits: int) -> None:
    """The contributions; a correlation that takes from the uncertainty points to the left."""
    parts = budget_parts(x)[:MOST_BARS][::-1]
    names = [plain_text(name, 24) for name, _ in parts]
    lengths = [size for _, size in parts]
    colors = ["C0" if size >= 0 else "C3" for size in lengths]
    axes.barh(range(len(parts)), lengths, color=colors, height=0.6)
    axes.set_yticks(range(len(parts)), names)
    axes.axvline(x.standard_uncertainty, color="0.3", linewidth=1, linestyle="--")
    axes.axvline(0.0, color="0.3", linewidth=0.8)
    title = f"{x.name} = {shorthand(x.value, x.standard_uncertainty, digits)}"
    axes.set_title(plain_text(title, 40))
    axes.set_xlabel("contribution (dashed: combined)")
    axes.set_axisbelow(True)
    dress(axes)


def _draw_trials(axes: Any, x: Uncertain, found: Sampled) -> None:
    """The distribution of the trials, and the one supposed."""
    counts, edges = found.histogram
    heights = counts / max(counts.sum() * (edges[1] - edges[0]), 1e-300)
    axes.stairs(heights, edges, fill=True, color="C0", alpha=0.35, label="trials")
    u = x.standard_uncertainty
    if u > 0:
        grid = np.linspace(edges[0], edges[-1], CURVE)
        curve = density((grid - x.value) / u, x.degrees_of_freedom) / u
        axes.plot(grid, curve, color="C3", label="law of propagation")
    for ends, color in ((found.interval, "C0"), (x.interval, "C3")):
        for end in ends:
            if math.isfinite(end):
                axes.axvline(end, color=color, linewidth=1, linestyle="--")
    axes.set_xlim(edges[0], edges[-1])
    axes.set_xlabel(plain_text(x.name, 40))
    axes.set_title(f"{VERDICTS[found.validates]} by trials")
    axes.set_ylabel("density")
    dress(axes, legend="upper right")
