"""Results that stream out: CSV, JSON Lines and Parquet, block by block.

A writer is given, for each block of points, the computed columns as `Field`s: a label for flat
formats and a path for nested ones. A few rows are joined by Python; many by polars.
"""

from __future__ import annotations

import io
import itertools
import json
import math
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NamedTuple, TypeAlias

from adcli.data.output import atomic_output
from adcli.data.points import Block, FrameBlock, csv_series, element_labels, json_number
from adcli.errors import DataError, UsageError

if TYPE_CHECKING:
    import polars as pl

Values: TypeAlias = Any
"""One value a row: a list of floats, None or number texts, or an array (rows, *shape)."""

ResultsFormat = Literal["csv", "jsonl", "parquet"]

_FORMATS: dict[str, ResultsFormat] = {
    "csv": "csv",
    "json": "jsonl",
    "jsonl": "jsonl",
    "ndjson": "jsonl",
    "parquet": "parquet",
}
_BULK_ROWS = 2048
_SPECIAL = re.compile('[",\r\n]')
_PARQUET_HELD = 1 << 25  # bytes of rows held before they are spooled to a file


class Field(NamedTuple):
    """A computed column: `df/dx` in flat formats, at ("gradient", "x") in nested ones."""

    label: str
    path: tuple[str, ...]
    values: Values


class ResultWriter(ABC):
    """Writes blocks of results in order; a context manager that keeps nothing of a failed run.

    `variables` are the names of the point's variables that the program uses: they are written as
    numbers where the format knows numbers.
    """

    def __init__(self, stream: BinaryIO, variables: Iterable[str], resources: ExitStack) -> None:
        self._stream = stream
        self._variables = tuple(variables)
        self._resources = resources
        self._bulk = False

    def write(
        self,
        block: Block,
        fields: Sequence[Field] | Mapping[str, Values],
        errors: Mapping[int, str] | None = None,
    ) -> None:
        """Write the rows of `block` with the computed `fields` (or label -> values).

        `errors` says, for offsets in the block, why a row failed: its computed cells are left
        empty (null), and JSON tells the message. Raises DataError where a label is a column of
        the points already.
        """
        if isinstance(fields, Mapping):
            fields = [Field(label, (label,), values) for label, values in fields.items()]
        if isinstance(block, FrameBlock) or block.rows >= _BULK_ROWS:
            self._bulk = True
        self._write(block, _columns(fields, block.rows, self._bulk), errors or {})

    @abstractmethod
    def _write(self, block: Block, columns: list[_Column], errors: Mapping[int, str]) -> None: ...

    def _finish(self) -> None:
        """Write what is still held."""
        self._stream.flush()

    def _used(self, block: Block) -> frozenset[int]:
        groups = (block.layout.find(name) for name in self._variables)
        return frozenset(index for group in groups if group for index in group.indexes)

    def close(self) -> None:
        """Finish the output and let it take its place."""
        self.__exit__(None, None, None)

    def __enter__(self) -> ResultWriter:
        return self

    def __exit__(self, kind: Any, exception: BaseException | None, traceback: Any) -> None:
        if exception is None:
            try:
                self._finish()
            except BaseException as error:
                self._resources.__exit__(type(error), error, error.__traceback__)
                raise
        self._resources.__exit__(kind, exception, traceback)


def open_results(
    target: str | os.PathLike[str] | BinaryIO | None,
    format: str | None = None,
    *,
    variables: Iterable[str] = (),
    constants: Mapping[str, Any] | None = None,
    stdout: BinaryIO | None = None,
) -> ResultWriter:
    """A writer of results to a path, atomically, to a binary stream, or to `stdout` (None, "-").

    `format` is csv, json (jsonl) or parquet, and goes by the extension if it is not given.
    `constants` are added to each JSON object, such as {"mode": "reverse"}.

    Raises UsageError for an unknown format and DataError where the file cannot be written.

        with open_results("gradients.csv", variables=("x",)) as writer:
            writer.write(block, {"value": values, "df/dx": slopes})
    """
    kind = _format_of(target, format)
    with ExitStack() as stack:
        if target is None or isinstance(target, str | os.PathLike):
            stream = stack.enter_context(atomic_output(target, stdout=stdout))
        else:
            stream = target
        resources = stack.pop_all()
    if kind == "csv":
        return _CsvWriter(stream, variables, resources)
    if kind == "parquet":
        return _ParquetWriter(stream, variables, resources)
    return _JsonWriter(stream, variables, resources, constants or {})


def _format_of(target: object, format: str | None) -> ResultsFormat:
    name = format
    if name is None and isinstance(target, str | os.PathLike):
        name = os.path.splitext(os.fspath(target))[1].removeprefix(".").lower()
    if name in _FORMATS:
        return _FORMATS[name]
    what = f"unknown format '{format}' of results" if format else "the results have no format"
    raise UsageError(what, f"formats are {', '.join(_FORMATS)}")


