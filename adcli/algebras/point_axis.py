"""What functions of arrays over points share: the axis of points is the first."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any
"""numpy.ndarray of float64, or of objects for many-digit numbers."""


def behind_points(axis: int) -> int:
    """An axis of an array as one of the array over points."""
    return axis + 1 if axis >= 0 else axis


def same_points(*xs: Array) -> list[Array]:
    """Arrays for as many points each."""
    points = max(x.shape[0] for x in xs)
    return [np.broadcast_to(x, (points, *x.shape[1:])) for x in xs]


def of_equal_rank(xs: list[Array | None], ndim: int) -> list[Any]:
    """Arrays with `ndim` axes each: new axes go between the points and the rest."""
    return [
        x
        if x is None or x.ndim == ndim
        else x.reshape((x.shape[0],) + (1,) * (ndim - x.ndim) + x.shape[1:])
        for x in xs
    ]


def nan_of(algebra: Any) -> Any:
    """nan, as a number of the algebra."""
    return algebra.constant(float("nan")).reshape(())[()]
