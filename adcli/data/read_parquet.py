"""Parquet, in slices of rows."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from adcli.data.blocks import Block, Origin
from adcli.data.by_polars import polars_reads
from adcli.data.column_layout import ColumnLayout, layout_of
from adcli.data.json_values import array_shape
from adcli.data.typed_block import TypedBlock
from adcli.errors import DataError

if TYPE_CHECKING:
    import polars as pl

PARQUET_ROWS = 1 << 17  # of a block with up to four columns
WIDE_ROWS = 256  # of a block with very many
SLICE_BYTES = 1 << 25
"""About how much is read at once: polars takes its time for each slice, however short."""
FIRST_ROWS = 1 << 11
"""Of the first block, by which everything is prepared while a thread reads on."""


class ParquetReader:
    """A Parquet file read in slices of rows."""

    waits = False

    def __init__(self, name: str, path: str) -> None:
        import polars as pl

        self.name = name
        self.total = os.stat(path).st_size
        self._wanted: frozenset[str] | None = None
        self._row = 0
        with polars_reads(name, "Parquet"):
            self._lazy = pl.scan_parquet(path, glob=False)
            self._rows = int(self._lazy.select(pl.len()).collect().item())
            self.layout = self._layout_of(self._lazy.collect_schema())

    @property
    def done(self) -> int:
        """The read part of the file, in bytes, by the number of rows."""
        return self.total * self._row // max(self._rows, 1)

    def select(self, names: Iterable[str]) -> None:
        """Read only these variables."""
        indexes = {k for name in names for k in self.layout.require(name, self.name).indexes}
        self._wanted = frozenset(self.layout.sources[k][0] for k in indexes)

    def blocks(self) -> Iterator[Block]:
        wanted = self._wanted or frozenset(self.layout.columns)
        names = [name for name in self.layout.columns if name in wanted]
        width = max(4, sum(column in wanted for column, _ in self.layout.sources))
        step = max(PARQUET_ROWS * 4 // width, min(WIDE_ROWS, PARQUET_ROWS))
        many = max(step, SLICE_BYTES // (8 * width) // step * step)
        lazy = self._lazy.select(names)
        while self._row < self._rows:
            with polars_reads(self.name, "Parquet"):
                frame = lazy.slice(self._row, many if self._row else FIRST_ROWS).collect()
            if not frame.height:  # or this would go on for ever
                raise DataError(f"{self.name} has fewer rows than it says: {self._rows:,}")
            first_row = self._row + 1
            for start in range(0, frame.height, step):
                part = frame.slice(start, step)
                self._row += part.height
                yield TypedBlock(Origin(self.name, self.layout, first_row + start), part)

    def empty(self) -> Block:
        origin = Origin(self.name, self.layout, 1)
        return TypedBlock(origin, self._lazy.collect_schema().to_frame())

    def _layout_of(self, schema: pl.Schema) -> ColumnLayout:
        """The columns; the shapes of the first lists that are not null, () for an empty one."""
        shapes: dict[str, tuple[int, ...]] = dict.fromkeys(schema, ())
        for column, dtype in schema.items():
            if _is_numeric_list(dtype):
                first = self._lazy.select(column).drop_nulls().head(1).collect()
                shapes[column] = array_shape(next(iter(first.to_series().to_list()), None))
        return layout_of(self.name, shapes)


def _is_numeric_list(dtype: pl.DataType) -> bool:
    """Whether values are lists of numbers, nested or not."""
    import polars as pl

    inner: Any = dtype
    while isinstance(inner, pl.List | pl.Array):
        inner = inner.inner
    return inner is not dtype and bool(inner.is_numeric() or inner == pl.Boolean)
