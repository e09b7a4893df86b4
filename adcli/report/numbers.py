"""Numbers as text, exactly or for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from adcli.data.json_values import finite

BLOCK = 1 << 16
"""Numbers of a large array that are objects, or texts, at the same time."""


def exact(value: Any, precision: int | None = None) -> str:
    """The shortest text that reads back to the same float64, or `precision` digits."""
    if precision is None or isinstance(value, (int, float)):
        return repr(float(value))
    from adcli.algebras.digits import decimal

    return decimal(value, precision)


def short(value: Any, digits: int, precision: int | None = None) -> str:
    """A number for a table: `digits` significant digits, or as many as were asked for."""
    if precision is not None and not isinstance(value, (int, float)):
        return exact(value, precision)
    return f"{float(value) + 0.0:.{digits}g}"  # -0 is 0 to people


UNITS = {"h": 3600.0, "min": 60.0, "s": 1.0, "ms": 1e-3, "µs": 1e-6}
"""Units of time with their seconds."""


def duration(seconds: float | None, is_estimate: bool = False) -> str:
    """`1.23 ms`; `≈ 1.23 ms` of an estimate."""
    if seconds is None:
        return ""
    about = "≈ " if is_estimate else ""
    unit = next((unit for unit, size in UNITS.items() if seconds >= size), "µs")
    return f"{about}{seconds / UNITS[unit]:.3g} {unit}"


def nested(value: Any) -> Any:
    """A value with lists of numbers for its arrays."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, dict):
        return {key: nested(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [nested(v) for v in value]
    return value


def flat(value: Any) -> Iterator[Any]:
    """The numbers of a value, the last axis fastest."""
    if hasattr(value, "reshape"):
        numbers = value.reshape(-1)
        for start in range(0, len(numbers), BLOCK):
            yield from numbers[start : start + BLOCK].tolist()
    elif isinstance(value, (list, tuple)):
        for element in value:
            yield from flat(element)
    else:
        yield value


def shape_of(value: Any) -> tuple[int, ...]:
    """The shape of a number or an array."""
    return tuple(getattr(value, "shape", ()))


def shape_words(shape: tuple[int, ...]) -> str:
    """What a value is by its shape: `number`, `vector of 10`, `3×2 matrix`, `2×3×4 array`.

    >>> shape_words((3, 2))
    '3×2 matrix'
    """
    if len(shape) < 2:
        return f"vector of {shape[0]}" if shape else "number"
    return f"{'×'.join(map(str, shape))} {'matrix' if len(shape) == 2 else 'array'}"


def exact_rows(values: list[Any], precision: int) -> Any:
    """`precision` digits of results over rows: a list of texts, or an array (rows, *shape) of them.

    A row that failed has nan for a result of any shape; where shapes differ within rows, the
    numbers of a row are one axis.
    """
    if not any(isinstance(v, (list, tuple)) or hasattr(v, "shape") for v in values):
        return [exact(v, precision) for v in values]
    import numpy as np

    rows = [list(flat(v)) for v in values]
    count = max(map(len, rows))
    whole = values[[len(row) for row in rows].index(count)]
    inner = {shape_of(v) for v in whole} if isinstance(whole, list) else set()
    shape = () if len(inner) > 1 else np.shape(whole)
    texts = [
        [exact(x, precision) for x in row] if len(row) == count else ["nan"] * count for row in rows
    ]
    return np.array(texts, dtype=object).reshape((len(rows), *(shape or (count,))))


def joined(texts: Iterable[str], separator: str, size: int = BLOCK) -> Iterator[str]:
    """All texts with a separator between them, in pieces of `size` texts."""
    texts, between = iter(texts), ""
    while batch := list(islice(texts, size)):
        yield between + separator.join(batch)
        between = separator


def to_json(value: Any, precision: int | None = None) -> str:
    """JSON as by `json_pieces`, in one piece."""
    return "".join(json_pieces(value, precision))


def json_pieces(value: Any, precision: int | None = None) -> Iterator[str]:
    """JSON of nested dicts, lists, arrays, strings and numbers; large arrays come block by block.

    Counts are whole numbers, and every other number is written by `exact`. An infinity, which a
    point may have although no result may, is null.
    """
    size = getattr(value, "size", 0)
    if isinstance(value, dict):
        parts = [(f"{_plain_json(k)}: ", v) for k, v in value.items()]
        yield from _bracketed("{", parts, "}", precision)
    elif size > BLOCK and (rows := BLOCK * len(value) // size):
        blocks = (value[start : start + rows] for start in range(0, len(value), rows))
        yield "["
        yield from joined((to_json(block, precision)[1:-1] for block in blocks), ", ", 1)
        yield "]"
    elif size > BLOCK or (isinstance(value, list) and any(hasattr(v, "tolist") for v in value)):
        yield from _bracketed("[", (("", v) for v in value), "]", precision)
    elif precision is None or value is None or isinstance(value, (str, int)):
        yield _plain_json(nested(value))
    elif isinstance(value, (list, tuple)):
        yield from _bracketed("[", (("", v) for v in value), "]", precision)
    elif hasattr(value, "tolist"):
        yield from json_pieces(value.tolist(), precision)
    else:
        text = exact(value, precision)
        yield "null" if "n" in text else text


def _plain_json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError:
        return json.dumps(finite(value), ensure_ascii=False)


def _bracketed(
    left: str, parts: Iterable[tuple[str, Any]], right: str, precision: int | None
) -> Iterator[str]:
    """The JSON of parts, each behind its key, between brackets."""
    yield left
    for number, (key, part) in enumerate(parts):
        yield (", " if number else "") + key
        yield from json_pieces(part, precision)
    yield right


def bracketed(text: str) -> str:
    """A number's text as a factor or a later term: a negative one in brackets."""
    return f"({text})" if text.startswith("-") else text
