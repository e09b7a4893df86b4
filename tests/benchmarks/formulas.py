"""Derivatives as formulas: a long sum against SymPy, and a product of many factors."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.registry import Row, Settings, benchmark, has, skipped
from tests.benchmarks.runner import adcli, alternate, peer, ratio, seconds

TERMS = 2000
MAX_OF_SYMPY = 0.05
FACTORS = 20


@benchmark("diff-sum")
def diff_sum(settings: Settings) -> Iterator[Row]:
    """The first derivative of a sum of 2,000 terms, parsed, simplified and printed."""
    n = settings.size(TERMS)
    text = settings.folder / f"sum-{n}.txt"
    text.write_text(" + ".join(f"{k}*x^{k % 7 + 1}*sin({k}*x)" for k in range(1, n + 1)))
    commands = {"adcli": adcli("diff", "-f", str(text))}
    if has("sympy"):
        commands["sympy"] = peer("sympy_sum", str(n))
    usages = alternate(commands, max(1, settings.runs // 3))
    limit = None if settings.quick else MAX_OF_SYMPY
    if "sympy" in usages:
        yield Row("time / sympy", ratio(usages["adcli"], usages["sympy"]), limit=limit)
    else:
        yield skipped("time / sympy", "sympy", MAX_OF_SYMPY)
    for name, found in usages.items():
        yield Row(f"time, {name}", seconds(found), "s")


@benchmark("diff-product")
def diff_product(settings: Settings) -> Iterator[Row]:
    """The gradient of a product of 20 factors, as a formula."""
    product = "*".join(f"sin({k}*x{k})" for k in range(1, FACTORS + 1))
    usages = alternate({"adcli": adcli("diff", product)}, settings.runs)
    yield Row("time", seconds(usages["adcli"]), "s", 1.0)
