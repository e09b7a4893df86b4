"""Shape inference: one walk that gives every node its shape, or the place where shapes clash."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from adcli.errors import LanguageError, Span
from adcli.graph.axes import Shape, ShapeError, broadcast_shapes, show_shape
from adcli.graph.graph import Graph
from adcli.graph.primitives import ELEMENTWISE, LEAF, SELECT, VARIABLE

MAX_NUMBERS = 1 << 27
"""Numbers that one array may have: 1 GiB of float64. A short text can ask for any size."""

MAX_AXES = 32
"""Axes that one array may have; NumPy has 64, and a derivative has those of two arrays."""


HINTS = {
    "stack": "the rows of a matrix have one length; concat joins vectors of any length",
    "concat": "the other axes have equal lengths; axis=1 joins along columns",
    "index": "indices count from 0, or from the end: x[-1]; x[1:3] are the second and the third",
    "reshape": "the sizes' product is the number of elements; -1 stands for what is left",
    "matmul": "the columns of the left are the rows of the right; x*y multiplies elements",
    "einsum": 'a letter for each axis, "..." for the others, as in einsum("...ij,j->...i", A, x)',
    "linspace": "linspace(0, 1, 5) is [0, 0.25, 0.5, 0.75, 1]",
    "sum": "axes count from 0, or from the end: axis=-1 is the last",
    ELEMENTWISE: "lengths must be equal or 1, compared from the last axis on",
    SELECT: "lengths must be equal or 1, compared from the last axis on",
}
"""What would be right, by the name or the kind of the operation that shapes do not fit."""


class GiantError(ShapeError):
    """An array that would fill the memory."""


def refuse_giant(shape: Shape) -> None:
    """Raise GiantError for an array that would fill the memory."""
    if len(shape) > MAX_AXES:
        raise GiantError(f"an array has at most {MAX_AXES} axes, not {len(shape)}")
    if prod(shape) > MAX_NUMBERS:
        raise GiantError(
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
            hint = HINTS.get(op.name) or HINTS.get(op.kind)
            if isinstance(error, GiantError):
                hint = "many points go into a file: --points; blocks of it are in memory"
            span = _place(graph, i, error, text)
            raise LanguageError(str(error), hint, span=span, text=text) from None
    return shapes


def _place(graph: Graph, i: int, error: ShapeError, text: str | None) -> Span:
    """Where node i is written, or within its attribute, a text in quotes, what is wrong there."""
    start, end = graph.span(i)
    if error.place is not None and text is not None:
        for quote in "\"'":
            quoted = text.find(quote + graph.attrs[i] + quote, start, end) + 1
            if quoted > 0:
                return quoted + error.place[0], quoted + error.place[1]
    return start, end


def shape_of(
    graph: Graph, node: int, inputs: Mapping[str, Shape], known: dict[int, Shape]
) -> Shape:
    """The shape of a node, which may be new; `known` gets those that it does not have yet."""
    if node not in known:
        infer_shapes(graph, graph.reach_up_to(known, node), inputs, known=known)
    return known[node]
