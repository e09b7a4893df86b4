"""Formulas that are read: as short as SymPy's, equal at points, the same when they are read again,
with a note where they have lost a condition."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from mpmath import mp, mpf

import adcli
from adcli.ad.formulas import Formulas, derivative_formulas
from adcli.errors import AdcliError
from adcli.graph.graph import Graph
from adcli.graph.primitives import PRIMITIVES
from adcli.graph.readable import to_be_read
from adcli.language import parse
from adcli.language.text import to_text
from adcli.report.formulas import condition_notes
from tests.effort import effort

TABLE = [
    line.split("\t")
    for line in (Path(__file__).parent / "derivatives.tsv").read_text().splitlines()[1:]
]
"""Programs, their derivatives by x as they are shown, and the operations of SymPy's `diff` and
`simplify`, of which the shorter counts ("-": a distinction of cases)."""

LONGER = {
    # Double angles: books have 2 sin(x) cos(x).
    *("sin(x)^2", "sin(x)*cos(x)", "sin(2*x)*cos(3*x)", "sinh(x)*cosh(x)", "sinh(x)^2"),
    # Exponentials stay such.
    *("exp(x) + exp(-x)", "1/(1 + exp(-x))"),
    # Rules of tan and tanh are 1 + tan^2 and 1 - tanh^2 here.
    *("log(sec(x) + tan(x))", "log(tan(x/2))", "atan(tanh(x))"),
}
"""Formulas that are longer than SymPy's by more than a third."""


def shown(text: str, wrt: str | None = None, order: int = 1, **shapes: tuple[int, ...]) -> Formulas:
    f = adcli.function(text).shown
    return derivative_formulas(f, [wrt] if wrt else f.names(None), order, shapes, to_read=True)


def texts(found: Formulas) -> list[str]:
    return [to_text(found.graph, node) for node in found.nodes]


def operations(graph: Graph, node: int) -> int:
    """Operations written out; numbers such as 1/2 and -3 have none."""
    counts: dict[int, int] = {}
    for i in graph.reach([node]):
        args = graph.args[i]
        is_number = not graph.varying[i] and all(not graph.args[a] for a in args)
        is_number = is_number and graph.ops[i].name in ("divide", "negative")
        counts[i] = 0 if not args or is_number else 1 + sum(counts[a] for a in args)
    return counts[node]


@pytest.mark.parametrize(("text", "formula", "length"), TABLE, ids=[row[0] for row in TABLE])
def test_derivatives_of_textbooks(text: str, formula: str, length: str) -> None:
    found = shown(text, "x")
    assert texts(found) == [formula]
    again = parse(formula, form="shown")
    assert to_text(again.graph, to_be_read(again.graph, again.outputs)[0]) == formula
    if length != "-" and text not in LONGER:
        assert operations(found.graph, found.nodes[0]) <= 4 / 3 * int(length)
    assert agreeing(text, formula, "x", random.Random(text)) == 20


def agreeing(text: str, formula: str, wrt: str, source: random.Random) -> int:
    """At how many of 20 points a formula is the derivative that the sweeps give.

    A formula of textbooks may cancel (1 - tanh(x)^2), and is then right once it has digits enough:
    so where floats do not agree to 1e-12, 1000 digits must to 1e-25.
    """
    f, printed = adcli.function(text), adcli.function(formula)
    found = 0
    for k in range(400):
        low, high = ((0.05, 0.95), (-3, 3), (1, 5))[k % 3]
        at = {name: source.uniform(low, high) for name in f.variables}
        if found == 20:
            break
        for digits, most in ((None, 1e-12), (1000, mpf(10) ** -25)):
            at = {name: x if digits is None else mpf(x) for name, x in at.items()}
            try:
                _, gradient = f.value_and_gradient(at, precision=digits)
            except AdcliError:  # outside of the domain of the program
                break
            value = printed.value({n: at[n] for n in printed.variables}, precision=digits)
            with mp.workdps(digits or 20):
                if abs(value - gradient[wrt]) <= most * abs(gradient[wrt]):
                    found += 1
                    break
        else:
            raise AssertionError((text, formula, at))
    return found


# ---- random programs ----


