"""CSV and TSV: plain chunks by polars, all others by the standard library.

A small file never meets polars, since importing it costs more than reading the file, nor does a
wide one, since polars takes its time for each column. What is unusual in a chunk (quotes, blank
lines, errors) goes to the standard library, so that both ways agree by construction.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from adcli.data.blocks import WIDE_COLUMNS, Block, CellBlock, FrameBlock, Origin
from adcli.data.by_polars import polars_reads
from adcli.data.column_layout import ColumnLayout, at_row, check_names, layout_of
from adcli.data.source import SMALL_BYTES, Chunk, Source, read_chunks
from adcli.errors import DataError

CELL_CHARACTERS = 1 << 24
"""The longest quoted cell; a quote that is never closed must not collect the whole file."""


def read_csv(
    source: Source, separator: str, block_bytes: int
) -> tuple[ColumnLayout, Iterator[Block]]:
    """The layout that the header gives, and the blocks."""
    chunks = read_chunks(source, block_bytes, min(block_bytes, SMALL_BYTES))
    reader = RecordReader(source.name, separator, chunks)
    for first in chunks:
        header, _, rest = reader.parse(first, 0, None, limit=1)
        if header:
            break
    else:
        raise DataError(f"{source.name} is empty", "the first line names the columns")
    columns = tuple(name.strip() for name in header[0])
    check_names(source.name, columns)
    layout = layout_of(source.name, dict.fromkeys(columns, ()))
    bulk = not (first.last and len(first.data) < SMALL_BYTES) and len(columns) <= WIDE_COLUMNS
    return layout, _blocks(reader, layout, itertools.chain([rest], chunks), bulk)


def _blocks(
    reader: RecordReader, layout: ColumnLayout, chunks: Iterator[Chunk], bulk: bool
) -> Iterator[Block]:
    row = 1
    for chunk in chunks:
        if not chunk.data:
            continue
        block: Block | None = _plain_block(reader, layout, chunk, row) if bulk else None
        if block is None:
            cells, lines, _ = reader.parse(chunk, row, len(layout.labels))
            block = CellBlock(Origin(reader.name, layout, row, lines), cells)
        if block.rows:
            yield block
            row += block.rows


def _plain_block(
    reader: RecordReader, layout: ColumnLayout, chunk: Chunk, row: int
) -> Block | None:
    """The rows of a chunk by polars; None if anything in it needs a closer look.

    polars skips blank lines at the start, has nulls for those within and for cells that a row
    lacks, and refuses a row with too many and bytes that are not UTF-8.
    """
    data = chunk.data
    if b'"' in data or data.startswith((b"\n", b"\r")):
        return None
    if b"\r" in data:
        if data.count(b"\r") != data.count(b"\r\n"):
            return None
        data = data.replace(b"\r\n", b"\n")
    import polars as pl

    rows = chunk.lines
    width = len(layout.labels)
    try:
        with polars_reads(reader.name, "CSV"):
            frame = pl.read_csv(
                data,
                has_header=False,
                separator=reader.separator,
                quote_char=None,
                schema={str(i): pl.String for i in range(width)},
            )
    except DataError:
        return None
    if frame.height != rows:
        return None
    if frame.to_series(width - 1).null_count() and (
        b"\n\n" in data or data.count(reader.separator.encode()) != rows * (width - 1)
    ):
        return None
    origin = Origin(reader.name, layout, row, range(chunk.line, chunk.line + rows))
    block = FrameBlock(origin, frame)
    block.needs_quotes = reader.separator != ","
    return block


class Records(NamedTuple):
    """Consecutive records, the lines they start on, and what is left of the text behind them."""

    cells: list[list[str]]
    lines: list[int]
    rest: Chunk


@dataclass
class RecordReader:
    """Parses the chunks of a file into records."""

    name: str
    separator: str
    _chunks: Iterator[Chunk]

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
            self.given += piece.lines
            yield from io.StringIO(piece.text(self._name), newline="\n")
            piece = next(self._following, None)

    def rest(self, taken: int) -> Chunk:
        """What is left of the last chunk when `taken` lines of all are gone."""
        chunk = self._chunk
        if taken == self.given:
            return Chunk(b"", chunk.line, chunk.offset, chunk.last)
        cut = 0
        for _ in range(taken - self._before):
            cut = chunk.data.index(b"\n", cut) + 1
        line = chunk.line + taken - self._before
        return Chunk(chunk.data[cut:], line, chunk.offset + cut, chunk.last)


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
