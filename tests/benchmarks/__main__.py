"""`python -m tests.benchmarks [NAMES] [--json FILE] [--runs N] [--quick]`."""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from tests.benchmarks import (
    deep,
    descent,
    fits,
    formulas,
    kernels,
    many_variables,
    matrices,
    network,
    startup,
    stream,
    sweeps,
    table,
    wide,
)
from tests.benchmarks.registry import BENCHMARKS, Row, Settings
from tests.benchmarks.runner import Failed

GROUPS = (
    startup,
    wide,
    sweeps,
    stream,
    deep,
    descent,
    fits,
    formulas,
    network,
    kernels,
    many_variables,
    matrices,
    table,
)
"""The modules whose import fills the table of benchmarks."""
RUNS, QUICK_RUNS = 9, 3


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(BENCHMARKS)), metavar="[NAMES]...")
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write the numbers there.")
@click.option("--runs", type=click.IntRange(1), help=f"Runs of each process (default {RUNS}).")
@click.option("--quick", is_flag=True, help="Sizes of a hundredth: only to see that it runs.")
def main(names: tuple[str, ...], target: Path | None, runs: int | None, quick: bool) -> None:
    """Measure adcli against its peers, whole processes in turns; exit 1 if a limit is missed."""
    found: dict[str, list[Row]] = {}
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(runs or (QUICK_RUNS if quick else RUNS), quick, Path(folder))
        for name in names or BENCHMARKS:
            print(f"{name} ...", file=sys.stderr)
            try:
                found[name] = list(BENCHMARKS[name](settings))
            except Failed as error:
                found[name] = [Row("failed", None, limit=0.0, note=str(error))]
    Console(width=None if sys.stdout.isatty() else 100).print(_table(found, settings))
    if target is not None:
        target.write_text(json.dumps(_record(found, settings), indent=2) + "\n")
    rows = [row for rows in found.values() for row in rows]
    sys.exit(any(row.met is False or row.what == "failed" for row in rows))


def _table(found: dict[str, list[Row]], settings: Settings) -> Table:
    title = f"medians of {settings.runs} runs" + ", QUICK: not to be quoted" * settings.quick
    table = Table("benchmark", "measured", title=title)
    for heading in ("value", "limit", ""):
        table.add_column(heading, justify="right")
    for name, rows in found.items():
        for i, row in enumerate(rows):
            limit = "" if row.limit is None else _number(row.limit, row.unit)
            what = row.what + (f"\n{row.note}" if row.note else "")
            table.add_row("" if i else name, what, _shown(row), limit, _verdict(row))
        table.add_section()
    return table


def _shown(row: Row) -> str:
    return "skipped" if row.value is None else _number(row.value, row.unit)


def _number(value: float, unit: str) -> str:
    return f"{value:.3g} {unit}".strip() if value < 1000 else f"{value:,.0f} {unit}".strip()


def _verdict(row: Row) -> str:
    return {True: "[green]met[/]", False: "[bold red]missed[/]", None: ""}[row.met]


def _record(found: dict[str, list[Row]], settings: Settings) -> dict[str, object]:
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "runs": settings.runs,
        "quick": settings.quick,
        "benchmarks": {
            name: [{**asdict(row), "met": row.met} for row in rows] for name, rows in found.items()
        },
    }


if __name__ == "__main__":
    main()