# --- Columns -------------------------------------------------------------------------------------


class _Column(NamedTuple):
    """A field as flat columns, in C order, one for a scalar."""

    field: Field
    shape: tuple[int, ...]
    flat: list[Any]

    @property
    def labels(self) -> list[str]:
        return element_labels(self.field.label, self.shape)


def _columns(fields: Sequence[Field], rows: int, bulk: bool) -> list[_Column]:
    columns = []
    for field in fields:
        values = field.values
        if isinstance(values, list) and values and isinstance(values[0], list):
            import numpy as np

            values = np.asarray(values, dtype=float)
        shape = tuple(getattr(values, "shape", (0,))[1:])
        if len(values) != rows:
            raise ValueError(f"'{field.label}' has {len(values)} values for {rows} rows")
        if shape:
            matrix = values.reshape(rows, math.prod(shape))
            flat = [matrix[:, i] for i in range(matrix.shape[1])]
        else:
            flat = [values]
        if not bulk:
            flat = [x.tolist() if hasattr(x, "tolist") else x for x in flat]
        columns.append(_Column(field, shape, flat))
    return columns


def _check_labels(block: Block, labels: Iterable[str]) -> None:
    for label in labels:
        if label in block.layout.labels:
            raise DataError(
                f"{block.name} has a column '{label}' already, which is the name of a result",
                "rename the column, or write the results as JSON",
            )


def _series(values: Values) -> pl.Series:
    """Numbers as Float64, number texts as String."""
    import polars as pl

    if isinstance(values, pl.Series):
        return values
    if isinstance(values, list | tuple):
        kind = pl.String if any(isinstance(x, str) for x in values) else pl.Float64
        return pl.Series(values, dtype=kind, strict=False)
    return pl.Series(values=values).cast(pl.Float64)


def _blanked(series: pl.Series, errors: Mapping[int, str]) -> pl.Series:
    """The series with nulls in the rows that failed."""
    return series.scatter(sorted(errors), None) if errors else series


# --- CSV -----------------------------------------------------------------------------------------


class _CsvWriter(ResultWriter):
    """The columns of the points as they came, then the computed ones."""

    _headed = False

    def _write(self, block: Block, columns: list[_Column], errors: Mapping[int, str]) -> None:
        labels = [label for column in columns for label in column.labels]
        if not self._headed:
            _check_labels(block, labels)
            self._stream.write(_csv_text([[*block.layout.labels, *labels]]))
            self._headed = True
        if not block.rows:
            return
        flat = [values for column in columns for values in column.flat]
        if self._bulk:
            self._write_frame(block.frame(), flat, errors)
        else:
            cells = [block.texts_at(i) for i in range(len(block.layout.labels))]
            cells += [_csv_cells(values, errors) for values in flat]
            self._stream.write(_csv_text(zip(*cells, strict=True)))

    def _write_frame(
        self, frame: pl.DataFrame, flat: list[Values], errors: Mapping[int, str]
    ) -> None:
        import polars as pl

        width = frame.width
        kept = [csv_series(series) for series in frame.get_columns()]
        computed = [
            _blanked(_series(values), errors).alias(str(width + i)) for i, values in enumerate(flat)
        ]
        buffer = io.BytesIO()
        pl.DataFrame([*kept, *computed]).write_csv(buffer, include_header=False)
        self._stream.write(buffer.getbuffer())


def _csv_text(rows: Iterable[Iterable[str]]) -> bytes:
    return "".join(",".join(map(_csv_quoted, row)) + "\n" for row in rows).encode()


def _csv_quoted(cell: str) -> str:
    """A cell in quotes where it needs them (`csv.writer` leaves a carriage return bare)."""
    return '"' + cell.replace('"', '""') + '"' if _SPECIAL.search(cell) else cell


def _csv_cells(values: Sequence[Any], errors: Mapping[int, str]) -> list[str]:
    cells = [_csv_cell(value) for value in values]
    for offset in errors:
        cells[offset] = ""
    return cells


def _csv_cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return "NaN" if value != value else repr(float(value))


# --- JSON Lines ----------------------------------------------------------------------------------


