"""Descent: the cost of a step, of the table, and how many classic minima are reached."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from typing import Any

from tests.benchmarks.registry import Row, Settings, benchmark

ROSENBROCK = "(1 - x)^2 + 100(y - x^2)^2"
START = {"x": -1.2, "y": 1.0}
STEPS = 1_000_000
MAX_STEP = 2.0
TABLE_STEPS = 100_000
MAX_TABLE = 1.1
CLASSICS = {None: 20, "lbfgs": 24, "newton": None, "newton-cg": 25}
"""Method (None: the defaults) -> how many of the 25 classic minima must be reached."""


def run_steps(method: str, steps: int, watchers: tuple[Any, ...] = ()) -> float:
    """Seconds for so many steps at a fixed rate, which never gets there."""
    from adcli.descent.run import descend

    begin = perf_counter()
    result = descend(
        *(ROSENBROCK, START),
        method=method,
        rate=1e-6,
        max_iterations=steps,
        gradient_tolerance=0.0,
        watchers=watchers,
    )
    assert result.iterations == steps
    return perf_counter() - begin


@benchmark("descent-steps")
def descent_steps(settings: Settings) -> Iterator[Row]:
    """Microseconds a step of Rosenbrock's function at a fixed rate, compiled."""
    steps = settings.size(STEPS)
    for method in ("gd", "momentum", "adam"):
        best = min(run_steps(method, steps) for _ in range(min(settings.runs, 3)))
        limit = MAX_STEP if method == "gd" else None
        yield Row(f"{steps:,} steps of {method}", 1e6 * best / steps, "us", limit)


@benchmark("descent-table")
def descent_table(settings: Settings) -> Iterator[Row]:
    """A run with its table against the same run without."""
    from adcli.report.descent_rows import PlainTable

    steps = TABLE_STEPS
    seconds: dict[bool, float] = {}
    for _ in range(settings.runs):
        for shown in (False, True):
            table = PlainTable(lambda text: None, "", 100, 6, None)
            took = run_steps("gd", steps, (table,) if shown else ())
            seconds[shown] = min(took, seconds.get(shown, took))
    yield Row(f"{steps:,} steps with the table", seconds[True] / seconds[False], limit=MAX_TABLE)


@benchmark("descent-classics")
def descent_classics(settings: Settings) -> Iterator[Row]:
    """Problems of Moré, Garbow and Hillstrom that are missed within the default limits."""
    from adcli.descent.run import descend
    from tests.descent.classics import CLASSICS as PROBLEMS
    from tests.descent.test_classics import solved

    for method, least in CLASSICS.items():
        missed = [
            p.name for p in PROBLEMS if not solved(p, descend(p.program, p.start, method=method))
        ]
        limit = None if least is None else float(len(PROBLEMS) - least)
        name = method or "the defaults"
        note = ", ".join(missed)
        yield Row(f"missed of {len(PROBLEMS)} by {name}", float(len(missed)), "", limit, note)
