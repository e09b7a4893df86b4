"""Shapes, axes and indices: tuples of ints, and what they become.

A shape is a tuple of ints, () for a scalar; axes count from 0, negative ones from the end, as in
NumPy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

Shape = tuple[int, ...]
Key = tuple[Any, ...]
"""An index: per axis an int, or (start, stop, step) of a slice (None where absent)."""

WHOLE = (None, None, None)
"""The slice that takes all of an axis."""


class ShapeError(ValueError):
    """Shapes that do not fit an operation; whoever knows the place adds it.

    `place` are the characters of the operation's attribute, a text, that are wrong, if it has one.
    """

    place: tuple[int, int] | None = None


def broadcast_shapes(shapes: list[Shape]) -> Shape:
    """The common shape of elementwise operands by NumPy's rules."""
    result: list[int] = []
    for shape in shapes:
        if len(shape) > len(result):
            result = [1] * (len(shape) - len(result)) + result
        offset = len(result) - len(shape)
        for i, size in enumerate(shape):
            if result[offset + i] == 1:
                result[offset + i] = size
            elif size not in (1, result[offset + i]):
                raise ShapeError(f"shapes {show_shapes(shapes)} do not fit together")
    return tuple(result)


def indices(shape: Shape) -> Iterator[tuple[int, ...]]:
    """All indices of a shape, the last axis fastest."""
    if len(shape) == 1:  # of which `product` would make a tuple
        return ((i,) for i in range(shape[0]))
    return product(*map(range, shape))


def index_label(index: tuple[int, ...]) -> str:
    """`[0,1]`, or nothing for a scalar."""
    return "[" + ",".join(map(str, index)) + "]" if index else ""


def element_labels(
    name: str, shape: Shape, names: Mapping[int, Sequence[str]] | None = None
) -> Iterator[str]:
    """The names of the numbers of a variable, the last axis fastest: `x`, or `v[0]`, `v[1]`, ...;
    `names` are those of the places along some axes: `v[north]`."""
    if not names:
        return (name + index_label(index) for index in indices(shape))
    words = [dict(enumerate(names.get(axis, ()))) for axis in range(len(shape))]
    shown = ([str(w.get(k, k)) for w, k in zip(words, at, strict=True)] for at in indices(shape))
    return (f"{name}[{','.join(parts)}]" for parts in shown)


def show_shape(shape: Shape) -> str:
    """`2x3` for a matrix, `3` for a vector, `scalar`."""
    return "x".join(map(str, shape)) if shape else "scalar"


def check_indices(count: int, shape: Shape) -> None:
    """Raise ShapeError for more indices than axes."""
    if count > len(shape):
        have = "is a scalar" if not shape else f"has the shape {show_shape(shape)}"
        raise ShapeError(f"{count} {'index' if count == 1 else 'indices'} for a value that {have}")


def show_shapes(shapes: list[Shape]) -> str:
    """Shapes in a message: `3 and 2x3`."""
    return " and ".join(show_shape(shape) for shape in shapes)


def normal_axis(axis: int, ndim: int, what: str = "axis") -> int:
    """The axis counted from 0. Raises ShapeError if there is no such axis."""
    if not -ndim <= axis < ndim:
        shape = "a scalar has none" if ndim == 0 else f"there are {ndim}"
        raise ShapeError(f"no {what} {axis}: {shape}")
    return axis % ndim


def kept_shape(shape: Shape, axis: int | None) -> Shape:
    """The shape after a reduction that keeps reduced axes with length 1."""
    if axis is None:
        return (1,) * len(shape)
    axis = normal_axis(axis, len(shape))
    return (*shape[:axis], 1, *shape[axis + 1 :])


def reduced_shape(shapes: list[Shape], axis: int | None) -> Shape:
    """The shape after a reduction over one axis, or over all (None)."""
    (shape,) = shapes
    if axis is None:
        return ()
    axis = normal_axis(axis, len(shape))
    return shape[:axis] + shape[axis + 1 :]


def key_of(key: Key) -> tuple[Any, ...]:
    """The NumPy index of a hashable key."""
    return tuple(slice(*k) if isinstance(k, tuple) else k for k in key)
