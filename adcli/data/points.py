"""Points that stream in: CSV, TSV, JSON Lines and Parquet as blocks of rows.

A file is read block by block, so memory does not grow with it. Text stays text: a column is turned
into numbers only when `Block.numbers` asks for it, and goes to the output exactly as it came. A
small file is parsed by the standard library, since importing polars costs more than reading it; a
large one by polars, and whatever is unusual in it (quotes, blank lines, errors) by the standard
library again, so that both ways agree by construction.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
import os
import re
import select
import stat
import unicodedata
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NamedTuple, TypeAlias, cast

from adcli.errors import DataError, UsageError

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    Numbers: TypeAlias = list[float] | NDArray[np.float64]

Scanner: TypeAlias = Callable[[str, int], tuple[Any, int]]
PointsFormat = Literal["csv", "tsv", "jsonl", "parquet"]
FORMATS: tuple[PointsFormat, ...] = ("csv", "tsv", "jsonl", "parquet")
BLOCK_BYTES = 1 << 20
SMALL_BYTES = 1 << 16
FEW_ROWS = 32  # fewer in a block are read faster without polars, whose work grows by the column
PARQUET_ROWS = 1 << 16

_EXTENSIONS: dict[str, PointsFormat] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
_SEPARATORS = {"csv": ",", "tsv": "\t"}
_ELEMENT = re.compile(r"(.+)\[\s*(\d{1,9}(?:\s*,\s*\d{1,9})*)\s*\]", re.ASCII | re.DOTALL)
_PATIENCE = 0.1  # seconds that a reader waits for more from a pipe before it passes on what it has


# --- What a block of points is -------------------------------------------------------------------


class Group(NamedTuple):
    """A variable: its shape and its flat columns in C order (one for a scalar)."""

    shape: tuple[int, ...]
    indexes: tuple[int, ...]


class Layout(NamedTuple):
    """How the columns of a file make up variables.

    `columns` are the names as they came; `labels` the flat columns, one number or text a row each
    (`v[0]`, `v[1]` for an array `v`); `groups` the variables over them, in order.
    """

    columns: tuple[str, ...]
    labels: tuple[str, ...]
    groups: dict[str, Group]

    def find(self, name: str) -> Group | None:
        """The variable, array element or (by its NFKC form, as in programs) column `name`."""
        if name in self.groups:
            return self.groups[name]
        if name in self.labels:
            return Group((), (self.labels.index(name),))
        alike = [x for x in self.groups if unicodedata.normalize("NFKC", x) == name]
        return self.groups[alike[0]] if len(alike) == 1 else None


class Block(ABC):
    """Consecutive rows of a file of points.

    `first_row` is the 1-based number of the first one among the data rows. `problems` tells, for
    offsets in the block, what was wrong with a cell that `numbers` was asked for.
    """

    def __init__(
        self, name: str, layout: Layout, first_row: int, rows: int, lines: Sequence[int] | None
    ) -> None:
        self.name = name
        self.layout = layout
        self.first_row = first_row
        self.rows = rows
        self.problems: dict[int, str] = {}
        self._lines = lines

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, as they came."""
        return self.layout.columns

    def line_of(self, offset: int) -> int | None:
        """The 1-based line of the file on which a row starts; None where there are no lines."""
        return None if self._lines is None else self._lines[offset]

    def shape_of(self, name: str) -> tuple[int, ...]:
        """The shape of a variable at one point: () for a scalar. DataError if there is none."""
        return _find(self.name, self.layout, name).shape

    def numbers(self, name: str) -> Numbers:
        """The values of a variable: length `rows`, or an array (rows, *shape).

        Cells that are missing or no number are NaN and are told in `problems`. Raises DataError
        for an unknown column, and where the shape of an array differs between rows.
        """
        shape, indexes = _find(self.name, self.layout, name)
        if not shape:
            return self.numbers_at(indexes[0])
        import numpy as np

        flat = np.empty((self.rows, len(indexes)))
        for i, index in enumerate(indexes):
            flat[:, i] = self.numbers_at(index)
        return flat.reshape(self.rows, *shape)

    def cells(self, name: str) -> list[str]:
        """The exact text of a scalar variable's cells ("" where missing)."""
        shape, indexes = _find(self.name, self.layout, name)
        if shape:
            raise DataError(f"{self.name}: column '{name}' is an array", "ask for its elements")
        return self.texts_at(indexes[0])

    @abstractmethod
    def numbers_at(self, index: int) -> Numbers:
        """The numbers of a flat column, problems noted."""

    @abstractmethod
    def texts_at(self, index: int) -> list[str]:
        """The cells of a flat column as text, "" where missing."""

    @abstractmethod
    def json_at(self, index: int) -> list[str] | pl.Series:
        """The cells of a flat column as JSON: numbers as they came, other texts quoted."""

    @abstractmethod
    def frame(self) -> pl.DataFrame:
        """The flat columns as they came (null where missing), named by their position."""

    def json_points(self, used: frozenset[int]) -> list[str] | None:
        """Each row as a JSON object, where it came as one; `used` columns must be numbers."""
        return None

    def note(self, offset: int, index: int, text: str) -> None:
        """Remember what is wrong with a cell, unless its row has a problem already."""
        what = f"'{_shorten(text)}' is not a number" if text.strip() else "missing value"
        self.problems.setdefault(offset, f"column '{self.layout.labels[index]}': {what}")


