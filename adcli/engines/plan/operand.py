"""Stored arrays as the steps of a plan see them, and the steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

from adcli.graph.axes import Shape

Array = Any
View = Callable[[Array], Array]


@dataclass(frozen=True)
class Operand:
    """A stored array as a step sees it.

    root    the node that owns the memory
    views   what leads from there to the operand, in order
    core    the operand's shape
    rows    whether a range of the root's first axis gives the same range of the operand's
    plain   whether it is contiguous, as stored
    """

    root: int
    core: Shape
    views: tuple[View, ...] = ()
    rows: bool = True
    plain: bool = True

    def seen(self, view: View, core: Shape, rows: bool = False, plain: bool = False) -> Operand:
        """The operand through one more view."""
        rows, plain = self.rows and rows, self.plain and plain
        return Operand(self.root, core, (*self.views, view), rows, plain)


@dataclass
class Step:
    """One operation.

    call       `(*operands, out)` where it `writes`, else `(*operands) -> array`
    dtype      of the result: the plan's, or bool for a comparison
    sliced     for each operand, whether a row of the result needs only the same row of it (True),
               or all of it (False); empty if the step does not go row by row
    join       a reduction over rows: the ufunc that joins the results for parts of the rows
    in_place   whether the result may lie where an operand of the same core was
    """

    node: int
    core: Shape
    dtype: Any
    call: Callable[..., Any]
    operands: list[Operand]
    writes: bool = True
    sliced: tuple[bool, ...] = ()
    join: Any = None
    in_place: bool = False

    @property
    def rows(self) -> int:
        """The length of the axis that the step can be cut along (0: it cannot)."""
        if not self.sliced:
            return 0
        return self.operands[0].core[0] if self.join else self.core[0]

    @property
    def size(self) -> int:
        """Numbers in the result."""
        return prod(self.core)

    @property
    def bytes(self) -> int:
        """The size of the result in memory."""
        return self.size * int(self.dtype.itemsize)


def seen(operand: Operand, x: Array) -> Array:
    """The array of an operand, from its root's."""
    for view in operand.views:
        x = view(x)
    return x


def needed(steps: list[Step], outputs: list[Operand]) -> list[Step]:
    """The steps that an output depends on (not only on the shape of their results)."""
    wanted = {x.root for x in outputs}
    found = []
    for step in reversed(steps):
        if step.node in wanted:
            found.append(step)
            wanted |= {x.root for x in step.operands}
    return found[::-1]
