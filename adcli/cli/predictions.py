"""Predictions of a fitted model for the rows of a file, streamed."""

from __future__ import annotations

import sys
from contextlib import ExitStack, suppress
from typing import Any

from adcli.cli.formats import ROWS, format_of
from adcli.cli.progress import Progress
from adcli.cli.show import screen
from adcli.cli.terminal import stdin_bytes, stdout_bytes
from adcli.data import Block, Field, ResultWriter, atomic_output, open_points, open_results
from adcli.data.points import naming
from adcli.engines.rows import Column
from adcli.errors import DataError, DomainError
from adcli.fitting.fitted_model import FittedModel, Prediction
from adcli.report.numbers import exact, short


def write_predictions(model: FittedModel, parsed: dict[str, Any]) -> None:
    """The rows of --predict with prediction, standard_error, lower and upper, to -o.

    The name of the output decides the format; --format says what other files get.

    Raises DataError for a cell that is no number and DomainError for a row at which the model is
    not finite.
    """
    model.check_row_wise()
    with naming("--predict"), ExitStack() as stack:
        stdin = stdin_bytes() if parsed["predict"] == "-" else None
        points = stack.enter_context(
            open_points(parsed["predict"], format=parsed["predict_format"], stdin=stdin)
        )
        model.model.prediction.refuse_constants(points.layout.names, points.name)
        for name in model.columns:
            points.shape_of(name)
        writer = _writer(model, parsed)
        stack.enter_context(writer)
        progress = stack.enter_context(Progress(points.bytes_total, sys.stderr))
        rows = 0
        for block in points:
            writer.write(block, _fields(_predicted(model, block)))
            rows += block.rows
            progress.advance(points.bytes_done, rows)
        if not rows:
            empty = points.empty()
            row = {name: [Column(empty.numbers(name), True).example()] for name in model.columns}
            with suppress(DomainError):  # what is wrong with every row is wrong without any
                model.predict(row)
            writer.write(empty, _fields(Prediction([], [], [], [])))


def _predicted(model: FittedModel, block: Block) -> Prediction:
    columns = {name: block.numbers(name) for name in model.columns}
    for offset, problem in sorted(block.problems.items())[:1]:
        raise DataError(f"{block.place(offset)}: {problem}")
    if not columns:
        columns = {"": [0.0] * block.rows}  # a model without predictors: as many rows as there are
    return model.predict(columns, block.first_row)


def _fields(found: Prediction) -> list[Field]:
    return [Field(name, (name,), values) for name, values in zip(found._fields, found, strict=True)]


def _writer(model: FittedModel, parsed: dict[str, Any]) -> ResultWriter | _TextWriter:
    target = parsed["output"]
    form = format_of("-o", target, ROWS) or parsed["form"]
    if form in ("table", "plain"):
        return _TextWriter(model, form, parsed["digits"], target)
    where = stdout_bytes() if target in (None, "-") else target
    return open_results(where, form, variables=model.columns)


class _TextWriter:
    """Tables for people, or the numbers alone."""

    def __init__(self, model: FittedModel, form: str, digits: int, target: str | None) -> None:
        self.model = model
        self.form = form
        self.digits = digits
        self.target = target
        self._stack = ExitStack()

    def __enter__(self) -> _TextWriter:
        stdout = stdout_bytes() if self.target in (None, "-") else None
        self._stream = self._stack.enter_context(atomic_output(self.target, stdout=stdout))
        return self

    def __exit__(self, *exception: Any) -> Any:
        return self._stack.__exit__(*exception)

    def write(self, block: Block, fields: list[Field]) -> None:
        """Write the rows of one block."""
        from adcli.report.tables import Tables

        if self.form == "plain":
            rows = zip(*[field.values for field in fields], strict=True)
            text = "".join(" ".join(exact(float(x)) for x in row) + "\n" for row in rows)
            self._stream.write(text.encode())
            return
        names = [name for name in self.model.columns if not block.layout.require(name, "").shape]
        columns = [block.cells(name) for name in names]
        columns += [[short(float(x), self.digits) for x in field.values] for field in fields]
        numbers = [str(block.first_row + k) for k in range(block.rows)]
        tables = Tables(*screen(self.target))
        labels = ["row", *names, *[field.label for field in fields]]
        tables.rows(labels, list(zip(numbers, *columns, strict=True)), limit=None)
        self._stream.write(tables.text().encode("utf-8", "surrogateescape"))