class CellBlock(Block):
    """Rows of text cells held by Python: small files, and rows with quoted cells."""

    def __init__(
        self, name: str, layout: Layout, first_row: int, rows: list[list[str]], lines: Sequence[int]
    ) -> None:
        super().__init__(name, layout, first_row, len(rows), lines)
        self._cells = list(zip(*rows, strict=True)) if rows else [()] * len(layout.labels)

    def numbers_at(self, index: int) -> Numbers:
        numbers = []
        for offset, text in enumerate(self._cells[index]):
            number = parse_number(text)
            if number is None:
                self.note(offset, index, text)
                number = math.nan
            numbers.append(number)
        return numbers

    def texts_at(self, index: int) -> list[str]:
        return list(self._cells[index])

    def json_at(self, index: int) -> list[str]:
        return [_json_of_cell(text) for text in self._cells[index]]

    def frame(self) -> pl.DataFrame:
        return _text_frame(self._cells)


class ObjectBlock(Block):
    """Rows that came as JSON objects."""

    def __init__(
        self,
        name: str,
        layout: Layout,
        first_row: int,
        texts: list[str],
        objects: list[dict[str, Any]],
        lines: Sequence[int],
    ) -> None:
        super().__init__(name, layout, first_row, len(texts), lines)
        self._texts = texts
        self._objects = objects
        self._places = [
            (key, place if group.shape else None)
            for key, group in layout.groups.items()
            for place in range(len(group.indexes))
        ]
        self._flat: dict[str, list[list[Any]]] = {}
        self._exact: list[dict[str, Any]] | None = None

    def numbers_at(self, index: int) -> Numbers:
        values = self._values(self._objects, index)
        if set(map(type, values)) <= {int, float}:
            try:
                return list(map(float, values))
            except OverflowError:
                pass
        return [self._number(offset, index, value) for offset, value in enumerate(values)]

    def texts_at(self, index: int) -> list[str]:
        if self._exact is None:
            self._exact = [_scan(_EXACT, text) for text in self._texts]
        return [
            _text_of_json(value if isinstance(value, list | dict) else exact)
            for value, exact in zip(
                self._values(self._objects, index), self._values(self._exact, index), strict=True
            )
        ]

    def json_at(self, index: int) -> list[str]:
        return [_json_of(value) for value in self._values(self._objects, index)]

    def frame(self) -> pl.DataFrame:
        return _text_frame([self.texts_at(i) for i in range(len(self.layout.labels))])

    def json_points(self, used: frozenset[int]) -> list[str]:
        keys = {self._places[index][0] for index in used}
        types = {type(row[key]) for key in keys for row in self._objects}
        if types <= {int, float} and not any(map(_UNUSUAL, self._texts)):
            return self._texts
        return [
            text if _is_strict(text, row, keys) else _json_of(_plain(row, keys))
            for text, row in zip(self._texts, self._objects, strict=True)
        ]

    def _values(self, rows: list[dict[str, Any]], index: int) -> list[Any]:
        key, place = self._places[index]
        if place is None:
            return [row[key] for row in rows]
        if rows is not self._objects:
            return [values[place] for values in self._flatten(rows, key)]
        if key not in self._flat:
            self._flat[key] = self._flatten(rows, key)
        return [values[place] for values in self._flat[key]]

    def _flatten(self, rows: list[dict[str, Any]], key: str) -> list[list[Any]]:
        """The elements of the arrays `key` in C order, one list a row."""
        shape, indexes = self.layout.groups[key]
        flat = []
        for offset, row in enumerate(rows):
            value = row[key]
            if value is None:
                flat.append([None] * len(indexes))
                continue
            if _shape_of_value(value) != shape:
                raise self._misshapen(offset, key, value)
            for _ in shape[1:]:
                value = list(itertools.chain.from_iterable(value))
            flat.append(value)
        return flat

    def _number(self, offset: int, index: int, value: Any) -> float:
        if isinstance(value, list):
            raise self._misshapen(offset, self.layout.labels[index], value)
        number = _number_of_json(value)
        if number is None:
            self.note(offset, index, _text_of_json(value))
            return math.nan
        return number

    def _misshapen(self, offset: int, key: str, value: Any) -> DataError:
        group = self.layout.find(key)
        there = _shape_of_value(value)
        return DataError(
            f"{_place(self.name, self.first_row + offset, self.line_of(offset))}: column '{key}' "
            f"has {_describe(there)}, but earlier rows have {_describe(group and group.shape)}",
            "a variable has one shape in the whole file",
        )


class NumberLinesBlock(Block):
    """Rows that came as JSON objects of numbers alone, which polars has read."""

    def __init__(
        self,
        name: str,
        layout: Layout,
        first_row: int,
        texts: list[str],
        frame: pl.DataFrame,
        lines: Sequence[int],
    ) -> None:
        super().__init__(name, layout, first_row, len(texts), lines)
        self._texts = texts
        self._frame = frame
        self._exact: list[dict[str, str]] | None = None

    def numbers_at(self, index: int) -> NDArray[np.float64]:
        return self._frame.to_series(index).to_numpy()

    def texts_at(self, index: int) -> list[str]:
        if self._exact is None:
            self._exact = [_scan(_EXACT, text.strip()) for text in self._texts]
        key = self.layout.labels[index]
        return [str(row[key]) for row in self._exact]

    def json_at(self, index: int) -> list[str]:
        return self.texts_at(index)

    def frame(self) -> pl.DataFrame:
        return _text_frame([self.texts_at(i) for i in range(len(self.layout.labels))])

    def json_points(self, used: frozenset[int]) -> list[str]:
        return [text.strip() for text in self._texts]


