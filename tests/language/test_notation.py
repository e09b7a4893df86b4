"""Signs and words that people type: each means what its plain spelling means."""

from __future__ import annotations

import pytest

import adcli
from adcli.errors import LanguageError, UsageError
from tests.texts import marked_place

SAME = [
    # what is written, what it means
    ("|x|", "abs(x)"),
    ("|x - |y||", "abs(x - abs(y))"),
    ("||x| - |y||", "abs(abs(x) - abs(y))"),
    ("2|x|*|y|^2", "2*abs(x)*abs(y)^2"),
    ("|x|/|y| - |-x|", "abs(x)/abs(y) - abs(-x)"),
    ("|(2|x|)|", "abs(2*abs(x))"),
    ("sum(|[x, -y]|)", "sum(abs([x, -y]))"),
    ("|[x, -y]|[1]", "abs([x, -y])[1]"),
    ("|x\n+ y|", "abs(x + y)"),
    ("√x", "sqrt(x)"),
    ("2√x^2", "2*sqrt(x^2)"),
    ("√x² + ∛y", "sqrt(x^2) + cbrt(y)"),
    ("√√x", "sqrt(sqrt(x))"),
    ("y^√x", "y^sqrt(x)"),
    ("√(x + y)*3", "sqrt(x + y)*3"),
    ("√|x|", "sqrt(abs(x))"),
    ("x²", "x^2"),
    ("-x²", "-x^2"),
    ("2x²y¹⁰".replace("y", "*y"), "2x^2*y^10"),
    ("x⁻¹ + y⁺²", "x^-1 + y^2"),
    ("x₁²", "x1^2"),
    ("(x + y)³", "(x + y)^3"),
    ("2^x²", "2^x^2"),
    ("sin²(x) + cos²(x*y)", "sin(x)^2 + cos(x*y)^2"),
    ("log(x)²", "log(x)^2"),
    ("½x + ¼", "0.5x + 0.25"),
    ("⅓*x^⅔", "1/3*x^(2/3)"),
    ("x ÷ y ⋅ 2 ∗ x", "x/y*2*x"),
    ("x⁄y ∕ 2", "x/y/2"),
    ("exp(-∞) + x", "exp(-inf) + x"),
    ("x!", "gamma(x + 1)"),
    ("2x!^2", "2gamma(x + 1)^2"),
    ("-5!/(x + y)!", "-gamma(5 + 1)/gamma(x + y + 1)"),
    ("x != 2", "x != 2"),
    ("x! == 2", "gamma(x + 1) == 2"),
    ("0 < x < 2", "(0 < x)*(x < 2)"),
    ("0 < x <= y != 3 >= 1", "(0 < x)*(x <= y)*(y != 3)*(3 >= 1)"),
    ("x > 1 and y > 1", "(x > 1)*(y > 1)"),
    ("x > 1 or y > 1", "max(x > 1, y > 1)"),
    ("not x > 1", "(x > 1) == 0"),
    ("not not x", "(x == 0) == 0"),
    ("not(x > 1)", "(x > 1) == 0"),
    ("x and y", "(x != 0)*(y != 0)"),
    ("x > 1 or y > 1 and not x > y", "max(x > 1, (y > 1)*((x > y) == 0))"),
    ("if x > 1 then x^2 else -x", "where(x > 1, x^2, -x)"),
    ("if x > 3 then 1 else if x > 1 then x^3 else 2", "where(x > 3, 1, where(x > 1, x^3, 2))"),
    ("2(if x > 1 then x else y)", "2where(x > 1, x, y)"),
    ("if 0 < x < 1 or y > 2 then x else y", "where(max((0 < x)*(x < 1), y > 2), x, y)"),
    ("if (x > 1) then sqrt(x - 1) else 0", "where(x > 1, sqrt(x - 1), 0)"),
    ("t = if x > y then x else y; t²", "where(x > y, x, y)^2"),
    ("f(x, y) = x*y", "x*y"),
    ("g(u) = u^2; f(y, x) = g(y) - x", "y^2 - x"),
    ("c = 3; f(x) = c*x", "3*x"),
]

POINTS = [{"x": 0.25, "y": 2.5}, {"x": 1.75, "y": 0.5}, {"x": 3.5, "y": 3.0}]


@pytest.mark.parametrize(("written", "meant"), SAME, ids=[w for w, _ in SAME])
def test_notation_means_its_plain_spelling(written: str, meant: str) -> None:
    found, plain = adcli.function(written), adcli.function(meant.replace("x1", "x₁"))
    assert str(found) == str(plain)
    assert set(found.variables) == set(plain.variables)
    if found.is_scalar:
        for point in POINTS:
            at = {name: point.get(name, 1.5) for name in found.variables}
            assert found.value_and_gradient(at) == plain.value_and_gradient(at)


WORDS = [
    # Programs in which a word is a name.
    ("or + 1", ("or",)),
    ("and*if + not", ("and", "if", "not")),
    ("not - 1", ("not",)),
    ("then/else", ("then", "else")),
    ("not[0] + if^2", ("not", "if")),
    ("and and or", ("and", "or")),
    ("android + orb + notx + iffy + elsewhere", ("android", "orb", "notx", "iffy", "elsewhere")),
    ("or(u) = u + 1; or(x)", ("x",)),
    ("if(u) = u + 1; if(x)", ("x",)),
    ("f(if) = if + 1; f(x)", ("x",)),
    ("not = 3; not*x", ("x",)),
    ("`and` + `not`", ("and", "not")),
]


