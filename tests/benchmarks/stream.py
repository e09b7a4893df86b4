"""Long files of points through `adcli grad`."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.registry import Row, Settings, benchmark
from tests.benchmarks.runner import adcli, alternate, once, peak, peer, python, ratio, seconds

EXPRESSION = "exp(sin(x*y))*log(x+y^2)+tanh(x/y)"
ROWS = 1_000_000
MAX_MIB = 300
MAX_CSV, MAX_PARQUET = 1.0, 0.5
"""Limits of the ratio to what is written by hand for CSV."""


@benchmark("stream")
def stream(settings: Settings) -> Iterator[Row]:
    """Files of two columns and their results, CSV and Parquet, against polars and NumPy by hand."""
    points = _points(settings.folder, settings.size(ROWS))
    results = {kind: settings.folder / f"results.{kind}" for kind in points}
    ways = {
        "CSV": ("csv", "csv"),
        "Parquet": ("parquet", "parquet"),
        "CSV to Parquet": ("csv", "parquet"),
    }
    commands = {}
    for name, (source, target) in ways.items():
        form = () if target == "parquet" else ("--format", target)
        files = str(points[source]), str(results[target])
        commands[name] = adcli("grad", EXPRESSION, "--points", files[0], "-o", files[1], *form)
        commands[f"{name} by hand"] = peer("polars_stream", *files)
    usages = alternate(commands, settings.runs)
    limits = {} if settings.quick else {"CSV": MAX_CSV, "Parquet": MAX_PARQUET}
    for name in ways:
        found = ratio(usages[name], usages["CSV by hand"])
        yield Row(f"{name}: time / CSV by hand", found, limit=limits.get(name))
        yield Row(f"{name}: time / by hand", ratio(usages[name], usages[f"{name} by hand"]))
        yield Row(f"{name}: time", seconds(usages[name]), "s")
        yield Row(f"{name}: peak memory", peak(usages[name]), "MiB", MAX_MIB)
        by_hand = peak(usages[f"{name} by hand"])
        yield Row(f"{name}: peak memory by hand", by_hand, "MiB")


def _points(folder: Path, rows: int) -> dict[str, Path]:
    """The same points as CSV and Parquet. Another process writes Parquet: this one stays small."""
    path = folder / f"points-{rows}.csv"
    draw = random.Random(1).uniform
    with path.open("w") as file:
        file.write("x,y\n")
        for _ in range(rows):
            file.write(f"{draw(0.1, 2)!r},{draw(1, 2)!r}\n")
    parquet = path.with_suffix(".parquet")
    once(python("-c", _TO_PARQUET, str(path), str(parquet)))
    return {"csv": path, "parquet": parquet}


_TO_PARQUET = "import polars, sys; polars.read_csv(sys.argv[1]).write_parquet(sys.argv[2])"
