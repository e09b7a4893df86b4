"""Sorted elements and quantiles against NumPy's, and consistent with min, max and median."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import adcli

RANDOM = np.random.default_rng(11)
ARRAYS = [
    RANDOM.normal(size=7),
    RANDOM.normal(size=(4, 5)),
    RANDOM.integers(0, 3, size=(5, 6)).astype(float),  # with ties
    np.full(4, 0.1),
    np.array([3.0]),
    np.array([-0.0, 0.0, 1e308, -1e308, 5e-324]),
    np.arange(1000.0)[::-1],
]


@pytest.mark.parametrize("engine", [{"engine": "numpy"}, {"precision": 30}])
@pytest.mark.parametrize("x", ARRAYS, ids=lambda x: "x".join(map(str, x.shape)))
def test_values_are_those_of_numpy(x: np.ndarray, engine: dict[str, Any]) -> None:
    def found(text: str) -> np.ndarray:
        return np.asarray(adcli.function(text).value({"x": x}, **engine), dtype=float)

    for axis in range(-1, x.ndim):
        assert np.array_equal(found(f"sort(x, axis={axis})"), np.sort(x, axis=axis))
        for q in (0.0, 0.25, 0.3, 0.999, 1.0):
            expected = np.quantile(x, q, axis=axis)
            assert np.allclose(found(f"quantile(x, {q}, axis={axis})"), expected, rtol=1e-14)
    assert np.allclose(found("quantile(x, 0.6)"), np.quantile(x, 0.6), rtol=1e-14)
    assert np.allclose(found("median(x)"), np.median(x), rtol=1e-15)


@pytest.mark.parametrize("x", ARRAYS[:5], ids=lambda x: "x".join(map(str, x.shape)))
def test_the_ends_are_min_and_max(x: np.ndarray) -> None:
    for text, same in (
        ("sum(sort(x, axis=0)[0])", "sum(min(x, axis=0))"),
        ("sum(sort(x, axis=0)[-1])", "sum(max(x, axis=0))"),
        ("quantile(x, 0)", "min(x)"),
        ("quantile(x, 1)", "max(x)"),
        ("median(x)", "quantile(x, 0.5)"),
    ):
        value, gradient = adcli.function(text).value_and_gradient({"x": x})
        expected, other = adcli.function(same).value_and_gradient({"x": x})
        assert value == expected
        assert np.allclose(gradient["x"], other["x"], rtol=1e-15)


@pytest.mark.parametrize("x", ARRAYS[:5], ids=lambda x: "x".join(map(str, x.shape)))
def test_a_gradient_is_the_shortest_of_those_beside(x: np.ndarray) -> None:
    """At a tie the mean over all directions in which it may be parted."""
    weights = RANDOM.normal(size=x.shape)
    point = {"x": x, "w": weights}
    _, gradient = adcli.function("sum(w*sort(x))").value_and_gradient(point, wrt=["x"])
    parted = [x + 1e-9 * RANDOM.normal(size=x.shape) for _ in range(400)]
    slopes = []
    for near in parted:
        found = np.empty(x.shape)
        np.put_along_axis(found, np.argsort(near, axis=-1), weights, -1)
        slopes.append(found)
    assert np.allclose(np.mean(slopes, axis=0), gradient["x"], atol=0.3)
    lengths = np.linalg.norm(np.reshape(slopes, (len(slopes), -1)), axis=1)
    assert np.linalg.norm(gradient["x"]) <= lengths.min() * (1 + 1e-12)


@pytest.mark.parametrize("text", ["sort(x)", "median(x)", "quantile(x, 0.1)", "cumprod(x)"])
def test_a_missing_number_is_an_error(text: str) -> None:
    for row in ([1.0, np.nan, 2.0], [np.nan, 1.0, 2.0]):
        with pytest.raises(adcli.errors.AdcliError, match="nan"):
            adcli.function(text).value({"x": row})


@pytest.mark.parametrize("q", [-0.1, 1.1, float("inf")])
def test_a_share_that_is_none_is_an_error(q: float) -> None:
    with pytest.raises(adcli.errors.AdcliError):
        adcli.function("quantile(x, q)").value({"x": [1.0, 2.0], "q": q})


def test_quantiles_of_rows() -> None:
    q = np.linspace(0, 1, 9)
    x, y = RANDOM.normal(size=(2, 9))
    batch = adcli.function("quantile([x, y, 0.3], q)").map({"x": x, "y": y, "q": q})
    for k in range(9):
        v = np.array([x[k], y[k], 0.3])
        assert batch.values[k] == pytest.approx(np.quantile(v, q[k]), rel=1e-14)


@pytest.mark.parametrize("text", ["x > sort(v)[1]", "sum(sort(v)) > x", "x < median(v)"])
def test_what_is_put_in_order_is_no_index(text: str) -> None:
    """It is taken at places that it gives itself, and has a derivative, 0 here."""
    _, gradient = adcli.function(text).value_and_gradient({"x": 1.0, "v": [0.5, 2.5, 3.0]})
    assert gradient["x"] == 0
    assert np.array_equal(gradient["v"], np.zeros(3))
