"""CSV and TSV: plain chunks by polars, all others by the standard library.

A small file never meets polars, since importing it costs more than reading the file, nor does a
wide one, since polars takes its time for each column. What is unusual in a chunk (quotes, blank
lines, errors) goes to the standard library, so that both ways agree by construction.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from adcli.data.blocks import WIDE_COLUMNS, Block, CellBlock, FrameBlock
from adcli.data.by_polars import polars_reads
from adcli.data.chunks import SMALL_BYTES, Chunk, read_chunks
from adcli.data.column_layout import ColumnLayout, check_names, layout_of
from adcli.data.records import RecordReader
from adcli.data.source import Source
from adcli.errors import DataError


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
            block = CellBlock(reader.name, layout, row, cells, lines)
        if block.rows:
            yield block
            row += block.rows


def _plain_block(
    reader: RecordReader, layout: ColumnLayout, chunk: Chunk, row: int
) -> Block | None:
    """The rows of a chunk by polars; None if anything in it needs a closer look.

    polars skips blank lines at the start, has nulls for those within and for cells that a row
    lacks, and refuses a row with too many.
    """
    data = chunk.data
    if b'"' in data or data.startswith((b"\n", b"\r")) or not (data.isascii() or _is_utf8(data)):
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
    block = FrameBlock(reader.name, layout, row, frame, range(chunk.line, chunk.line + rows))
    block.needs_quotes = reader.separator != ","
    return block


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
