"""Blocks of typed columns, those of Parquet, and these as text and as JSON without a change of any
value.

Numbers have all their digits, dates and times are as ISO 8601 writes them (with the offset from
UTC where there is a zone, and up to nine digits of a second), lists and structs are JSON.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from adcli.data.blocks import FrameBlock, NotHeldError, Origin, TypedColumn
from adcli.data.cells import text_column
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

    def __init__(self, origin: Origin, frame: pl.DataFrame) -> None:
        super().__init__(origin, frame)
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
            f"{self.place(offset)}: column '{name}' does not have "
            f"the shape ({shape}) of earlier rows",
            "a variable, and the columns of CSV, have one shape in the whole file",
        )


def texts_of(series: pl.Series) -> pl.Series:
    """A column as text, null where there is no value. Raises NotHeldError."""
    import polars as pl

    dtype = series.dtype
    if dtype == pl.String:
        return series
    if dtype.is_nested():
        texts = json_of(series)
        return texts.zip_with(series.is_not_null(), text_column([None] * len(series)))
    if dtype in (pl.Binary, pl.Object):
        for offset in series.is_not_null().arg_true():
            raise NotHeldError(offset, "binary data")
        return text_column([None] * len(series))
    return series.dt.to_string("iso") if dtype.is_temporal() else series.cast(pl.String)


def json_of(series: pl.Series) -> pl.Series:
    """A column as JSON texts, `null` where there is no value. Raises NotHeldError."""
    import polars as pl

    dtype = series.dtype
    if isinstance(dtype, pl.Array):
        series, dtype = series.arr.to_list(), pl.List(dtype.inner)
    if isinstance(dtype, pl.List):
        return _json_of_lists(series)
    if isinstance(dtype, pl.Struct):
        return _json_of_structs(series)
    if dtype.is_float():
        for offset in (~series.is_finite()).fill_null(False).arg_true():
            raise NotHeldError(offset, str(series[offset]).replace("nan", "NaN"))
        return series.cast(pl.Float64).cast(pl.String).fill_null("null")
    texts = texts_of(series)
    if not (dtype.is_numeric() or dtype in (pl.Boolean, pl.Null)):
        texts = text_column(None if x is None else quoted(x) for x in texts.to_list())
    return texts.fill_null("null")


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _json_of_lists(series: pl.Series) -> pl.Series:
    lengths = series.list.len().fill_null(0).to_list()
    ends = list(accumulate(lengths, initial=0))
    try:
        elements = json_of(series.filter(series.list.len() > 0).explode()).to_list()
    except NotHeldError as error:
        raise NotHeldError(bisect_right(ends, error.offset) - 1, error.what) from None
    missing = series.is_null().to_list()
    return text_column(
        "null" if is_missing else f"[{', '.join(elements[start:end])}]"
        for is_missing, (start, end) in zip(missing, pairwise(ends), strict=True)
    )


def _json_of_structs(series: pl.Series) -> pl.Series:
    fields: list[Any] = []
    for field in series.struct.fields:
        texts = json_of(series.struct.field(field)).to_list()
        fields.append([f"{quoted(field)}: {text}" for text in texts])
    missing = series.is_null().to_list()
    rows = zip(*fields, strict=True) if fields else [()] * len(series)
    return text_column(
        "null" if is_missing else "{" + ", ".join(row) + "}"
        for is_missing, row in zip(missing, rows, strict=True)
    )
