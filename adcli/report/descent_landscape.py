"""What a descent of one or two parameters walks on: the function's curve, or its contours."""

from __future__ import annotations

from typing import Any

import numpy as np

from adcli.descent.problem import Problem
from adcli.report.plots import plain_text

GRID, LEAST_GRID = 161, 25
"""Points of a contour along each axis."""
CURVE, LEAST_CURVE = 801, 101
"""Points of a curve."""
ROWS = 2000
"""Rows of data up to which a function is drawn with the most points."""
LEVELS = 24
MARGINS = {1: 0.4, 2: 0.15}
"""Room around a path of so many parameters, in its size."""
LIKE = 10.0
"""Parameters that move over widths within this ratio are shown on one scale."""
STILL = 1e-6
"""A width below this, relative to the other one or to the parameter, is none; so is a gradient
relative to an earlier one."""
ARROWS = 8
ARROW = 0.1
"""Length of an arrow, in the width of the window: so far apart they begin, at least."""


class Landscape:
    """The window around a path (iterates, parameters) in which its function is drawn.

    `is_like` says that both axes have one scale: where the parameters move over like widths, as
    those of one unit do. Only then are gradients perpendicular to contours in the picture.
    """

    def __init__(self, problem: Problem, path: Any) -> None:
        self.problem, self.path = problem, path
        rows = max([len(column) for column in problem.data.values()], default=0)
        self.share = min(1.0, ROWS / max(rows, 1))  # of the evaluations
        low, high = path.min(axis=0), path.max(axis=0)
        middle, widths = (low + high) / 2, high - low
        widest = widths.max()
        still = widths <= STILL * np.maximum(widest, np.abs(middle))
        if still.all():
            widths = np.full(len(widths), 0.2 * np.abs(middle).max() or 1.0)
        else:
            widths = np.where(still, widest, widths)
        self.is_like = bool(widths.max() <= LIKE * widths.min())
        if self.is_like:
            widths = np.full(len(widths), widths.max())
        self.width = float(widths.max())
        room = (0.5 + MARGINS[len(widths)]) * widths
        self.low, self.high = middle - room, middle + room

    def heights(self, points: Any) -> Any:
        """The function at points (points, parameters): what is maximised, if something is."""
        sign = -1.0 if self.problem.maximize else 1.0
        with np.errstate(all="ignore"):
            found = [sign * self.problem.value_and_gradient(point)[0] for point in points]
        return np.where(np.isfinite(found), found, np.nan)

    def places(self, points: Any) -> Any:
        """Where points are in the picture: (points, 2)."""
        return points if self.problem.size == 2 else np.column_stack([points, self.heights(points)])

    def draw(self, axes: Any) -> None:
        """Draw the curve of one parameter, or the contours of two with arrows downhill."""
        (self._draw_contours if self.problem.size == 2 else self._draw_curve)(axes)

    def _draw_curve(self, axes: Any) -> None:
        count = max(LEAST_CURVE, int(CURVE * self.share))
        xs = np.linspace(self.low[0], self.high[0], count)
        axes.plot(xs, self.heights(xs[:, None]), color="C0", linewidth=2, label="function")
        axes.set_xlim(xs[0], xs[-1])
        axes.set_xlabel(plain_text(self.problem.labels[0]))
        axes.set_ylabel("value")

    def _draw_contours(self, axes: Any) -> None:
        """Levels close together where the value is low."""
        count = max(LEAST_GRID, int(GRID * self.share**0.5))
        xs, ys = (np.linspace(self.low[k], self.high[k], count) for k in (0, 1))
        points = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
        sign = -1.0 if self.problem.maximize else 1.0
        grid = sign * self.heights(points).reshape(count, count)
        depth = logarithmic_depth(grid)
        if np.isfinite(depth).any():
            axes.contourf(xs, ys, depth, levels=LEVELS, cmap="Blues_r", alpha=0.8, extend="both")
            look: Any = {"colors": "white", "linewidths": 0.6}
            axes.contour(xs, ys, depth, levels=LEVELS, linestyles="solid", **look)
        axes.set_xlim(xs[0], xs[-1])
        axes.set_ylim(ys[0], ys[-1])
        axes.set_xlabel(plain_text(self.problem.labels[0]))
        axes.set_ylabel(plain_text(self.problem.labels[1]))
        if self.is_like:
            axes.set_aspect("equal")
            self._draw_arrows(axes)

    def _draw_arrows(self, axes: Any) -> None:
        """Arrows along minus the gradient of what is minimised, from iterates that are apart."""
        begins: list[Any] = []
        arrows: list[Any] = []
        length, largest = ARROW * self.width, 0.0
        for point in self.path:
            if any(np.hypot(*(point - begin)) < 1.5 * length for begin in begins):
                continue
            with np.errstate(all="ignore"):
                gradient = self.problem.value_and_gradient(point)[1]
            size = np.hypot(*gradient)
            largest = max(largest, size) if np.isfinite(size) else largest
            if np.isfinite(size) and size > STILL * largest:
                begins.append(point)
                arrows.append(-gradient / size * length)
            if len(begins) == ARROWS:
                break
        if begins:
            label = "gradient" if self.problem.maximize else "minus gradient"
            look: Any = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.005}
            axes.quiver(*np.transpose(begins), *np.transpose(arrows), zorder=4, **look)
            mark: Any = {"marker": r"$\rightarrow$", "markersize": 16, "color": "black"}
            axes.plot([], [], linestyle="none", label=label, **mark)


def logarithmic_depth(values: Any) -> Any:
    """Values on a scale that is wide where they are low, with a floor; nan where there is none."""
    finite = np.isfinite(values)
    if not finite.any():
        return values
    least = values[finite].min()
    with np.errstate(all="ignore"):
        floor = 1e-3 * float(np.median(values[finite] - least)) or 1e-12  # of the logarithm
        return np.log10(values - least + floor)
