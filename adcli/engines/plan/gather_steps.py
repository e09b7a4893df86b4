"""Steps that take and add elements at places that are data, row by row.

Places become indices first, once where they do not change from run to run. What is no place gets
the index behind the last element: there the gathered array has nan, and what is added up gets so
long that it shows. Sums are joined from blocks of rows whose number the shapes decide alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from adcli.algebras.places import flat_places
from adcli.engines.plan.operand import Array, Operand, Step
from adcli.graph.axes import Shape, broadcast_shapes
from adcli.graph.gathering import Pattern, axes_of

JOINED_NUMBERS = 1 << 15
"""Sums of more numbers are not made for each block, which would hold that many."""


def is_by_rows(pattern: Pattern, places: Sequence[Shape]) -> bool:
    """Whether there is a place for each row, and what is taken there is a row."""
    return axes_of(pattern)[0] == 0 and len(broadcast_shapes(list(places))) > 0


def index_step(node: int, places: list[Operand], sizes: Shape, from_end: bool) -> Step:
    """Places in axes of some sizes as one index each."""
    core = broadcast_shapes([x.core for x in places])
    most = prod(sizes)

    def call(*xs: Array) -> None:
        *given, out = xs
        found, bad = flat_places(given, sizes, from_end)
        out[...] = found
        if bad is not None:
            out[bad] = most

    sliced = tuple([len(x.core) == len(core) and x.core[0] == core[0] for x in places])
    return Step(node, core, np.dtype(np.intp), call, places, sliced=sliced)


def padded_step(node: int, table: Operand, count: int, rest: Shape, dtype: Any) -> Step:
    """A table of `count` rows with one more, of nan."""

    def call(x: Array, out: Array) -> None:
        out[:count] = x.reshape(count, *rest)
        out[count] = np.nan

    return Step(node, (count + 1, *rest), dtype, call, [table])


def gather_step(node: int, padded: Operand, index: Operand, dtype: Any) -> Step:
    """The rows of a table at the indices."""

    def call(table: Array, at: Array, out: Array) -> None:
        table.take(at, axis=0, out=out, mode="clip")

    core = (*index.core, *padded.core[1:])
    return Step(node, core, dtype, call, [padded, index], sliced=(False, True))


def scatter_step(
    node: int, x: Operand, index: Operand, shape: Shape, rest: Shape, dtype: Any
) -> Step:
    """Zeros of a shape to which rows are added at the indices, one after the other."""
    join = np.add if prod(shape) <= JOINED_NUMBERS else None
    return Step(
        node,
        shape,
        dtype,
        _adding(prod(shape), prod(rest)),
        [x, index],
        sliced=(True, True) if join else (),
        join=join,
    )


def _adding(size: int, width: int) -> Callable[[Array, Array, Array], None]:
    columns = np.arange(width)

    def call(x: Array, at: Array, out: Array) -> None:
        at = at.reshape(-1)
        if width != 1:
            at = (at[:, np.newaxis] * width + columns).reshape(-1)
        found = np.bincount(at, x.reshape(-1), size)
        out[...] = np.nan if len(found) > size else found.reshape(out.shape)

    return call
