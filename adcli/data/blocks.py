"""Blocks of rows: what those of every format can do, rows of text cells, and polars frames.

Text stays text: a column is turned into numbers only when `Block.numbers` asks for it, and goes to
the output exactly as it came.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from adcli.data.cells import (
    MISSING_TEXTS,
    is_missing,
    json_of_cell,
    json_of_cells,
    parse_number,
    shortened,
    text_column,
)
from adcli.data.column_layout import ColumnLayout, at_row
from adcli.data.kinds import Kinds, kinds_of_cells
from adcli.errors import DataError

_DECIMAL_COMMA = re.compile(r"[-+]?[0-9]+,[0-9]+")
_ENDINGS = {"CSV": "csv", "JSON": "jsonl", "Parquet": "parquet"}

WIDE_COLUMNS = 256  # polars, which takes its time for each column, is slower from here on

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from adcli.data.levels import TextLevels

    Numbers: TypeAlias = list[float] | NDArray[np.float64]


class TypedColumn(NamedTuple):
    """A column for a format with types: in its type (`kinds` is None), or as texts of all of which
    `kinds` says what they can be."""

    name: str
    series: pl.Series
    kinds: Kinds | None


class NotHeldError(Exception):
    """A value that a format cannot hold: its offset in the column, and what it is."""

    def __init__(self, offset: int, what: str) -> None:
        super().__init__(what)
        self.offset = offset
        self.what = what


class Origin(NamedTuple):
    """Where rows are from: the name of the file, its columns, the 1-based number of the first one
    among the data rows, and the line on which each starts (None where there are no lines)."""

    name: str
    layout: ColumnLayout
    first_row: int
    lines: Sequence[int] | None = None


class Block(ABC):
    """Consecutive rows of a file of points.

    `problems` tells, for offsets in the block, what was wrong with a cell that `numbers` was asked
    for; `unreadable` has of these the cells that are not missing, but no numbers. `needs_quotes` is
    False where no cell needs quotes in CSV. `levels` are those of variables such as codes(region).
    """

    levels: Mapping[str, TextLevels] = MappingProxyType({})

    def __init__(self, origin: Origin, rows: int) -> None:
        self.name, self.layout, self.first_row, self._lines = origin
        self.rows = rows
        self.needs_quotes = True
        self.problems: dict[int, str] = {}
        self.unreadable: dict[int, str] = {}

    def line_of(self, offset: int) -> int | None:
        """The 1-based line of the file on which a row starts; None where there are no lines."""
        return None if self._lines is None else self._lines[offset]

    def place(self, offset: int) -> str:
        """Where a row stands, for messages."""
        return at_row(self.name, self.first_row + offset, self.line_of(offset))

    def head(self, rows: int) -> Block:
        """The first `rows` rows, as a block."""
        part = copy(self)
        part.rows = rows
        part.problems = {o: text for o, text in self.problems.items() if o < rows}
        part.unreadable = {o: text for o, text in self.unreadable.items() if o < rows}
        part._cut(rows)
        return part

    @abstractmethod
    def _cut(self, rows: int) -> None:
        """Keep the first `rows` rows of what a kind of block holds."""

    def numbers(self, name: str) -> Numbers:
        """The values of a variable: length `rows`, or an array (rows, *shape).

        Cells that are missing or no number are NaN and are told in `problems`. Raises DataError
        for an unknown column, and where the shape of an array differs between rows.
        """
        shape, indexes = self.layout.require(name, self.name)
        if name in self.levels:
            return self._codes(self.levels[name], indexes[0])
        if not shape:
            return self.numbers_at(indexes[0])
        import numpy as np

        flat = np.empty((self.rows, len(indexes)))
        for i, index in enumerate(indexes):
            flat[:, i] = self.numbers_at(index)
        return flat.reshape(self.rows, *shape)

    def _codes(self, levels: TextLevels, index: int) -> Numbers:
        """The numbers of a flat column's levels, problems noted."""
        found = []
        for offset, code in enumerate(levels.codes(self.cells_at(index))):
            if isinstance(code, float):
                found.append(code)
            elif is_missing(code):
                found.append(self.note(offset, index, ""))
            else:
                problem = f"column '{levels.column}': {levels.unknown(code)}"
                self.problems.setdefault(offset, problem)
                self.unreadable.setdefault(offset, problem)
                found.append(math.nan)
        return found

    def cells(self, name: str) -> list[str]:
        """The exact text of a scalar variable's cells ("" where missing)."""
        shape, indexes = self.layout.require(name, self.name)
        if shape:
            raise DataError(f"{self.name}: column '{name}' is an array", "ask for its elements")
        return self.texts_at(indexes[0])

    def texts_at(self, index: int) -> list[str]:
        """The cells of a flat column as text, "" where there is none."""
        return [cell or "" for cell in self.cells_at(index)]

    @abstractmethod
    def numbers_at(self, index: int) -> Numbers:
        """The numbers of a flat column, problems noted."""

    @abstractmethod
    def cells_at(self, index: int) -> list[str | None]:
        """The cells of a flat column as text, None where there is no value."""

    def series_at(self, index: int) -> pl.Series:
        """The cells of a flat column as a series of polars."""
        return text_column(self.cells_at(index))

    def json_at(self, index: int) -> list[str] | pl.Series:
        """The cells of a flat column as JSON, numbers as they came, of rows that came otherwise."""
        raise NotImplementedError("the rows came as JSON")

    def json_whole(self, name: str) -> pl.Series | None:
        """A variable that came as one column of whatever type, as JSON."""
        return None

    def kept(self, used: frozenset[int]) -> Iterable[TypedColumn]:
        """The columns for a format with types; flat ones that are `used` as float64."""
        flat = {c: i for i, (c, place) in enumerate(self.layout.sources) if place is None}
        for column in self.layout.columns:
            if flat.get(column) in used:
                yield TypedColumn(column, self._float_series(flat[column]), None)
            else:
                with self.telling(column, "Parquet"):
                    yield TypedColumn(column, *self.kept_texts(column))

    def kept_texts(self, column: str) -> tuple[pl.Series, Kinds]:
        """The texts of a column, and what they can be. Raises NotHeldError."""
        texts = self.series_at(self.layout.columns.index(column))
        return texts, kinds_of_cells(texts)

    def kinds_in(self, column: str) -> Iterator[Kinds | None]:
        """What each row of a column can be."""
        return iter(())

    def _float_series(self, index: int) -> pl.Series:
        """The numbers of a flat column, null where there is none."""
        import polars as pl

        numbers = self.numbers_at(index)
        series = pl.Series(numbers, dtype=pl.Float64)
        lost = series.is_nan()
        if lost.any():
            texts = self.texts_at(index)
            lost = pl.Series(
                [x and parse_number(t) is None for x, t in zip(lost, texts, strict=True)]
            )
            series = series.scatter(lost.arg_true(), None)
        return series

    @contextmanager
    def telling(self, column: str, form: str) -> Iterator[None]:
        """Raise DataError, with row and column, for a value that a format cannot hold."""
        try:
            yield
        except NotHeldError as error:
            others = " or ".join(f"results.{x}" for f, x in _ENDINGS.items() if f != form)
            raise DataError(
                f"{self.place(error.offset)}: column '{column}' has {error.what}, "
                f"which {form} cannot hold",
                f"leave the column out, or write another format: -o {others}",
            ) from None

    def json_points(self, used: frozenset[int]) -> list[str] | None:
        """Each row as a JSON object, where it came as one; `used` columns must be numbers."""
        return None

    def no_elements(self, offset: int, column: str) -> DataError:
        """The error for an empty list among numbers."""
        return DataError(
            f"{self.place(offset)}: column '{column}' has no elements",
            "a variable has one shape in the whole file, that of its first row",
        )

    def note(self, offset: int, index: int, text: str) -> float:
        """Remember what is wrong with a cell, unless its row has a problem already. Returns nan."""
        is_absent = text.strip().lower() in MISSING_TEXTS
        what = "missing value" if is_absent else f"'{shortened(text.strip())}' is not a number"
        if _DECIMAL_COMMA.fullmatch(text.strip()):
            what += " (a decimal point is a dot)"
        problem = f"column '{self.layout.labels[index]}': {what}"
        self.problems.setdefault(offset, problem)
        if not is_absent:
            self.unreadable.setdefault(offset, problem)
        return math.nan


