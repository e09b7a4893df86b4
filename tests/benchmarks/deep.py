"""Programs that are deep or long: an answer, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.registry import Row, Settings, benchmark
from tests.benchmarks.runner import adcli, alternate, peak, seconds

PARENTHESES = 100_000
TERMS = 1_000_000
BINDINGS = 100_000


@benchmark("deep")
def deep(settings: Settings) -> Iterator[Row]:
    """Nested parentheses, a long sum, a chain of bindings, each through `grad --format json`."""
    n, terms, bindings = map(settings.size, (PARENTHESES, TERMS, BINDINGS))
    chain = [f"a{i} = a{i - 1}*1.0000001 + 1" for i in range(1, bindings)]
    programs = {
        f"{n:,} parentheses": "(" * n + "x" + ")" * n,
        f"a sum of {terms:,} terms": "+".join(f"x*{i}.5" for i in range(terms)),
        f"{bindings:,} bindings": "\n".join(["a0 = x", *chain, f"a{bindings - 1}"]),
    }
    for what, text in programs.items():
        path = settings.folder / "deep.txt"
        path.write_text(text)
        command = adcli("grad", "-f", str(path), "--at", "x=2", "--format", "json")
        (usages,) = alternate({what: command}, max(1, settings.runs // 3)).values()
        yield Row(f"{what}: time", seconds(usages), "s")
        yield Row(f"{what}: peak memory", peak(usages), "MiB")
