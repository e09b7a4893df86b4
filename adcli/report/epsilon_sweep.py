"""What `adcli compare --epsilons` shows: estimates and errors of finite differences by epsilon."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from adcli.comparison.compare import Comparison
from adcli.comparison.methods import REVERSE_AD
from adcli.comparison.sweep import ORDERS, QUOTIENTS, Sweep
from adcli.report.charts import BOTH, Curve, log_log_chart
from adcli.report.drawn_tables import Tables
from adcli.report.numbers import exact, short

MARKS = {"forward": "o", "central": "x"}
EPSILON = 2.0**-52


def percent(epsilon: float) -> float:
    """An epsilon in percent of the variable."""
    return float(f"{100 * epsilon:.12g}")


def sweep_record(sweep: Sweep) -> dict[str, Any]:
    """Epsilons, by kind the estimates of each component and the errors, and the formulas."""
    best = {kind: sweep.best(kind) for kind in sweep.errors}
    return {
        "epsilons": sweep.epsilons,
        "percent": [percent(epsilon) for epsilon in sweep.epsilons],
        "formulas": QUOTIENTS,
        "estimates": {
            kind: {c.label: list(row) for c, row in zip(sweep.components, columns, strict=True)}
            for kind, columns in _columns(sweep).items()
        },
        "errors": sweep.errors,
        "best": {kind: None if point is None else point[0] for kind, point in best.items()},
    }


def sweep_rows(sweep: Sweep) -> list[list[str]]:
    """A header, and a row for each epsilon: the errors, epsilon in percent, all estimates."""
    header, columns = ["epsilon", *sweep.errors, "percent"], _columns(sweep)
    header += [f"{kind} {c.derivative}" for kind in columns for c in sweep.components]
    percents = [percent(epsilon) for epsilon in sweep.epsilons]
    estimates = [row for rows in columns.values() for row in rows]
    lines = zip(sweep.epsilons, *sweep.errors.values(), percents, *estimates, strict=True)
    return [header, *[[exact(x) if math.isfinite(x) else "" for x in line] for line in lines]]


def _columns(sweep: Sweep) -> dict[str, list[Sequence[float]]]:
    """By kind, the estimates of each component over the epsilons."""
    return {kind: list(zip(*rows, strict=True)) for kind, rows in sweep.estimates.items()}


def draw_sweep_table(tables: Tables, sweep: Sweep, ad_level: float, digits: int) -> None:
    """A table by epsilon, a chart of the errors, and what they show; with the formulas."""
    for kind, formula in QUOTIENTS.items():
        power = "h" if ORDERS[kind] == 1 else f"h^{ORDERS[kind]}"
        tables.sentence(f"{kind} differences: {formula}, error of order {power}")
    first = sweep.components[0]
    tables.sentence("h = epsilon |x| for each variable x; where that is 0, h = epsilon")
    best = {kind: sweep.best(kind) for kind in sweep.errors}
    headers = ["epsilon", *["percent"] * bool(first.at)]
    headers += [head for kind in best for head in (f"{kind} {first.shown}", "error")]
    rows = []
    for k, epsilon in enumerate(sweep.epsilons):
        row = [f"{epsilon:.3g}", *[f"{percent(epsilon):.3g}%"] * bool(first.at)]
        for kind, point in best.items():
            error = sweep.errors[kind][k]
            mark = " *" if (epsilon, error) == point else "  "
            row += [short(sweep.estimates[kind][k][0], digits), error_text(error) + mark]
        rows.append(row)
    tables.rows(headers, rows, limit=None)
    if len(sweep.components) > 1:
        tables.sentence("error: the largest of all components, relative to the largest of them")
    _chart(tables, sweep, ad_level)


def _chart(tables: Tables, sweep: Sweep, ad_level: float) -> None:
    series: dict[str, Curve] = {}
    for kind in sweep.errors:
        best = sweep.best(kind)
        series[MARKS[kind]] = sweep.points(kind)
        series[MARKS[kind].upper()] = [] if best is None else [best]
    axes = ("epsilon", "relative error")
    tables.lines("", *log_log_chart(series, min(tables.width, 100), *axes, {"-": ad_level}))
    legend = f"o forward  x central  {BOTH} both  O X best  - reverse AD"
    if any(0 in errors for errors in sweep.errors.values()):
        legend += "  lowest line: no error"
    for line in [legend, *sweep_lines(sweep)]:
        tables.sentence(line)


def error_text(error: float | None) -> str:
    """An error for a table; nothing where there is none to tell."""
    return "" if error is None else "0" if error == 0 else f"{error:.1e}"


def ad_level(found: Comparison) -> float:
    """The error of reverse AD beside a sweep, at least half an ulp."""
    pairs = zip(found.methods, found.errors, strict=True)
    error = next(error or 0.0 for method, error in pairs if method.name == REVERSE_AD)
    return max(error, EPSILON / 2)


def sweep_lines(sweep: Sweep) -> list[str]:
    """What the sweep shows, in words."""
    lines = []
    for kind in sweep.errors:
        best = sweep.best(kind)
        if best is None:
            lines.append(f"{kind} differences: no epsilon gives a number")
            continue
        epsilon, error = best
        if error > 0.1:
            lines.append(f"{kind} differences: no epsilon gives one right digit here")
            continue
        start = f"{kind} differences: best epsilon {epsilon:.3g} (*), error {error_text(error)}"
        if error == 0:
            lines.append(f"{start}: nothing is truncated or rounded there")
        elif epsilon in (min(sweep.epsilons), max(sweep.epsilons)):
            lines.append(f"{start}, at the end of the range: beyond it may be a better one")
        else:
            power = "" if ORDERS[kind] == 1 else f"^{ORDERS[kind]}"
            lines.append(
                f"{start}; with larger ones truncation grows as epsilon{power}, with smaller ones "
                "rounding as 1/epsilon"
            )
    return lines
