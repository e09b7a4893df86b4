"""What people and scripts see when a descent has ended: a panel, or JSON."""

from __future__ import annotations

import math
from itertools import islice
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from adcli.data.nulls import finite
from adcli.descent.minimise import Result
from adcli.descent.stopping import Status
from adcli.language.messages import safe
from adcli.report.numbers import flat, index_label, nested, shape_of, to_json
from adcli.report.tables import Tables

if TYPE_CHECKING:
    from adcli.fitting.result import Fit

STYLES = {
    Status.CONVERGED: "green",
    Status.COMPLETED: "green",
    Status.STALLED: "yellow",
    Status.MAX_ITERATIONS: "yellow",
    Status.INTERRUPTED: "yellow",
    Status.DIVERGED: "red",
}


def json_record(result: Result) -> str:
    """The final object, one line."""
    record = result_fields(result)
    if len(result.starts) > 1:
        record["starts"] = [result_fields(each) for each in result.starts]
    return to_json(finite(record)) + "\n"


def result_fields(result: Result | Fit) -> dict[str, Any]:
    """What the objects of all minima begin with."""
    record: dict[str, Any] = {
        "status": str(result.status),
        "reason": result.reason,
        "iterations": result.iterations,
        "evaluations": result.evaluations,
        "value": result.value,
        "gradient_norm": result.gradient_norm,
        "point": {name: nested(value) for name, value in result.point.items()},
        "gradient": {name: nested(value) for name, value in result.gradient.items()},
        "method": result.method,
        "seconds": round(result.seconds, 6),
    }
    penalty = getattr(result, "penalty", 0.0)
    if penalty:
        record["penalty"] = penalty
    if not math.isfinite(result.value) or not math.isfinite(result.gradient_norm):
        record["error"] = (
            f"the value is {result.value:g}, the gradient norm {result.gradient_norm:g}"
        )
    return record


def panel_text(result: Result, digits: int, width: int, color: bool, timed: bool = True) -> str:
    """The closing panel: how it ended, and the point."""
    tables = Tables(width, color)
    if len(result.starts) > 1:
        tables.rows(*_starts_table(result, digits))
    style = STYLES[result.status]
    head = Text(f"{result.status.replace('_', ' ')}: ", style=f"bold {style}")
    head.append(safe(result.reason), style="default")
    decay = f" ({result.penalty:.{digits}g} of it weight decay)" if result.penalty else ""
    counts = Text(
        f"value {result.value:.{digits}g}{decay}, gradient norm {result.gradient_norm:.{digits}g}, "
        f"{result.iterations:,} iterations, {result.evaluations:,} evaluations"
        + (f", {result.seconds:.2g} s" if timed else "")
    )
    body = Table.grid()
    body.add_row(head)
    body.add_row(counts)
    for line in _point_lines(result, digits):
        body.add_row(Text(line))
    tables.panel(Panel(body, title="result", border_style=style, expand=False))
    return tables.text()


def _point_lines(result: Result, digits: int, most: int = 12) -> list[str]:
    """`x = 1`, `v[0] = 2`, ...: the first `most`, and how many there are besides."""
    lines: list[str] = []
    size = 0
    for name, value in result.point.items():
        held = "" if name in result.gradient else "  (fixed)"
        places = np.ndindex(*shape_of(value))
        for index, x in zip(places, islice(flat(value), most - len(lines)), strict=False):
            lines.append(f"{safe(name + index_label(index))} = {x:.{digits}g}{held}")
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
