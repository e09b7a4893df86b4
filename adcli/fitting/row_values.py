"""A number for each row: the response, the weights; and the row in which a model fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from adcli.ad.tasks import Task
from adcli.data.column_layout import listed
from adcli.engines.columns import Column
from adcli.engines.rows import compute_rows
from adcli.errors import AdcliError, DataError, DomainError, UsageError
from adcli.fitting.losses import HUGE, TINY
from adcli.fitting.model import Vector
from adcli.function import Function, function
from adcli.given import real_value
from adcli.graph.axes import show_shape

Weights = str | Any
"""An expression of the columns, or a number for each row."""

RowData = Mapping[str, Any]
"""Arrays (rows, ...) by column."""


def expression_of(given: Weights | None, what: str) -> Function | None:
    """The function, where an expression is given. Raises UsageError for several results."""
    if isinstance(given, Function):
        return given
    if not isinstance(given, str):
        return None
    f = function(given)
    if len(f.outputs) > 1:
        raise UsageError(f"the {what} are one number or expression of columns", "for example 1/y")
    return f


def check_response(f: Function, data: RowData, known: Sequence[str]) -> None:
    """Raise UsageError for a response that names something else than columns, or none.

    `known` are the names of all columns, for messages.
    """
    for name in f.inputs:
        if name not in data:
            raise UsageError(
                f"the response names '{name}', which is not a column",
                listed(known),
                span=f.graph.span(f.inputs[name]),
                text=f.text,
            )
    if not f.inputs:
        raise UsageError(
            "the response is not a column",
            "a fit explains a column of the data: y ~ MODEL",
            span=f.graph.span(f.outputs[0]),
            text=f.text,
        )


def column_of(f: Function, data: RowData, what: str) -> Vector:
    """The values of a function of columns: one finite number a row."""
    if f.outputs == list(f.inputs.values()) and data[name := f.variables[0]].ndim == 1:
        column: Vector = data[name]
        return column
    point = {name: data[name] for name in f.inputs}
    rows = len(next(iter(point.values()))) if point else 0
    task = Task("value")
    try:
        value = np.asarray(f.at(point, task, engine="numpy").nested()[0], dtype=float)
    except DomainError as error:
        raise in_row(f, data, {}, error, task) from None
    if value.shape != (rows,):
        raise UsageError(
            f"{what} has the shape {show_shape(value.shape)}, not a number for each row",
            "it is an expression of columns",
            span=f.graph.span(f.outputs[0]),
            text=f.text,
        )
    return value


def weights_of(
    weights: Weights | None,
    sigma: Weights | None,
    data: RowData,
    rows: int,
    known: Sequence[str],
) -> Vector | None:
    """What the squares of the residuals are multiplied by: a number for each of `rows`.

    `known` are the names of all columns, for messages. Raises UsageError for names and shapes that
    do not fit, DataError for numbers that cannot weigh.
    """
    if weights is None and sigma is None:
        return None
    if weights is not None and sigma is not None:
        raise UsageError("weights and sigma exclude each other", "weights are 1/sigma^2")
    what, given = ("weights", weights) if sigma is None else ("sigma", sigma)
    f = expression_of(given, what)
    if f is not None and f.inputs:
        for name in f.inputs:
            if name not in data:
                raise UsageError(f"{what}: there is no column '{name}'", listed(known))
        values = column_of(f, data, f"the {what}")
    else:
        values = np.asarray(real_value(given if f is None else f.value({}), f"the {what}"))
        if not values.ndim:  # the same for all rows
            values = np.full(rows, values)
    if values.shape != (rows,):
        raise DataError(f"the {what} are not {rows:,} numbers, one for each row")
    if sigma is not None:
        fine = (values > TINY) & (values < HUGE)
        hint = "a standard deviation is above 0, and of a size that can be squared"
    else:
        fine, hint = (values >= 0) & np.isfinite(values), "a weight is 0 or more"
    for row in np.flatnonzero(~fine)[:1]:
        raise DataError(f"row {row + 1}: {what}: the value is {values[row]:g}", hint)
    found: Vector = values if sigma is None else 1.0 / values**2
    if not found.any():
        raise DataError("all weights are 0", "a row with a weight above 0 counts")
    return found


def in_row(
    f: Function,
    data: RowData,
    parameters: Mapping[str, Any],
    error: DomainError,
    task: Task,
    first: int = 1,
) -> DomainError:
    """The error of the first row that fails by itself; the one given if none does. `first` is what
    the first of all rows is called."""
    rows = len(next(iter(data.values())))
    columns = {name: Column(x, True) for name, x in data.items() if name in f.inputs}
    columns |= {name: Column(value, False) for name, value in parameters.items()}
    try:
        compute_rows(f, columns, rows, task, stop=True)
    except DomainError as found:
        if found.row is not None:
            found.message = f"row {found.row + first}: {found.message}"
            return found
    except AdcliError:  # it is not a function of one row
        pass
    return error
