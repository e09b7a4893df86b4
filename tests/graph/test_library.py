"""Compound functions keep their digits where the formula by the book would lose them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from mpmath import mp

import adcli
from tests.accuracy import ulps
from tests.ways import MODES, gradients

inf = math.inf
Numbers = list[float]

LOG_SUMS: tuple[Numbers, ...] = (
    [0.0, -40.0],
    [-40.0, 0.0],
    [0.0, -800.0],
    [1000.0, 1000.0],
    [-1000.0, -1000.0, -1000.0],
    [1e300, 0.0],
    [-1e300, -1e300],
    [-36.0, -1e-17, -50.0],
    [3.0],
)


def exact_logsumexp(v: list[Any]) -> Any:
    return mp.log(mp.fsum(mp.exp(x) for x in v))


def exact_softmax(v: list[Any]) -> list[Any]:
    shifted = [mp.exp(x - max(v)) for x in v]
    return [x / mp.fsum(shifted) for x in shifted]


def exact_var(v: list[Any]) -> Any:
    mean = mp.fsum(v) / len(v)
    return mp.fsum((x - mean) ** 2 for x in v) / len(v)


def exact_norm(v: list[Any]) -> Any:
    return mp.sqrt(mp.fsum(x * x for x in v))


def close(got: Any, exact: Any, tolerance: float = 2e-15) -> bool:
    """Within a relative tolerance; below 1e-300 within 1e-315."""
    got, exact = mp.mpf(float(got)), mp.mpf(exact)
    return bool(abs(got - exact) <= tolerance * abs(exact) + mp.mpf("1e-315"))


def derivative(function: Callable[[list[Any]], Any], v: Numbers, k: int) -> Any:
    """The derivative in element k by a central difference of 400 digits."""
    with mp.workdps(1000):
        xs = [mp.mpf(x) for x in v]
        h = mp.mpf(10) ** -100 * (abs(xs[k]) or max(map(abs, xs)) or 1)
        ends = [function([*xs[:k], x, *xs[k + 1 :]]) for x in (xs[k] + h, xs[k] - h)]
        return (ends[0] - ends[1]) / (2 * h)


def check(
    text: str, function: Callable[[list[Any]], Any], v: Numbers, tolerance: float = 2e-15
) -> None:
    """Value and gradient of a function of a vector, in every mode, against 1000 digits."""
    f = adcli.function(text)
    with mp.workdps(1000):
        exact = function([mp.mpf(x) for x in v])
    slopes = [derivative(function, v, k) for k in range(len(v))]
    for mode in MODES:
        value, gradient = f.value_and_gradient({"v": v}, mode=mode, engine="numpy")
        assert close(value, exact, tolerance), (mode, value, exact)
        for got, slope in zip(gradient["v"], slopes, strict=True):
            assert close(got, slope, tolerance), (mode, gradient, slopes)


@pytest.mark.parametrize("v", [v for v in LOG_SUMS if max(map(abs, v)) < 1e3])
def test_logsumexp(v: Numbers) -> None:
    check("logsumexp(v)", exact_logsumexp, v)


def test_logsumexp_of_huge_and_infinite_elements() -> None:
    f = adcli.function("logsumexp(v)")
    assert f.value({"v": [1e300, 0.0]}) == 1e300
    assert f.value({"v": [-1e300, -1e300]}) == -1e300
    assert f.value({"v": [1000.0, 1000.0]}) == 1000.0 + math.log(2.0)
    value, gradient = adcli.function("logsumexp([x, -inf])").value_and_gradient({"x": 2.0})
    assert (value, gradient) == (2.0, {"x": 1.0})
    for infinite in ([inf, 0.0], [-inf, -inf], [inf, inf]):
        with pytest.raises(adcli.DomainError, match="inf"):
            f.value({"v": infinite})


@pytest.mark.parametrize("v", [[1000.0, 0.0], [1e3, 1e3, 1e3 - 1], [0.0, -40.0], [-745.0, 5.0]])
def test_softmax(v: Numbers) -> None:
    f = adcli.function("softmax(v)")
    exact = exact_softmax([mp.mpf(x) for x in v])
    assert all(close(s, e) for s, e in zip(f.value({"v": v}), exact, strict=True))
    for mode in MODES:
        _, jacobian = f.jacobian({"v": v}, mode=mode)
        for (i, k), got in np.ndenumerate(jacobian["v"]):
            slope = derivative(lambda xs, i=i: exact_softmax(xs)[i], v, k)
            # s_i (1 - s_i) and -s_i s_k: the paths 1 and s_i cancel, so the error is of s_i's size.
            assert abs(got - slope) <= 4e-16 * exact[i] + 1e-315, (mode, i, k, got, slope)


@pytest.mark.parametrize("scale", [1.0, 1e200, 1e-200, 1e300, 1e-300, 5e-324])
def test_norm_at_every_scale(scale: float) -> None:
    v = [3.0 * scale, -4.0 * scale, 0.0]
    for text in ("norm(v)", "hypot(v[0], v[1])"):
        f = adcli.function(text)
        for mode in MODES:
            value, gradient = f.value_and_gradient({"v": v}, mode=mode)
            assert value == pytest.approx(5.0 * scale, rel=4e-16)
            assert gradient["v"] == pytest.approx([0.6, -0.8, 0.0], rel=4e-16, abs=0.0)


@pytest.mark.parametrize("v", [[1e200, 1e100], [1e-200, 1e-210], [1.0, 1e-9], [7.0, 7.0, 7.0]])
def test_norm(v: Numbers) -> None:
    check("norm(v)", exact_norm, v)


def test_norm_along_an_axis_with_rows_of_every_scale() -> None:
    rows = [[3e200, 4e200], [3e-200, 4e-200], [3.0, 4.0]]
    f = adcli.function("sum(norm(W, axis=1)*[1, 2, 3])")
    _, gradient = f.value_and_gradient({"W": rows})
    assert np.allclose(gradient["W"], np.outer([1, 2, 3], [0.6, 0.8]), rtol=4e-16)


@pytest.mark.parametrize(
    "v", [[1e8, 1e8 + 1, 1e8 + 2], [1e15, 1e15 + 1], [-3.0, 5.0, 1.0], [0.1] * 4 + [0.3]]
)
def test_var_of_large_offsets(v: Numbers) -> None:
    check("var(v)", exact_var, v, 1e-14)


def test_second_derivatives_of_norm_do_not_overflow() -> None:
    f = adcli.function("norm(v)")
    for scale in (1e150, 1.0, 1e-150):
        _, hessian = f.hessian({"v": [3.0 * scale, 4.0 * scale]})
        expected = np.array([[16.0, -12.0], [-12.0, 9.0]]) / (125.0 * scale)
        assert np.allclose(hessian["v"]["v"], expected, rtol=1e-14)


ELEMENTWISE: dict[str, tuple[Callable[[Any], Any], Numbers]] = {
    "softplus": (lambda x: mp.log1p(mp.exp(x)), [-745.0, -40.0, 0.0, 40.0, 1000.0]),
    "sigmoid": (lambda x: 1 / (1 + mp.exp(-x)), [-700.0, -40.0, 0.0, 40.0]),
    "gelu": (lambda x: x * mp.erfc(-x / mp.sqrt(2)) / 2, [-30.0, -5.0, 1e-300, 3.0, 40.0]),
    "sec": (lambda x: 1 / mp.cos(x), [0.0, 1.5, 100.0]),
    "csc": (lambda x: 1 / mp.sin(x), [1e-9, 1.5, 100.0]),
    "cot": (lambda x: 1 / mp.tan(x), [1e-9, 1.5, 100.0]),
}


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_compositions_of_one_number(name: str) -> None:
    function, points = ELEMENTWISE[name]
    f = adcli.function(f"{name}(x)")
    for x in points:
        slope = derivative(lambda xs: function(xs[0]), [x], 0)
        with mp.workdps(50):
            exact = function(mp.mpf(x))
        assert close(f.value({"x": x}), exact)
        for way, gradient in gradients(f"{name}(x)", {"x": x}):
            assert close(gradient["x"], slope, 4e-15), (way, x, gradient, slope)


@pytest.mark.parametrize("mode", ["forward", "reverse", "symbolic"])
@pytest.mark.parametrize(
    "point", [(3e160, 1.0), (1e200, 1.0), (1e150, 1e-50), (3e-160, 1e-200), (1.2e308, 1e308)]
)
def test_norm_of_elements_far_apart(point: tuple[float, float], mode: str) -> None:
    value, gradient = adcli.function("norm([x, y])").value_and_gradient(
        {"x": point[0], "y": point[1]}, mode=mode
    )
    with mp.workdps(700):
        x, y = map(mp.mpf, point)
        exact = mp.sqrt(x * x + y * y)
        for got, want in ((value, exact), (gradient["x"], x / exact), (gradient["y"], y / exact)):
            assert ulps(got, want) <= 4


def test_std_of_a_tiny_spread() -> None:
    _, gradient = adcli.function("std([x, y])").value_and_gradient({"x": 1e-160, "y": 1e-165})
    assert gradient["x"] == pytest.approx(0.5, rel=1e-15)
