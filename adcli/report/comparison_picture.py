"""The sweep of `adcli compare` as a picture (matplotlib, the `plot` extra)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from adcli.comparison.compare import Comparison
from adcli.comparison.function_at_point import FunctionAtPoint
from adcli.comparison.methods import REVERSE_AD
from adcli.comparison.sweep import ORDERS, QUOTIENTS, Sweep, estimates_at
from adcli.function import Function
from adcli.report.epsilon_sweep import ad_level
from adcli.report.numbers import short
from adcli.report.plots import LEGEND, SLIDE, TITLE, dress, figure_class, plain_text, write_figure

MARKERS = {"forward": "o", "central": "s"}
COLORS = {"forward": "C0", "central": "C1"}
HEIGHTS = {"forward": 0.06, "central": 0.02}
"""Where marks of no error stand, in the height of the axes."""
LINEAR = 20
"""Steps of the estimates between 0 and the largest epsilon."""
MARKED = 0.01
"""The epsilon whose estimate is written: 1 percent."""
DIGITS = 6


def draw_sweep(path: str, f: Function, point: Mapping[str, Any], found: Comparison) -> None:
    """Write the estimates of the first derivative on linear axes, and the errors on logarithmic.

    The exact derivative is a line, and so is the error of AD, which needs no epsilon. Each kind of
    differences has its best epsilon marked, and a dotted line as steep as its truncation. Raises
    UsageError for another kind of file, or where matplotlib is missing.
    """
    sweep = found.sweep
    assert sweep is not None
    figure = figure_class()(figsize=SLIDE, layout="constrained")
    left, right = figure.subplots(1, 2)
    problem = FunctionAtPoint(f, point, [sweep.components[0].name])
    problem.sample = [problem.components.index(sweep.components[0])]
    _draw_estimates(left, problem, sweep)
    _draw_errors(right, sweep, ad_level(found))
    figure.suptitle(plain_text(" ".join(f.text.split()), 70), fontsize=TITLE)
    write_figure(figure, path)


def _draw_estimates(axes: Any, problem: FunctionAtPoint, sweep: Sweep) -> None:
    """What the quotients give for the first component; no point where a value is not finite."""
    first, exact, largest = sweep.components[0], sweep.exact[0], max(sweep.epsilons)
    grid = [largest * k / LINEAR for k in range(1, LINEAR + 1)]
    epsilons = sorted({*grid, *[e for e in sweep.epsilons if e >= largest / (10 * LINEAR)]})
    estimates = estimates_at(problem, epsilons)
    scale = 100 if first.at else 1
    xs = [scale * epsilon for epsilon in epsilons]
    label = f"exact: {short(exact, DIGITS)}"
    axes.axhline(exact, color="black", linewidth=1.5, linestyle="--", label=label, zorder=3)
    for kind, rows in estimates.items():
        ys = [row[0] for row in rows]
        axes.plot(xs, ys, color=COLORS[kind], linewidth=2, label=f"{kind}: {QUOTIENTS[kind]}")
        for epsilon, y in zip(epsilons, ys, strict=True):
            if epsilon in sweep.epsilons and math.isfinite(y):
                mark = {"marker": MARKERS[kind], "markersize": 6, "color": COLORS[kind]}
                axes.plot([scale * epsilon], [y], linestyle="none", **mark)
            if epsilon == MARKED and kind == "forward" and first.at and math.isfinite(y):
                _write(axes, (1.0, y), f"{short(y, DIGITS)} at 1%", 1 if y >= exact else -1)
    axes.set_xlim(0, 1.03 * scale * largest)
    axes.margins(y=0.15)
    name = plain_text(first.label, 20)
    axes.set_xlabel(f"epsilon, percent of |{name}|" if first.at else f"epsilon ({name} is 0)")
    axes.set_title(f"estimates of {plain_text(first.shown, 20)}")
    axes.ticklabel_format(axis="y", useOffset=False)
    dress(axes)


def _write(axes: Any, place: tuple[float, float], text: str, side: int) -> None:
    """A text with an arrow to a place, above it (1) or below it (-1)."""
    axes.annotate(
        text,
        place,
        (8, 80 * side),
        textcoords="offset points",
        fontsize=LEGEND,
        arrowprops={"arrowstyle": "->", "color": "0.4"},
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
    )


def _draw_errors(axes: Any, sweep: Sweep, ad: float) -> None:
    """The errors of the gradient against epsilon."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    for kind in sweep.errors:
        _draw_curve(axes, sweep, kind)
    axes.axhline(ad, color="C2", linewidth=1.5, linestyle="--", label=REVERSE_AD)
    axes.invert_xaxis()
    axes.set_xlabel("epsilon (left: truncation, right: rounding)")
    axes.set_ylabel("relative error of the gradient")
    axes.set_title("errors")
    axes.margins(y=0.12)
    dress(axes, columns=2)


def _draw_curve(axes: Any, sweep: Sweep, kind: str) -> None:
    """The errors of one kind of differences, the best one and the slope of truncation.

    Errors of 0, which are nowhere on a logarithmic axis, are marks at its lower end, and the line
    does not go on over them.
    """
    color, best = COLORS[kind], sweep.best(kind)
    points = sweep.points(kind)
    drawn = [y if 0 < y < math.inf else math.nan for _, y in points]
    look = {"marker": MARKERS[kind], "markersize": 5, "color": color}
    axes.plot([x for x, _ in points], drawn, **look, label=f"{kind} differences")
    none = [x for x, y in points if y == 0]
    if none:
        axes.plot(
            none,
            [HEIGHTS[kind]] * len(none),
            transform=axes.get_xaxis_transform(),
            linestyle="none",
            marker="v",
            markersize=8,
            color=color,
            clip_on=False,
            label=f"{kind}: no error",
        )
    if best is None or not best[1] > 0:
        return
    x, y = best
    label = f"{kind}: best at {x:.0e}"
    axes.plot([x], [y], marker="*", markersize=16, color=color, linestyle="none", label=label)
    left = [p for p in points if p[0] >= x and 0 < p[1] < math.inf]
    if len(left) > 2:
        start, order = left[len(left) // 2], ORDERS[kind]
        ends = [left[0][0], x]
        slope = [start[1] * (e / start[0]) ** order for e in ends]
        power = "epsilon" if order == 1 else f"epsilon^{order}"
        axes.plot(ends, slope, color=color, linewidth=1, linestyle=":", label=f"slope of {power}")