class FrameBlock(Block):
    """Rows in a polars frame: text of large files, and the typed columns of Parquet."""

    def __init__(
        self,
        name: str,
        layout: Layout,
        first_row: int,
        frame: pl.DataFrame,
        lines: Sequence[int] | None,
    ) -> None:
        super().__init__(name, layout, first_row, frame.height, lines)
        self._frame = frame
        self._typed = lines is None

    def numbers_at(self, index: int) -> NDArray[np.float64]:
        import polars as pl

        series = self._frame.to_series(index)
        if series.dtype in (pl.Categorical, pl.Enum):
            series = series.cast(pl.String)
        if series.dtype == pl.String:
            return self._parsed(index, series)
        if not (series.dtype.is_numeric() or series.dtype in (pl.Boolean, pl.Null)):
            label = self.layout.labels[index]
            raise DataError(f"{self.name}: column '{label}' holds {series.dtype}, not numbers")
        if series.null_count():
            for offset in series.is_null().arg_true():
                self.note(offset, index, "")
        return series.cast(pl.Float64).fill_null(math.nan).to_numpy()

    def _parsed(self, index: int, series: pl.Series) -> NDArray[np.float64]:
        import polars as pl

        numbers = series.cast(pl.Float64, strict=False)
        if not numbers.null_count():
            return numbers.to_numpy()
        stripped = series.str.strip_chars(" \t").cast(pl.Float64, strict=False)
        out: NDArray[np.float64] = stripped.fill_null(math.nan).to_numpy().copy()
        left = stripped.is_null().arg_true()
        for offset, text in zip(left, series.gather(left), strict=True):
            number = parse_number(text or "")
            if number is None:
                self.note(offset, index, text or "")
            else:
                out[offset] = number
        return out

    def texts_at(self, index: int) -> list[str]:
        return csv_series(self._frame.to_series(index)).fill_null("").to_list()

    def json_at(self, index: int) -> pl.Series:
        return _json_series(self._frame.to_series(index), self._typed)

    def frame(self) -> pl.DataFrame:
        return self._frame


# --- One cell ------------------------------------------------------------------------------------


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


def json_number(number: float) -> str:
    """A float64 in JSON: the shortest text that reads back to it, null if it is not finite."""
    return repr(number) if math.isfinite(number) else "null"


JSON_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_JSON_NUMBER = re.compile(JSON_NUMBER)


def _json_of_cell(text: str) -> str:
    stripped = text.strip(" \t")
    if not stripped:
        return "null"
    if _JSON_NUMBER.fullmatch(stripped):
        return stripped
    return json.dumps(text, ensure_ascii=False)


class _Digits(str):
    """A number of a JSON text, digit for digit."""

    __slots__ = ()


def _scanner(decoder: json.JSONDecoder) -> Scanner:
    """What reads one JSON value at a place of a text, without the searches of `decode`."""
    return cast("Scanner", vars(decoder)["scan_once"])


_SCAN = _scanner(json.JSONDecoder())
_EXACT = _scanner(json.JSONDecoder(parse_float=_Digits, parse_int=_Digits))
_LENIENT = _scanner(json.JSONDecoder(parse_int=float))


def _scan(scanner: Scanner, text: str) -> Any:
    """The JSON value that is the whole of `text`; ValueError if there is none."""
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


def _number_of_json(value: Any) -> float | None:
    if isinstance(value, str):
        return parse_number(value)
    if not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def _text_of_json(value: Any) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, str) else _json_of(value)


