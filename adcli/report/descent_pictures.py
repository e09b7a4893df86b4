"""Pictures of a descent: in the terminal, as a file, as a film (matplotlib, the `plot` extra)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from adcli.data.output import atomic_output
from adcli.descent.minimise import Result
from adcli.descent.monitor import Watcher
from adcli.descent.problem import Problem
from adcli.descent.stopping import Iterate
from adcli.errors import UsageError
from adcli.language.messages import counted
from adcli.report.charts import Curve, chart
from adcli.report.descent_landscape import Landscape
from adcli.report.descent_rows import norm_name
from adcli.report.plots import (
    PANEL,
    SLIDE,
    TITLE,
    PictureFile,
    canvas_of,
    dress,
    figure_class,
    film_format,
    frame_of,
    save_film,
    set_margins,
    write_figure,
)

FRAMES = 120
"""Most frames of a film."""
MOVE = 0.003
"""What cannot be seen of a way, in the width of the window."""


class DescentPicture(Watcher):
    """A watcher that remembers the problem; `draw` is called with the result."""

    problem: Problem

    def begin(self, problem: Problem) -> None:
        self.problem = problem


def curves(history: Sequence[Iterate], best: float, problem: Problem) -> tuple[str, Curve, Curve]:
    """What the value's curve shows, that curve, and the gradient norm's: positive numbers alone.

    The value is shown itself where it stays positive, else its distance to the best one.
    """
    rows = [it for it in history if math.isfinite(it.value)]
    values = [it.value for it in rows]
    name = "value"
    if min(values, default=0.0) <= 0 or best <= 0:
        name = "value above the best" if not problem.maximize else "value below the best"
        values = [abs(v - best) for v in values]
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
        name, values, norms = curves(result.history, result.value, self.problem)
        for title, curve in ((name, values), (norm_name(result.history), norms)):
            if curve:
                self.write("\n".join(chart(title, curve, self.width)) + "\n")


class Picture(PictureFile, DescentPicture):
    """A PNG, SVG or PDF: value and gradient norm; for one or two parameters the way over the
    function's curve or contours."""

    def draw(self, result: Result) -> None:
        has_way = self.problem.size <= 2
        size = SLIDE if has_way else PANEL
        figure = figure_class()(figsize=size, layout="constrained")
        axes = figure.subplots(1, 2 if has_way else 1, squeeze=False)[0]
        _draw_curves(axes[0], result, self.problem)
        if has_way:
            _draw_way(axes[1], result, self.problem)
        count = counted(result.iterations, "iteration")
        ended = f"{result.status.replace('_', ' ')} after {count}"
        title = f"{result.method}: {ended}, value {result.value:.6g}"
        figure.suptitle(title, fontsize=TITLE)
        write_figure(figure, self.path)


class Film(DescentPicture):
    """A GIF of the way over the curve of one parameter or the contours of two; it ends, and holds
    the last frame, when nothing moves any more that can be seen."""

    def __init__(self, path: str) -> None:
        film_format(path)
        self.path = path
        figure_class()

    def begin(self, problem: Problem) -> None:
        """Refuse what has no picture. Raises UsageError."""
        super().begin(problem)
        if problem.size > 2:
            raise UsageError(
                f"a film shows 1 or 2 parameters, there are {problem.size}",
                "--fix holds the others, --plot draws the value",
            )

    def draw(self, result: Result) -> None:
        """Write the file, a frame for each of at most FRAMES iterates."""
        path = _path(result)
        landscape = Landscape(self.problem, path)
        chosen = _frames(path, MOVE * landscape.width)
        figure = figure_class()(figsize=(7, 6), layout="constrained", dpi=90)
        set_margins(figure)
        axes: Any = figure.subplots()
        landscape.draw(axes)
        places = landscape.places(path)
        (line,) = axes.plot([], [], ".-", color="C3", linewidth=1.5, markersize=5)
        (head,) = axes.plot([], [], "o", color="C3", markersize=9)
        title = axes.set_title(" ")
        dress(axes)
        rows = [it for it in result.history if np.isfinite(it.point).all()]
        canvas, frames = canvas_of(figure), []
        canvas.draw()  # all that stands still is drawn once
        ground = canvas.copy_from_bbox(figure.bbox)
        for k in chosen:
            line.set_data(*places[: k + 1].T)
            head.set_data(*places[k : k + 1].T)
            title.set_text(f"iteration {rows[k].iteration:,}, value {rows[k].value:.4g}")
            canvas.restore_region(ground)
            for artist in (line, head, title):
                axes.draw_artist(artist)
            frames.append(frame_of(canvas))
        with atomic_output(self.path) as stream:
            times = [max(40, 6000 // len(frames))] * (len(frames) - 1) + [2000]
            save_film(frames, times, stream)


def _draw_curves(axes: Any, result: Result, problem: Problem) -> None:
    name, values, norms = curves(result.history, result.value, problem)
    marker = "." if len(values) < 60 else ""
    for label, curve in ((name, values), (norm_name(result.history), norms)):
        if curve:
            axes.plot(*zip(*curve, strict=True), label=label, marker=marker, linewidth=2)
            axes.set_yscale("log")
    axes.set_xlabel("iteration")
    axes.xaxis.get_major_locator().set_params(integer=True)
    dress(axes)


def _path(result: Result) -> Any:
    """The points of the history that are finite."""
    points = [it.point for it in result.history if np.isfinite(it.point).all()]
    return np.array(points)


def _draw_way(axes: Any, result: Result, problem: Problem) -> None:
    """The iterates over the curve or the contours, with the first and the best one."""
    path = _path(result)
    landscape = Landscape(problem, path)
    landscape.draw(axes)
    look: Any = {"color": "C3", "linewidth": 1.5, "markersize": 5, "zorder": 3}
    axes.plot(*landscape.places(path).T, ".-", label="iterates", **look)
    best = problem.flatten(result.point)
    marks = (("start", problem.start, "s", "C1", 8), ("best", best, "*", "C2", 16))
    for label, point, marker, color, size in marks:
        place = landscape.places(np.array([point])).T
        axes.plot(*place, marker, color=color, markersize=size, label=label, zorder=5)
    dress(axes, columns=2)


def _frames(path: Any, least: float) -> Any:
    """The iterates that are shown: at most FRAMES, up to where none is further than `least` from
    the last one."""
    moving = np.flatnonzero(np.linalg.norm(path - path[-1], axis=1) > least)
    end = min(len(path) - 1, moving[-1] + 1) if len(moving) else 0
    return np.unique(np.linspace(0, end, min(FRAMES, end + 1)).round().astype(int))
