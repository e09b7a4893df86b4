"""Pictures of a fit for a page: data and curve, residuals, their quantiles."""

from __future__ import annotations

from itertools import islice
from statistics import NormalDist
from typing import Any

import numpy as np

from adcli.fitting.model import WHICH
from adcli.fitting.regression import Regression
from adcli.fitting.result import Fit
from adcli.graph.coded import coded_column
from adcli.language.messages import safe
from adcli.language.text import to_text
from adcli.report.fit import drawn_profile
from adcli.report.page.scales import Scale, linear
from adcli.report.page.svg_chart import SvgChart

DRAWN_ROWS = 1200
"""Rows from which every n-th is drawn, about so many."""
CURVE = 161
"""Points of a curve."""
CURVES, BANDS = 6, 2
"""Groups of rows up to which each has a curve, and up to which each has its band."""
MOST_LEVELS = 30
"""Groups up to which data are drawn by group."""
MOST_PROFILES = 12
"""Parameters whose profiles are drawn."""
MOST_RESIDUALS = 4
"""Predictors against which residuals are drawn."""
TALL, SMALL = (400.0, 320.0), (320.0, 220.0)
"""The sizes of pictures."""
SPREAD = 0.36
"""How far rows of one group are spread, as a part of the distance of two groups."""
GOLDEN = 0.6180339887498949


