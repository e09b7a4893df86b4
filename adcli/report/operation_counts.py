"""Counts of operations as columns of a table, the same wherever they are shown."""

from __future__ import annotations

from adcli.explain.cost import Counts
from adcli.language.messages import counted

HEADERS = ("×", "±", "÷", "^", "f")
"""Of multiplications, additions, divisions, powers, functions: the fields of Counts."""
LEGEND = "× multiplications, ± additions and subtractions, ÷ divisions, ^ powers, f other functions"


def count_cells(counts: Counts) -> list[str]:
    """The cells of a row."""
    return [f"{count:,}" for count in counts]


def in_words(counts: Counts) -> str:
    """`2 multiplications, 1 function`; "nothing" where all are 0."""
    parts = [counted(n, kinds.removesuffix("s")) for kinds, n in counts._asdict().items() if n]
    return ", ".join(parts) or "nothing"
