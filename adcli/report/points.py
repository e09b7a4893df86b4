"""The results at one point as a record (JSON), a row (CSV), numbers (plain) or a table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from math import prod
from typing import Any

from adcli.ad.tasks import Task
from adcli.report.labels import Path, Shape, elements, output_rows, result_labels
from adcli.report.numbers import exact, flat, joined, json_pieces, nested, shape_of, short


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


def json_record(report: PointReport) -> Iterator[str]:
    """One line, in pieces: {"point": ..., "value": ..., "gradient": ..., "mode": ...}."""
    record = _record(report.shown, report.fields, report.task)
    yield from json_pieces(record, report.precision)
    yield "\n"


def failed_record(
    point: Mapping[str, Any], paths: list[Path], task: Task, message: str, precision: int | None
) -> str:
    """The line of a point that failed: nulls, and the message as "error"."""
    record = _record(point, dict.fromkeys(paths), task)
    return "".join(json_pieces({**record, "error": message}, precision)) + "\n"


def _record(point: Mapping[str, Any], fields: Mapping[Path, Any], task: Task) -> dict[str, Any]:
    record: dict[str, Any] = {"point": dict(point)}
    for path, value in fields.items():
        place = record
        for name in path[:-1]:
            place = place.setdefault(name, {})
        place[path[-1]] = value
    return {**record, **constant_fields(task)}


def csv_lines(report: PointReport) -> Iterator[str]:
    """A header and a row, in pieces: the point's columns, then the results."""
    shown, fields = report.shown, report.fields
    given = (elements(name, shape_of(value)) for name, value in shown.items())
    found = (result_labels(path, report.outputs, report.variables) for path in fields)
    yield from joined(map(quoted, chain(*given, *found)), ",")
    yield "\n"
    yield from joined(_texts([*shown.values(), *fields.values()], report.precision), ",")
    yield "\n"


def _texts(values: Iterable[Any], precision: int | None) -> Iterator[str]:
    """The texts of all numbers."""
    return (exact(number, precision) for value in values for number in flat(value))


def quoted(cell: str) -> str:
    """A CSV cell, in quotes where it needs them (RFC 4180)."""
    if any(c in cell for c in ',"\r\n'):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def plain_line(report: PointReport) -> Iterator[str]:
    """The numbers of all results, separated by spaces, in pieces."""
    yield from joined(_texts(report.fields.values(), report.precision), " ")
    yield "\n"


def table_text(report: PointReport, digits: int, width: int, color: bool) -> str:
    """Rich tables: the value, and the gradient by variable or the matrix."""
    from adcli.report.tables import Tables

    tables = Tables(width, color)

    def text(value: Any) -> str:
        return short(value, digits, report.precision)

    count = sum(map(prod, report.outputs))
    values = zip(output_rows(report.outputs), flat(report.fields[("value",)]), strict=True)
    if report.task.kind == "value":
        tables.rows(["", "value"], ((f"f{row}", text(v)) for row, v in values), total=count)
    elif report.task.kind == "directional":
        slopes = flat(report.fields[("derivative",)])
        rows = ((f"f{row}", text(v), text(s)) for (row, v), s in zip(values, slopes, strict=True))
        tables.rows(["", "value", "derivative"], rows, total=count)
    elif report.task.kind == "gradient":
        tables.heading("f = " + text(next(values)[1]))
        if report.task.wrt:
            count = sum(prod(report.variables[name]) for name in report.task.wrt)
            headers = ["variable", "at", "derivative"]
            tables.rows(headers, _gradient_rows(report, text), total=count)
    else:
        tables.heading(*[f"f{row} = {text(v)}" for row, v in values])
        if report.task.wrt:
            tables.matrix(*_matrix(report, text))
    return tables.text()


def _gradient_rows(report: PointReport, text: Any) -> Iterator[tuple[str, ...]]:
    for path, value in report.fields.items():
        if path[0] == "gradient":
            at = report.point[path[1]]
            labels = elements(path[1], shape_of(at))
            for label, x, slope in zip(labels, flat(at), flat(value), strict=True):
                yield label, text(x), text(slope)


def _matrix(report: PointReport, text: Any) -> tuple[list[str], list[str], list[list[str]]]:
    """Row labels, column labels and cells of a Jacobian or a Hessian."""
    variables = report.variables
    labels = [label for name in report.task.wrt for label in elements(name, variables[name])]
    blocks: list[Path]
    if report.task.kind == "jacobian":
        heads = [f"df{row}" for row in output_rows(report.outputs)]
        blocks = [("jacobian", name) for name in report.task.wrt]
        cells = _side_by_side(report, blocks, len(heads), text)
        return heads, [f"d{label}" for label in labels], cells
    cells = []
    for a in report.task.wrt:
        blocks = [("hessian", a, b) for b in report.task.wrt]
        cells += _side_by_side(report, blocks, prod(variables[a]), text)
    return labels, labels, cells


def _side_by_side(
    report: PointReport, blocks: Sequence[Path], height: int, text: Any
) -> list[list[str]]:
    """The cells of blocks of equal height; each is as wide as its last variable has numbers."""
    rows: list[list[str]] = [[] for _ in range(height)]
    for path in blocks:
        numbers = [text(x) for x in flat(report.fields[path])]
        width = prod(report.variables[path[-1]])
        for k, row in enumerate(rows):
            row += numbers[k * width : (k + 1) * width]
    return rows
