"""What no seed reaches has no part in a tangent, however infinite the partial derivative there."""

from __future__ import annotations

from typing import Any

import pytest

import adcli

ROOTS: dict[str, tuple[dict[str, Any], float]] = {
    "sum(sqrt([0, x]))": ({"x": 4.0}, 0.25),
    "sum(cbrt(concat(zeros(40), [x])))": ({"x": 8.0}, 1 / 12),
    "sum(sqrt(diag([x, x])))": ({"x": 4.0}, 0.5),
    "sum(sqrt(tril([[x, 0], [9, x]])))": ({"x": 4.0}, 0.5),
    "sum(sqrt([0, x])@[[1, 0], [0, 2]])": ({"x": 4.0}, 0.5),
    "sum((diag([x, 2])*3)^[[0.5, 0.5], [0.5, 0.5]])": ({"x": 4.0}, 3 / 48**0.5),
    "sum(sqrt(transpose([[0, x], [0, x]])[1, :]))": ({"x": 4.0}, 0.5),
    "sum(where([1, 0] > 0, [x, 1], sqrt([x, 0])))": ({"x": 4.0}, 1.0),
    "prod(1 + sqrt([0, x]))": ({"x": 4.0}, 0.25),
    "max(sqrt([0, x]))": ({"x": 4.0}, 0.25),
}
WAYS: list[dict[str, Any]] = [{"engine": "numpy"}, {"precision": 30}]


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("text", ROOTS)
class TestReach:
    def test_modes(self, text: str, way: dict[str, Any]) -> None:
        point, slope = ROOTS[text]
        for mode in ("forward", "reverse", "symbolic"):
            _, gradient = adcli.function(text).value_and_gradient(point, mode=mode, **way)
            assert float(gradient["x"]) == pytest.approx(slope, rel=1e-15), mode

    def test_direction_and_series(self, text: str, way: dict[str, Any]) -> None:
        point, slope = ROOTS[text]
        f = adcli.function(text)
        _, derivative = f.directional(point, {"x": 2.0}, **way)
        assert float(derivative) == pytest.approx(2 * slope, rel=1e-15)
        series = f.taylor(point, "x", order=2, precision=way.get("precision"))
        assert float(series[1]) == pytest.approx(slope, rel=1e-15)


@pytest.mark.parametrize("text", ["sum(sqrt([1, x^3]))", "sum(sqrt([x, 0*x]))", "sum(sqrt(0*v))"])
def test_a_zero_that_was_computed_stays_an_error(text: str) -> None:
    f = adcli.function(text)
    point: dict[str, Any] = {"x": 0.0} if "x" in f.variables else {"v": [1.0, 2.0]}
    for mode in ("forward", "reverse"):
        with pytest.raises(adcli.DomainError, match="not finite"):
            f.value_and_gradient(point, mode=mode)


def test_a_direction_that_leaves_a_root_alone() -> None:
    f = adcli.function("sum(sqrt(v))")
    assert f.directional({"v": [0.0, 4.0]}, {"v": [0.0, 1.0]})[1] == 0.25
    with pytest.raises(adcli.DomainError, match=r"sqrt\(0\) is not finite"):
        f.directional({"v": [0.0, 4.0]}, {"v": [1.0, 1.0]})