FUNCTIONS = (
    *("exp", "log", "sqrt", "sin", "cos", "tan", "asin", "atan", "sinh", "cosh", "tanh", "abs"),
    *("sign", "cbrt", "sigmoid", "softplus", "erf", "logit", "sec", "relu", "cot", "gelu", "log1p"),
)
FORMS = (
    *("({0}) + ({1})", "({0}) - ({1})", "({0})*({1})", "({0})/({1})", "({0})*({1})", "({0})/({1})"),
    *("({0})^2", "({0})^-1", "({0})^(1/2)", "({0})^3", "({0})^(3/2)", "-({0})", "2*({0})"),
    *("({0})^({1})", "hypot({0}, {1})", "max({0}, {1})", "where({0} > {1}, {1}, {0})", "({0})/3"),
)


def random_program(source: random.Random, depth: int) -> str:
    if depth == 0:
        return source.choice(("x", "y", "x", "1", "2", "3/2"))
    parts = [random_program(source, source.randrange(depth)) for _ in range(2)]
    form = source.choice(FORMS) if source.random() < 0.7 else source.choice(FUNCTIONS) + "({0})"
    return form.format(*parts)


@pytest.mark.parametrize("seed", range(60))
def test_random_derivatives_are_right_and_stay(seed: int) -> None:
    text = random_program(random.Random(seed), 6)
    try:
        f = adcli.function(text)
        found = shown(text, f.variables[0], order=1 + seed % 2)
        exact = derivative_formulas(f.twice, [f.variables[0]], 1 + seed % 2)
    except (AdcliError, IndexError):
        return
    formula, reference = texts(found)[0], to_text(exact.graph, exact.nodes[0])
    again = parse(formula, form="shown")
    assert to_text(again.graph, to_be_read(again.graph, again.outputs)[0]) == formula
    equal_values(formula, reference, f.variables, random.Random(seed))


def equal_values(formula: str, reference: str, names: Any, source: random.Random) -> None:
    """Both have one value wherever the reference has one, in 50 digits or in 1000."""
    f, g = adcli.function(formula), adcli.function(reference)
    for _ in range(5):
        at = {name: mpf(source.uniform(-3, 3)) for name in names}
        failure: Any = None
        for digits in (50, 1000):
            try:
                value = g.value({n: at[n] for n in g.variables}, precision=digits)
            except AdcliError:
                failure = None
                break
            try:
                other = f.value({n: at[n] for n in f.variables}, precision=digits)
            except AdcliError as error:
                failure = error
                continue
            with mp.workdps(digits):
                near = abs(other - value) <= mpf(10) ** -25 * abs(value) + mpf(10) ** (20 - digits)
            failure = None if near else (other, value)
            if near:
                break
        assert failure is None, (formula, reference, at, failure)


# ---- simplification ----


@pytest.mark.parametrize(
    ("text", "simple", "lost"),
    [
        ("x/x", "1", ["x != 0"]),
        ("x^3/x", "x^2", ["x != 0"]),
        ("x/x^3", "1/x^2", []),
        ("sqrt(x)^2", "x", ["x >= 0"]),
        ("sqrt(x)^3*x", "x^(5/2)", []),
        ("sqrt(x^2)", "abs(x)", []),
        ("sqrt(4*x^2*y)", "2*sqrt(y)*abs(x)", []),
        ("sqrt(x)/x", "1/sqrt(x)", []),
        ("(x^2)^(3/2)", "abs(x)^3", []),
        ("log(exp(x))", "x", []),
        ("exp(log(x))", "x", ["x > 0"]),
        ("exp(3*log(x))*log(x)", "x^3*log(x)", []),
        ("exp(a)*exp(b)/exp(c)", "exp(a + b - c)", []),
        ("log(a) + log(b)", "log(a) + log(b)", []),
        ("log(x) - log(x)", "0", ["x > 0"]),
        ("besselk(n, x) - besselk(n, x)", "0", ["x > 0"]),
        ("besselk(n, x)*sqrt(n^2)", "besselk(n, x)*abs(n)", []),
        ("x^y/x", "x^(y - 1)", ["x != 0"]),
        ("x*x^(y - 1)", "x^y", []),
        ("a/(b/c)", "a*c/b", ["c != 0"]),
        ("1/(1 + 1/x)", "x/(x + 1)", ["x != 0"]),
        ("(1 + x/y)/(x + y)", "1/y", ["y + x != 0"]),
        ("sin(x)^2 + cos(x)^2", "1", []),
        ("a*sin(x)^2*b + b*a*cos(x)^2 + c", "c + a*b", []),
        ("1 - sin(x)^2", "cos(x)^2", []),
        ("cosh(x)^2 - sinh(x)^2", "1", []),
        ("cosh(x)^2 - 1", "sinh(x)^2", []),
        ("sin(x)/cos(x)", "tan(x)", []),
        ("tan(x)*cos(x)", "sin(x)", ["cos(x) != 0"]),
        ("x*sign(x)", "abs(x)", []),
        ("x/abs(x)", "sign(x)", ["x != 0"]),
        ("abs(-3*x)", "3*abs(x)", []),
        ("cos(-x) + sin(-x)", "cos(x) - sin(x)", []),
        ("sin(asin(x))", "x", ["asin(x) is defined"]),
        ("asin(sin(x))", "asin(sin(x))", []),
        ("sqrt(8)*sqrt(2)", "4", []),
        ("2/sqrt(2)", "sqrt(2)", []),
        ("-(a - b)", "b - a", []),
        ("(x - y)/(y - x)", "-1", ["x - y != 0"]),
        ("(2*x + 2)/2", "x + 1", []),
        ("x/2 + x/3", "5*x/6", []),
        ("0.5*x + 0.25*x", "0.75*x", []),
        ("x*y + x*z", "x*(y + z)", []),
        ("x*(1 + x) - x^2", "x", []),
        ("1/(1 + x^2) - 2*x^2/(1 + x^2)^2", "(1 - x^2)/(1 + x^2)^2", []),
        ("(1 + exp(x))/(exp(x) + 1)", "1", []),
    ],
)
def test_what_becomes_of_a_program(text: str, simple: str, lost: list[str]) -> None:
    program = parse(text, form="shown")
    (node,), (conditions,) = to_be_read(program.graph, program.outputs)
    assert to_text(program.graph, node) == simple
    found = shown(f"q*({text})", "q")  # its derivative is the program
    assert texts(found) == [simple]
    start = "note: the formula is simplified: it holds only where "
    assert condition_notes(found) == [start + " and ".join(lost)] * bool(lost)
    assert bool(conditions) >= bool(lost)


