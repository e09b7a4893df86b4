"""What people and scripts see of a fit: tables and a panel, JSON, CSV, plain numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from adcli.fitting.derived import DerivedNumber
from adcli.fitting.result import Fit, Parameter, Profile
from adcli.fitting.statistics import Quality
from adcli.language.messages import counted
from adcli.report.constraints import constraint_lines, held_fields
from adcli.report.descent import levels_field, result_fields
from adcli.report.drawn_tables import Tables
from adcli.report.estimates import draw_correlation
from adcli.report.numbers import exact
from adcli.report.rendering import Report, fields_of

FIGURES = {
    "residual_standard_deviation": "residual standard deviation",
    "reduced_chi_square": "reduced chi-square",
    "r_squared": "R²",
    "adjusted_r_squared": "adjusted R²",
    "aic": "AIC",
    "bic": "BIC",
}
"""The figures of the panel that there may be none of, with their names there."""


@dataclass(frozen=True)
class FitReport(Report):
    """A fit; `timed` says whether people see how long it took."""

    fit: Fit
    timed: bool = True

    def record(self) -> dict[str, Any]:
        fit = self.fit
        return {
            **result_fields(fit),
            "model": fit.model,
            "parameters": {label: _parameter(x) for label, x in fit.parameters.items()},
            **{
                kind: {label: _parameter(x) for label, x in numbers.items()}
                for kind, numbers in fit.quantities.items()
            },
            **fields_of(fit, Quality, without=() if fit.reasons else ["reasons"]),
            **(
                {"responses": {n: vars(x) for n, x in fit.responses.items()}}
                if fit.responses
                else {}
            ),
            "covariance": _matrix(fit, fit.covariance),
            "correlation": _matrix(fit, fit.correlation),
            "confidence": fit.confidence,
            **_by_name(profiles=fit.profiles),
            **(held_fields(fit) if fit.multipliers else {}),
            "scaling": fit.scaling,
            "loss": fit.loss,
            "warnings": fit.warnings,
            **levels_field(fit.fitted_model.levels),
        }

    def rows(self) -> Iterator[Sequence[str]]:
        """A header and a row for each parameter, and for what follows from them, then with a column
        that says which it is; what cannot be computed is empty."""
        fit = self.fit
        header = ("parameter", "value", "standard_error", "lower", "upper", "start")
        yield (*header, "kind") if fit.quantities else header
        for label, x in fit.parameters.items():
            yield _cells(label, x, x.start, *(["fitted"] if fit.quantities else []))
        for kind, found in fit.quantities.items():
            for label, q in found.items():
                yield _cells(label, q, None, kind)

    def plain(self) -> Iterator[Sequence[str]]:
        """The value of each parameter and its standard error, then of what follows from them."""
        for x in self.fit.numbers.values():
            error = math.nan if x.standard_error is None else x.standard_error
            yield exact(x.value), exact(error)

    def draw(self, tables: Tables, digits: int) -> None:
        """The model, and its results."""
        tables.heading(self.fit.model.strip())
        self.draw_results(tables, digits)

    def draw_results(self, tables: Tables, digits: int) -> None:
        """The parameters, their correlation and a panel with all figures."""
        fit = self.fit
        tables.rows(*_parameter_table(fit, digits))
        if fit.derived:
            tables.heading("derived quantities")
            _, *headers = _headers(fit)
            rows = [_row(label, x, digits) for label, x in fit.derived.items()]
            tables.rows(["quantity", *headers], rows)
        if fit.responses:
            tables.heading("responses")
            tables.rows(*_response_table(fit, digits))
        draw_correlation(tables, fit.parameters, fit.correlation, _cell)
        lines = [*_lines(fit, digits, self.timed), *constraint_lines(fit, digits)]
        tables.panel("fit", fit.status, fit.reason, lines, fit.warnings)


def drawn_profile(profile: Profile) -> tuple[list[float], list[float], float]:
    """The part of a profile that a picture shows, values and roots, and the root of the ends.

    Beyond the interval there is little to see; without an end the profile goes on for ever.
    """
    known = zip(profile.values, profile.roots, strict=True)
    ends = [root for x, root in known if x in profile.ends]
    width = max(map(abs, ends or profile.roots), default=1.0) or 1.0
    near = [k for k, root in enumerate(profile.roots) if abs(root) <= 1.3 * width]
    best = profile.roots.index(0.0)
    reach = max((abs(x - profile.values[best]) for x in profile.ends if x is not None), default=0.0)
    if reach:
        near = [k for k in near if abs(profile.values[k] - profile.values[best]) <= 3 * reach]
    return [profile.values[k] for k in near], [profile.roots[k] for k in near], width


def _cells(label: str, x: Parameter | DerivedNumber, start: float | None, *kind: str) -> list[str]:
    """The cells of a row of CSV."""
    numbers = [x.value, x.standard_error, *(x.confidence_interval or (None, None)), start]
    known = (n is not None and not math.isnan(n) for n in numbers)
    return [label, *[exact(n) if k else "" for n, k in zip(numbers, known, strict=True)], *kind]


def _by_name(**parts: dict[str, Any]) -> dict[str, Any]:
    """Figures that there may be none of, as fields by name."""
    return {
        part: {name: vars(x) for name, x in found.items()} for part, found in parts.items() if found
    }


def _parameter(parameter: Parameter | DerivedNumber) -> dict[str, Any]:
    """The fields of a parameter; `reason` and `notes` where there are some."""
    optional = ("reason", "notes")
    return {name: x for name, x in vars(parameter).items() if x or name not in optional}


def _matrix(fit: Fit, matrix: Any) -> dict[str, dict[str, float]]:
    labels = list(fit.parameters)
    return {
        a: {b: float(x) for b, x in zip(labels, row, strict=True)}
        for a, row in zip(labels, matrix, strict=True)
    }


def _headers(fit: Fit) -> list[str]:
    percent = f"{100 * fit.confidence:.6g}%"
    return ["parameter", "value", "standard error", "error/value", f"{percent} from", "to"]


def _parameter_table(fit: Fit, digits: int) -> tuple[list[str], list[list[str]]]:
    rows = [_row(label, x, digits) for label, x in fit.parameters.items()]
    rows += [_row(f"{label} (tied)", x, digits) for label, x in fit.tied.items()]
    fixed = [name for name in fit.point if name in fit.fitted_model.fixed]
    for name in fixed:
        value = fit.point[name]
        shown = f"{value:.{digits}g}" if isinstance(value, float) else "[...]"
        rows.append([name, shown, "fixed", "-", "-", "-"])
    return _headers(fit), rows


def _row(label: str, x: Parameter | DerivedNumber, digits: int) -> list[str]:
    low, high = x.confidence_interval or (None, None)
    error = x.standard_error
    share = None if error is None or x.value == 0 else abs(error / x.value)
    return [
        label,
        f"{x.value:.{digits}g}",
        _cell(error, digits),
        "-" if share is None else _percent(share),
        _cell(low, digits),
        _cell(high, digits),
    ]


def _response_table(fit: Fit, digits: int) -> tuple[list[str], list[list[str]]]:
    rows = []
    for name, x in fit.responses.items():
        figures = (x.rss, x.root_mean_square, x.r_squared)
        rows.append([name, f"{x.rows:,}", *(_cell(n, digits) for n in figures)])
    return ["response", "rows", "sum of squares", "root mean square", "R²"], rows


def _percent(share: float) -> str:
    """A part in percent: two digits, and no fewer than there are before the point.

    >>> _percent(0.0123), _percent(0.999), _percent(12.3456), _percent(1e6)
    ('1.2%', '100%', '1,235%', '1e+08%')
    """
    percent = 100 * share
    return f"{percent:,.0f}%" if 99.5 <= percent < 1e5 else f"{percent:.2g}%"


def _cell(value: float | None, digits: int) -> str:
    return "-" if value is None or not math.isfinite(value) else f"{value:.{digits}g}"


def _lines(fit: Fit, digits: int, timed: bool) -> list[str]:
    show = partial(_cell, digits=digits)
    counts = f"{fit.method}: {counted(fit.iterations, 'iteration')}"
    responses = f" of {len(fit.responses)} responses" if fit.responses else ""
    lines = [
        counts + (f", {fit.seconds:.2g} s" if timed else ""),
        f"{counted(fit.rows, 'row')}{responses}, {counted(len(fit.parameters), 'parameter')}, "
        f"{counted(fit.degrees_of_freedom, 'degree')} of freedom",
        f"residual sum of squares {show(fit.rss)}, "
        f"residual standard deviation {show(fit.residual_standard_deviation)}",
        f"R² {show(fit.r_squared)}, adjusted {show(fit.adjusted_r_squared)}, "
        f"AIC {show(fit.aic)}, BIC {show(fit.bic)}",
    ]
    if fit.reduced_chi_square is not None:
        sigma = "near 1 if the sigmas are right"
        meaning = sigma if fit.has_sigma else "without sigma the residual variance"
        lines.insert(3, f"reduced chi-square {show(fit.reduced_chi_square)} ({meaning})")
    for why in dict.fromkeys(fit.reasons.values()):
        named = [word for name, word in FIGURES.items() if fit.reasons.get(name) == why]
        lines.append(f"no {' and '.join(named)}: {why}")
    if fit.profiles:
        rest = "; of what follows from them by standard errors" if fit.quantities else ""
        lines.append(f"intervals of the parameters by profile likelihood{rest}")
    if all(x.standard_error is None for x in fit.parameters.values()):
        return lines
    robust, absolute = fit.loss != "linear", fit.scaling == "absolute"
    if robust:
        lines.append(f"loss {fit.loss}: {show(fit.value)} in all")
    if absolute:
        rule = ", by Huber's formula for normal errors" if robust else ""
        lines.append(f"standard errors from the sigmas as given (--absolute-sigma){rule}")
    elif robust:
        lines[-1] += "; standard errors by Huber's formula"
    else:
        lines.append("standard errors scaled by the residual standard deviation")
    return lines
