"""Structural primitives about the order of elements: what sort moves, and quantiles.

A permutation is found at the point and applied linearly. Elements that tie have no order: each of
the places that they fill gets the mean of what they bring. That is the subgradient of least norm,
as those of max and min: the subgradients of a sum of the sorted elements with weights are the means
of the weights' permutations among the elements that tie, and the shortest is where all are equal.
"""

from __future__ import annotations

from math import prod
from typing import Any

from adcli.graph.axes import (
    WHOLE,
    Shape,
    ShapeError,
    kept_shape,
    normal_axis,
    reduced_shape,
    show_shapes,
)
from adcli.graph.primitives import LINEAR, MATRIX, structural
from adcli.graph.running import line


def _reordered(shapes: list[Shape], attr: tuple[int, int]) -> Shape:
    x, by = shapes
    normal_axis(attr[0], len(by))
    if x != by:
        raise ShapeError(f"reorder takes two arrays of one shape, not {show_shapes(shapes)}")
    return x


def _ties(m: Any, attr: tuple[int, int], shapes: list[Shape], xs: Any, _: Any) -> Any:
    """1 at the places, in order, of elements that are equal to one beside them."""
    shape, by = shapes[1], xs[1]
    axis = normal_axis(attr[0], len(shape))
    before = (WHOLE,) * axis
    ordered = m.reorder(_last(axis, shape, 0), by, by)
    lower = m.index((*before, (None, -1, None)), ordered)
    upper = m.index((*before, (1, None, None)), ordered)
    end = m.full(0.0, (*shape[:axis], min(1, shape[axis]), *shape[axis + 1 :]))
    equal = m.equal(lower, upper)
    tied = m.maximum(m.concat(axis, end, equal), m.concat(axis, equal, end))
    return m.reorder(_last(axis, shape, 1), tied, by) if attr[1] else tied


REORDER = structural(
    "reorder",
    kind=LINEAR,
    inputs="x by",
    flows=1,
    shape=_reordered,
    rule=lambda m, g, k, attr, shapes, xs: m.reorder((attr[0], int(not attr[1])), g, xs[1]),
    kink=_ties,
    options={"axis": -1, "back": 0},
    example=((0, 0), ((3,), (3,))),
    numpy=lambda attr, shapes: f"_reorder(#1, #2, {attr[0]}, {bool(attr[1])})",
    trend="keeps",
    summary="x in the order that sorts `by`, equal ones share; back=1: its transpose",
)


def _last(axis: int, shape: Shape, back: int) -> tuple[int, int]:
    """The attribute of an order along an axis; -1, the usual one, for the last."""
    return (-1 if axis == len(shape) - 1 else axis, back)


def _line(m: Any, x: Any, shape: Shape, axis: int | None) -> tuple[Any, Shape, int]:
    """x with the axis that a quantile is taken along, its shape and that axis, counted from 0."""
    x, shape, axis = line(m, x, shape, axis)
    return x, shape, normal_axis(axis, len(shape))


def _along(m: Any, x: Any, shape: Shape, axis: int) -> Any:
    """A vector, or a number, as an array along an axis."""
    kept = [1] * len(shape)
    kept[axis] = -1
    return m.reshape(tuple(kept), x)


def _places(m: Any, q: Any, size: int) -> tuple[Any, Any]:
    """Below which place a quantile is, the last but one at most, and how far on from there."""
    place = q * (size - 1.0)
    low = m.minimum(m.floor(place), max(size - 2.0, 0.0))
    return low, place - low


def _at(m: Any, ordered: Any, shape: Shape, axis: int, place: Any) -> Any:
    """The element at a place of the axis, 0 if there is none."""
    places = _along(m, m.range((0, shape[axis], 1)), shape, axis)
    chosen = m.equal(places, _along(m, place, shape, axis))
    return m.sum(axis, m.where(chosen, ordered, 0.0))


def quantile_of(m: Any, x: Any, q: Any, shape: Shape, axis: int | None) -> Any:
    """(1 - f) s_k + f s_(k+1) for the elements s in order and k + f = q (n - 1)."""
    x, shape, axis = _line(m, x, shape, axis)
    ordered = m.reorder(_last(axis, shape, 0), x, x)
    place, share = _places(m, q, shape[axis])
    low, high = (_at(m, ordered, shape, axis, place + step) for step in (0.0, 1.0))
    share = _as_element(m, share, shape)
    mixed = (1 - share) * low + share * high
    is_low = m.maximum(m.equal(share, 0), m.equal(low, high))
    return m.where(is_low, low, mixed)


def _as_element(m: Any, q: Any, shape: Shape) -> Any:
    """A number beside what is left of an array without one axis."""
    return m.reshape((1,) * (len(shape) - 1), q)


