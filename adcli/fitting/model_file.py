"""Fitted models from files: JSON, read without executing anything, checked.

`FittedModel.save` writes them.
"""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np

from adcli.data.parameters import MODEL_FORMAT
from adcli.data.schema import array, flag, mapping, number, optional, record, text, whole
from adcli.data.source import read_file
from adcli.errors import AdcliError, DataError
from adcli.fitting.fitted_model import FittedModel
from adcli.fitting.model import Parameters
from adcli.given import check_kinds

MOST_BYTES = 1 << 28
"""No model is larger."""


def load_model(path: str | os.PathLike[str]) -> FittedModel:
    """The model of a file. Raises DataError for a file that holds none, or a damaged one."""
    check_kinds(path=path)
    name = os.fspath(path)
    data = read_file(name, "adcli fit --save FILE writes a model", MOST_BYTES)
    try:
        body = json.loads(data) if len(data) < MOST_BYTES else None
    except (ValueError, RecursionError):
        raise DataError(f"{name} is not a model: it is not JSON") from None
    if not isinstance(body, dict) or body.get("format") != MODEL_FORMAT:
        raise DataError(
            f"{name} is not a model of this version of adcli", "adcli fit --save writes it"
        )
    try:
        found = _model(body)
        _check(found)
    except (AdcliError, ValueError) as error:
        raise DataError(f"the model {name} is damaged: {error}") from None
    return found


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
)


def _model(body: dict[str, Any]) -> FittedModel:
    """The model of a file's object. Raises Misfit for a part that is not what it should be."""
    found = _BODY(body)
    return FittedModel(
        found["model"],
        found["parameters"],
        found["fixed"],
        found["covariance"],
        found["variance"],
        found["degrees_of_freedom"],
        found["confidence"],
        found["row_wise"],
    )


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
