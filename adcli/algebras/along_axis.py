"""The structural operations of the numpy engine that follow an order or run along an axis.

As in adcli.algebras.structural, arrays have the axis of points first.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from adcli.algebras.point_axis import Array, behind_points, nan_of, same_points
from adcli.graph.axes import normal_axis
from adcli.graph.ordering import quantile_of

FEW = 16
"""Runs side by side up to which Python's floats are faster than NumPy's arrays."""


def reorder(algebra: Any, attr: tuple[int, int], x: Array, by: Array) -> Array:
    """x in the order of `by`, equal elements sharing; with `back` the transpose of that.

    nan along the axis has no order: all is nan there.
    """
    axis, back = normal_axis(attr[0], by.ndim - 1) + 1, attr[1]
    by = np.moveaxis(by, axis, -1)
    x, by = same_points(np.moveaxis(x, axis, -1), by)
    order = np.argsort(by, axis=-1, kind="stable")
    ordered = np.take_along_axis(by, order, -1)
    if back:
        found = np.empty(x.shape, x.dtype)
        np.put_along_axis(found, order, _shared(x, ordered), -1)
    else:
        found = _shared(np.take_along_axis(x, order, -1), ordered)
    unordered = np.asarray(by != by, dtype=bool).any(axis=-1, keepdims=True)
    if unordered.any():
        found = np.where(unordered, nan_of(algebra), found)
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


def quantile(algebra: Any, axis: int | None, x: Array, q: Array) -> Array:
    """A quantile, nan for a share that is none."""
    found = quantile_of(algebra.m, x, q, x.shape[1:], axis)
    outside = (q < 0) | (q > 1) | (q != q)
    if not outside.any():
        return found
    return np.where(outside.reshape((-1,) + (1,) * (found.ndim - 1)), nan_of(algebra), found)


def _running(function: Any) -> Any:
    def running(algebra: Any, attr: tuple[int | None, int], x: Array) -> Array:
        axis, backwards = attr
        if axis is None:
            x, axis = x.reshape(x.shape[0], -1), 0
        axis = behind_points(axis)
        if backwards:
            return np.flip(function(np.flip(x, axis), axis=axis), axis)
        return function(x, axis=axis)

    return running


def recurrence(algebra: Any, attr: tuple[int, int], a: Array, b: Array) -> Array:
    """y with y_0 = b_0, y_i = a_i y_(i-1) + b_i. One by one: where factors are multiplied first, as
    in a parallel scan, 0 may meet their overflow."""
    axis, backwards = behind_points(attr[0]), attr[1]
    order = slice(None, None, -1 if backwards else 1)
    a, b = (np.moveaxis(x, axis, 0)[order] for x in same_points(a, b))
    found = np.empty(b.shape, b.dtype)
    if b[:1].size > FEW or b.dtype == object:
        for i in range(len(b)):
            found[i] = a[i] * found[i - 1] + b[i] if i else b[i]
    else:
        columns = found.reshape(len(b), -1)
        factors, terms = (np.reshape(x, (len(b), -1)).T.tolist() for x in (a, b))
        for k, (factor, term) in enumerate(zip(factors, terms, strict=True)):
            columns[:, k] = _run(factor, term)
    return np.moveaxis(found[order], 0, axis)


def _run(factors: list[float], terms: list[float]) -> list[float]:
    found = []
    y = 0.0
    for i, (a, b) in enumerate(zip(factors, terms, strict=True)):
        y = a * y + b if i else b
        found.append(y)
    return found


ALONG_AXIS: dict[str, Any] = {
    "reorder": reorder,
    "quantile": quantile,
    "cumsum": _running(np.cumsum),
    "cumprod": _running(np.cumprod),
    "recurrence": recurrence,
}
