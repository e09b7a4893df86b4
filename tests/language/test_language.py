"""What programs mean: every rule of the language, and the place of every mistake."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from mpmath import mp

import adcli
from adcli.errors import LanguageError
from adcli.graph.primitives import CONSTANT
from adcli.language import parse
from tests.texts import marked_place

POINT = {"x": 3.0, "y": 5.0, "z": -2.0}


def value(text: str, point: dict[str, Any] | None = None) -> Any:
    """The value at a point; of the variables of POINT, those that the program has."""
    f = adcli.function(text)
    return f.value({name: POINT[name] for name in f.variables} if point is None else point)


MEANINGS: tuple[tuple[str, float], ...] = (
    # precedence and associativity
    ("-x^2", -9.0),
    ("(-x)^2", 9.0),
    ("2^-x", 0.125),
    ("2^-x^2", 2.0**-9),
    ("-2^2", -4.0),
    ("2x^2", 18.0),
    ("-2x^2", -18.0),
    ("1/2x", 1 / 6),
    ("1/2*x", 1.5),
    ("x/2y", 3 / 10),
    ("2^2x", 64.0),  # 2^(2x), as in Julia
    ("x^2y", 3.0**10),
    ("x^-z^2", 3.0**-4),
    ("2^3^2", 512.0),
    ("2**3**2", 512.0),
    ("x - y - z", 0.0),
    ("x/y/z", -0.3),
    ("x - (y - z)", -4.0),
    ("x - -z", 1.0),
    ("x--z", 1.0),
    ("x-+-z", 1.0),
    ("+x", 3.0),
    ("-+-x", 3.0),
    ("+-+x", -3.0),
    ("x*-z", 6.0),
    ("x + y*z^2", 23.0),
    ("-x*y", -15.0),
    ("2(x + 1)", 8.0),
    ("2(x + 1)^2", 32.0),
    ("2 sin(x)", 2 * math.sin(3.0)),
    ("2 sin(x)^2", 2 * math.sin(3.0) ** 2),
    ("2 x", 6.0),
    (".5x", 1.5),
    ("1e-3 x", 0.003),
    ("2x*3y", 90.0),
    ("(x)*(1)", 3.0),
    ("3x - 2y", -1.0),
    ("2pi", 2 * math.pi),
    ("2e", 2 * math.e),
    ("2e1", 20.0),
    ("2e + 1", 2 * math.e + 1),
    # comparisons
    ("x < y", 1.0),
    ("x > y", 0.0),
    ("x <= 3", 1.0),
    ("x >= 4", 0.0),
    ("x == 3", 1.0),
    ("x != 3", 0.0),
    ("x ≤ 3", 1.0),
    ("x ≥ 4", 0.0),
    ("x ≠ 3", 0.0),
    ("x + 1 < y - 0.5", 1.0),
    ("(x < y)*(y < 6)", 1.0),
    ("-x < y", 1.0),
    # numbers and constants
    ("1_000", 1000.0),
    (".5", 0.5),
    ("5.", 5.0),
    ("1e-3", 0.001),
    ("1E+3", 1000.0),
    ("1_0.2_5", 10.25),
    ("pi", math.pi),
    ("π", math.pi),
    ("tau", math.tau),
    ("e", math.e),
    ("1/inf", 0.0),
    ("e^2", math.e**2),
    # signs of Unicode
    ("x − y", -2.0),
    ("−x", -3.0),
    ("x·y", 15.0),
    ("x×y", 15.0),
    # statements
    ("a = x*y\na + 1", 16.0),
    ("a = x; b = a^2; a + b", 12.0),
    ("a = x;\n\n; b = a\n a + b\n", 6.0),
    ("# a comment\nx # another\n# a third", 3.0),
    ("x +\ny", 8.0),
    ("(x\n+ y)", 8.0),
    ("sum([x,\n  y,\n\n  z])", 6.0),
    ("max(x,   # the first\n    y)", 5.0),
    ("a = # the value\n x\na", 3.0),
    ("\n\n x \n\n", 3.0),
    ("a = 1; a = a + 1; a = a*3; a", 6.0),
    ("r\t=\tx\n r", 3.0),
    # user functions
    ("f(u) = u^2; f(x) + f(2)", 13.0),
    ("r(u, v) = sqrt(u^2 + v^2)\nr(x, 4)", 5.0),
    ("f(u) = u + y; f(x)", 8.0),
    ("f(u) = u*2; g(u) = f(u + 1); g(x)", 8.0),
    ("f(x) = x^2; f(y) + x", 28.0),
    ("f(u) = u + 1; g(f_) = f(f_); g(x)", 4.0),
    ("c() = 7; c() + x", 10.0),
    ("a = 2; f(u) = a*u; a = 5; f(x) + a", 11.0),
    ("f(u, v) = u - v; f(y, x) - f(x, y)", 4.0),
    ("g(u) = where(u > 0, u, 0); g(x) + g(z)", 3.0),
    # calls, aliases, options
    ("ln(e)", 1.0),
    ("arctan2(0, 1)", 0.0),
    ("mod(-x, 2)", 1.0),
    ("mod(x, -2)", -1.0),
    ("max(x, y, z)", 5.0),
    ("min([x, y, z])", -2.0),
    ("clip(x, 0, 1)", 1.0),
    ("sum([[1, 2], [3, 4]], axis=0)[1]", 6.0),
    ("sum([[1, 2], [3, 4]], 1)[1]", 7.0),
    ("sum([[1, 2], [3, 4]], axis=-1)[0]", 3.0),
    ("sum(axis=0, [1, 2])", 3.0),
    ("sum([1, 2], axis=1 - 1)", 3.0),
    ('einsum("ij,j->i", [[1, 2], [3, 4]], [x, y])[1]', 29.0),
    ("einsum('i,i', [1, 2], [x, y])", 13.0),
    ("range(5)[4] + range(2, 5)[0] + range(5, 0, -2)[1]", 9.0),
    ("sum(zeros(2, 3)) + sum(ones(2, 3)) + sum(ones([2]))", 8.0),
    ("reshape(range(6), [2, -1])[1, 2]", 5.0),
    ("reshape(range(6), 2, 3)[1][0]", 3.0),
    # indices
    ("[1, 2, 3][-1]", 3.0),
    ("[1, 2, 3][0] + [1, 2, 3][2]", 4.0),
    ("sum([1, 2, 3, 4][1:])", 9.0),
    ("sum([1, 2, 3, 4][:-1])", 6.0),
    ("[1, 2, 3, 4][::-1][0]", 4.0),
    ("[1, 2, 3, 4][3:0:-2][1]", 2.0),
    ("[[1, 2], [3, 4]][1, 0]", 3.0),
    ("sum([[1, 2], [3, 4]][:, 0])", 4.0),
    ("sum([[1, 2], [3, 4]][1])", 7.0),
    ("[1, 2, 3][2 - 1]", 2.0),
    ("2([1, 2])[1]", 4.0),
    ("[x, y]^2 @ [1, 1]", 34.0),
    ("[1, 2] @ [3, 4]*2", 22.0),
    ("-[1, 2][1]", -2.0),
    ("[1, 2][1]^2", 4.0),
)


@pytest.mark.parametrize(("text", "expected"), MEANINGS)
def test_meaning(text: str, expected: float) -> None:
    assert value(text) == pytest.approx(expected, rel=1e-15, abs=0.0)


def test_names() -> None:
    assert adcli.function("x₁ + x1 + α_2 + `my col` + `x1`").variables == ("x1", "α_2", "my col")
    assert adcli.function("b = y; b + x").variables == ("y", "x")
    f = adcli.function("`pi` + pi + `sin`*sin(`a + b`)")
    assert f.variables == ("pi", "sin", "a + b")
    assert f.value({"pi": 1.0, "sin": 2.0, "a + b": 0.0}) == 1.0 + math.pi
    assert adcli.function("`x` = 2; x + y").value({"y": 1.0}) == 3.0


def test_variables_that_the_result_does_not_need_are_none() -> None:
    assert adcli.function("a = y\nx").variables == ("x",)


def test_several_results() -> None:
    f = adcli.function("a = x*y\na, x + y, 3")
    assert f.value({"x": 2.0, "y": 5.0}) == [10.0, 7.0, 3.0]
    _, jacobian = f.jacobian({"x": 2.0, "y": 5.0})
    assert jacobian == {"x": [5.0, 1.0, 0.0], "y": [2.0, 1.0, 0.0]}


def test_numbers_keep_all_their_digits() -> None:
    def exactly(text: str, precision: int = 50) -> Any:
        return adcli.function(text).value({}, precision=precision)

    with mp.workdps(60):
        near = mp.mpf(10) ** -48
        assert abs(exactly("0.1") - mp.mpf(1) / 10) < near
        assert abs(exactly("0.1 + 0.2 - 0.3")) < near
        assert abs(exactly("1_000.000_1e-3") - mp.mpf("1.0000001")) < near
        digits = "3.14159265358979323846264338327950288419716939937510"
        assert abs(exactly(digits) - mp.mpf(digits)) < near
        assert abs(exactly("123456789012345678901234567890") - 123456789012345678901234567890) == 0
        assert abs(exactly("pi") - mp.pi) < near
        assert abs(exactly("log(10)/e") - mp.log(10) / mp.e) < near
    assert value("0.1234567890123456789012") == 0.1234567890123456789012


def test_points_keep_their_decimal_digits() -> None:
    f = adcli.function("x - 1/10")
    assert abs(f.value({"x": 0.1}, precision=40)) < 1e-40
    assert abs(f.value({"x": "0.1"}, precision=40)) < 1e-40


def test_equal_expressions_are_one_node() -> None:
    def size(text: str) -> int:
        program = parse(text)
        return len(program.graph.reach(program.outputs))

    assert size("sin(x + y)*sin(x+y)") == 5
    assert size("f(u) = sin(u + y)\nf(x)*sin(x + y)") == 5
    assert size("a = exp(x); b = exp(x); a/b") == 3
    assert size("sum(v, axis=0) + sum(v)") == 4
    assert size("[x, y][0] + [x, y][0] + [x, y][1]") == 7


@pytest.mark.parametrize(
    ("text", "point", "expected"),
    [
        ("full(1/1000, 3)", {}, [0.001] * 3),
        ("full(pi, 2)", {}, [math.pi] * 2),
        ("full(-2, 1, 2)", {}, [[-2.0, -2.0]]),
        ("full(2.5)", {}, 2.5),
        ("full(x^2, 2)", {"x": 3.0}, [9.0, 9.0]),
        ("full(sqrt(2)/2, 2, 1)", {}, [[math.sqrt(2) / 2]] * 2),
    ],
)
def test_an_array_of_any_number(text: str, point: dict[str, float], expected: Any) -> None:
    f = adcli.function(text)
    assert np.array_equal(f.value(point), expected)
    assert np.array_equal(adcli.function(str(f)).value(point), expected)


def test_an_array_of_one_number_keeps_its_digits_and_derivative() -> None:
    many = adcli.function("sum(full(0.12345678901234567890123, 2))").value({}, precision=25)
    assert mp.nstr(many, 22) == "0.2469135780246913578025"
    f = adcli.function("sum(full(x, 3)^2)")
    assert f.value_and_gradient({"x": 2.0}) == (12.0, {"x": 12.0})


def test_the_two_zeros_are_two_nodes() -> None:
    program = parse("atan2(0, x) + atan2(-0.0, x) + 1/0.0")
    graph = program.graph
    constants = [graph.attrs[i] for i in range(len(graph)) if graph.ops[i] is CONSTANT]
    signs = [math.copysign(1.0, c) for c in constants if c == 0.0]
    assert len(signs) == len(set(signs))
    assert value("atan2(-0.0, -1)") == -math.pi
    assert value("atan2(0.0, -1)") == math.pi
    assert graph.constant(-0.0) != graph.constant(0.0)
    assert math.copysign(1.0, graph.attrs[graph.constant(-0.0)]) == -1.0


PLACES: tuple[str, ...] = (
    # The place of the mistake is between « and »; nothing between them is the end of the text.
    "x + «)»",
    "(x + 1«»",
    "[1, 2«»",
    "x +«» ",
    "x «y»",
    "x «2»",
    "«x» (y)",
    "sin(x) «cos»(y)",
    "x + «*» y",
    "2 «=» x",
    "x «then» 2",
    "«sine»(x)",
    "«x»(2)",
    "«pi» = 3",
    "«e» = 3",
    "«sin» = 3",
    "1 + «sin»",
    "f(u) = u; «f(x, y)»",
    "f(u) = u; 1 + «f()»",
    "f(u, «u») = u; f(x)",
    "f(«pi») = 2; f(x)",
    "1 + «sin(x, y)»",
    "«atan2(x)»",
    "«where(x > 0, 1)»",
    "sum(x, «axes»=0)",
    "sum(x, «axis»=0.5)",
    "1 + «einsum(x)»",
    "x«[1.5]»",
    "x«[1:y]»",
    "x«[::0]»",
    "sin(«'i'»)",
    "«x»; y",
    "x «$» y",
    "1 + «{»x}",
    "1 + «1e999»",
)


@pytest.mark.parametrize("marked", PLACES)
def test_a_mistake_is_shown_where_it_is(marked: str) -> None:
    text, place = marked_place(marked)
    with pytest.raises(LanguageError) as caught:
        parse(text)
    assert caught.value.text == text
    assert caught.value.span is not None
    assert caught.value.span == place, caught.value.message


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("sine(x)", "did you mean 'sin'?"),
        ("sigmod(x)", "did you mean 'sigmoid'?"),
        ("logsumexpp(x)", "did you mean 'logsumexp'?"),
        ("half(u) = u/2; hlaf(x)", "did you mean 'half'?"),
    ],
)
def test_an_unknown_function_gets_a_suggestion(text: str, hint: str) -> None:
    with pytest.raises(LanguageError) as caught:
        parse(text)
    assert caught.value.hint == hint


SHAPES: tuple[tuple[str, dict[str, Any], str], ...] = (
    # program, point, the text under the caret
    ("1 + sum(v + w)", {"v": [1.0, 2.0], "w": [1.0, 2.0, 3.0]}, "+"),
    ("sum(W @ v)", {"W": [[1.0, 2.0]], "v": [1.0]}, "@"),
    ("v[5]", {"v": [1.0, 2.0]}, "[5]"),
    ("v[0, 0]", {"v": [1.0, 2.0]}, "[0, 0]"),
    ("v[0]", {"v": 1.0}, "[0]"),
    ("sum(sum(v, axis=1))", {"v": [1.0]}, "sum(v, axis=1)"),
    ("sum(reshape(v, 2, 2))", {"v": [1.0, 2.0, 3.0]}, "reshape(v, 2, 2)"),
    ("sum(einsum('ij,j', W, v))", {"W": [[1.0, 2.0]], "v": [1.0]}, "j"),
    ("trace(W)", {"W": [[1.0, 2.0]]}, "trace(W)"),
    ("sum([v, w])", {"v": [1.0], "w": [1.0, 2.0]}, "[v, w]"),
    ("sum(concat(v, W))", {"v": [1.0], "W": [[1.0]]}, "concat(v, W)"),
    ("sum(tril(v))", {"v": [1.0]}, "tril(v)"),
    ("max(v[1:])", {"v": [1.0]}, "max(v[1:])"),
)


@pytest.mark.parametrize(("text", "point", "place"), SHAPES)
def test_clashing_shapes_are_shown_where_they_meet(
    text: str, point: dict[str, Any], place: str
) -> None:
    f = adcli.function(text)
    for compute in (f.value, f.value_and_gradient, f.jacobian, f.hessian):
        with pytest.raises(LanguageError) as caught:
            compute(point)
        assert caught.value.span is not None
        assert text[slice(*caught.value.span)] == place


# ---- deep and wide ----


def nested(left: str, right: str, count: int) -> str:
    return left * count + "x" + right * count


DEEP: dict[str, tuple[str, float, float, float]] = {
    # program, x, value, derivative
    "parentheses": (nested("(", ")", 100_000), 2.0, 2.0, 1.0),
    "minus": (nested("-", "", 100_001), 2.0, -2.0, -1.0),
    "powers": ("^".join(["x"] * 20_000), 1.0, 1.0, 1.0),
    "calls": (nested("relu(", ")", 100_000), 2.0, 2.0, 1.0),
    "bindings": (
        "a0 = x\n" + "\n".join(f"a{i + 1} = a{i} + {i}*y" for i in range(100_000)) + "\na100000",
        2.0,
        2.0,
        1.0,
    ),
    "left to right": ("x" + "+1" * 100_000, 2.0, 100_002.0, 1.0),
    "right to left": (nested("1+(", ")", 100_000), 2.0, 100_002.0, 1.0),
    "doubling": (
        "a0 = x\n" + "".join(f"a{i + 1} = a{i} + a{i}\n" for i in range(900)) + "a900",
        1.0,
        2.0**900,
        2.0**900,
    ),
}


@pytest.mark.parametrize("name", DEEP)
def test_deep_programs(name: str) -> None:
    text, x, expected, slope = DEEP[name]
    f = adcli.function(text)
    point = {"x": x} | dict.fromkeys(set(f.variables) - {"x"}, 0.0)
    for mode in ("reverse", "forward"):
        assert f.value_and_gradient(point, mode=mode, wrt=["x"]) == (expected, {"x": slope})


def test_deep_symbolic_derivatives() -> None:
    f = adcli.function(nested("sin(", ")", 20_000))
    symbolic = f.value_and_gradient({"x": 2.0}, mode="symbolic")
    assert symbolic == f.value_and_gradient({"x": 2.0})


@pytest.mark.parametrize("bracket", ["(", "[", "sin("])
def test_deep_mistakes(bracket: str) -> None:
    with pytest.raises(LanguageError) as caught:
        parse(bracket * 100_000 + "x")
    assert caught.value.span is not None


@pytest.mark.slow
def test_a_sum_of_a_million_terms() -> None:
    f = adcli.function("+".join(f"x*{i}" for i in range(1_000_000)))
    total = 999_999 * 1_000_000 / 2
    assert f.value_and_gradient({"x": 2.0}) == (2 * total, {"x": total})


def test_functions_that_multiply_meet_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adcli.language.builder.MAX_EXPANSION", 20_000)
    calls = "".join(f"f{i + 1}(x) = f{i}(f{i}(x) + 1)*f{i}(x + 2)\n" for i in range(40))
    text = "f0(x) = x + sin(x)\n" + calls + "f40(y)"
    with pytest.raises(LanguageError, match="20,000 operations") as caught:
        parse(text)
    assert caught.value.span is not None
    assert text[slice(*caught.value.span)].startswith("f")


def test_many_axes_and_giant_arrays_are_refused() -> None:
    for text in ("[" * 1000 + "1" + "]" * 1000, "sum(ones(100000, 100000, 100))"):
        with pytest.raises(LanguageError):
            adcli.function(text).value({})


def test_vectors_of_many_elements() -> None:
    f = adcli.function("sum([" + ", ".join(f"x*{i}" for i in range(20_000)) + "])")
    assert f.value_and_gradient({"x": 1.0}) == (199_990_000.0, {"x": 199_990_000.0})
    assert np.shape(adcli.function("reshape(range(6), 2, 3)").value({})) == (2, 3)


def test_functions_that_call_functions_share_their_bodies():
    lines = ["f0(x) = x + 1", *[f"f{i}(x) = f{i - 1}(x) + 2*f{i - 1}(x)" for i in range(1, 1000)]]
    program = parse("\n".join([*lines, "f999(x)"]))
    assert len(program.graph) < 10_000


def test_a_name_that_only_begins_as_codes_do_has_a_derivative():
    f = adcli.function("`codes(x`^2")
    assert f.value_and_gradient({"codes(x": 3.0}) == (9.0, {"codes(x": 6.0})
