"""Parquet, in slices of rows."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from adcli.data.blocks import Block, FrameBlock
from adcli.data.by_polars import polars_reads
from adcli.data.json_values import shape_of_value
from adcli.data.layout import Layout, at_row, nested_layout
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
        """Read only these variables; others are null."""
        indexes = {k for name in names for k in self.layout.require(name, self.name).indexes}
        groups = self.layout.groups.items()
        self._wanted = frozenset(n for n, group in groups if indexes.intersection(group.indexes))

    def blocks(self) -> Iterator[Block]:
        groups = self.layout.groups
        names = [n for n in groups if not self._wanted or n in self._wanted]
        width = max(4, sum(len(groups[name].indexes) for name in names))
        step = max(PARQUET_ROWS * 4 // width, min(WIDE_ROWS, PARQUET_ROWS))
        many = max(step, SLICE_BYTES // (8 * width) // step * step)
        lazy = self._lazy.select(names)
        while self._row < self._rows:
            with polars_reads(self.name, "Parquet"):
                frame = lazy.slice(self._row, many if self._row else FIRST_ROWS).collect()
            if not frame.height:  # or this would go on for ever
                raise DataError(f"{self.name} has fewer rows than it says: {self._rows:,}")
            first_row = self._row + 1
            frame = self._flatten(frame, first_row)
            for start in range(0, frame.height, step):
                part = frame.slice(start, step)
                self._row += part.height
                yield FrameBlock(self.name, self.layout, first_row + start, part, None)

    def _layout_of(self, schema: pl.Schema) -> Layout:
        """The columns; the shapes of the first lists that are not null."""
        shapes: dict[str, tuple[int, ...]] = dict.fromkeys(schema, ())
        for column, dtype in schema.items():
            if _is_numeric_list(dtype):
                shapes[column] = self._shape_of(column)
        return nested_layout(self.name, shapes)

    def _shape_of(self, column: str) -> tuple[int, ...]:
        values = self._lazy.select(column).drop_nulls().head(1).collect().to_series().to_list()
        return (shape_of_value(values[0]) or ()) if values else (0,)

    def _flatten(self, frame: pl.DataFrame, first_row: int) -> pl.DataFrame:
        """One column a number, named by position."""
        import polars as pl

        columns: list[pl.Series] = []
        for name, (shape, indexes) in self.layout.groups.items():
            if name not in frame.columns:
                columns += [pl.repeat(None, frame.height, dtype=pl.Null, eager=True)] * len(indexes)
                continue
            level = [frame[name]]
            for axis, length in enumerate(shape):
                level = [
                    self._element(x, i, name, shape, axis, first_row)
                    for x in level
                    for i in range(length)
                ]
            columns += level
        return pl.DataFrame([x.alias(str(i)) for i, x in enumerate(columns)])

    def _element(
        self,
        series: pl.Series,
        index: int,
        name: str,
        shape: tuple[int, ...],
        axis: int,
        first_row: int,
    ) -> pl.Series:
        import polars as pl

        if isinstance(series.dtype, pl.Array):
            return series.arr.get(index)
        wrong = series.list.len() != shape[axis]
        if index == 0 and wrong.any():
            row = first_row + wrong.fill_null(False).arg_true()[0]
            raise DataError(
                f"{at_row(self.name, row, None)}: column '{name}' does not have the shape "
                f"({', '.join(map(str, shape))}) of earlier rows",
                "a variable has one shape in the whole file",
            )
        return series.list.get(index, null_on_oob=True)


def _is_numeric_list(dtype: pl.DataType) -> bool:
    """Whether values are lists of numbers, nested or not."""
    import polars as pl

    inner: Any = dtype
    while isinstance(inner, pl.List | pl.Array):
        inner = inner.inner
    return inner is not dtype and bool(inner.is_numeric() or inner == pl.Boolean)
