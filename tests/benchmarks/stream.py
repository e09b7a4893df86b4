"""A long file of points through `adcli grad`."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.registry import Row, Settings, benchmark
from tests.benchmarks.runner import adcli, alternate, peak, peer, ratio, seconds

ROWS = 1_000_000
MAX_MIB = 250


@benchmark("stream")
def stream(settings: Settings) -> Iterator[Row]:
    """A CSV file of two columns through `grad --format csv`; the time against polars and NumPy."""
    path = _points(settings.folder, settings.size(ROWS))
    commands = {
        "adcli": adcli("grad", "x1*x2+sin(x1)", "--points", str(path), "--format", "csv"),
        "by hand": peer("polars_stream", str(path)),
    }
    usages = alternate(commands, settings.runs)
    yield Row("peak memory", peak(usages["adcli"]), "MiB", MAX_MIB)
    yield Row("peak memory by hand", peak(usages["by hand"]), "MiB")
    yield Row("time / polars and numpy by hand", ratio(usages["adcli"], usages["by hand"]))
    yield Row("time", seconds(usages["adcli"]), "s")


def _points(folder: Path, rows: int) -> Path:
    path = folder / f"points-{rows}.csv"
    draw = random.Random(1).uniform
    with path.open("w") as file:
        file.write("x1,x2\n")
        for _ in range(rows):
            file.write(f"{draw(-3, 3)!r},{draw(-3, 3)!r}\n")
    return path
