"""Results that stream out: CSV, JSON Lines and Parquet, block by block."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from typing import BinaryIO, Literal

from adcli.data.output import atomic_output, extension
from adcli.data.write_csv import CsvWriter
from adcli.data.write_json import JsonWriter
from adcli.data.write_parquet import ParquetWriter
from adcli.data.writer import ResultWriter
from adcli.errors import UsageError

ResultsFormat = Literal["csv", "jsonl", "parquet"]

_FORMATS: dict[str, ResultsFormat] = {
    "csv": "csv",
    "json": "jsonl",
    "jsonl": "jsonl",
    "ndjson": "jsonl",
    "parquet": "parquet",
}


def open_results(
    target: str | os.PathLike[str] | BinaryIO | None,
    format: str | None = None,
    *,
    variables: Iterable[str] = (),
    constants: Mapping[str, str] | None = None,
    errors: bool = False,
    stdout: BinaryIO | None = None,
) -> ResultWriter:
    """A writer of results to a path, atomically, to a binary stream, or to `stdout` (None, "-").

    `format` is csv, json (jsonl) or parquet, and goes by the extension if it is not given.
    `constants` are added to each JSON object: JSON texts by key, such as {"mode": '"reverse"'}.
    With `errors` rows may fail, and Parquet has a column `error` for the reasons.

    Raises UsageError for an unknown format and DataError where the file cannot be written.

        with open_results("gradients.csv", variables=("x",)) as writer:
            writer.write(block, {"value": values, "df/dx": slopes})
    """
    kind = _format_of(target, format)
    stream, resources = opened(target, stdout)
    if kind == "csv":
        return CsvWriter(stream, variables, resources)
    if kind == "parquet":
        return ParquetWriter(stream, variables, resources, errors)
    return JsonWriter(stream, variables, resources, constants or {})


def opened(
    target: str | os.PathLike[str] | BinaryIO | None, stdout: BinaryIO | None = None
) -> tuple[BinaryIO, ExitStack]:
    """A stream to write to, and what closes it: nothing, where a stream was given."""
    with ExitStack() as stack:
        if target is not None and not isinstance(target, str | os.PathLike):
            return target, stack
        stream = stack.enter_context(atomic_output(target, stdout=stdout))
        return stream, stack.pop_all()


def _format_of(target: object, format: str | None) -> ResultsFormat:
    name = format
    if name is None and isinstance(target, str | os.PathLike):
        name = extension(target)
    if name in _FORMATS:
        return _FORMATS[name]
    what = f"unknown format '{format}' of results" if format else "the results have no format"
    raise UsageError(what, f"formats are {', '.join(_FORMATS)}")
