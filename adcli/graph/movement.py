"""Structural primitives that move elements: shapes, order, indices, joining, diagonals."""

from __future__ import annotations

from math import prod
from typing import Any

from adcli.graph.axes import (
    WHOLE,
    Key,
    Shape,
    ShapeError,
    broadcast_shapes,
    check_indices,
    key_of,
    normal_axis,
    show_shape,
    show_shapes,
)
from adcli.graph.primitives import REQUIRED, structural


def _reshaped(shapes: list[Shape], shape: Shape) -> Shape:
    size, known = prod(shapes[0]), prod(n for n in shape if n != -1)
    if shape.count(-1) == 1 and known and size % known == 0:
        return tuple(size // known if n == -1 else n for n in shape)
    if -1 in shape or known != size:
        raise ShapeError(f"{size} elements cannot become {show_shape(shape)}")
    return shape


RESHAPE = structural(
    "reshape",
    shape=_reshaped,
    rule=lambda m, g, k, attr, shapes, _: m.reshape(shapes[0], g),
    options={"shape": ()},
    example=((6,), ((2, 3),)),
    numpy=lambda shape, shapes: f"np.reshape(#1, {_reshaped(shapes, shape)})",
    trend="keeps",
    summary="the same elements in another shape (none: a number); -1 is what is left",
)


def _expanded(shapes: list[Shape], axis: int) -> Shape:
    axis = normal_axis(axis, len(shapes[0]) + 1)
    return (*shapes[0][:axis], 1, *shapes[0][axis:])


structural(
    "expand",
    shape=_expanded,
    rule=lambda m, g, k, attr, shapes, _: m.reshape(shapes[0], g),
    options={"axis": REQUIRED},
    example=(0, ((3,),)),
    numpy=lambda axis, shapes: f"np.expand_dims(#1, {axis})",
    trend="keeps",
    summary="a new axis of length 1 at a place",
)


def _permuted(shapes: list[Shape], axes: tuple[int, ...] | None) -> Shape:
    (shape,) = shapes
    if axes is None:
        return shape[::-1]
    if sorted(normal_axis(a, len(shape)) for a in axes) != list(range(len(shape))):
        raise ShapeError(f"axes {list(axes)} are not a permutation of the {len(shape)} axes")
    return tuple(shape[a] for a in axes)


def _inverse(axes: tuple[int, ...] | None) -> tuple[int, ...] | None:
    if axes is None:
        return None
    axes = tuple(a % len(axes) for a in axes)
    return tuple(axes.index(i) for i in range(len(axes)))


structural(
    "transpose",
    shape=_permuted,
    rule=lambda m, g, k, attr, shapes, _: m.transpose(_inverse(attr), g),
    options={"axes": None},
    example=(None, ((2, 3),)),
    numpy=lambda axes, shapes: "np.transpose(#1)" if axes is None else f"np.transpose(#1, {axes})",
    trend="keeps",
    summary="axes in reverse order, or in the order given",
)


def _broadcast_shape(shapes: list[Shape], shape: Shape) -> Shape:
    if broadcast_shapes([shapes[0], shape]) != shape:
        raise ShapeError(f"{show_shape(shapes[0])} does not broadcast to {show_shape(shape)}")
    return shape


structural(
    "broadcast",
    shape=_broadcast_shape,
    rule=lambda m, g, k, attr, shapes, _: m.sum_to(shapes[0], g),
    options={"shape": ()},
    example=((2, 3), ((3,),)),
    numpy=lambda shape, shapes: f"np.broadcast_to(#1, {shape})",
    trend="keeps",
    summary="repeated to a larger shape: broadcast(x, 2, 3)",
)


def _summed_shape(shapes: list[Shape], shape: Shape) -> Shape:
    if broadcast_shapes([shapes[0], shape]) != shapes[0]:
        raise ShapeError(f"{show_shape(shapes[0])} does not sum down to {show_shape(shape)}")
    return shape


structural(
    "sum_to",
    shape=_summed_shape,
    rule=lambda m, g, k, attr, shapes, _: m.broadcast(shapes[0], g),
    options={"shape": ()},
    example=((3,), ((2, 3),)),
    numpy=lambda shape, shapes: f"_sum_to(#1, {shape})",
    trend="adds",
    summary="summed down to a shape that broadcasts to x's: sum_to(x, 3)",
)


def _index_shape(shapes: list[Shape], key: Key) -> Shape:
    (shape,) = shapes
    check_indices(len(key), shape)
    result = []
    for axis, k in enumerate(key_of(key)):
        if isinstance(k, slice):
            result.append(len(range(*k.indices(shape[axis]))))
        elif not -shape[axis] <= k < shape[axis]:
            raise ShapeError(f"index {k} is outside of an axis of length {shape[axis]}")
    return (*result, *shape[len(key) :])


INDEX = structural(
    "index",
    shape=_index_shape,
    rule=lambda m, g, k, attr, shapes, _: m.scatter((attr, shapes[0]), g),
    drops=lambda key, shapes: prod(_index_shape(shapes, key)) < prod(shapes[0]),
    example=((1,), ((3,),)),
    trend="keeps",
    summary="an element or a slice",
)


def _scatter_shape(shapes: list[Shape], attr: tuple[Key, Shape]) -> Shape:
    key, shape = attr
    place = _index_shape([shape], key)
    if place != shapes[0]:
        raise ShapeError(f"{show_shape(shapes[0])} does not fit a place of {show_shape(place)}")
    return shape


structural(
    "scatter",
    shape=_scatter_shape,
    rule=lambda m, g, k, attr, shapes, _: m.index(attr[0], g),
    example=(((1,), (3,)), ((),)),
    numpy=lambda attr, shapes: f"_scatter(#1, {key_of(attr[0])}, {attr[1]})",
    trend="pads",
    summary="zeros with x at an index",
)


def _concat_shape(shapes: list[Shape], axis: int) -> Shape:
    first = shapes[0]
    axis = normal_axis(axis, len(first))
    for shape in shapes[1:]:
        same = shape[:axis] + shape[axis + 1 :] == first[:axis] + first[axis + 1 :]
        if len(shape) != len(first) or not same:
            raise ShapeError(f"shapes {show_shapes([first, shape])} do not join along axis {axis}")
    return (*first[:axis], sum(shape[axis] for shape in shapes), *first[axis + 1 :])


def _concat_transpose(m: Any, g: Any, k: int, axis: int, shapes: list[Shape], _: Any) -> Any:
    axis %= len(shapes[0])
    start = sum(shape[axis] for shape in shapes[:k])
    return m.index((WHOLE,) * axis + ((start, start + shapes[k][axis], None),), g)


structural(
    "concat",
    inputs="*xs",
    shape=_concat_shape,
    rule=_concat_transpose,
    options={"axis": 0},
    example=(0, ((2,), (3,))),
    numpy=lambda axis, shapes: f"np.concatenate([#*], axis={axis})",
    trend="keeps",
    summary="arrays one after the other along an axis",
)


def _stack_shape(shapes: list[Shape], axis: int) -> Shape:
    first = shapes[0]
    for shape in shapes[1:]:
        if shape != first:
            raise ShapeError(
                f"the elements of a vector or matrix differ in shape: {show_shapes([first, shape])}"
            )
    axis = normal_axis(axis, len(first) + 1)
    return (*first[:axis], len(shapes), *first[axis:])


STACK = structural(
    "stack",
    inputs="*xs",
    shape=_stack_shape,
    rule=lambda m, g, k, axis, shapes, _: m.index(
        (WHOLE,) * (axis % (len(shapes[0]) + 1)) + (k,), g
    ),
    options={"axis": 0},
    example=(0, ((), ())),
    numpy=lambda axis, shapes: f"np.stack([#*], axis={axis})",
    trend="keeps",
    summary="arrays of one shape along a new axis",
)


def _diag_shape(shapes: list[Shape], _: Any) -> Shape:
    (shape,) = shapes
    if len(shape) == 1:
        return (shape[0], shape[0])
    if len(shape) == 2:
        return (min(shape),)
    raise ShapeError(f"diag takes a vector or a matrix, not the shape {show_shape(shape)}")


structural(
    "diag",
    shape=_diag_shape,
    rule=lambda m, g, k, attr, shapes, _: (
        m.diag(None, g) if len(shapes[0]) == 1 else m.on_diagonal(shapes[0], g)
    ),
    drops=lambda attr, shapes: len(shapes[0]) == 2,
    example=(None, ((3,),)),
    numpy=lambda attr, shapes: "np.diag(#1)",
    trend="pads",
    summary="the diagonal of a matrix, or the diagonal matrix of a vector",
)


def _on_diagonal_shape(shapes: list[Shape], shape: Shape) -> Shape:
    if len(shape) != 2 or shapes[0] != (min(shape),):
        raise ShapeError(f"{show_shape(shapes[0])} is not a diagonal of {show_shape(shape)}")
    return shape


structural(
    "on_diagonal",
    shape=_on_diagonal_shape,
    rule=lambda m, g, k, attr, shapes, _: m.diag(None, g),
    options={"shape": REQUIRED},
    example=((2, 3), ((2,),)),
    numpy=lambda shape, shapes: f"_on_diagonal(#1, {shape})",
    trend="pads",
    summary="zeros of a shape with x on the diagonal: on_diagonal(x, 2, 3)",
)


def _triangle_shape(name: str) -> Any:
    def shape(shapes: list[Shape], _: int) -> Shape:
        if len(shapes[0]) < 2:
            raise ShapeError(f"{name} takes a matrix, not the shape {show_shape(shapes[0])}")
        return shapes[0]

    return shape


structural(
    "tril",
    shape=_triangle_shape("tril"),
    rule=lambda m, g, k, attr, shapes, _: m.tril(attr, g),
    drops=lambda k, shapes: k < shapes[0][-1] - 1,
    options={"k": 0},
    example=(0, ((3, 3),)),
    numpy=lambda k, shapes: f"np.tril(#1, {k})",
    trend="pads",
    summary="lower triangle of a matrix up to the diagonal k",
)
structural(
    "triu",
    shape=_triangle_shape("triu"),
    rule=lambda m, g, k, attr, shapes, _: m.triu(attr, g),
    drops=lambda k, shapes: k > 1 - shapes[0][-2],
    options={"k": 0},
    example=(0, ((3, 3),)),
    numpy=lambda k, shapes: f"np.triu(#1, {k})",
    trend="pads",
    summary="upper triangle of a matrix from the diagonal k on",
)
