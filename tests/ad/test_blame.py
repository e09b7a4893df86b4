"""What is not finite is blamed on one operation, with its place and the argument's value."""

from __future__ import annotations

import math
from typing import Any

import pytest

import adcli
from adcli.errors import DomainError
from tests.ways import engines, failure, ways

inf, nan = math.inf, math.nan

VALUES: tuple[tuple[str, dict[str, Any], str, str], ...] = (
    # program, point, message, text under the caret
    ("1 + log(x)", {"x": -1.0}, "log(-1) is nan", "log(x)"),
    ("y/(x - 2)", {"x": 2.0, "y": 1.0}, "1 / 0 is inf", "/"),
    ("y/(x - 2)", {"x": 2.0, "y": -1.0}, "(-1) / 0 is -inf", "/"),
    ("x^0.5", {"x": -8.0}, "(-8) ^ 0.5 is nan", "^"),
    ("x^y", {"x": 0.0, "y": -1.0}, "0 ^ (-1) is inf", "^"),
    ("a = sqrt(x)\nb = log(a)\nexp(b)*y", {"x": -2.0, "y": 1.0}, "sqrt(-2) is nan", "sqrt(x)"),
    ("log(x - 1)*0 + sqrt(x)", {"x": 0.5}, "log(-0.5) is nan", "log(x - 1)"),
    ("asin(x)", {"x": 2.0}, "asin(2) is nan", "asin(x)"),
    ("gamma(x)", {"x": -1.0}, "gamma(-1) is nan", "gamma(x)"),
    ("max(log(x), 0)", {"x": -1.0}, "log(-1) is nan", "log(x)"),
    ("where(x < 0, sqrt(x), log(x))", {"x": -4.0}, "sqrt(-4) is nan", "sqrt(x)"),
    ("x + y", {"x": inf, "y": 1.0}, "the input 'x' is inf", "x"),
    ("x + y", {"x": 1.0, "y": nan}, "the input 'y' is nan", "y"),
    ("x*inf", {"x": 1.0}, "the value is inf", "inf"),
    ("atan(1/x) + log(y)", {"x": 0.0, "y": -1.0}, "log(-1) is nan", "log(y)"),
    ("f(u) = 1/u\nf(x) + f(y)", {"x": 1.0, "y": 0.0}, "1 / 0 is inf", "/"),
    ("sum(1/v)", {"v": [1.0, 0.0]}, "1 / 0 is inf", "/"),
    ("sum(log(v))", {"v": [1.0, 2.0, 3.0, 4.0, -5.0]}, "log(-5) is nan", "log(v)"),
    ("sum(v + W)", {"v": [1.0, 2.0], "W": [[1.0, inf]]}, "the input 'W' is inf", "W"),
    ("log(v)[1] + log(v)[0]", {"v": [1.0, -2.0, -3.0]}, "log(-2) is nan", "log(v)"),
    ("sum(where(v > 0, 1/(v - 2), sqrt(v)))", {"v": [0.0, 2.0]}, "1 / 0 is inf", "/"),
    ("sum(where(v > 0, log(v), 1/v))", {"v": [1.0, 0.0]}, "1 / 0 is inf", "/"),
    (
        "sum(log(reshape(W, 4))[2:])",
        {"W": [[-1.0, 1.0], [-3.0, 2.0]]},
        "log(-3) is nan",
        "log(reshape(W, 4))",
    ),
)

OVERFLOWS: tuple[tuple[str, dict[str, Any], str, str], ...] = (
    # only float64 overflows
    ("2*exp(x)", {"x": 1000.0}, "exp(1000) is inf", "exp(x)"),
    ("exp(-x)*x", {"x": -1000.0}, "exp(1000) is inf", "exp(-x)"),
    ("x*x", {"x": 1e200}, "1e+200 * 1e+200 is inf", "*"),
    ("sum(exp(v))", {"v": [1.0, 710.0]}, "exp(710) is inf", "exp(v)"),
)