class CellBlock(Block):
    """Rows of text cells held by Python: small and wide files, and rows with quoted cells."""

    def __init__(self, origin: Origin, rows: list[list[str]]) -> None:
        super().__init__(origin, len(rows))
        self._cells = list(zip(*rows, strict=True)) or [()] * len(self.layout.labels)

    def _cut(self, rows: int) -> None:
        self._cells = [cells[:rows] for cells in self._cells]

    def numbers_at(self, index: int) -> Numbers:
        texts = self._cells[index]
        found = enumerate(map(parse_number, texts))
        return [self.note(o, index, texts[o]) if x is None else x for o, x in found]

    def cells_at(self, index: int) -> list[str | None]:
        return [cell or None for cell in self._cells[index]]

    def json_at(self, index: int) -> list[str]:
        return [json_of_cell(text) for text in self._cells[index]]


class FrameBlock(Block):
    """Rows in a polars frame: the text of large files."""

    def __init__(self, origin: Origin, frame: pl.DataFrame) -> None:
        super().__init__(origin, frame.height)
        self._frame = frame
        self._numbers: dict[int, NDArray[np.float64]] = {}

    def _cut(self, rows: int) -> None:
        self._frame = self._frame.head(rows)
        self._numbers = {}

    def numbers_at(self, index: int) -> NDArray[np.float64]:
        if index not in self._numbers:
            self._numbers[index] = self._read_numbers(index)
        return self._numbers[index]

    def _read_numbers(self, index: int) -> NDArray[np.float64]:
        import numpy  # noqa: F401  polars would import it where Ctrl-C is a panic, not an exception
        import polars as pl

        series = self._series(index)
        if series.dtype in (pl.Categorical, pl.Enum):
            series = series.cast(pl.String)
        if series.dtype == pl.String:
            return self._parsed(index, series)
        if not (series.dtype.is_numeric() or series.dtype in (pl.Boolean, pl.Null)):
            label = self.layout.labels[index]
            raise DataError(
                f"{self.name}: column '{label}' holds {series.dtype}, not numbers",
                "turn it into numbers before, such as days or seconds",
            )
        numbers = series.cast(pl.Float64)
        if series.null_count():
            for offset in series.is_null().arg_true():
                self.note(offset, index, "")
            numbers = numbers.fill_null(math.nan)  # which takes as long without any
        return numbers.to_numpy()

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
            out[offset] = self.note(offset, index, text or "") if number is None else number
        return out

    def _series(self, index: int) -> pl.Series:
        """A flat column as it came, of its own type."""
        return self._frame.to_series(index)

    def cells_at(self, index: int) -> list[str | None]:
        return self.series_at(index).to_list()

    def series_at(self, index: int) -> pl.Series:
        return self._series(index)

    def json_at(self, index: int) -> pl.Series:
        return json_of_cells(self._series(index))
