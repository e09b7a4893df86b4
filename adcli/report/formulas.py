"""Derivatives as people read them: text, LaTeX, code, and a note on their size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from math import log10
from typing import Any

from adcli.ad.formulas import Formulas, Size, size_of
from adcli.errors import UsageError
from adcli.export.source_code import Sketch, derivative_label, to_code
from adcli.function import Function
from adcli.graph.axes import Shape
from adcli.graph.graph import Graph
from adcli.graph.primitives import VARIABLE
from adcli.graph.readable_factors import DEFINED, NOT_NEGATIVE, NOT_ZERO
from adcli.graph.simplify import simplify
from adcli.language.latex import latex_names, to_latex
from adcli.language.text import name_text, to_text
from adcli.report.rendering import Report

SHARE_FROM = 60
"""Operations written out from which shared ones are named, if that makes the text half as long."""
MAX_WRITTEN = 5_000_000
"""Operations that are written out at most."""
MOST_REMARKS, LONG_CONDITION = 5, 20
"""Formulas of which it is remarked where they hold, and operations of what is written in it."""


def formula_text(found: Formulas, share: bool | None) -> str:
    """The derivatives as a program of the language; several are results with comments."""
    labels = _shown_labels(found, [name_text(name) for name in _names(found)])
    shared = is_shared(found.after, share)
    several = labels if len(labels) > 1 else None
    return to_text(found.graph, found.nodes, share=shared, labels=several) + "\n"


def formula_latex(found: Formulas, share: bool | None) -> str:
    """The derivatives as LaTeX, a line each; several are equations."""
    is_partial = has_several(found)
    labels = [
        latex_label(found, k, wrt, is_partial)
        for k, level in enumerate(found.derivatives)
        for wrt in level
    ]
    shared = is_shared(found.after, share)
    shown = labels if len(labels) > 1 or shared else None
    return to_latex(found.graph, found.nodes, share=shared, labels=shown) + "\n"


def has_several(found: Formulas) -> bool:
    """Whether the program has several variables: ∂ stands for its derivatives, d for those of
    a function of one variable."""
    reached = found.graph.reach(found.outputs)
    several = sum(found.graph.ops[i] is VARIABLE for i in reached) > 1
    return several or len(_names(found)) > 1


def latex_label(found: Formulas, k: int, wrt: Sequence[str], is_partial: bool) -> str:
    """The derivative of result number k by some variables, as a fraction."""
    d, f = r"\partial" if is_partial else "d", result_letter(found.graph)
    below = _denominator(wrt, d, latex_names(found.graph))
    return rf"\frac{{{_power(d, len(wrt))} {_indexed(found, k, f)}}}{{{below}}}"


def formula_code(f: Function, found: Formulas, shapes: Mapping[str, Shape], target: str) -> str:
    """A complete function of the value and the derivatives. Several results are a UsageError."""
    if len(found.outputs) != 1:
        raise UsageError(
            f"a function of value and derivatives needs one result, "
            f"the program has {len(found.outputs)}",
            "--as text shows the derivatives of several results",
        )
    (value,) = simplify(f.graph, found.outputs, shapes)
    sketch = Sketch(f.graph, f.inputs, value, found.derivatives[0], shapes, f.text)
    return to_code(sketch, target)


@dataclass(frozen=True)
class FormulaReport(Report):
    """The derivatives of an order."""

    found: Formulas
    order: int

    def record(self) -> dict[str, Any]:
        """The formulas by label, and their sizes."""
        found = self.found
        share = is_shared(found.after, None)
        formulas = [to_text(found.graph, node, share=share) for node in found.nodes]
        return {
            "order": self.order,
            "derivatives": dict(zip(_labels(found, _names(found)), formulas, strict=True)),
            "size": size_record(found.before, found.after),
        }


def size_record(before: Size, after: Size) -> dict[str, dict[str, int | str]]:
    """Sizes for JSON."""
    return {
        name: {"tree": _exact(size.tree), "graph": size.graph}
        for name, size in (("before", before), ("after", after))
    }


def condition_notes(found: Formulas) -> list[str]:
    """A line for each formula that is defined where the program, or its derivative, is not."""
    lines = []
    labels = _shown_labels(found, _names(found))
    every = [asked for level in found.conditions for asked in level.values()]
    for label, lost in zip(labels, every, strict=False):
        shown = [_condition(found.graph, *each) for each in sorted(lost)]
        if shown:
            subject = label if len(labels) > 1 else "the formula"
            lines.append(
                f"note: {subject} is simplified: it holds only where {' and '.join(shown)}"
            )
    if len(lines) > MOST_REMARKS:
        lines[MOST_REMARKS:] = [f"note: so do {len(lines) - MOST_REMARKS} more, each in its domain"]
    return lines


_RELATIONS = {NOT_ZERO: "!= 0", NOT_NEGATIVE: ">= 0", NOT_ZERO | NOT_NEGATIVE: "> 0"}


def _condition(graph: Graph, node: int, condition: int) -> str:
    operations = size_of(graph, [node]).tree
    text = to_text(graph, node) if operations <= LONG_CONDITION else "a part of the program"
    if graph.ops[node].symbol in ("+", "-"):
        text = f"({text})" if condition == DEFINED else text
    return f"{text} {_RELATIONS.get(condition, 'is defined')}"


def size_note(before: Size, after: Size) -> str:
    """One line: how large the formulas were and are, written out and with sharing."""
    return f"size in operations: {sizes(before)} from the sweep; simplified {sizes(after)}"


def sizes(size: Size) -> str:
    """The operations of formulas, in words."""
    return f"{_count(size.tree)} as a tree, {_count(size.graph)} as a graph"


def _count(number: int) -> str:
    return f"{number:,}" if number < 10**15 else f"about {_magnitude(number)}"


def _exact(number: int) -> int | str:
    """The number for JSON; beyond some thousand digits Python writes no decimal text."""
    return number if number.bit_length() < 10_000 else f"about {_magnitude(number)}"


def _magnitude(number: int) -> str:
    return f"10^{round((number.bit_length() - 0.5) * log10(2))}"


def is_shared(size: Size, share: bool | None) -> bool:
    """Whether what occurs more than once has a name: as asked, else where that is much shorter."""
    if share is not None and not share and size.tree > MAX_WRITTEN:
        raise UsageError(
            f"written out, the formula has {_count(size.tree)} operations",
            f"--share names the {_count(size.graph)} different ones",
        )
    if share is None:
        return size.tree >= SHARE_FROM and size.tree >= 2 * size.graph
    return share


def _names(found: Formulas) -> list[str]:
    """The variables of all derivatives, each once."""
    return list(dict.fromkeys(v for level in found.derivatives for wrt in level for v in wrt))


def result_letter(graph: Graph) -> str:
    """What derivatives that are read call the program: f, unless it has such a variable."""
    taken = {*graph.variables()}
    return next(
        letter for n in count(1) for letter in (x * n for x in "fghFGH") if letter not in taken
    )


def _shown_labels(found: Formulas, shown: Sequence[str]) -> list[str]:
    """The labels that people read."""
    return _labels(found, shown, "∂" if has_several(found) else "d", result_letter(found.graph))


def _labels(found: Formulas, shown: Sequence[str], d: str = "d", f: str = "f") -> list[str]:
    """df/dx for every derivative; df1/dx, df2/dx where there are several results."""
    written = dict(zip(_names(found), shown, strict=True))
    return [
        derivative_label([written[v] for v in wrt], _indexed(found, k, f).replace("_", ""), d)
        for k, level in enumerate(found.derivatives)
        for wrt in level
    ]


def _indexed(found: Formulas, k: int, f: str) -> str:
    return f"{f}_{k + 1}" if len(found.outputs) > 1 else f


def _power(symbol: str, exponent: int) -> str:
    return symbol if exponent == 1 else f"{symbol}^{{{exponent}}}"


def _denominator(wrt: Sequence[str], d: str, written: Mapping[str, str]) -> str:
    counts = {v: wrt.count(v) for v in dict.fromkeys(wrt)}
    return r" \, ".join(f"{d} {_power(written[v], count)}" for v, count in counts.items())