@pytest.mark.parametrize(("text", "point", "message", "place"), VALUES)
def test_value(text: str, point: dict[str, Any], message: str, place: str) -> None:
    f = adcli.function(text)
    for way in ways(f, point):
        with pytest.raises(DomainError) as caught:
            f.value_and_gradient(point, **way)
        assert failure(caught.value) == (message, place), way


@pytest.mark.parametrize(("text", "point", "message", "place"), OVERFLOWS)
def test_overflow(text: str, point: dict[str, Any], message: str, place: str) -> None:
    f = adcli.function(text)
    for engine in engines(f, point):
        if "precision" in engine:
            assert abs(f.value(point, **engine)) > 1e300
            continue
        with pytest.raises(DomainError) as caught:
            f.value(point, **engine)
        assert failure(caught.value) == (message, place)
        assert caught.value.hint is not None
        assert "float64" in caught.value.hint


SLOPES: tuple[tuple[str, dict[str, Any], str, str], ...] = (
    # program, point, the operation, text under the caret
    ("3*sqrt(x) + x", {"x": 0.0}, "sqrt(0)", "sqrt(x)"),
    ("sqrt(x^2 + y^2)", {"x": 0.0, "y": 0.0}, "sqrt(0)", "sqrt(x^2 + y^2)"),
    ("x^0.5", {"x": 0.0}, "0 ^ 0.5", "^"),
    ("x^y", {"x": -2.0, "y": 2.0}, "(-2) ^ 2", "^"),
    ("0^x", {"x": 0.0}, "0 ^ 0", "^"),
    ("cbrt(x)", {"x": 0.0}, "cbrt(0)", "cbrt(x)"),
    ("asin(x)", {"x": 1.0}, "asin(1)", "asin(x)"),
    ("acosh(x)", {"x": 1.0}, "acosh(1)", "acosh(x)"),
    ("atan2(y, x)", {"x": 0.0, "y": 0.0}, "atan2(0, 0)", "atan2(y, x)"),
    ("sum(sqrt(v))", {"v": [1.0, 4.0, 9.0, 1.0, 0.0]}, "sqrt(0)", "sqrt(v)"),
    # elements that nothing takes, before the one that fails
    ("sqrt(v)[1]", {"v": [-1.0, 0.0]}, "sqrt(0)", "sqrt(v)"),
    ("concat([x], cbrt(v))[2]", {"v": [0.5, 0.0], "x": 1.0}, "cbrt(0)", "cbrt(v)"),
    ("reshape(v^0.5, 2, 1)[0, 0]", {"v": [0.0, -1.0]}, "0 ^ 0.5", "^"),
    ("sum(where(v >= 0, sqrt(v), v))", {"v": [-1.0, 0.0]}, "sqrt(0)", "sqrt(v)"),
    ("asin(v)[1]*x", {"v": [2.0, -1.0], "x": 3.0}, "asin(-1)", "asin(v)"),
)
CURVES: tuple[tuple[str, dict[str, Any], str, str], ...] = (
    # whose second derivative alone is not finite
    ("(v^1.5)[1]", {"v": [-1.0, 0.0]}, "0 ^ 0.5", "^"),
    ("sum(where(v >= 0, v^1.5, v))", {"v": [-1.0, 0.0]}, "0 ^ 0.5", "^"),
    ("(logit(v/8)^x)[0]", {"v": [4.0, -1.0], "x": 1.7}, "0 ^ 0.7", "^"),
)


@pytest.mark.parametrize(("text", "point", "operation", "place"), CURVES)
def test_second_derivative(text: str, point: dict[str, Any], operation: str, place: str) -> None:
    f = adcli.function(text)
    expected = (f"the derivative of {operation} is not finite", place)
    for way in ways(f, point):
        f.value_and_gradient(point, **way)
        with pytest.raises(DomainError) as caught:
            f.hessian(point, **way)
        assert failure(caught.value) == expected, way


