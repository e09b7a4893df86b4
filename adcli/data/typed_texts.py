"""Typed columns, those of Parquet, as text and as JSON, without a change of any value.

Numbers have all their digits, dates and times are as ISO 8601 writes them (with the offset from
UTC where there is a zone, and up to nine digits of a second), lists and structs are JSON.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from adcli.data.cells import text_column

if TYPE_CHECKING:
    import polars as pl


class NotHeldError(Exception):
    """A value that a format cannot hold: its offset in the column, and what it is."""

    def __init__(self, offset: int, what: str) -> None:
        super().__init__(what)
        self.offset = offset
        self.what = what


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
    """A text as JSON."""
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
