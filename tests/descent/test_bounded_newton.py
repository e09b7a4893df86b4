"""`newton` within bounds: problems of Hock and Schittkowski (1981) that have bounds alone, a
quadratic with many active bounds, and a fit."""

from __future__ import annotations

import math

import numpy as np
import pytest

import adcli

WOOD = (
    "100*(v[1] - v[0]^2)^2 + (1 - v[0])^2 + 90*(v[3] - v[2]^2)^2 + (1 - v[2])^2"
    " + 10.1*((v[1] - 1)^2 + (v[3] - 1)^2) + 19.8*(v[1] - 1)*(v[3] - 1)"
)
PROBLEMS = {
    "HS1": ("100*(y - x^2)^2 + (1 - x)^2", {"x": -2, "y": 1}, {"y": (-1.5, None)}, 0.0),
    "HS3": ("y + 1e-5*(y - x)^2", {"x": 10, "y": 1}, {"y": (0, None)}, 0.0),
    "HS4": (
        "(x + 1)^3/3 + y",
        {"x": 1.125, "y": 0.125},
        {"x": (1, None), "y": (0, None)},
        8 / 3,
    ),
    "HS5": (
        "sin(x + y) + (x - y)^2 - 1.5x + 2.5y + 1",
        {"x": 0, "y": 0},
        {"x": (-1.5, 4), "y": (-3, 3)},
        -math.sqrt(3) / 2 - math.pi / 3,
    ),
    "HS38": (WOOD, {"v": [-3.0, -1, -3, -1]}, {"v": (-10, 10)}, 0.0),
    "HS45": (
        "2 - v[0]*v[1]*v[2]*v[3]*v[4]/120",
        {"v": [2.0] * 5},
        {"v": ([0] * 5, [1, 2, 3, 4, 5])},
        1.0,
    ),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_known_minima(name):
    expression, start, bounds, least = PROBLEMS[name]
    found = adcli.descend(expression, start=start, bounds=bounds, method="newton")
    assert (str(found.status), found.method) == ("converged", "newton")
    assert found.value == pytest.approx(least, abs=1e-9)


def test_many_active_bounds():
    draw = np.random.default_rng(0).standard_normal
    held = {"c": draw(100), "w": np.exp(3 * draw(100))}
    loss = "sum((v - c)^2*w) + 0.1*sum((v[1:] - v[:-1])^2)"
    asked = {"start": {"v": np.zeros(100)}, "bounds": {"v": (-0.5, 0.5)}, "fix": held}
    found = adcli.descend(loss, method="newton", **asked)
    assert str(found.status) == "converged"
    assert found.iterations < 20
    other = adcli.descend(loss, method="lbfgs", **asked)
    assert found.point["v"] == pytest.approx(other.point["v"], abs=1e-6)


def test_a_fit_within_bounds():
    x = np.linspace(0, 3, 20)
    data = {"x": x, "y": 2 * np.exp(-x) + 0.3 + 0.02 * np.sin(9 * x)}
    asked = {"start": {"a": 1.0, "k": 1.0, "c": 0.5}, "bounds": {"k": (0, 0.8)}}
    found, usual = (
        adcli.fit("y ~ a*exp(-k*x) + c", data, method=m, **asked) for m in ("newton", None)
    )
    assert str(found.status) == "converged"
    assert found.point == pytest.approx(usual.point, rel=1e-8)
