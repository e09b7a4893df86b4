"""JSON Lines: chunks of plain numbers by polars, all others by the standard library."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from adcli.data.blocks import WIDE_COLUMNS, Block, Origin
from adcli.data.by_polars import polars_reads
from adcli.data.column_layout import ColumnLayout, at_row, check_names, layout_of
from adcli.data.json_blocks import NumberLinesBlock, ObjectBlock
from adcli.data.json_values import RepeatedKeyError, array_shape, value_of
from adcli.data.source import Chunk, Source, read_chunks
from adcli.errors import DataError


def read_json(source: Source, block_bytes: int) -> tuple[ColumnLayout, Iterator[Block]]:
    """The layout that the first rows give, and the blocks."""
    chunks = read_chunks(source, block_bytes)
    parsed = (_parse_json(source.name, chunk, 1) for chunk in chunks)
    first = next((rows for rows in parsed if rows.texts), None)
    if first is None:
        raise DataError(f"{source.name} is empty", "each line is one JSON object")
    layout = _layout(source.name, first.objects)
    return layout, _blocks(source.name, layout, first, chunks)


def _blocks(
    name: str, layout: ColumnLayout, first: _Objects, chunks: Iterator[Chunk]
) -> Iterator[Block]:
    yield ObjectBlock(Origin(name, layout, 1, first.lines), first.texts, first.objects)
    row = 1 + len(first.texts)
    for chunk in chunks:
        block: Block | None = _number_lines(name, layout, chunk, row)
        if block is None:
            rows = _parse_json(name, chunk, row, layout.columns)
            block = ObjectBlock(Origin(name, layout, row, rows.lines), rows.texts, rows.objects)
        if block.rows:
            yield block
            row += block.rows


def _number_lines(name: str, layout: ColumnLayout, chunk: Chunk, row: int) -> Block | None:
    """The rows of a chunk by polars, if they hold nothing but one number for each key."""
    data = chunk.data
    rows = chunk.lines
    scalars = all(place is None for _, place in layout.sources)
    if not scalars or len(layout.labels) > WIDE_COLUMNS:
        return None
    # No key is null below, so this many quotes leave no room for further keys or for texts.
    if data.count(b'"') != 2 * len(layout.labels) * rows:
        return None
    import polars as pl

    try:
        with polars_reads(name, "JSON"):
            schema = dict.fromkeys(layout.labels, pl.Float64)
            frame = pl.read_ndjson(io.BytesIO(data), schema=schema)
    except DataError:
        return None
    if frame.height != rows or any(frame.null_count().row(0)):
        return None
    texts = chunk.text(name).removesuffix("\n").split("\n")
    origin = Origin(name, layout, row, range(chunk.line, chunk.line + rows))
    return NumberLinesBlock(origin, texts, frame)


def _layout(name: str, objects: list[dict[str, Any]]) -> ColumnLayout:
    """The keys of the first object; the shapes of the first values that are not null."""
    shapes = {}
    for key in objects[0]:
        value = next((row[key] for row in objects if row.get(key) is not None), None)
        shapes[key] = array_shape(value)
    return layout_of(name, shapes)


class _Objects(NamedTuple):
    """Consecutive rows: their texts, what these say, and the lines they stand on."""

    texts: list[str]
    objects: list[dict[str, Any]]
    lines: list[int]


def _parse_json(
    name: str, chunk: Chunk, first_row: int, keys: Iterable[str] | None = None
) -> _Objects:
    """The objects on the lines of a chunk, blank lines left out.

    Each must have the `keys`, or those of the first object.
    """
    wanted = None if keys is None else set(keys)
    rows = _Objects([], [], [])
    for line, raw in enumerate(chunk.text(name).split("\n"), chunk.line):
        text = raw.strip(" \t\r")
        if not text:
            continue
        row = first_row + len(rows.texts)
        try:
            value = value_of(text)
        except RepeatedKeyError as error:
            if wanted is None:
                check_names(name, _keys(text))
            raise DataError(f"{at_row(name, row, line)}: more than one '{error}'") from None
        except (ValueError, RecursionError) as error:
            raise _broken_json(name, row, line, error) from None
        if type(value) is not dict:
            raise DataError(
                f"{at_row(name, row, line)}: not a JSON object",
                'each line is one object, such as {"x": 1.5, "y": 2}',
            )
        if wanted is None:
            wanted = set(value)
        elif value.keys() != wanted:
            raise _other_keys(at_row(name, row, line), value.keys(), wanted)
        rows.texts.append(text)
        rows.objects.append(value)
        rows.lines.append(line)
    return rows


def _broken_json(name: str, row: int, line: int, error: Exception) -> DataError:
    what = "nested too deeply" if isinstance(error, RecursionError) else str(error)
    if isinstance(error, json.JSONDecodeError):
        what = f"{error.msg} at character {error.pos + 1}"
    hint = "each line is one whole JSON object"
    return DataError(f"{at_row(name, row, line)}: broken JSON: {what}", hint)


def _keys(text: str) -> list[str]:
    """The keys of a JSON object, repeated ones and all."""
    decoder = json.JSONDecoder(object_pairs_hook=list, parse_int=float)
    return [key for key, _ in decoder.decode(text)]


def _other_keys(place: str, keys: Iterable[str], wanted: set[str]) -> DataError:
    missing = wanted.difference(keys)
    if missing:
        return DataError(f"{place}: no '{min(missing)}'", "write null for a missing value")
    new = min(set(keys) - wanted)
    return DataError(f"{place}: '{new}' is not in the first row", "every row has the same columns")
