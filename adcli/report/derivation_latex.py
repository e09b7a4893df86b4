"""Derivations in LaTeX: align* environments for amsmath, with the rule at the right.

All commands are ones that KaTeX knows as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import starmap

from adcli.explain.derivation import Derived
from adcli.language.latex import latex_name, latex_names, to_latex
from adcli.report.derivation import (
    SHOWN_LINES,
    SHOWN_REWRITES,
    DerivationNotation,
    DerivationReport,
    notes,
)
from adcli.report.formulas import is_shared, latex_label

LATEX = DerivationNotation(
    printer=lambda graph, node, names: to_latex(graph, node, names=names),
    name=lambda graph, name: latex_names(graph)[name],
    derivative=r"\frac{{d}}{{d {x}}}\left[{u}\right]",
    partial=r"\frac{{\partial}}{{\partial {x}}}\left[{u}\right]",
    differential=r"\mathrm{{d}}\left[{u}\right]",
    of_variable=r"\mathrm{{d}} {x}",
    part="{}_{{{}}}",
    own=latex_name,
)


def derivation_latex(report: DerivationReport) -> str:
    """Every derivation: its lines, what simplification did, and the formula."""
    return "\n".join([_section(report, derived) for derived in report.derived])


def _section(report: DerivationReport, derived: Derived) -> str:
    wording = report.wording(derived, LATEX)
    first, left_out, last = wording.lines(SHOWN_LINES)
    gap = [_gap(left_out)] if left_out else []
    if first and not wording.part_count:
        first[0] = first[0]._replace(left=wording.start)
    lines = [*starmap(_equation, first), *gap, *starmap(_equation, last)]
    parts = [_equation(name, text) for name, text in wording.parts(SHOWN_LINES)]
    if wording.part_count > len(parts):
        parts.append(_gap(wording.part_count - len(parts)))
    rewrites = wording.rewrites(SHOWN_REWRITES)
    shown = list(starmap(_equation, rewrites))
    remarks = [rf"&{_text(note)}" for note in notes(derived)]
    if derived.derivation.rules.by_array:
        remarks.insert(0, rf"&{_text(SUMMED)} {wording.differential}")
    blocks = [parts, lines, shown, remarks, _formula(report, derived)]
    return "".join(map(_aligned, filter(None, blocks)))


SUMMED = "the gradient is, each step transposed, what multiplies "


def _gap(left_out: int) -> str:
    return rf"&\;\;\vdots && {_text(f'{left_out:,} more')}"


def _equation(left: str, right: str, rule: str = "") -> str:
    """An equation with a rule; a wide left side has a row of its own, as has what is wider."""
    first, *others = broken(right)
    begin = f"&{left}{NEXT}" if _width(left) > MOST_LEFT else left
    words = f" && {_text(rule)}" if rule else ""
    return NEXT.join([f"{begin} &= {first}{words}", *[rf"&\quad {part}" for part in others]])


def broken(text: str) -> list[str]:
    r"""A formula in pieces that fit a line, broken before signs that stand in no brackets: between
    its terms, and a term that is too wide itself between its factors.

    >>> broken(r"a + \left(b + c\right)")
    ['a + \\left(b + c\\right)']
    """
    terms = _parts_of(text, (" + ", " - "))
    pieces = [
        piece
        for term in terms
        for piece in (_parts_of(term, TIMES) if _width(term) > MOST_RIGHT else [term])
    ]
    lines = [""]
    for piece in pieces:
        longer = f"{lines[-1]} {piece}".strip()
        if lines[-1] and _width(longer) > MOST_RIGHT:
            lines.append(re.sub(r"^\\, ", r"\\cdot ", piece))
        else:
            lines[-1] = longer
    return lines


def _parts_of(text: str, signs: Sequence[str]) -> list[str]:
    """The parts of a formula from one of the signs to the next, outside brackets."""
    parts, depth, start = [], 0, 0
    for token in re.finditer(r"\\(?:left|begin|right|end)\b|\\(?:cdot|,) | [+-] |\\.|[{}]", text):
        found = token[0]
        depth += (found in OPENING) - (found in CLOSING)
        if found in signs and not depth:
            parts.append(text[start : token.start()].rstrip())
            start = token.start() + (found[0] == " ")
    return [*parts, text[start:]]


TIMES = (r"\cdot ", r"\, ")
NEXT = " \\\\\n  "
OPENING, CLOSING = (r"\left", r"\begin", "{"), (r"\right", r"\end", "}")
MOST_LEFT, MOST_RIGHT = 30, 60
"""Signs of the sides of an equation that fit a line beside the rule."""


def _width(text: str) -> int:
    """About how many signs a formula shows."""
    bare = re.sub(r"\\(?:left|right|frac|operatorname|mathrm|[,; ])", "", text)
    return len(re.sub(r"\\[A-Za-z]+", "ab", re.sub(r"[{}^_ ]", "", bare)))


def _formula(report: DerivationReport, derived: Derived) -> list[str]:
    """The formula as `adcli diff` writes it, with its label."""
    graph, size = derived.derivation.graph, derived.sizes[1]
    label = latex_label(report.found, derived.result, derived.by, report.several)
    share = is_shared(size, None)
    text = to_latex(graph, [derived.formula], share=share, labels=[label])
    return [_equation(*line.split(" = ", 1)) for line in text.split("\n")]


def _text(words: str) -> str:
    escaped = words.replace("_", r"\_")
    return rf"\text{{{escaped}}}"


def _aligned(lines: Iterable[str]) -> str:
    body = NEXT.join(map(str.strip, lines))
    return f"\\begin{{align*}}\n  {body}\n\\end{{align*}}\n"
