"""Whether row i of a model depends on row i of the data alone.

Then a table is computed block by block, and the model can predict for other rows.
"""

from __future__ import annotations

from collections.abc import Mapping

from adcli.graph.axes import Shape
from adcli.graph.graph import Graph
from adcli.graph.primitives import ELEMENTWISE, SELECT
from adcli.graph.shapes import infer_shapes
from adcli.graph.structure import INDEX, MATMUL, SUM

_WHOLE_AXIS = ((None, None, None), (None, None, 1), (0, None, None))
"""Slices that take all of an axis."""


def is_row_wise(graph: Graph, output: int, columns: set[int], shapes: Mapping[str, Shape]) -> bool:
    """Whether the first axis of the output, as that of the `columns`, runs over rows throughout.

    `shapes` are those of the variables (absent: scalar). An operation that is not known to keep
    rows apart counts as one that mixes them.
    """
    order = graph.reach([output])
    known = infer_shapes(graph, order, shapes)
    over_rows: set[int] = set()
    for i in order:
        if i in columns:
            over_rows.add(i)
        elif any(a in over_rows for a in graph.args[i]):
            if not _keeps_rows(graph, i, known, over_rows):
                return False
            over_rows.add(i)
    return output in over_rows or known[output] == ()


def _keeps_rows(graph: Graph, i: int, shapes: dict[int, Shape], over_rows: set[int]) -> bool:
    op, attr, args = graph.ops[i], graph.attrs[i], graph.args[i]
    first = args[0]
    if op.kind in (ELEMENTWISE, SELECT):
        rank = len(shapes[i])
        return all(
            len(shapes[a]) == rank if a in over_rows else _is_shared(shapes[a], rank) for a in args
        )
    if op is INDEX:
        return isinstance(attr[0], tuple) and attr[0] in _WHOLE_AXIS
    if op is MATMUL:
        return first in over_rows and len(shapes[first]) >= 2 and args[1] not in over_rows
    if op.kind == "reduction" or op is SUM:
        return attr is not None and attr % max(len(shapes[first]), 1) != 0
    if op.name == "expand":
        return bool(attr % len(shapes[i]) != 0)
    return False


def _is_shared(shape: Shape, rank: int) -> bool:
    """Whether an operand that has no rows is the same for all rows."""
    return len(shape) < rank or shape[0] == 1
