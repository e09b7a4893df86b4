"""Derivatives as formulas: SymPy has the same ones, the text reads back, sharing tames the size."""

import random
from itertools import product

import mpmath
import pytest
import sympy

import adcli
from adcli.ad.formulas import derivative_formulas, size_of
from adcli.errors import LanguageError, UsageError
from adcli.language import parse
from adcli.language.text import to_text
from tests.effort import effort

# Every variable is drawn between 0.2 and 0.9.
_FORMULAS = """
x^5 - 3*x^3 + x
(x + 1)^3*(x - 1)^2
x/(1 + x)
(x^2 + 1)/(x^3 - 2)
1/x^3 + x^-2
(2*x + 3)^7
x^2*y^3 - 3*x*y
x*y*z/(x + y + z)
sqrt(x)
sqrt(1 + x^2*y)
x^(1/3) + x^(5/2)
x^y
y^x
x^x
2^x*x
e^(-x)
exp(-x^2/2)
exp(x*y)*sin(y*x)
exp(sin(x))
exp(exp(x))
log(x)
log(x)^2*x
x^3*log(x)
log(log(1 + x) + 1)
log(x*y + z)
log2(x) + log10(x)*x
log1p(x^2)
expm1(x)*x
exp2(x*y)
sin(x)
sin(x)*cos(x)
sin(x)^3
sin(x)/x
cos(x^2 + y)
tan(x)
tan(x)^2*x
sec(x) + csc(x)
cot(x)*x
asin(x)
acos(x*y)
atan(x/y)
atan2(x, y)
asin(x)*acos(x)
sinh(x)*cosh(x)
tanh(x)
tanh(x*y + z)
asinh(x)
acosh(1 + x)
atanh(x)
hypot(x, y)
hypot(x, 1)^3
cbrt(x)*y
sigmoid(x)
sigmoid(x*y - z)
softplus(2*x)
logit(x)
erf(x)
erfc(x/2)*x
gelu(x)
gamma(x + 1)
lgamma(x)*x
digamma(x)
abs(x - 1)*x
where(x > 0.1, log(x), x^2)
where(x > 5, log(x), x^2*y)
max(x, -y)*x^2
min(x, 3)^3
clip(x, 0, 1)*x
relu(x - 5) + relu(x)^2
sin(x)*exp(x)*log(x)
exp(x)/(1 + exp(x))
(sin(x) + cos(y))^4
x*y^2*z^3 + x^3*y^2*z
1/(1 + 1/(1 + 1/x))
x^2*sin(1/x)
"""
FIRST_AND_SECOND = _FORMULAS.strip().splitlines()

HIGHER = [
    ("x^5 - 3*x^3 + x", 4),
    ("sin(x)*exp(x)", 4),
    ("1/x", 5),
    ("log(x)", 5),
    ("sqrt(x)", 4),
    ("exp(-x^2/2)", 5),
    ("tanh(x)", 4),
    ("sin(x)/x", 3),
    ("atan(x)", 4),
    ("asin(x)", 3),
    ("x^2*log(x)", 4),
    ("sigmoid(x)", 4),
    ("erf(x)", 4),
    ("x^y", 3),
    ("tan(x)", 3),
    ("(1 + x^2)^3", 5),
    ("hypot(x, 1)", 3),
    ("lgamma(x)", 3),
    ("cosh(x)^2", 4),
    ("exp(sin(x))", 4),
    ("1/(1 + x^2)", 5),
    ("x^7*y^3", 5),
]

CASES = [
    *[(text, order) for text in FIRST_AND_SECOND for order in (1, 2)],
    *HIGHER,
]

IN_SYMPY = {
    **{name: sympy.Symbol(name, real=True) for name in "xyz"},
    "e": sympy.E,
    "log2": lambda x: sympy.log(x) / sympy.log(2),
    "log10": lambda x: sympy.log(x) / sympy.log(10),
    "log1p": lambda x: sympy.log(1 + x),
    "expm1": lambda x: sympy.exp(x) - 1,
    "exp2": lambda x: 2**x,
    "cbrt": lambda x: x ** sympy.Rational(1, 3),
    "hypot": lambda x, y: sympy.sqrt(x**2 + y**2),
    "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)),
    "softplus": lambda x: sympy.log(1 + sympy.exp(x)),
    "logit": lambda x: sympy.log(x / (1 - x)),
    "gelu": lambda x: x * sympy.erfc(-x / sympy.sqrt(2)) / 2,
    "lgamma": sympy.loggamma,
    "where": lambda c, a, b: sympy.Piecewise((a, c), (b, True)),
    "max": sympy.Max,
    "min": sympy.Min,
    "clip": lambda x, low, high: sympy.Min(sympy.Max(x, low), high),
    "relu": lambda x: sympy.Max(x, 0),
}


def formulas(text, wrt=None, order=1, shapes=None):
    program = parse(text)
    return derivative_formulas(program, wrt or list(program.inputs), order, shapes)


