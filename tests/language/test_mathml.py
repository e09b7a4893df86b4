"""MathML: well-formed for whatever the language can say, with the names and brackets of LaTeX."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from adcli.ad.formulas import derivative_formulas
from adcli.function import function
from adcli.graph.primitives import PRIMITIVES, Primitive
from adcli.language import parse
from adcli.language.mathml import mathml_name, mathml_names, to_mathml
from adcli.report.page.set_formulas import formula_mathml, set_formula

CHILDREN = {"msup": 2, "msub": 2, "mfrac": 2, "mroot": 2}


def read(mathml: str) -> str:
    """A formula as a reader sees it, in signs: `^(2)`, `_(1)`, `frac(a)(b)`."""
    return seen(ElementTree.fromstring(f"<math>{mathml}</math>"))


def seen(element: ElementTree.Element) -> str:
    children = [seen(child) for child in element]
    assert len(children) == CHILDREN.get(element.tag, len(children))
    if element.tag in ("msup", "msub"):
        return f"{children[0]}{'^' if element.tag == 'msup' else '_'}({children[1]})"
    if element.tag in ("mfrac", "mroot"):
        return f"{element.tag[1:]}({children[0]})({children[1]})"
    if element.tag in ("msqrt", "mtr"):
        return f"{element.tag[1:]}({', '.join(children)})"
    if element.tag in ("mi", "mn", "mo", "mtext", "mspace"):
        return re.sub("[\u2062\xa0]", " ", element.text or " ").replace("\u2061", "")
    assert element.tag in ("math", "mrow", "mtable", "mtd")
    return "".join(children)


def shown(text: str, **options: bool) -> str:
    program = parse(text)
    return read(to_mathml(program.graph, program.outputs, **options))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x1^2/2 - 3x*y", "frac(x_(1)^(2))(2)−3 x y"),
        ("-(x + y)^2", "−(x+y)^(2)"),
        ("a - (b - c)", "a−(b−c)"),
        ("sqrt(x) + cbrt(y) + abs(z)", "sqrt(x)+root(y)(3)+|z|"),
        ("exp(-x)*sin(alpha)^2", "e^(−x) sin(α)^(2)"),
        ("x*log(y, 2)*erfinv(z)", "x log_(2)(y) erf^(−1)(z)"),
        ("where(x > 0, log(x), -x)", "{tr(log(x), if x>0)tr(−x, otherwise)"),
        ("where(c, a, b)", "{tr(a, if c≠0)tr(b, otherwise)"),
        ("(x <= y)*2", "[x≤y]·2"),
        ("[[1, 2], [x, 4]] @ [x, y]", "(tr(1, 2)tr(x, 4)) (tr(x)tr(y))"),
        ("transpose(A) @ (A@x - b)", "A^(T) (A x−b)"),
        ("x1[0]^2 + W[:, 1:]", "x_(1)_(0)^(2)+W_(:,1:)"),
        ("sum(x, axis=0) + sum(x)", "sum_(0)(x)+sum(x)"),
        ("gamma(x) + besselj(2, y) + sigmoid(z)", "Γ(x)+J_(2)(y)+σ(z)"),
        ("floor(x) + 1e-7*pi*y_max", "⌊x⌋+1·10^(−7) π y_(max)"),
        ("det(A) + inv(A)[0, 0] + zeros(2, 3)[0, 0]", "det(A)+(A^(−1))_(0,0)+𝟎_(2×3)_(0,0)"),
        ("`e` + e + `</math><b>`", "e+e+</math><b>"),
        ("x, y + 1", "x,y+1"),
    ],
)
def test_formulas(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    "name",
    [
        *("x", "λ", "my col", "100%_$", "to-day^~", "a\\b{c}#&", "</script>", "<!--", "a_b c"),
        *("\\", "'", " ", "^", "("),
    ],
)
def test_names_are_as_they_were_written(name: str) -> None:
    assert read(mathml_name(name)).replace("_(", "_").rstrip(")") == name
    assert "<!" not in mathml_name(name)


def test_no_two_names_look_alike() -> None:
    written = mathml_names(parse("x1 + x_1 + alpha1 + α1 + `e` + `my col` + mycol").graph)
    assert len({*written.values()}) == len(written)


@pytest.mark.parametrize("primitive", PRIMITIVES.values(), ids=lambda p: p.name)
def test_every_function_is_set(primitive: Primitive) -> None:
    program = parse("x")
    graph = program.graph
    count = len(primitive.example[1] or primitive.inputs)
    count = max(count, 2) if primitive.variadic else count
    inputs = tuple([graph.variable(name) for name in "xyztu"[:count]])
    node = graph.node(primitive, inputs, primitive.example[0])
    text = read(to_mathml(graph, graph.node(PRIMITIVES["power"], (node, node))))
    assert set("\\#").isdisjoint(text)


@pytest.mark.parametrize(
    ("text", "label"),
    [("x^2", "frac(d^(2)f)(dx^(2))="), ("x*y, x_1/y", "frac(∂^(2)f_(1))(∂x^(2))=")],
)
def test_derivatives_are_equations(text: str, label: str) -> None:
    found = derivative_formulas(function(text), ["x"], 2, to_read=True)
    first = formula_mathml(found, None).splitlines()[0]
    assert first.startswith('<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">')
    assert read(re.sub("</?math[^>]*>", "", first)).replace(" ", "").startswith(label)


def test_shared_parts_are_equations() -> None:
    program = parse("exp(sin(x)) + sin(x)*t1")
    lines = to_mathml(program.graph, program.outputs, share=True).splitlines()
    assert list(map(read, lines)) == ["t_(2)=sin(x)", "e^(t_(2))+t_(2) t_(1)"]


def test_depth_is_no_limit() -> None:
    program = parse("sin(" * 20_000 + "x" + ")" * 20_000)
    assert to_mathml(program.graph, program.outputs).count("<mi>sin</mi>") == 20_000


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a + (b - c)*d - e1", ["a", "+(b−c) d", "−e_(1)"]),
        ("-a - b", ["−a", "−b"]),
        ("sin(a + b)", ["sin(a+b)"]),
        ("sin(alpha + beta1 + gain)*cos(alpha + beta1 + loss)*tanh(alpha + 1)", None),
    ],
)
def test_where_a_formula_may_break(text: str, parts: list[str] | None) -> None:
    program = parse(text)
    whole = to_mathml(program.graph, program.outputs)
    found = re.findall("<math>(.*?)</math>", set_formula(whole))
    assert "".join(found).replace(' form="infix"', "") == whole
    assert len(found) == 2 if parts is None else [*map(read, found)] == parts
