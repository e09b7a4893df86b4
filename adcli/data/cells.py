"""Cells as numbers, as text and as JSON: one by one, or a column at a time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

JSON_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_CSV_SIGN = re.compile('[",\r\n]')
_ISJSON_NUMBER = re.compile(JSON_NUMBER).fullmatch


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


MISSING_TEXTS = frozenset(["", "na", "n/a", "#n/a", "null", "none"])
"""Texts, in small letters, that say that a value is missing; so does nan."""


def is_missing(text: str) -> bool:
    """Whether a cell, without blanks around it, says that there is no value."""
    return text.lower() in MISSING_TEXTS or text.lower() == "nan"


def shortened(text: str, most: int = 40) -> str:
    """A text for a message, its end left out where it has more than `most` characters."""
    return text if len(text) <= most else text[: most - 3] + "..."


def csv_cell(text: str) -> str:
    """A cell of CSV, in quotes where it needs them (RFC 4180)."""
    return '"' + text.replace('"', '""') + '"' if _CSV_SIGN.search(text) else text


def json_of_cell(text: str) -> str:
    """A cell as JSON: a number as it came, null if it is empty, any other text quoted."""
    if not text:
        return "null"
    stripped = text.strip(" \t")
    if _ISJSON_NUMBER(stripped):
        return stripped
    return json.dumps(text, ensure_ascii=False)


def text_column(cells: Iterable[str | None]) -> pl.Series:
    """A column of texts, null where there is none."""
    import polars as pl

    return pl.Series(list(cells), dtype=pl.String)


def json_of_cells(series: pl.Series) -> pl.Series:
    """A column of cells as JSON, each as by `json_of_cell`."""
    import polars as pl

    if series.str.contains('[\\x00-\\x1f"\\\\]').any():
        return text_column(json_of_cell(x or "") for x in series.to_list())
    text = pl.col(series.name)
    stripped = text.str.strip_chars(" \t")
    out = (
        pl.when(text.is_null() | (text == ""))
        .then(pl.lit("null"))
        .when(stripped.str.contains(f"^(?:{JSON_NUMBER})$"))
        .then(stripped)
    )
    quoted = pl.concat_str(pl.lit('"'), text, pl.lit('"'))
    return series.to_frame().select(out.otherwise(quoted)).to_series()
