"""Generated functions compile, run, and give adcli's numbers."""

import ctypes
import math
import random
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings

import adcli
from adcli.ad.symbolic import gradient_nodes
from adcli.errors import LanguageError
from adcli.export.source_code import Sketch, derivative_label, to_code
from adcli.export.targets import TARGETS, identifiers
from adcli.graph.primitives import ELEMENTWISE, PRIMITIVES, SELECT
from adcli.graph.simplify import simplify
from adcli.language.text import to_text
from tests.programs import array_programs, scalar_programs

PROGRAMS = [
    "x*y + sin(x)",
    "x^2*y^3 - 3*x*y^-2 + y^x",
    "exp(-x^2/2)*log(1 + y^2)/sqrt(x^2 + 1)",
    "where(x > 0, log(x)*sin(log(x)), x^2) + where(y < 0, sqrt(y), 1/y)",
    "max(x, y, 0.5)*min(x, 2) + relu(-x) + clip(y, -1, 1)",
    "(x > y) + (x <= y)*2 - (x == y) + (x != y)/(x < 2*y + 9)",
    "sigmoid(x)*softplus(y) + logit(sigmoid(x)) + gelu(x)",
    "erf(x) + erfc(y) + gamma(1 + x^2) + lgamma(2 + y^2) + digamma(3.5 + x)*digamma(x - 0.25)",
    "sinh(x) + cosh(y) + tanh(x*y) + asinh(x) + atan(y) + atan2(x, y) + hypot(x, y)",
    "exp2(x) + expm1(y) + log1p(x^2) + log2(1 + y^2) + log10(2 + x^2) + cbrt(x)",
    "floor(x) + ceil(y) + round(x) + mod(x, y) + sign(x) + abs(y) + mod(-x, 0.3)",
    "asin(x/9) + acos(y/9) + acosh(9 + x) + atanh(x/9) + sec(x) + csc(y) + cot(y)",
    "pi*e*tau*x + 1e-300*y + 12345678901234567890*x + 0.1*y",
    "`my col`*α + `for` + x̂*`double` - `x y`*`x_y`*`t1`*sin(t1) + sin(t1)^2*x",
    "0*x + 3",
    " + ".join(f"sin({k}*x)*y^{k % 4}" for k in range(1, 80)),
    "x/y*" * 40 + "x",
    "f(u) = u^2 + u/3; f(f(f(x*y)))",
]
VALUES = (-1.7, -0.6, 0.4, 1.3, 2.2)


def sketch_of(text, shapes=None):
    f = adcli.function(text)
    found = gradient_nodes(f.graph, f.order, f.outputs[0], list(f.inputs.values()), shapes or {})
    value, *nodes = simplify(f.graph, [f.outputs[0], *found], shapes)
    derivatives = {(name,): node for name, node in zip(f.inputs, nodes, strict=True)}
    return f, Sketch(f.graph, f.inputs, value, derivatives, shapes or {}, text)


def points_of(f, count=4):
    rng = random.Random(len(f.text))
    return [
        {name: rng.choice(VALUES) + rng.random() / 9 for name in f.inputs} for _ in range(count)
    ]


def run_python(code, name="f"):
    """The function that generated code defines; the code is ours, not a user's text."""
    space = {}
    exec(compile(code, "<generated>", "exec"), space)
    return space[name]


def compile_c(folder, sources):
    """A shared library of several generated files."""
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler")
    paths = []
    for k, source in enumerate(sources):
        paths.append(folder / f"f{k}.c")
        paths[-1].write_text(source, encoding="utf-8")
    library = folder / "all.so"
    strict = ["-Wall", "-Wextra", "-Werror", "-std=c99", "-pedantic", "-O1", "-fPIC", "-shared"]
    subprocess.run(["cc", *strict, *map(str, paths), "-lm", "-o", str(library)], check=True)
    return ctypes.CDLL(str(library))


def call_c(function, point, count):
    function.restype = ctypes.c_double
    gradient = (ctypes.c_double * max(1, count))()
    value = function(*map(ctypes.c_double, point.values()), gradient)
    return value, list(gradient)[:count]


def expected(f, point):
    """adcli's own numbers; None where it says that there are none."""
    try:
        value, gradient = f.value_and_gradient(point)
    except adcli.DomainError:
        return None
    return value, list(gradient.values())


def assert_same(got, exact, what):
    if exact is not None:
        value, gradient = got
        assert math.isclose(value, exact[0], rel_tol=1e-11, abs_tol=1e-12), what
        np.testing.assert_allclose(gradient, exact[1], rtol=1e-10, atol=1e-11, err_msg=what)


def test_c_compiles_and_agrees(tmp_path):
    made = [sketch_of(text) for text in PROGRAMS]
    sources = [to_code(s, "c", name=f"f{k}") for k, (_, s) in enumerate(made)]
    library = compile_c(tmp_path, sources)
    for k, (f, _) in enumerate(made):
        for point in points_of(f):
            got = call_c(getattr(library, f"f{k}"), point, len(f.inputs))
            assert_same(got, expected(f, point), f"{f.text} at {point}")


