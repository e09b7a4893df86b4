"""Steps go by the program's own names; names that are made up are none of the program's."""

from __future__ import annotations

import unicodedata

import pytest

from adcli.function import function
from adcli.report.steps import TEXT, Notation, Steps
from adcli.report.trace_latex import LATEX


def steps_of(text: str, notation: Notation = TEXT) -> Steps:
    return Steps(function(text), notation=notation)


def shown(text: str) -> list[str]:
    """The steps as lines: `a = x + y`; an input is its name."""
    steps = steps_of(text)
    lines = [(steps.names[node], steps.definition(node)) for node in steps.nodes]
    return [f"{name} = {definition}" if definition else name for name, definition in lines]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("x*y + x", "w1 = x | w2 = y | w3 = w1*w2 | w4 = w3 + w1"),
        ("a = x+y; b = a*z; b", "x | y | z | a = x + y | b = a*z"),
        ("a = x+y; sin(a)*z", "x | y | z | a = x + y | w5 = sin(a) | w6 = w5*z"),
        # Two names of one step, names of an input, names that nothing uses, constants.
        ("a = x+y; b = x+y; a*b", "x | y | a = b = x + y | w4 = a*a"),
        ("a = x; a^2", "x = a | w2 = x^2"),
        ("a = x^2; c = a*y; a + 1", "x | a = x^2 | w3 = a + 1"),
        ("g = 9.81; c = pi/4; s = g*t; c*s", "t | g = 9.81 | c = pi/4 | s = g*t | w5 = c*s"),
        ("a = 2; a = a*x; a", "x | a = 2 | a₂ = a*x"),
        ("a = 5; b = a; c = 7; b*x", "x | a = b = 5 | w3 = a*x"),
        # A number that the text has twice is not the one that has the name.
        ("n = 2; n*x^2", "w1 = x | w2 = w1^2 | w3 = 2*w2"),
        ("n = 2; n*x²", "w1 = x | w2 = w1^2 | w3 = 2*w2"),
        # A name that is bound again.
        ("a = x^2; a = a + 1; a*a", "x | a = x^2 | a₂ = a + 1 | w4 = a₂*a₂"),
        ("x = x^2; x + 1", "x | x₂ = x^2 | w3 = x₂ + 1"),
        ("b = a^2; a = 3b; a + a2", "a | a2 | b = a^2 | a₃ = 3*b | w5 = a₃ + a2"),
        # Calls: those of the body too; parameters are no names outside.
        ("f(u) = u^2 + 1; f(x)", "x | w2 = x^2 | w3 = f(x) = w2 + 1"),
        (
            "f(x) = x^2; x = 2y; f(x+1)*x",
            "y | x = 2*y | w3 = x + 1 | w4 = f(w3) = w3^2 | w5 = w4*x",
        ),
        ("h(v) = 3v; g(u) = h(u)^2; a = g(x); a", "x | w2 = h(x) = 3*x | a = g(x) = w2^2"),
        ("g(u) = u^2; h(u) = g(u); h(x)", "x | w2 = h(x) = g(x) = x^2"),
        ("f(u, v) = u; f(x^2, y)", "x | w2 = x^2"),
        ("f(u, v) = u^2; f(x, x/y)", "x | w2 = f(x, ...) = x^2"),
        ("f(u, v) = u*v; f(x, 3) + 1", "x | w2 = f(x, 3) = x*3 | w3 = w2 + 1"),
        ("f(x, y) = x*y + 1", "x | y | w3 = x*y | w4 = f(x, y) = w3 + 1"),
        ("f() = x^2; f() + 1", "x | w2 = f() = x^2 | w3 = w2 + 1"),
        ("`my col` = x + `a b`; 2`my col`", "x | `a b` | `my col` = x + `a b` | w4 = 2*`my col`"),
        # Made-up names keep clear of the program's.
        ("w2*x + w1", "v1 = w2 | v2 = x | v3 = w1 | v4 = v1*v2 | v5 = v4 + v3"),
        ("w*x", "v1 = w | v2 = x | v3 = v1*v2"),
        ("w_1*v*u7", "s1 = w_1 | s2 = v | s3 = u7 | s4 = s1*s2 | s5 = s4*s3"),
        ("w_max*x", "w1 = w_max | w2 = x | w3 = w1*w2"),
        ("w3 = x + y; w3^2", "x | y | w3 = x + y | v4 = w3^2"),
        ("[w, v, u, s, z, q, p, t] @ w₁", None),
    ],
)
def test_names(text: str, lines: str | None) -> None:
    if lines is not None:
        assert " | ".join(shown(text)) == lines
    for notation in (TEXT, LATEX):
        names = steps_of(text, notation).names
        assert len({*names.values()}) == len(names)


@pytest.mark.parametrize(
    ("text", "adjoints"),
    [
        ("x1*x2", "w̄1 w̄2 w̄3"),
        ("a = x1 + rate*y_max; b2 = a; 2a", "x̄1 ratē ȳ_max w̄4 ā w̄6"),
        ("a = x*ā; 2a", "x̄̄ ā̄̄ ā̄ w̄̄4"),
        ("a = `1 2`*_0; `ä` = 2a", "`1 2`̄ _0̄ ā ǟ"),
    ],
)
def test_adjoints(text: str, adjoints: str) -> None:
    steps = steps_of(text)
    found = [steps.adjoint(node) for node in steps.nodes]
    assert unicodedata.normalize("NFC", adjoints).split() == " ".join(found).split()
    assert not {*found} & {*steps.names.values()}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("x1*x_2", "w_{1} w_{2} w_{3}"),
        (
            "rate = alpha*x1; rate = rate^2; x1 = 2rate; x1^2",
            r"\alpha x_{1} \mathrm{rate} \mathrm{rate}_{2} x_{1,2} w_{6}",
        ),
        ("a_2 = x; a = x^2; a = a^2; a*a_2", "x a a_{3} w_{4}"),
    ],
)
def test_names_in_latex(text: str, names: str) -> None:
    steps = steps_of(text, LATEX)
    assert [steps.names[node] for node in steps.nodes] == names.split()


def test_accents_stand_on_the_word_and_not_on_its_index() -> None:
    steps = steps_of("rate = alpha*x1; rate^2 + ā", LATEX)
    assert " ".join([steps.tangent(node) for node in steps.nodes[:3]]) == (
        r"\dot{\alpha} \dot{x}_{1} \dot{ā}"
    )
    assert " ".join([steps.adjoint(node) for node in steps.nodes[:2]]) == (
        r"\bar{\bar{\alpha}} \bar{\bar{x}}_{1}"
    )


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("x^2", "f"),
        ("a = x + y; b = a*z; b", "b"),
        ("loss(a) = a^2; loss(x)", "loss"),
        ("loss(a) = a^2; loss(2x)", "f"),
        ("f(x, y) = x*y", "f"),
        ("f*x", "w3"),
        ("f(x) = x^2; f(2x)", "w3"),
        ("x", "f"),
        ("a = x; a", "a"),
        ("f(u) = u; f(x)", "f"),
        ("a = x; a, a^2", "f"),
    ],
)
def test_what_derivatives_call_the_result(text: str, result: str) -> None:
    assert steps_of(text).naming.result == result


def test_a_plain_gradient_reads_no_names() -> None:
    f = function("a = x*y; a^2")
    f.value_and_gradient({"x": 1.0, "y": 2.0})
    assert "labels" not in vars(f)
    assert [name for name, _ in f.labels.bound] == ["a"]
    assert function("x^2").derivative("x").labels.bound == []
