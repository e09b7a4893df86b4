"""The results at one point as a record (JSON), a row (CSV), numbers (plain) or a table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from adcli.ad.tasks import Task
from adcli.data.nulls import finite
from adcli.report.labels import Path, Shape, indices, output_rows, result_labels
from adcli.report.numbers import exact, flat, index_label, nested, shape_of, short, to_json


@dataclass(frozen=True)
class PointReport:
    """What was asked and what came out at one point.

    `fields` are the results by path, the value first; a program with several results has a list
    under each path. `precision` is the number of digits that was asked for, if any. `held` names
    inputs that records leave out: rows of data, and what came from files.
    """

    point: Mapping[str, Any]
    fields: Mapping[Path, Any]
    task: Task
    several: bool
    precision: int | None = None
    held: Collection[str] = ()

    @property
    def shown(self) -> dict[str, Any]:
        """The point, as far as records repeat it."""
        return {name: value for name, value in self.point.items() if name not in self.held}

    @cached_property
    def outputs(self) -> list[Shape]:
        """The shapes of the program's results."""
        value = self.fields[("value",)]
        return [shape_of(v) for v in value] if self.several else [shape_of(value)]

    @cached_property
    def variables(self) -> dict[str, Shape]:
        """The shapes of the program's inputs."""
        return {name: shape_of(value) for name, value in self.point.items()}


def constant_fields(task: Task) -> dict[str, Any]:
    """What a record says about how it was computed."""
    if task.kind == "value":
        return {}
    if task.kind == "directional":
        return {"direction": {n: nested(v) for n, v in (task.direction or {}).items()}}
    return {"mode": task.mode}


def json_record(report: PointReport) -> str:
    """One line: {"point": ..., "value": ..., "gradient": ..., "mode": ...}."""
    return to_json(_record(report.shown, report.fields, report.task), report.precision) + "\n"


def failed_record(
    point: Mapping[str, Any], paths: list[Path], task: Task, message: str, precision: int | None
) -> str:
    """The line of a point that failed: nulls, and the message as "error"."""
    record = _record(point, dict.fromkeys(paths), task)
    return to_json({**record, "error": message}, precision) + "\n"


def _record(point: Mapping[str, Any], fields: Mapping[Path, Any], task: Task) -> dict[str, Any]:
    record: dict[str, Any] = {"point": {n: finite(nested(v)) for n, v in point.items()}}
    for path, value in fields.items():
        place = record
        for name in path[:-1]:
            place = place.setdefault(name, {})
        place[path[-1]] = nested(value)
    return {**record, **constant_fields(task)}


def csv_lines(report: PointReport) -> str:
    """A header and a row: the point's columns, then the results."""
    names, numbers = [], []
    for name, value in report.shown.items():
        names += [name + index_label(index) for index in indices(shape_of(value))]
        numbers += list(flat(value))
    outputs, variables = report.outputs, report.variables
    for path, value in report.fields.items():
        names += result_labels(path, outputs, variables)
        numbers += list(flat(value))
    header = ",".join([quoted(name) for name in names])
    return header + "\n" + ",".join([exact(n, report.precision) for n in numbers]) + "\n"


def quoted(cell: str) -> str:
    """A CSV cell, in quotes where it needs them (RFC 4180)."""
    if any(c in cell for c in ',"\r\n'):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def plain_line(report: PointReport) -> str:
    """The numbers of all results, separated by spaces."""
    numbers = [n for value in report.fields.values() for n in flat(value)]
    return " ".join([exact(n, report.precision) for n in numbers]) + "\n"


def table_text(report: PointReport, digits: int, width: int, color: bool) -> str:
    """Rich tables: the value, and the gradient by variable or the matrix."""
    from adcli.report.tables import Tables

    tables = Tables(width, color)

    def text(value: Any) -> str:
        return short(value, digits, report.precision)

    values = list(zip(output_rows(report.outputs), flat(report.fields[("value",)]), strict=True))
    if report.task.kind == "value":
        tables.rows(["", "value"], [(f"f{row}", text(v)) for row, v in values])
    elif report.task.kind == "directional":
        slopes = flat(report.fields[("derivative",)])
        rows = [(f"f{row}", text(v), text(s)) for (row, v), s in zip(values, slopes, strict=True)]
        tables.rows(["", "value", "derivative"], rows)
    elif report.task.kind == "gradient":
        tables.heading("f = " + text(values[0][1]))
        if report.task.wrt:
            tables.rows(["variable", "at", "derivative"], _gradient_rows(report, text))
    else:
        tables.heading(*[f"f{row} = {text(v)}" for row, v in values])
        if report.task.wrt:
            tables.matrix(*_matrix(report, text))
    return tables.text()


def _gradient_rows(report: PointReport, text: Any) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for path, value in report.fields.items():
        if path[0] == "gradient":
            name = path[1]
            at = report.point[name]
            labels = [name + index_label(index) for index in indices(shape_of(at))]
            rows += [
                (label, text(x), text(slope))
                for label, x, slope in zip(labels, flat(at), flat(value), strict=True)
            ]
    return rows


def _matrix(report: PointReport, text: Any) -> tuple[list[str], list[str], list[list[str]]]:
    """Row labels, column labels and cells of a Jacobian or a Hessian."""
    variables = report.variables
    columns = [
        (name, name + index_label(index))
        for name in report.task.wrt
        for index in indices(variables[name])
    ]
    labels = [label for _, label in columns]
    blocks: list[Path]
    if report.task.kind == "jacobian":
        heads = [f"df{row}" for row in output_rows(report.outputs)]
        blocks = [("jacobian", name) for name in report.task.wrt]
        cells = _side_by_side(report, blocks, len(heads), text)
        return heads, [f"d{label}" for label in labels], cells
    cells = []
    for a in report.task.wrt:
        blocks = [("hessian", a, b) for b in report.task.wrt]
        cells += _side_by_side(report, blocks, len(indices(variables[a])), text)
    return labels, labels, cells


def _side_by_side(
    report: PointReport, blocks: Sequence[Path], height: int, text: Any
) -> list[list[str]]:
    """The cells of blocks of equal height; each is as wide as its last variable has numbers."""
    rows: list[list[str]] = [[] for _ in range(height)]
    for path in blocks:
        numbers = [text(x) for x in flat(report.fields[path])]
        width = len(indices(report.variables[path[-1]]))
        for k, row in enumerate(rows):
            row += numbers[k * width : (k + 1) * width]
    return rows
