"""Iterates of a descent that stream into a file: CSV, JSON Lines or Parquet."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, NamedTuple

from adcli.data.output import atomic_output
from adcli.errors import UsageError

ROWS = 4096
"""Rows held before they are written."""

_FORMATS = {"csv": "csv", "jsonl": "jsonl", "ndjson": "jsonl", "parquet": "parquet"}
COLUMNS = ("iteration", "value", "gradient_norm", "step", "evaluations")


class Row(NamedTuple):
    """One iterate; `point` has a number for each label."""

    iteration: int
    value: float
    gradient_norm: float
    step: float
    evaluations: int
    point: Sequence[float]


def trace_format(path: str) -> str:
    """The format by a file's extension. Raises UsageError for another."""
    name = os.path.splitext(path)[1].removeprefix(".").lower()
    if name not in _FORMATS:
        raise UsageError(
            f"a trace is no '{name}'" if name else "the trace's format is not known",
            "name a file that ends in .csv, .jsonl or .parquet",
        )
    return _FORMATS[name]


@contextmanager
def open_trace(
    path: str, labels: Sequence[str], nest: Callable[[Sequence[float]], Any]
) -> Iterator[Callable[[Row], None]]:
    """A function that takes iterates in order; the file appears when the block ends well.

    `labels` name the numbers of a point in flat formats; `nest` makes JSON's "point" of them.
    """
    kind = trace_format(path)
    with atomic_output(path) as stream:
        writer: _Writer
        if kind == "csv":
            writer = _Csv(stream, labels)
        elif kind == "jsonl":
            writer = _JsonLines(stream, nest)
        else:
            writer = _Parquet(stream, labels)
        yield writer.add
        writer.flush()
        writer.close()


class _Writer:
    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.rows: list[Row] = []

    def add(self, row: Row) -> None:
        self.rows.append(row)
        if len(self.rows) >= ROWS:
            self.flush()

    def flush(self) -> None:
        self.write(self.rows)
        self.rows = []

    def write(self, rows: list[Row]) -> None:
        raise NotImplementedError

    def close(self) -> None:
        """Write what comes last."""


class _Csv(_Writer):
    def __init__(self, stream: BinaryIO, labels: Sequence[str]) -> None:
        super().__init__(stream)
        quoted = ['"' + x.replace('"', '""') + '"' if _is_special(x) else x for x in labels]
        stream.write((",".join([*COLUMNS, *quoted]) + "\n").encode())

    def write(self, rows: list[Row]) -> None:
        lines = [
            ",".join([str(r.iteration), *map(_csv_number, r[1:4]), str(r.evaluations)])
            + "".join([f",{_csv_number(x)}" for x in r.point])
            for r in rows
        ]
        self.stream.write("".join(line + "\n" for line in lines).encode())


def _is_special(text: str) -> bool:
    return any(c in text for c in ',"\r\n')


def _csv_number(x: float) -> str:
    return "NaN" if x != x else repr(float(x))


class _JsonLines(_Writer):
    def __init__(self, stream: BinaryIO, nest: Callable[[Sequence[float]], Any]) -> None:
        super().__init__(stream)
        self.nest = nest

    def write(self, rows: list[Row]) -> None:
        for row in rows:
            record = dict(zip(COLUMNS, row[:5], strict=True))
            record["point"] = self.nest(row.point)
            text = json.dumps(finite(record), ensure_ascii=False, allow_nan=False)
            self.stream.write(text.encode() + b"\n")


def finite(value: Any) -> Any:
    """Nested values with null for what is not finite."""
    if isinstance(value, dict):
        return {name: finite(part) for name, part in value.items()}
    if isinstance(value, list):
        return [finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


class _Parquet(_Writer):
    def __init__(self, stream: BinaryIO, labels: Sequence[str]) -> None:
        super().__init__(stream)
        self.labels = labels
        self.frames: list[Any] = []

    def write(self, rows: list[Row]) -> None:
        import polars as pl

        whole, number = pl.Int64, pl.Float64
        schema = dict(zip(COLUMNS, (whole, number, number, number, whole), strict=True))
        schema.update(dict.fromkeys(self.labels, number))
        records = [(*row[:5], *row.point) for row in rows]
        self.frames.append(pl.DataFrame(records, schema=schema, orient="row"))

    def close(self) -> None:
        import polars as pl

        pl.concat(self.frames).write_parquet(self.stream)
