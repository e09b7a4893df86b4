"""Structural primitives about the order of elements: what sort moves.

A permutation is found at the point and applied linearly. Elements that tie have no order: each of
the places that they fill gets the mean of what they bring. That is the subgradient of least norm,
as those of max and min: the subgradients of a sum of the sorted elements with weights are the means
of the weights' permutations among the elements that tie, and the shortest is where all are equal.
"""

from __future__ import annotations

from typing import Any

from adcli.graph.axes import Shape, ShapeError, normal_axis, show_shapes
from adcli.graph.primitives import LINEAR, structural


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
    before = ((None, None, None),) * axis
    ordered = m.reorder((axis, 0), by, by)
    lower = m.index((*before, (None, -1, None)), ordered)
    upper = m.index((*before, (1, None, None)), ordered)
    end = m.full(0.0, (*shape[:axis], min(1, shape[axis]), *shape[axis + 1 :]))
    equal = m.equal(lower, upper)
    tied = m.maximum(m.concat(axis, end, equal), m.concat(axis, equal, end))
    return m.reorder((axis, 1), tied, by) if attr[1] else tied


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
