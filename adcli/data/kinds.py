"""What columns of text can be in a format that has types, when all their values are known.

The type of a column is not decided by its first rows. While rows stream by, their texts are held
with the set of types that give each of them back: an integer as it is written, a number of which
float64 has every digit. Only what is common to all rows is left. A text of CSV can always stay a
text (`007`, `1e400`, or one row of words among numbers); a number of JSON cannot, nor can a column
have numbers and texts: where nothing is common, an error names the row.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from adcli.data.cells import JSON_NUMBER, text_column
from adcli.data.json_values import NumberText, digits_of

if TYPE_CHECKING:
    import polars as pl

_KINDS = BOOLEAN, INTEGER, UNSIGNED, FLOAT, TEXT = "Boolean", "Int64", "UInt64", "Float64", "String"
"""Kinds of single values by the names of polars' types; of those that fit the first is taken."""
ANY = frozenset(_KINDS)
_NUMBERS = frozenset((INTEGER, UNSIGNED, FLOAT))
_IS_INTEGER = re.compile(r"-?[1-9][0-9]*|0").fullmatch


class Lists(NamedTuple):
    """Lists of values."""

    inner: Kinds


class Structs(NamedTuple):
    """Objects with these keys, in the order of the first one."""

    fields: dict[str, Kinds]


Kinds: TypeAlias = "frozenset[str] | Lists | Structs"


def merged(a: Kinds | None, b: Kinds | None) -> Kinds | None:
    """The kinds that values of both `a` and `b` can have; None if there are none."""
    if a is None or b is None:
        return None
    if a == ANY or a is b:
        return b
    if b == ANY:
        return a
    if isinstance(a, Lists) and isinstance(b, Lists):
        inner = merged(a.inner, b.inner)
        return None if inner is None else Lists(inner)
    if isinstance(a, Structs) and isinstance(b, Structs):
        if a.fields.keys() != b.fields.keys():
            return None
        both = {key: merged(kinds, b.fields[key]) for key, kinds in a.fields.items()}
        found = {key: kinds for key, kinds in both.items() if kinds is not None}
        return Structs(found) if len(found) == len(both) else None
    return (a & b or None) if isinstance(a, frozenset) and isinstance(b, frozenset) else None


def kinds_of_cells(series: pl.Series) -> frozenset[str]:
    """What a column of CSV cells can be: always a text, too."""
    texts = series.drop_nulls()
    if not len(texts):
        return ANY
    if texts.is_in(["true", "false"]).all():
        return frozenset((BOOLEAN, TEXT))
    return kinds_of_numbers(texts) | {TEXT}


def kinds_of_numbers(texts: pl.Series) -> frozenset[str]:
    """What all numbers of a column, without nulls, can be."""
    import polars as pl

    integers = texts.cast(pl.Int64, strict=False)
    if _give_back(integers, texts):
        found = {INTEGER}
        lowest: Any = integers.min()
        highest: Any = integers.max()
        found |= {UNSIGNED} if lowest >= 0 else set()
        if max(-lowest, highest) <= 1 << 53:
            return frozenset(found | {FLOAT})
    else:
        found = {UNSIGNED} if _give_back(texts.cast(pl.UInt64, strict=False), texts) else set()
    numbers = texts.cast(pl.Float64, strict=False)
    if not numbers.null_count():
        back = numbers.cast(pl.String)
        other = back != texts
        if not other.any() or _have_the_digits(texts.filter(other), back.filter(other)):
            found.add(FLOAT)
    return frozenset(found)


def _give_back(numbers: pl.Series, texts: pl.Series) -> bool:
    """Whether numbers are written like the texts that they were read from."""
    import polars as pl

    return not numbers.null_count() and bool((numbers.cast(pl.String) == texts).all())


def _have_the_digits(texts: pl.Series, back: pl.Series) -> bool:
    """Whether texts are finite numbers with the digits that those read and written again have."""
    if not texts.str.contains(f"^(?:{JSON_NUMBER})$").all():
        return False
    digits = [
        x.str.replace("[eE].*$", "").str.replace_all("[^0-9]", "").str.strip_chars("0")
        for x in (texts, back)
    ]
    return bool((digits[0] == digits[1]).all())


def kinds_of_json(values: Iterable[Any]) -> Kinds | None:
    """What values that `digits_of` read can be, in one column; None for nothing."""
    values = [value for value in values if value is not None]
    types = {*map(type, values)}
    if not types:
        return ANY
    if types == {NumberText}:
        return kinds_of_numbers(text_column(map(_as_number, values))) or None
    if len(types) > 1:
        return None
    if types <= {str, bool}:
        return kinds_of_value(values[0])
    return reduce(merged, map(kinds_of_value, values))


