"""Losses with kinks: test problems of the literature, quantile regression, lasso; true statuses."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adcli.descent.minimise import Result
from adcli.descent.run import descend
from adcli.descent.stopping import Status

ENGEL = Path(__file__).parents[2] / "examples" / "engel.csv"

_SHOR = """b = [1, 5, 10, 2, 4, 3, 1.7, 2.5, 6, 3.5]
A = [[0, 0, 0, 0, 0], [2, 1, 1, 1, 3], [1, 2, 1, 1, 2], [1, 4, 1, 2, 2], [3, 2, 1, 0, 1],
  [0, 2, 1, 0, 1], [1, 1, 1, 1, 1], [1, 0, 1, 2, 1], [0, 0, 2, 1, 0], [1, 1, 2, 0, 0]]
max(b*sum((x - A)^2, axis=1))"""
_ROSEN = """f = x1^2 + x2^2 + 2x3^2 + x4^2 - 5x1 - 5x2 - 21x3 + 7x4
a = x1^2 + x2^2 + x3^2 + x4^2 + x1 - x2 + x3 - x4 - 8
b = x1^2 + 2x2^2 + x3^2 + 2x4^2 - x1 - x4 - 10
c = 2x1^2 + x2^2 + x3^2 + 2x1 - x2 - x4 - 5
max(f, f + 10a, f + 10b, f + 10c)"""
_TWENTY = [float(k if k <= 10 else -k) for k in range(1, 21)]


def _start(*numbers: float) -> dict[str, float]:
    return {f"x{k}": x for k, x in enumerate(numbers, 1)}


PROBLEMS: list[tuple[str, str, dict[str, Any], float]] = [
    (
        "CB2",
        "max(x1^2 + x2^4, (2 - x1)^2 + (2 - x2)^2, 2exp(x2 - x1))",
        _start(1, -0.1),
        1.9522244938706,
    ),
    ("CB3", "max(x1^4 + x2^2, (2 - x1)^2 + (2 - x2)^2, 2exp(x2 - x1))", _start(2, 2), 2.0),
    ("DEM", "max(5x1 + x2, -5x1 + x2, x1^2 + x2^2 + 4x2)", _start(1, 1), -3.0),
    (
        "QL",
        "r = x1^2 + x2^2; max(r, r + 10(4 - 4x1 - x2), r + 10(6 - x1 - 2x2))",
        _start(-1, 5),
        7.2,
    ),
    ("LQ", "max(-x1 - x2, -x1 - x2 + x1^2 + x2^2 - 1)", _start(-0.5, -0.5), -(2**0.5)),
    ("Mifflin1", "-x1 + 20max(x1^2 + x2^2 - 1, 0)", _start(0.8, 0.6), -1.0),
    ("Mifflin2", "r = x1^2 + x2^2 - 1; -x1 + 2r + 1.75abs(r)", _start(-1, -1), -1.0),
    ("Rosen", _ROSEN, _start(0, 0, 0, 0), -44.0),
    ("Shor", _SHOR, {"x": [0.0, 0, 0, 0, 1]}, 22.6001620957709),
    ("MAXQ", "max(x^2)", {"x": _TWENTY}, 0.0),
    ("MAXL", "max(abs(x))", {"x": _TWENTY}, 0.0),
    (
        "L1HILB",
        "i = range(20); sum(abs((1/(reshape(i, [20, 1]) + i + 1))@x))",
        {"x": [1.0] * 20},
        0,
    ),
    (
        "crescent",
        "r = x1^2 + (x2 - 1)^2; max(r + x2 - 1, -r + x2 + 1)",
        _start(-1.5, 2),
        0.0,
    ),
    ("nested", "max(abs(x1), 2max(x2, 1 - x2) + abs(x1 - x2))", _start(3, 2), 1.0),
]
"""Name, program, start and minimum. Source: L. Luksan, J. Vlcek, Test Problems for Nonsmooth
Unconstrained and Linearly Constrained Optimization, report V-798, Institute of Computer Science,
Prague 2000; MAXL and L1HILB there too, the last of 50 variables; crescent: Kiwiel 1985. The last
one is ours."""


@pytest.mark.parametrize(
    ("program", "start", "known"),
    [
        pytest.param(*p[1:], id=p[0], marks=[pytest.mark.slow] if p[0] == "MAXL" else [])
        for p in PROBLEMS
    ],
)
def test_known_minima_are_reached(program: str, start: dict[str, Any], known: float) -> None:
    result = descend(program, start)
    assert result.status is Status.CONVERGED, result.reason
    assert result.value == pytest.approx(known, abs=1e-7 * max(1.0, abs(known)))


@pytest.mark.parametrize("name", ["CB3", "Rosen", "Shor"])
def test_a_maximum_has_kinks_too(name: str) -> None:
    (_, program, start, known), *_ = [p for p in PROBLEMS if p[0] == name]
    *lines, last = program.split("\n")
    result = descend("\n".join([*lines, f"-({last})"]), start, maximize=True)
    assert result.status is Status.CONVERGED
    assert result.value == pytest.approx(-known, abs=1e-7)


FORMS = (
    "mean(max(q*r, (q - 1)*r))",
    "mean(where(r >= 0, q*r, (q - 1)*r))",
    "mean(0.5abs(r) + (q - 0.5)*r)",
    "mean(r*(q - (r < 0)))",
    "mean(q*relu(r) + (1 - q)*relu(-r))",
)
LINES = {
    0.1: (110.14157420494848, 0.4017657593034804),
    0.5: (81.48224741693612, 0.5601805512094195),
    0.9: (67.35087208012978, 0.6862994803719054),
}
"""Intercept and slope of food expenditure by income, by quantile: linear programs solved by HiGHS
(scipy 1.17). The data are those of Koenker and Bassett (1982), Engel's, as in the datasets of
statsmodels, whose quantreg agrees to its 8 digits."""


def engel() -> dict[str, Any]:
    with ENGEL.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("q", LINES)
def test_quantile_regression_is_exact(q: float, form: str) -> None:
    program = f"r = foodexp - (a + b*income)\n{form}"
    result = descend(program, {"a": 0.0, "b": 0.0}, fix={"q": q}, data=engel())
    assert result.status is Status.CONVERGED, result.reason
    assert (result.point["a"], result.point["b"]) == pytest.approx(LINES[q], rel=1e-9)


def lasso(weight: float, start: float) -> tuple[Result, Any]:
    generator = np.random.default_rng(3)
    x = generator.normal(size=(60, 8)) @ np.diag([1, 10, 0.1, 1, 1, 3, 1, 1])
    y = x @ np.array([3, 0, 20, 0, -2, 0, 0, 0.1]) + generator.normal(size=60)
    program = f"mean((y - x@b)^2)/2 + {weight}*sum(abs(b))"
    result = descend(program, {"b": np.full(8, start)}, data={"x": x, "y": y})
    return result, x.T @ (y - x @ np.array(result.point["b"])) / 60


@pytest.mark.parametrize("start", [0.0, 5.0])
@pytest.mark.parametrize("weight", [0.01, 0.1, 1.0, 3.0, 100.0])
def test_lasso_meets_its_conditions(weight: float, start: float) -> None:
    result, correlations = lasso(weight, start)
    assert result.status is Status.CONVERGED, result.reason
    b = np.array(result.point["b"])
    held = np.abs(b) <= 1e-9 * np.abs(b).max(initial=1e-300)
    assert np.abs(correlations).max() <= weight * (1 + 1e-6)
    assert correlations[~held] == pytest.approx(weight * np.sign(b[~held]), rel=1e-6)


@pytest.mark.parametrize(
    ("program", "start", "known"),
    [
        ("abs(x - 1) + abs(x + y) + (y - 2)^2/2", {"x": 4.0, "y": 4.0}, None),
        ("max(x, -2x) + max(y, z, -y - z)", {"x": 1.0, "y": 2.0, "z": 3.0}, 0.0),
        ("sum(max([x - 1, y + 1, 0]*2, [0, x, 1 - x])) + abs(y)/3", {"x": 3.0, "y": 1.0}, None),
        ("max(abs(A@v - [1, 2, 3]))", {"v": [0.0, 0.0]}, None),
        ("max(max([x^2, y^2, x + y + 3]), 3 - x)", {"x": 3.0, "y": 1.0}, None),
        ("sum(max([[x, y], [y, 1 - x]], axis=1)^2)", {"x": 3.0, "y": 1.0}, None),
    ],
)
def test_no_point_around_a_minimum_is_lower(
    program: str, start: dict[str, Any], known: float | None
) -> None:
    fix = {"A": [[1, 2], [3, 4], [5, 7]]} if "A@" in program else {}
    result = descend(program, start, fix=fix)
    assert result.status is Status.CONVERGED, result.reason
    if known is not None:
        assert result.value == pytest.approx(known, abs=1e-9)
    names = list(start)
    generator = np.random.default_rng(0)
    for size in (1e-6, 1e-3, 1.0):
        for _ in range(50):
            near = {
                n: np.array(result.point[n]) + size * generator.normal(size=np.shape(start[n]))
                for n in names
            }
            value = descend(program, near, fix=fix, max_iterations=0).value
            assert value >= result.value - 1e-12 * max(1.0, abs(result.value))


def test_what_is_no_minimum_is_not_called_one() -> None:
    result = descend("-abs(x) + x^2*0", {"x": 1.0})
    assert result.status is Status.DIVERGED
    saddle = descend("max(x, -2x) - y^2 + y^4", {"x": 0.5, "y": 0.0})
    assert saddle.value == pytest.approx(-0.25) or saddle.status is not Status.CONVERGED


def test_a_descent_that_stands_still_beside_kinks_goes_on_by_linear_programs() -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(60, 30))
    y = x @ np.where(np.arange(30) < 5, 3.0, 0.0) + generator.normal(size=60)
    program = "mean((y - x@b)^2)/2 + 0.1*sum(abs(b))"
    result = descend(program, {"b": np.zeros(30)}, data={"x": x, "y": y})
    assert result.status is Status.CONVERGED
    assert result.iterations < 2000
    b = np.array(result.point["b"])
    correlations = x.T @ (y - x @ b) / 60
    assert np.abs(correlations).max() <= 0.1 * (1 + 1e-9)
    assert correlations[b != 0] == pytest.approx(0.1 * np.sign(b[b != 0]), rel=1e-9)
