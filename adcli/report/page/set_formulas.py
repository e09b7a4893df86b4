"""Formulas that a browser sets, in MathML: derivatives, derivations rule by rule."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from adcli.ad.formulas import Formulas
from adcli.explain.derivation import Derived
from adcli.explain.rewriting import SHAPES
from adcli.graph.program import Program
from adcli.language.latex import latex_name, latex_names
from adcli.language.mathml import EQUALS, from_latex, mathml_name, mathml_names, to_mathml
from adcli.language.messages import counted
from adcli.report.chain_rule import ChainRules, shown_slopes
from adcli.report.derivation import (
    GRADIENT,
    SHOWN_LINES,
    SHOWN_REWRITES,
    DerivationNotation,
    DerivationReport,
    WrittenStep,
    notes,
    size_sentence,
)
from adcli.report.formulas import has_several, is_shared, latex_label
from adcli.report.graph import cut
from adcli.report.page.document import document
from adcli.report.page.html_tables import table, table_row
from adcli.report.page.markup import Markup, join, tag
from adcli.report.steps import Steps

_LEFT = "<mfrac><mi>{0}</mi><mrow><mi>{0}</mi>{{x}}</mrow></mfrac>"
_OF = "<mrow><mo>[</mo>{u}<mo>]</mo></mrow>"
MATHML = DerivationNotation(
    printer=lambda graph, node, names: to_mathml(graph, node, names=names),
    name=lambda graph, name: mathml_names(graph)[name],
    derivative=_LEFT.format("d") + _OF,
    partial=_LEFT.format("∂") + _OF,
    differential='<mi mathvariant="normal">d</mi>' + _OF,
    of_variable='<mrow><mi mathvariant="normal">d</mi>{x}</mrow>',
    part="<msub><mi>{}</mi><mn>{}</mn></msub>",
    own=mathml_name,
    equals=EQUALS,
    more="<mo>…</mo>",
)

MOST_UNBROKEN = 40
"""Signs of a term that is broken between its factors."""
WIDE, WIDER = 60, 110
"""Signs without a place to break from which a formula has the whole width, and is smaller on
paper."""
SHOWN_PROGRAM = 2000
"""Characters of a program in a page."""
_TAG = re.compile(r"<[^>]*>")
_PLACES = re.compile(r"<mo( form=\"prefix\")?[^>]*>([^<]*)</mo>|<(/?)m[a-z]+[^>]*?(/?)>")
TERMS, FACTORS = ("+", "−", "="), ("·", "\u2062")
"""Signs before which a formula may break."""


def set_formula(mathml: str) -> Markup:
    """A formula in a line of text, which may break before a sign that stands in no brackets."""
    parts = [part for term in _split(mathml, TERMS) for part in _narrow(term)]
    signs = max(map(_width, parts))
    shown = "".join([f"<math>{_infix(part)}</math>" for part in parts])
    looks = "formula" + " wide" * (signs > WIDE) + " wider" * (signs > WIDER)
    return tag("span", Markup(shown), class_=looks)


def _narrow(term: str) -> list[str]:
    """A term, in its factors where it is wide; short ones are together."""
    if _width(term) <= MOST_UNBROKEN:
        return [term]
    found: list[str] = []
    for factor in _split(term, FACTORS):
        if found and _width(found[-1] + factor) <= MOST_UNBROKEN:
            found[-1] += factor
        else:
            found.append(factor)
    return found


def _width(mathml: str) -> int:
    """About how many signs a formula shows side by side."""
    return len(_TAG.sub("", mathml))


def _split(mathml: str, signs: Sequence[str]) -> list[str]:
    """The parts of a formula from one of the signs to the next."""
    cuts, depth = [0], 0
    for match in _PLACES.finditer(mathml):
        is_sign = match[0].endswith("</mo>")
        if is_sign and not depth and not match[1] and match[2] in signs and match.start():
            cuts.append(match.start())
        elif not is_sign and not match[4]:
            depth += -1 if match[3] else 1
    return [mathml[start:end] for start, end in pairwise([*cuts, len(mathml)])]


def _infix(part: str) -> str:
    """A part that begins with the sign between it and the part before."""
    return re.sub(r"^<mo>(?=[+−]<)", '<mo form="infix">', part)


# ---- derivatives ----


def formula_mathml(found: Formulas, share: bool | None) -> str:
    """The derivatives as elements `math`, a line each."""
    name = "http://www.w3.org/1998/Math/MathML"
    start = f'<math xmlns="{name}" display="block">'
    return "".join([f"{start}{line}</math>\n" for line in _equations(found, share)])


def formula_page(f: Program, found: Formulas) -> str:
    """A page of the derivatives."""
    return _page(f, *[tag("p", set_formula(line)) for line in _equations(found, None)])


def _equations(found: Formulas, share: bool | None) -> list[str]:
    """The derivatives as MathML, an equation each, after those of the parts that have names."""
    is_partial, shared = has_several(found), is_shared(found.after, share)
    labels = [
        from_latex(latex_label(found, k, by, is_partial))
        for k, level in enumerate(found.derivatives)
        for by in level
    ]
    return to_mathml(found.graph, found.nodes, share=shared, labels=labels).split("\n")


def _page(f: Program, *content: Markup) -> str:
    program = f.text.strip()
    title = f"adcli diff: {cut(program.replace(chr(10), ' '), 60)}"
    head = tag("header", tag("h1", tag("code", cut(program, SHOWN_PROGRAM))))
    body = tag("div", head, tag("main", *content), class_="page formulas")
    return document(title, body, ["formulas.css"])


def chain_rule_markup(rules: ChainRules, name: str, steps: Steps) -> Markup:
    """The derivative by a variable in factors, an equation below the other; nothing for one that
    is not written out. `rules` are in LaTeX."""
    found = rules.in_factors(name)
    result = rules.notation.derivative(
        latex_name(steps.naming.result), latex_names(steps.graph)[name], steps.is_partial
    )
    lines = [f"{'' if k else result} = {form}" for k, form in enumerate(found.forms)]
    lines += [f"{slope} = {text}" for slope, text in shown_slopes([found])]
    return join(*[tag("p", set_formula(from_latex(line))) for line in lines])


# ---- derivations ----


def derivation_markup(report: DerivationReport) -> Markup:
    """Every derivation: its lines, what simplification did, and the formula."""
    return join(*[_section(report, derived) for derived in report.derived])


def derivation_page(f: Program, report: DerivationReport) -> str:
    """A page of every derivation."""
    return _page(f, derivation_markup(report))


def _section(report: DerivationReport, derived: Derived) -> Markup:
    wording = report.wording(derived, MATHML)
    label = from_latex(latex_label(report.found, derived.result, derived.by, report.several))
    found = [tag("h3", set_formula(label), ", rule by rule")]
    parts = [[set_formula(cell) for cell in part] for part in wording.parts(SHOWN_LINES)]
    if parts:
        found.append(_table(["part", "operation"], parts))
        found += _more(wording.part_count - len(parts), "part")
    first, left_out, last = wording.lines(SHOWN_LINES)
    gap: list[Sequence[str]] = [("…", f"{left_out:,} more")] if left_out else []
    begin: list[Sequence[str]] = [] if parts else [(set_formula(wording.start), "")]
    rows = [*begin, *map(_row, first), *gap, *map(_row, last)]
    found.append(_table(["formula", "rule"], rows))
    if derived.derivation.rules.by_array:
        differential = set_formula(wording.differential)
        found.append(tag("p", *_around(GRADIENT, differential)))
    rewrites = wording.rewrites(SHOWN_REWRITES)
    if rewrites:
        found.append(tag("h4", "Simplification"))
        cells = [(set_formula(before), set_formula(after), why) for before, after, why in rewrites]
        found.append(_table(["from", "to", "by"], cells, class_="rewrites"))
        every = sum(rewrite.reason != SHAPES for rewrite in derived.rewrites)
        found += _more(every - len(rewrites), "rewrite")
    found += [tag("p", line) for line in (*notes(derived), size_sentence(derived))]
    graph, shared = derived.derivation.graph, is_shared(derived.sizes[1], None)
    result = to_mathml(graph, [derived.formula], share=shared, labels=[label])
    found += [tag("p", set_formula(line), class_="result") for line in result.split("\n")]
    return tag("section", *found, class_="derivation")


def _around(sentence: str, formula: Markup) -> list[str]:
    """A sentence with a formula in its places {0}."""
    first, *others = sentence.split("{0}")
    return [first, *[part for other in others for part in (formula, other)]]


def _row(line: WrittenStep) -> tuple[Markup, str]:
    return set_formula(line.left + EQUALS + line.right), line.rule


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], **looks: str) -> Markup:
    return table(heads, [table_row(row, len(row)) for row in rows], len(heads), **looks)


def _more(count: int, what: str) -> list[Markup]:
    words = f"... and {counted(count, f'more {what}')}"
    return [tag("p", words, class_="note")] * (count > 0)
