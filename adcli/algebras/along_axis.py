"""The structural operations of the numpy engine that follow an order along an axis.

As in adcli.algebras.structural, arrays have the axis of points first.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from adcli.graph.axes import normal_axis

Array = Any
"""numpy.ndarray of float64, or of objects for many-digit numbers."""


def _same_points(*xs: Array) -> list[Array]:
    points = max(x.shape[0] for x in xs)
    return [np.broadcast_to(x, (points, *x.shape[1:])) for x in xs]


def reorder(algebra: Any, attr: tuple[int, int], x: Array, by: Array) -> Array:
    """x in the order of `by`, equal elements sharing; with `back` the transpose of that.

    nan along the axis has no order: all is nan there.
    """
    axis, back = normal_axis(attr[0], by.ndim - 1) + 1, attr[1]
    by = np.moveaxis(by, axis, -1)
    x, by = _same_points(np.moveaxis(x, axis, -1), by)
    order = np.argsort(by, axis=-1, kind="stable")
    ordered = np.take_along_axis(by, order, -1)
    if back:
        found = np.empty(x.shape, x.dtype)
        np.put_along_axis(found, order, _shared(x, ordered), -1)
    else:
        found = _shared(np.take_along_axis(x, order, -1), ordered)
    unordered = np.asarray(by != by, dtype=bool).any(axis=-1, keepdims=True)
    if unordered.any():
        found = np.where(unordered, x + by * np.nan, found)
    return np.moveaxis(found, -1, axis)


def _shared(x: Array, ordered: Array) -> Array:
    """x with the mean of the places where `ordered` has equal elements, along the last axis."""
    first = np.ones(ordered.shape, dtype=bool)
    first[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    if first.all():
        return x
    starts = np.flatnonzero(first)
    counts = np.diff(np.append(starts, first.size))
    flat = x.reshape(-1)
    least, largest = np.minimum.reduceat(flat, starts), np.maximum.reduceat(flat, starts)
    means = np.add.reduceat(flat / np.repeat(counts, counts), starts)
    means = np.where(least == largest, least, means)  # which rounding need not change
    return np.repeat(means, counts).reshape(x.shape)


ALONG_AXIS: dict[str, Any] = {
    "reorder": reorder,
}
