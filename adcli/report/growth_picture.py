"""The costs of `adcli compare --growth` as a picture (matplotlib, the `plot` extra)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adcli.report.growth import GrowthReport
from adcli.report.plots import SLIDE, dress, figure_class, plain_text, write_figure

MARKERS = "osD^vP*"


def draw_growth(path: str, program: str, report: GrowthReport) -> None:
    """Write a picture of multiplications, and of time, against the number of inputs.

    Axes are logarithmic: a power is a straight line, the steeper the higher. Raises UsageError for
    another kind of file, or where matplotlib is missing.
    """
    figure = figure_class()(figsize=SLIDE, layout="constrained")
    panels: list[tuple[str, Mapping[str, Sequence[float]]]] = [
        ("multiplications", report.multiplications())
    ]
    if report.times:
        panels.append(("seconds", report.seconds()))
    inputs = [at.inputs for at in report.found]
    for k, (title, lines) in enumerate(panels, 1):
        axes: Any = figure.add_subplot(1, len(panels), k)
        axes.set_xscale("log")
        axes.set_yscale("log")
        for number, (name, values) in enumerate(lines.items()):
            points = [(x, y) for x, y in zip(inputs, values, strict=True) if y > 0]
            dotted = ":" if number == 0 else "-"
            axes.plot(
                [x for x, _ in points],
                [y for _, y in points],
                marker=MARKERS[number % len(MARKERS)],
                markersize=5,
                linestyle=dotted,
                color=f"C{number}",
                label=name,
            )
        axes.set_xlabel("inputs")
        axes.set_ylabel(title)
        dress(axes, columns=2)
    figure.suptitle(plain_text(" ".join(program.split()), 70))
    write_figure(figure, path)
