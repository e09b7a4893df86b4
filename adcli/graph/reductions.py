"""Structural primitives that reduce or run along an axis: sum, max, min, prod, cumsum.

The sweeps do the summing and the spreading; a reduction states the weight of each element.
"""

from __future__ import annotations

from math import prod
from typing import Any

from adcli.graph.axes import (
    Key,
    Shape,
    ShapeError,
    kept_shape,
    normal_axis,
    reduced_shape,
)
from adcli.graph.primitives import (
    LINEAR,
    REDUCTION,
    structural,
)


def _numpy_reduction(function: str) -> Any:
    """How NumPy writes a reduction."""

    def template(axis: int | None, shapes: list[Shape]) -> str:
        return f"{function}(#1)" if axis is None else f"{function}(#1, axis={axis})"

    return template


def _nonempty_shape(shapes: list[Shape], axis: int | None) -> Shape:
    result = reduced_shape(shapes, axis)
    if prod(shapes[0] if axis is None else (shapes[0][axis],)) == 0:
        raise ShapeError("an empty vector has no smallest or largest element")
    return result


def _sum_transpose(m: Any, g: Any, k: int, axis: int | None, shapes: list[Shape], _: Any) -> Any:
    return m.broadcast(shapes[0], m.reshape(kept_shape(shapes[0], axis), g))


SUM = structural(
    "sum",
    LINEAR,
    "x",
    shape=reduced_shape,
    rule=_sum_transpose,
    options=lambda axis: {"axis": axis},
    example=(None, ((2, 3),)),
    spelling={"numpy": _numpy_reduction("np.sum")},
    summary="sum over all elements or one axis",
)


def _extremum_weights(m: Any, x: Any, out: Any, axis: int | None, shape: Shape) -> Any:
    ties = m.equal(x, out)
    count = m.reshape(kept_shape(shape, axis), m.sum(axis, ties))
    return ties, m.divide(ties, count)


for _name, _summary in (("max", "largest element"), ("min", "smallest element")):
    structural(
        f"reduce_{_name}",
        REDUCTION,
        "x",
        shape=_nonempty_shape,
        rule=_extremum_weights,
        kink=lambda m, x, out, axis: m.greater(m.sum(axis, m.equal(x, out)), 1),
        word=f"a{_name}",
        spelling={"numpy": _numpy_reduction(f"np.{_name}")},
        options=lambda axis: {"axis": axis},
        example=(None, ((3,),)),
        summary=f"{_summary}, of all or along an axis; ties share the derivative",
    )


def _products_before(m: Any, x: Any, axis: int, shape: Shape, *, backwards: bool) -> Any:
    """At each place of `axis` the product of all elements before it (or after it).

    Doubling steps (Hillis and Steele 1986), so that no division meets a zero and no walk is long.
    """
    size = shape[axis]
    front: Key = ((None, None, None),) * axis
    ones = m.full(1.0, (*shape[:axis], 1, *shape[axis + 1 :]))

    def cut(x: Any, start: int, stop: int) -> Any:
        return m.index((*front, (start, stop, None)), x)

    if backwards:
        scan = m.concat(axis, cut(x, 1, size), ones) if size > 1 else ones
    else:
        scan = m.concat(axis, ones, cut(x, 0, size - 1)) if size > 1 else ones
    step = 1
    while step < size:
        if backwards:
            head = cut(scan, 0, size - step) * cut(scan, step, size)
            scan = m.concat(axis, head, cut(scan, size - step, size))
        else:
            tail = cut(scan, step, size) * cut(scan, 0, size - step)
            scan = m.concat(axis, cut(scan, 0, step), tail)
        step *= 2
    return scan


def _product_weights(m: Any, x: Any, out: Any, axis: int | None, shape: Shape) -> Any:
    if axis is None:
        flat: Shape = (prod(shape),)
        _, weights = _product_weights(m, m.reshape(flat, x), out, 0, flat)
        return None, m.reshape(shape, weights)
    axis = normal_axis(axis, len(shape))
    if shape[axis] == 0:
        return None, x
    before = _products_before(m, x, axis, shape, backwards=False)
    return None, before * _products_before(m, x, axis, shape, backwards=True)


structural(
    "prod",
    REDUCTION,
    "x",
    shape=reduced_shape,
    rule=_product_weights,
    options=lambda axis: {"axis": axis},
    example=(None, ((2,),)),
    spelling={"numpy": _numpy_reduction("np.prod")},
    summary="product of all elements or along an axis",
)


def _cumsum_shape(shapes: list[Shape], attr: tuple[int | None, bool]) -> Shape:
    axis, _ = attr
    if axis is None:
        return (prod(shapes[0]),)
    normal_axis(axis, len(shapes[0]))
    return shapes[0]


def _numpy_cumsum(attr: tuple[int | None, bool], shapes: list[Shape]) -> str:
    axis, backwards = attr
    if not backwards:
        return f"np.cumsum(#1, axis={axis})"
    return f"np.flip(np.cumsum(np.flip(#1, {axis}), axis={axis}), {axis})"


structural(
    "cumsum",
    LINEAR,
    "x",
    shape=_cumsum_shape,
    rule=lambda m, g, k, attr, shapes, _: m.reshape(
        shapes[0], m.cumsum((0 if attr[0] is None else attr[0], not attr[1]), g)
    ),
    options=lambda attr: {"axis": attr[0], "backwards": int(attr[1])},
    example=((0, False), ((3,),)),
    spelling={"numpy": _numpy_cumsum},
    summary="running sum along an axis",
)
