"""Reverse mode against the evaluation alone, and many points at once."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.registry import Row, Settings, benchmark
from tests.benchmarks.runner import inside

MAX_COST = 4.0
INPUTS = (10, 1000, 100_000)
ROWS = 100_000
POINTS = 1_000_000


@benchmark("reverse-cost")
def reverse_cost(settings: Settings) -> Iterator[Row]:
    """Value and reverse gradient against the value, whatever the number of inputs."""
    for n in INPUTS:
        cost = inside("reverse_cost", settings.size(n), "python", 1)
        yield Row(f"python engine, {settings.size(n):,} inputs", cost, limit=MAX_COST)
    cost = inside("reverse_cost", INPUTS[0], "numpy", settings.size(ROWS))
    what = f"numpy engine, {INPUTS[0]} inputs, {settings.size(ROWS):,} rows"
    yield Row(what, cost, limit=MAX_COST)


@benchmark("many")
def many(settings: Settings) -> Iterator[Row]:
    """`Function.map` of exp(sin(x*y))*log(x+y^2)+tanh(x/y) against NumPy by hand."""
    found = inside("many", settings.size(POINTS))
    yield Row("time / numpy by hand", found["ratio"])
    yield Row("first call", found["seconds"], "s")
