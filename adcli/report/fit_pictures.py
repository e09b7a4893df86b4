"""Pictures of a fit (matplotlib, the `plot` extra)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from adcli.fitting.model import WHICH
from adcli.fitting.regression import Regression
from adcli.fitting.result import Fit
from adcli.language.text import to_text
from adcli.report.fit import drawn_profile
from adcli.report.plots import (
    TALL,
    dress,
    figure_class,
    picture_format,
    plain_text,
    write_figure,
)

CURVE = 400
"""Points of a curve."""

ACROSS, PROFILE = 3, 2.6
"""Profiles beside one another, and the inches that a row of them is high."""

MANY = 20_000
"""Rows from which every n-th is drawn, about this many."""


def draw(problem: Regression, fit: Fit, path: str) -> None:
    """Data, curve and confidence band over one predictor, else observed against fitted; residuals.

    Writes a PNG, SVG or PDF. Raises UsageError for another kind, or where matplotlib is missing.
    """
    picture_format(path)
    rows = -(-len(fit.profiles) // ACROSS)
    width, height = TALL
    figure = figure_class()(figsize=(width, height + PROFILE * rows), layout="constrained")
    whole = figure
    if rows:
        whole, part = figure.subfigures(2, 1, height_ratios=[height, PROFILE * rows])
        _draw_profiles(part.subplots(rows, ACROSS, squeeze=False).flat, fit)
    above, below = whole.subplots(2, 1, gridspec_kw={"height_ratios": [3, 1]})
    used = slice(None, None, max(1, problem.rows // MANY))
    text = to_text(problem.model.graph, problem.model.response.outputs)
    response = plain_text(", ".join(problem.response_names) or text)
    x = _only_predictor(problem)
    if x is not None:
        across, places = x
        _draw_curve(above, problem, fit, *x, used)
        below.sharex(above)
        above.set_ylabel(response)
    else:
        _draw_observed(above, problem, fit, used)
        above.set_xlabel(f"fitted {response}")
        above.set_ylabel(f"observed {response}")
        across, places = f"fitted {response}", fit.fitted
    _draw_residuals(below, fit, places, used, problem.weights is not None)
    below.set_xlabel(plain_text(across))
    figures = f"R² {fit.r_squared:.6g}" if fit.r_squared is not None else f"rss {fit.rss:.6g}"
    title = plain_text(" ".join(fit.model.split()), 80)
    above.set_title(f"{title}\n{fit.status.replace('_', ' ')}, {figures}")
    dress(above, legend="best")
    dress(below)
    write_figure(figure, path)


def _only_predictor(problem: Regression) -> tuple[str, Any] | None:
    """The name and the values of the predictor, where a curve over one can be drawn."""
    names = [n for n in problem.model.prediction.inputs if n in problem.data and n != WHICH]
    if len(names) != 1 or problem.data[names[0]].ndim != 1 or not problem.row_wise:
        return None
    return names[0], problem.data[names[0]]


def _draw_curve(axes: Any, problem: Regression, fit: Fit, name: str, x: Any, used: slice) -> None:
    sigma = None
    if fit.scaling == "absolute" and problem.weights is not None:
        with np.errstate(divide="ignore"):
            sigma = (1.0 / np.sqrt(problem.weights))[used]
    y = problem.response
    grid = np.linspace(x.min(), x.max(), CURVE)
    parts = [np.reshape(part, (CURVE, -1)).T for part in fit.fitted_model.known_band({name: grid})]
    names = problem.response_names or [""]
    which = problem.data[WHICH][used] if problem.response_names else np.zeros(len(x[used]))
    for k, (response, curve, low, high) in enumerate(zip(names, *parts, strict=True)):
        rows = which == k
        looks = ("C0", "C3") if len(names) == 1 else (f"C{k}", f"C{k}")
        axes.errorbar(
            x[used][rows],
            y[used][rows],
            None if sigma is None else sigma[rows],
            fmt="o",
            markersize=4,
            color=looks[0],
            alpha=0.7,
            label="data" if len(names) == 1 else None,
            zorder=2,
        )
        axes.plot(grid, curve, color=looks[1], label=plain_text(response) or "fit", zorder=3)
        if np.isfinite(low).any():
            label = f"{100 * fit.confidence:.6g}% confidence band" if k == 0 else None
            axes.fill_between(grid, low, high, color=looks[1], alpha=0.2, linewidth=0, label=label)
    axes.set_xlim(*_limits(x))
    reach = np.ptp(y) or np.max(np.abs(y))  # a pole between the data must not flatten them
    drawn = np.ravel(parts)
    shown = np.clip(drawn[np.isfinite(drawn)], y.min() - reach, y.max() + reach)
    axes.set_ylim(*_limits(np.concatenate([y, shown])))


def _draw_observed(axes: Any, problem: Regression, fit: Fit, used: slice) -> None:
    low, high = _limits(np.concatenate([problem.response, fit.fitted]))
    axes.plot([low, high], [low, high], color="C3", linewidth=1, label="observed = fitted")
    axes.plot(fit.fitted[used], problem.response[used], "o", markersize=4, alpha=0.7, label="data")
    axes.set_xlim(low, high)
    axes.set_ylim(low, high)
    axes.set_aspect("equal")


def _draw_residuals(axes: Any, fit: Fit, places: Any, used: slice, weighted: bool) -> None:
    axes.axhline(0.0, color="0.4", linewidth=0.8)
    residuals = -fit.residuals[used]  # observed less fitted, as people draw it
    axes.plot(places[used], residuals, "o", markersize=4, color="C0", alpha=0.7)
    axes.set_ylabel("weighted residual" if weighted else "residual")


def _draw_profiles(places: Iterable[Any], fit: Fit) -> None:
    """The profile of each parameter, the straight line of a linear model, and the interval."""
    found = list(fit.profiles.items())
    for k, axes in enumerate(places):
        if k >= len(found):
            axes.set_axis_off()
            continue
        label, profile = found[k]
        x = fit.parameters[label]
        values, roots, width = drawn_profile(profile)
        axes.plot(values, roots, color="C3", marker=".")
        if x.standard_error:
            line = [(v - x.value) / x.standard_error for v in values]
            axes.plot(values, line, color="0.4", linestyle="--", linewidth=0.8)
        for end in profile.ends:
            if end is not None:
                axes.axvline(end, color="C0", linewidth=0.8)
        axes.set_ylim(-1.3 * width, 1.3 * width)
        axes.axhspan(-width, width, color="C0", alpha=0.1, linewidth=0)
        axes.set_xlabel(plain_text(label))
        axes.set_ylabel("signed root" if k % ACROSS == 0 else "")
        dress(axes)
        axes.locator_params(axis="x", nbins=4)


def _limits(values: Any) -> tuple[float, float]:
    low, high = float(np.min(values)), float(np.max(values))
    margin = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
    return low - margin, high + margin
