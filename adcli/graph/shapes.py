"""Shape inference: one walk that gives every node its shape, or the place where shapes clash."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from adcli.errors import LanguageError
from adcli.graph.graph import Graph
from adcli.graph.primitives import ELEMENTWISE, LEAF, SELECT, VARIABLE
from adcli.graph.structure import Shape, ShapeError, broadcast_shapes, show_shape

MAX_NUMBERS = 1 << 27
"""Numbers that one array may have: 1 GiB of float64. A short text can ask for any size."""

MAX_AXES = 32
"""Axes that one array may have; NumPy has 64, and a derivative has those of two arrays."""


def refuse_giant(shape: Shape) -> None:
    """Raise ShapeError for an array that would fill the memory."""
    if len(shape) > MAX_AXES:
        raise ShapeError(f"an array has at most {MAX_AXES} axes, not {len(shape)}")
    if prod(shape) > MAX_NUMBERS:
        raise ShapeError(
            f"an array of {show_shape(shape)} numbers is too large: {MAX_NUMBERS:,} is the most"
        )


def is_scalar_program(graph: Graph, order: list[int]) -> bool:
    """Whether the nodes hold no operation on shapes: scalars in, scalars everywhere."""
    plain = (LEAF, ELEMENTWISE, SELECT)
    return all(op.kind in plain for op in {graph.ops[i] for i in order})


def infer_shapes(
    graph: Graph,
    order: list[int],
    inputs: Mapping[str, Shape],
    text: str | None = None,
    known: dict[int, Shape] | None = None,
) -> dict[int, Shape]:
    """The shape of every node of `order`, given the shapes of the variables (absent: scalar).

    `known` has the shapes of nodes outside of `order`; it gets the new ones too.

    Raises LanguageError, with the place, where shapes do not fit an operation.
    """
    shapes = {} if known is None else known
    for i in order:
        op = graph.ops[i]
        args = graph.args[i]
        try:
            if op.kind == LEAF:
                shapes[i] = inputs.get(graph.attrs[i], ()) if op is VARIABLE else ()
            elif op.kind in (ELEMENTWISE, SELECT):
                first = shapes[args[0]]
                if all(shapes[a] == first for a in args):
                    shapes[i] = first
                else:
                    shapes[i] = broadcast_shapes([shapes[a] for a in args])
            else:
                assert op.shape is not None
                shapes[i] = op.shape([shapes[a] for a in args], graph.attrs[i])
            if len(shapes[i]) > 0:
                refuse_giant(shapes[i])
        except ShapeError as error:
            raise LanguageError(str(error), span=graph.span(i), text=text) from None
    return shapes