def _json_of(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError:
        return json.dumps(_plain(value, ()), ensure_ascii=False)


_UNUSUAL = re.compile("NaN|Infinity").search


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
    number = _number_of_json(value)
    return number if number is not None and math.isfinite(number) else None


def _shape_of_value(value: Any) -> tuple[int, ...] | None:
    """The shape of nested lists of scalars: () for a scalar, None if it is ragged or an object."""
    if not isinstance(value, list):
        return None if isinstance(value, dict) else ()
    inner = {_shape_of_value(element) for element in value}
    if not inner:
        return (0,)
    first = inner.pop()
    return None if inner or first is None else (len(value), *first)


def _describe(shape: tuple[int, ...] | None) -> str:
    if shape is None:
        return "values of no one shape"
    return f"shape ({', '.join(map(str, shape))})" if shape else "a single value"


def _text_frame(columns: Sequence[Sequence[str]]) -> pl.DataFrame:
    import polars as pl

    series = [
        pl.Series(str(i), [cell or None for cell in cells], dtype=pl.String)
        for i, cells in enumerate(columns)
    ]
    return pl.DataFrame(series)


def csv_series(series: pl.Series) -> pl.Series:
    """A column as text: what is no plain value (a list, a struct) as JSON."""
    import polars as pl

    if series.dtype.is_nested() or series.dtype in (pl.Binary, pl.Object):
        texts = [
            None if value is None else json.dumps(value, ensure_ascii=False, default=str)
            for value in series.to_list()
        ]
        return pl.Series(series.name, texts, dtype=pl.String)
    return series.cast(pl.String)


def _json_series(series: pl.Series, typed: bool) -> pl.Series:
    """A column as JSON texts; a text that looks like a number is one unless columns are `typed`."""
    import polars as pl

    dtype = series.dtype
    if dtype.is_nested():
        return csv_series(series).fill_null("null")
    text = pl.col(series.name)
    out: Any
    if dtype.is_float():
        exact = text.cast(pl.Float64)
        out = pl.when(exact.is_finite()).then(exact.cast(pl.String))
        return series.to_frame().select(out.otherwise(pl.lit("null"))).to_series()
    if dtype.is_integer() or dtype in (pl.Boolean, pl.Null):
        return series.cast(pl.String).fill_null("null")
    if typed or dtype != pl.String:
        series = csv_series(series)
        return pl.Series(series.name, [_quoted(x) for x in series.to_list()], dtype=pl.String)
    if series.str.contains('[\\x00-\\x1f"\\\\]').any():
        texts = [_json_of_cell(x or "") for x in series.to_list()]
        return pl.Series(series.name, texts, dtype=pl.String)
    stripped = text.str.strip_chars(" \t")
    out = (
        pl.when(text.is_null() | (stripped == ""))
        .then(pl.lit("null"))
        .when(stripped.str.contains(f"^(?:{JSON_NUMBER})$"))
        .then(stripped)
    )
    quoted = pl.concat_str(pl.lit('"'), text, pl.lit('"'))
    return series.to_frame().select(out.otherwise(quoted)).to_series()


def _quoted(text: str | None) -> str:
    return "null" if text is None else json.dumps(text, ensure_ascii=False)


# --- Places and messages -------------------------------------------------------------------------


def _place(name: str, row: int, line: int | None) -> str:
    return f"{name}, row {row}" + ("" if line is None else f" (line {line})")


def _shorten(text: str) -> str:
    text = text.strip()
    return text if len(text) <= 40 else text[:37] + "..."


def _find(name: str, layout: Layout, variable: str) -> Group:
    group = layout.find(variable)
    if group is not None:
        return group
    shown = ", ".join(f"'{x}'" for x in layout.columns[:10])
    more = f" and {len(layout.columns) - 10} more" if len(layout.columns) > 10 else ""
    elements = [x for x in layout.labels if x.startswith(variable + "[")]
    if elements:
        hint = f"the elements of an array must be complete, from {variable}[0] on; there are "
        hint += ", ".join(elements[:10])
    else:
        hint = f"the columns are {shown}{more}"
        if len(layout.columns) == 1:
            hint = f"the only column is {shown}" + _other_separator(layout.columns[0])
    raise DataError(f"{name} has no column '{variable}'", hint)


def _other_separator(header: str) -> str:
    """What to do about a header that other characters than the expected one divide."""
    for separator, what in ((";", "semicolons"), ("\t", "tabs"), (",", "commas"), ("|", "bars")):
        if separator in header:
            known = {"\t": ": --points-format tsv", ",": ": --points-format csv"}
            return f"; {what} divide it{known.get(separator, ', commas or tabs should')}"
    return ""


def _check_names(name: str, columns: Sequence[str]) -> None:
    twice = [column for column, count in Counter(columns).items() if count > 1]
    if twice:
        raise DataError(f"{name} has more than one column '{twice[0]}'", "rename one of them")


# --- Bytes ---------------------------------------------------------------------------------------


class _Source:
    """A stream of bytes, read in pieces and never sought, that knows how far it has come."""

    def __init__(
        self, name: str, stream: BinaryIO, total: int | None, tell: Callable[[], int] | None = None
    ) -> None:
        self.name = name
        self.total = total
        self.ended = False
        self._stream = stream
        self._tell = tell
        self._count = 0
        self._ahead = b""
        self._pipe = _pipe_descriptor(stream)

    @property
    def done(self) -> int:
        """Bytes of the file (compressed ones, if it is) that have been read."""
        return self._tell() if self._tell else self._count

    def peek(self, size: int) -> bytes:
        """What comes next, up to `size` bytes, without taking it."""
        while len(self._ahead) < size and not self.ended:
            self._ahead += self._read(size - len(self._ahead))
        return self._ahead[:size]

    def read(self, size: int) -> bytes:
        """About `size` bytes: fewer at the end, or when a pipe has whole lines and then pauses."""
        pieces = [self._ahead[:size]]
        length = len(pieces[0])
        self._ahead = self._ahead[size:]
        while length < size and not self.ended and not (length and self._pauses(pieces[-1])):
            pieces.append(self._read(size - length))
            length += len(pieces[-1])
        return b"".join(pieces)

    def _read(self, size: int) -> bytes:
        try:
            if self._pipe is None:
                data = self._stream.read(size)
            else:
                data = cast(io.BufferedReader, self._stream).read1(size)
        except (OSError, EOFError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise DataError(f"cannot read {self.name}: {reason}") from None
        except Exception as error:
            if type(error).__module__ == "zlib":
                raise DataError(f"cannot read {self.name}: broken gzip data: {error}") from None
            raise
        self.ended = not data
        self._count += len(data)
        return data

    def _pauses(self, last: bytes) -> bool:
        if self._pipe is None or not last.endswith(b"\n"):
            return False
        return not select.select([self._pipe], [], [], _PATIENCE)[0]


def _pipe_descriptor(stream: BinaryIO) -> int | None:
    """The descriptor to wait for, if the stream is a pipe, a socket or a terminal."""
    try:
        descriptor = stream.fileno()
        mode = os.fstat(descriptor).st_mode
    except (OSError, AttributeError, ValueError):
        return None
    waits = stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISCHR(mode)
    return descriptor if waits and os.name == "posix" and hasattr(stream, "read1") else None


class _Chunk(NamedTuple):
    """Whole lines of a file: the bytes, the 1-based line they start on, their byte offset."""

    data: bytes
    line: int
    offset: int
    last: bool

    def text(self, name: str) -> str:
        try:
            return self.data.decode()
        except UnicodeDecodeError as error:
            line = self.line + self.data.count(b"\n", 0, error.start)
            raise DataError(
                f"{name} is not UTF-8 text: byte {self.offset + error.start + 1}, line {line}",
                "save it with the encoding UTF-8",
            ) from None


_SIGNATURES = [
    (b"PAR1", "this looks like Parquet: --points-format parquet"),
    (b"\x1f\x8b", "this is compressed: name it with .gz at the end"),
    (b"PK\x03\x04", "this is a spreadsheet or a zip archive: export it as CSV"),
    (b"\xff\xfe", "this looks like UTF-16: save it with the encoding UTF-8"),
    (b"\xfe\xff", "this looks like UTF-16: save it with the encoding UTF-8"),
]
_BOM = b"\xef\xbb\xbf"


def _chunks(source: _Source, block_bytes: int) -> Iterator[_Chunk]:
    """The file cut after line ends into chunks of about `block_bytes`, checked to be text."""
    for signature, hint in _SIGNATURES:
        if source.peek(4).startswith(signature):
            raise DataError(f"{source.name} is not a text file", hint)
    offset, line, rest = 0, 1, b""
    if source.peek(3) == _BOM:
        source.read(3)
        offset = 3
    while True:
        pieces, last = [rest], False
        while not last:
            piece = source.read(block_bytes)
            last = source.ended
            if b"\0" in piece:
                place = offset + sum(map(len, pieces)) + piece.index(b"\0") + 1
                raise DataError(
                    f"{source.name} has a NUL byte at byte {place}", "is it a text file in UTF-8?"
                )
            cut = piece.rfind(b"\n") + 1
            if cut and not last:
                pieces.append(piece[:cut])
                rest = piece[cut:]
                break
            pieces.append(piece)
        data = b"".join(pieces)
        if data:
            yield _Chunk(data, line, offset, last)
        if last:
            return
        offset += len(data)
        line += data.count(b"\n")


# --- CSV and TSV ---------------------------------------------------------------------------------


class _Records:
    """The records of a delimited file by the standard library, with the lines they start on."""

    def __init__(self, name: str, separator: str, chunks: Iterator[_Chunk]) -> None:
        self.name = name
        self.separator = separator
        self._chunks = chunks

    def parse(
        self, chunk: _Chunk, first_row: int, width: int | None, limit: int | None = None
    ) -> tuple[list[list[str]], list[int], int]:
        """The records that start in a chunk (at most `limit`), their lines, the lines they took.

        A quoted cell that is open at the end of the chunk goes on in the next. Raises DataError
        for broken quotes, and for a record that has not `width` cells.
        """
        given = 0

        def feed() -> Iterator[str]:
            nonlocal given
            piece: _Chunk | None = chunk
            while piece is not None:
                text = piece.text(self.name)
                given += text.count("\n") + (not text.endswith("\n"))
                yield from io.StringIO(text, newline="\n")
                piece = next(self._chunks, None)

        reader = csv.reader(feed(), delimiter=self.separator, strict=True)
        records: list[list[str]] = []
        lines: list[int] = []
        while reader.line_num < given or not given:
            line = chunk.line + reader.line_num
            row = first_row + len(records)
            try:
                record = next(reader, None)
            except csv.Error as error:
                raise self._broken(row, line, str(error)) from None
            if record is None:
                break
            if not record:
                continue
            if width is not None and len(record) != width:
                raise DataError(
                    f"{self._at(row, line)}: {len(record)} cell{'s' * (len(record) != 1)} "
                    f"where {width} {'were' if width != 1 else 'was'} expected",
                    "every row has a cell for each column; one with a comma goes in quotes",
                )
            records.append(record)
            lines.append(line)
            if len(records) == limit:
                break
        return records, lines, reader.line_num

    def _at(self, row: int, line: int) -> str:
        return _place(self.name, row, line) if row else f"{self.name}, header (line {line})"

    def _broken(self, row: int, line: int, reason: str) -> DataError:
        if "end of data" in reason:
            what = "a quoted cell is not closed"
        elif "field larger" in reason:
            what = f"a cell longer than {csv.field_size_limit():,} characters; a quote not closed?"
        elif "new-line character" in reason:
            what = "a carriage return without a line feed"
        elif "expected after" in reason:
            what = "text after the closing quote of a cell"
        else:
            what = reason
        hint = "a quote inside a quoted cell is doubled" if "quote" in what else None
        if "carriage" in what:
            hint = "lines end in LF or CRLF"
        return DataError(f"{self._at(row, line)}: {what}", hint)


def _delimited(source: _Source, separator: str, block_bytes: int) -> tuple[Layout, Iterator[Block]]:
    """The layout that the header gives, and the blocks."""
    chunks = _chunks(source, block_bytes)
    records = _Records(source.name, separator, chunks)
    rest: _Chunk | None = None
    header: list[str] = []
    whole = True
    for chunk in chunks:
        found, _, taken = records.parse(chunk, 0, None, limit=1)
        if found:
            header = found[0]
            rest = _after(chunk, taken)
            whole = chunk.last and len(chunk.data) < SMALL_BYTES
            break
    if not header:
        raise DataError(f"{source.name} is empty", "the first line names the columns")
    columns = tuple(name.strip() for name in header)
    _check_names(source.name, columns)
    layout = Layout(columns, columns, _group_elements(columns))
    return layout, _delimited_blocks(records, layout, rest, chunks, whole)


def _after(chunk: _Chunk, taken: int) -> _Chunk | None:
    """What is left of a chunk behind its first `taken` lines."""
    cut = 0
    for _ in range(taken):
        cut = chunk.data.find(b"\n", cut) + 1
        if not cut:
            return None
    return _Chunk(chunk.data[cut:], chunk.line + taken, chunk.offset + cut, chunk.last)


def _group_elements(columns: Sequence[str]) -> dict[str, Group]:
    """The variables of flat columns: `v[0]`, `v[1]`, ... make an array if they are complete."""
    elements: dict[str, dict[tuple[int, ...], int]] = {}
    for index, column in enumerate(columns):
        match = _ELEMENT.fullmatch(column)
        if match:
            place = tuple(int(i) for i in match[2].split(","))
            elements.setdefault(match[1], {})[place] = index
    arrays: dict[int, tuple[str, Group]] = {}
    members: set[int] = set()
    for name, places in elements.items():
        shape = _shape_of_places(list(places))
        if shape is not None and name not in columns:
            indexes = tuple(places[place] for place in sorted(places))
            arrays[min(indexes)] = name, Group(shape, indexes)
            members.update(indexes)
    groups: dict[str, Group] = {}
    for index, column in enumerate(columns):
        if index in arrays:
            groups[arrays[index][0]] = arrays[index][1]
        elif index not in members:
            groups[column] = Group((), (index,))
    return groups


def _shape_of_places(places: list[tuple[int, ...]]) -> tuple[int, ...] | None:
    """The shape whose every place occurs, or None."""
    if len({len(place) for place in places}) != 1:
        return None
    shape = tuple(max(axis) + 1 for axis in zip(*places, strict=True))
    return shape if math.prod(shape) == len(places) else None


def _delimited_blocks(
    records: _Records, layout: Layout, rest: _Chunk | None, chunks: Iterator[_Chunk], small: bool
) -> Iterator[Block]:
    row, width = 1, len(layout.labels)
    first = [] if rest is None else [rest]
    for chunk in itertools.chain(first, chunks):
        if not chunk.data:
            continue
        block: Block | None = None if small else _plain_block(records, layout, chunk, row)
        if block is None:
            cells, lines, _ = records.parse(chunk, row, width)
            block = CellBlock(records.name, layout, row, cells, lines)
        if block.rows:
            yield block
            row += block.rows


def _plain_block(records: _Records, layout: Layout, chunk: _Chunk, row: int) -> Block | None:
    """The rows of a chunk by polars; None if anything in it needs a closer look."""
    data = chunk.data
    if b'"' in data or not (data.isascii() or _is_utf8(data)):
        return None
    if b"\r" in data:
        if data.count(b"\r") != data.count(b"\r\n"):
            return None
        data = data.replace(b"\r\n", b"\n")
    if data.startswith(b"\n") or b"\n\n" in data:
        return None
    rows = data.count(b"\n") + (not data.endswith(b"\n"))
    width = len(layout.labels)
    if rows < FEW_ROWS or data.count(records.separator.encode()) != rows * (width - 1):
        return None
    import polars as pl

    try:
        frame = pl.read_csv(
            data,
            has_header=False,
            separator=records.separator,
            quote_char=None,
            schema={str(i): pl.String for i in range(width)},
        )
    except pl.exceptions.PolarsError:
        return None
    if frame.height != rows:
        return None
    return FrameBlock(records.name, layout, row, frame, range(chunk.line, chunk.line + rows))


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


# --- JSON Lines ----------------------------------------------------------------------------------


def _json_lines(source: _Source, block_bytes: int) -> tuple[Layout, Iterator[Block]]:
    """The layout that the first rows give, and the blocks."""
    chunks = _chunks(source, block_bytes)
    parsed = (_parse_json(source.name, chunk, 1) for chunk in chunks)
    first = next((rows for rows in parsed if rows.texts), None)
    if first is None:
        raise DataError(f"{source.name} is empty", "each line is one JSON object")
    layout = _layout_of_objects(first.objects)
    return layout, _json_blocks(source.name, layout, first, chunks)


def _json_blocks(
    name: str, layout: Layout, first: _Objects, chunks: Iterator[_Chunk]
) -> Iterator[Block]:
    block: Block | None = _object_block(name, layout, first)
    row = 1
    while block is not None:
        if block.rows:
            yield block
            row += block.rows
        chunk = next(chunks, None)
        if chunk is None:
            return
        block = _number_lines(name, layout, chunk, row)
        if block is None:
            block = _object_block(name, layout, _parse_json(name, chunk, row, layout.columns))


def _number_lines(name: str, layout: Layout, chunk: _Chunk, row: int) -> Block | None:
    """The rows of a chunk by polars, if they hold nothing but one number for each key."""
    data = chunk.data
    rows = data.count(b"\n") + (not data.endswith(b"\n"))
    scalars = len(layout.labels) == len(layout.groups) and layout.labels == layout.columns
    # No key is null below, so this many quotes leave no room for further keys or for texts.
    if rows < FEW_ROWS or not scalars or data.count(b'"') != 2 * len(layout.labels) * rows:
        return None
    import polars as pl

    try:
        frame = pl.read_ndjson(io.BytesIO(data), schema=dict.fromkeys(layout.labels, pl.Float64))
    except pl.exceptions.PolarsError:
        return None
    if frame.height != rows or any(frame.null_count().row(0)):
        return None
    texts = chunk.text(name).removesuffix("\n").split("\n")
    return NumberLinesBlock(name, layout, row, texts, frame, range(chunk.line, chunk.line + rows))


class _Objects(NamedTuple):
    first_row: int
    texts: list[str]
    objects: list[dict[str, Any]]
    lines: list[int]


def _parse_json(
    name: str, chunk: _Chunk, first_row: int, keys: Iterable[str] | None = None
) -> _Objects:
    """The objects on the lines of a chunk, blank lines left out.

    Each must have the `keys`, or those of the first object.
    """
    wanted = None if keys is None else set(keys)
    rows = _Objects(first_row, [], [], [])
    for line, raw in enumerate(chunk.text(name).split("\n"), chunk.line):
        text = raw.strip(" \t\r")
        if not text:
            continue
        row = first_row + len(rows.texts)
        try:
            value = _scan(_SCAN, text)
        except (ValueError, RecursionError) as error:
            raise _broken_json(name, row, line, error) from None
        if type(value) is not dict:
            raise DataError(
                f"{_place(name, row, line)}: not a JSON object",
                'each line is one object, such as {"x": 1.5, "y": 2}',
            )
        if wanted is None:
            _check_names(name, _keys(text))
            wanted = set(value)
        elif value.keys() != wanted:
            raise _other_keys(_place(name, row, line), value.keys(), wanted)
        rows.texts.append(text)
        rows.objects.append(value)
        rows.lines.append(line)
    return rows


def _broken_json(name: str, row: int, line: int, error: Exception) -> DataError:
    what = "nested too deeply" if isinstance(error, RecursionError) else str(error)
    if isinstance(error, json.JSONDecodeError):
        what = f"{error.msg} at character {error.pos + 1}"
    hint = "each line is one whole JSON object"
    return DataError(f"{_place(name, row, line)}: broken JSON: {what}", hint)


def _layout_of_objects(objects: list[dict[str, Any]]) -> Layout:
    """The keys of the first object; the shapes of the first values that are not null."""
    labels: list[str] = []
    groups: dict[str, Group] = {}
    for key in objects[0]:
        value = next((row[key] for row in objects if row.get(key) is not None), None)
        shape = _shape_of_value(value) or ()
        start = len(labels)
        labels += element_labels(key, shape)
        groups[key] = Group(shape, tuple(range(start, len(labels))))
    return Layout(tuple(objects[0]), tuple(labels), groups)


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


def element_labels(name: str, shape: tuple[int, ...]) -> list[str]:
    """The flat names of an array's elements in C order: `v[0]`, `v[1]`; the name of a scalar."""
    if not shape:
        return [name]
    places = itertools.product(*map(range, shape))
    return [f"{name}[{','.join(map(str, place))}]" for place in places]


def _object_block(name: str, layout: Layout, rows: _Objects) -> ObjectBlock:
    return ObjectBlock(name, layout, rows.first_row, rows.texts, rows.objects, rows.lines)


# --- Parquet -------------------------------------------------------------------------------------


class _Parquet:
    """A Parquet file read in slices of rows."""

    def __init__(self, name: str, path: str) -> None:
        import polars as pl

        self.name = name
        self.total = os.stat(path).st_size
        self._lazy = pl.scan_parquet(path, glob=False)
        self._row = 0
        try:
            self._rows = int(self._lazy.select(pl.len()).collect().item())
            first = self._lazy.head(1).collect()
        except (pl.exceptions.PolarsError, OSError) as error:
            raise self._broken(error) from None
        _check_names(name, first.columns)
        self.layout = self._layout_of(first)

    @property
    def done(self) -> int:
        """The read part of the file, in bytes, by the number of rows."""
        return self.total * self._row // max(self._rows, 1)

    def blocks(self) -> Iterator[Block]:
        import polars as pl

        step = max(1, PARQUET_ROWS * 4 // max(4, len(self.layout.labels)))
        while self._row < self._rows:
            try:
                frame = self._lazy.slice(self._row, step).collect()
            except (pl.exceptions.PolarsError, OSError) as error:
                raise self._broken(error) from None
            first_row = self._row + 1
            self._row += frame.height
            yield FrameBlock(
                self.name, self.layout, first_row, self._flatten(frame, first_row), None
            )

    def _broken(self, error: Exception) -> DataError:
        reason = str(error).partition("\n")[0]
        return DataError(f"cannot read {self.name} as Parquet: {reason}")

    def _layout_of(self, first: pl.DataFrame) -> Layout:
        labels: list[str] = []
        groups: dict[str, Group] = {}
        for column in first.columns:
            series = first[column]
            shape: tuple[int, ...] = ()
            if _is_numeric_list(series.dtype):
                values = self._lazy.select(column).drop_nulls().head(1).collect().to_series()
                shape = (_shape_of_value(values.to_list()[0]) if values.len() else (0,)) or ()
            start = len(labels)
            labels += element_labels(column, shape)
            groups[column] = Group(shape, tuple(range(start, len(labels))))
        return Layout(tuple(first.columns), tuple(labels), groups)

    def _flatten(self, frame: pl.DataFrame, first_row: int) -> pl.DataFrame:
        """One column a number, named by position."""
        columns: list[pl.Series] = []
        for name, (shape, _) in self.layout.groups.items():
            level = [frame[name]]
            for axis, length in enumerate(shape):
                level = [
                    self._element(x, i, name, shape, axis, first_row)
                    for x in level
                    for i in range(length)
                ]
            columns += level
        import polars as pl

        return pl.DataFrame([x.alias(str(i)) for i, x in enumerate(columns)])

    def _element(
        self,
        series: pl.Series,
        index: int,
        name: str,
        shape: tuple[int, ...],
        axis: int,
        first_row: int,
    ) -> pl.Series:
        import polars as pl

        if isinstance(series.dtype, pl.Array):
            return series.arr.get(index)
        wrong = series.list.len() != shape[axis]
        if index == 0 and wrong.any():
            row = first_row + wrong.fill_null(False).arg_true()[0]
            raise DataError(
                f"{_place(self.name, row, None)}: column '{name}' does not have the shape "
                f"({', '.join(map(str, shape))}) of earlier rows",
                "a variable has one shape in the whole file",
            )
        return series.list.get(index, null_on_oob=True)


def _is_numeric_list(dtype: pl.DataType) -> bool:
    import polars as pl

    inner: Any = dtype
    while isinstance(inner, pl.List | pl.Array):
        inner = inner.inner
    return inner is not dtype and bool(inner.is_numeric() or inner == pl.Boolean)


# --- Opening -------------------------------------------------------------------------------------


class Points:
    """An open file of points: iterate over it once for its blocks; close it when done."""

    def __init__(
        self,
        name: str,
        format: PointsFormat,
        layout: Layout,
        blocks: Iterator[Block],
        progress: _Source | _Parquet,
        resources: ExitStack,
    ) -> None:
        self.name = name
        self.format = format
        self.layout = layout
        self._blocks = blocks
        self._progress = progress
        self._resources = resources

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, as they came."""
        return self.layout.columns

    @property
    def bytes_done(self) -> int:
        """Bytes read so far."""
        return self._progress.done

    @property
    def bytes_total(self) -> int | None:
        """The size of the file in bytes; None for a pipe."""
        return self._progress.total

    def shape_of(self, name: str) -> tuple[int, ...]:
        """The shape of a variable at one point: () for a scalar. DataError if there is none."""
        return _find(self.name, self.layout, name).shape

    def empty(self) -> Block:
        """A block of no rows, from which a writer can make the header of an empty result."""
        return CellBlock(self.name, self.layout, 1, [], [])

    def __iter__(self) -> Iterator[Block]:
        return self._blocks

    def close(self) -> None:
        """Close the file and remove what was spooled."""
        self._resources.close()

    def __enter__(self) -> Points:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def open_points(
    path: str | os.PathLike[str],
    *,
    format: str | None = None,
    block_bytes: int = BLOCK_BYTES,
    stdin: BinaryIO | None = None,
) -> Points:
    """Open a file of points, or the stream `stdin` for "-", to be read in blocks of rows.

    The format is `format` (csv, tsv, jsonl, parquet) or goes by the extension, .gz behind it
    allowed; a pipe without either is recognised by how it starts. Blocks have about `block_bytes`
    bytes. Array variables are columns `v[0]`, `v[1]`, ... in CSV, nested lists elsewhere.

    Raises UsageError for a file that is not there and for an unknown format, DataError for
    anything wrong in the file, here or while iterating.

        with open_points("points.csv") as points:
            for block in points:
                x = block.numbers("x")
    """
    if format is not None and format not in FORMATS:
        raise UsageError(f"unknown format '{format}' of points", _known_formats())
    with ExitStack() as stack:
        source = _open_source(os.fspath(path), stdin, stack)
        kind = format or _format_of(os.fspath(path), source)
        progress: _Source | _Parquet = source
        if kind == "parquet":
            progress = _Parquet(source.name, _as_file(os.fspath(path), source, stack))
            layout, blocks = progress.layout, progress.blocks()
        elif kind == "jsonl":
            layout, blocks = _json_lines(source, block_bytes)
        else:
            layout, blocks = _delimited(source, _SEPARATORS[kind], block_bytes)
        return Points(source.name, kind, layout, blocks, progress, stack.pop_all())


def _known_formats() -> str:
    return f"formats are {', '.join(FORMATS)}; extensions {', '.join(_EXTENSIONS)}"


def _open_source(path: str, stdin: BinaryIO | None, stack: ExitStack) -> _Source:
    if path == "-":
        if stdin is None:
            raise UsageError("no standard input was given", "name a file of points")
        return _Source("standard input", stdin, None)
    try:
        raw = stack.enter_context(open(path, "rb"))  # noqa: SIM115
    except FileNotFoundError:
        raise UsageError(f"there is no file '{path}'", "--points FILE holds points") from None
    except IsADirectoryError:
        raise UsageError(f"'{path}' is a folder", "name a file of points") from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    status = os.fstat(raw.fileno())
    total = status.st_size if stat.S_ISREG(status.st_mode) else None
    if not path.endswith(".gz"):
        return _Source(path, raw, total)
    import gzip

    unpacked = stack.enter_context(gzip.open(raw))  # noqa: SIM115
    return _Source(path, cast(BinaryIO, unpacked), total, raw.tell)


def _format_of(path: str, source: _Source) -> PointsFormat:
    """The format by the extension, or by how a pipe starts."""
    extension = os.path.splitext(path.removesuffix(".gz"))[1].lower()
    if extension in _EXTENSIONS:
        return _EXTENSIONS[extension]
    if source.total is not None:
        raise UsageError(
            f"the name '{path}' does not tell the points' format",
            f"--points-format; {_known_formats()}",
        )
    start = source.peek(4).removeprefix(_BOM).lstrip()
    if start.startswith(b"PAR1"):
        return "parquet"
    return "jsonl" if start.startswith(b"{") else "csv"


def _as_file(path: str, source: _Source, stack: ExitStack) -> str:
    """A path from which Parquet can be read in any order: the file, or a copy of the pipe."""
    if source.total is not None and not path.endswith(".gz"):
        return path
    import tempfile

    spool = stack.enter_context(tempfile.NamedTemporaryFile(suffix=".parquet"))  # noqa: SIM115
    while data := source.read(BLOCK_BYTES):
        spool.write(data)
    spool.flush()
    return spool.name