def assert_stable(text):
    program = parse(text)
    assert to_text(program.graph, program.outputs) == text


def test_there_are_enough_formulas():
    assert len(CASES) >= 150
    assert {order for _, order in CASES} == {1, 2, 3, 4, 5}


@pytest.mark.parametrize(("text", "order"), CASES)
def test_sympy_has_the_same(text, order):
    found = formulas(text, ["x"], order)
    shown = to_text(found.graph, found.nodes)
    assert_stable(shown)
    reference = sympy.sympify(text.replace("^", "**"), locals=IN_SYMPY)
    reference = sympy.diff(reference, IN_SYMPY["x"], order)
    rng = random.Random(f"{text}{order}")
    f = adcli.function(shown)
    for _ in range(2):
        point = {name: sympy.Rational(rng.randint(200, 900), 1000) for name in "xyz"}
        exact = reference.subs({IN_SYMPY[name]: value for name, value in point.items()}).evalf(30)
        digits = {name: f"0.{1000 * value}" for name, value in point.items()}
        got = f.value({name: digits[name] for name in f.variables}, precision=30)
        with mpmath.workdps(40):
            assert abs(got - mpmath.mpf(str(exact))) <= 1e-20 * (1 + abs(got)), shown


@pytest.mark.parametrize("text", ["x^2*y^3*sin(z)", "exp(x*y)/z", "x^y + y^z"])
def test_mixed_derivatives(text):
    found = formulas(text, order=2)
    (level,) = found.derivatives
    assert list(level) == [("x", "x"), ("x", "y"), ("x", "z"), ("y", "y"), ("y", "z"), ("z", "z")]
    reference = sympy.sympify(text.replace("^", "**"), locals=IN_SYMPY)
    point = {"x": 0.3, "y": 0.7, "z": 0.5}
    for by, node in level.items():
        f = adcli.function(to_text(found.graph, node))
        got = f.value({name: point[name] for name in f.variables})
        exact = sympy.diff(reference, *(IN_SYMPY[v] for v in by))
        exact = exact.subs({IN_SYMPY[name]: value for name, value in point.items()})
        assert got == pytest.approx(float(exact), rel=1e-12)


# ---- arrays ----


def _matrix(name, shape):
    rows, columns = (*shape, 1, 1)[:2]
    return sympy.Matrix(rows, columns, lambda i, j: sympy.Symbol(f"{name}_{i}_{j}", real=True))


def _total(matrix):
    return sum(matrix)


ARRAYS = [
    ("sum((A@x - b)^2)", "x", lambda A, x, b: ((A * x - b).T * (A * x - b))[0]),
    ("sum((A@x - b)^2)", "A", lambda A, x, b: ((A * x - b).T * (A * x - b))[0]),
    ("sum((A@x - b)^2)", "b", lambda A, x, b: ((A * x - b).T * (A * x - b))[0]),
    ("mean((A@x - b)^2)", "x", lambda A, x, b: ((A * x - b).T * (A * x - b))[0] / 3),
    ("x@M@x", "x", lambda x, M: (x.T * M * x)[0]),
    ("x@M@x", "M", lambda x, M: (x.T * M * x)[0]),
    ("x[0]*x[1]^2", "x", lambda x: x[0] * x[1] ** 2),
    ("sum(x^3)", "x", lambda x: _total(x.applyfunc(lambda t: t**3))),
    ("sum(exp(x)*[1, 2])", "x", lambda x: sympy.exp(x[0]) + 2 * sympy.exp(x[1])),
    ("norm(x)", "x", lambda x: sympy.sqrt(x[0] ** 2 + x[1] ** 2)),
    ("logsumexp(x)", "x", lambda x: sympy.log(sympy.exp(x[0]) + sympy.exp(x[1]))),
    ("prod(x)*s", "x", lambda x, s: x[0] * x[1] * s[0]),
    ("prod(x)*s", "s", lambda x, s: x[0] * x[1] * s[0]),
    ("var(x)", "x", lambda x: (x[0] - x[1]) ** 2 / 4),
    ("std(x)", "x", lambda x: sympy.sqrt((x[0] - x[1]) ** 2) / 2),
    ("trace(M@M)", "M", lambda M: (M * M).trace()),
    ("trace(A@transpose(A))", "A", lambda A: (A * A.T).trace()),
    ("sum(outer(x, x)*M)", "x", lambda x, M: (x.T * M * x)[0]),
    ("sum(softmax(x)*[1, 2])", "x", lambda x: 1 + 1 / (1 + sympy.exp(x[0] - x[1]))),
    ("sum(cumsum(x)^2)", "x", lambda x: x[0] ** 2 + (x[0] + x[1]) ** 2),
    ("sum((x - s)^2)", "s", lambda x, s: (x[0] - s[0]) ** 2 + (x[1] - s[0]) ** 2),
    ("sum(tanh(A@x)) + dot(b, b)", "x", lambda A, x, b: _total((A * x).applyfunc(sympy.tanh))),
    ("sum(where(x > 0.5, x^2, s))", "s", lambda x, s: sum(
        sympy.Piecewise((t**2, t > sympy.Rational(1, 2)), (s[0], True)) for t in x)),
    ("max(x)^2", "x", lambda x: sympy.Max(*x) ** 2),
    ("sum(concat(x, b)*reshape(A, 6)[1:])", "A", lambda x, b, A: sum(
        u * v for u, v in zip([*x, *b], list(A)[1:], strict=True))),
    ("sum(diag(M)*x)", "M", lambda M, x: M[0, 0] * x[0] + M[1, 1] * x[1]),
    ("einsum(\"ij,j->\", A, x)", "A", lambda A, x: _total(A * x)),
]  # fmt: skip
SHAPES = {"A": (3, 2), "x": (2,), "b": (3,), "M": (2, 2), "s": ()}


