"""Parameters of a fit as measured values: they vary together, as their covariance says."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from adcli.errors import UsageError
from adcli.fitting.fitted_model import FittedModel
from adcli.function import Function
from adcli.graph.axes import element_labels
from adcli.uncertainty.covariance import CovarianceMatrix
from adcli.uncertainty.measured import Measured


def with_parameters(model: FittedModel, f: Function | None) -> Function:
    """The program; without one the prediction of the model, as a function of its parameters and of
    its columns. Raises UsageError for a program that names no parameter."""
    if f is None:
        model.check_row_wise()
        return model.model.prediction
    if not any(name in f.inputs for name in model.point):
        names = ", ".join(list(model.point)[:8])
        raise UsageError("the program names no parameter of the model", f"there are {names}")
    return f


def known_by(
    model: FittedModel, f: Function, given: Mapping[str, Any]
) -> tuple[dict[str, Any], list[CovarianceMatrix]]:
    """The parameters that a program names, and the covariance of the fitted ones among them.

    Raises UsageError for one that is `given` too, or whose variance the data did not determine.
    """
    labels: list[str] = []
    used: list[int] = []
    known: dict[str, Any] = {name: x for name, x in model.fixed.items() if name in f.inputs}
    freedom = math.inf if model.freedom is None else float(model.freedom)
    start = 0
    for name, value in model.parameters.items():
        size = int(np.size(value))
        if name in f.inputs:
            known[name] = Measured(value, 0.0, freedom)
            labels += element_labels(name, np.shape(value))
            used += range(start, start + size)
        start += size
    for name in known:
        if name in given:
            raise UsageError(
                f"'{name}' is a parameter of the model, and is given a value",
                "take the value away, or give the variable another name in the program",
            )
    matrix = model.covariance[np.ix_(used, used)]
    for k in np.flatnonzero(np.isnan(np.diag(matrix)))[:1]:
        raise UsageError(
            f"the model has no variance of '{labels[k]}': the data did not determine it",
            "fit with this parameter held, or with more data",
        )
    return known, [CovarianceMatrix(labels, matrix, "the model")] if labels else []
