r"""Formulas as LaTeX."""

import pytest

from adcli.graph.primitives import LEAF, PRIMITIVES
from adcli.graph.simplify import simplify
from adcli.language import parse
from adcli.language.latex import latex_name, to_latex


def latex(text, **options):
    program = parse(text)
    return to_latex(program.graph, program.outputs, **options)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x1*x2 + sin(x1)^2", r"x_{1} \, x_{2} + \sin\left(x_{1}\right)^{2}"),
        ("-(x/y)", r"-\frac{x}{y}"),
        ("(x/y)^2", r"\left(\frac{x}{y}\right)^{2}"),
        ("a*(b + c)", r"a \, \left(b + c\right)"),
        ("a - (b - c)", r"a - \left(b - c\right)"),
        ("2*3*x", r"2 \cdot 3 \, x"),
        ("x*2^y", r"x \cdot 2^{y}"),
        ("x*-2", r"x \cdot \left(-2\right)"),
        ("(x^y)^z", r"\left(x^{y}\right)^{z}"),
        ("x^y^z", r"x^{y^{z}}"),
        ("exp(x)^2", r"\left(e^{x}\right)^{2}"),
        ("1e-5*x", r"1 \cdot 10^{-5} \, x"),
        ("sqrt(x) + cbrt(y) + abs(z)", r"\sqrt{x} + \sqrt[3]{y} + \left|z\right|"),
        (
            "where(x > 0, log(x), -x)",
            r"\begin{cases} \log\left(x\right) & \text{if } x > 0 \\ "
            r"-x & \text{otherwise} \end{cases}",
        ),
        (
            "where(c, a, b)",
            r"\begin{cases} a & \text{if } c \ne 0 \\ b & \text{otherwise} \end{cases}",
        ),
        ("(x >= y)*2", r"\left[x \ge y\right] \cdot 2"),
        ("max(x, y, 2)", r"\max\left(x, y, 2\right)"),
        ("transpose(A) @ (A@x - b)", r"A^{\mathsf{T}} \, \left(A \, x - b\right)"),
        (
            "[[1, 2], [x, 4]] @ [x, y]",
            r"\begin{pmatrix} 1 & 2 \\ x & 4 \end{pmatrix} \, "
            r"\begin{pmatrix} x \\ y \end{pmatrix}",
        ),
        ("x1[0]^2 + W[:, 1:]", r"{x_{1}}_{0}^{2} + {W}_{:, 1:}"),
        ("outer(x, y)", r"x \, y^{\mathsf{T}}"),
        (
            "sum(x, axis=0) + sum(x)",
            r"\operatorname{sum}_{0}\left(x\right) + \operatorname{sum}\left(x\right)",
        ),
        ("gamma(x) + digamma(y)", r"\Gamma\left(x\right) + \psi\left(y\right)"),
        ("pi*e*inf", r"\pi \, e \, \infty"),
    ],
)
def test_formulas(text, shown):
    assert latex(text) == shown


def test_names():
    names = {
        "x": "x",
        "x12": "x_{12}",
        "beta1": r"\beta_{1}",
        "λ": r"\lambda",
        "Ω": r"\Omega",
        "rate": r"\mathrm{rate}",
        "y_max": r"y_{\mathrm{max}}",
        "my col": r"\mathrm{my col}",
        "100%_$": r"\mathrm{100\%\_\$}",
        "a\\b{c}": r"\mathrm{a\backslash b\{c\}}",
    }
    assert {name: latex_name(name) for name in names} == names


def test_shared_parts_are_equations():
    assert latex("exp(sin(x)) + sin(x)*t1", share=True, labels=["f"]).splitlines() == [
        r"t_{2} = \sin\left(x\right)",
        r"f = e^{t_{2}} + t_{2} \, t_{1}",
    ]


@pytest.mark.parametrize("primitive", PRIMITIVES.values(), ids=lambda p: p.name)
def test_every_primitive_has_latex(primitive):
    program = parse("x")
    graph = program.graph
    count = len(primitive.example[1]) if primitive.example[1] else len(primitive.inputs)
    inputs = tuple(
        graph.variable(name) for name in "xyz"[: max(count, 2) if primitive.variadic else count]
    )
    text = to_latex(graph, graph.node(primitive, inputs, primitive.example[0]))
    assert text.count("{") == text.count("}")
    assert text.count(r"\left") == text.count(r"\right")
    assert "#" not in text


def test_depth_is_no_limit():
    program = parse("sin(1 + " * 50_000 + "x" + ")" * 50_000)
    assert to_latex(program.graph, program.outputs).count(r"\sin") == 50_000


def test_what_is_simplified_is_short():
    program = parse("1*x^1/2*2")
    nodes = simplify(program.graph, program.outputs)
    assert program.graph.ops[nodes[0]].kind == LEAF
    assert to_latex(program.graph, nodes) == "x"
