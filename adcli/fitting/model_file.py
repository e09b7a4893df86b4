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
            body = json.loads(file.read())
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
        return _model(body)
    except (AdcliError, KeyError, TypeError, ValueError, OverflowError) as error:
        what = f"there is no {error}" if isinstance(error, KeyError) else str(error)
        raise DataError(f"the model {name} is damaged: {what}") from None


def _model(body: dict[str, Any]) -> FittedModel:
    parameters, fixed = (
        {str(key): _value(value) for key, value in dict(body[part]).items()}
        for part in ("parameters", "fixed")
    )
    covariance = np.array(
        [[math.nan if x is None else float(x) for x in row] for row in body["covariance"]]
    )
    freedom, variance = body["degrees_of_freedom"], body["variance"]
    found = FittedModel(
        str(body["model"]),
        parameters,
        fixed,
        covariance,
        None if variance is None else float(variance),
        None if freedom is None else int(freedom),
        float(body["confidence"]),
        bool(body["row_wise"]),
    )
    _check(found)
    return found


def _check(model: FittedModel) -> None:
    """Raise ValueError for what does not fit together."""
    names = set(model.model.prediction.inputs)
    for name in model.point:
        if name not in names:
            raise ValueError(f"its program has no '{name}'")
    shapes = {name: np.shape(value) for name, value in model.parameters.items()}
    size = len(Parameters(model.model, shapes))
    if model.covariance.shape != (size, size):
        raise ValueError(f"the covariance is no matrix of {size} rows and columns")
    known = ~np.isnan(np.diag(model.covariance))
    part = model.covariance[np.ix_(known, known)]
    if not (np.isfinite(part).all() and (np.diag(part) >= 0).all() and (part == part.T).all()):
        raise ValueError("the covariance is none")
    if not 0 < model.confidence < 1 or not (model.variance is None or model.variance >= 0):
        raise ValueError("its confidence or variance is out of range")


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value


def _number(x: float) -> float | None:
    return x if math.isfinite(x) else None


def _value(value: Any) -> Any:
    array = np.asarray(value, dtype=float)
    if not np.isfinite(array).all():
        raise ValueError("a parameter is not finite")
    return array if array.shape else float(array)
