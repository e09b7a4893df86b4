"""Pictures in files, by matplotlib (the `plot` extra)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from adcli.data.output import atomic_output
from adcli.errors import UsageError

PICTURE_FORMATS = ("png", "svg")
_MARKERS = ("o", "s", "^", "D")


def picture_format(name: str) -> str:
    """`png` or `svg`, by the file's name. Raises UsageError for another."""
    ending = name.rpartition(".")[2].lower()
    if ending not in PICTURE_FORMATS:
        raise UsageError(
            f"'{ending}' is not a format for pictures"
            if "." in name
            else "the picture's format is not known",
            "name a file that ends in .png or .svg",
        )
    return ending


def figure_class() -> Any:
    """matplotlib's Figure. Raises UsageError where it is not installed."""
    try:
        import matplotlib.figure
    except ImportError:
        raise UsageError(
            "a picture needs matplotlib, which is not installed", "pip install 'adcli[plot]'"
        ) from None
    return matplotlib.figure.Figure


def write_figure(figure: Any, path: str) -> None:
    """Write a figure as PNG or SVG; the same figure makes the same file."""
    import matplotlib

    form = picture_format(path)
    metadata: dict[str, Any] = {"Date": None} if form == "svg" else {}
    with atomic_output(path) as stream, matplotlib.rc_context({"svg.hashsalt": "adcli"}):
        figure.savefig(stream, format=form, dpi=150, metadata=metadata)


def draw_errors(
    path: str,
    title: str,
    curves: Mapping[str, Sequence[tuple[float, float]]],
    best: Mapping[str, tuple[float, float]],
    levels: Mapping[str, float],
    guides: Mapping[str, int],
) -> None:
    """Errors against epsilon on two logarithmic axes, in a file.

    curves  name -> (epsilon, error)
    best    name of a curve -> its best point
    levels  name -> an error that needs no epsilon
    guides  name of a curve -> the power of epsilon by which truncation grows

    Raises UsageError if matplotlib is not there.
    """
    figure = figure_class()(figsize=(8, 5), layout="constrained")
    axes: Any = figure.add_subplot()
    axes.set_xscale("log")
    axes.set_yscale("log")
    for k, (name, points) in enumerate(curves.items()):
        shown = [(x, y) for x, y in points if 0 < y < math.inf]
        color = f"C{k}"
        label = f"{name}, best at {best[name][0]:.0e}" if name in best else name
        axes.plot(*_columns(shown), marker=_MARKERS[k % 4], markersize=4, color=color, label=label)
        if name in best and best[name][1] > 0:  # an exact one is nowhere on a logarithmic axis
            x, y = best[name]
            axes.plot([x], [y], marker="*", markersize=15, color=color, linestyle="none")
            left = [p for p in shown if p[0] >= x]
            if name in guides and len(left) > 2:
                start = left[len(left) // 2]
                ends = [left[0][0], x]
                slope = [start[1] * (e / start[0]) ** guides[name] for e in ends]
                axes.plot(ends, slope, color=color, linewidth=0.8, linestyle=":")
    for k, (name, level) in enumerate(levels.items()):
        if level > 0:
            color = f"C{len(curves) + k}"
            axes.axhline(level, color=color, linewidth=1, linestyle="--", label=name)
    axes.invert_xaxis()
    axes.set_xlabel(
        "epsilon, the step relative to the variable (left: truncation, right: rounding)"
    )
    axes.set_ylabel("relative error of the gradient")
    axes.set_title(title, fontsize=10)
    axes.grid(True, which="major", linewidth=0.3)
    axes.margins(y=0.12)
    axes.legend(fontsize=9)
    write_figure(figure, path)


def _columns(points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in points], [y for _, y in points]
