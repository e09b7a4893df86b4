"""A table of 2 GiB that trains in mini-batches."""

from __future__ import annotations

import os
from collections.abc import Iterator

from tests.benchmarks.registry import Row, Settings, benchmark
from tests.benchmarks.runner import adcli, once, python

LOSS = "mean((y - (a*x1 + b*x2 + c*x3 + d))^2)"
BYTES = 1 << 31
MAX_MIB = 1024
TRAINING = (
    *("--start", "a=0,b=0,c=0,d=0", "--method", "adam", "--rate", "0.01"),
    *("--batch-size", "1024", "--epochs", "1", "--shuffle", "--validation", "0.1"),
)


@benchmark("table")
def table(settings: Settings) -> Iterator[Row]:
    """One epoch over a table in 16 files, CSV and Parquet: peak memory, and the time in all."""
    size = settings.size(BYTES)
    for kind in ("csv", "parquet"):
        start = settings.folder / f"table-{size}-"
        once(python("-c", _WRITE, str(start), kind, str(size)))
        usage = once(adcli("descend", LOSS, "--data", f"{start}*.{kind}", *TRAINING))
        paths = list(settings.folder.glob(f"{start.name}*.{kind}"))
        gib = sum(path.stat().st_size for path in paths) / 2**30
        yield Row(f"{kind} of {gib:.2f} GiB: peak memory", usage.mib, "MiB", MAX_MIB)
        yield Row(f"{kind} of {gib:.2f} GiB: time", usage.seconds, "s")
        for path in paths:
            os.remove(path)


_WRITE = """
import sys
import numpy as np
import polars as pl

start, kind, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
generator = np.random.default_rng(0)


def rows(count):
    x = generator.standard_normal((count, 3))
    y = x @ [1.0, 2.0, 3.0] + generator.standard_normal(count)
    return pl.DataFrame({"x1": x[:, 0], "x2": x[:, 1], "x3": x[:, 2], "y": y})


for part in range(16):
    if kind == "csv":
        rows(size // 16 // 77).write_csv(f"{start}{part}.csv")
    else:
        rows(size // 16 // 32).write_parquet(f"{start}{part}.parquet")
"""
