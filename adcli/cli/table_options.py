"""The options that name a table, and which names of a program are its columns."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from adcli.cli.declare import Options
from adcli.cli.kinds import choice, text, texts
from adcli.cli.needs import Need, has
from adcli.cli.options import file_format_option
from adcli.cli.terminal import remark
from adcli.errors import UsageError, did_you_mean
from adcli.language.messages import safe
from adcli.report.numbers import shape_of

if TYPE_CHECKING:
    from adcli.data.levels import CodedColumns
    from adcli.data.table import Table
    from adcli.function import Function
    from adcli.graph.coded import LevelNames


MOST_LEVELS = 12
"""Levels of a column that a remark names."""

DATA = Need("is for --data", has("data"), "--data FILE names a table")


class TableOptions(Options):
    """A table whose columns are vectors in the program."""

    data: tuple[str, ...] = texts(
        "FILE",
        "A table, whose columns are vectors in the program: CSV, TSV, JSON Lines, Parquet, "
        "'-', or a glob in quotes. Repeatable: several files are one table.",
    )
    data_format: str | None = file_format_option(DATA)
    missing: Literal["error", "drop"] = choice(
        ["error", "drop"],
        "At a missing value: error (default), or drop the row.",
        DATA,
        default="error",
    )
    where: str | None = text("EXPR", "Take only the rows for which EXPR, as in x > 0, holds.", DATA)


@contextmanager
def open_data(options: TableOptions) -> Iterator[Table | None]:
    """The table that --data names; None without it."""
    if not options.data:
        yield None
        return
    from adcli.cli.terminal import Progress, stdin_bytes
    from adcli.data.table import open_table

    form, stdin = options.data_format, stdin_bytes() if "-" in options.data else None
    bar = partial(Progress, stream=sys.stderr, what="rows")
    with open_table(options.data, format=form, stdin=stdin, progress=bar) as table:
        yield table


def columns_in(f: Function, table: Table | None) -> list[str]:
    """The names of the program that are columns."""
    return [name for name in f.inputs if table is not None and table.layout.find(name) is not None]


def check_columns(
    f: Function,
    table: Table,
    given: Iterable[str],
    complete: bool = True,
    option: str = "--start",
) -> None:
    """Raise UsageError unless each name of the program is a column or `given` a value, not both.

    Where the values given are not `complete`, because a checkpoint has others, none is missed.
    `option` is the one that gives them.
    """
    given = set(given)
    f.refuse_constants(table.layout.names, table.name)
    f.refuse_constants(given)
    if not columns_in(f, table):
        raise UsageError(f"the program names no column of {safe(table.name)}", table.listed())
    for name in f.inputs:
        is_column = table.layout.find(name) is not None
        if is_column and name in given:
            raise UsageError(
                f"'{safe(name)}' is given a value and is a column of {safe(table.name)}",
                "take the value away, or give the variable another name in the program",
            )
        if complete and not is_column and name not in given:
            error = _unknown(f, table, name)
            what = option.replace("--start", "start").replace("--at", "value")
            error.message += f", and has no {what}"
            error.hint = f"{error.hint}; a parameter needs a {what}: {option} {safe(name)}=..."
            raise error


def read_data(
    f: Function, table: Table, options: TableOptions, others: Iterable[str] = ()
) -> CodedColumns:
    """The columns that the program names, and `others`, as arrays."""
    from adcli.data.table_columns import read_columns

    condition = filter_of(table, options)
    names = [*columns_in(f, table), *others]
    return read_columns(table, names, missing=options.missing, where=condition)


def tell_levels(f: Function, values: Mapping[str, Any], levels: LevelNames) -> None:
    """Say what codes stand for that were found in a file. Raises UsageError where one of `values`
    has not a number for each level: it would be that of other levels."""
    from adcli.graph.coded import groupings

    for variable, axis, place, _ in groupings(f.graph, f.order):
        name, codes = f.graph.attrs[variable], f.graph.attrs[place]
        found = levels.get(codes) if isinstance(codes, str) else None
        shape = shape_of(values.get(name, 0.0))
        if found and axis < len(shape) and shape[axis] != len(found):
            raise UsageError(
                f"'{safe(name)}' has {shape[axis]} places for the {len(found)} levels of "
                f"{safe(codes)}: {', '.join(map(safe, found[:MOST_LEVELS]))}",
                "--save of a fit or a descent keeps the levels",
            )
    for name, found in levels.items():
        if not found:
            continue
        numbered = [f"{k} {safe(text)}" for k, text in enumerate(found[:MOST_LEVELS])]
        more = f", and {len(found) - MOST_LEVELS:,} more" if len(found) > MOST_LEVELS else ""
        remark(f"{safe(name)}: {', '.join(numbered)}{more}\n")


def filter_of(table: Table, options: TableOptions) -> Function | None:
    """The function that --where gives."""
    if options.where is None:
        return None
    from adcli.function import function

    condition = function(options.where)
    condition.refuse_constants(table.layout.names, table.name)
    for name in condition.inputs:
        if table.layout.find(name) is None:
            raise _unknown(condition, table, name)
    return condition


def _unknown(f: Function, table: Table, name: str) -> UsageError:
    """The error for a name that is not a column."""
    hint = did_you_mean(name, table.layout.columns)
    return UsageError(
        f"'{safe(name)}' is not a column of {safe(table.name)}",
        f"{hint + ' ' if hint else ''}{table.listed()}",
        span=f.graph.span(f.inputs[name]),
        text=f.text,
    )
