"""Numbers as text, exactly or for people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from adcli.data.nulls import finite


def exact(value: Any, precision: int | None = None) -> str:
    """The shortest text that reads back to the same float64, or `precision` digits."""
    if precision is None or isinstance(value, (int, float)):
        return repr(float(value))
    from adcli.engines.mpmath import decimal

    return decimal(value, precision)


def short(value: Any, digits: int, precision: int | None = None) -> str:
    """A number for a table: `digits` significant digits, or as many as were asked for."""
    if precision is not None and not isinstance(value, (int, float)):
        return exact(value, precision)
    return f"{float(value) + 0.0:.{digits}g}"  # -0 is 0 to people


def nested(value: Any) -> Any:
    """A number, or lists of numbers for an array."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return [nested(v) for v in value]
    return value


def flat(value: Any) -> Iterator[Any]:
    """The numbers of a value, the last axis fastest."""
    if hasattr(value, "reshape"):
        yield from value.reshape(-1).tolist()
    elif isinstance(value, (list, tuple)):
        for element in value:
            yield from flat(element)
    else:
        yield value


def shape_of(value: Any) -> tuple[int, ...]:
    """The shape of a number or an array."""
    return tuple(getattr(value, "shape", ()))


def index_label(index: tuple[int, ...]) -> str:
    """`[0,1]`, or nothing for a scalar."""
    return "[" + ",".join(map(str, index)) + "]" if index else ""


def to_json(value: Any, precision: int | None = None) -> str:
    """JSON of nested dicts, lists, strings and numbers; every number by `exact`.

    An infinity, which a point may have although no result may, is null.
    """
    if precision is None:
        try:
            return json.dumps(value, ensure_ascii=False, allow_nan=False)
        except ValueError:
            return json.dumps(finite(value), ensure_ascii=False)
    if isinstance(value, dict):
        items = [f"{json.dumps(k)}: {to_json(v, precision)}" for k, v in value.items()]
        return "{" + ", ".join(items) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join([to_json(v, precision) for v in value]) + "]"
    if value is None or isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    text = exact(value, precision)
    return "null" if "n" in text else text
