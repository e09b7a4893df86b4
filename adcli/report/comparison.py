"""What `adcli compare` shows: tables, a chart and verdicts, or records."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adcli.comparison.compare import Comparison
from adcli.comparison.methods import (
    MethodResult,
)
from adcli.comparison.verdicts import Taylor
from adcli.explain.cost import Counts
from adcli.language.text import name_text
from adcli.report.drawn_tables import Tables
from adcli.report.epsilon_sweep import (
    ad_level,
    draw_sweep_table,
    error_text,
    sweep_record,
    sweep_rows,
)
from adcli.report.numbers import duration, exact, short
from adcli.report.operation_counts import HEADERS, LEGEND, count_cells
from adcli.report.rendering import Report
from adcli.report.verdict_lines import verdict_lines

EVALUATED = {1: "evaluation", 2: "value, gradient"}
SHOWN_COMPONENTS, SHOWN_OF_SAMPLE = 20, 6
"""Components that a table shows, of all or of a sample."""


@dataclass(frozen=True)
class CompareReport(Report):
    """A comparison at a point; `times` says whether times were measured, `name` what the program
    calls its result, if it does."""

    point: Mapping[str, Any]
    found: Comparison
    times: bool
    name: str | None = None
    separator = "\t"

    def record(self) -> dict[str, Any]:
        """Everything; a number that is not finite is null."""
        found = self.found
        record: dict[str, Any] = {
            "point": self.point,
            "value": found.value,
            "exact": _by_label(found, found.exact),
            "evaluation": _evaluation_record(self),
            "methods": [_method_record(self, k) for k in range(len(found.methods))],
            "tolerance": found.tolerance,
            "agree": not found.wrong,
            "wrong": [
                {
                    "method": w.method,
                    "component": w.component.label,
                    "found": w.found,
                    "exact": w.exact,
                }
                for w in found.wrong
            ],
            "right_digits": _by_label(found, found.digits),
            "taylor": _taylor_record(found.taylor),
            "kink": _kink_record(found),
            "order": found.order,
        }
        if found.given is not None:
            gradient = _by_label(found, found.given)
            record["given"] = {"gradient": gradient, "error": found.given_error}
        if found.along is not None:
            record["against"] = "symbolic, float64"
            record["along_a_direction"] = found.along._asdict()
            record["remarks"] = [*found.remarks]
        if found.sample is not None:
            record["sample"] = [found.components[k].label for k in found.sample]
        if found.sweep is not None:
            record["sweep"] = sweep_record(found.sweep)
        return record

    def rows(self) -> list[list[str]]:
        """A row for each method; with a sweep, a row for each epsilon instead."""
        return sweep_rows(self.found.sweep) if self.found.sweep else _method_rows(self)

    def plain(self) -> list[list[str]]:
        """The rows of the CSV without its header."""
        return self.rows()[1:]

    def draw(self, tables: Tables, digits: int) -> None:
        """The gradients, the costs, the sweep and the verdicts, one under the other."""
        found = self.found
        named = "" if self.name is None else f" = {name_text(self.name)}"
        tables.heading(f"f{named} = {short(found.value, digits)}")
        _gradients(tables, found, digits)
        _costs(tables, self)
        for method in found.methods:
            if method.obstacle is not None:
                tables.sentence(f"{method.name} does not apply: {method.obstacle[0]}")
        if found.sweep is not None:
            tables.lines("")
            draw_sweep_table(tables, found.sweep, ad_level(found), digits)
        tables.lines("")
        for line in verdict_lines(found, digits):
            tables.sentence(line)


def _by_label(found: Comparison, numbers: Any) -> dict[str, Any]:
    return {c.label: number for c, number in zip(found.components, numbers, strict=True)}


def _evaluation_record(report: CompareReport) -> dict[str, Any]:
    counts, seconds = report.found.evaluation
    return {**counts._asdict(), "seconds": seconds} if report.times else counts._asdict()


def _of_method(found: Comparison, method: MethodResult) -> dict[str, Any]:
    """The derivatives that a method has, by label."""
    numbers = zip(found.components, found.by_component(method), strict=True)
    return {component.label: x for component, x in numbers if x is not None}


def _method_record(report: CompareReport, k: int) -> dict[str, Any]:
    method, error = report.found.methods[k], report.found.errors[k]
    if method.gradient is None or method.obstacle is not None:
        reason = method.obstacle[0] if method.obstacle else ""
        return {"method": method.name, "applies": False, "reason": reason}
    derivatives = "gradient" if report.found.order == 1 else "hessian"
    record = {
        "method": method.name,
        "applies": True,
        derivatives: _of_method(report.found, method),
        "error": error,
        "evaluations": method.evaluations,
        "sweeps": method.sweeps,
        "sampled": method.is_sampled,
        **report.found.evaluation.counts.plus(method.besides)._asdict(),
        "besides_evaluation": method.besides._asdict(),
    }
    return {**record, "seconds": method.seconds} if report.times else record


def _taylor_record(taylor: Taylor | None) -> dict[str, Any] | None:
    if taylor is None:
        return None
    return {
        "slope": taylor.slope,
        "is_right": taylor.is_right,
        "steps": taylor.steps,
        "remainders": taylor.remainders,
        "floor": taylor.floor,
        "hidden_from_float64": taylor.hidden,
    }


def _kink_record(found: Comparison) -> dict[str, Any] | None:
    if found.kink is None:
        return None
    kink = found.kink
    left, right = (
        [x if math.isfinite(x) else f"{x}" for x in side] for side in (kink.left, kink.right)
    )
    return {
        "operation": kink.operation or None,
        "exact": kink.is_exact,
        "left": _by_label(found, left),
        "right": _by_label(found, right),
        "convention": _by_label(found, found.exact),
    }


def _method_rows(report: CompareReport) -> list[list[str]]:
    labels = [c.derivative for c in report.found.components]
    header = ["method", *labels, "error", "evaluations", "sweeps", *Counts._fields]
    rows = [[*header, "seconds"] if report.times else header]
    for method, error in zip(report.found.methods, report.found.errors, strict=True):
        if method.gradient is None:
            rows.append([method.name, *[""] * (len(rows[0]) - 1)])
            continue
        costs = [
            method.evaluations,
            method.sweeps,
            *report.found.evaluation.counts.plus(method.besides),
        ]
        numbers = report.found.by_component(method)
        row = [method.name, *map(_cell, numbers), _cell(error), *map(str, costs)]
        rows.append([*row, _cell(method.seconds)] if report.times else row)
    return rows


def _cell(number: float | None) -> str:
    return "" if number is None or not math.isfinite(number) else exact(number)


def _gradients(tables: Tables, found: Comparison, digits: int) -> None:
    """A row for each method: its error, and the components that there is room for."""
    shown = found.looked_at[: SHOWN_COMPONENTS if found.sample is None else SHOWN_OF_SAMPLE]
    headers = ["", "error", *[found.components[k].shown for k in shown]]
    rows = []
    if found.along is None:
        rows.append(["exact", "", *[short(found.exact[k], digits) for k in shown]])
    for method, error in zip(found.methods, found.errors, strict=True):
        if method.gradient is not None:
            numbers = found.by_component(method)
            cells = ["" if x is None else short(x, digits) for x in (numbers[k] for k in shown)]
            rows.append([method.name, error_text(error), *cells])
    if found.given is not None:
        cells = [short(found.given[k], digits) for k in shown]
        rows.append(["given", error_text(found.given_error), *cells])
    if found.along is None:
        right = [found.digits[k] for k in shown]
        rows.append(["right digits", "", *["" if x is None else f"{x:.1f}" for x in right]])
    tables.rows(headers, rows)
    more = len(found.components) - len(shown)
    if more:
        tables.note(f"... and {more:,} more components; --format json or csv has them all")


def _costs(tables: Tables, report: CompareReport) -> None:
    """A row for each method: what it takes besides the evaluation that is shown first."""
    found = report.found
    header = ["", "evals", "sweeps", *["time"] * report.times, *HEADERS]
    counts, seconds = found.evaluation
    rows = [
        [EVALUATED[found.order], "", "", *[duration(seconds)] * report.times, *count_cells(counts)]
    ]
    for method in found.methods:
        if method.gradient is not None:
            costs = [f"{method.evaluations:,}", f"{method.sweeps:,}"]
            costs += [duration(method.seconds, method.is_sampled)] * report.times
            rows.append([method.name, *costs, *count_cells(method.besides)])
    tables.rows(header, rows)
    tables.sentence(f"{EVALUATED[found.order]}: what one takes; methods: what they take besides it")
    tables.sentence(LEGEND)
