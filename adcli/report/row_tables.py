"""Results of many rows as text: tables for people, or the numbers alone."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from typing import Any, BinaryIO

from adcli.data.blocks import Block
from adcli.data.result_files import opened
from adcli.data.writer import FlatField, ResultWriter
from adcli.report.numbers import exact, short
from adcli.report.rendering import Screen

TABLE_ROWS = 500
"""Rows of one table; longer results are tables one after the other."""


def open_texts(
    target: str | os.PathLike[str] | BinaryIO,
    form: str,
    variables: Iterable[str],
    digits: int,
    screen: Screen,
) -> ResultWriter:
    """A writer of `table` or `plain` to a path, atomically, or to a stream.

    Raises DataError where the file cannot be written.
    """
    stream, resources = opened(target)
    if form == "plain":
        return _PlainWriter(stream, (), resources)
    return _TableWriter(stream, variables, resources, digits, screen)


class _TextWriter(ResultWriter):
    def put(self, rendered: Iterable[str]) -> None:
        for text in rendered:
            self._stream.write(text.encode("utf-8", "surrogateescape"))


class _PlainWriter(_TextWriter):
    """The numbers of a row in a line; `nan` in a row that failed."""

    def _render(
        self, block: Block, columns: list[FlatField], errors: Mapping[int, str], bulk: bool
    ) -> Iterable[str]:
        flat = [[_cell(x) for x in values] for column in columns for values in column.flat]
        for row in errors:
            for cells in flat:
                cells[row] = "nan"
        return ["".join([" ".join(row) + "\n" for row in zip(*flat, strict=True)])]


class _TableWriter(_TextWriter):
    """The scalar variables and the results; below a table stands why rows of it failed."""

    def __init__(
        self,
        stream: BinaryIO,
        variables: Iterable[str],
        resources: ExitStack,
        digits: int,
        screen: Screen,
    ) -> None:
        super().__init__(stream, variables, resources)
        self._digits = digits
        self._screen = screen

    def _render(
        self, block: Block, columns: list[FlatField], errors: Mapping[int, str], bulk: bool
    ) -> Iterable[str]:
        """The tables are made when they are asked for: they take their time."""
        return (
            self._table(block, columns, errors, start, min(block.rows, start + TABLE_ROWS))
            for start in range(0, max(block.rows, 1), TABLE_ROWS)
        )

    def _table(
        self,
        block: Block,
        columns: list[FlatField],
        errors: Mapping[int, str],
        start: int,
        end: int,
    ) -> str:
        from adcli.report.rich_tables import RichTables

        groups = {name: block.layout.require(name, block.name) for name in self._variables}
        scalars = [name for name, group in groups.items() if not group.shape]
        given = [block.cells(name)[start:end] for name in scalars]
        found = [
            ["-" if row in errors else _cell(x, self._digits) for row, x in enumerate(part, start)]
            for column in columns
            for part in [values[start:end] for values in column.flat]
        ]
        numbers = [str(block.first_row + row) for row in range(start, end)]
        labels = [label for column in columns for label in column.labels]
        tables = RichTables(*self._screen)
        rows = list(zip(numbers, *given, *found, strict=True))
        tables.rows(["row", *scalars, *labels], rows, limit=None)
        for row in range(start, end):
            if row in errors:
                tables.note(f"row {block.first_row + row}: {errors[row]}")
        return tables.text()


def _cell(value: Any, digits: int | None = None) -> str:
    """A number, exactly or with some digits; what is text already as it is."""
    if isinstance(value, str):
        return value
    return exact(value) if digits is None else short(value, digits)