def kinds_of_value(value: Any) -> Kinds | None:
    """What one value that `digits_of` read can be; None for nothing."""
    if value is None:
        return ANY
    if isinstance(value, NumberText):
        return _kinds_of_number(_as_number(value)) or None
    if isinstance(value, str):
        return frozenset((TEXT,))
    if isinstance(value, bool):
        return frozenset((BOOLEAN,))
    if isinstance(value, list):
        inner = kinds_of_json(value) if value else ANY
        return None if inner is None else Lists(inner)
    fields = {key: kinds_of_value(x) for key, x in value.items()}
    known = {key: kinds for key, kinds in fields.items() if kinds is not None}
    return Structs(known) if known and len(known) == len(fields) else None


def odd_one(known: Kinds, rows: Iterable[Kinds | None]) -> tuple[int, str]:
    """The first row that no type can hold beside `known`, those before it, and what it has."""
    for offset, kinds in enumerate(rows):
        if kinds is None:
            return offset, (
                "a list of mixed types, an empty object, or a number with more digits than float64"
            )
        both = merged(known, kinds)
        if both is None:
            return offset, f"{_described(kinds)} where rows before it have {_described(known)}"
        known = both
    raise AssertionError("all rows are of one kind")


def _described(kinds: Kinds) -> str:
    if isinstance(kinds, Lists):
        return "empty lists" if kinds.inner == ANY else "lists of " + _described(kinds.inner)
    if isinstance(kinds, Structs):
        return "objects with the keys " + ", ".join(kinds.fields)
    if kinds == ANY:
        return "nothing"
    if UNSIGNED in kinds:
        return "integers" if INTEGER in kinds else "integers beyond int64"
    names = {BOOLEAN: "truth values", TEXT: "texts", FLOAT: "numbers of float64"}
    return names.get(_first(kinds), "negative integers")


def _as_number(digits: str) -> str:
    """A number of JSON as polars and Python write it: infinities have a shorter name."""
    return digits.replace("Infinity", "inf")


def _kinds_of_number(text: str) -> frozenset[str]:
    found = set()
    if len(text) < 22 and _IS_INTEGER(text):
        found |= {INTEGER} if -(1 << 63) <= int(text) < 1 << 63 else set()
        found |= {UNSIGNED} if 0 <= int(text) < 1 << 64 else set()
    if text in ("NaN", "inf", "-inf") or _is_exact(text):
        found.add(FLOAT)
    return frozenset(found)


def _is_exact(text: str) -> bool:
    """Whether a finite float64 has all digits of a number."""
    from decimal import Decimal

    number = float(text)
    return math.isfinite(number) and Decimal(text) == Decimal(repr(number))


def cast(series: pl.Series, kinds: Kinds) -> pl.Series:
    """A column of texts (JSON where they are lists or objects) in the type that its kinds say."""
    import polars as pl

    if not isinstance(kinds, frozenset):
        values = [None if x is None else _plain(digits_of(x), kinds) for x in series.to_list()]
        return pl.Series(series.name, values, dtype=_dtype(kinds), strict=True)
    if kinds == ANY or _first(kinds) == TEXT:
        return series
    if _first(kinds) == BOOLEAN:
        return series == "true"
    return series.cast(_dtype(kinds), strict=True)


def _first(kinds: frozenset[str]) -> str:
    return next(kind for kind in _KINDS if kind in kinds)


def _dtype(kinds: Kinds) -> Any:
    import polars as pl

    if isinstance(kinds, Lists):
        return pl.List(_dtype(kinds.inner))
    if isinstance(kinds, Structs):
        return pl.Struct({key: _dtype(inner) for key, inner in kinds.fields.items()})
    return getattr(pl, TEXT if kinds == ANY else _first(kinds))


def _plain(value: Any, kinds: Kinds) -> Any:
    """A value that `digits_of` read as Python has it, its numbers of one type."""
    if isinstance(value, NumberText):
        assert isinstance(kinds, frozenset)
        return float(value) if _first(kinds) == FLOAT else int(value)
    if isinstance(value, list):
        assert isinstance(kinds, Lists)
        return [_plain(x, kinds.inner) for x in value]
    if isinstance(value, dict):
        assert isinstance(kinds, Structs)
        return {key: _plain(x, kinds.fields[key]) for key, x in value.items()}
    return value