class _JsonWriter(ResultWriter):
    """One object a line: the point, the computed fields at their paths, constants, the error."""

    def __init__(
        self,
        stream: BinaryIO,
        variables: Iterable[str],
        resources: ExitStack,
        constants: Mapping[str, Any],
    ) -> None:
        super().__init__(stream, variables, resources)
        self._constants = constants

    def _write(self, block: Block, columns: list[_Column], errors: Mapping[int, str]) -> None:
        if not block.rows:
            return
        parts: list[Any] = ['{"point": ', *self._point(block)]
        computed = {
            column.field.path: _nest(column.shape, [self._texts(x, errors) for x in column.flat])
            for column in columns
        }
        for key, inner in _tree(computed).items():
            parts += [f", {json.dumps(key, ensure_ascii=False)}: ", *inner]
        for key, value in self._constants.items():
            parts.append(f", {json.dumps(key, ensure_ascii=False)}: {json.dumps(value)}")
        if errors:
            parts.append(_error_texts(errors, block.rows))
        parts.append("}")
        self._stream.write(_join(_merged(parts), block.rows, self._bulk))

    def _point(self, block: Block) -> list[Any]:
        """The pieces of the point's object."""
        used = self._used(block)
        whole = block.json_points(used)
        if whole is not None:
            return [whole]
        parts: list[Any] = ["{"]
        for name, group in block.layout.groups.items():
            texts = [self._cell_texts(block, i, i in used) for i in group.indexes]
            comma = ", " if len(parts) > 1 else ""
            parts += [f"{comma}{json.dumps(name, ensure_ascii=False)}: "]
            parts += _nest(group.shape, texts)
        return [*parts, "}"]

    def _cell_texts(self, block: Block, index: int, used: bool) -> Any:
        return self._texts(block.numbers_at(index), {}) if used else block.json_at(index)

    def _texts(self, values: Values, errors: Mapping[int, str]) -> Any:
        """Numbers as JSON, null in failed rows and for what is not finite."""
        if self._bulk:
            return _json_texts(_blanked(_series(values), errors))
        texts = [_json_text(value) for value in values]
        for offset in errors:
            texts[offset] = "null"
        return texts


def _json_text(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return value if _is_finite_text(value) else "null"
    return json_number(float(value))


def _is_finite_text(text: str) -> bool:
    return text.strip("+-").lower()[:3] not in ("", "inf", "nan")


def _json_texts(series: pl.Series) -> pl.Series:
    import polars as pl

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
        return "".join("".join(row) + "\n" for row in zip(*columns, strict=True)).encode()
    import polars as pl

    names = itertools.count()
    series = [_series(x).alias(str(next(names))) for x in parts if not isinstance(x, str)]
    names = itertools.count()
    pieces = [pl.lit(x) if isinstance(x, str) else pl.col(str(next(names))) for x in parts]
    lines = pl.DataFrame(series).select(pl.concat_str(pieces).alias("line"))
    buffer = io.BytesIO()
    lines.write_csv(buffer, include_header=False, quote_style="never")
    return buffer.getvalue()


# --- Parquet -------------------------------------------------------------------------------------


class _ParquetWriter(ResultWriter):
    """The columns of the points, then the computed ones as Float64, then `error`.

    Many blocks are spooled to temporary files and put together at the end, in bounded memory.
    """

    def __init__(self, stream: BinaryIO, variables: Iterable[str], resources: ExitStack) -> None:
        super().__init__(stream, variables, resources)
        self._held: list[pl.DataFrame] = []
        self._held_bytes = 0
        self._spool: str | None = None
        self._spooled: list[str] = []

    def _write(self, block: Block, columns: list[_Column], errors: Mapping[int, str]) -> None:
        import polars as pl

        labels = [label for column in columns for label in column.labels]
        _check_labels(block, [*labels, "error"])
        used = self._used(block)
        frame = block.frame()
        kept = [
            _series(block.numbers_at(i)) if i in used else series
            for i, series in enumerate(frame.get_columns())
        ]
        flat = [_blanked(_series(x), errors) for column in columns for x in column.flat]
        messages = [errors.get(offset) for offset in range(block.rows)]
        names = [*block.layout.labels, *labels, "error"]
        series = [*kept, *flat, pl.Series(messages, dtype=pl.String)]
        rows = pl.DataFrame([x.alias(name) for x, name in zip(series, names, strict=True)])
        self._held.append(rows)
        self._held_bytes += int(rows.estimated_size())
        if self._held_bytes > _PARQUET_HELD:
            self._spool_held()

    def _spool_held(self) -> None:
        import tempfile

        import polars as pl

        if self._spool is None:
            self._spool = tempfile.mkdtemp(prefix="adcli-")
            import shutil

            self._resources.callback(shutil.rmtree, self._spool, ignore_errors=True)
        path = os.path.join(self._spool, f"{len(self._spooled):06}.parquet")
        pl.concat(self._held).write_parquet(path, compression="lz4")
        self._spooled.append(path)
        self._held, self._held_bytes = [], 0

    def _finish(self) -> None:
        import polars as pl

        if not self._spooled:
            frame = pl.concat(self._held) if self._held else pl.DataFrame()
            frame.write_parquet(self._stream)
            return
        if self._held:
            self._spool_held()
        pl.scan_parquet(self._spooled, glob=False).sink_parquet(self._stream)
