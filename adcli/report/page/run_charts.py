"""Pictures of a descent for a page: the way, the value, the gradient, the parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from adcli.descent.problem import Problem
from adcli.descent.stopping import Iterate
from adcli.language.messages import counted
from adcli.report.descent_landscape import logarithmic_depth
from adcli.report.descent_rows import norm_name
from adcli.report.page.level_lines import below
from adcli.report.page.scales import Scale, counting, fitting, linear
from adcli.report.page.svg_chart import SvgChart

GRID, ARRAY_GRID, LEAST_GRID = 101, 61, 17
"""Points of a grid along each axis; fewer where the function is over arrays, or over many rows."""
CURVE, LEAST_CURVE = 301, 61
"""Points of a curve."""
WORK = 20_000_000
"""Numbers of data that may be looked at for a picture."""
LEVELS = 12
"""Areas of a contour plot, one within the other."""
SHOWN_LINES = 6
"""Parameters whose lines are drawn over the iterations."""
FLIGHT = 8
"""Iterates of a descent that diverged which a picture holds; the others lie further out."""
TALL = (400.0, 350.0)
"""The size of the picture of a path, in the units of SvgChart."""
SMALL = (320.0, 220.0)
"""That of the value and of the gradient norm."""
FADED = 1e-6
"""A gradient of less than this part of the largest has no arrow: rounding may turn it."""
ARROW = 42.0
"""The length of an arrow."""
DOTTED = 60
"""Steps of a path up to which each has a dot."""
STILL = 1e-6
"""A parameter that moves less than this part of itself does not move."""
ALIKE = 6.0
"""Two axes have one unit unless one of the ranges is so many times the other."""


def main_chart(
    problem: Problem, steps: Sequence[Iterate], best: Any, others: Any, diverged: bool
) -> SvgChart:
    """What fits the number of parameters: the curve, the path over contours, or a line each.

    `best` is the point that is reported, `others` are where other starts led, (n, parameters).
    """
    if problem.size > 2:
        return parameters_chart(problem, steps)
    held = steps[:FLIGHT] if diverged else steps
    made = curve_chart if problem.size == 1 else path_chart
    chart = made(problem, steps, held, best, others)
    if diverged and len(steps) > FLIGHT:
        last = held[-1].iteration
        chart.note += f"The picture holds the iterates up to {last:,}; the later ones lie outside. "
    return chart


def curve_chart(
    problem: Problem, steps: Sequence[Iterate], held: Sequence[Iterate], best: Any, others: Any
) -> SvgChart:
    """A function of one parameter with the iterates on it, and the tangent at each."""
    xs, values = np.array([it.point[0] for it in steps]), _values(steps)
    ends = problem.sign * _function_at(problem, np.array([best, *others]))
    across = linear([*[it.point[0] for it in held], *others[:, 0]], 0.2 if len(others) else 0.5)
    count = int(np.clip(_evaluations(problem), LEAST_CURVE, CURVE))
    grid = np.linspace(across.low, across.high, count)
    curve = problem.sign * _function_at(problem, grid[:, None])
    seen = np.concatenate([_values(held), ends[np.isfinite(ends)]])
    reach = np.ptp(seen) or 0.5 * float(np.max(np.abs(seen))) or 1.0
    shown = curve[np.isfinite(curve)]
    shown = np.clip(shown, seen.min() - reach, seen.max() + reach)  # a pole must not flatten them
    up = linear(np.concatenate([seen, shown]), 0.07)
    label = problem.labels[0]
    told = f"The curve of the function over {label}, and on it {_way(steps, problem)}"
    title = "The function and the steps"
    chart = SvgChart("path", title, told, across, up, (label, "value"), TALL)
    chart.line(grid, curve, "curve")
    slopes = np.array([it.gradient[0] for it in steps])
    chart.trail(xs, values, "way", _tangents(chart, slopes))
    if len(steps) <= DOTTED:
        chart.points(xs, values, "way")
    chart.points(others[:, 0], ends[1:], "other")
    chart.points(xs[:1], values[:1], "start")
    chart.points(best, ends[:1], "best")
    chart.legend += [("line curve", "function"), ("line way", "steps"), *_dots(steps, others)]
    return chart


def path_chart(
    problem: Problem, steps: Sequence[Iterate], held: Sequence[Iterate], best: Any, others: Any
) -> SvgChart:
    """The path of two parameters over contours of the function."""
    points = np.array([it.point for it in steps])
    within = np.array([*[it.point for it in held], best, *others])
    across, up = (linear(within[:, k], 0.12) for k in (0, 1))
    x, y = problem.labels
    told = f"Contours of the function over {x} and {y}, and over them {_way(steps, problem)}"
    title = "The path over contours of the function"
    chart = SvgChart("path", title, told, across, up, (x, y), TALL)
    across, up, is_alike = _alike(chart, within)
    chart = SvgChart("path", title, told, across, up, (x, y), TALL)
    _contours(chart, problem)
    _bounds(chart, problem)
    arrows = None
    if is_alike:
        downs = -np.array([it.gradient for it in steps]) * problem.sign
        lengths = np.hypot(downs[:, 0], downs[:, 1])[:, None]
        with np.errstate(all="ignore"):
            arrows = np.nan_to_num(downs / lengths * [ARROW, -ARROW])
        largest = np.max(lengths[np.isfinite(lengths)], initial=0.0)
        arrows[lengths[:, 0] < FADED * largest] = 0.0
    chart.trail(points[:, 0], points[:, 1], "way", arrows)
    if len(steps) <= DOTTED:
        chart.points(points[:, 0], points[:, 1], "way")
    chart.points(others[:, 0], others[:, 1], "other")
    chart.points(points[:1, 0], points[:1, 1], "start")
    chart.points(best[:1], best[1:], "best")
    chart.legend += [("line way", "path"), *_dots(steps, others)]
    chart.legend.append(("band contour", "darker: " + ("higher" if problem.maximize else "lower")))
    if is_alike:
        way = "up" if problem.maximize else "down"
        chart.key("line arrow scripted", f"steepest way {way} at the step")
    else:
        chart.note = "The two axes have different units of length. "
    return chart


def _dots(steps: Sequence[Iterate], others: Any) -> list[tuple[str, str]]:
    """The legend of single points; a run that was taken up again has lost its start."""
    first = steps[0].iteration
    start = ("dot start", f"iteration {first:,}" if first else "start")
    return [
        start,
        ("dot best", "best"),
        *[("dot other", "ends of other starts")] * bool(len(others)),
    ]


def parameters_chart(problem: Problem, steps: Sequence[Iterate]) -> SvgChart:
    """The parameters that move most, against the iteration."""
    rows = [it for it in steps if len(it.point)]
    points = np.array([it.point for it in rows]) if rows else np.zeros((1, 0))
    with np.errstate(all="ignore"):
        moved = np.nan_to_num(np.ptp(points, axis=0))
    chosen = np.sort(np.argsort(-moved, kind="stable")[:SHOWN_LINES])
    up = linear(shown_range(points[:, chosen]))
    across = counting(steps[-1].iteration)
    told = f"A line for each parameter against the iteration: {_way(steps, problem)}"
    title = "The parameters"
    chart = SvgChart("parameters", title, told, across, up, ("iteration", "parameter"), TALL)
    for k, place in enumerate(chosen.tolist()):
        label = problem.first_labels(place + 1)[-1]
        chart.trail([it.iteration for it in rows], points[:, place], f"series-{k}")
        chart.key(f"line series-{k}", label)
    if not rows:
        chart.note = f"Points of {problem.size:,} numbers are not kept on the way. "
    elif len(chosen) < problem.size:
        chart.note = f"The {len(chosen)} of {problem.size:,} parameters that move most are shown. "
    return chart


def value_chart(problem: Problem, steps: Sequence[Iterate], best: float) -> SvgChart:
    """The value against the iteration; its distance to the best one where that shows more."""
    values, name = _values(steps), "value"
    finite = values[np.isfinite(values)]
    if not finite.size or finite.min() <= 0:
        above = np.abs(values - best)
        if np.count_nonzero(above > 0) > 2 and not fitting(finite).log:
            name = f"value {'below' if problem.maximize else 'above'} the best"
            values = np.where(above > 0, above, np.nan)
    told = f"The {name} against the iteration: from {values[0]:.6g}, over {_count(steps)}"
    xs = [it.iteration for it in steps]
    return along_axis("value", f"The {name}", told, xs, values, ("iteration", name))


def norm_chart(steps: Sequence[Iterate]) -> SvgChart:
    """The gradient norm, or the KKT residual, against the iteration."""
    norms = np.array([it.norm for it in steps])
    name = norm_name(steps)
    told = (
        f"The {name} against the iteration: from {norms[0]:.6g} to {norms[-1]:.6g}, "
        f"over {_count(steps)}"
    )
    if fitting(shown_range(norms[norms > 0])).log:  # 0 has no place there
        norms = np.where(norms > 0, norms, np.nan)
    labels = ("iteration", name)
    xs = [it.iteration for it in steps]
    return along_axis("norm", f"The {name}", told, xs, norms, labels)


def along_axis(
    name: str, title: str, told: str, xs: Sequence[int], ys: Any, labels: tuple[str, str]
) -> SvgChart:
    """A small picture of a line over iterations or epochs."""
    up = fitting(shown_range(ys))
    chart = SvgChart(name, title, told, counting(xs[-1]), up, labels, SMALL)
    chart.trail(xs, ys, "way")
    if len(xs) <= DOTTED:
        chart.points(xs, ys, "way")
    return chart


def shown_range(numbers: Any) -> Any:
    """Numbers without those that are not finite, or hardly, as a run has that leaves its range."""
    return numbers[np.isfinite(numbers) & (np.abs(numbers) < 1e300)]


def _values(steps: Sequence[Iterate]) -> Any:
    return np.array([it.value for it in steps])


def _count(steps: Sequence[Iterate]) -> str:
    return counted(steps[-1].iteration, "iteration")


def _way(steps: Sequence[Iterate], problem: Problem) -> str:
    """The start and the end in words."""
    if not len(steps[0].point):
        return f"{_count(steps)}."
    names = problem.first_labels(3)
    ends = []
    for it in (steps[0], steps[-1]):
        shown = zip(names, it.point.tolist(), strict=False)
        ends.append(", ".join(f"{name} = {x:.6g}" for name, x in shown))
    return f"{_count(steps)} from {ends[0]} to {ends[1]}."


def _function_at(problem: Problem, points: Any) -> Any:
    """What is minimised at points (n, parameters)."""
    with np.errstate(all="ignore"):
        return np.array([problem.value_and_gradient(point)[0] for point in points])


def _evaluations(problem: Problem) -> float:
    """How many evaluations a picture is worth."""
    return WORK / max(sum(np.size(column) for column in problem.data.values()), 1)


def _tangents(chart: SvgChart, slopes: Any) -> Any:
    """The directions of the curve at slopes, as vectors of one length."""
    x0, x1, y0, y1 = chart.across.low, chart.across.high, chart.up.low, chart.up.high
    with np.errstate(all="ignore"):
        rise = -slopes * chart.inner[1] / (y1 - y0) * (x1 - x0) / chart.inner[0]
        length = np.hypot(1.0, rise)
        return np.nan_to_num(np.stack([1.0 / length, rise / length], axis=1) * ARROW)


def _alike(chart: SvgChart, points: Any) -> tuple[Scale, Scale, bool]:
    """Axes of one unit, if points (n, 2) move alike along both, or along one alone: a gradient is
    perpendicular to contours then."""
    scales = (chart.across, chart.up)
    units = [
        (scale.high - scale.low) / inner for scale, inner in zip(scales, chart.inner, strict=True)
    ]
    moved = np.ptp(points, axis=0)
    still = np.maximum(STILL * np.abs(points.mean(axis=0)), STILL**2 * moved.max())
    moving = [unit for unit, by in zip(units, moved > still, strict=True) if by]
    unit = max(moving or units)
    if not unit < ALIKE * min(moving or units):
        return *scales, False
    found = []
    for scale, inner in zip(scales, chart.inner, strict=True):
        middle, half = (scale.low + scale.high) / 2, unit * inner / 2
        found.append(Scale(middle - half, middle + half))
    return found[0], found[1], True


def _bounds(chart: SvgChart, problem: Problem) -> None:
    """The bounds of two parameters as lines."""
    ends = [(scale.low, scale.high) for scale in (chart.across, chart.up)]
    sides = [] if problem.lower is None or problem.upper is None else [problem.lower, problem.upper]
    places = [
        [x for x in column if low < x < high]
        for column, (low, high) in zip(np.transpose(sides).tolist(), ends, strict=False)
    ]
    for x in places[0] if places else []:
        chart.line([x, x], ends[1], "bound")
    for y in places[1] if places else []:
        chart.line(ends[0], [y, y], "bound")
    if any(places):
        chart.key("line bound", "bounds")


def _contours(chart: SvgChart, problem: Problem) -> None:
    """Areas below levels of the value, close together where the value is low."""
    most = GRID if problem.scalar else ARRAY_GRID
    points = int(np.clip(_evaluations(problem) ** 0.5, LEAST_GRID, most))
    xs, ys = (np.linspace(s.low, s.high, points) for s in (chart.across, chart.up))
    plane = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    depth = logarithmic_depth(_function_at(problem, plane).reshape(points, points))
    known = depth[np.isfinite(depth)]
    if not known.size:
        return
    low, high = known.min(), known.max()
    for level in np.linspace(high, low, LEVELS, endpoint=False):
        chart.areas(below(xs, ys, depth, float(level)), "contour")
