"""One gradient at one point, from the shell."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.registry import Row, Settings, benchmark, has, skipped
from tests.benchmarks.runner import adcli, alternate, inside, python, ratio, seconds

EXPRESSION = ("grad", "x1*x2+sin(x1)", "--at", "x1=2,x2=3")
PEER = "import mexpress; print(mexpress.parse_f64('x1*x2+sin(x1)').grad(2.,3.))"
MAX_JSON, MAX_TABLE = 0.85, 1.15
EXTRA_RUNS = 3
"""These processes are short and their times scatter: so many times more runs than asked for."""


@benchmark("startup-json")
def startup_json(settings: Settings) -> Iterator[Row]:
    """`adcli grad 'x1*x2+sin(x1)' --at x1=2,x2=3 --format json` against mexpress in Python."""
    yield from _startup(settings, "json", MAX_JSON)


@benchmark("startup-table")
def startup_table(settings: Settings) -> Iterator[Row]:
    """The same as a table."""
    yield from _startup(settings, "table", MAX_TABLE)


def _startup(settings: Settings, form: str, limit: float) -> Iterator[Row]:
    what = "time / mexpress"
    commands = {
        "adcli": adcli(*EXPRESSION, "--format", form),
        "click": python("-c", "import click"),
    }
    if has("mexpress"):
        commands["mexpress"] = python("-c", PEER)
    usages = alternate(commands, EXTRA_RUNS * settings.runs)
    if has("mexpress"):
        yield Row(what, ratio(usages["adcli"], usages["mexpress"]), limit=limit)
    else:
        yield skipped(what, "mexpress", limit)
    yield Row("time / `import click`", ratio(usages["adcli"], usages["click"]))
    yield Row("time", 1000 * seconds(usages["adcli"]), "ms")
    found = inside("imports", form)
    yield Row("heavy modules imported", len(found), "", 0, ", ".join(found))
