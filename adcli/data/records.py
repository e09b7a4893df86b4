"""The records of CSV and TSV by the standard library: slower than polars, and able to read all."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from adcli.data.chunks import Chunk
from adcli.data.column_layout import at_row
from adcli.errors import DataError

CELL_CHARACTERS = 1 << 24
"""The longest quoted cell; a quote that is never closed must not collect the whole file."""


class Records(NamedTuple):
    """Consecutive records, the lines they start on, and what is left of the text behind them."""

    cells: list[list[str]]
    lines: list[int]
    rest: Chunk


class RecordReader:
    """Parses the chunks of a file into records."""

    def __init__(self, name: str, separator: str, chunks: Iterator[Chunk]) -> None:
        self.name = name
        self.separator = separator
        self._chunks = chunks

    def parse(
        self, chunk: Chunk, first_row: int, width: int | None, limit: int | None = None
    ) -> Records:
        """The records that start in a chunk, at most `limit`; row 0 is the header.

        A quoted cell that is open at the end of the chunk goes on in the next. Raises DataError
        for broken quotes, and for a record that has not `width` cells.
        """
        feed = _Feed(self.name, chunk, self._chunks)
        reader = csv.reader(iter(feed), delimiter=self.separator, strict=True)
        cells: list[list[str]] = []
        lines: list[int] = []
        with _long_cells():
            while (reader.line_num < feed.given or not feed.given) and len(cells) != limit:
                line = chunk.line + reader.line_num
                row = first_row + len(cells)
                try:
                    record = next(reader, None)
                except csv.Error as error:
                    raise _broken(self._at(row, line), str(error)) from None
                if record is None:
                    break
                if not record:
                    continue
                if width is not None and len(record) != width:
                    raise _miscounted(self._at(row, line), len(record), width)
                cells.append(record)
                lines.append(line)
        return Records(cells, lines, feed.rest(reader.line_num))

    def _at(self, row: int, line: int) -> str:
        return at_row(self.name, row, line) if row else f"{self.name}, header (line {line})"


class _Feed:
    """The lines of a chunk, then of those behind it, for as long as they are asked for."""

    def __init__(self, name: str, chunk: Chunk, following: Iterator[Chunk]) -> None:
        self.given = 0
        self._name = name
        self._chunk = chunk
        self._before = 0
        self._following = following

    def __iter__(self) -> Iterator[str]:
        piece: Chunk | None = self._chunk
        while piece is not None:
            self._chunk, self._before = piece, self.given
            text = piece.text(self._name)
            self.given += text.count("\n") + (not text.endswith("\n"))
            yield from io.StringIO(text, newline="\n")
            piece = next(self._following, None)

    def rest(self, taken: int) -> Chunk:
        """What is left of the last chunk when `taken` lines of all are gone."""
        chunk = self._chunk
        if taken == self.given:
            return chunk._replace(data=b"")
        cut = 0
        for _ in range(taken - self._before):
            cut = chunk.data.index(b"\n", cut) + 1
        line = chunk.line + taken - self._before
        rest = chunk.data[cut:]
        return Chunk(rest, line, chunk.offset + cut, chunk.last, rest.count(b"\n"))


@contextmanager
def _long_cells() -> Iterator[None]:
    """Let the standard library read cells of more than its 128 Ki characters."""
    before = csv.field_size_limit(CELL_CHARACTERS)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _miscounted(place: str, count: int, width: int) -> DataError:
    cells = "1 cell" if count == 1 else f"{count} cells"
    were = "1 was" if width == 1 else f"{width} were"
    hint = "every row has a cell for each column; one with a comma goes in quotes"
    return DataError(f"{place}: {cells} where {were} expected", hint)


def _broken(place: str, reason: str) -> DataError:
    """The standard library's complaint, so that people know what to look for."""
    hint: str | None = "a quote inside a quoted cell is doubled"
    if "end of data" in reason:
        what = "a quoted cell is not closed"
    elif "field larger" in reason:
        what = f"a cell longer than {CELL_CHARACTERS:,} characters; a quote not closed?"
    elif "expected after" in reason:
        what = "text after the closing quote of a cell"
    elif "new-line character" in reason:
        what, hint = "a carriage return without a line feed", "lines end in LF or CRLF"
    else:
        what, hint = reason, None
    return DataError(f"{place}: {what}", hint)
