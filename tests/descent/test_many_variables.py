"""Descents of thousands of variables: L-BFGS and truncated Newton."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

import adcli
from adcli.descent.limited_memory import CurvaturePairs, LimitedMemory
from adcli.descent.problem import Problem
from adcli.descent.settings import MANY, Settings
from adcli.descent.stopping import Status
from adcli.descent.trust_region import conjugate_steps

CHAINED = "sum(100*(x[1:] - x[:-1]^2)^2 + (1 - x[:-1])^2)"
METHODS = ["lbfgs", "newton-cg"]


def standard_start(n: int) -> Any:
    return np.tile([-1.2, 1.0], n // 2)


def convex(n: int) -> tuple[str, dict[str, Any], Any]:
    """A strictly convex function, a start, and bounds that hold about half of its minimum."""
    rng = np.random.default_rng(n)
    low = rng.normal(size=n)
    return "sum(exp(x) - 1.2*x) + 0.5*sum((x[1:] - x[:-1])^2)", {"x": low + 1}, low


def test_the_own_lbfgs_takes_over_where_variables_are_many() -> None:
    for n, kind in ((MANY - 2, "Library"), (MANY, "LimitedMemory")):
        problem = Problem(adcli.function(CHAINED), {"x": standard_start(n)})
        assert type(Settings().build(problem)).__name__ == kind


def test_two_loops_are_the_product_with_the_inverse_of_bfgs() -> None:
    rng = np.random.default_rng(0)
    n, pairs = 7, CurvaturePairs(7, 3)
    hessian = np.diag(np.arange(1.0, n + 1))
    kept = []
    for _ in range(5):
        moved = rng.normal(size=n)
        pairs.add(moved, hessian @ moved)
        kept = [*kept, (moved, hessian @ moved)][-3:]
    moved, turned = kept[-1]
    inverse = np.eye(n) * (moved @ turned) / (turned @ turned)
    for s, y in kept:
        v = np.eye(n) - np.outer(y, s) / (s @ y)
        inverse = v.T @ inverse @ v + np.outer(s, s) / (s @ y)
    gradient = rng.normal(size=n)
    np.testing.assert_allclose(pairs.direction(gradient), -inverse @ gradient, rtol=1e-12)


@pytest.mark.parametrize(("radius", "at_edge"), [(1e3, False), (0.5, True)])
def test_conjugate_steps_promise_what_the_model_gives(radius: float, at_edge: bool) -> None:
    rng = np.random.default_rng(1)
    a = rng.normal(size=(20, 20))
    hessian, slope = a @ a.T + np.eye(20), rng.normal(size=20)
    for h in (hessian, hessian - 30 * np.eye(20)):  # the second curves down
        step = conjugate_steps(lambda d, h=h: h @ d, slope, radius, 1e-10, 100, lambda: False)
        model = slope @ step.change + step.change @ h @ step.change / 2
        assert step.promise == pytest.approx(-model, rel=1e-9)
        if at_edge or h is not hessian:
            assert step.is_at_edge
            assert np.linalg.norm(step.change) == pytest.approx(radius, rel=1e-12)
        else:
            np.testing.assert_allclose(h @ step.change, -slope, atol=1e-8)


@pytest.mark.parametrize("method", METHODS)
def test_a_bounded_minimum_is_that_of_scipy(method: str) -> None:
    text, start, low = convex(2 * MANY)
    bounds = {"x": (low, None)}
    result = adcli.descend(text, start, method=method, bounds=bounds)
    assert result.status is Status.CONVERGED
    assert (result.point["x"] >= low).all()
    held = result.point["x"] == low
    assert 100 < np.count_nonzero(held) < len(low) - 100
    problem = Problem(adcli.function(text), start)
    sides = [(x, None) for x in low]
    settings = {"maxiter": 5000, "maxfun": 50_000, "ftol": 0, "gtol": 1e-9}
    known = minimize(
        problem.value_and_gradient, start["x"], jac=True, bounds=sides, options=settings
    )
    assert result.value == pytest.approx(known.fun, rel=1e-12)
    np.testing.assert_allclose(result.point["x"], known.x, atol=1e-6)
    assert (result.gradient["x"][held] >= -1e-9).all()


@pytest.mark.parametrize("method", METHODS)
def test_the_chained_rosenbrock_function_is_solved(method: str) -> None:
    n = MANY if method == "newton-cg" else 4 * MANY
    start = standard_start(n) if method == "newton-cg" else 1 + 0.1 * np.sin(np.arange(n))
    result = adcli.descend(CHAINED, {"x": start}, method=method)
    assert result.status is Status.CONVERGED, result.reason
    assert result.value <= 1e-12
    assert result.iterations < (1.5 * n if method == "newton-cg" else 500)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("bounded", [False, True])
def test_a_resumed_run_goes_on_bit_for_bit(method: str, bounded: bool, tmp_path: Path) -> None:
    path = tmp_path / "run.ckpt"
    start = {"x": standard_start(MANY)}
    bounds: dict[str, Any] = {"bounds": {"x": (-0.5, 0.9)}} if bounded else {}
    whole = adcli.descend(CHAINED, start, method=method, max_iterations=60, **bounds)
    adcli.descend(*(CHAINED, start), method=method, max_iterations=33, checkpoint=path, **bounds)
    rest = adcli.descend(*(CHAINED, start), method=method, max_iterations=60, resume=path, **bounds)
    assert rest.iterations == whole.iterations
    assert rest.value == whole.value
    np.testing.assert_array_equal(rest.point["x"], whole.point["x"])


@pytest.mark.parametrize("method", METHODS)
def test_limits_and_targets_end_it(method: str) -> None:
    start = {"x": standard_start(MANY)}
    late = adcli.descend(CHAINED, start, method=method, max_seconds=1e-3)
    assert late.status is Status.MAX_ITERATIONS
    assert "time limit" in late.reason
    found = adcli.descend(CHAINED, start, method=method, target=1200.0)
    assert found.status is Status.CONVERGED
    assert found.value <= 1200
    up = adcli.descend(f"-({CHAINED})", start, method=method, target=-1200.0, maximize=True)
    assert up.value == -found.value


def test_a_history_of_very_many_variables_is_shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    from adcli.descent import limited_memory

    monkeypatch.setattr(limited_memory, "ROOM", 10_000)
    problem = Problem(adcli.function("sum(x^2)"), {"x": np.ones(1000)})
    assert len(LimitedMemory(problem).pairs.moved) == 5


@pytest.mark.parametrize("method", METHODS)
def test_a_value_that_falls_without_end_is_no_minimum(method: str) -> None:
    result = adcli.descend("sum(x) + sum(x^3)", {"x": np.full(MANY, -1.0)}, method=method)
    assert result.status is Status.DIVERGED


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("unit", [1e-290, 1e-160, 1e160, 1e290])
def test_the_unit_of_the_value_does_not_matter(method: str, unit: float) -> None:
    start = {"x": np.linspace(0.5, 1.5, MANY)}
    text = "sum((x - 1)^2*(1 + x^2))"
    result = adcli.descend(f"({text})*{unit}", start, method=method)
    assert result.status is Status.CONVERGED, result.reason
    np.testing.assert_allclose(result.point["x"], 1, atol=1e-6)


@pytest.mark.slow
def test_a_million_variables_take_the_memory_of_their_history() -> None:
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    n = 1_000_000
    result = adcli.descend(CHAINED, {"x": standard_start(n)}, max_iterations=30)
    assert result.value < n
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_500_000  # KiB
