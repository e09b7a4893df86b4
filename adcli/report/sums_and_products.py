"""Sums and products of formulas that are texts, with the signs and brackets that they need."""

from __future__ import annotations

from adcli.graph.graph import Graph
from adcli.graph.primitives import NEGATIVE
from adcli.language.printing import OPERATORS, POWER


def joined(terms: list[str]) -> str:
    """Terms of a sum: `a + b - c`."""
    text = " + ".join(terms)
    return text.replace("+ -", "- ")


def product_of(factors: list[str], times: str) -> str:
    """The product of factors as `Steps.factor` has them, without those that are 1."""
    sign = "-" * (factors.count("-") % 2)
    kept = [factor for factor in factors if factor not in ("", "-")]
    if len(kept) == 1 and not sign and is_bracketed(kept[0]):
        return kept[0][1:-1]
    return sign + (times.join(kept) or "1")


def is_bracketed(text: str) -> bool:
    """Whether one pair of brackets encloses all of the text."""
    depth = 0
    for i, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if depth == 0:
            return text[0] == "(" and i == len(text) - 1
    return False


def is_loose(graph: Graph, node: int, text: str) -> bool:
    """Whether a product needs brackets around this factor."""
    op = graph.ops[node]
    level = OPERATORS.get(op.name)
    return op is NEGATIVE or text.startswith("-") or (level is not None and level[0] < POWER)
