"""The sweep of `adcli compare` as a picture (matplotlib, the `plot` extra)."""

from __future__ import annotations

import math
from typing import Any

from adcli.comparison.compare import Comparison
from adcli.comparison.methods import REVERSE_AD
from adcli.comparison.sweep import ORDERS, Sweep
from adcli.report.comparison import ad_level
from adcli.report.plots import figure_class, plain_text, write_figure

MARKERS = {"forward": "o", "central": "s"}


def draw_sweep(path: str, program: str, found: Comparison) -> None:
    """Write a PNG or SVG of errors against epsilon on two logarithmic axes.

    Each kind of differences has its best epsilon marked, and a dotted line as steep as its
    truncation; the error of AD, which needs no epsilon, is a level. Raises UsageError for
    another kind of file, or where matplotlib is missing.
    """
    sweep = found.sweep
    assert sweep is not None
    figure = figure_class()(figsize=(8, 5), layout="constrained")
    axes: Any = figure.add_subplot()
    axes.set_xscale("log")
    axes.set_yscale("log")
    for k, kind in enumerate(sweep.errors):
        _draw_curve(axes, sweep, kind, f"C{k}")
    color = f"C{len(sweep.errors)}"
    axes.axhline(ad_level(found), color=color, linewidth=1, linestyle="--", label=REVERSE_AD)
    axes.invert_xaxis()
    axes.set_xlabel(
        "epsilon, the step relative to the variable (left: truncation, right: rounding)"
    )
    axes.set_ylabel("relative error of the gradient")
    axes.set_title(plain_text(" ".join(program.split()), 70), fontsize=10)
    axes.grid(True, which="major", linewidth=0.3)
    axes.margins(y=0.12)
    axes.legend(fontsize=9)
    write_figure(figure, path)


def _draw_curve(axes: Any, sweep: Sweep, kind: str, color: str) -> None:
    """The errors of one kind of differences, the best one and the slope of truncation."""
    shown = [(x, y) for x, y in sweep.points(kind) if 0 < y < math.inf]
    best, label = sweep.best(kind), f"{kind} differences"
    if best is not None:
        label += f", best at {best[0]:.0e}"
    xs, ys = [x for x, _ in shown], [y for _, y in shown]
    axes.plot(xs, ys, marker=MARKERS[kind], markersize=4, color=color, label=label)
    if best is None or not best[1] > 0:
        return  # an exact one is nowhere on a logarithmic axis
    x, y = best
    axes.plot([x], [y], marker="*", markersize=15, color=color, linestyle="none")
    left = [p for p in shown if p[0] >= x]
    if len(left) > 2:
        start = left[len(left) // 2]
        ends = [left[0][0], x]
        slope = [start[1] * (e / start[0]) ** ORDERS[kind] for e in ends]
        axes.plot(ends, slope, color=color, linewidth=0.8, linestyle=":")
