"""Columns of values, one for each variable of a program, and the points in their rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from adcli.ad.tasks import Task
    from adcli.graph.program import Program


class Column(NamedTuple):
    """Values of one variable: `values` (rows, *shape) if `per_row`, else one value for all rows."""

    values: Any
    per_row: bool

    def at(self, row: int) -> Any:
        """The value in one row."""
        return self.values[row] if self.per_row else self.values

    def example(self) -> Any:
        """The value in the first row; ones in its shape where there is no row."""
        if not self.per_row or len(self.values):
            return self.at(0)
        shape = getattr(self.values, "shape", (0,))[1:]
        if not shape:
            return 1.0
        import numpy as np

        return np.ones(shape)


class Rows(NamedTuple):
    """A task of a program at the rows of columns, of which there are `number`."""

    program: Program
    columns: Mapping[str, Column]
    number: int
    task: Task

    @property
    def per_row(self) -> list[str]:
        """The variables with a value for each row."""
        return [name for name, column in self.columns.items() if column.per_row]


def point_at(columns: Mapping[str, Column], row: int) -> dict[str, Any]:
    """The point of one row."""
    return {name: c.at(row) for name, c in columns.items()}


def is_over_numbers(program: Program, columns: Mapping[str, Column], rows: int) -> bool:
    """Whether a program knows only numbers, in each row."""
    if not program.is_scalar:
        return False
    for values, per_row in columns.values():
        if hasattr(values, "ndim"):
            if values.ndim != per_row:
                return False
        elif (rows or not per_row) and not is_number(values[0] if per_row else values):
            return False
    return True


def is_number(value: Any) -> bool:
    """Whether a value is a scalar (a Python, NumPy or mpmath number, or a text of digits)."""
    if isinstance(value, (int, float, str)):
        return True
    shape = getattr(value, "shape", None)
    return shape == () if shape is not None else not isinstance(value, (list, tuple))