@pytest.mark.parametrize(("text", "variables"), WORDS, ids=[t for t, _ in WORDS])
def test_words_are_names_where_no_operator_can_stand(text: str, variables: tuple[str, ...]) -> None:
    assert adcli.function(text).variables == variables


def test_a_definition_at_the_end_is_the_function() -> None:
    found = adcli.function("f(y, x) = y^2")
    assert found.variables == ("y", "x")  # in the order of its parameters, used or not
    assert found.value_and_gradient({"x": 3.0, "y": 2.0}) == (4.0, {"y": 4.0, "x": 0.0})
    assert adcli.function("x = 3; f(x) = x^2").value({"x": 5.0}) == 25.0
    assert adcli.function("f(v) = sum(v²)").value_and_gradient({"v": [1.0, 2.0]})[0] == 5.0
    assert adcli.function("f(x) = x²; f(3)").variables == ()


def test_bars_keep_their_digits_when_differentiated_twice() -> None:
    at = {"x": 0.0, "y": 3.0}
    _, hessian = adcli.function("|x|^2*y").hessian(at)
    assert hessian == adcli.function("abs(x)^2*y").hessian(at)[1]
    assert hessian["x"]["x"] == 6.0


MISTAKES = [
    # The place of the mistake is between « and »; behind it a part of the hint.
    ("√2«x»", "√(2x)"),
    ("2«½»", "2 + ½"),
    ("x«!!»", "(n!)!"),
    ("sin«⁻¹»(x)", "asin(...)"),
    ("erf«⁻¹»(x)", "1/erf(...)"),
    ("(x)²«(»y)", "write * between"),
    ("x²«y»", "x²*y"),
    ("|x«»", "add '|'"),
    ("x«|»", "bars are the absolute value"),
    ("(|x«)»", "write '|'"),
    ("y «|»| z", "a > 0 or b > 0"),
    ("x > 0 || y > 0«»", "a > 0 or b > 0"),
    ("x «&»& y", "a > 0 and b > 0"),
    ("«!»x", "not a > 0"),
    ("«¬»x", "not a > 0"),
    ("x «?» 1 : 2", "if c then a else b"),
    ("if x > 1«»", "if c then a else b"),
    ("if x > 1 then 2«»", "if c then a else b"),
    ("if -x > 1 «then» 2 else 3", "if (a > 0) then"),
    ("x > 1 «then» 2", "if c then a else b"),
    ("«if»(x > 0, 1, 2)", "where(c, a, b)"),
    ("x or or «y»", "between two conditions"),
    ("∞ «=» 3", "equality is =="),
    ("x^«²»", "write a value after '^'"),
    ("x² «²»", ""),
    ("«sin»²x", "sin²(x)"),
    ("«sin»² 2x", "sin²(2x)"),
    ("«cos» 2x", "cos(2x)"),
    ("«sin»^2 x", "sin(x)^2"),
    ("x² «y»", "x²*y"),
    ("x«|»y|", "write * between"),
    ("|x|«|»y|", "write * between"),
    ("|x| «|»y|", "write * between"),
    ("x «|»| y", "a > 0 or b > 0"),
    ("x > 1 | y > 2«»", "a > 0 or b > 0"),
    ("if(x > 0) «then» 1 else 2", "if (a > 0) then"),
    ("IF «x» > 0 THEN 1 ELSE 2", "if c then a else b"),
    ("x > 0 AND «y» > 0", "a > 0 and b > 0"),
    ("x <«>» 1", "!="),
    ("x -«>» x^2", "f(x) = x^2"),
    ("√«-»x", "√(-x)"),
    ("∛«-»8", "∛(-x)"),
    ("x²«!»", "(x^2)!"),
    ("x*if «x» then 1 else 2", "2*(if c then a else b)"),
    ("1 + not «x»", "1 - (not c)"),
    ("x «–» y", "x - y"),
    ("x «•» y", "x*y"),
    ("«‖»v‖", "norm(v)"),
    ("«（»x）", "write '('"),
    ("x «＋» 1", "write '+'"),
    ("np«.»array([1])", "[1, 2, 3]"),
    ("math«.»factorial(3)", "n!"),
    ("np«.»maximum(x, 0)", "max(x, y)"),
    ("v«.»sum()", "sum(v)"),
    ("A«.»T @ x", "transpose(A)"),
    ("«xsin»(y)", "x*sin(...)"),
    ("«inverse»(x)", "inv(A)"),
    ("«choose»(5, 2)", "n!/(k!*(n - k)!)"),
    ("«log(x, 2, 3)»", "log(x, b)"),
    ("log(x, «base»=2)", "log(x, b)"),
]


@pytest.mark.parametrize(("marked", "hint"), MISTAKES, ids=[m for m, _ in MISTAKES])
def test_mistakes_in_notation_are_shown(marked: str, hint: str) -> None:
    text, place = marked_place(marked)
    with pytest.raises(LanguageError) as caught:
        adcli.function(text)
    assert place is not None
    assert caught.value.span == place
    assert hint in (caught.value.hint or "")


UNKNOWN = [
    # Programs of x (and r), and a part of the hint about a name that has no value.
    ("xⁿ", "x^n"),
    ("eˣ", "x^n"),
    ("xᵀ", "transpose(A)"),
    ("2πr²", "π*r"),
    ("not -x", "not (-x)"),
]


@pytest.mark.parametrize(("text", "hint"), UNKNOWN, ids=[t for t, _ in UNKNOWN])
def test_a_name_without_a_value_says_what_was_meant(text: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        adcli.function(text).value({"x": 1.0, "r": 2.0})
    assert hint in (caught.value.hint or "")
