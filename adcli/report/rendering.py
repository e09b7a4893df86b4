"""A result in each format: JSON, CSV, plain numbers, or tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from adcli.data.cells import csv_cell
from adcli.report.numbers import joined, json_pieces

if TYPE_CHECKING:
    from adcli.report.drawn_tables import Tables


class Screen(NamedTuple):
    """Where tables are shown: columns of text, and whether with colour."""

    width: int
    color: bool


class Report:
    """A result, told once for each kind of reader; a kind that no command asks for is left out.

    `precision` is the number of digits that was asked for, if any.
    """

    precision: int | None = None
    separator = " "
    """Stands between the texts of a plain line."""

    def record(self) -> Mapping[str, Any]:
        """The result as one JSON object; its arrays become lists, what is not finite null."""
        raise NotImplementedError

    def records(self) -> Iterable[Mapping[str, Any]]:
        """The objects of JSON, a line each."""
        return [self.record()]

    def rows(self) -> Iterable[Iterable[str]]:
        """The rows of CSV, the header first."""
        raise NotImplementedError

    def plain(self) -> Iterable[Iterable[str]]:
        """The texts of each plain line, without a header."""
        raise NotImplementedError

    def draw(self, tables: Tables, digits: int) -> None:
        """Tables and remarks for people, numbers with so many significant digits."""
        raise NotImplementedError


def fields_of(value: Any, kind: type[Any], without: Iterable[str] = ()) -> dict[str, Any]:
    """The fields that a value has as a dataclass of a `kind`, by name, `without` some."""
    names = [field.name for field in fields(kind) if field.name not in without]
    return {name: getattr(value, name) for name in names}


DIGITS = 6
"""Significant digits of numbers in tables."""
PAGE = Screen(100, False)


def rendered(
    report: Report, form: str, digits: int = DIGITS, screen: Screen = PAGE
) -> Iterator[str]:
    """The text of a result as `json`, `csv`, `plain` or `table`, in pieces."""
    if form == "json":
        return _ended(json_pieces(record, report.precision) for record in report.records())
    if form == "csv":
        return _ended(joined(map(csv_cell, row), ",") for row in report.rows())
    if form == "plain":
        return _ended(joined(line, report.separator) for line in report.plain())
    from adcli.report.rich_tables import RichTables

    tables = RichTables(*screen)
    report.draw(tables, digits)
    return iter([tables.text()])


def _ended(lines: Iterable[Iterable[str]]) -> Iterator[str]:
    """Lines, each given in pieces, with their ends."""
    return chain.from_iterable(chain(line, ("\n",)) for line in lines)
