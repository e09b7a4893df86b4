"""Terms of the next order, and trials: closed forms, and the examples of JCGM 101:2008."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import adcli
from adcli.errors import AdcliError, DomainError
from adcli.uncertainty.monte_carlo import coverage_interval

A = 0.1
SECOND = [
    ("x^2", {"x": f"0±{A}"}, math.sqrt(2) * A**2, A**2),
    ("x^2", {"x": f"0±{A} uniform"}, math.sqrt(4 / 45) * A**2, A**2 / 3),
    ("x^2", {"x": f"0±{A} triangular"}, math.sqrt(7 / 180) * A**2, A**2 / 6),
    ("x^2", {"x": f"0±{A} arcsine"}, math.sqrt(1 / 8) * A**2, A**2 / 2),
    ("x^2", {"x": f"3±{A}"}, math.sqrt(36 * A**2 + 2 * A**4), 9 + A**2),
    ("x*y", {"x": "0±0.5", "y": "0±0.25"}, 0.125, 0.0),
    ("x*y", {"x": "2±0.5", "y": "3±0.25"}, math.sqrt(2.25 + 0.25 + 0.125**2), 6.0),
    ("sum(v^2)", {"v": "[0±1, 0±2]"}, math.sqrt(2 + 32), 5.0),
    ("dot(v, w)", {"v": "[1, 2]±0.1", "w": "[3, 0]±0.2"}, None, 3.0),
    ("x^3", {"x": "2±0.1"}, math.sqrt(144 * 0.01 + (72 + 72) * 1e-4), 8 + 6 * 0.01),
    ("x^3", {"x": "2±0.1 uniform"}, None, 8 + 6 * 0.01 / 3),
    ("exp(x)", {"x": "1±0.01"}, math.sqrt(math.expm1(1e-4) * math.exp(2 + 1e-4)), None),
]
"""Program, point, the standard deviation and the mean, where these have closed forms: of squares
and products they are exact."""


@pytest.mark.parametrize(("program", "at", "u", "mean"), SECOND)
def test_second_order(
    program: str, at: dict[str, Any], u: float | None, mean: float | None
) -> None:
    (result,) = adcli.propagate(program, at, order=2).results
    if u is not None:
        rel = 1e-6 if "exp" in program else 1e-12
        assert result.standard_uncertainty == pytest.approx(u, rel=rel)
    if mean is not None:
        assert result.higher is not None
        assert result.value + result.higher.shift == pytest.approx(mean, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize(("program", "at"), [(p, at) for p, at, u, _ in SECOND])
def test_second_order_is_near_the_trials(program: str, at: dict[str, Any]) -> None:
    found = adcli.propagate(program, at, order=2, monte_carlo=100_000)
    (result,), sampled = found.results, found.monte_carlo
    assert sampled is not None
    expected = sampled.results[0].standard_uncertainty
    assert result.standard_uncertainty == pytest.approx(expected, rel=0.015)


def test_correlated_second_order() -> None:
    """Of x*y at 0 the variance is (1 + r²) u²v² and the mean r u v."""
    found = adcli.propagate("x*y", {"x": "0±2", "y": "0±3"}, correlation={("x", "y"): 0.5})
    (result,) = found.results
    assert result.order == 2
    assert result.standard_uncertainty == pytest.approx(6 * math.sqrt(1.25), rel=1e-12)
    assert result.higher is not None
    assert result.higher.shift == pytest.approx(3.0)


@pytest.mark.parametrize(
    "program",
    [
        "sin(x*y) + exp(z*x)*y^2 + x^3",
        "x^y*cosh(z)",
        "hypot(x, y)/(2 + z)",
        "erf(x*z)*log(1 + y^2)",
    ],
)
def test_second_order_is_its_formula(program: str) -> None:
    """With all derivatives one by one, for correlated inputs."""
    values, u = {"x": 0.5, "y": 1.2, "z": -0.3}, np.array([0.15, 0.2, 0.25])
    r = np.array([[1, 0.6, -0.4], [0.6, 1, 0.1], [-0.4, 0.1, 1]])
    v = r * np.outer(u, u)
    f = adcli.function(program)
    first = [f.derivative(i) for i in "xyz"]
    second = [[g.derivative(j) for j in "xyz"] for g in first]
    gradient = np.array([g.value(values) for g in first])
    curvature = np.array([[h.value(values) for h in row] for row in second])
    third = np.array([[[h.derivative(k).value(values) for k in "xyz"] for h in s] for s in second])
    variance = gradient @ v @ gradient + np.trace(curvature @ v @ curvature @ v) / 2
    variance += np.einsum("i,ijk,jk", v @ gradient, third, v)
    found = adcli.propagate(program, values, covariance=("xyz", v), order=2).results[0]
    assert found.standard_uncertainty == pytest.approx(math.sqrt(variance), rel=1e-12)
    assert found.higher is not None
    assert found.higher.shift == pytest.approx(np.trace(curvature @ v) / 2, rel=1e-12)


def test_end_gauge_to_second_order() -> None:
    """GUM H.1.7: terms of 11.7 nm and 1.7 nm make 34 nm of 32 nm."""
    at = {
        "ls": adcli.Measured(50_000_623, 25),
        "d": adcli.Measured(215, 9.7),
        "as": adcli.Measured(11.5e-6, 1.2e-6),
        "th": adcli.Measured(-0.1, 0.41),
        "da": adcli.Measured(0, 0.58e-6),
        "dth": adcli.Measured(0, 0.029),
    }
    (result,) = adcli.propagate("ls + d - ls*(da*th + as*dth)", at, order=2).results
    assert f"{result.first_order:.0f}" == "32"
    assert f"{result.standard_uncertainty:.0f}" == "34"
    assert result.higher is not None
    assert math.sqrt(result.higher.variance) == pytest.approx(math.hypot(11.7, 1.7), rel=0.02)


def test_where_there_is_no_second_order() -> None:
    found = adcli.propagate("x^1.5", {"x": "0±0.5"})
    assert found.results[0].reason is not None
    with pytest.raises(DomainError):
        adcli.propagate("x^1.5", {"x": "0±0.5"}, order=2)
    with pytest.raises(DomainError, match="not real"):
        adcli.propagate("sin(x)", {"x": "0±2"}, order=2)
    assert adcli.propagate("sin(x)", {"x": "0±2"}).standard_uncertainty == 2


def sampled(program: str, at: Any, trials: Any = 400_000, **options: Any) -> tuple[Any, Any]:
    """A result, and what the trials say of it."""
    found = adcli.propagate(program, at, monte_carlo=trials, **options)
    assert found.monte_carlo is not None
    return found.results[0], found.monte_carlo.results[0]


SUM = "x1 + x2 + x3 + x4"
ONE, TEN = math.sqrt(3), 10 * math.sqrt(3)
ADDITIVE = [
    ("normal", (1, 1, 1, 1), (-3.92, 3.92), (-3.92, 3.92), True),
    ("uniform", (ONE, ONE, ONE, ONE), (-3.92, 3.92), (-3.88, 3.88), True),
    ("uniform", (ONE, ONE, ONE, TEN), (-19.9, 19.9), (-17.0, 17.0), False),
]
"""JCGM 101:2008, 9.2, tables 2 to 4: half-widths, the interval of the GUM, that of the trials."""


@pytest.mark.parametrize(("kind", "widths", "gum", "trials", "validates"), ADDITIVE)
def test_additive(kind: str, widths: Any, gum: Any, trials: Any, validates: bool) -> None:
    at = {f"x{k}": f"0±{w} {kind}" for k, w in enumerate(widths, 1)}
    result, found = sampled(SUM, at, 1_000_000)
    digits = 0.025 if max(widths) < 5 else 0.07
    assert result.interval == pytest.approx(gum, abs=digits)
    assert found.interval == pytest.approx(trials, abs=digits)
    assert found.validates is validates
    assert found.tolerance == 0.05 if max(widths) < 5 else 0.5


POWER = [
    (0.000, 0.0, (0.0, 0.0), 50, 50, (0, 150)),
    (0.010, 100.0, (-96, 296), 150, 112, (0, 367)),
    (0.050, 500.0, (1520, 3480), 2551, 502, (1590, 3543)),
]
"""JCGM 101:2008, 9.4, table 6, in units of 1e-6: x1, u and interval of the first order; mean, u and
the shortest interval by trials."""


@pytest.mark.parametrize(("x", "u", "gum", "mean", "spread", "shortest"), POWER)
def test_power_meters(
    x: float, u: float, gum: Any, mean: float, spread: float, shortest: Any
) -> None:
    at = {"x1": adcli.Measured(x, 0.005), "x2": adcli.Measured(0.0, 0.005)}
    result, found = sampled("x1^2 + x2^2", at, order=1, interval="shortest")
    assert 1e6 * result.standard_uncertainty == pytest.approx(u, abs=0.5)
    assert [1e6 * end for end in result.interval] == pytest.approx(gum, abs=0.5)
    assert 1e6 * found.mean == pytest.approx(mean, abs=1.5)
    assert 1e6 * found.standard_uncertainty == pytest.approx(spread, abs=1.5)
    assert [1e6 * end for end in found.interval] == pytest.approx(shortest, abs=6)
    assert not found.validates
    second = adcli.propagate("x1^2 + x2^2", at, order=2).standard_uncertainty
    assert 1e6 * second == pytest.approx(spread, abs=1.0)


def test_correlated_power_meters() -> None:
    """JCGM 101:2008, 9.4.3, table 7: r = 0.9."""
    for x, u in ((0.0, 67), (0.01, 121), (0.05, 505)):
        at = {"x1": adcli.Measured(x, 0.005), "x2": adcli.Measured(0.0, 0.005)}
        _, found = sampled("x1^2 + x2^2", at, 200_000, correlation={("x1", "x2"): 0.9})
        assert 1e6 * found.standard_uncertainty == pytest.approx(u, abs=1.5)


def test_distributions_have_their_uncertainties() -> None:
    at = {
        "x": "0±2 uniform",
        "y": "1±2 triangular",
        "z": "2±2 arcsine",
        "t": "3±2 df=9",
        "n": "4(2)",
    }
    found = adcli.propagate("x, y, z, t, n", at, monte_carlo=100_000, seed=3)
    assert found.monte_carlo is not None
    expected = [2 / math.sqrt(3), 2 / math.sqrt(6), 2 / math.sqrt(2), 2 * math.sqrt(9 / 7), 2]
    spreads = [x.standard_uncertainty for x in found.monte_carlo.results]
    assert spreads == pytest.approx(expected, rel=0.015)
    assert [x.mean for x in found.monte_carlo.results] == pytest.approx([0, 1, 2, 3, 4], abs=0.02)
    off = found.monte_carlo.covariance - np.diag(np.diag(found.monte_carlo.covariance))
    assert np.abs(off).max() < 0.03


def test_trials_are_those_of_their_seed() -> None:
    first, again, other = (
        sampled("exp(x)", {"x": "1±0.1"}, 20_000, seed=seed)[1].interval for seed in (1, 1, 2)
    )
    assert first == again != other


def test_adaptive_trials_reach_their_tolerance() -> None:
    found = adcli.propagate("x + y", {"x": "1±0.1", "y": "2±0.2"}, monte_carlo="auto")
    trials = found.monte_carlo
    assert trials is not None
    assert trials.is_stable
    (result,) = trials.results
    assert result.validates
    assert result.standard_uncertainty == pytest.approx(math.hypot(0.1, 0.2), abs=0.0005)


def test_trials_beyond_the_domain_are_counted() -> None:
    found = adcli.propagate("log(x)", {"x": "1±0.4"}, monte_carlo=50_000)
    assert found.monte_carlo is not None
    assert found.monte_carlo.failed == pytest.approx(50_000 * 0.00621, rel=0.2)
    with pytest.raises(DomainError, match="no finite value"):
        adcli.propagate("log(x)", {"x": "1e-3±1"}, monte_carlo=1000)


@pytest.mark.parametrize("trials", [0, 99, 1.5, "many", 1e11, math.nan, True])
def test_numbers_of_trials_that_are_none(trials: Any) -> None:
    with pytest.raises(AdcliError):
        adcli.propagate("x", {"x": "1±0.1"}, monte_carlo=trials)


def test_more_trials_than_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures of parts are averaged: the memory does not grow with the number of trials."""
    at = {"x": "1±0.1", "y": "2±0.3 uniform"}
    whole = sampled("x*y", at, 100_000)[1]
    monkeypatch.setattr("adcli.uncertainty.monte_carlo.KEPT", 10_000)
    monkeypatch.setattr("adcli.uncertainty.monte_carlo.BLOCK_NUMBERS", 10_000)
    parts = sampled("x*y", at, 100_000)[1]
    assert parts.mean == pytest.approx(whole.mean, abs=0.003)
    assert parts.standard_uncertainty == pytest.approx(whole.standard_uncertainty, rel=0.02)
    assert parts.interval == pytest.approx(whole.interval, abs=0.01)
    assert parts.end_errors == pytest.approx(whole.end_errors, rel=0.5)


def test_verdicts() -> None:
    """A few trials decide nothing; many confirm a line, and refute a curve."""
    assert sampled("x", {"x": "1±0.1"}, 200)[1].validates is None
    assert sampled("x", {"x": "1±0.1"}, 200_000)[1].validates is True
    assert sampled("exp(x)", {"x": "1±0.5"}, 2000)[1].validates is False


def test_intervals() -> None:
    """JCGM 101:2008, 7.7: of 100 values in order."""
    values = np.arange(100.0) ** 2
    assert coverage_interval(values, 0.9, "symmetric") == (25.0, 9025.0)
    assert coverage_interval(values, 0.9, "shortest") == (0.0, 8100.0)
