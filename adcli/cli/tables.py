"""The options that name a table, and which names of a program are its columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

from adcli.cli.options import together
from adcli.errors import UsageError
from adcli.language.messages import safe

if TYPE_CHECKING:
    from adcli.data.table import Table
    from adcli.function import Function

table_options: Callable[..., Any] = together(
    click.option(
        "--data",
        metavar="FILE",
        multiple=True,
        help="A table, whose columns are vectors in the program: CSV, TSV, JSON Lines, Parquet, "
        "'-', or a glob in quotes. Repeatable: several files are one table.",
    ),
    click.option(
        "--data-format",
        metavar="FORMAT",
        help="csv, tsv, jsonl or parquet, where the file's name does not say.",
    ),
    click.option(
        "--missing",
        type=click.Choice(["error", "drop"]),
        default="error",
        help="At a missing value: error (default), or drop the row.",
    ),
    click.option(
        "--where", metavar="EXPR", help="Take only the rows for which EXPR, as in x > 0, holds."
    ),
)


def open_data(options: Mapping[str, Any]) -> Table | None:
    """The table that --data names; None without it. The caller closes it."""
    if not options["data"]:
        for name in ("where", "data_format"):
            if options[name]:
                raise UsageError(f"--{name.replace('_', '-')} is for --data", "name a table")
        return None
    from adcli.cli.terminal import stdin_bytes
    from adcli.data.table import open_table

    stdin = stdin_bytes() if "-" in options["data"] else None
    return open_table(options["data"], format=options["data_format"], stdin=stdin)


def filter_of(options: Mapping[str, Any]) -> Function | None:
    """The function that --where gives."""
    if not options["where"]:
        return None
    from adcli.function import function

    return function(options["where"])


def columns_of(f: Function, table: Table, given: Iterable[str]) -> list[str]:
    """The names of the program that are columns: all but those `given` by other options.

    Raises UsageError for a name that is both or neither, with the list of columns.
    """
    given = set(given)
    found = []
    for name in f.inputs:
        is_column = table.find(name) is not None
        if is_column and name in given:
            raise UsageError(
                f"'{safe(name)}' is given a value and is a column of {safe(table.name)}",
                "take the value away, or give the variable another name in the program",
            )
        if is_column:
            found.append(name)
        elif name not in given:
            raise _unknown(f, table, name)
    return found


def _unknown(f: Function, table: Table, name: str) -> UsageError:
    from adcli.data.layout import listed

    return UsageError(
        f"'{safe(name)}' is no column of {safe(table.name)}, and it has no start",
        f"{listed(table.columns)}; for a parameter give a start: --start {safe(name)}=...",
        span=f.graph.span(f.inputs[name]),
        text=f.text,
    )
