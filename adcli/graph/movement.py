"""Structural primitives that move elements: shapes, order, indices, joining, diagonals."""

from __future__ import annotations

from math import prod
from typing import Any

from adcli.graph.axes import (
    Key,
    Shape,
    ShapeError,
    broadcast_shapes,
    key_of,
    normal_axis,
    show_shape,
    show_shapes,
)
from adcli.graph.primitives import (
    LINEAR,
    structural,
)


def _reshaped(shapes: list[Shape], shape: Shape) -> Shape:
    size = prod(shapes[0])
    if -1 in shape:
        known = prod(n for n in shape if n != -1)
        if shape.count(-1) > 1 or known == 0 or size % known:
            raise ShapeError(f"{size} elements cannot become {show_shape(shape)}")
        return tuple(size // known if n == -1 else n for n in shape)
    if prod(shape) != size:
        raise ShapeError(f"{size} elements cannot become {show_shape(shape)}")
    return shape


RESHAPE = structural(
    "reshape",
    LINEAR,
    "x",
    shape=_reshaped,
    rule=lambda m, g, k, attr, shapes, _: m.reshape(shapes[0], g),
    options=lambda shape: {"shape": shape},
    example=((6,), ((2, 3),)),
    spelling={"numpy": lambda shape, shapes: f"np.reshape(#1, {_reshaped(shapes, shape)})"},
    summary="the same elements in another shape",
)


def _expanded(shapes: list[Shape], axis: int) -> Shape:
    axis = normal_axis(axis, len(shapes[0]) + 1)
    return (*shapes[0][:axis], 1, *shapes[0][axis:])


structural(
    "expand",
    LINEAR,
    "x",
    shape=_expanded,
    rule=lambda m, g, k, attr, shapes, _: m.reshape(shapes[0], g),
    options=lambda axis: {"axis": axis},
    example=(0, ((3,),)),
    spelling={"numpy": lambda axis, shapes: f"np.expand_dims(#1, {axis})"},
    summary="a new axis of length 1",
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
    LINEAR,
    "x",
    shape=_permuted,
    rule=lambda m, g, k, attr, shapes, _: m.transpose(_inverse(attr), g),
    options=lambda axes: {"axes": axes},
    example=(None, ((2, 3),)),
    spelling={
        "numpy": lambda axes, shapes: (
            "np.transpose(#1)" if axes is None else f"np.transpose(#1, {axes})"
        )
    },
    summary="axes in reverse or a given order",
)


def _broadcast_shape(shapes: list[Shape], shape: Shape) -> Shape:
    if broadcast_shapes([shapes[0], shape]) != shape:
        raise ShapeError(f"{show_shape(shapes[0])} does not broadcast to {show_shape(shape)}")
    return shape


structural(
    "broadcast",
    LINEAR,
    "x",
    shape=_broadcast_shape,
    rule=lambda m, g, k, attr, shapes, _: m.sum_to(shapes[0], g),
    options=lambda shape: {"shape": shape},
    example=((2, 3), ((3,),)),
    spelling={"numpy": lambda shape, shapes: f"np.broadcast_to(#1, {shape})"},
    summary="repeated to a larger shape",
)


def _summed_shape(shapes: list[Shape], shape: Shape) -> Shape:
    if broadcast_shapes([shapes[0], shape]) != shapes[0]:
        raise ShapeError(f"{show_shape(shapes[0])} does not sum down to {show_shape(shape)}")
    return shape


structural(
    "sum_to",
    LINEAR,
    "x",
    shape=_summed_shape,
    rule=lambda m, g, k, attr, shapes, _: m.broadcast(shapes[0], g),
    options=lambda shape: {"shape": shape},
    example=((3,), ((2, 3),)),
    spelling={"numpy": lambda shape, shapes: f"_sum_to(#1, {shape})"},
    summary="sum over what was broadcast",
)


def _index_shape(shapes: list[Shape], key: Key) -> Shape:
    (shape,) = shapes
    if len(key) > len(shape):
        have = "is a scalar" if not shape else f"has the shape {show_shape(shape)}"
        raise ShapeError(f"{len(key)} indices for a value that {have}")
    result = []
    for axis, k in enumerate(key_of(key)):
        if isinstance(k, slice):
            result.append(len(range(*k.indices(shape[axis]))))
        elif not -shape[axis] <= k < shape[axis]:
            raise ShapeError(f"index {k} is outside of an axis of length {shape[axis]}")
    return (*result, *shape[len(key) :])


INDEX = structural(
    "index",
    LINEAR,
    "x",
    shape=_index_shape,
    rule=lambda m, g, k, attr, shapes, _: m.scatter((attr, shapes[0]), g),
    drops=lambda key, shapes: prod(_index_shape(shapes, key)) < prod(shapes[0]),
    example=((1,), ((3,),)),
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
    LINEAR,
    "x",
    shape=_scatter_shape,
    rule=lambda m, g, k, attr, shapes, _: m.index(attr[0], g),
    example=(((1,), (3,)), ((),)),
    spelling={"numpy": lambda attr, shapes: f"_scatter(#1, {key_of(attr[0])}, {attr[1]})"},
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
    every = (None, None, None)
    return m.index(((every,) * axis) + ((start, start + shapes[k][axis], None),), g)


structural(
    "concat",
    LINEAR,
    "*xs",
    shape=_concat_shape,
    rule=_concat_transpose,
    options=lambda axis: {"axis": axis},
    example=(0, ((2,), (3,))),
    spelling={"numpy": lambda axis, shapes: f"np.concatenate([#*], axis={axis})"},
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


def _stack_transpose(m: Any, g: Any, k: int, axis: int, shapes: list[Shape], _: Any) -> Any:
    axis %= len(shapes[0]) + 1
    return m.index(((None, None, None),) * axis + (k,), g)


STACK = structural(
    "stack",
    LINEAR,
    "*xs",
    shape=_stack_shape,
    rule=_stack_transpose,
    options=lambda axis: {"axis": axis},
    example=(0, ((), ())),
    spelling={"numpy": lambda axis, shapes: f"np.stack([#*], axis={axis})"},
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
    LINEAR,
    "x",
    shape=_diag_shape,
    rule=lambda m, g, k, attr, shapes, _: (
        m.diag(None, g) if len(shapes[0]) == 1 else m.on_diagonal(shapes[0], g)
    ),
    drops=lambda attr, shapes: len(shapes[0]) == 2,
    example=(None, ((3,),)),
    spelling={"numpy": lambda attr, shapes: "np.diag(#1)"},
    summary="the diagonal of a matrix, or a matrix with this diagonal",
)


def _on_diagonal_shape(shapes: list[Shape], shape: Shape) -> Shape:
    if len(shape) != 2 or shapes[0] != (min(shape),):
        raise ShapeError(f"{show_shape(shapes[0])} is not a diagonal of {show_shape(shape)}")
    return shape


structural(
    "on_diagonal",
    LINEAR,
    "x",
    shape=_on_diagonal_shape,
    rule=lambda m, g, k, attr, shapes, _: m.diag(None, g),
    options=lambda shape: {"shape": shape},
    example=((2, 3), ((2,),)),
    spelling={"numpy": lambda shape, shapes: f"_on_diagonal(#1, {shape})"},
    summary="zeros with x on the diagonal",
)


def _tril_shape(shapes: list[Shape], _: int) -> Shape:
    if len(shapes[0]) < 2:
        raise ShapeError(f"tril takes a matrix, not the shape {show_shape(shapes[0])}")
    return shapes[0]


structural(
    "tril",
    LINEAR,
    "x",
    shape=_tril_shape,
    rule=lambda m, g, k, attr, shapes, _: m.tril(attr, g),
    drops=lambda k, shapes: k < shapes[0][-1] - 1,
    options=lambda k: {"k": k},
    example=(0, ((3, 3),)),
    spelling={"numpy": lambda k, shapes: f"np.tril(#1, {k})"},
    summary="lower triangle, zeros above diagonal k",
)
