"""Derivations in LaTeX: align* environments for amsmath, with the rule at the right.

All commands are ones that KaTeX knows as well.
"""

from __future__ import annotations

from collections.abc import Iterable

from adcli.explain.derivation import Derived
from adcli.language.latex import latex_names, to_latex
from adcli.report.derivation import (
    SHOWN_LINES,
    SHOWN_REWRITES,
    DerivationNotation,
    DerivationReport,
    Wording,
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
    part="u_{{{}}}",
)


def derivation_latex(report: DerivationReport) -> str:
    """Every derivation: its lines, what simplification did, and the formula."""
    return "\n".join([_section(report, derived) for derived in report.derived])


def _section(report: DerivationReport, derived: Derived) -> str:
    wording = Wording(derived, LATEX, report.several)
    first, left_out, last = wording.lines(SHOWN_LINES)
    gap = [_gap(left_out)] if left_out else []
    lines = [*map(_line, first), *gap, *map(_line, last)]
    if not wording.part_count and len(wording.start) > WIDE:
        lines.insert(0, f"&{wording.start}")
    elif not wording.part_count and lines:
        lines[0] = wording.start + lines[0]
    parts = [f"{name} &= {text}" for name, text in wording.parts(SHOWN_LINES)]
    if wording.part_count > len(parts):
        parts.append(_gap(wording.part_count - len(parts)))
    rewrites = wording.rewrites(SHOWN_REWRITES)
    shown = [rf"{a} &= {b} && {_text(reason)}" for a, b, reason in rewrites]
    remarks = [rf"&{_text(note)}" for note in notes(derived)]
    if derived.derivation.rules.by_array:
        remarks.insert(0, rf"&{_text(SUMMED)} {LATEX.of_variable.format(x=wording.variable)}")
    blocks = [parts, lines, shown, remarks, _formula(report, derived)]
    return "".join(map(_aligned, filter(None, blocks)))


WIDE = 90
"""Characters of LaTeX from which what is differentiated has a line of its own."""
SUMMED = "the gradient is, each step transposed, what multiplies "


def _gap(left_out: int) -> str:
    return rf"&\;\;\vdots && {_text(f'{left_out:,} more')}"


def _line(line: tuple[str, str, str]) -> str:
    left, right, rule = line
    return f"{left} &= {right} && {_text(rule)}"


def _formula(report: DerivationReport, derived: Derived) -> list[str]:
    """The formula as `adcli diff` writes it, with its label."""
    graph, size = derived.derivation.graph, derived.sizes[1]
    label = latex_label(report.found, derived.result, derived.by, report.several)
    share = is_shared(size, None)
    text = to_latex(graph, [derived.formula], share=share, labels=[label])
    return [line.replace(" = ", " &= ", 1) for line in text.split("\n")]


def _text(words: str) -> str:
    escaped = words.replace("_", r"\_")
    return rf"\text{{{escaped}}}"


def _aligned(lines: Iterable[str]) -> str:
    body = " \\\\\n".join(f"  {line.strip()}" for line in lines)
    return f"\\begin{{align*}}\n{body}\n\\end{{align*}}\n"
