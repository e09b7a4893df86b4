"""Results as JSON Lines."""

from __future__ import annotations

import io
import itertools
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from adcli.data.blocks import Block
from adcli.data.writer import ColumnValues, FlatField, ResultWriter, as_series, blanked

if TYPE_CHECKING:
    import polars as pl


class JsonWriter(ResultWriter):
    """One object a line: the point, the computed fields at their paths, constants, the error."""

    def __init__(
        self,
        stream: BinaryIO,
        variables: Iterable[str],
        resources: ExitStack,
        constants: Mapping[str, str],
    ) -> None:
        super().__init__(stream, variables, resources)
        self._constants = constants

    def _render(
        self, block: Block, columns: list[FlatField], errors: Mapping[int, str], bulk: bool
    ) -> bytes:
        if not block.rows:
            return b""
        texts = _bulk_texts if bulk else _texts
        parts: list[Any] = ['{"point": ', *self._point(block, texts)]
        computed = {
            column.field.path: _nest(column.shape, [texts(x, errors) for x in column.flat])
            for column in columns
        }
        for key, inner in _tree(computed).items():
            parts += [f", {json.dumps(key, ensure_ascii=False)}: ", *inner]
        for key, value in self._constants.items():
            parts.append(f", {json.dumps(key, ensure_ascii=False)}: {value}")
        if errors:
            parts.append(_error_texts(errors, block.rows))
        parts.append("}")
        return _join(_merged(parts), block.rows, bulk)

    def put(self, rendered: bytes) -> None:
        self._stream.write(rendered)

    def _point(self, block: Block, texts: _Texts) -> list[Any]:
        """The pieces of the point's object."""
        used = self._used(block)
        whole = block.json_points(used)
        if whole is not None:
            return [whole]
        parts: list[Any] = ["{"]
        for name, group in block.layout.groups.items():
            comma = ", " if len(parts) > 1 else ""
            parts += [f"{comma}{json.dumps(name, ensure_ascii=False)}: "]
            value = None if used.intersection(group.indexes) else block.json_whole(name)
            if value is not None:
                parts.append(value)
                continue
            cells = [
                texts(block.numbers_at(i), {}) if i in used else block.json_at(i)
                for i in group.indexes
            ]
            parts += _nest(group.shape, cells)
        return [*parts, "}"]


_Texts: TypeAlias = Callable[[ColumnValues, Mapping[int, str]], Any]
"""Numbers as JSON, null in failed rows and for what is not finite."""


def _texts(values: ColumnValues, errors: Mapping[int, str]) -> list[str]:
    texts = [_json_text(value) for value in values]
    for offset in errors:
        texts[offset] = "null"
    return texts


def _json_text(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        is_finite = value.strip("+-").lower()[:3] not in ("", "inf", "nan")
        return value if is_finite else "null"
    return repr(float(value)) if math.isfinite(value) else "null"


def _bulk_texts(values: ColumnValues, errors: Mapping[int, str]) -> pl.Series:
    import polars as pl

    series = blanked(as_series(values), errors)
    if series.dtype == pl.String:
        return pl.Series([_json_text(text) for text in series.to_list()], dtype=pl.String)
    number = pl.col("n")
    text = pl.when(number.is_finite()).then(number.cast(pl.String)).otherwise(pl.lit("null"))
    return series.alias("n").to_frame().select(text).to_series()


def _error_texts(errors: Mapping[int, str], rows: int) -> list[str]:
    texts = [""] * rows
    for offset, message in errors.items():
        texts[offset] = f', "error": {json.dumps(message, ensure_ascii=False)}'
    return texts


def _nest(shape: tuple[int, ...], flat: Sequence[Any]) -> list[Any]:
    """The pieces of nested lists of a shape over flat columns in C order."""
    if not shape:
        return list(flat)
    size = len(flat) // shape[0] if shape[0] else 0
    parts: list[Any] = ["["]
    for i in range(shape[0]):
        parts += [", "] if i else []
        parts += _nest(shape[1:], flat[i * size : (i + 1) * size])
    return [*parts, "]"]


def _tree(pieces: Mapping[tuple[str, ...], list[Any]]) -> dict[str, list[Any]]:
    """Pieces at paths as pieces at keys, objects made of the paths with a common key."""
    inner: dict[str, dict[tuple[str, ...], list[Any]]] = {}
    for path, parts in pieces.items():
        inner.setdefault(path[0], {})[path[1:]] = parts
    tree: dict[str, list[Any]] = {}
    for key, below in inner.items():
        if () in below:
            tree[key] = below[()]
            continue
        merged: list[Any] = ["{"]
        for name, parts in _tree(below).items():
            comma = ", " if len(merged) > 1 else ""
            merged += [f"{comma}{json.dumps(name, ensure_ascii=False)}: ", *parts]
        tree[key] = [*merged, "}"]
    return tree


def _merged(parts: Sequence[Any]) -> list[Any]:
    """The pieces with neighbouring literals made one."""
    merged: list[Any] = []
    for literal, run in itertools.groupby(parts, lambda part: isinstance(part, str)):
        if literal:
            merged.append("".join(run))
        else:
            merged.extend(run)
    return merged


def _join(parts: Sequence[Any], rows: int, bulk: bool) -> bytes:
    """The lines that literals and columns of texts make side by side."""
    if not bulk:
        columns = [itertools.repeat(x, rows) if isinstance(x, str) else x for x in parts]
        text = "".join("".join(row) + "\n" for row in zip(*columns, strict=True))
        return text.encode("utf-8", "backslashreplace")  # half a surrogate pair: \ud800
    import polars as pl

    names = itertools.count()
    series = [as_series(x).alias(str(next(names))) for x in parts if not isinstance(x, str)]
    names = itertools.count()
    pieces = [pl.lit(x) if isinstance(x, str) else pl.col(str(next(names))) for x in parts]
    lines = pl.DataFrame(series).select(pl.concat_str(pieces).alias("line"))
    buffer = io.BytesIO()
    lines.write_csv(buffer, include_header=False, quote_style="never")
    return buffer.getvalue()
