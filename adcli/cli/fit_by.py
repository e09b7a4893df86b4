"""`adcli fit --by`: one model fitted to each group of rows, and one table of the fits."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from adcli.cli.fit_inputs import problem_and_rows
from adcli.cli.fit_options import FitOptions
from adcli.cli.interruption import interruption
from adcli.cli.predictions import check_rows, write_predictions
from adcli.cli.show import show
from adcli.cli.terminal import Progress, remark
from adcli.data.output import atomic_output
from adcli.descent.stopping import Status
from adcli.errors import DataError
from adcli.fitting.group_fits import (
    FAILED,
    GroupFit,
    as_columns,
    find_groups,
    fit_groups,
    take_rows,
)
from adcli.fitting.run import solve
from adcli.language.messages import counted, safe
from adcli.report.fit_table import FitTable


def fit_by(options: FitOptions) -> int:
    """Fit each group, write the table, and say how many fits ended how."""
    if options.predict:
        check_rows(options.predict, options.predict_format)
    make, data = problem_and_rows(options)
    groups = find_groups(data, options.group_columns)
    with interruption() as interrupted, Progress(len(groups), sys.stderr, "groups") as progress:
        fits = fit_groups(
            lambda rows: make(take_rows(data, rows)),
            groups,
            partial(solve, interrupted=interrupted, **options.passed_on),
            stop=options.on_error == "stop",
        )
        rows: list[dict[str, Any]] = []
        keep = None if options.recorder is None else rows.append
        known: dict[tuple[str, ...], GroupFit] = {}
        watched = _watched(fits, progress, keep)
        table = FitTable(_remembered(watched, known) if options.predict else watched)
        _write(table, options)
    missed = _predict(known, options) if options.predict else 0
    if options.recorder is not None:
        options.recorder.keep({"groups": as_columns(rows)})
    for text in table.moved:
        remark(safe(text) + "\n")
    to_file = options.output not in (None, "-")
    if options.form != "table" or to_file != bool(options.predict):
        remark(table.told() + "\n")
    if table.tally[FAILED]:
        remark(f"error: {table.tally[FAILED]:,} of {len(groups):,} fits failed\n")
        return 1
    if missed:
        remark(
            f"error: no prediction for {counted(missed, 'row')} of {safe(str(options.predict))}\n"
        )
        return 1
    return max((Status(end).exit_code for end in table.tally), default=0)


def _write(table: FitTable, options: FitOptions) -> None:
    """Write the table; where predictions go to standard output, it is made and left out."""
    if options.predict and options.output in (None, "-"):
        table.columns()
    elif options.form == "parquet":
        _write_parquet(table, str(options.output))
    else:
        show(table, options.form, None if options.predict else options.output, options.digits)


def _predict(known: dict[tuple[str, ...], GroupFit], options: FitOptions) -> int:
    """Write predictions, each by the fit of its row's group; the number of rows that have none."""
    fits = [x.fit for x in known.values() if x.fit is not None]
    if not fits:
        raise DataError("no group has a fit to predict by", "leave --predict out to see why")
    return write_predictions(fits[0].fitted_model, options, known)


def _remembered(
    fits: Iterable[GroupFit], known: dict[tuple[str, ...], GroupFit]
) -> Iterator[GroupFit]:
    for x in fits:
        known[tuple(map(str, x.group.values()))] = x
        yield x


def _watched(
    fits: Iterable[GroupFit], progress: Progress, keep: Callable[[dict[str, Any]], None] | None
) -> Iterator[GroupFit]:
    for count, x in enumerate(fits, 1):
        progress.advance(count, count)
        if keep is not None:
            keep(x.row())
        yield x


def _write_parquet(table: FitTable, output: str) -> None:
    """The table as Parquet: figures as Float64, counts as Int64, groups in their type."""
    import polars as pl

    frame = pl.DataFrame(table.columns(), strict=False, infer_schema_length=None)
    empty = [name for name, kind in frame.schema.items() if kind == pl.Null]
    with atomic_output(output) as stream:
        frame.with_columns(pl.col(empty).cast(pl.Float64)).write_parquet(stream)
