r"""Formulas as LaTeX."""

import math
import random

import pytest

import adcli
from adcli.ad.formulas import derivative_formulas
from adcli.graph.primitives import LEAF, PRIMITIVES
from adcli.graph.simplify import simplify
from adcli.language import parse
from adcli.language.latex import latex_name, to_latex
from adcli.report.formulas import formula_latex
from tests.language.latex_reader import read


def latex(text, **options):
    program = parse(text)
    return to_latex(program.graph, program.outputs, **options)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x1*x2 + sin(x1)^2", r"x_{1} \, x_{2} + \sin\left(x_{1}\right)^{2}"),
        ("-(x/y)", r"-\frac{x}{y}"),
        ("x*(-y/z)", r"x \cdot \left(-\frac{y}{z}\right)"),
        ("x + zeros(3)*ones(2, 3)", r"x + \mathbf{0}_{3} \, \mathbf{1}_{2 \times 3}"),
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


@pytest.mark.parametrize(
    ("program", "d"),
    [("x^2", "d"), ("sin(x)*3", "d"), ("x*y", r"\partial"), ("x + 0*y", r"\partial")],
)
def test_derivatives_are_partial_with_several_variables(program, d):
    f = adcli.function(program)
    found = derivative_formulas(f, ["x"], 2)
    shown = formula_latex(found, share=True)
    assert shown.splitlines()[-1].startswith(rf"\frac{{{d}^{{2}} f}}{{{d} x^{{2}}}} = ")


def test_names():
    names = {
        "x": "x",
        "x12": "x_{12}",
        "beta1": r"\beta_{1}",
        "λ": r"\lambda",
        "Ω": r"\Omega",
        "rate": r"\mathrm{rate}",
        "y_max": r"y_{\mathrm{max}}",
        "my col": r"\mathrm{my\ col}",
        "to-day^~": r"\mathrm{to\text{-}day\wedge \sim }",
        "100%_$": r"\mathrm{100\%\_\$}",
        "a\\b{c}": r"\mathrm{a\backslash b\{c\}}",
    }
    assert {name: latex_name(name) for name in names} == names


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x1 + x_1", r"x_{1} + \mathrm{x\_1}"),
        ("alpha1 + α1 + α", r"\alpha_{1} + \mathrm{α1} + \alpha"),
        ("`my col` + mycol", r"\mathrm{my\ col} + \mathrm{mycol}"),
        ("`e` + e + exp(x)", r"\mathrm{e} + e + e^{x}"),
        ("`pi` + pi + `tau` + `π`", r"\mathrm{pi} + \pi + \mathrm{tau} + \mathrm{π}"),
        ("sin(x)*t_1 + sin(x)", r"t_{2} = \sin\left(x\right)" + "\nt_{2} \\, t_{1} + t_{2}"),
    ],
)
def test_no_two_names_look_alike(text, shown):
    assert latex(text, share=True) == shown


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
        graph.variable(name) for name in "xyztu"[: max(count, 2) if primitive.variadic else count]
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


FORMS = (
    *("-({})", "({}) + ({})", "({}) - ({})", "({})*({})", "({})/({})", "({})^({})"),
    *("where(({}) < ({}), x, y)", "where(x < y, ({}), ({}))", "where(({}), x, y)"),
    *(
        "(({}) >= ({}))",
        "2*({})",
        "({})*3",
        "-2.5 + ({})",
        "({}) + -2.5",
        "1e-5*({})",
        "({})*-1e-5",
    ),
    *("abs({})", "floor({})", "exp({})", "exp2({})", "expm1({})", "log1p({})", "sqrt({})"),
    *("cbrt({})", "gauss({})", "lgamma({})", "mod({}, {})", "max({}, {})", "log2({})", "sin({})"),
    *("polygamma(1, {})", "digamma({})", "hypot({}, {})", "detach({})"),
    *("unit({}, 1)", "sech({})", "cot({})", "tanh({})", "sigmoid({})", "normcdf({})"),
)
"""Every way to put formulas together that has a notation of its own."""
POINT = {"x": 0.7, "y": 1.3}


def assert_reads_back(text):
    """The formula's LaTeX, read with the usual precedence, has the value of the program."""
    f = adcli.function(text)
    try:
        exact = f.value({name: POINT[name] for name in f.inputs})
    except adcli.DomainError:
        return 0
    shown = to_latex(f.graph, f.outputs)
    assert math.isclose(read(shown, POINT), exact, rel_tol=1e-9, abs_tol=1e-12), (text, shown)
    return 1


def nested(outer, *inners):
    """One form with others in its places; x and y where there is nothing more."""
    names = iter("xy" * 4)
    inside = iter([inner.replace("{}", "%s") for inner in inners] * 2)
    text = outer
    while "{}" in text:
        text = text.replace("{}", next(inside, "%s"), 1)
    return text % tuple(next(names) for _ in range(text.count("%s")))


@pytest.mark.parametrize("outer", FORMS)
def test_brackets_in_every_pair_of_formulas(outer):
    pairs = [nested(outer, inner) for inner in FORMS]
    if outer.count("{}") == 2:
        pairs += [nested(outer, "{}", inner) for inner in FORMS]
    assert sum(map(assert_reads_back, pairs)) > len(pairs) / 2


def test_brackets_in_deeper_formulas():
    rng = random.Random(7)
    forms = [form for form in FORMS if "lgamma" not in form]  # gamma itself would overflow
    checked = 0
    for _ in range(400):
        text = rng.choice("xy")
        for _ in range(5):
            form = rng.choice(forms)
            text = form.format(*rng.sample([text, rng.choice(["x", "y", "2"])], 2))
        checked += assert_reads_back(text)
    assert checked > 150