@pytest.mark.parametrize(
    ("text", "wrt", "shapes", "formula"),
    [
        ("mean((y - a*x)^2)", "a", {}, "-2*mean(x*(y - a*x))"),
        ("mean((y - a*x)^2)", "a", {"x": (3,), "y": (3,)}, "-2*mean(x*(y - a*x))"),
        ("mean(x^2)", "x", {"x": (4,)}, "x/2"),
        ("norm(x)", "x", {"x": (3,)}, "x/norm(x)"),
        ("norm(x)^2", "x", {"x": (3,)}, "2*x"),
        (
            "norm(A@x - b)",
            "x",
            {"A": (3, 2), "x": (2,), "b": (3,)},
            "transpose(A) @ (A @ x - b)/norm(A @ x - b)",
        ),
        ("sum(norm(x, axis=0))", "x", {"x": (2, 3)}, "x/norm(x, axis=0)"),
        ("logsumexp(x)", "x", {"x": (3,)}, "softmax(x)"),
        ("logsumexp(x)", "x", {"x": (2, 3)}, "exp(x - logsumexp(x))"),
        ("softmax(x)[1]", "x", {"x": (3,)}, "softmax(x)*(scatter(1, zeros(3)[1]) - softmax(x)[1])"),
        ("-log_softmax(x)[0]", "x", {"x": (3,)}, "softmax(x) - scatter(1, zeros(3)[0])"),
        ("softmax(a*x)", "a", {"x": (3,)}, "softmax(a*x)*(x - sum(x*softmax(a*x), axis=-1))"),
        ("var(x)", "x", {"x": (3,)}, "2*(x - mean(x))/3"),
        ("std(x)", "x", {"x": (3,)}, "(x - mean(x))/(3*std(x))"),
        ("sum(relu(x))", "x", {"x": (3,)}, "x > 0"),
        ("sum(a*x*y)", "x", {"x": (3,)}, "broadcast(y*a, 3)"),
        ("sec(x)*csc(x)", "x", {}, "sec(x)*csc(x)*(tan(x) - cot(x))"),
        ("logsigmoid(x)", "x", {}, "1 - sigmoid(x)"),
        ("x*relu(x)", "x", {}, "relu(x) + x*(x > 0)"),
        ("relu(x)^2", "x", {}, "2*relu(x)"),
        ("clip(x, 0, 1)", "x", {}, "(x > 0)*(x < 1)"),
        ("max(min(x, 1), -1)", "x", {}, "(x < 1)*(x > -1)"),
        ("trace(W)^2", "W", {"W": (3, 3)}, "2*trace(W)*diag(ones(3))"),
        ("s*sum(eye(3)*A)", "s", {"A": (3, 3)}, "trace(A)"),
        ("sum(A@eye(3)*A)", "A", {"A": (3, 3)}, "2*A"),
        ("logdet(A + s*eye(3))", "s", {"A": (3, 3)}, "trace(inv(A + s*eye(3)))"),
        (
            "sum(scatter(v, zeros(5)[0:3])^2*scatter(w, zeros(5)[1:4])*u)",
            "u",
            {"u": (5,), "v": (3,), "w": (3,)},
            "scatter(w*scatter(v, zeros(5)[0:3])[1:4]^2, zeros(5)[1:4])",
        ),
        ("w@concat(a*v, v)", "w", {"w": (4,), "v": (2,)}, "concat(a*v, v)"),
        ("w@[a*x, y]", "w", {"w": (2,)}, "[a*x, y]"),
    ],
)
def test_compound_functions_stay_what_they_are(
    text: str, wrt: str, shapes: dict[str, tuple[int, ...]], formula: str
) -> None:
    assert texts(shown(text, wrt, **shapes)) == [formula]


