"""Values of JSON as they came, as numbers, as text, and as JSON again."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, cast

from adcli.data.cells import parse_number

_Scanner: TypeAlias = Callable[[str, int], tuple[Any, int]]
_DEPTH = 100


class _Digits(str):
    """A number of a JSON text, digit for digit."""

    __slots__ = ()


def _scanner(decoder: json.JSONDecoder) -> _Scanner:
    """What reads one JSON value at a place of a text, without the searches of `decode`."""
    return cast("_Scanner", vars(decoder)["scan_once"])


_VALUES = _scanner(json.JSONDecoder())
_DIGITS = _scanner(json.JSONDecoder(parse_float=_Digits, parse_int=_Digits))
_LENIENT = _scanner(json.JSONDecoder(parse_int=float))

_UNUSUAL = re.compile("NaN|Infinity").search


def value_of(text: str) -> Any:
    """The JSON value that is the whole of `text`; ValueError or RecursionError if there is none."""
    value = _scan(_VALUES, text)
    if text.count("[") + text.count("{") > _DEPTH and _is_deep(value):
        raise RecursionError
    return value


def digits_of(text: str) -> Any:
    """The same value with its numbers as text, digit for digit."""
    return _scan(_DIGITS, text)


def _is_deep(value: Any) -> bool:
    """Whether lists and objects are nested more deeply than anyone needs."""
    level = [value]
    for _ in range(_DEPTH):
        lists = [x.values() if isinstance(x, dict) else x for x in level if type(x) in (list, dict)]
        level = list(itertools.chain.from_iterable(lists))
    return bool(level)


def _scan(scanner: _Scanner, text: str) -> Any:
    try:
        value, end = scanner(text, 0)
    except StopIteration as stop:
        raise json.JSONDecodeError("a value is missing", text, stop.value) from None
    except ValueError as error:
        if isinstance(error, json.JSONDecodeError) or scanner is _LENIENT:
            raise
        return _scan(_LENIENT, text)  # an integer of more digits than Python converts
    if end != len(text):
        raise json.JSONDecodeError("extra text after the object", text, end)
    return value


def number_of_json(value: Any) -> float | None:
    """A number, or a text that is one; None for anything else."""
    if isinstance(value, str):
        return parse_number(value)
    if not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def text_of_json(value: Any) -> str:
    """A value as a cell of text, "" for null."""
    if value is None:
        return ""
    return str(value) if isinstance(value, str) else json_of(value)


def json_of(value: Any) -> str:
    """A value as JSON of the standard, null for what is not finite."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError:
        return json.dumps(_plain(value, ()), ensure_ascii=False)


def strict_texts(texts: list[str], rows: list[dict[str, Any]], keys: set[str]) -> list[str]:
    """Objects as JSON of the standard, with numbers for `keys`; copied where they are that."""
    types = {type(row[key]) for key in keys for row in rows}
    if types <= {int, float} and not any(map(_UNUSUAL, texts)):
        return texts
    return [
        text if _is_strict(text, row, keys) else json_of(_plain(row, keys))
        for text, row in zip(texts, rows, strict=True)
    ]


def _is_strict(text: str, row: dict[str, Any], keys: set[str]) -> bool:
    """Whether a row can be copied: JSON of the standard, with numbers where they are used."""
    if _UNUSUAL(text):
        return False
    return not any(isinstance(row[key], str | bool | list) for key in keys)


def _plain(value: Any, keys: Sequence[str] | set[str]) -> Any:
    """The value without NaN and infinities, and with `keys` as numbers."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {k: _numeric(v) if k in keys else _plain(v, ()) for k, v in value.items()}
    return [_plain(element, ()) for element in value] if isinstance(value, list) else value


def _numeric(value: Any) -> Any:
    if isinstance(value, list):
        return [_numeric(element) for element in value]
    number = number_of_json(value)
    return number if number is not None and math.isfinite(number) else None


def shape_of_value(value: Any) -> tuple[int, ...] | None:
    """The shape of nested lists of scalars: () for a scalar, None if it is ragged or an object."""
    if not isinstance(value, list):
        return None if isinstance(value, dict) else ()
    inner = {shape_of_value(element) for element in value}
    if not inner:
        return (0,)
    first = inner.pop()
    return None if inner or first is None else (len(value), *first)
