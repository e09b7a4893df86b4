"""Values that only pass through a command: the text of a table's cells is the text of the result's.

Told of CSV and TSV to CSV, where a result begins with the table's columns, and of JSON Lines to
JSON, where it has the row as `point`.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import adcli


def changed(arguments: list[str], code: int, table: bytes, stdout: str) -> str | None:
    """What a run over points has changed of its table; None if nothing, or if it cannot be told."""
    is_whole = code == 0 or (code == 1 and "null" in arguments and bool(stdout))
    if not is_whole or "--points" not in arguments or "--format" not in arguments:
        return None
    source, form = " ".join(arguments), arguments[arguments.index("--format") + 1]
    try:
        text = table.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if "jsonl" in source and form == "json":
        used = adcli.function(arguments[-1]).variables
        given, found = _objects(text), [row.get("point", {}) for row in _objects(stdout)]
        return _compared(*([_without(used, row) for row in rows] for rows in (given, found)))
    if form == "csv" and ("csv" in source.replace("--format csv", "") or "tsv" in source):
        given = _rows(text, "\t" if "tsv" in source else ",")
        found = _rows(stdout, ",")
        width = len(given[0]) if given else 0
        given = [[*row, *[""] * (width - len(row))] for row in given]
        given[:1] = [[name.strip() for name in row] for row in given[:1]]
        return _compared(given, [row[:width] for row in found])
    return None


def _rows(text: str, separator: str) -> list[list[str]]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    return [row for row in rows if row]


def _objects(text: str) -> list[Any]:
    """The objects of JSON Lines, with their numbers as texts."""
    return [
        json.loads(line, parse_float=str, parse_int=str, parse_constant=str)
        for line in text.split("\n")
        if line.strip()
    ]


def _without(used: tuple[str, ...], row: dict[str, Any]) -> dict[str, Any]:
    """A row without the variables, which are numbers in a result, and null where they failed."""
    return {name: x for name, x in row.items() if name not in used}


def _compared(given: list[Any], found: list[Any]) -> str | None:
    if len(given) != len(found):
        return f"{len(found)} rows of {len(given)}"
    return next((f"{b!r} for {a!r}" for a, b in zip(given, found, strict=True) if a != b), None)