ARRAYS = [
    *("norm(x)*sum(x)", "std(x)", "var(x)*x[0]", "logsumexp(3*x)", "softmax(x)[0]*x[1]"),
    *("sum(log_softmax(x)*x)", "mean(x*softmax(x))", "norm(x)^3", "sum(x/norm(x))"),
    *("sum(softmax(x)^2)", "prod(x)*norm(x)", "std(x)/mean(x)", "max(x)*var(x)", "mean(exp(x))^2"),
    *("[x[0]^2, x[0]*x[1]]@[x[1], x[2]]", "concat(x[0]*x, x)@range(6)", "outer(x, x[1]*x)[2, 0]"),
    *("sum(where(x > 0, x^2, relu(x)))", "norm([x[0], 2, x[2]])", "logsumexp(x) - x[2]"),
]


@pytest.mark.parametrize("text", ARRAYS)
def test_derivatives_of_arrays_agree(text: str) -> None:
    x = [0.3, -1.2, 2.5]
    (formula,) = texts(shown(text, "x", x=(3,)))
    _, gradient = adcli.function(text).value_and_gradient({"x": x}, precision=40)
    value = adcli.function(formula).value({"x": x}, precision=40)
    assert all(abs(a - b) < 1e-30 for a, b in zip(value, gradient["x"], strict=True)), formula


def test_rows_state_textbook_rules_that_are_equal() -> None:
    rows = [row for row in PRIMITIVES.values() if row.kind == "elementwise" and row.shown]
    assert len(rows) > 20
    for row in rows:
        names = list(row.inputs)
        text = f"{row.name}({', '.join(names)})" if not row.symbol else f"{names[0]}^{names[1]}"
        for wrt, partial in zip(names, row.shown, strict=True):
            if partial is None:
                continue
            (formula,) = texts(shown(text, wrt))
            source = random.Random(row.name)
            f, g = adcli.function(text), adcli.function(formula)
            for _ in range(5):
                at = {
                    n: mpf(source.uniform(*ends)) for n, ends in zip(names, row.sample, strict=True)
                }
                _, gradient = f.value_and_gradient(at, wrt=[wrt], precision=50)
                value = g.value({n: at[n] for n in g.variables}, precision=50)
                assert abs(value - gradient[wrt]) <= 1e-40 * abs(value), (text, formula)


@pytest.mark.parametrize(
    "steps",
    [
        lambda k: f"y{k} = sin(y{k - 1})*x + {k}",
        lambda k: f"y{k} = y{k - 1} + x^{k}*z",
        lambda k: f"y{k} = exp(y{k - 1})",
    ],
    ids=["chain", "sum", "depth"],
)
def test_long_programs_take_linear_time(steps: Any) -> None:
    lines = ["y0 = x", "y1 = x*z", *(steps(k) for k in range(2, 1000)), "y999"]
    assert effort(lambda: shown("\n".join(lines), "x")) < 250


def test_no_derivative_recurses() -> None:
    deep = "".join(f"sqrt({k} + exp(-" for k in range(400)) + "x" + "))" * 400
    assert to_be_read(parse(deep).graph, parse(deep).outputs)
    graph = parse("x").graph
    program = parse("exp(" * 900 + "x" + ")" * 900)
    assert to_be_read(program.graph, program.outputs)[0] == program.outputs
    assert len(graph) == 1
