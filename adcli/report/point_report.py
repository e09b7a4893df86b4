"""The results at one point as a record (JSON), a row (CSV), numbers (plain) or a table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain
from math import prod
from typing import TYPE_CHECKING, Any

from adcli.ad.tasks import Task
from adcli.graph.axes import Shape, element_labels, index_label, indices
from adcli.report.numbers import exact, flat, nested, shape_of, short
from adcli.report.rendering import Report

if TYPE_CHECKING:
    from adcli.report.drawn_tables import Tables

ResultPath = tuple[str, ...]


@dataclass(frozen=True)
class PointReport(Report):
    """What was asked and what came out at one point.

    `fields` are the results by path, the value first; a program with several results has a list
    under each path. `precision` is the number of digits that was asked for, if any. `held` names
    inputs that records leave out: rows of data, and what came from files. Of a point that failed
    `fields` have None, and `error` is the message.
    """

    point: Mapping[str, Any]
    fields: Mapping[ResultPath, Any]
    task: Task
    several: bool
    precision: int | None = None
    held: Collection[str] = ()
    error: str | None = None

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

    def record(self) -> dict[str, Any]:
        """{"point": ..., "value": ..., "gradient": ..., "mode": ...}."""
        record: dict[str, Any] = {"point": self.shown}
        for path, value in self.fields.items():
            place = record
            for name in path[:-1]:
                place = place.setdefault(name, {})
            place[path[-1]] = value
        failed = {} if self.error is None else {"error": self.error}
        return {**record, **constant_fields(self.task), **failed}

    def rows(self) -> Iterator[Iterable[str]]:
        """A header and a row: the point's columns, then the results."""
        given = (element_labels(name, shape_of(value)) for name, value in self.shown.items())
        found = (result_labels(path, self.outputs, self.variables) for path in self.fields)
        yield chain(*given, *found)
        yield self._texts([*self.shown.values(), *self.fields.values()])

    def plain(self) -> Iterator[Iterable[str]]:
        """The numbers of all results."""
        yield self._texts(self.fields.values())

    def _texts(self, values: Iterable[Any]) -> Iterator[str]:
        """The texts of all numbers."""
        return (exact(number, self.precision) for value in values for number in flat(value))

    def draw(self, tables: Tables, digits: int) -> None:
        """The value, and the gradient by variable or the matrix."""
        text = partial(short, digits=digits, precision=self.precision)
        results = output_rows(self.outputs)
        if self.task.kind in ("value", "directional"):
            found = zip(results, *map(flat, self.fields.values()), strict=True)
            rows = ((f"f{row}", *map(text, numbers)) for row, *numbers in found)
            count = sum(map(prod, self.outputs))
            tables.rows(["", *[path[0] for path in self.fields]], rows, total=count)
            return
        values = zip(results, flat(self.fields[("value",)]), strict=True)
        if self.task.kind == "gradient":
            tables.heading("f = " + text(next(values)[1]))
            if self.task.wrt:
                count = sum(prod(self.variables[name]) for name in self.task.wrt)
                headers = ["variable", "at", "derivative"]
                tables.rows(headers, _gradient_rows(self, text), total=count)
        else:
            tables.heading(*[f"f{row} = {text(v)}" for row, v in values])
            if self.task.wrt:
                tables.matrix(*_matrix(self, text))


def constant_fields(task: Task) -> dict[str, Any]:
    """What a record says about how it was computed."""
    if task.kind == "value":
        return {}
    if task.kind == "directional":
        return {"direction": {n: nested(v) for n, v in (task.direction or {}).items()}}
    return {"mode": task.mode}


def output_rows(shapes: Sequence[Shape]) -> Iterator[str]:
    """The labels of all numbers of a program's results: `[0]`, `[1,2]`, or "" for one scalar."""
    several = len(shapes) > 1
    return (
        index_label((k, *index) if several else index)
        for k, shape in enumerate(shapes)
        for index in indices(shape)
    )


def result_labels(
    path: ResultPath, outputs: Sequence[Shape], variables: Mapping[str, Shape]
) -> Iterator[str]:
    """The names of the numbers under a path: `value`, `df/dx`, `df[0]/dv[1]`, `d2f/dxdy`.

    `outputs` are the shapes of the program's results, `variables` those of its inputs.
    """
    kind = path[0]
    if kind in ("value", "derivative"):
        return (kind + row for row in output_rows(outputs))
    if kind == "gradient":
        return (f"df/d{column}" for column in element_labels(path[1], variables[path[1]]))
    if kind == "jacobian":
        columns = list(element_labels(path[1], variables[path[1]]))
        return (f"df{row}/d{column}" for row in output_rows(outputs) for column in columns)
    seconds = list(element_labels(path[2], variables[path[2]]))
    firsts = element_labels(path[1], variables[path[1]])
    return (f"d2f/d{first}d{second}" for first in firsts for second in seconds)


def _gradient_rows(report: PointReport, text: Any) -> Iterator[tuple[str, ...]]:
    for path, value in report.fields.items():
        if path[0] == "gradient":
            at = report.point[path[1]]
            labels = element_labels(path[1], shape_of(at))
            for label, x, slope in zip(labels, flat(at), flat(value), strict=True):
                yield label, text(x), text(slope)


def _matrix(report: PointReport, text: Any) -> tuple[list[str], list[str], list[list[str]]]:
    """Row labels, column labels and cells of a Jacobian or a Hessian."""
    variables = report.variables
    labels = [label for name in report.task.wrt for label in element_labels(name, variables[name])]
    blocks: list[ResultPath]
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
    report: PointReport, blocks: Sequence[ResultPath], height: int, text: Any
) -> list[list[str]]:
    """The cells of blocks of equal height; each is as wide as its last variable has numbers."""
    rows: list[list[str]] = [[] for _ in range(height)]
    for path in blocks:
        numbers = [text(x) for x in flat(report.fields[path])]
        width = prod(report.variables[path[-1]])
        for k, row in enumerate(rows):
            row += numbers[k * width : (k + 1) * width]
    return rows
