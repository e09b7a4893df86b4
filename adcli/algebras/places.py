"""Taking and adding elements at places that are data, on arrays over points."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from adcli.algebras.point_axis import Array, nan_of, of_equal_rank
from adcli.graph.axes import Shape
from adcli.graph.gathering import Pattern, axes_of


def whole_places(x: Array, size: int, from_end: bool) -> tuple[Array, Array | None]:
    """Numbers as indices into an axis of `size`, and a mask of those that are none (None: all are
    indices); they get the index 0."""
    # From 2^24 on float32 holds even numbers alone.
    most = min(size, 1 << 24) if x.dtype == np.float32 else size
    if x.dtype != np.float64:  # objects, and complex numbers whose imaginary part is a step
        x = x.real if x.dtype.kind == "c" else x.astype(float)
    with np.errstate(invalid="ignore"):
        found = x.astype(np.intp)
    fine = (found == x) & (found < most) & (found >= (-size if from_end else 0))
    if from_end:
        found = np.where(found < 0, found + size, found)
    if fine.all():
        return found, None
    return np.where(fine, found, 0), ~fine


def flat_places(places: list[Array], sizes: Shape, from_end: bool) -> tuple[Array, Array | None]:
    """Places in several axes as one index into all their elements, and a mask of what is none."""
    index: Any = 0
    bad: Any = False
    for x, size in zip(places, sizes, strict=True):
        found, wrong = whole_places(x, size, from_end)
        index = found if len(places) == 1 else index * size + found
        bad = bad if wrong is None else bad | wrong
    return index, (None if bad is False else np.broadcast_to(bad, index.shape))


class _AtPlaces:
    """Arrays of values at places as (points, before, places, behind), of all elements as (points,
    before, elements, behind)."""

    def __init__(self, pattern: Pattern, shape: Shape, places: list[Array]) -> None:
        first, count = axes_of(pattern)
        places = of_equal_rank(places, max(x.ndim for x in places))
        sizes = shape[first : first + count]
        self.before, self.behind = shape[:first], shape[first + count :]
        self.flat, self.bad = flat_places(places, sizes, pattern[1])
        self.shape = self.flat.shape[1:]
        self.whole = prod(self.before), prod(sizes), prod(self.behind)
        self.part = prod(self.before), prod(self.shape), prod(self.behind)
        self.flat = self.flat.reshape(len(self.flat), -1)
        if self.bad is not None:
            self.bad = self.bad.reshape(self.flat.shape)


def gather(algebra: Any, pattern: Pattern, x: Array, *places: Array) -> Array:
    """The elements of x at the places; nan where a place is none."""
    at = _AtPlaces(pattern, x.shape[1:], list(places))
    points = max(len(x), len(at.flat))
    table = x.reshape(len(x), *at.whole)
    if not at.whole[1]:  # nothing can be taken
        found = np.full((points, *at.part), _nan(algebra, x))
    elif len(at.flat) == 1:
        found = table.take(at.flat[0], axis=2)
    else:
        rows = np.arange(points)[:, np.newaxis] if len(x) > 1 else 0
        found = np.moveaxis(table[rows, :, at.flat, :], 1, 2)
    if at.bad is not None:
        found = np.where(at.bad[:, np.newaxis, :, np.newaxis], _nan(algebra, x), found)
    return found.reshape(len(found), *at.before, *at.shape, *at.behind)


def scatter_add(algebra: Any, attr: tuple[Pattern, Shape], x: Array, *places: Array) -> Array:
    """Zeros to which the elements of x are added, those of a place in their order; nan at a point
    where a place is none."""
    pattern, shape = attr
    at = _AtPlaces(pattern, shape, list(places))
    points = max(len(x), len(at.flat))
    size = prod(shape)
    values = np.broadcast_to(x.reshape(len(x), *at.part), (points, *at.part)).reshape(-1)
    targets = at.flat
    if points * at.whole[0] * at.whole[2] != 1:
        before, behind = (np.arange(n) for n in (points * at.whole[0], at.whole[2]))
        targets = np.broadcast_to(at.flat[:, np.newaxis], (points, *at.part[:2]))
        targets = targets.reshape(len(before), -1) + before[:, np.newaxis] * at.whole[1]
        targets = targets[..., np.newaxis] * at.whole[2] + behind
    if not at.whole[1]:
        found = np.zeros(points * size, dtype=x.dtype)
    else:
        found = add_at(targets.reshape(-1), values, points * size, algebra.array(0).reshape(()))
    if at.bad is not None:
        wrong = np.broadcast_to(at.bad.any(axis=1), points)
        found = found.reshape(points, size)
        found[wrong] = _nan(algebra, x)
    return found.reshape(points, *shape)


def add_at(targets: Array, values: Array, size: int, zero: Array) -> Array:
    """A vector of `size` with the values added at the targets, one after the other."""
    if values.dtype == np.float64:
        return np.bincount(targets, values, size)
    found = np.empty(size, dtype=values.dtype)
    found[...] = zero
    np.add.at(found, targets, values)
    return found


def _nan(algebra: Any, like: Array) -> Any:
    nan = nan_of(algebra)
    return nan if like.dtype == object else like.dtype.type(nan)
