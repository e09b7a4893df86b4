"""Structural primitives that run along an axis: sums, products and recurrences.

A running product y_i = x_i y_(i-1) has the tangent y_i' = x_i y_(i-1)' + x_i' y_(i-1). So it, and
that of any such recurrence, is a recurrence again, of n products for n elements, and its transpose
one that runs backwards: nothing is divided, so that zeros are numbers as others are.
"""

from __future__ import annotations

from math import prod
from typing import Any

from adcli.graph.axes import WHOLE, Shape, ShapeError, normal_axis, show_shapes
from adcli.graph.primitives import MATRIX, structural

Attr = tuple[int | None, int]
"""The axis, None for all elements one after the other, and whether it runs backwards."""


def _running_shape(shapes: list[Shape], attr: Attr) -> Shape:
    axis, _ = attr
    if axis is None:
        return (prod(shapes[0]),)
    normal_axis(axis, len(shapes[0]))
    return shapes[0]


def _numpy_running(name: str) -> Any:
    def spelled(attr: Attr, shapes: list[Shape]) -> str:
        axis, backwards = attr
        if not backwards:
            return f"np.{name}(#1, axis={axis})"
        return f"np.flip(np.{name}(np.flip(#1, {axis}), axis={axis}), {axis})"

    return spelled


def shifted(m: Any, x: Any, shape: Shape, attr: Attr, fill: float) -> Any:
    """At each place of an axis the element before it, in the direction of a run; first `fill`."""
    axis, backwards = normal_axis(attr[0] or 0, len(shape)), attr[1]
    if not shape[axis]:
        return x
    kept = m.index((WHOLE,) * axis + ((1, None, None) if backwards else (None, -1, None),), x)
    first = m.full(fill, (*shape[:axis], 1, *shape[axis + 1 :]))
    return m.concat(axis, *((kept, first) if backwards else (first, kept)))


structural(
    "cumsum",
    shape=_running_shape,
    rule=lambda m, g, k, attr, shapes, _: m.reshape(
        shapes[0], m.cumsum((attr[0] or 0, int(not attr[1])), g)
    ),
    options={"axis": None, "backwards": 0},
    example=((0, 0), ((3,),)),
    numpy=_numpy_running("cumsum"),
    trend="signs",
    summary="running sum of all elements or along an axis",
)


def _recurrence_shape(shapes: list[Shape], attr: Attr) -> Shape:
    a, b = shapes
    if a != b:
        raise ShapeError(f"a recurrence takes arrays of one shape, not {show_shapes(shapes)}")
    normal_axis(attr[0] or 0, len(a))
    return a


def _recurrence_tangent(
    m: Any, t: Any, k: int, attr: Attr, shapes: list[Shape], xs: Any, out: Any
) -> Any:
    return m.recurrence(attr, xs[0], t * shifted(m, out, shapes[0], attr, 0.0) if k == 0 else t)


def _adjoint(m: Any, g: Any, x: Any, shape: Shape, attr: Attr) -> Any:
    """The transpose of the recurrence with the factors x, applied to g."""
    turned = (attr[0], int(not attr[1]))
    return m.recurrence(turned, shifted(m, x, shape, turned, 0.0), g)


def _recurrence_adjoint(
    m: Any, g: Any, k: int, attr: Attr, shapes: list[Shape], xs: Any, out: Any
) -> Any:
    found = _adjoint(m, g, xs[0], shapes[0], attr)
    return found * shifted(m, out, shapes[0], attr, 0.0) if k == 0 else found


def _reached(m: Any, k: int, attr: Attr, shapes: list[Shape], xs: Any, live: Any) -> Any:
    """An element has a part in its own place of the output and in those that follow."""
    if live is None:
        return None
    return m.reshape(shapes[k], m.cumsum((attr[0] or 0, int(not attr[1])), live))


structural(
    "recurrence",
    kind=MATRIX,
    inputs="a b",
    shape=_recurrence_shape,
    tangent=_recurrence_tangent,
    rule=_recurrence_adjoint,
    taken=_reached,
    options={"axis": 0, "backwards": 0},
    example=((0, 0), ((3,), (3,))),
    numpy=lambda attr, shapes: f"_recurrence(#1, #2, {attr[0]}, {bool(attr[1])})",
    trend="signs",
    summary="y with y[0] = b[0], y[i] = a[i]*y[i-1] + b[i], along an axis",
)


def line(m: Any, x: Any, shape: Shape, axis: int | None) -> tuple[Any, Shape, int]:
    """x with the axis of a run, its shape and that axis."""
    if axis is not None:
        return x, shape, axis
    flat = (prod(shape),)
    return m.reshape(flat, x), flat, 0


def _product_tangent(
    m: Any, t: Any, k: int, attr: Attr, shapes: list[Shape], xs: Any, out: Any
) -> Any:
    x, shape, axis = line(m, xs[0], shapes[0], attr[0])
    t, _, _ = line(m, t, shapes[0], attr[0])
    run = (axis, attr[1])
    return m.recurrence(run, x, t * shifted(m, out, shape, run, 1.0))


def _product_adjoint(
    m: Any, g: Any, k: int, attr: Attr, shapes: list[Shape], xs: Any, out: Any
) -> Any:
    x, shape, axis = line(m, xs[0], shapes[0], attr[0])
    run = (axis, attr[1])
    found = _adjoint(m, g, x, shape, run) * shifted(m, out, shape, run, 1.0)
    return m.reshape(shapes[0], found)


structural(
    "cumprod",
    kind=MATRIX,
    shape=_running_shape,
    tangent=_product_tangent,
    rule=_product_adjoint,
    taken=_reached,
    options={"axis": None, "backwards": 0},
    example=((0, 0), ((3,),)),
    numpy=_numpy_running("cumprod"),
    trend="signs",
    summary="running product of all elements or along an axis",
)
