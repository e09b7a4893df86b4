"""Predictions of a fitted model, and how far they can be trusted.

With g the gradient of the model by its parameters and C their covariance, the standard error of a
prediction is sqrt(g' C g) (the delta method), and a new observation lies within the prediction
interval, the prediction and t times sqrt(g' C g + s^2 / w), with the given confidence.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from adcli.ad.tasks import Task
from adcli.data.array_columns import check_arrays, names_in
from adcli.data.parameters import MODEL_FORMAT
from adcli.data.saved_json import read_document, write_document
from adcli.data.schema import array, every, flag, mapping, number, optional, record, text, whole
from adcli.errors import AdcliError, DataError, DomainError, UsageError
from adcli.fitting.derived import DerivedNumber
from adcli.fitting.model import (
    Model,
    Parameters,
    Vector,
    check_shape,
    constant_node,
    read_model,
)
from adcli.fitting.residuals import Predictor
from adcli.fitting.responses import repeated
from adcli.fitting.row_values import in_row
from adcli.fitting.statistics import half_width, standard_errors
from adcli.function import Function


class Prediction(NamedTuple):
    """Predictions, one a row: values, their standard errors, and the ends of prediction intervals;
    of several responses arrays (rows, responses).

    nan stands for what cannot be computed: the standard error where the data did not determine the
    parameters, the interval where, besides, the weight of a new observation is unknown; and each
    where it is beyond float64.
    """

    prediction: Vector
    standard_error: Vector
    lower: Vector
    upper: Vector


@dataclass(frozen=True)
class FittedModel:
    """A fitted model as a function of rows: all that predictions need, and what a file keeps.

    text           the model, `response ~ model`
    parameters     the fitted values by name, numbers and arrays; `fixed` those that were held
    covariance     of the parameters' numbers, in order; nan where it cannot be computed
    variance       of an observation of weight 1, None if unknown
    freedom        degrees of freedom of Student's t for intervals; None: the normal distribution
    confidence     the probability of an interval
    row_wise       whether a row's prediction depends on that row alone
    levels         the texts that codes stand for, by variable: see adcli.graph.coded
    derived        what the fit derived from its parameters, by label
    """

    text: str
    parameters: dict[str, Any]
    fixed: dict[str, Any]
    covariance: Any
    variance: float | None
    freedom: int | None
    confidence: float
    row_wise: bool
    levels: dict[str, list[str]] = field(default_factory=dict)
    derived: dict[str, DerivedNumber] = field(default_factory=dict)

    @cached_property
    def model(self) -> Model:
        """The model that the text means."""
        return read_model(self.text)

    @property
    def point(self) -> dict[str, Any]:
        """The values of the fitted and of the fixed parameters."""
        return {**self.parameters, **self.fixed}

    @property
    def columns(self) -> list[str]:
        """The names of the columns that a prediction needs."""
        point = self.point
        return [name for name in self.model.prediction.inputs if name not in point]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model as JSON, which `load_model` reads; the file appears when it is complete.

        Raises DataError.
        """
        derived = {
            label: {**vars(x), "value": x.value if math.isfinite(x.value) else None}
            for label, x in self.derived.items()
        }
        body = {
            "format": MODEL_FORMAT,
            "model": self.text,
            "parameters": {name: np.asarray(x).tolist() for name, x in self.parameters.items()},
            "fixed": {name: np.asarray(x).tolist() for name, x in self.fixed.items()},
            "covariance": [
                [x if math.isfinite(x) else None for x in row] for row in self.covariance.tolist()
            ],
            "variance": self.variance,
            "degrees_of_freedom": self.freedom,
            "confidence": self.confidence,
            "row_wise": self.row_wise,
            **({"levels": self.levels} if self.levels else {}),
            **({"derived": derived} if self.derived else {}),
        }
        write_document(path, body)

    @cached_property
    def _predictor(self) -> tuple[Predictor, Vector]:
        """The model as a function of columns and of the vector of parameters, and that vector."""
        shapes = {name: np.shape(value) for name, value in self.parameters.items()}
        model = self.model.long if self.model.has_several else self.model
        p = Parameters(model, shapes)
        return Predictor(model, p, self.fixed), p.flatten(self.parameters)

    @cached_property
    def function(self) -> Function:
        """The model as a function of its columns, the parameters bound to their values."""
        f = self.model.prediction
        graph = f.graph
        replaced = {f.inputs[n]: constant_node(graph, x) for n, x in self.point.items()}
        (node,) = f.outputs
        bound = graph.substitute(node, graph.affected(node, replaced), replaced)
        return Function(graph, [bound], self.text)

    @cached_property
    def half_width(self) -> float:
        """Standard errors from the middle of an interval to its ends; nan if there are none."""
        return half_width(self.confidence, self.freedom)

    def predict(self, data: Mapping[str, Any], first_row: int = 1) -> Prediction:
        """Predictions for the rows of columns, arrays (rows,) or (rows, k).

        `first_row` is what messages call the first one.

        Raises UsageError for a model whose rows depend on one another, DataError for columns that
        are not there, LanguageError for columns of other shapes than the model takes, DomainError
        where the model is not finite.
        """
        self.model.prediction.refuse_constants(names_in(data), "the data")
        columns = check_arrays(data, self.columns, known=self.levels)
        given = columns.values() or [data[name] for name in names_in(data)]
        rows = next(map(len, given), 1)
        self.check_row_wise()
        count = len(self.model.responses) if self.model.has_several else 0
        model, whole = self.model, dict(columns)
        if count:
            model, whole, rows = model.long, repeated(columns, count, rows), rows * count
        shapes = {name: np.shape(x) for name, x in {**whole, **self.point}.items()}
        check_shape(model, shapes, rows)
        predictor, vector = self._predictor
        inputs = model.prediction.inputs
        packed = {inputs[name]: x for name, x in whole.items() if name in inputs}
        with np.errstate(all="ignore"):
            linear = predictor.linearised(packed, vector, rows)
            jacobian, value = linear[:, :-1], linear[:, -1]
            finite = np.isfinite(value)
            if not finite.all():
                row = int(np.argmin(finite)) % (rows // max(count, 1))
                raise self._blame(columns, row, first_row)
            error = standard_errors(jacobian, self.covariance)
            spread = np.nan if self.variance is None else math.sqrt(self.variance)
            reach = self.half_width * np.hypot(error, spread)
            found = error, value - reach, value + reach
        parts = [np.array(value), *(np.where(np.isfinite(x), x, np.nan) for x in found)]
        return Prediction(*(x.reshape(count, -1).T if count else x for x in parts))

    def band(self, data: Mapping[str, Any]) -> tuple[Vector, Vector, Vector]:
        """The model's curve and its confidence band: values, lower and upper ends."""
        found = self.predict(data)
        reach = self.half_width * found.standard_error
        return found.prediction, found.prediction - reach, found.prediction + reach

    def known_band(self, data: Mapping[str, Any]) -> tuple[Vector, Vector, Vector]:
        """The curve and its band as by `band`; nan at rows where the model is not finite."""
        with suppress(DomainError):
            return self.band(data)
        rows = len(next(iter(data.values())))
        count = (len(self.model.responses),) if self.model.has_several else ()
        found = np.full((3, rows, *count), np.nan)
        for k in range(rows):
            with suppress(DomainError):
                alone = {name: column[k : k + 1] for name, column in data.items()}
                found[:, k] = [part[0] for part in self.band(alone)]
        return found[0], found[1], found[2]

    def check_row_wise(self) -> None:
        """Raise UsageError for a model that other rows cannot be put into."""
        if not self.row_wise:
            raise UsageError(
                "the model's rows depend on one another, so it predicts no other rows",
                "bind what is computed over all rows, as mean(x), to a number in the model",
            )

    def _blame(self, columns: Mapping[str, Any], row: int, first: int) -> DomainError:
        """The error of a row at which the model is not finite."""
        alone = {name: x[row : row + 1] for name, x in columns.items()}
        error = DomainError(f"row {first + row}: the prediction is not finite")
        f, task = self.model.prediction, Task("value")
        return in_row(f, alone, self.point, error, task, first + row) if alone else error


def load_model(path: str | os.PathLike[str]) -> FittedModel:
    """The model of a file of JSON, which is read without executing anything, and checked. Raises
    UsageError for a file that is not there, DataError for one that is no model, or damaged."""
    made_by = "adcli fit --save FILE writes a model"
    meant = "a model of this version of adcli"
    body = read_document(path, MODEL_FORMAT, "model", meant, made_by)
    try:
        _, *parts = _BODY({"levels": {}, "derived": {}, **body}).values()
        found = FittedModel(*parts)
        _check(found)
    except (AdcliError, ValueError) as error:
        raise DataError(f"the model {os.fspath(path)} is damaged: {error}", made_by) from None
    return found


_QUANTITY = record(
    value=array(),
    standard_error=optional(number(least=0)),
    confidence_interval=optional(array(2)),
    expression=text,
    reason=optional(text),
)


def _quantity(value: Any) -> DerivedNumber:
    parts = _QUANTITY(value)
    ends = parts.pop("confidence_interval")
    return DerivedNumber(confidence_interval=None if ends is None else tuple(ends), **parts)


_BODY = record(
    format=text,
    model=text,
    parameters=mapping(array()),
    fixed=mapping(array()),
    covariance=array(None, None),
    variance=optional(number(least=0, finite=True)),
    degrees_of_freedom=optional(whole()),
    confidence=number(least=0, finite=True),
    row_wise=flag,
    levels=mapping(every(text)),
    derived=mapping(_quantity),
)
"""The parts of a file: its format, and the fields of a FittedModel in their order."""


def _check(model: FittedModel) -> None:
    """Raise ValueError for what does not fit together."""
    names = set(model.model.prediction.inputs)
    for name, value in model.point.items():
        if name not in names:
            raise ValueError(f"its program has no '{name}'")
        if not np.isfinite(value).all():
            raise ValueError(f"the parameter '{name}' is not finite")
    if model.parameters.keys() & model.fixed.keys():
        raise ValueError("a parameter is fixed and is not")
    shapes = {name: np.shape(value) for name, value in model.parameters.items()}
    size = Parameters(model.model, shapes).size
    if model.covariance.shape != (size, size):
        raise ValueError(f"the covariance is not a matrix of {size} rows and columns")
    known = ~np.isnan(np.diag(model.covariance))
    part = model.covariance[np.ix_(known, known)]
    if not (np.isfinite(part).all() and (np.diag(part) >= 0).all() and (part == part.T).all()):
        raise ValueError("the covariance is none")
    if not 0 < model.confidence < 1:
        raise ValueError("its confidence is not between 0 and 1")
