"""Cells as numbers, as text and as JSON: one by one, or a column at a time."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

_JSON_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_IS_JSON_NUMBER = re.compile(_JSON_NUMBER).fullmatch


def parse_number(text: str) -> float | None:
    """The float64 nearest to a decimal number, inf or nan; None if the text is none of these.

    Spaces around it are fine; what only Python calls a number (`1_000`, `١`) is not one.
    """
    if not text.isascii() or "_" in text:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def json_number(number: float) -> str:
    """A float64 in JSON: the shortest text that reads back to it, null if it is not finite."""
    return repr(number) if math.isfinite(number) else "null"


def json_of_cell(text: str) -> str:
    """A cell as JSON: a number as it came, null if it is missing, any other text quoted."""
    stripped = text.strip(" \t")
    if not stripped:
        return "null"
    if _IS_JSON_NUMBER(stripped):
        return stripped
    return json.dumps(text, ensure_ascii=False)


def text_frame(columns: Sequence[Sequence[str]]) -> pl.DataFrame:
    """Columns of text named by their position, null where a cell is empty."""
    import polars as pl

    series = [
        pl.Series(str(i), [cell or None for cell in cells], dtype=pl.String)
        for i, cells in enumerate(columns)
    ]
    return pl.DataFrame(series)


def csv_series(series: pl.Series) -> pl.Series:
    """A column as text: what is no plain value (a list, a struct) as JSON."""
    import polars as pl

    if series.dtype.is_nested() or series.dtype in (pl.Binary, pl.Object):
        texts = [
            None if value is None else json.dumps(value, ensure_ascii=False, default=str)
            for value in series.to_list()
        ]
        return pl.Series(series.name, texts, dtype=pl.String)
    return series.cast(pl.String)


def json_series(series: pl.Series, typed: bool) -> pl.Series:
    """A column as JSON texts; a text that looks like a number is one unless columns are `typed`."""
    import polars as pl

    dtype = series.dtype
    if dtype.is_nested():
        return csv_series(series).fill_null("null")
    text = pl.col(series.name)
    out: Any
    if dtype.is_float():
        exact = text.cast(pl.Float64)
        out = pl.when(exact.is_finite()).then(exact.cast(pl.String))
        return series.to_frame().select(out.otherwise(pl.lit("null"))).to_series()
    if dtype.is_integer() or dtype in (pl.Boolean, pl.Null):
        return series.cast(pl.String).fill_null("null")
    if typed or dtype != pl.String:
        series = csv_series(series)
        return pl.Series(series.name, [_quoted(x) for x in series.to_list()], dtype=pl.String)
    if series.str.contains('[\\x00-\\x1f"\\\\]').any():
        texts = [json_of_cell(x or "") for x in series.to_list()]
        return pl.Series(series.name, texts, dtype=pl.String)
    stripped = text.str.strip_chars(" \t")
    out = (
        pl.when(text.is_null() | (stripped == ""))
        .then(pl.lit("null"))
        .when(stripped.str.contains(f"^(?:{_JSON_NUMBER})$"))
        .then(stripped)
    )
    quoted = pl.concat_str(pl.lit('"'), text, pl.lit('"'))
    return series.to_frame().select(out.otherwise(quoted)).to_series()


def _quoted(text: str | None) -> str:
    return "null" if text is None else json.dumps(text, ensure_ascii=False)