@pytest.mark.parametrize(
    ("text", "wrt", "reference"), ARRAYS, ids=lambda v: v if type(v) is str else ""
)
def test_sympy_has_the_same_arrays(text, wrt, reference):
    program = parse(text)
    names = list(program.inputs)
    shapes = {name: SHAPES[name] for name in names}
    found = formulas(text, [wrt], 1, shapes)
    shown = to_text(found.graph, found.nodes)
    assert_stable(shown)
    matrices = {name: _matrix(name, SHAPES[name]) for name in names}
    arguments = reference.__code__.co_varnames[: reference.__code__.co_argcount]
    exact = reference(*(matrices[name] for name in arguments))
    rng = random.Random(text + wrt)
    numbers = {s: rng.uniform(0.2, 0.9) for m in matrices.values() for s in m}
    f = adcli.function(shown)
    point = {name: _nested(matrices[name], SHAPES[name], numbers) for name in f.variables}
    got = mpmath.matrix(_rows(f.value(point), SHAPES[wrt]))
    for i, j in product(range(got.rows), range(got.cols)):
        wanted = sympy.diff(exact, matrices[wrt][i, j]).subs(numbers)
        assert float(got[i, j]) == pytest.approx(float(wanted), rel=1e-9, abs=1e-12), shown


def _nested(matrix, shape, numbers):
    rows = [[numbers[s] for s in matrix.row(i)] for i in range(matrix.rows)]
    if len(shape) == 2:
        return rows
    return [row[0] for row in rows] if shape else rows[0][0]


def _rows(value, shape):
    if not shape:
        return [[value]]
    return (
        [[float(v)] for v in value] if len(shape) == 1 else [[float(v) for v in r] for r in value]
    )


def test_least_squares_is_as_in_the_textbook():
    found = formulas("sum((A@x - b)^2)", ["x"], 1, {"A": (3, 2), "x": (2,), "b": (3,)})
    assert to_text(found.graph, found.nodes) == "2*(transpose(A) @ (A @ x - b))"


@pytest.mark.parametrize(
    ("text", "order", "shapes", "message"),
    [
        ("A@x", 1, {"A": (3, 2), "x": (2,)}, "an array of shape 3"),
        ("x@x", 2, {"x": (2,)}, "a gradient"),
        ("A@x", 1, {"A": (3, 2), "x": (3,)}, "do not fit for @"),
    ],
)
def test_what_has_no_formula(text, order, shapes, message):
    with pytest.raises(LanguageError, match=message) as caught:
        formulas(text, ["x"], order, shapes)
    assert caught.value.text == text


def test_too_many_formulas():
    with pytest.raises(UsageError, match="1,771 derivatives of order 3"):
        formulas("*".join(f"x{k}" for k in range(21)), order=3)


# ---- size ----


def test_trees_are_counted_exactly():
    steps = "; ".join(["a0 = x + 1", *(f"a{k} = a{k - 1}*a{k - 1}" for k in range(1, 101))])
    program = parse(f"{steps}; a100")
    size = size_of(program.graph, program.outputs)
    assert (size.tree, size.graph) == (2**101 - 1, 101)


@pytest.mark.parametrize("factor", ["x{k}", "sin({k}*x)"])
def test_a_product_of_factors_grows_linearly(factor):
    sizes = []
    for count in (20, 40):
        text = "*".join(factor.format(k=k) for k in range(1, count + 1))
        found = formulas(text)
        assert effort(lambda: to_text(found.graph, found.nodes, share=True)) < 50  # noqa: B023
        sizes.append(found.after.graph)
    assert sizes[0] < 9 * 20
    assert sizes[1] <= 2.2 * sizes[0]


def test_a_long_sum_is_fast():
    found = formulas(" + ".join(f"{k}*x^{k}" for k in range(1, 2001)))
    assert found.after.graph < 3 * 2000


def test_simplification_is_measured():
    found = formulas("x^3*log(x)", order=2)
    assert (found.after.tree, found.after.graph) == (5, 5)
    assert found.before.tree > 9