@pytest.mark.parametrize("target", ["python", "numpy"])
@pytest.mark.parametrize("text", PROGRAMS, ids=range(len(PROGRAMS)))
def test_python_and_numpy_agree(text, target):
    f, sketch = sketch_of(text)
    function = run_python(to_code(sketch, target))
    for point in points_of(f):
        exact = expected(f, point)
        if exact is not None:
            assert_same(function(*point.values()), exact, f"{text} at {point}")


def test_random_programs_agree(tmp_path):
    programs = []

    @settings(max_examples=60)
    @given(scalar_programs())
    def draw(program):
        programs.append(program)

    draw()
    sources, made = [], []
    for program in programs:
        f, sketch = sketch_of(program.text)
        sources.append(to_code(sketch, "c", name=f"f{len(sources)}"))
        made.append((f, sketch, program.point))
    library = compile_c(tmp_path, sources)
    for k, (f, sketch, point) in enumerate(made):
        point = {name: point[name] for name in f.inputs}
        exact = expected(f, point)
        assert_same(call_c(getattr(library, f"f{k}"), point, len(point)), exact, f.text)
        for target in ("python", "numpy"):
            assert_same(run_python(to_code(sketch, target))(*point.values()), exact, f.text)
    assert len(made) > 40


@settings(max_examples=60)
@given(array_programs())
def test_random_array_programs_agree_with_numpy(program):
    shapes = {name: np.shape(x) for name, x in program.point.items()}
    f, sketch = sketch_of(program.text, shapes)
    function = run_python(to_code(sketch, "numpy"))
    exact = f.value_and_gradient(program.point)
    value, gradient = function(*(program.point[name] for name in f.inputs))
    assert math.isclose(value, exact[0], rel_tol=1e-10, abs_tol=1e-12)
    for name, g in zip(f.inputs, gradient, strict=True):
        assert np.shape(g) == np.shape(exact[1][name])
        np.testing.assert_allclose(g, exact[1][name], rtol=1e-9, atol=1e-11)


def test_a_branch_not_taken_raises_nothing():
    f, sketch = sketch_of("where(x > 0, log(x)*sin(log(x)) + sqrt(x)^3/log(x), x)")
    function = run_python(to_code(sketch, "python"))
    assert function(-1.0) == (-1.0, (1.0,))
    assert_same(function(2.0), expected(f, {"x": 2.0}), "taken")


def test_the_gradient_is_read_as_written():
    _, sketch = sketch_of("x1*x2 + sin(x1)")
    assert to_code(sketch, "python") == (
        "import math\n\n\n"
        "def f(x1, x2):\n"
        '    """The value and (df/dx1, df/dx2)."""\n'
        "    return x1*x2 + math.sin(x1), (math.cos(x1) + x2, x1)\n"
    )
    assert to_code(sketch, "c") == (
        "#include <math.h>\n\n"
        "/* Returns the value; gradient[0] = df/dx1; gradient[1] = df/dx2. */\n"
        "double f(double x1, double x2, double *gradient)\n"
        "{\n"
        "    gradient[0] = cos(x1) + x2;\n"
        "    gradient[1] = x1;\n"
        "    return x1*x2 + sin(x1);\n"
        "}\n"
    )


def test_shared_parts_are_computed_once():
    _, sketch = sketch_of("exp(sin(x)*y)")
    for target in TARGETS:
        code = to_code(sketch, target)
        assert len(re.findall(r"\bexp\(", code)) == 1
        assert len(re.findall(r"\bsin\(", code)) == 1


@pytest.mark.parametrize(("depth", "target"), [(400, "c"), (5000, "python"), (5000, "numpy")])
def test_a_deep_program_compiles(depth, target, tmp_path):
    text = "sin(1 + " * depth + "x" + ")" * depth
    f, sketch = sketch_of(text)
    code = to_code(sketch, target)
    if target == "c":
        got = call_c(compile_c(tmp_path, [code]).f, {"x": 0.3}, 1)
    else:
        got = run_python(code)(0.3)
    assert_same(got, expected(f, {"x": 0.3}), target)


@pytest.mark.parametrize(
    ("text", "target", "what"),
    [
        ("sum(x)*2", "c", "'sum'"),
        ("x[0]*y", "python", "'index'"),
        ("y + norm(x)", "c", "'max'"),
    ],
)
def test_what_a_target_cannot_say_is_named(text, target, what):
    f = adcli.function(text)
    sketch = Sketch(f.graph, f.inputs, f.outputs[0], {}, {}, text)
    with pytest.raises(LanguageError) as caught:
        to_code(sketch, target)
    assert what in caught.value.message
    assert caught.value.span != (0, 0)


