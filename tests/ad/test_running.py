"""Running products and recurrences: exact where elements are 0, however large the others are."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import Any

import numpy as np
import pytest

import adcli
from tests.ways import ways

VECTORS = (
    [0.0, 2.0, 3.0, -0.5],
    [2.0, 0.0, 3.0, -0.5],
    [2.0, 3.0, -0.5, 0.0],
    [0.0, 2.0, 3.0, 0.0],
    [2.0, 0.0, 0.0, 3.0],
    [0.0, 0.0, 0.0, 0.0],
    [-0.0, 7.0],
    [1e-200, 1e200, 3.0, 1e-100],
    [1e150, 1e-150, 0.0, 7.0],
    [5e-324, 2.0, 0.1],
    [0.1, 0.7, -1.3, 1e-9],
)
WEIGHTS = [0.3, -1.7, 2.9, 0.6]


def exact(v: list[float], left_out: set[int]) -> Fraction:
    """The derivative of sum(weights*cumprod(v)) by the elements `left_out`, once each."""
    parts = (
        Fraction(WEIGHTS[i]) * prod(Fraction(v[k]) for k in range(i + 1) if k not in left_out)
        for i in range(max(left_out, default=0), len(v))
    )
    return sum(parts, Fraction(0))


def assert_near(found: Any, expected: Fraction) -> None:
    """Within a few roundings of the terms, of which the least numbers are parts of themselves."""
    error = abs(Fraction(float(found)) - expected)
    assert error <= Fraction(2e-15) * abs(expected) + Fraction(1e-320), (found, float(expected))


@pytest.mark.parametrize("v", VECTORS)
@pytest.mark.parametrize(
    "text", ["sum(w*cumprod(v))", "sum(flip(w*1)*cumprod(flip(v), backwards=1))"]
)
def test_derivatives_of_a_running_product(v: list[float], text: str) -> None:
    f = adcli.function(text)
    point = {"v": v, "w": WEIGHTS[: len(v)]}
    for way in ways(f, point):
        value, gradient = f.value_and_gradient(point, wrt=["v"], **way)
        assert_near(value, exact(v, set()))
        for j, g in enumerate(gradient["v"]):
            assert_near(g, exact(v, {j}))
        if way["mode"] == "symbolic":
            continue
        _, hessian = f.hessian(point, wrt=["v"], **way)
        for j in range(len(v)):
            for k in range(len(v)):
                expected = exact(v, {j, k}) if j != k else Fraction(0)
                assert_near(hessian["v"]["v"][j][k], expected)


@pytest.mark.parametrize(
    ("v", "expected"),
    [
        ([0.0, 1e-300, 1e200, 1e200, 1e-300], [1e-200, 0.0, 0.0, 0.0, 0.0]),
        ([0.0, 1e200, 1e200, 0.0, 3.0], [0.0] * 5),
    ],
)
def test_zeros_meet_no_overflow_in_a_product(v: list[float], expected: list[float]) -> None:
    _, gradient = adcli.function("prod(v)").value_and_gradient({"v": v})
    assert gradient["v"] == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("text", ["sum(cumprod(v))", "prod(v)"])
def test_the_derivative_of_a_long_product_is_no_longer_formula(text: str) -> None:
    sizes = set()
    for length in (5, 5000):
        f = adcli.function(text)
        f.value_and_gradient({"v": np.full(length, 1.0001)}, mode="symbolic")
        sizes.add(len(f.graph))
    assert len(sizes) == 1


def test_a_recurrence() -> None:
    a, b = (
        np.array([[9.0, 0.5, 0.0], [9.0, 2.0, -1.0]]),
        np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
    )
    f = adcli.function("recurrence(a, b, axis=1)")
    assert f.value({"a": a, "b": b}).tolist() == [[1.0, 2.5, 3.0], [4.0, 13.0, -7.0]]
    backwards = adcli.function("recurrence(a, b, axis=0, backwards=1)")
    assert backwards.value({"a": a, "b": b}).tolist() == [[37.0, 4.5, 3.0], [4.0, 5.0, 6.0]]
