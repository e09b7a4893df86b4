"""Iterates of a descent, or epochs of a training, that stream into a file: CSV, JSON Lines or
Parquet."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, BinaryIO, NamedTuple

from adcli.data.cells import csv_cell
from adcli.data.json_values import finite
from adcli.data.output import atomic_output, extension, refused_to_polars
from adcli.errors import UsageError

ROWS_HELD = 4096
"""Rows held before they are written."""

ITERATE: dict[str, type] = {
    "iteration": int,
    "value": float,
    "gradient_norm": float,
    "step": float,
    "evaluations": int,
}
"""The columns of an iterate, with their types."""

CONSTRAINED_ITERATE: dict[str, type] = {
    "iteration": int,
    "value": float,
    "violation": float,
    "kkt_residual": float,
    "step": float,
    "evaluations": int,
}
"""The columns of an iterate under constraints."""

EPOCH: dict[str, type] = {
    "epoch": int,
    "iterations": int,
    "training_loss": float,
    "validation_loss": float,
    "rate": float,
}
"""The columns of an epoch."""


class Row(NamedTuple):
    """A row: a number for each of the trace's columns, for each label, and the gradient, where a
    trace has that, by each."""

    head: Sequence[float]
    point: Sequence[float]
    gradient: Sequence[float] = ()

    @property
    def cells(self) -> Sequence[float]:
        """All numbers in the order of the columns."""
        return (*self.head, *self.point, *self.gradient)


Unflatten = Callable[[Any], Mapping[str, Any]]
"""The numbers and arrays of a point, by name, from the vector of its numbers."""

Write = Callable[[list[Row]], None]


def trace_format(path: str) -> str:
    """The format by a file's extension. Raises UsageError for another."""
    name = extension(path)
    if name not in _FORMATS:
        raise UsageError(
            f"'{name}' is not a format for a trace" if name else "the trace's format is not known",
            "name a file that ends in .csv, .jsonl or .parquet",
        )
    return name


class TraceFile(AbstractContextManager["TraceFile", None]):
    """A trace whose name is checked now, and which is opened when its columns are known.

    A context manager: the file appears when the block ends well. Raises UsageError for the name of
    another format.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._format = _FORMATS[trace_format(path)]
        self._stack = ExitStack()
        self.add: Callable[[Row], None]

    def __exit__(self, *exception: Any) -> None:
        self._stack.__exit__(*exception)

    def open(
        self, columns: Mapping[str, type], labels: Sequence[str], unflatten: Unflatten
    ) -> None:
        """From now on `add` takes rows in order. `columns` are those of the heads, `labels` name
        the numbers of a point in flat formats; JSON has the point as `unflatten` gives it."""
        stream = self._stack.enter_context(atomic_output(self._path))
        write = self._stack.enter_context(self._format(stream, columns, labels, unflatten))
        self.add = self._stack.enter_context(_gathered(write))


@contextmanager
def _gathered(write: Write) -> Iterator[Callable[[Row], None]]:
    """What takes single rows, for `write` to get many of them at once."""
    rows: list[Row] = []

    def add(row: Row) -> None:
        rows.append(row)
        if len(rows) >= ROWS_HELD:
            write(rows)
            rows.clear()

    yield add
    if rows:
        write(rows)


@contextmanager
def _csv(
    stream: BinaryIO, columns: Mapping[str, type], labels: Sequence[str], _: Unflatten
) -> Iterator[Write]:
    stream.write((",".join([*columns, *map(csv_cell, labels)]) + "\n").encode())
    kinds = [*columns.values(), *[float] * len(labels)]

    def write(rows: list[Row]) -> None:
        parts = zip(*[row.cells for row in rows], strict=True)
        cells = [_csv_cells(x, kind) for x, kind in zip(parts, kinds, strict=True)]
        lines = [",".join(line) + "\n" for line in zip(*cells, strict=True)]
        stream.write("".join(lines).encode())

    yield write


def _csv_cells(column: Sequence[float], kind: type) -> list[str]:
    cells = list(map(repr, map(kind, column)))
    return ["NaN" if cell == "nan" else cell for cell in cells] if "nan" in cells else cells


@contextmanager
def _json_lines(
    stream: BinaryIO, columns: Mapping[str, type], _: Sequence[str], unflatten: Unflatten
) -> Iterator[Write]:
    def write(rows: list[Row]) -> None:
        for row in rows:
            record: dict[str, Any] = dict(zip(columns, row.head, strict=True))
            for name, numbers in (("point", row.point), ("gradient", row.gradient)):
                if len(numbers):
                    record[name] = {
                        n: x.tolist() if hasattr(x, "tolist") else x
                        for n, x in unflatten(numbers).items()
                    }
            text = json.dumps(finite(record), ensure_ascii=False, allow_nan=False)
            stream.write(text.encode() + b"\n")

    yield write


@contextmanager
def _parquet(
    stream: BinaryIO, columns: Mapping[str, type], labels: Sequence[str], _: Unflatten
) -> Iterator[Write]:
    import polars as pl

    kinds: dict[type, Any] = {int: pl.Int64, float: pl.Float64}
    schema = {name: kinds[kind] for name, kind in columns.items()}
    schema.update(dict.fromkeys(labels, pl.Float64))
    frames = [pl.DataFrame(schema=schema)]

    def write(rows: list[Row]) -> None:
        records = [row.cells for row in rows]
        frames.append(pl.DataFrame(records, schema=schema, orient="row"))

    yield write
    with refused_to_polars(stream):
        pl.concat(frames).write_parquet(stream)


_FORMATS = {"csv": _csv, "jsonl": _json_lines, "ndjson": _json_lines, "parquet": _parquet}
