"""Values of JSON as they came, as numbers, as text, and as JSON again."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Collection
from typing import Any, TypeAlias, cast

from adcli.data.cells import parse_number

_Scanner: TypeAlias = Callable[[str, int], tuple[Any, int]]
_DEPTH = 100


class NumberText(str):
    """A number of a JSON text, digit for digit."""

    __slots__ = ()


def _scanner(decoder: json.JSONDecoder) -> _Scanner:
    """What reads one JSON value at a place of a text, without the searches of `decode`."""
    return cast("_Scanner", vars(decoder)["scan_once"])


_VALUES = _scanner(json.JSONDecoder())
_DIGITS = _scanner(
    json.JSONDecoder(parse_float=NumberText, parse_int=NumberText, parse_constant=NumberText)
)
_LENIENT = _scanner(json.JSONDecoder(parse_int=float))
_PAIRS = _scanner(json.JSONDecoder(parse_int=NumberText, object_pairs_hook=lambda x: _distinct(x)))


class RepeatedKeyError(ValueError):
    """An object that has a key twice: of its values all but one would be lost."""


def value_of(text: str) -> Any:
    """The JSON value that is the whole of `text`; ValueError or RecursionError if there is none.

    RepeatedKeyError for an object, however deep, that has a key twice.
    """
    value = _scan(_VALUES, text)
    if text.count("[") + text.count("{") > _DEPTH and _is_deep(value):
        raise RecursionError
    if not _has_all_quotes(text, value):
        _scan(_PAIRS, text)
    return value


def digits_of(text: str) -> Any:
    """The JSON value of `text`, its numbers (NaN and infinities too) as NumberText."""
    return _scan(_DIGITS, text)


def _has_all_quotes(text: str, value: Any) -> bool:
    """Whether every quote of a text belongs to a key or a value that is in the object, for sure."""
    if type(value) is not dict:
        return False
    strings = sum([type(x) is str for x in value.values()])
    return text.count('"') == 2 * (len(value) + strings)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise RepeatedKeyError(next(key for i, key in enumerate(keys) if key in keys[:i]))
    return found


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
        if isinstance(error, json.JSONDecodeError | RepeatedKeyError) or scanner is _LENIENT:
            raise
        return _scan(_LENIENT, text)  # an integer of more digits than Python converts
    if end != len(text):
        raise json.JSONDecodeError("extra text after the object", text, end)
    return value


def finite(value: Any) -> Any:
    """Nested dicts, lists and numbers, with None for each number that is not finite."""
    if isinstance(value, dict):
        return {name: finite(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def number_of_json(value: Any) -> float | None:
    """A number, or a text that is one; None for anything else."""
    if isinstance(value, str):
        return parse_number(value)
    if not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def text_of_json(exact: Any) -> str | None:
    """What `digits_of` read as a cell of text: None for null, JSON for a list or an object."""
    return exact if exact is None or isinstance(exact, str) else json_of(exact)


def json_of(exact: Any) -> str:
    """A value that `digits_of` read, as JSON."""
    if isinstance(exact, NumberText):
        return str(exact)
    if isinstance(exact, dict):
        return "{" + ", ".join(f"{_quoted(k)}: {json_of(x)}" for k, x in exact.items()) + "}"
    if isinstance(exact, list):
        return f"[{', '.join(map(json_of, exact))}]"
    return _quoted(exact)


def _quoted(plain: Any) -> str:
    """A text, a truth value or null as JSON; a text that UTF-8 does not have by its escapes."""
    text = json.dumps(plain, ensure_ascii=False)
    return text if is_utf8(text) else json.dumps(plain)


def is_utf8(text: str) -> bool:
    """Whether UTF-8 has a text: not with half a pair of surrogates, which JSON may escape."""
    try:
        text.isascii() or text.encode()
    except UnicodeEncodeError:
        return False
    return True


def with_numbers(texts: list[str], rows: list[dict[str, Any]], keys: Collection[str]) -> list[str]:
    """Objects as JSON, as they came except that `keys` are finite numbers, or null."""
    if all(_are_numbers([row[key] for row in rows]) for key in keys):
        return texts
    return [
        text
        if _are_numbers([row[key] for key in keys if row[key] is not None])
        else _rewritten(text, row, keys)
        for text, row in zip(texts, rows, strict=True)
    ]


def _are_numbers(values: list[Any]) -> bool:
    try:
        return {*map(type, values)} <= {int, float} and all(map(math.isfinite, values))
    except OverflowError:
        return False


def _rewritten(text: str, row: dict[str, Any], keys: Collection[str]) -> str:
    exact = digits_of(text)
    return json_of({k: _numeric(row[k]) if k in keys else x for k, x in exact.items()})


def _numeric(value: Any) -> Any:
    """A value with a number as its digits, and null for anything else."""
    if isinstance(value, list):
        return [_numeric(element) for element in value]
    number = number_of_json(value)
    return NumberText(repr(number)) if number is not None and math.isfinite(number) else None


def shape_of_value(value: Any) -> tuple[int, ...] | None:
    """The shape of nested lists of scalars: () for a scalar, None if it is ragged or an object."""
    if not isinstance(value, list):
        return None if isinstance(value, dict) else ()
    inner = {shape_of_value(element) for element in value}
    if not inner:
        return (0,)
    first = inner.pop()
    return None if inner or first is None else (len(value), *first)


def array_shape(value: Any) -> tuple[int, ...]:
    """The shape of a variable whose first value this is: () for anything but an array of
    elements; an empty list says nothing of those behind it."""
    shape = shape_of_value(value) or ()
    return () if 0 in shape else shape