class FitCharts:
    """The pictures of one fit. `groups` are the columns that are indices, `numeric` the other ones
    that the model names."""

    def __init__(self, problem: Regression, fit: Fit) -> None:
        self.problem, self.fit = problem, fit
        f = problem.model.prediction
        names = [name for name in f.inputs if name in problem.data]
        self.groups = [name for name in names if name in f.indices or name == WHICH]
        self.numeric = [name for name in names if name not in self.groups]
        self.every = max(1, -(-problem.rows // DRAWN_ROWS))
        self.used = slice(None, None, self.every)
        response = to_text(problem.model.graph, problem.model.response.outputs)
        self.response = safe(", ".join(problem.response_names) or response)
        residuals = -np.asarray(fit.residuals)  # observed less fitted, as people draw it
        self.residuals = residuals
        kind = "weighted residual" if problem.weights is not None else "residual"
        self.residual = kind
        self.is_plain = problem.row_wise and all(problem.data[n].ndim == 1 for n in names)

    def charts(self) -> tuple[SvgChart, list[SvgChart]]:
        """The data with the fit, and further pictures."""
        kinds = self._kinds()
        if self.is_plain and len(self.numeric) == 1 and len(kinds) <= CURVES:
            main = self._curves(self.numeric[0], kinds)
        elif self.is_plain and not self.numeric and len(self.groups) == 1 and self._is_short():
            main = self._by_group(self.groups[0])
        else:
            main = self._observed()
        if self.every > 1:
            main.note += f"One row of {self.every:,} is drawn, of {self.problem.rows:,}. "
        places = [] if len(self.numeric) == 1 and self.is_plain else [None]
        singles = [n for n in [*self.numeric, *self.groups] if self.problem.data[n].ndim == 1]
        chosen = [*places, *singles][:MOST_RESIDUALS]
        others = [self._residuals(name, k) for k, name in enumerate(chosen)]
        quantiles = self._quantiles()
        profiles = [self._profile(label) for label in islice(self.fit.profiles, MOST_PROFILES)]
        return main, [*others, *([] if quantiles is None else [quantiles]), *profiles]

    # ---- groups ----

    def _kinds(self) -> list[tuple[float, ...]]:
        """The combinations of groups that there are, the first ones."""
        if not self.groups:
            return [()]
        columns = np.stack([np.ravel(self.problem.data[n]) for n in self.groups], axis=1)
        return [tuple(row) for row in np.unique(columns, axis=0)[: CURVES + 1].tolist()]

    def _is_short(self) -> bool:
        return len(np.unique(self.problem.data[self.groups[0]])) <= MOST_LEVELS

    def _said(self, kind: tuple[float, ...]) -> str:
        """A combination of groups in words."""
        found = []
        for name, code in zip(self.groups, kind, strict=True):
            levels = self.problem.data.levels.get(name)
            found.append(levels[int(code)] if levels else f"{name} = {code:g}")
        return ", ".join(found)

    def _rows_of(self, kind: tuple[float, ...]) -> Any:
        """Whether each row is of a combination of groups."""
        found = np.ones(self.problem.rows, dtype=bool)
        for name, code in zip(self.groups, kind, strict=True):
            found &= self.problem.data[name] == code
        return found

    def _given(self, kind: tuple[float, ...], count: int) -> dict[str, Any]:
        """The columns of a combination of groups, as many rows as asked for."""
        found: dict[str, Any] = {}
        for name, code in zip(self.groups, kind, strict=True):
            levels = self.problem.data.levels.get(name)
            column = coded_column(name) if levels else None
            if levels and column is not None:
                found[column] = [levels[int(code)]] * count
            else:
                found[name] = np.full(count, code)
        return found

    # ---- pictures ----

    def _curves(self, name: str, kinds: list[tuple[float, ...]]) -> SvgChart:
        """Data and curve over one predictor, for each combination of groups."""
        xs, ys, sigma = self.problem.data[name], self.problem.response, self._sigma()
        groups = [np.flatnonzero(self._rows_of(kind)) for kind in kinds]
        grids = [np.linspace(xs[rows].min(), xs[rows].max(), CURVE) for rows in groups]
        bands = [
            self._band({name: grid, **self._given(kind, CURVE)})
            for grid, kind in zip(grids, kinds, strict=True)
        ]
        near = np.ravel(bands if len(kinds) <= BANDS else [band[0] for band in bands])
        ends = np.concatenate([near] if sigma is None else [near, ys - sigma, ys + sigma])
        labels, said = (safe(name), self.response), f"{self.response} against {safe(name)}"
        told = f"{said}: the data and the fitted curve. {self._ends()}"
        up = _without_poles(ys, ends)
        chart = SvgChart("data", "Data and fit", told, linear(xs, 0.04), up, labels, TALL)
        for k, (kind, rows, grid, band) in enumerate(zip(kinds, groups, grids, bands, strict=True)):
            drawn = rows[self.used]
            dots, looks = ["observed", "fitted"] if len(kinds) == 1 else [f"series-{k}"] * 2
            if len(kinds) <= BANDS:
                chart.band(grid, band[1], band[2], f"{looks} band")
            if sigma is not None:
                chart.bars(xs[drawn], (ys - sigma)[drawn], (ys + sigma)[drawn], "error")
            chart.points(xs[drawn], ys[drawn], f"{dots} data")
            chart.line(grid, band[0], looks)
            chart.legend += [] if len(kinds) == 1 else [(f"line {looks}", self._said(kind))]
        if len(kinds) == 1:
            chart.legend += [("dot observed", "data"), ("line fitted", "fit")]
        if sigma is not None:
            chart.key("line error", "standard deviation")
        if len(kinds) <= BANDS and np.isfinite(np.array(bands)[:, 1]).any():
            looks = "fitted" if len(kinds) == 1 else "series-0"
            chart.key(f"band {looks}", f"{100 * self.fit.confidence:.6g}% confidence band")
        return chart

    def _band(self, columns: dict[str, Any]) -> tuple[Any, Any, Any]:
        """The curve and its band over columns, of one response if WHICH says so."""
        which = columns.pop(WHICH, None)
        found = self.fit.fitted_model.known_band(columns)
        if which is None:
            return found
        low, middle, high = (part[:, int(which[0])] for part in found)
        return low, middle, high

    def _sigma(self) -> Any:
        """The standard deviations of the response, where they were given; else None."""
        if self.fit.scaling != "absolute" or self.problem.weights is None:
            return None
        with np.errstate(divide="ignore"):
            return 1.0 / np.sqrt(self.problem.weights)

    def _by_group(self, name: str) -> SvgChart:
        """Data by group, and the fitted value of each with its interval."""
        codes = np.unique(self.problem.data[name])
        texts = [self._said((code,)) for code in codes.tolist()]
        places = np.searchsorted(codes, self.problem.data[name])
        found = [
            [part[0] for part in self._band(self._given((code,), 1))] for code in codes.tolist()
        ]
        fitted, low, high = np.array(found).T
        ys = self.problem.response
        up = _without_poles(ys, np.ravel(found))
        told = f"{self.response} by group: the data and the fitted value. {self._ends()}"
        labels = (coded_column(name) or name, self.response)
        chart = SvgChart("data", "Data and fit", told, _of_groups(texts), up, labels, TALL)
        chart.points(_spread(places)[self.used], ys[self.used], "observed")
        middle = np.arange(len(codes), dtype=float)
        chart.bars(middle, low, high, "fitted")
        chart.points(middle, fitted, "fitted")
        chart.legend += [("dot observed", "data"), ("dot fitted", "fitted value")]
        if np.isfinite(low).any():
            chart.key("line fitted", f"{100 * self.fit.confidence:.6g}% confidence interval")
        return chart

    def _observed(self) -> SvgChart:
        """Observed against fitted values."""
        fitted, ys = np.asarray(self.fit.fitted), self.problem.response
        scale = linear(np.concatenate([fitted, ys]))
        labels = (f"fitted {self.response}", f"observed {self.response}")
        title, told = "Observed against fitted", f"Observed against fitted values. {self._ends()}"
        chart = SvgChart("data", title, told, scale, scale, labels, TALL)
        chart.line([scale.low, scale.high], [scale.low, scale.high], "fitted thin")
        chart.points(fitted[self.used], ys[self.used], "observed")
        chart.legend += [("dot observed", "data"), ("line fitted", "observed = fitted")]
        return chart

    def _residuals(self, name: str | None, number: int) -> SvgChart:
        """Residuals against a predictor, or against the fitted values."""
        ys = self.residuals
        if name is None:
            label, across = f"fitted {self.response}", linear(self.fit.fitted, 0.04)
            xs = np.asarray(self.fit.fitted)
        else:
            label, xs = safe(coded_column(name) or name), self.problem.data[name]
            across = linear(xs, 0.04)
            if name in self.groups and len(np.unique(xs)) <= MOST_LEVELS:
                codes = np.unique(xs)
                across = _of_groups([self._level(name, code) for code in codes.tolist()])
                xs = _spread(np.searchsorted(codes, xs))
        largest = float(np.nanmax(np.abs(ys), initial=0.0))
        told = f"The {self.residual}s against {label}; the largest is {largest:.6g}."
        title = f"The {self.residual}s against {label}"
        chart = SvgChart(
            f"residuals-{number}",
            title,
            told,
            across,
            linear([0.0, *ys]),
            (label, self.residual),
            SMALL,
        )
        chart.line([across.low, across.high], [0.0, 0.0], "zero")
        chart.points(xs[self.used], ys[self.used], "observed")
        return chart

    def _level(self, name: str, code: float) -> str:
        levels = self.problem.data.levels.get(name)
        return levels[int(code)] if levels else f"{code:g}"

    def _quantiles(self) -> SvgChart | None:
        """The sorted residuals, in standard deviations, against the normal distribution's."""
        s = self.fit.residual_standard_deviation
        counted = slice(None) if self.problem.weights is None else self.problem.weights > 0
        found = np.sort(self.residuals[counted])
        if not s or len(found) < 3 or not np.isfinite(found).all():
            return None
        found = found / s
        normal = NormalDist()
        count = len(found)
        expected = np.array([normal.inv_cdf((k + 0.5) / count) for k in range(count)])
        scale = linear(np.concatenate([found, expected]))
        told = (
            f"The residuals in standard deviations, from {found[0]:.3g} to {found[-1]:.3g}, "
            "against the quantiles of the normal distribution: on the line if residuals are normal."
        )
        labels = ("normal quantile", "residual / s")
        chart = SvgChart(
            "quantiles", "Are the residuals normal?", told, scale, scale, labels, SMALL
        )
        chart.line([scale.low, scale.high], [scale.low, scale.high], "zero")
        chart.points(expected[self.used], found[self.used], "observed")
        return chart

    def _profile(self, label: str) -> SvgChart:
        """The profile likelihood of a parameter beside the straight line of a linear model."""
        x, profile = self.fit.parameters[label], self.fit.profiles[label]
        values, roots, width = drawn_profile(profile)
        across, up = linear(values, 0.04), linear([-1.2 * width, 1.2 * width])
        ends = ["none" if end is None else f"{end:.6g}" for end in profile.ends]
        said = f"{100 * self.fit.confidence:.6g}% interval"
        told = f"The profile likelihood of {label}; the {said} from {ends[0]} to {ends[1]}."
        labels = (safe(label), "signed root")
        name = f"profile-{list(self.fit.profiles).index(label)}"
        chart = SvgChart(name, f"Profile of {safe(label)}", told, across, up, labels, SMALL)
        chart.band([across.low, across.high], [-width] * 2, [width] * 2, "observed band")
        if x.standard_error:
            ys = [(v - x.value) / x.standard_error for v in (across.low, across.high)]
            chart.line([across.low, across.high], ys, "zero")
        chart.line(values, roots, "fitted")
        sides = zip(profile.ends, (-width, width), strict=True)
        known = np.array([pair for pair in sides if pair[0] is not None], dtype=float).reshape(
            -1, 2
        )
        chart.points(known[:, 0], known[:, 1], "observed")
        chart.legend += [("line fitted", "profile"), ("dot observed", "end of the interval")]
        return chart

    def _ends(self) -> str:
        fit = self.fit
        if fit.r_squared is not None:
            return f"R² is {fit.r_squared:.6g}."
        return f"The residual sum of squares is {fit.rss:.6g}."


def _of_groups(texts: list[str]) -> Scale:
    """An axis with a place for each group."""
    return Scale(-0.6, len(texts) - 0.4, names=tuple(map(safe, islice(texts, MOST_LEVELS))))


def _without_poles(ys: Any, others: Any) -> Scale:
    """An axis for data, and for what lies near them: a pole between them must not flatten them."""
    reach = 0.6 * (float(np.ptp(ys)) or float(np.max(np.abs(ys))) or 1.0)
    shown = others[np.isfinite(others)]
    return linear(np.concatenate([ys, np.clip(shown, ys.min() - reach, ys.max() + reach)]))


def _spread(places: Any) -> Any:
    """Places of groups, spread so that rows do not lie upon one another; always the same."""
    return places + SPREAD * (np.arange(len(places)) * GOLDEN % 1.0 - 0.5)
