"""Kinks, powers at 0 and branches not taken: one convention in every mode and engine."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import adcli
from adcli.errors import DomainError, KinkError
from tests.ways import failure, gradients, ways

inf, nan = math.inf, math.nan

CONVENTIONS: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    # program, point, gradient
    ("abs(x)", {"x": 0.0}, {"x": 0.0}),
    ("abs(x)*y", {"x": 0.0, "y": 2.0}, {"x": 0.0, "y": 0.0}),
    ("relu(x)", {"x": 0.0}, {"x": 0.0}),
    ("max(x, 0)", {"x": 0.0}, {"x": 0.0}),
    ("max(0, x)", {"x": 0.0}, {"x": 0.0}),
    ("min(x, 0)", {"x": 0.0}, {"x": 0.0}),
    ("max([x, 0])", {"x": 0.0}, {"x": 0.0}),
    ("max(x, y)", {"x": 1.0, "y": 1.0}, {"x": 0.5, "y": 0.5}),
    ("max([x, y])", {"x": 1.0, "y": 1.0}, {"x": 0.5, "y": 0.5}),
    ("max(x, y, 1)", {"x": 1.0, "y": 1.0}, {"x": 0.0, "y": 0.0}),
    ("max(x, y, 0)", {"x": 1.0, "y": 1.0}, {"x": 0.5, "y": 0.5}),
    ("min(x, y, z, 9)", {"x": 1.0, "y": 1.0, "z": 2.0}, {"x": 0.5, "y": 0.5, "z": 0.0}),
    ("max(x, x)", {"x": 1.0}, {"x": 1.0}),
    ("min(x, inf)", {"x": 1.0}, {"x": 1.0}),
    ("clip(x, -1, 1)", {"x": 1.0}, {"x": 0.0}),
    ("clip(x, -1, 1)", {"x": -1.0}, {"x": 0.0}),
    ("clip(x, -1, 1)", {"x": 0.5}, {"x": 1.0}),
    ("clip(x, -1, 1)", {"x": 3.0}, {"x": 0.0}),
    ("floor(x)*x + ceil(x) + round(x) + sign(x)", {"x": 2.0}, {"x": 2.0}),
    ("mod(x, 2)", {"x": 2.0}, {"x": 1.0}),
    ("(x > 0)*x + (x >= 0)*x^2", {"x": 0.0}, {"x": 0.0}),
    ("max(v)", {"v": [1.0, 3.0, 3.0]}, {"v": [0.0, 0.5, 0.5]}),
    ("min(v)", {"v": [1.0, 1.0, 3.0]}, {"v": [0.5, 0.5, 0.0]}),
    ("sum(max(W, axis=0))", {"W": [[1.0, 2.0], [1.0, 3.0]]}, {"W": [[0.5, 0.0], [0.5, 1.0]]}),
    ("sum(max(W, axis=-1))", {"W": [[1.0, 1.0], [1.0, 3.0]]}, {"W": [[0.5, 0.5], [0.0, 1.0]]}),
    ("sum(max(v, 0))", {"v": [0.0, 1.0, -1.0]}, {"v": [0.0, 1.0, 0.0]}),
    ("sum(max(v, w))", {"v": [0.0, 1.0], "w": [0.0, 2.0]}, {"v": [0.5, 0.0], "w": [0.5, 1.0]}),
    ("sum(clip(v, 0, 1))", {"v": [0.0, 1.0, 0.5, 2.0]}, {"v": [0.0, 0.0, 1.0, 0.0]}),
    # lengths
    ("hypot(x, y)", {"x": 0.0, "y": 0.0}, {"x": 0.0, "y": 0.0}),
    ("norm(v)", {"v": [0.0, 0.0]}, {"v": [0.0, 0.0]}),
    ("norm([x, 2*y])", {"x": 0.0, "y": 0.0}, {"x": 0.0, "y": 0.0}),
    ("sum(norm(W, axis=1))", {"W": [[3.0, 4.0], [0.0, 0.0]]}, {"W": [[0.6, 0.8], [0.0, 0.0]]}),
    ("0.5*norm(v - w)^2", {"v": [1.0, 2.0], "w": [1.0, 2.0]}, {"v": [0.0, 0.0], "w": [0.0, 0.0]}),
    ("std(v)", {"v": [0.1, 0.1, 0.1]}, {"v": [0.0, 0.0, 0.0]}),
    ("std(v)", {"v": [7.0]}, {"v": [0.0]}),
    ("std([x, y])", {"x": 1e200, "y": 1e200}, {"x": 0.0, "y": 0.0}),
    ("sum(std(W, axis=0))", {"W": [[0.7, 1.0], [0.7, 3.0]]}, {"W": [[0.0, -0.5], [0.0, 0.5]]}),
    # powers
    ("x^2", {"x": 0.0}, {"x": 0.0}),
    ("x^2", {"x": -3.0}, {"x": -6.0}),
    ("x^3", {"x": -2.0}, {"x": 12.0}),
    ("x^-1", {"x": -2.0}, {"x": -0.25}),
    ("x^1.5", {"x": 0.0}, {"x": 0.0}),
    ("x^0", {"x": 0.0}, {"x": 0.0}),
    ("x^0", {"x": -2.0}, {"x": 0.0}),
    ("x^1", {"x": 0.0}, {"x": 1.0}),
    ("x^y", {"x": 0.0, "y": 2.0}, {"x": 0.0, "y": 0.0}),
    ("2^x", {"x": 0.0}, {"x": math.log(2.0)}),
    ("0^x", {"x": 1.0}, {"x": 0.0}),
    ("sum(v^2) + sum(v^3)", {"v": [0.0, -1.0]}, {"v": [0.0, 1.0]}),
    ("prod(v)", {"v": [0.0, 3.0, 2.0]}, {"v": [6.0, 0.0, 0.0]}),
    ("prod(v)", {"v": [0.0, 0.0, 2.0]}, {"v": [0.0, 0.0, 0.0]}),
    ("sum(cumprod(v)*[1, 2, 3, 4])", {"v": [2.0, 0.0, 3.0, 0.5]}, {"v": [1.0, 34.0, 0.0, 0.0]}),
    ("sum(cumprod(v)*[1, 2, 3, 4])", {"v": [2.0, 0.0, 3.0, 0.0]}, {"v": [1.0, 22.0, 0.0, 0.0]}),
    ("sum(cumprod(v)*[1, 2, 3])", {"v": [0.0, 3.0, 0.0]}, {"v": [7.0, 0.0, 0.0]}),
    ("cumprod(v, backwards=1)[0]", {"v": [0.0, 3.0, 2.0]}, {"v": [6.0, 0.0, 0.0]}),
    (
        "sum(cumprod(v))",
        {"v": [0.0, 1e-300, 1e200, 1e200]},
        {"v": [1 + 1e-300 + 1e-100 + 1e100, 0.0, 0.0, 0.0]},
    ),
    # order
    ("sort(v)[0]", {"v": [1.0, 3.0, 1.0]}, {"v": [0.5, 0.0, 0.5]}),
    ("sort(v)[-1]", {"v": [3.0, 1.0, 3.0]}, {"v": [0.5, 0.0, 0.5]}),
    ("sum(sort(v)*[1, 2, 4])", {"v": [2.0, 5.0, 2.0]}, {"v": [1.5, 4.0, 1.5]}),
    ("sum(sort(W, axis=0)[0])", {"W": [[1.0, 2.0], [1.0, 3.0]]}, {"W": [[0.5, 1.0], [0.5, 0.0]]}),
    ("sum(sort(v)^2)", {"v": [0.1, 0.1, 0.1]}, {"v": [0.2, 0.2, 0.2]}),
    ("sort([x, 0])[1]", {"x": 0.0}, {"x": 0.0}),
    ("sort([x, 0])[1]", {"x": 1.0}, {"x": 1.0}),
    ("sort([x, 3, y])[1]", {"x": 1.0, "y": 1.0}, {"x": 0.5, "y": 0.5}),
    ("sum(sort(sqrt(v))[1:])", {"v": [0.0, 4.0]}, {"v": [0.0, 0.25]}),
    ("median(sqrt(v))", {"v": [0.0, 4.0, 9.0]}, {"v": [0.0, 0.25, 0.0]}),
    ("cumprod(sqrt(v))[0]", {"v": [4.0, 0.0]}, {"v": [0.25, 0.0]}),
    ("median(v)", {"v": [1.0, 3.0, 1.0]}, {"v": [0.5, 0.0, 0.5]}),
    ("median(v)", {"v": [2.0, 1.0, 3.0, 2.0]}, {"v": [0.5, 0.0, 0.0, 0.5]}),
    ("median(v)", {"v": [7.0, 7.0, 7.0, 7.0]}, {"v": [0.25, 0.25, 0.25, 0.25]}),
    ("median([x, 0, 1])", {"x": 0.0}, {"x": 0.0}),
    ("median([x, 0, 1, y])", {"x": 0.0, "y": 2.0}, {"x": 0.0, "y": 0.0}),
    ("median([x, 0])", {"x": 3.0}, {"x": 0.5}),
    ("quantile([x, 0, y], 1)", {"x": 3.0, "y": 3.0}, {"x": 0.5, "y": 0.5}),
    ("quantile(v, q)", {"v": [4.0, 1.0, 2.0], "q": 0.5}, {"v": [0.0, 0.0, 1.0], "q": 2.0}),
    ("quantile(v, q)", {"v": [4.0, 3.0, 0.0], "q": 0.5}, {"v": [0.0, 1.0, 0.0], "q": 2.0}),
    ("quantile(v, q)", {"v": [4.0, 1.0, 2.0], "q": 0.0}, {"v": [0.0, 1.0, 0.0], "q": 2.0}),
    ("quantile(v, q)", {"v": [4.0, 1.0, 2.0], "q": 1.0}, {"v": [1.0, 0.0, 0.0], "q": 4.0}),
    ("quantile(v, q)", {"v": [4.0], "q": 0.5}, {"v": [1.0], "q": 0.0}),
    # branches not taken
    ("where(x > 0, sqrt(x), 0)", {"x": 0.0}, {"x": 0.0}),
    ("where(x > 0, log(x), 0)", {"x": -1.0}, {"x": 0.0}),
    ("where(x > 0, 0, 1/x)", {"x": 2.0}, {"x": 0.0}),
    ("where(x > 0, log(x)*y, y)", {"x": -1.0, "y": 3.0}, {"x": 0.0, "y": 1.0}),
    ("where(x > 0, where(x > 1, log(x - 1), x^2), sqrt(x))", {"x": 0.5}, {"x": 1.0}),
    ("where(x > 0, exp(sqrt(x))/x, 3*x)", {"x": 0.0}, {"x": 3.0}),
    ("a = log(x)\nwhere(x > 0, a, 0) + where(x < 0, x, a)", {"x": -1.0}, {"x": 1.0}),
    ("where(x^2 + y^2 > 0, atan2(y, x), 0)", {"x": 0.0, "y": 0.0}, {"x": 0.0, "y": 0.0}),
    ("where(x > 0, norm([x, 0*x]), 0)", {"x": 0.0}, {"x": 0.0}),
    ("sum(where(v > 0, log(v), 0))", {"v": [-1.0, 0.0, 2.0]}, {"v": [0.0, 0.0, 0.5]}),
    ("sum(where(v > 0, sqrt(v), v))", {"v": [-1.0, 0.0, 4.0]}, {"v": [1.0, 1.0, 0.25]}),
    ("sum(where(v > 0, 1/v, v)[::-1])", {"v": [0.0, 2.0]}, {"v": [1.0, -0.25]}),
    (
        "sum(where([1, 0], sum(sqrt(W), axis=1), 0))",
        {"W": [[1.0, 1.0], [0.0, 4.0]]},
        {"W": [[0.5, 0.5], [0.0, 0.0]]},
    ),
    (
        "sum(where([1, 0], log(W), 0))",
        {"W": [[1.0, 0.0], [2.0, -1.0]]},
        {"W": [[1.0, 0.0], [0.5, 0.0]]},
    ),
    (
        "sum(where([1, 0], prod(W, axis=1), 0))",
        {"W": [[1.0, 2.0], [inf, 0.0]]},
        {"W": [[2.0, 1.0], [0.0, 0.0]]},
    ),
    (
        "sum(where([1, 0], log(W) @ [1, 2], 0))",
        {"W": [[1.0, 2.0], [-1.0, 0.0]]},
        {"W": [[1.0, 1.0], [0.0, 0.0]]},
    ),
    (
        "sum(where([1, 0], log(W) @ v, 0))",
        {"W": [[1.0, 1.0], [-1.0, 0.0]], "v": [1.0, 2.0]},
        {"W": [[1.0, 2.0], [0.0, 0.0]], "v": [0.0, 0.0]},
    ),
)


@pytest.mark.parametrize(("text", "point", "expected"), CONVENTIONS)
def test_the_convention_holds_in_every_mode_and_engine(
    text: str, point: dict[str, Any], expected: dict[str, Any]
) -> None:
    for way, gradient in gradients(text, point):
        for name, g in expected.items():
            assert np.allclose(gradient[name], g, rtol=1e-15, atol=0.0), (way, gradient)


SECOND: tuple[tuple[str, float, float], ...] = (
    # program, x, second derivative
    ("where(x > 0, x^3, 0)", 2.0, 12.0),
    ("where(x > 0, log(x), x^2)", -1.0, 2.0),
    ("where(x > 0, sqrt(x), 0)", 0.0, 0.0),
    ("where(x > 0, where(x > 1, x^4, log(1 - x)), 5)", 0.5, -4.0),
    ("max(x^2, x^3)", 2.0, 12.0),
    ("abs(x)^3", -2.0, 12.0),
    ("clip(x, 0, 1)*x", 0.5, 2.0),
    ("x^2", 0.0, 2.0),
    ("x^3", 0.0, 0.0),
    ("x^1", 0.0, 0.0),
    ("x^0", 0.0, 0.0),
)


@pytest.mark.parametrize(("text", "x", "expected"), SECOND)
def test_second_derivatives(text: str, x: float, expected: float) -> None:
    f = adcli.function(text)
    for way in ways(f, {"x": x}):
        _, hessian = f.hessian({"x": x}, **way)
        assert float(hessian["x"]["x"]) == pytest.approx(expected, rel=1e-14), way


STRICT: tuple[tuple[str, dict[str, Any], str, str], ...] = (
    # program, point, message, text under the caret
    ("y + abs(x)", {"x": 0.0, "y": 1.0}, "abs(0)", "abs(x)"),
    ("relu(2*x)", {"x": 0.0}, "max(0, 0) (in relu)", "relu(2*x)"),
    ("max(x, y)", {"x": 1.0, "y": 1.0}, "max(1, 1)", "max(x, y)"),
    ("min(x, y)", {"x": 2.0, "y": 2.0}, "min(2, 2)", "min(x, y)"),
    ("clip(x, -1, 1)", {"x": -1.0}, "max(-1, -1) (in clip)", "clip(x, -1, 1)"),
    ("clip(x, -1, 1)", {"x": 1.0}, "min(1, 1) (in clip)", "clip(x, -1, 1)"),
    ("floor(x)", {"x": 2.0}, "floor(2)", "floor(x)"),
    ("round(x)", {"x": 2.5}, "round(2.5)", "round(x)"),
    ("mod(x, 3)", {"x": 6.0}, "mod(6, 3)", "mod(x, 3)"),
    ("where(x > 0, x, 2*x)", {"x": 0.0}, "0 > 0", ">"),
    ("where(tanh(x), 1, 1 - x)", {"x": 0.0}, "where(0, 1, 1)", "where(tanh(x), 1, 1 - x)"),
    ("max(v)", {"v": [1.0, 1.0]}, "max([1, 1])", "max(v)"),
    ("sum(abs(v))", {"v": [3.0, 1.0, 0.0, 5.0, 6.0]}, "abs(0)", "abs(v)"),
    ("2*hypot(x, y)", {"x": 0.0, "y": 0.0}, "hypot(0, 0)", "hypot(x, y)"),
    ("norm(v)", {"v": [0.0, 0.0]}, "radius(0) (in norm)", "norm(v)"),
    ("1 + std(v)", {"v": [0.1, 0.1, 0.1]}, "radius(0) (in std)", "std(v)"),
    ("sum(min(W, axis=0))", {"W": [[1.0, 2.0], [1.0, 3.0]]}, "min([1, 2, 1, 3])", "min(W, axis=0)"),
    ("sum(sort(v)^2)", {"v": [1.0, 1.0]}, "sort([1, 1])", "sort(v)"),
    ("median(v)", {"v": [2.0, 1.0, 2.0]}, "quantile([2, 1, 2], 0.5) (in median)", "median(v)"),
    (
        "quantile(v, q)",
        {"v": [4.0, 1.0, 2.0], "q": 0.5},
        "quantile([4, 1, 2], 0.5)",
        "quantile(v, q)",
    ),
)


@pytest.mark.parametrize(("text", "point", "what", "place"), STRICT)
def test_strict_names_the_kink(text: str, point: dict[str, Any], what: str, place: str) -> None:
    f = adcli.function(text)
    for way in ways(f, point):
        with pytest.raises(KinkError) as caught:
            f.value_and_gradient(point, **way, strict=True)
        expected = f"{what} is at a kink: it has no derivative there"
        assert failure(caught.value) == (expected, place), way


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("abs(x) + y", {"x": 1.0, "y": 0.0}),
        ("max(x, y)", {"x": 1.0, "y": 1.5}),
        ("abs(2 - 2)*x", {"x": 1.0}),
        ("where(x > 0, x, abs(y))", {"x": 1.0, "y": 0.0}),
        ("sum(where(v > 1, v, abs(v - 3)))", {"v": [3.0, 0.0]}),
        ("max(v)", {"v": [1.0, 1.0, 2.0]}),
        ("norm(v)", {"v": [3.0, -3.0, 0.0]}),
        ("sort(v)[0]", {"v": [3.0, 3.0, 0.0]}),
        ("median(v)", {"v": [3.0, 3.0, 0.0, 4.0]}),
        ("median(v)", {"v": [3.0, 3.0, 0.0, 2.0, 1.0]}),
        ("quantile(v, 0.5)", {"v": [3.0, 1.0, 0.0]}),
        ("quantile(v, q)", {"v": [2.0, 1.0, 0.0], "q": 0.5}),
        ("logsumexp(v)", {"v": [3.0, 3.0, 0.0]}),
        ("sum(softmax(v)[1:])", {"v": [3.0, 3.0, 0.0]}),
        ("std(v) + prod(v)", {"v": [3.0, 3.0, 0.0]}),
        ("floor(abs(x) + 0.5)*y", {"x": 0.0, "y": 1.0}),
        ("where(abs(x) < 1, x, 0)", {"x": 0.0}),
        ("where((x > 1) + (y > 1), x, y)", {"x": 0.0, "y": 0.0}),
        ("where(x > 1 and y, x, 2)", {"x": 0.0, "y": 1.0}),
    ],
)
def test_strict_says_nothing_away_from_kinks(text: str, point: dict[str, Any]) -> None:
    for way, gradient in gradients(text, point, strict=True):
        assert gradient, way


def test_strict_looks_only_at_the_variables_asked_for() -> None:
    f = adcli.function("abs(x)*y")
    point = {"x": 0.0, "y": 3.0}
    assert f.value_and_gradient(point, wrt=["y"], strict=True) == (0.0, {"y": 0.0})
    with pytest.raises(KinkError):
        f.value_and_gradient(point, wrt=["x"], strict=True)
    flag = adcli.function("where(c, x, y)")
    at = {"c": 0.0, "x": 3.0, "y": 4.0}
    assert flag.value_and_gradient(at, wrt=["y"], strict=True) == (4.0, {"y": 1.0})
    with pytest.raises(KinkError):
        flag.value_and_gradient(at, wrt=["c"], strict=True)


INFINITE = ("sqrt(x)*sqrt(x)", "x^0.5*x^0.5", "sqrt(x)^2", "sqrt(x^2)", "0*sqrt(x)", "cbrt(x)^3")


@pytest.mark.parametrize("text", INFINITE)
def test_an_infinite_slope_times_zero_is_an_error(text: str) -> None:
    f = adcli.function(text)
    for way in ways(f, {"x": 0.0}):
        with pytest.raises(DomainError, match="is not finite"):
            f.value_and_gradient({"x": 0.0}, **way)


@pytest.mark.parametrize(
    ("text", "taken", "slope"),
    [
        ("abs(x - 2)", "subgradient of least norm", 0.0),
        ("max(x, 2)", "subgradient of least norm", 0.0),
        ("hypot(x - 2, 0)", "subgradient of least norm", 0.0),
        ("where(x >= 2, 3x, -x)", "piece that the point is on", 3.0),
        ("mod(x, 1)", "piece that the point is on", 1.0),
        ("x*ceil(x)", "piece that the point is on", 2.0),
        ("x*sign(x - 2)", "piece that the point is on", 0.0),
    ],
)
def test_a_kink_says_which_derivative_is_taken(text: str, taken: str, slope: float) -> None:
    f = adcli.function(text)
    assert f.value_and_gradient({"x": 2.0})[1]["x"] == slope
    with pytest.raises(adcli.KinkError) as caught:
        f.value_and_gradient({"x": 2.0}, strict=True)
    assert taken in caught.value.taken
    assert taken in str(caught.value.hint)
