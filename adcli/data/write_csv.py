"""Results as CSV."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, BinaryIO, NamedTuple

from adcli.data.blocks import Block
from adcli.data.cells import csv_series
from adcli.data.writer import Column, ResultWriter, Values, as_series, blanked, check_labels

_SPECIAL = re.compile('[",\r\n]')


class _Lines(NamedTuple):
    """Lines of text: the first `size` bytes of a buffer. `labels` are the names of the columns."""

    labels: list[str]
    buffer: io.BytesIO
    size: int


class CsvWriter(ResultWriter):
    """The columns of the points as they came, then the computed ones."""

    def __init__(self, stream: BinaryIO, variables: Iterable[str], resources: ExitStack) -> None:
        super().__init__(stream, variables, resources)
        self._headed = False
        # Fresh memory of megabytes costs about as much as what is written into it.
        self._buffers: list[io.BytesIO] = []

    def _render(
        self, block: Block, columns: list[Column], errors: Mapping[int, str], bulk: bool
    ) -> _Lines:
        labels = [label for column in columns for label in column.labels]
        if not self._headed:
            check_labels(block, labels)
        flat = [values for column in columns for values in column.flat]
        try:
            buffer = self._buffers.pop()
        except IndexError:
            buffer = io.BytesIO()
        buffer.seek(0)
        if bulk and block.rows:
            self._write_frame(buffer, block, flat, errors)
        elif block.rows:
            cells = [block.texts_at(i) for i in range(len(block.layout.labels))]
            cells += [_cells(values, errors) for values in flat]
            buffer.write(_lines(zip(*cells, strict=True)))
        return _Lines([*block.layout.labels, *labels], buffer, buffer.tell())

    def put(self, rendered: _Lines) -> None:
        """Write the header, once, and the lines."""
        if not self._headed:
            self._stream.write(_lines([rendered.labels]))
            self._headed = True
        with rendered.buffer.getbuffer() as whole, whole[: rendered.size] as lines:
            self._stream.write(lines)
        self._buffers.append(rendered.buffer)

    def _write_frame(
        self,
        buffer: io.BytesIO,
        block: Block,
        flat: list[Values],
        errors: Mapping[int, str],
    ) -> None:
        import polars as pl

        frame = block.frame()
        width = frame.width
        kept = [csv_series(series) for series in frame.get_columns()]
        computed = [
            blanked(as_series(values), errors).alias(str(width + i))
            for i, values in enumerate(flat)
        ]
        pl.DataFrame([*kept, *computed]).write_csv(
            buffer,
            include_header=False,
            quote_style="necessary" if block.needs_quotes else "never",
        )


def _lines(rows: Iterable[Iterable[str]]) -> bytes:
    return "".join(",".join(map(_quoted, row)) + "\n" for row in rows).encode()


def _quoted(cell: str) -> str:
    """A cell in quotes where it needs them (`csv.writer` leaves a carriage return bare)."""
    return '"' + cell.replace('"', '""') + '"' if _SPECIAL.search(cell) else cell


def _cells(values: Sequence[Any], errors: Mapping[int, str]) -> list[str]:
    cells = [_cell(value) for value in values]
    for offset in errors:
        cells[offset] = ""
    return cells


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return "NaN" if value != value else repr(float(value))