OF_ARRAYS = frozenset(
    [
        "besselj",
        "bessely",
        "besseli",
        "besselk",
        "erfcx",
        "ierfcx",
        "erfinv",
        "erfcinv",
        "norminv",
        "lognormcdf",
        "invmills",
        "voigt",
        "voigtre",
        "voigtim",
        "gammainc",
        "gammaincc",
        "gammapdf",
        "dgammapdf",
        "dgammainc",
        "betainc",
        "dbetapdf",
        "dbetainc",
        "betapdf",
    ]
)
"""Functions of SciPy, and those of ours that are written for arrays."""
UNSAID = {"python": OF_ARRAYS, "c": OF_ARRAYS | {"lbeta", "polygammadiff", "dsinc"}}


@pytest.mark.parametrize(
    "primitive",
    [
        p
        for p in PRIMITIVES.values()
        if p.kind in (ELEMENTWISE, SELECT) and (p.symbol or p.word.isidentifier())
    ],
    ids=lambda p: p.name,
)
@pytest.mark.parametrize("target", TARGETS)
def test_every_function_is_spelled(primitive, target, tmp_path):
    f = adcli.function("x")
    graph = f.graph
    names = list("abcde")[
        : max(2, len(primitive.inputs)) if primitive.variadic else len(primitive.inputs)
    ]
    variables = {name: graph.variable(name) for name in names}
    node = graph.node(primitive, tuple(variables.values()))
    point = [0.3 * low + 0.7 * high for low, high in primitive.sample]
    text = to_text(graph, node)
    sketch = Sketch(graph, variables, node, {}, {})
    if primitive.name in UNSAID.get(target, ()):
        with pytest.raises(LanguageError, match="has no spelling for"):
            to_code(sketch, target)
        return
    code = to_code(sketch, target)
    exact = adcli.function(text).value(dict(zip(names, point, strict=True)))
    if target == "c":
        got, _ = call_c(compile_c(tmp_path, [code]).f, dict(zip(names, point, strict=True)), 0)
    else:
        got, _ = run_python(code)(*point)
    assert math.isclose(got, exact, rel_tol=1e-13), text


def test_identifiers():
    names = ["x", "my col", "my_col", "for", "α", "Δt", "1st", "x′", "ß"]
    assert list(identifiers(names, ["for"]).values()) == [
        *("x", "my_col", "my_col_", "for_", "α", "Δt", "_1st", "x_", "ß")
    ]
    assert identifiers(["α", "Δt", "ß"], [], ascii_only=True) == {
        "α": "alpha",
        "Δt": "Deltat",
        "ß": "udf",
    }


def test_labels():
    assert derivative_label(["x"]) == "df/dx"
    assert derivative_label(["x", "y", "x"], "g") == "d3g/dx2 dy"


def test_names_of_variables_and_of_functions_do_not_clash(tmp_path):
    text = "`_digamma`*digamma(x) + `digamma`*`polynomial`*`_log`*log(x)*`np`*`math`*`maximum`"
    f, sketch = sketch_of(text)
    point = dict.fromkeys(f.inputs, 2.5)
    for target in TARGETS:
        code = to_code(sketch, target)
        if target == "c":
            got = call_c(compile_c(tmp_path, [code]).f, point, len(point))
        else:
            got = run_python(code)(*point.values())
        assert_same(got, expected(f, point), target)


def test_constants_that_are_not_finite(tmp_path):
    sketches = [sketch_of(text)[1] for text in ("x*inf", "x/(2 - 2)", "1/(2 - 2)*x")]
    library = compile_c(tmp_path, [to_code(s, "c", f"f{k}") for k, s in enumerate(sketches)])
    for k, sketch in enumerate(sketches):
        values = [run_python(to_code(sketch, target))(1.0)[0] for target in ("python", "numpy")]
        values.append(call_c(getattr(library, f"f{k}"), {"x": 1.0}, 1)[0])
        assert values == [math.inf] * 3, sketch.text


def test_names_cannot_break_out_of_the_code(tmp_path):
    text = '`*/ int x; /*` + `""" + open("f") + """`*`\\`'
    f, sketch = sketch_of(text)
    library = compile_c(tmp_path, [to_code(sketch, "c")])
    assert call_c(library.f, dict.fromkeys(f.inputs, 2.0), 3) == (6.0, [1.0, 2.0, 2.0])
    assert run_python(to_code(sketch, "python"))(2.0, 2.0, 2.0) == (6.0, (1.0, 2.0, 2.0))


def test_generated_python_runs_alone(tmp_path):
    _, sketch = sketch_of("sigmoid(x)*digamma(y) + where(x > 0, log(x)^2 + log(x), x)")
    script = tmp_path / "f.py"
    script.write_text(to_code(sketch, "python") + "\nprint(f(0.5, 2.5))\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", str(script)], check=True, capture_output=True
    )
    assert done.stdout.startswith(b"(")