def _weights(m: Any, q: Any, shape: Shape, axis: int) -> Any:
    """How much each of the ordered elements counts."""
    low, share = _places(m, q, shape[axis])
    places = _along(m, m.range((0, shape[axis], 1)), shape, axis)
    low, share = _along(m, low, shape, axis), _along(m, share, shape, axis)
    upper = m.where(m.equal(places, low + 1), share, 0.0)
    return m.where(m.equal(places, low), 1 - share, upper)


def _slope(m: Any, x: Any, q: Any, shape: Shape, axis: int) -> Any:
    """The derivative by q: n - 1 times the gap between two neighbours; the smaller gap of two where
    both begin."""
    at_element, below, above = _gaps(m, x, q, shape, axis)
    is_less = at_element * m.less(below, above)
    return (shape[axis] - 1.0) * m.where(is_less, below, above)


def _gaps(m: Any, x: Any, q: Any, shape: Shape, axis: int) -> tuple[Any, Any, Any]:
    """Whether a quantile is an element between two others, and the gaps below it and above it."""
    ordered = m.reorder(_last(axis, shape, 0), x, x)
    low, share = _places(m, q, shape[axis])
    below, here, above = (_at(m, ordered, shape, axis, low + s) for s in (-1.0, 0.0, 1.0))
    above = above - here if shape[axis] > 1 else 0 * here
    at_element = m.equal(share, 0) * m.greater(low, 0)
    return _as_element(m, at_element, shape), here - below, above


def _tangent(m: Any, t: Any, k: int, axis: int | None, shapes: Any, xs: Any, out: Any) -> Any:
    x, shape, axis = _line(m, xs[0], shapes[0], axis)
    if k == 1:
        slope = _slope(m, x, xs[1], shape, axis)
        return _as_element(m, t, shape) * slope
    t, _, _ = _line(m, t, shapes[0], None if shape != shapes[0] else axis)
    weights = _weights(m, xs[1], shape, axis)
    moved = weights * m.reorder(_last(axis, shape, 0), t, x)
    return m.sum(axis, m.where(m.not_equal(weights, 0), moved, 0.0))  # infinite ones may not count


def _adjoint(m: Any, g: Any, k: int, axis: int | None, shapes: Any, xs: Any, out: Any) -> Any:
    x, shape, axis = _line(m, xs[0], shapes[0], axis)
    if k == 1:
        return m.sum(None, g * _slope(m, x, xs[1], shape, axis))
    spread = m.broadcast(shape, m.reshape(kept_shape(shape, axis), g))
    weights = m.broadcast(shape, _weights(m, xs[1], shape, axis))
    return m.reshape(shapes[0], m.reorder(_last(axis, shape, 1), weights * spread, x))


def _quantile_shape(shapes: list[Shape], axis: int | None) -> Shape:
    x, q = shapes
    if q:
        raise ShapeError("quantile takes one number q: [quantile(x, 0.1), quantile(x, 0.9)]")
    result = reduced_shape([x], axis)
    if not (prod(x) if axis is None else x[axis]):
        raise ShapeError("an empty array has no quantiles")
    return result


def _bends(m: Any, axis: int | None, shapes: Any, xs: Any, moving: Any) -> Any:
    """Where elements tie that count differently, or q is where two slopes meet."""
    x, shape, axis = _line(m, xs[0], shapes[0], axis)
    weights = m.broadcast(shape, _weights(m, xs[1], shape, axis))
    shared = m.reorder(_last(axis, shape, 0), m.reorder(_last(axis, shape, 1), weights, x), x)
    bends = m.reduce_max(axis, m.not_equal(shared, weights))
    if not moving[1]:
        return bends
    begins, below, above = _gaps(m, x, xs[1], shape, axis)
    return m.maximum(bends, begins * m.not_equal(below, above))


def _counted(m: Any, k: int, axis: int | None, shapes: Any, xs: Any, live: Any) -> Any:
    """The elements that have a part in the quantile."""
    if k == 1:
        return None
    x, shape, along = _line(m, xs[0], shapes[0], axis)
    weights = m.broadcast(shape, _weights(m, xs[1], shape, along))
    if live is not None:
        weights = weights * m.reshape(kept_shape(shape, along), live)
    return m.reshape(shapes[0], m.reorder(_last(along, shape, 1), weights, x))


structural(
    "quantile",
    kind=MATRIX,
    taken=_counted,
    inputs="x q",
    shape=_quantile_shape,
    tangent=_tangent,
    rule=_adjoint,
    kink=_bends,
    options={"axis": None},
    example=(None, ((3,), ())),
    domain="0 <= q <= 1",
    remedy="a share is between 0 and 1: 0.5 is that of the median",
    numpy=lambda axis, shapes: f"_quantile(#1, #2, {axis})",
    trend="keeps",
    summary="what a share q of the elements lies below, by linear interpolation",
)
