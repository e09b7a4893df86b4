"""Results as CSV."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from adcli.data.blocks import Block
from adcli.data.cells import csv_series
from adcli.data.writer import Column, ResultWriter, Values, as_series, blanked, check_labels

if TYPE_CHECKING:
    import polars as pl

_SPECIAL = re.compile('[",\r\n]')


class CsvWriter(ResultWriter):
    """The columns of the points as they came, then the computed ones."""

    _headed = False

    def _write(self, block: Block, columns: list[Column], errors: Mapping[int, str]) -> None:
        labels = [label for column in columns for label in column.labels]
        if not self._headed:
            check_labels(block, labels)
            self._stream.write(_lines([[*block.layout.labels, *labels]]))
            self._headed = True
        if not block.rows:
            return
        flat = [values for column in columns for values in column.flat]
        if self._bulk:
            self._write_frame(block.frame(), flat, errors)
        else:
            cells = [block.texts_at(i) for i in range(len(block.layout.labels))]
            cells += [_cells(values, errors) for values in flat]
            self._stream.write(_lines(zip(*cells, strict=True)))

    def _write_frame(
        self, frame: pl.DataFrame, flat: list[Values], errors: Mapping[int, str]
    ) -> None:
        import polars as pl

        width = frame.width
        kept = [csv_series(series) for series in frame.get_columns()]
        computed = [
            blanked(as_series(values), errors).alias(str(width + i))
            for i, values in enumerate(flat)
        ]
        buffer = io.BytesIO()
        pl.DataFrame([*kept, *computed]).write_csv(buffer, include_header=False)
        self._stream.write(buffer.getbuffer())


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
