"""What people and scripts see when a descent has ended: a panel, or JSON."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import prod
from typing import Any

from adcli.descent.minimise import Result
from adcli.descent.stopping import Minimum
from adcli.graph.axes import element_labels
from adcli.graph.coded import LevelNames, coded_column
from adcli.language.messages import counted
from adcli.report.constraints import (
    constraint_fields,
    constraint_lines,
    is_constrained,
    optimality_measures,
)
from adcli.report.drawn_tables import Tables
from adcli.report.estimates import (
    draw_estimates,
    estimate_rows,
    inference_fields,
    inference_lines,
    inference_warnings,
    plain_estimates,
)
from adcli.report.learning_rates import draw_rates, rate_records, rate_rows
from adcli.report.numbers import flat, shape_of
from adcli.report.rendering import Report, fields_of


@dataclass(frozen=True)
class DescentReport(Report):
    """How a descent ended; `timed` says whether people see how long it took. `steps` are lines that
    people see before."""

    result: Result
    timed: bool = True
    steps: Sequence[str] = ()

    def record(self) -> dict[str, Any]:
        record = {**result_fields(self.result), **levels_field(self.result.levels)}
        if self.result.inference is not None:
            record |= inference_fields(self.result.inference)
        if is_constrained(self.result):
            record |= constraint_fields(self.result)
        if len(self.result.starts) > 1:
            record["starts"] = [result_fields(each) for each in self.result.starts]
        if self.result.rates:
            record["rate"] = self.result.rate
            record["rates"] = rate_records(self.result)
        return record

    def rows(self) -> Iterator[Sequence[str]]:
        """A header and a row for each number that varies, with its standard error if asked for; of
        many rates a row for each."""
        if self.result.rates:
            return rate_rows(self.result)
        return estimate_rows(self.result)

    def plain(self) -> Iterator[Sequence[str]]:
        """Each number that varies, with its standard error if asked for."""
        return plain_estimates(self.result)

    def draw(self, tables: Tables, digits: int) -> None:
        """The estimates, if they have errors; the closing panel: how it ended, and the point."""
        result = self.result
        for number, line in enumerate(self.steps):
            if not number:
                tables.heading(line)
                continue
            tables.lines(
                *textwrap.wrap(
                    line, tables.width, subsequent_indent=" " * 6, break_on_hyphens=False
                )
            )
        if len(result.starts) > 1:
            tables.rows(*_starts_table(result, digits))
        if result.rates:
            draw_rates(tables, result, digits)
        decay = f" ({result.penalty:.{digits}g} of it weight decay)" if result.penalty else ""
        evaluations = counted(result.evaluations, "evaluation")
        counts = (
            f"value {result.value:.{digits}g}{decay}, "
            + "".join(f"{name} {x}, " for name, x in optimality(result, digits))
            + f"{counted(result.iterations, 'iteration')}, {evaluations}"
            + (f", {result.seconds:.2g} s" if self.timed else "")
        )
        found = result.inference
        if found is None:
            lines = [counts, *_point_lines(result, digits)]
            if is_constrained(result):
                lines += constraint_lines(result, digits)
            tables.panel("result", result.status, result.reason, lines)
            return
        fixed = {name: x for name, x in result.point.items() if name not in result.gradient}
        draw_estimates(tables, found, fixed, digits)
        lines, warnings = [counts, *inference_lines(found, digits)], inference_warnings(found)
        tables.panel("result", result.status, result.reason, lines, warnings)


class EstimatesReport(DescentReport):
    """What a file keeps of estimates: the parameters are its point, what was held is apart."""

    def record(self) -> dict[str, Any]:
        result = self.result
        fixed = {name: x for name, x in result.point.items() if name not in result.gradient}
        return {**super().record(), "point": result.parameters, "fixed": fixed}


def result_fields(result: Minimum) -> dict[str, Any]:
    """What the objects of descents and fits begin with."""
    record = {**fields_of(result, Minimum), "seconds": round(result.seconds, 6)}
    penalty = getattr(result, "penalty", 0.0)
    if penalty:
        record["penalty"] = penalty
    if not math.isfinite(result.value) or not math.isfinite(result.gradient_norm):
        record["error"] = (
            f"the value is {result.value:g}, the gradient norm {result.gradient_norm:g}"
        )
    return record


def optimality(result: Result, digits: int) -> list[tuple[str, str]]:
    """The numbers that say how near the optimum a result is, with their names."""
    named = [("gradient norm", result.gradient_norm)]
    if is_constrained(result):
        named = optimality_measures(result)
    return [(name, f"{x:.{digits}g}") for name, x in named]


def levels_field(levels: LevelNames) -> dict[str, Any]:
    """The field of a record that has the levels of columns of texts, by column, where some are."""
    named = {coded_column(name) or name: list(x) for name, x in levels.items()}
    return {"levels": named} if named else {}


def _point_lines(result: Result, digits: int, most: int = 12) -> list[str]:
    """`x = 1`, `v[0] = 2`, ...: the first `most`, and how many there are besides."""
    lines: list[str] = []
    size = 0
    for name, value in result.point.items():
        held = "" if name in result.gradient else "  (fixed)"
        labels = element_labels(name, shape_of(value), result.names.get(name))
        for label, x in zip(labels, islice(flat(value), most - len(lines)), strict=False):
            lines.append(f"{label} = {x:.{digits}g}{held}")
        size += prod(shape_of(value))
    if size > len(lines):
        lines.append(f"... and {size - len(lines):,} more; --format json has them all")
    return lines


def _starts_table(result: Result, digits: int) -> tuple[list[str], list[list[str]]]:
    headers = ["", "status", "value", "|gradient|", "iterations", "evaluations"]
    first = [_point_lines(each, digits) for each in result.starts]
    rows = [
        [
            *(f"{k}", str(each.status), f"{each.value:.{digits}g}"),
            *(f"{each.gradient_norm:.{digits}g}", f"{each.iterations:,}", f"{each.evaluations:,}"),
            *[line.split(" = ")[1] for line in lines[:4]],
        ]
        for k, (each, lines) in enumerate(zip(result.starts, first, strict=True), 1)
    ]
    return [*headers, *[line.split(" = ")[0] for line in first[0][:4]]], rows
