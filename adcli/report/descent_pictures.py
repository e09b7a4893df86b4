"""Pictures of a descent: in the terminal, as a file, as a film (matplotlib, the `plot` extra)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from adcli.data.output import atomic_output
from adcli.descent.minimise import Result
from adcli.descent.monitor import Watcher
from adcli.descent.problem import Problem
from adcli.errors import UsageError
from adcli.language.messages import counted
from adcli.report.charts import Curve, chart
from adcli.report.plots import (
    PictureFile,
    canvas_of,
    figure_class,
    film_format,
    frame_of,
    plain_text,
    save_film,
    write_figure,
)

FRAMES = 120
"""Most frames of a film."""

GRID = 161
"""Points of a contour along each axis."""


class DescentPicture(Watcher):
    """A watcher that remembers the problem; `draw` is called with the result."""

    problem: Problem

    def begin(self, problem: Problem) -> None:
        self.problem = problem


def curves(result: Result, problem: Problem) -> tuple[str, Curve, Curve]:
    """What the value's curve shows, that curve, and the gradient norm's: positive numbers alone.

    The value is shown itself where it stays positive, else its distance to the best one.
    """
    rows = [it for it in result.history if math.isfinite(it.value)]
    values = [it.value for it in rows]
    name = "value"
    if min(values, default=0.0) <= 0 or result.value <= 0:
        name = "value above the best" if not problem.maximize else "value below the best"
        values = [abs(v - result.value) for v in values]
    first = [(float(it.iteration), v) for it, v in zip(rows, values, strict=True) if v > 0]
    second = [(float(it.iteration), it.norm) for it in rows if 0 < it.norm < math.inf]
    return name, first, second


class TerminalPlot(DescentPicture):
    """Value and gradient norm against the iteration, in braille dots."""

    def __init__(self, write: Callable[[str], object], width: int) -> None:
        self.write = write
        self.width = width

    def draw(self, result: Result) -> None:
        """Two charts, one above the other."""
        name, values, norms = curves(result, self.problem)
        for title, curve in ((name, values), ("gradient norm", norms)):
            if curve:
                self.write("\n".join(chart(title, curve, self.width)) + "\n")


class Picture(PictureFile, DescentPicture):
    """A PNG or SVG: value and gradient norm; for two parameters the contour with the path."""

    def draw(self, result: Result) -> None:
        planar = self.problem.size == 2
        figure = figure_class()(figsize=(11 if planar else 6.5, 4.8), layout="constrained")
        axes = figure.subplots(1, 2 if planar else 1, squeeze=False)[0]
        _draw_curves(axes[0], result, self.problem)
        if planar:
            path = _path(result)
            _draw_contour(axes[1], self.problem, path)
            axes[1].plot(*path.T, ".-", color="C3", linewidth=1, markersize=3)
            axes[1].plot(*self.problem.start, "s", color="C1", markersize=7, label="start")
            best = self.problem.flatten(result.point)
            axes[1].plot(*best, "*", color="C2", markersize=13, label="best")
            axes[1].legend(fontsize=9)
        count = counted(result.iterations, "iteration")
        ended = f"{result.status.replace('_', ' ')} after {count}"
        title = f"{result.method}: {ended}, value {result.value:.6g}"
        figure.suptitle(title, fontsize=10)
        write_figure(figure, self.path)


class Film(DescentPicture):
    """A GIF of the path over the contour; two parameters only."""

    def __init__(self, path: str) -> None:
        film_format(path)
        self.path = path
        figure_class()

    def begin(self, problem: Problem) -> None:
        """Refuse what has no plane. Raises UsageError."""
        super().begin(problem)
        if problem.size != 2:
            raise UsageError(
                f"a film shows 2 parameters, there are {problem.size}",
                "--fix holds the others, --plot draws the value",
            )

    def draw(self, result: Result) -> None:
        """Write the file, a frame for each of at most FRAMES iterates."""
        path = _path(result)
        chosen = np.unique(
            np.linspace(0, len(path) - 1, min(FRAMES, len(path))).round().astype(int)
        )
        figure = figure_class()(figsize=(6, 5), layout="constrained", dpi=90)
        axes: Any = figure.subplots()
        _draw_contour(axes, self.problem, path)
        (line,) = axes.plot([], [], ".-", color="C3", linewidth=1, markersize=3)
        (head,) = axes.plot([], [], "o", color="C3", markersize=7)
        rows = [it for it in result.history if np.isfinite(it.point).all()]
        canvas, frames = canvas_of(figure), []
        for k in chosen:
            line.set_data(*path[: k + 1].T)
            head.set_data(path[k : k + 1, 0], path[k : k + 1, 1])
            axes.set_title(
                f"iteration {rows[k].iteration:,}, value {rows[k].value:.4g}", fontsize=10
            )
            canvas.draw()
            frames.append(frame_of(canvas))
        with atomic_output(self.path) as stream:
            times = [max(40, 6000 // len(frames))] * (len(frames) - 1) + [2000]
            save_film(frames, times, stream)


def _draw_curves(axes: Any, result: Result, problem: Problem) -> None:
    name, values, norms = curves(result, problem)
    marker = "." if len(values) < 60 else ""
    for label, curve in ((name, values), ("gradient norm", norms)):
        if curve:
            axes.plot(*zip(*curve, strict=True), label=label, marker=marker)
            axes.set_yscale("log")
    axes.set_xlabel("iteration")
    axes.grid(True, linewidth=0.3)
    if values or norms:
        axes.legend(fontsize=9)


def _path(result: Result) -> Any:
    """The points of the history that are finite."""
    points = [it.point for it in result.history if np.isfinite(it.point).all()]
    return np.array(points)


def _draw_contour(axes: Any, problem: Problem, path: Any) -> None:
    """Levels of the value around the path, close together where the value is low."""
    low, high = path.min(axis=0), path.max(axis=0)
    margin = np.maximum(0.15 * (high - low), 1e-3 + 0.05 * np.abs(high))
    xs, ys = (np.linspace(low[k] - margin[k], high[k] + margin[k], GRID) for k in (0, 1))
    with np.errstate(all="ignore"):
        grid = np.array([[problem.value_and_gradient(np.array([x, y]))[0] for x in xs] for y in ys])
    finite = np.isfinite(grid)
    if finite.any():
        least = grid[finite].min()
        floor = 1e-3 * np.median(grid[finite] - least) or 1e-12  # of the logarithm
        depth = np.log10(np.where(finite, grid - least, np.nan) + floor)
        axes.contourf(xs, ys, depth, levels=24, cmap="Blues_r", alpha=0.8)
        axes.contour(xs, ys, depth, levels=24, colors="white", linewidths=0.3)
    axes.set_xlabel(plain_text(problem.labels[0]))
    axes.set_ylabel(plain_text(problem.labels[1]))
