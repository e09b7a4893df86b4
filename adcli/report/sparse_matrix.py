"""A sparse Hessian: its elements that may not be 0, by the names of their row and column."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from adcli.report.numbers import exact, short
from adcli.report.rendering import Report

if TYPE_CHECKING:
    from adcli.report.drawn_tables import Tables


@dataclass(frozen=True)
class SparseReport(Report):
    """A sparse Hessian at a point. `labels` are the names of its rows; `held` names inputs that
    records leave out."""

    point: Mapping[str, Any]
    value: float
    labels: Sequence[str]
    matrix: Any
    held: Collection[str] = ()

    @cached_property
    def places(self) -> tuple[Any, Any]:
        """The rows and columns of the elements, row by row."""
        rows = np.repeat(np.arange(len(self.labels)), np.diff(self.matrix.indptr))
        return rows, self.matrix.indices

    def record(self) -> dict[str, Any]:
        """Names of variables, and the elements as scipy.sparse.coo_array takes them."""
        rows, columns = self.places
        return {
            "point": {name: x for name, x in self.point.items() if name not in self.held},
            "value": self.value,
            "variables": list(self.labels),
            "rows": rows.tolist(),
            "columns": columns.tolist(),
            "hessian": self.matrix.data.tolist(),
        }

    def rows(self) -> Iterator[Iterable[str]]:
        """A header, and a line for each element."""
        yield "row", "column", "d2f"
        yield from self._lines(exact)

    def plain(self) -> Iterator[Iterable[str]]:
        """A line for each element."""
        return self._lines(exact)

    def market(self) -> Iterator[str]:
        """The lower triangle in the Matrix Market format, which scipy.io.mmread reads."""
        rows, columns = self.places
        low, size = rows >= columns, len(self.labels)
        yield "%%MatrixMarket matrix coordinate real symmetric\n"
        yield f"{size} {size} {np.count_nonzero(low)}\n"
        kept = (x[low].tolist() for x in (rows + 1, columns + 1, self.matrix.data))
        yield from (f"{i} {j} {exact(x)}\n" for i, j, x in zip(*kept, strict=True))

    def _lines(self, text: Any) -> Iterator[tuple[str, str, str]]:
        for i, j, x in zip(*self.places, self.matrix.data, strict=True):
            yield self.labels[i], self.labels[j], text(float(x))

    def draw(self, tables: Tables, digits: int) -> None:
        """The value, how many elements there are, and the first of them."""
        size, count = len(self.labels), self.matrix.nnz
        tables.heading(f"f = {short(self.value, digits)}")
        lines = self._lines(lambda x: short(x, digits))
        if count:
            tables.rows(["row", "column", "second derivative"], lines, texts=2, total=count)
        tables.sentence(f"{count:,} of {size * size:,} elements may not be 0")
