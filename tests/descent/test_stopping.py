"""When a descent has no end, and when it only goes deep."""

from __future__ import annotations

import pytest

import adcli


@pytest.mark.parametrize("method", ["lbfgs", "newton", "newton-cg", "gd", "cg"])
@pytest.mark.parametrize("text", ["x", "-x", "3x + y - 7"])
def test_a_linear_fall_has_no_bottom(method: str, text: str) -> None:
    start = {"x": 1.0, "y": -2.0} if "y" in text else {"x": 1.0}
    result = adcli.descend(text, start, method=method)
    assert result.status == "diverged"
    assert result.iterations < 100
    assert "falls without end" in result.reason


def test_newton_falls_off_a_hill() -> None:
    assert adcli.descend("-x^2 + y^2", {"x": 1.0, "y": 1.0}, method="newton").status == "diverged"


@pytest.mark.parametrize("method", ["lbfgs", "newton", "newton-cg", "gd", "cg"])
def test_a_deep_minimum_is_one(method: str) -> None:
    result = adcli.descend("(x - 1e8)^2 - 1e16 + y^2", {"x": 0.0, "y": 3.0}, method=method)
    assert result.status == "converged"
    assert result.point["x"] == pytest.approx(1e8)
