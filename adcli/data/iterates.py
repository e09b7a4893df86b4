"""Iterates of a descent, or epochs of a training, that stream into a file: CSV, JSON Lines or
Parquet."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, BinaryIO, NamedTuple

from adcli.data.cells import csv_cell
from adcli.data.json_values import finite
from adcli.data.output import atomic_output, refused_to_polars
from adcli.errors import UsageError

ROWS_HELD = 4096
"""Rows held before they are written."""

_FORMATS = {"csv": "csv", "jsonl": "jsonl", "ndjson": "jsonl", "parquet": "parquet"}

ITERATE: dict[str, type] = {
    "iteration": int,
    "value": float,
    "gradient_norm": float,
    "step": float,
    "evaluations": int,
}
"""The columns of an iterate, with their types."""

EPOCH: dict[str, type] = {
    "epoch": int,
    "iterations": int,
    "training_loss": float,
    "validation_loss": float,
    "rate": float,
}
"""The columns of an epoch."""


class Row(NamedTuple):
    """A row: a number for each of the trace's columns, and for each label."""

    head: Sequence[float]
    point: Sequence[float]


def trace_format(path: str) -> str:
    """The format by a file's extension. Raises UsageError for another."""
    name = os.path.splitext(path)[1].removeprefix(".").lower()
    if name not in _FORMATS:
        raise UsageError(
            f"'{name}' is not a format for a trace" if name else "the trace's format is not known",
            "name a file that ends in .csv, .jsonl or .parquet",
        )
    return _FORMATS[name]


Unflatten = Callable[[Any], Mapping[str, Any]]
"""The numbers and arrays of a point, by name, from the vector of its numbers."""


class TraceFile:
    """A trace whose name is checked now, and which is opened when its columns are known.

    A context manager: the file appears when the block ends well.
    """

    def __init__(self, path: str) -> None:
        trace_format(path)
        self._path = path
        self._stack = ExitStack()
        self.add: Callable[[Row], None]

    def __enter__(self) -> TraceFile:
        return self

    def __exit__(self, *exception: Any) -> None:
        self._stack.__exit__(*exception)

    def open(
        self, columns: Mapping[str, type], labels: Sequence[str], unflatten: Unflatten
    ) -> None:
        """From now on `add` takes rows in order. `columns` are those of the heads, `labels` name
        the numbers of a point in flat formats; JSON has the point as `unflatten` gives it."""
        self.add = self._stack.enter_context(_open(self._path, columns, labels, unflatten))


@contextmanager
def _open(
    path: str, columns: Mapping[str, type], labels: Sequence[str], unflatten: Unflatten
) -> Iterator[Callable[[Row], None]]:
    kind = trace_format(path)
    with atomic_output(path) as stream:
        writer: _IterateWriter
        if kind == "csv":
            writer = _Csv(stream, columns, labels)
        elif kind == "jsonl":
            writer = _JsonLines(stream, columns, unflatten)
        else:
            writer = _Parquet(stream, columns, labels)
        yield writer.add
        writer.flush()
        writer.close()


class _IterateWriter:
    def __init__(self, stream: BinaryIO, columns: Mapping[str, type]) -> None:
        self.stream = stream
        self.columns = columns
        self.rows: list[Row] = []

    def add(self, row: Row) -> None:
        self.rows.append(row)
        if len(self.rows) >= ROWS_HELD:
            self.flush()

    def flush(self) -> None:
        if self.rows:
            self.write(self.rows)
        self.rows = []

    def write(self, rows: list[Row]) -> None:
        raise NotImplementedError

    def close(self) -> None:
        """Write what comes last."""


class _Csv(_IterateWriter):
    def __init__(
        self, stream: BinaryIO, columns: Mapping[str, type], labels: Sequence[str]
    ) -> None:
        super().__init__(stream, columns)
        stream.write((",".join([*columns, *map(csv_cell, labels)]) + "\n").encode())

    def write(self, rows: list[Row]) -> None:
        heads, points = ([*zip(*part, strict=True)] for part in zip(*rows, strict=True))
        kinds = [*self.columns.values(), *[float] * len(points)]
        columns = [_csv_cells(x, kind) for x, kind in zip([*heads, *points], kinds, strict=True)]
        lines = [",".join(cells) + "\n" for cells in zip(*columns, strict=True)]
        self.stream.write("".join(lines).encode())


def _csv_cells(column: Sequence[float], kind: type) -> list[str]:
    cells = list(map(repr, map(kind, column)))
    return ["NaN" if cell == "nan" else cell for cell in cells] if "nan" in cells else cells


class _JsonLines(_IterateWriter):
    def __init__(
        self,
        stream: BinaryIO,
        columns: Mapping[str, type],
        unflatten: Unflatten,
    ) -> None:
        super().__init__(stream, columns)
        self.unflatten = unflatten

    def write(self, rows: list[Row]) -> None:
        for row in rows:
            record: dict[str, Any] = dict(zip(self.columns, row.head, strict=True))
            point = self.unflatten(row.point)
            record["point"] = {
                n: x.tolist() if hasattr(x, "tolist") else x for n, x in point.items()
            }
            text = json.dumps(finite(record), ensure_ascii=False, allow_nan=False)
            self.stream.write(text.encode() + b"\n")


class _Parquet(_IterateWriter):
    def __init__(
        self, stream: BinaryIO, columns: Mapping[str, type], labels: Sequence[str]
    ) -> None:
        super().__init__(stream, columns)
        self.labels = labels
        self.frames: list[Any] = []

    def write(self, rows: list[Row]) -> None:
        import polars as pl

        kinds: dict[type, Any] = {int: pl.Int64, float: pl.Float64}
        schema = {name: kinds[kind] for name, kind in self.columns.items()}
        schema.update(dict.fromkeys(self.labels, pl.Float64))
        records = [(*row.head, *row.point) for row in rows]
        self.frames.append(pl.DataFrame(records, schema=schema, orient="row"))

    def close(self) -> None:
        import polars as pl

        if not self.frames:
            self.write([])  # the columns alone
        with refused_to_polars():
            pl.concat(self.frames).write_parquet(self.stream)
