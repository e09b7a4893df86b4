"""Blocks of rows: what those of every format can do, rows of text cells, and polars frames.

Text stays text: a column is turned into numbers only when `Block.numbers` asks for it, and goes to
the output exactly as it came.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from copy import copy
from typing import TYPE_CHECKING, TypeAlias

from adcli.data.cells import csv_series, json_of_cell, json_series, parse_number, text_frame
from adcli.data.layout import Layout, at_row
from adcli.errors import DataError

MISSING = frozenset(["", "na", "n/a", "#n/a", "null", "none"])
"""Texts, in small letters, that say that a value is missing; so does nan."""

WIDE_COLUMNS = 256  # polars, which takes its time for each column, is slower from here on

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    Numbers: TypeAlias = list[float] | NDArray[np.float64]


class Block(ABC):
    """Consecutive rows of a file of points.

    `first_row` is the 1-based number of the first one among the data rows. `problems` tells, for
    offsets in the block, what was wrong with a cell that `numbers` was asked for; `unreadable` has
    of these the cells that are not missing, but no numbers. `needs_quotes` is False where no cell
    needs quotes in CSV.
    """

    def __init__(
        self, name: str, layout: Layout, first_row: int, rows: int, lines: Sequence[int] | None
    ) -> None:
        self.name = name
        self.layout = layout
        self.first_row = first_row
        self.rows = rows
        self.needs_quotes = True
        self.problems: dict[int, str] = {}
        self.unreadable: dict[int, str] = {}
        self._lines = lines

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
        if not shape:
            return self.numbers_at(indexes[0])
        if not indexes and self.rows:
            raise DataError(
                f"{self.place(0)}: column '{name}' has no elements",
                "a variable has one shape in the whole file, that of its first row",
            )
        import numpy as np

        flat = np.empty((self.rows, len(indexes)))
        for i, index in enumerate(indexes):
            flat[:, i] = self.numbers_at(index)
        return flat.reshape(self.rows, *shape)

    def cells(self, name: str) -> list[str]:
        """The exact text of a scalar variable's cells ("" where missing)."""
        shape, indexes = self.layout.require(name, self.name)
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
        is_missing = text.strip().lower() in MISSING
        what = "missing value" if is_missing else f"'{_shorten(text)}' is not a number"
        problem = f"column '{self.layout.labels[index]}': {what}"
        self.problems.setdefault(offset, problem)
        if not is_missing:
            self.unreadable.setdefault(offset, problem)


class CellBlock(Block):
    """Rows of text cells held by Python: small and wide files, and rows with quoted cells."""

    def __init__(
        self, name: str, layout: Layout, first_row: int, rows: list[list[str]], lines: Sequence[int]
    ) -> None:
        super().__init__(name, layout, first_row, len(rows), lines)
        self._cells = list(zip(*rows, strict=True)) if rows else [()] * len(layout.labels)

    def _cut(self, rows: int) -> None:
        self._cells = [cells[:rows] for cells in self._cells]

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
        return [json_of_cell(text) for text in self._cells[index]]

    def frame(self) -> pl.DataFrame:
        return text_frame(self._cells)


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

        series = self._frame.to_series(index)
        if series.dtype in (pl.Categorical, pl.Enum):
            series = series.cast(pl.String)
        if series.dtype == pl.String:
            return self._parsed(index, series)
        if not (series.dtype.is_numeric() or series.dtype in (pl.Boolean, pl.Null)):
            label = self.layout.labels[index]
            raise DataError(f"{self.name}: column '{label}' holds {series.dtype}, not numbers")
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
            if number is None:
                self.note(offset, index, text or "")
            else:
                out[offset] = number
        return out

    def texts_at(self, index: int) -> list[str]:
        return csv_series(self._frame.to_series(index)).fill_null("").to_list()

    def json_at(self, index: int) -> pl.Series:
        return json_series(self._frame.to_series(index), self._typed)

    def frame(self) -> pl.DataFrame:
        return self._frame


def _shorten(text: str) -> str:
    text = text.strip()
    return text if len(text) <= 40 else text[:37] + "..."
