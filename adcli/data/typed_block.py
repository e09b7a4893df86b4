"""Blocks of typed columns, those of Parquet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from adcli.data.blocks import FrameBlock, TypedColumn
from adcli.data.column_layout import ColumnLayout, at_row
from adcli.data.typed_texts import json_of, texts_of
from adcli.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray


class TypedBlock(FrameBlock):
    """Rows in a polars frame of typed columns, under their own names.

    A column of lists is taken apart, into one flat column for each element, only where these
    are asked for: as it is, it may have any shape in any row.
    """

    def __init__(
        self, name: str, layout: ColumnLayout, first_row: int, frame: pl.DataFrame
    ) -> None:
        super().__init__(name, layout, first_row, frame, None)
        self._flat: dict[str, list[pl.Series]] = {}

    def _cut(self, rows: int) -> None:
        super()._cut(rows)
        self._flat = {}

    def _series(self, index: int) -> pl.Series:
        column, place = self.layout.sources[index]
        if place is None:
            return self._frame[column]
        if column not in self._flat:
            self._flat[column] = self._flattened(column)
        return self._flat[column][place]

    def _read_numbers(self, index: int) -> NDArray[np.float64]:
        import polars as pl

        series = self._series(index)
        if isinstance(series.dtype, pl.List):
            for offset in (series.list.len() == 0).fill_null(False).arg_true():
                raise self.no_elements(offset, self.layout.labels[index])
        return super()._read_numbers(index)

    def series_at(self, index: int) -> pl.Series:
        with self.telling(self.layout.labels[index], "CSV"):
            return texts_of(self._series(index))

    def json_at(self, index: int) -> pl.Series:
        with self.telling(self.layout.labels[index], "JSON"):
            return json_of(self._series(index))

    def json_whole(self, name: str) -> pl.Series | None:
        series = self._frame.get_column(name, default=None)
        if series is None:
            return None
        with self.telling(name, "JSON"):
            return json_of(series)

    def kept(self, used: frozenset[int]) -> Iterable[TypedColumn]:
        return [TypedColumn(name, self._frame[name], None) for name in self.layout.columns]

    def _flattened(self, name: str) -> list[pl.Series]:
        """The elements of a column of lists, in C order."""
        import polars as pl

        shape = self.layout.groups[name].shape
        level = [self._frame[name]]
        for axis, length in enumerate(shape):
            deeper: list[pl.Series] = []
            for series in level:
                if isinstance(series.dtype, pl.Array):
                    deeper += [series.arr.get(i) for i in range(length)]
                    continue
                wrong = (series.list.len() != shape[axis]).fill_null(False)
                if wrong.any():
                    raise self._misshapen(name, wrong.arg_true()[0])
                deeper += [series.list.get(i, null_on_oob=True) for i in range(length)]
            level = deeper
        return level

    def _misshapen(self, name: str, offset: int) -> DataError:
        shape = ", ".join(map(str, self.layout.groups[name].shape))
        return DataError(
            f"{at_row(self.name, self.first_row + offset, None)}: column '{name}' does not have "
            f"the shape ({shape}) of earlier rows",
            "a variable, and the columns of CSV, have one shape in the whole file",
        )
