"""Repeated observations as measured values (type A evaluation: GUM 4.2 and 5.2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from adcli.data.array_columns import check_arrays
from adcli.errors import UsageError
from adcli.function import Function
from adcli.graph.axes import element_labels
from adcli.uncertainty.covariance import CovarianceMatrix
from adcli.uncertainty.measured import Measured


def observed(
    f: Function, columns: Mapping[str, Any], given: Mapping[str, Any]
) -> tuple[dict[str, Measured], CovarianceMatrix]:
    """The means of the columns that a program names, and the covariance of these means.

    Columns are arrays (rows, *variable), the observations of one row made together; each mean has
    one degree of freedom less than there are rows. Raises UsageError for a column that is `given` a
    value too, where the program names none, and for one row; DataError for what is not a number.
    """
    names = [name for name in f.inputs if name in columns]
    if not names:
        raise UsageError("the program names no column of the observations", f.listed())
    for name in names:
        if name in given:
            raise UsageError(f"'{name}' is observed, and is given a value", "take one of both away")
    arrays = check_arrays(columns, names)
    rows = len(arrays[names[0]])
    if rows < 2:
        raise UsageError("one observation tells no uncertainty", "two rows do, or more")
    flat = np.concatenate([arrays[name].reshape(rows, -1) for name in names], axis=1)
    labels = [label for name in names for label in element_labels(name, arrays[name].shape[1:])]
    means = {name: Measured(arrays[name].mean(axis=0), 0.0, rows - 1) for name in names}
    covariance = np.atleast_2d(np.cov(flat, rowvar=False)) / rows
    return means, CovarianceMatrix(labels, covariance, "the observations")
