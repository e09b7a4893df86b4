"""Derivations in LaTeX are for amsmath and for KaTeX; all formats are bounded."""

from __future__ import annotations

import re

import pytest

import adcli
from adcli.explain.derivation import derivations
from adcli.graph.axes import Shape
from adcli.graph.library import LIBRARY
from adcli.graph.primitives import PRIMITIVES, Primitive
from adcli.language import labels_of
from adcli.language.latex import _GREEK
from adcli.report.derivation import MOST_RECORDED, SHOWN_LINES, DerivationReport
from adcli.report.derivation_latex import broken, derivation_latex
from tests.texts import record_of, text_of

GREEK = """
    Delta Gamma Lambda Omega Phi Pi Psi Sigma Theta Upsilon Xi alpha beta chi delta epsilon eta
    gamma iota kappa lambda mu nu omega phi pi psi rho sigma tau theta upsilon varphi xi zeta
"""
WORDS = """
    arccos arcsin arctan backslash begin cdot cos cosh cot coth csc det end frac ge infty lceil le
    left lfloor log mathbf mathrm mathsf max mid min ne operatorname partial quad rceil rfloor right
    sec sim sin sinh sqrt tan tanh text times vdots wedge
"""
KATEX = {f"\\{word}" for word in (*(GREEK + WORDS).split(), *"#$%&,;_{}\\ ")}
"""Commands that KaTeX knows: each was rendered by KaTeX 0.19.1 with its strict setting."""
ENVIRONMENTS = {"align*", "cases", "pmatrix"}


def report(text: str, order: int = 1, **shapes: Shape) -> DerivationReport:
    f = adcli.function(text).shown
    found, derived = derivations(f, f.names(None), order, shapes)
    return DerivationReport(found, order, derived, len(f.variables) > 1)


CASES: list[tuple[str, dict[str, Shape]]] = [
    ("x^2*sin(x)/(1 + exp(-x))", {}),
    ("`50% & more_$#{}~^\\\\`^2/alpha + log(x1)*atan(y_max)", {}),
    ("where(x > 0, log(x), max(x, 0))*abs(x) + floor(x) + mod(x, 2) + pi*x", {}),
    ("sum((A@x - b)^2) + x@x + norm(x) + softmax(x)[0]", {"A": (2, 2), "x": (2,), "b": (2,)}),
    ("det(A) + trace(inv(A)) + sum([A[0, 0], 1])", {"A": (2, 2)}),
    ("sin(" * 99 + "x" + ")" * 99, {}),
    ("+".join(f"sin({k}x)*x^{k}" for k in range(2, 60)), {}),
    ("gamma(x) + erf(x) + sec(x) + besselj(1, x) + powlog(x, 2, 1) + expm1(x)/cbrt(x)", {}),
]


def test_katex_knows_the_spellings_of_all_rows() -> None:
    rows = [*PRIMITIVES.values(), *LIBRARY.values()]
    rows += [row.shown for row in LIBRARY.values() if isinstance(row.shown, Primitive)]
    spelled = [(row, row.spelling.get("latex", "")) for row in rows]
    texts = [text(row.example[0]) if callable(text) else text for row, text in spelled]
    assert set(re.findall(COMMAND, "".join(texts))) <= KATEX
    assert {f"\\{name}" for name in _GREEK} <= KATEX


def test_long_formulas_are_broken() -> None:
    factor, term = r"\sin\left(a \, x + b\right)", r"\frac{a + b + c}{d \, e}"
    wide = [r" \, ".join([factor] * 9), " + ".join([term] * 9)]
    for text in wide:
        first, *others = broken(text)
        assert others
        assert all(line.startswith((r"\cdot ", "+ ", "- ")) for line in others)
        assert max(map(len, (first, *others))) < 230
        assert " ".join([first, *others]).replace(r"\cdot", r"\,") == text


COMMAND = r"\\(?:[A-Za-z]+|.)"


@pytest.mark.parametrize(("text", "shapes"), CASES)
def test_latex(text: str, shapes: dict[str, Shape]) -> None:
    shown = derivation_latex(report(text, **shapes))
    assert set(re.findall(COMMAND, shown)) <= KATEX
    assert set(re.findall(r"\\begin{(.*?)}", shown)) <= ENVIRONMENTS
    unescaped = re.sub(r"\\[{}]", "", shown)
    assert unescaped.count("{") == unescaped.count("}")
    assert shown.count(r"\left") == shown.count(r"\right")
    assert shown.count(r"\begin") == shown.count(r"\end{")
    for body in re.findall(r"\\begin{align\*}\n(.*?)\\end{align\*}", shown, re.DOTALL):
        for row in body.splitlines():
            row = re.sub(r"\\begin{(cases|pmatrix)}.*?\\end{\1}", "", row)
            assert len(re.findall(r"(?<!\\)&", row)) in (1, 3), row
    assert shown.isascii()


@pytest.mark.parametrize(("text", "shapes"), CASES)
@pytest.mark.parametrize("width", [60, 80])
def test_tables_fit_and_end_in_the_formula(text: str, shapes: dict[str, Shape], width: int) -> None:
    made = report(text, **shapes)
    shown = text_of(made, "table", width)
    formulas = list(record_of(made)["derivatives"].values())
    assert shown.rstrip().endswith(formulas[-1].split("\n")[-1])
    tables = [line for line in shown.splitlines() if line.startswith(("│", "├", "╭", "╰"))]
    assert max(map(len, tables)) <= width


def test_long_programs_are_bounded() -> None:
    made = report("sin(" * 2000 + "x" + ")" * 2000)
    (recorded,) = record_of(made)["steps"]
    assert len(recorded["lines"]) == MOST_RECORDED
    assert recorded["lines_left_out"] == 2000 - MOST_RECORDED
    shown = text_of(made, "table")
    assert shown.count("derivative of sin") == SHOWN_LINES
    assert f"{2000 - SHOWN_LINES:,} more" in shown


def test_parts_have_the_names_of_the_program() -> None:
    text = "; ".join(["a = x*u1"] + ["a = sin(a)*a"] * 30 + ["b = a + 1", "b*b"])
    f = adcli.function(text).shown
    found, derived = derivations(f, ["x"], 1, {})
    made = DerivationReport(found, 1, derived, True, labels_of(text, form="shown").bound)
    (recorded,) = record_of(made)["steps"]
    assert {"a", "v2", "b"} < recorded["parts"].keys()
    assert recorded["parts"]["a"] == "x*u1"
    assert recorded["lines"][0]["right"] == "∂/∂x[b]*b + b*∂/∂x[b]"


def test_a_differential_is_no_variable() -> None:
    made = report("sum(x)*dx", x=(3,))
    assert "dx*sum(d[x])" in text_of(made, "table")
