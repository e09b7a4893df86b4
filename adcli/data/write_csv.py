"""Results as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from adcli.data.blocks import Block
from adcli.data.cells import csv_cell
from adcli.data.output import refused_to_polars
from adcli.data.writer import (
    ColumnValues,
    FlatField,
    ResultWriter,
    as_series,
    blanked,
    check_labels,
)

if TYPE_CHECKING:
    import polars as pl


class _CsvRows(NamedTuple):
    """Rows ready to be written, as text or as a frame, under columns of the names `labels`."""

    labels: list[str]
    rows: bytes | pl.DataFrame
    needs_quotes: bool


class CsvWriter(ResultWriter):
    """The columns of the points as they came, then the computed ones.

    Text goes from polars into the file at once: each copy of it would take as long as making it.
    """

    _headed = False
    """Whether the header is written."""

    def _render(
        self, block: Block, columns: list[FlatField], errors: Mapping[int, str], bulk: bool
    ) -> _CsvRows:
        labels = [label for column in columns for label in column.labels]
        if not self._headed:
            check_labels(block, labels)
        flat = [values for column in columns for values in column.flat]
        if bulk and block.rows:
            rows: bytes | pl.DataFrame = _frame(block, flat, errors)
        else:
            cells = [block.cells_at(i) for i in range(len(block.layout.labels))]
            cells += [_cells(values, errors) for values in flat]
            rows = _lines(zip(*cells, strict=True))
        return _CsvRows([*block.layout.labels, *labels], rows, block.needs_quotes)

    def put(self, rendered: _CsvRows) -> None:
        """Write the header, once, and the rows."""
        if not self._headed:
            self._stream.write(_lines([rendered.labels]))
            self._headed = True
        if isinstance(rendered.rows, bytes):
            self._stream.write(rendered.rows)
            return
        self._stream.flush()
        with refused_to_polars(self._stream):
            rendered.rows.write_csv(
                self._stream,
                include_header=False,
                quote_style="necessary" if rendered.needs_quotes else "never",
            )


def _frame(block: Block, flat: list[ColumnValues], errors: Mapping[int, str]) -> pl.DataFrame:
    import polars as pl

    kept = [block.series_at(i) for i in range(len(block.layout.labels))]
    computed = [blanked(as_series(values), errors) for values in flat]
    return pl.DataFrame([x.alias(str(i)) for i, x in enumerate([*kept, *computed])])


def _lines(rows: Iterable[Iterable[str | None]]) -> bytes:
    return "".join(",".join(map(_quoted, row)) + "\n" for row in rows).encode()


def _quoted(cell: str | None) -> str:
    """A cell in quotes where it needs them: an empty text does, beside no value, which is nothing
    (`csv.writer` does not tell them apart, and leaves a carriage return bare)."""
    if cell is None:
        return ""
    return csv_cell(cell) or '""'


def _cells(values: Sequence[Any], errors: Mapping[int, str]) -> list[str | None]:
    cells = [_cell(value) for value in values]
    for offset in errors:
        cells[offset] = None
    return cells


def _cell(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        return value
    return "NaN" if value != value else repr(float(value))