@pytest.mark.parametrize(("text", "point", "operation", "place"), SLOPES)
def test_derivative(text: str, point: dict[str, Any], operation: str, place: str) -> None:
    f = adcli.function(text)
    expected = (f"the derivative of {operation} is not finite", place)
    for way in ways(f, point):
        assert f.value(point, **{k: v for k, v in way.items() if k != "mode"}) is not None
        for compute in (f.value_and_gradient, f.jacobian, f.hessian):
            with pytest.raises(DomainError) as caught:
                compute(point, **way)
            assert failure(caught.value) == expected, (way, compute)
    ones = {name: _ones(x) for name, x in point.items()}
    for engine in engines(f, point):
        with pytest.raises(DomainError) as caught:
            f.directional(point, ones, **engine)
        assert failure(caught.value) == expected, engine


def _ones(x: Any) -> Any:
    return [_ones(y) for y in x] if isinstance(x, list) else 1.0


def test_only_the_variables_asked_for_can_fail() -> None:
    f = adcli.function("x^y + sqrt(z)")
    point = {"x": -2.0, "y": 2.0, "z": 0.0}
    assert f.value_and_gradient(point, wrt=["x"]) == (4.0, {"x": -4.0})
    with pytest.raises(DomainError, match=r"sqrt\(0\)"):
        f.value_and_gradient(point, wrt=["x", "z"])


def test_a_jacobian_blames_the_row_that_fails() -> None:
    f = adcli.function("x^2, sqrt(x), 1 + cbrt(y)")
    for way in ways(f, {"x": 0.0, "y": 1.0}):
        with pytest.raises(DomainError) as caught:
            f.jacobian({"x": 0.0, "y": 1.0}, **way)
        assert failure(caught.value)[1] == "sqrt(x)"
    f = adcli.function("sqrt(v)")
    for way in ways(f, {"v": [1.0, 0.0]}):
        with pytest.raises(DomainError) as caught:
            f.jacobian({"v": [1.0, 0.0]}, **way)
        assert failure(caught.value) == ("the derivative of sqrt(0) is not finite", "sqrt(v)")


@pytest.mark.parametrize(
    ("text", "x", "place"),
    [("x^1.5", 0.0, "^"), ("abs(x)^1.5", 0.0, "^"), ("where(x > 1, x, x^1.5)", 0.0, "^")],
)
def test_a_second_derivative_is_blamed_where_the_first_is_finite(
    text: str, x: float, place: str
) -> None:
    f = adcli.function(text)
    for way in ways(f, {"x": x}):
        assert f.value_and_gradient({"x": x}, **way)[1]["x"] == 0
        with pytest.raises(DomainError) as caught:
            f.hessian({"x": x}, **way)
        assert failure(caught.value)[1] == place


def test_finite_differences_that_leave_the_domain_say_so() -> None:
    f = adcli.function("log(x)")
    with pytest.raises(DomainError) as caught:
        f.value_and_gradient({"x": 1e-7}, mode="finite")
    assert "finite differences" in str(caught.value.hint)


