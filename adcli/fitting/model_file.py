"""Fitted models in files: JSON, read without executing anything, checked."""

from __future__ import annotations

import json
import math
import os
from typing import Any

import numpy as np

from adcli.data.output import atomic_output
from adcli.errors import AdcliError, DataError
from adcli.fitting.fitted_model import FittedModel
from adcli.fitting.model import Parameters

FORMAT = "adcli model 1"

MOST_BYTES = 1 << 28
"""No model is larger."""


def save_model(model: FittedModel, path: str | os.PathLike[str]) -> None:
    """Write a model; it appears at `path` when it is complete. Raises DataError."""
    body = {
        "format": FORMAT,
        "model": model.text,
        "parameters": {name: _plain(value) for name, value in model.parameters.items()},
        "fixed": {name: _plain(value) for name, value in model.fixed.items()},
        "covariance": [[_number(x) for x in row] for row in model.covariance.tolist()],
        "variance": model.variance,
        "degrees_of_freedom": model.freedom,
        "confidence": model.confidence,
        "row_wise": model.row_wise,
    }
    with atomic_output(path) as stream:
        stream.write(json.dumps(body, ensure_ascii=False, indent=1).encode() + b"\n")


def load_model(path: str | os.PathLike[str]) -> FittedModel:
    """The model of a file. Raises DataError for a file that holds none, or a damaged one."""
    name = os.fspath(path)
    try:
        with open(path, "rb") as file:
            text = file.read(MOST_BYTES)
        body = json.loads(text) if len(text) < MOST_BYTES else None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DataError(f"cannot read the model {name}: {reason}") from None
    except (ValueError, RecursionError):
        raise DataError(f"{name} is no model: it is no JSON") from None
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        raise DataError(
            f"{name} is no model of this version of adcli", "adcli fit --save writes it"
        )
    try:
        found = _model(body)
        _check(found)
    except (AdcliError, KeyError, ValueError) as error:
        what = f"there is no {error}" if isinstance(error, KeyError) else str(error)
        raise DataError(f"the model {name} is damaged: {what}") from None
    return found


def _model(body: dict[str, Any]) -> FittedModel:
    """The model of a file's object. Raises KeyError for a missing part, ValueError for others."""
    variance, freedom = body["variance"], body["degrees_of_freedom"]
    return FittedModel(
        _typed(body, "model", str),
        _values(body, "parameters"),
        _values(body, "fixed"),
        _array(body["covariance"], "covariance"),
        None if variance is None else _typed(body, "variance", (int, float)),
        None if freedom is None else _typed(body, "degrees_of_freedom", int),
        _typed(body, "confidence", (int, float)),
        _typed(body, "row_wise", bool),
    )


def _typed(body: dict[str, Any], part: str, kind: Any) -> Any:
    """A part of the file that must be of a kind."""
    value = body[part]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"its {part} has the wrong type")
    return value


def _values(body: dict[str, Any], part: str) -> dict[str, Any]:
    """Numbers and arrays by name."""
    found = {name: _array(value, name) for name, value in _typed(body, part, dict).items()}
    return {name: array if array.shape else float(array) for name, array in found.items()}


def _array(value: Any, name: str) -> Any:
    """Numbers, null for nan, as an array."""
    try:
        given = np.array(value, dtype=object)
        if any(isinstance(x, (bool, str)) for x in given.flat):
            raise TypeError
        return given.astype(float)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"'{name}' is no number or array of numbers") from None


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
        raise ValueError(f"the covariance is no matrix of {size} rows and columns")
    known = ~np.isnan(np.diag(model.covariance))
    part = model.covariance[np.ix_(known, known)]
    if not (np.isfinite(part).all() and (np.diag(part) >= 0).all() and (part == part.T).all()):
        raise ValueError("the covariance is none")
    if not 0 < model.confidence < 1 or not 0 <= (model.variance or 0.0) < math.inf:
        raise ValueError("its confidence or variance is out of range")


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value


def _number(x: float) -> float | None:
    return x if math.isfinite(x) else None
