"""Predictions of a fitted model for the rows of a file, streamed."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from typing import Any

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
from adcli.fitting.group_fits import GroupFit
from adcli.fitting.responses import response_names
from adcli.language.messages import safe

Groups = Mapping[tuple[str, ...], GroupFit] | None
"""Fits by the texts of the cells that their rows have in the group columns."""


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


def write_predictions(model: FittedModel, options: FitOptions, groups: Groups = None) -> int:
    """The rows of --predict with prediction, standard_error, lower and upper, to -o; the number of
    rows of groups that have no fit, which have nulls.

    The name of the output decides the format; --format says what other files get. With `groups`
    each row is predicted by the fit of its own; `model` is one of these.

    Raises DataError for a cell that is not a number, and with --on-error stop for a group without a
    fit, DomainError for a row at which the model is not finite.
    """
    failed = 0
    model.check_row_wise()
    with naming("--predict"), ExitStack() as stack:
        file = options.predict
        assert file is not None
        stdin = stdin_bytes() if file == "-" else None
        points = open_points(file, format=options.predict_format, stdin=stdin)
        stack.enter_context(points)
        model.model.prediction.refuse_constants(points.layout.names, points.name)
        for name in [*model.columns, *(options.group_columns if groups is not None else ())]:
            points.shape_of(name)
        points.levels = given_levels(model.levels)
        output = options.output
        form = format_of("-o", output, ROWS) or options.form
        plain = [name for name in model.columns if name not in model.levels]
        nulls = {"errors": True} if groups is not None and options.on_error == "null" else {}
        writer = stack.enter_context(open_rows(form, output, options.digits, plain, **nulls))
        progress = stack.enter_context(Progress(points.progress.total, sys.stderr))
        rows = 0
        for block in points:
            if groups is None:
                found, errors = _predicted(model, block), dict[int, str]()
            else:
                found, errors = _predicted_by_group(model, groups, options, block)
            writer.write(block, _fields(model, found), errors)
            rows += block.rows
            failed += len(errors)
            progress.advance(points.progress.done, rows)
            if writer.is_lost:
                return failed
        if not rows:
            empty = points.empty()
            row = {name: [Column(empty.numbers(name), True).example()] for name in plain}
            row |= {name: [0.0] for name in model.levels}
            count = len(model.model.responses) if model.model.has_several else 0
            nothing = np.zeros((0, count) if count else 0)
            with suppress(DomainError):  # what is wrong with every row is wrong without any
                model.predict(row)
            writer.write(empty, _fields(model, Prediction(*[nothing] * 4)))
    return failed


def _fields(model: FittedModel, found: Prediction) -> list[Field]:
    """The columns of predictions, for several responses each named by its text."""
    read = model.model
    names = response_names(read) if read.has_several else None
    return [
        Field(label, (label,), values, names and [f"{label}[{name}]" for name in names])
        for label, values in found._asdict().items()
    ]


def _predicted_by_group(
    model: FittedModel,
    groups: Mapping[tuple[str, ...], GroupFit],
    options: FitOptions,
    block: Block,
) -> tuple[Prediction, dict[int, str]]:
    """The predictions of a block's rows, each by the fit of its group, and why rows have none."""
    columns = {name: np.asarray(x) for name, x in _columns(model, block).items()}
    cells = [[text.strip() for text in block.cells(name)] for name in options.group_columns]
    places: dict[tuple[str, ...], list[int]] = {}
    for row, key in enumerate(zip(*cells, strict=True)):
        places.setdefault(key, []).append(row)
    several = (len(model.model.responses),) if model.model.has_several else ()
    found = Prediction(*(np.full((block.rows, *several), np.nan) for _ in range(4)))
    errors: dict[int, str] = {}

    def predict(fitted: FittedModel, rows: list[int]) -> None:
        own = {name: x[rows] for name, x in columns.items()}
        try:
            predicted = fitted.predict(own, block.first_row + rows[0])
        except DomainError as error:
            if rows[1:]:  # each alone, to know which
                for row in rows:
                    predict(fitted, [row])
                return
            if options.on_error == "stop":
                raise
            errors[rows[0]] = error.message
            return
        for part, values in zip(found, predicted, strict=True):
            part[rows] = values

    for key, rows in places.items():
        group = groups.get(key)
        if group is not None and group.fit is not None:
            predict(group.fit.fitted_model, rows)
            continue
        reason = "" if group is None else f": {group.reason}"
        told = f"the group {', '.join(map(safe, key))} has no fit{reason}"
        if options.on_error == "stop":
            raise DataError(f"{block.place(rows[0])}: {told}", "--on-error null goes on")
        errors |= dict.fromkeys(rows, told)
    return found, errors


def _predicted(model: FittedModel, block: Block) -> Prediction:
    return model.predict(_columns(model, block), block.first_row)


def _columns(model: FittedModel, block: Block) -> dict[str, Any]:
    """The columns that a prediction needs."""
    columns = {name: block.numbers(name) for name in model.columns}
    for offset, problem in sorted(block.problems.items())[:1]:
        raise DataError(f"{block.place(offset)}: {problem}", "leave the row out, or fill it in")
    if not columns:
        columns = {"": [0.0] * block.rows}  # a model without predictors: as many rows as there are
    return columns
