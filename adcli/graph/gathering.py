"""Structural primitives that take and add elements at places that are data: v[g], W[g, :].

The places are inputs like others, whole numbers from 0 on. Both primitives are linear in their
first input, and each is the other's transpose, which adds where a place repeats. No derivative
flows to a place. What is not a place has the value nan, which the blame then names.
"""

from __future__ import annotations

from typing import Any

from adcli.graph.axes import Shape, ShapeError, broadcast_shapes, check_indices, show_shape
from adcli.graph.primitives import structural

PLACE = None
"""Stands in an index for an axis whose places are data."""

Pattern = tuple[tuple[Any, ...], bool]
"""An index such as (WHOLE, PLACE), its places side by side, and whether they may count from the
end: constants may, data may not, as -1 is what many tables write for a missing group."""


def axes_of(pattern: Pattern) -> tuple[int, int]:
    """The first axis that places stand for, and how many axes they do."""
    key, _ = pattern
    return key.index(PLACE), key.count(PLACE)


def gathered_shape(shapes: list[Shape], pattern: Pattern) -> Shape:
    """The shape of what is taken from an array of the first of `shapes`."""
    shape, *places = shapes
    first, count = axes_of(pattern)
    check_indices(len(pattern[0]), shape)
    return (*shape[:first], *broadcast_shapes(places), *shape[first + count :])


def _added_shape(shapes: list[Shape], attr: tuple[Pattern, Shape]) -> Shape:
    pattern, shape = attr
    x, *places = shapes
    taken = gathered_shape([shape, *places], pattern)
    if taken != x:
        raise ShapeError(f"{show_shape(x)} does not fit places of {show_shape(taken)}")
    return shape


def numpy_places(pattern: Pattern, shape: Shape) -> str:
    """An index into an array of a shape in NumPy's notation, of places from #2 on."""
    first, count = axes_of(pattern)
    least = -1 if pattern[1] else 0
    sizes = shape[first : first + count]
    places = [f"_places(#{k}, {least * n}, {n})" for k, n in enumerate(sizes, 2)]
    return ", ".join([":"] * first + places)


GATHER = structural(
    "gather",
    inputs="x *places",
    flows=1,
    shape=gathered_shape,
    rule=lambda m, g, k, pattern, shapes, xs: m.scatter_add((pattern, shapes[0]), g, *xs[1:]),
    drops=lambda pattern, shapes: True,
    example=(((PLACE,), False), ((3,), (2,))),
    trend="keeps",
    summary="the elements at places that are data: v[g]",
)

SCATTER_ADD = structural(
    "scatter_add",
    inputs="x *places",
    flows=1,
    shape=_added_shape,
    rule=lambda m, g, k, attr, shapes, xs: m.gather(attr[0], g, *xs[1:]),
    example=((((PLACE,), False), (3,)), ((2,), (2,))),
    numpy=lambda attr, shapes: f"_scatter_add(#1, np.s_[{numpy_places(*attr)}], {attr[1]})",
    summary="zeros to which x is added at places that are data",
)
