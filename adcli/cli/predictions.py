"""Predictions of a fitted model for the rows of a file, streamed."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, suppress

import numpy as np

from adcli.cli.fit_options import FitOptions
from adcli.cli.formats import ROWS, format_of
from adcli.cli.show import open_rows
from adcli.cli.terminal import Progress, stdin_bytes
from adcli.data.blocks import Block
from adcli.data.levels import given_levels
from adcli.data.point_files import naming, open_points
from adcli.data.writer import Field
from adcli.engines.columns import Column
from adcli.errors import DataError, DomainError, UsageError
from adcli.fitting.fitted_model import FittedModel, Prediction, load_model
from adcli.fitting.responses import response_names


def check_rows(file: str, file_format: str | None) -> None:
    """Raise now, before a fit, what `write_predictions` would for a file of rows that is not there
    or not of a known format. A pipe, which can be read once, is left alone."""
    if file != "-" and (os.path.isfile(file) or not os.path.exists(file)):
        with naming("--predict"):
            open_points(file, format=file_format).close()


def predict_alone(model: str, options: FitOptions) -> None:
    """Write the predictions of a saved model. Raises UsageError where there is no --predict."""
    if not options.predict:
        hint = "adcli eval --model evaluates it at a point"
        raise UsageError("--model is for --predict FILE", hint)
    write_predictions(load_model(model), options)


def write_predictions(model: FittedModel, options: FitOptions) -> None:
    """The rows of --predict with prediction, standard_error, lower and upper, to -o.

    The name of the output decides the format; --format says what other files get.

    Raises DataError for a cell that is not a number and DomainError for a row at which the model is
    not finite.
    """
    model.check_row_wise()
    with naming("--predict"), ExitStack() as stack:
        file = options.predict
        assert file is not None
        stdin = stdin_bytes() if file == "-" else None
        points = open_points(file, format=options.predict_format, stdin=stdin)
        stack.enter_context(points)
        model.model.prediction.refuse_constants(points.layout.names, points.name)
        for name in model.columns:
            points.shape_of(name)
        points.levels = given_levels(model.levels)
        output = options.output
        form = format_of("-o", output, ROWS) or options.form
        plain = [name for name in model.columns if name not in model.levels]
        writer = stack.enter_context(open_rows(form, output, options.digits, plain))
        progress = stack.enter_context(Progress(points.progress.total, sys.stderr))
        rows = 0
        for block in points:
            writer.write(block, _fields(model, _predicted(model, block)))
            rows += block.rows
            progress.advance(points.progress.done, rows)
            if writer.is_lost:
                return
        if not rows:
            empty = points.empty()
            row = {name: [Column(empty.numbers(name), True).example()] for name in plain}
            row |= {name: [0.0] for name in model.levels}
            count = len(model.model.responses) if model.model.has_several else 0
            nothing = np.zeros((0, count) if count else 0)
            with suppress(DomainError):  # what is wrong with every row is wrong without any
                model.predict(row)
            writer.write(empty, _fields(model, Prediction(*[nothing] * 4)))


def _fields(model: FittedModel, found: Prediction) -> list[Field]:
    """The columns of predictions, for several responses each named by its text."""
    read = model.model
    names = response_names(read) if read.has_several else None
    return [
        Field(label, (label,), values, names and [f"{label}[{name}]" for name in names])
        for label, values in found._asdict().items()
    ]


def _predicted(model: FittedModel, block: Block) -> Prediction:
    columns = {name: block.numbers(name) for name in model.columns}
    for offset, problem in sorted(block.problems.items())[:1]:
        raise DataError(f"{block.place(offset)}: {problem}", "leave the row out, or fill it in")
    if not columns:
        columns = {"": [0.0] * block.rows}  # a model without predictors: as many rows as there are
    return model.predict(columns, block.first_row)