REMEDIES: tuple[tuple[str, dict[str, Any], str | None], ...] = (
    # program, point, how the remedy starts: with the program's operands, in which it can be used
    ("1/x", {"x": 0.0}, "where(x != 0, 1/x, 0)"),
    ("sin(y)/x", {"x": 0.0, "y": 1.0}, "where(x != 0, sin(y)/x, 0)"),
    ("y/(x - 1)", {"x": 1.0, "y": 0.0}, "where(x - 1 != 0, y/(x - 1), 0)"),
    ("csc(t)", {"t": 0.0}, "where(sin(t) != 0, 1/sin(t), 0)"),
    ("log(w, b)", {"w": 2.0, "b": 1.0}, "where(log(b) != 0, log(w)/log(b), 0)"),
    ("mod(5, x)", {"x": 0.0}, "where(x != 0, mod(5, x), 0)"),
    ("xlogy(2, x)", {"x": -1.0}, "where(x > 0, xlogy(2, x), 0)"),
    ("xlogy(-x, y)", {"x": 1.0, "y": 0.0}, "where(y > 0, xlogy(-x, y), 0)"),
    ("polygamma(1, x)", {"x": 0.0}, "where(x > 0, polygamma(1, x), 0)"),
    ("y^-1", {"y": 0.0}, "where(y > 0, y^(-1), 0)"),
    ("(-8)^x", {"x": 0.5}, None),  # no condition on a number helps
    ("xlogy(x, 0)", {"x": 1.0}, None),
    ("log(x*y - 1)", {"x": 1.0, "y": 0.0}, "where(x*y - 1 > 0, log(x*y - 1), 0)"),
    ("log(x - (y - 1))", {"x": 1.0, "y": 3.0}, "where(x - (y - 1) > 0, log(x - (y - 1)), 0)"),
    ("sqrt(-1)", {}, "where(x > 0, sqrt(x), 0)"),  # of numbers alone
    ("log(`log`)", {"log": -1.0}, "where(`log` > 0, log(`log`), 0)"),
    ("log(e1)", {"e1": -1.0}, "where(e1 > 0, log(e1), 0)"),
    ("sin(x^2 + x*y + 1)/x", {"x": 0.0, "y": 1.0}, "where(y != 0, x/y, 0)"),  # too long
    ("radius(x)", {"x": -1.0}, "sqrt(max(x, 0) + 1e-12) is smooth"),
    ("x/y^y", {"x": 1.0, "y": 800.0}, "the value is beyond float64"),
    ("1/(x > 0)", {"x": -1.0}, "where((x>0) != 0, 1/(x>0), 0)"),
    ("log(max(y, x))", {"x": -1.0, "y": -2.0}, "where(max(y, x) > 0, log(max(y, x)), 0)"),
    ("x!", {"x": -1.0}, "lgamma(x + 1) is finite but at its poles"),
    ("log(sigmoid(2x))", {"x": -800.0}, "logsigmoid(2*x) is log(sigmoid(2*x))"),
    ("log(softmax(v)[0])", {"v": [0.0, 1000.0]}, "log_softmax(x) is log(softmax(x))"),
    ("log(sum(exp(v)))", {"v": [1000.0, 0.0]}, "logsumexp(v) is log(sum(exp(v)))"),
    ("log(sum(exp(-v)))", {"v": [1000.0, 800.0]}, "logsumexp(-v) is log(sum(exp(-v)))"),
    ("log(sum(exp(W), axis=1))[0]", {"W": [[1000.0]]}, "logsumexp(W) is log(sum(exp(W)))"),
    ("log(1 + exp(2x))", {"x": 800.0}, "softplus(2*x) is log(1 + exp(2*x))"),
    ("log(exp(x) + 1)", {"x": 800.0}, "softplus(x) is log(1 + exp(x))"),
    ("log(exp(x) + exp(y))", {"x": 1.0, "y": 800.0}, "logaddexp(y, x) is log(exp(y) + exp(x))"),
    ("log(exp(x) + exp(y))", {"x": -800.0, "y": -900.0}, "logaddexp(y, x) is log(exp"),
    ("(exp(v)/sum(exp(v)))[0]", {"v": [1000.0, 0.0]}, "softmax(v) is exp(v)/sum(exp(v))"),
    ("exp(x)/(1 + exp(x))", {"x": 800.0}, "sigmoid(x) is exp(x)/(1 + exp(x))"),
    ("log(2 + exp(x))", {"x": 800.0}, "the value is beyond float64"),
    ("exp(x)/(exp(x) + x)", {"x": 800.0}, "the value is beyond float64"),
    ("log(exp(x)/y)", {"x": -800.0, "y": 2.0}, "where(exp(x)/y > 0, log(exp(x)/y), 0)"),
)


@pytest.mark.parametrize(("text", "point", "start"), REMEDIES, ids=[r[0] for r in REMEDIES])
def test_a_remedy_has_the_operands_of_the_program(
    text: str, point: dict[str, Any], start: str | None
) -> None:
    with pytest.raises(DomainError) as caught:
        adcli.function(text).value_and_gradient(point)
    hint = caught.value.hint
    assert hint is None if start is None else (hint or "").startswith(start)
    if point and start is not None and start.startswith("where"):
        remedy = adcli.function(start)
        assert remedy.value({name: point[name] for name in remedy.variables}) == 0
