"""Descents: how they stop, what they keep to, and what they say."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import adcli
from adcli.descent.diagnosis import largest_curvature
from adcli.descent.minimise import Result
from adcli.descent.monitor import Watcher
from adcli.descent.problem import Problem
from adcli.descent.run import descend
from adcli.descent.settings import METHODS
from adcli.descent.stopping import Status
from adcli.errors import DomainError, LanguageError, UsageError
from adcli.function import function

ROSENBROCK = "(1 - x)^2 + 100(y - x^2)^2"
START = {"x": -1.2, "y": 1.0}
BOWL = "(x - 1)^2 + 2(y + 3)^2"
RATES = {"adagrad": 1.0, "adadelta": 50.0, "lion": 1e-3, "gd": None, "cg": None, "lbfgs": None}


def ways(name: str) -> dict[str, Any]:
    """Options by which a method gets near the bottom of the bowl in 2,000 iterations."""
    if name in ("cg", "lbfgs", "newton", "newton-cg", "gd"):
        return {"method": name}
    return {"method": name, "rate": RATES.get(name, 0.05)}


@pytest.mark.parametrize("name", METHODS)
def test_every_method_finds_the_bottom_of_a_bowl(name: str) -> None:
    result = adcli.descend(BOWL, {"x": 0.0, "y": 0.0}, max_iterations=20_000, **ways(name))
    assert result.point["x"] == pytest.approx(1, abs=2e-3)
    assert result.point["y"] == pytest.approx(-3, abs=2e-3)
    assert result.method == name
    assert result.history[0].iteration == 0
    assert result.history[-1].iteration == result.iterations
    assert result.value == adcli.function(BOWL).value(result.point)


@pytest.mark.parametrize("name", METHODS)
def test_maximising_is_minimising_the_negative(name: str) -> None:
    options = {**ways(name), "max_iterations": 50}
    up = descend(f"-({BOWL})", {"x": 0.0, "y": 0.0}, maximize=True, **options)
    down = descend(BOWL, {"x": 0.0, "y": 0.0}, **options)
    assert up.value == -down.value
    assert up.point == down.point
    assert up.gradient == {name: -x for name, x in down.gradient.items()}
    assert [it.value for it in up.history] == [-it.value for it in down.history]


class Evaluations(Watcher):
    """Records every point at which a problem is evaluated."""

    def begin(self, problem: Problem) -> None:
        self.points: list[Any] = []
        inner = problem.value_and_gradient

        def noting(point: Any) -> Any:
            self.points.append(np.array(point))
            return inner(point)

        problem.value_and_gradient = noting  # type: ignore[misc]


@pytest.mark.parametrize("name", [name for name in METHODS if name != "newton"])
@pytest.mark.parametrize("text", [ROSENBROCK, ROSENBROCK + " + sum([x, y])*0"])
def test_bounds_are_never_left(name: str, text: str) -> None:
    watcher = Evaluations()
    bounds = {"x": (-1.3, 0.5), "y": (0.2, math.inf)}
    result = descend(
        *(text, START), bounds=bounds, watchers=[watcher], max_iterations=500, **ways(name)
    )
    points = np.array([*watcher.points, *[it.point for it in result.history]])
    assert (points[:, 0] >= -1.3).all()
    assert (points[:, 0] <= 0.5).all()
    assert (points[:, 1] >= 0.2).all()


@pytest.mark.parametrize("name", ["gd", "cg", "lbfgs", "newton-cg", "adam"])
def test_the_minimum_on_a_bound_is_found(name: str) -> None:
    result = descend(ROSENBROCK, START, bounds={"x": (-2, 0.5)}, max_iterations=20_000, method=name)
    assert result.status is Status.CONVERGED
    assert result.point == pytest.approx({"x": 0.5, "y": 0.25}, abs=1e-6)
    assert result.gradient_norm <= 1e-6


def stopped(**options: Any) -> Result:
    return descend(ROSENBROCK, START, **{"rate": 1e-3, "max_iterations": 100_000, **options})


def test_each_test_stops_with_its_figure() -> None:
    assert "gradient norm 0.001 is at most 0.001" in stopped(gradient_tolerance=1e-3).reason
    found = stopped(value_tolerance=1e-3)
    assert found.status is Status.CONVERGED
    assert "of itself, at most 0.001" in found.reason
    assert "of its norm, at most 1e-06" in stopped(point_tolerance=1e-6).reason
    assert stopped(target=0.5).value <= 0.5
    assert "reached the target 0.5" in stopped(target=0.5).reason
    late = stopped(max_seconds=0.05, gradient_tolerance=0, rate=1e-9, max_iterations=10**9)
    assert late.status is Status.MAX_ITERATIONS
    assert "time limit of 0.05 seconds" in late.reason
    few = stopped(max_iterations=7)
    assert (few.status, few.iterations) == (Status.MAX_ITERATIONS, 7)


@pytest.mark.parametrize("text", [ROSENBROCK, ROSENBROCK + " + sum([x, y])*0"])
@pytest.mark.parametrize(
    "options", [{"value_tolerance": 1e-3}, {"point_tolerance": 1e-5}, {"gradient_tolerance": 0.1}]
)
def test_the_compiled_loop_stops_where_the_other_does(text: str, options: dict[str, Any]) -> None:
    one, other = stopped(**options), descend(text, START, rate=1e-3, max_iterations=9999, **options)
    assert one.iterations == other.iterations
    assert one.reason == other.reason


def test_no_further_progress_is_stalled() -> None:
    result = descend("(x - 3)^2", {"x": 0.0}, rate=0.25, gradient_tolerance=0)
    assert result.status is Status.STALLED
    assert result.point == {"x": 3.0}
    kink = descend("max(abs(x), abs(y - x)) + abs(y - 3)", {"x": 3.0, "y": 1.0}, method="newton")
    assert kink.status is Status.STALLED
    assert "at a kink of abs, max" in kink.reason


def test_a_flat_value_at_a_minimum_is_converged() -> None:
    """The gradient norm cannot reach 1e-8 where the value is 1e10."""
    result = descend("1e10 + 1e8(x - 3)^2 + cosh(y - 1)*1e8", {"x": 0.0, "y": 0.0})
    assert result.status is Status.CONVERGED, result


def test_divergence_is_explained() -> None:
    grown = descend(ROSENBROCK, START, rate=0.1)
    assert grown.status is Status.DIVERGED
    assert grown.value == pytest.approx(24.2)
    assert "rate 0.1 > 2/L = 0.00133, where L = 1.51e+03" in grown.reason
    domain = descend("sqrt(x)", {"x": 1.0}, rate=1.0)
    assert domain.status is Status.DIVERGED
    assert "sqrt(-0.207107) is nan" in domain.reason
    assert domain.point["x"] > 0
    endless = descend("3*(x1^2 + x2*x3)", {"x1": 2.0, "x2": 3.0, "x3": 4.0})
    assert endless.status is Status.DIVERGED
    assert "falls without end" in endless.reason
    assert "curvature -3" in endless.reason
    rising = descend("x*y", {"x": 2.0, "y": 1.0}, maximize=True)
    assert "rises without end" in rising.reason


def test_an_infinity_is_never_the_best() -> None:
    for method in ("momentum", "gd", "lbfgs", "cg", "newton"):
        rate = 3.0 if method == "momentum" else None
        result = descend("y/2 - 2.94^y + 0*x", {"x": 1.0, "y": 1.0}, method=method, rate=rate)
        assert result.status is Status.DIVERGED
        assert math.isfinite(result.value)
        assert math.isfinite(result.gradient_norm)


@pytest.mark.parametrize(
    "text",
    [
        "max(where((x + x)^0.5 > 0, x, 2.74*(y*x)), abs(x)) + 0*y",
        "asin(tanh(y)) - (x - x)^y",
        "x - 2 + where(sqrt(y) > 0, y, tanh(x/2))",
    ],
)
def test_newton_ends_where_second_derivatives_do_not_help(text: str) -> None:
    result = descend(text, {"x": 1.5, "y": 1.7}, method="newton", max_iterations=300)
    assert math.isfinite(result.value)


def test_the_largest_curvature_is_the_largest_eigenvalue() -> None:
    p = Problem(function("3x^2 - 5y^2 + x*y + z"), {"x": 1.0, "y": 1.0, "z": 0.0})
    hessian = np.array([[6, 1, 0], [1, -10, 0], [0, 0, 0]])
    largest = largest_curvature(p, p.start)
    assert largest == pytest.approx(np.linalg.eigvalsh(hessian)[-1], rel=1e-4)
    smallest = largest_curvature(p, p.start, -1.0)
    assert smallest == pytest.approx(-np.linalg.eigvalsh(hessian)[0], rel=1e-4)


LOOSE = {"gradient_tolerance": 1e-8}
SADDLE = "; this is a saddle point: the curvature is -2 in one direction; start elsewhere"


@pytest.mark.parametrize(
    ("text", "start", "options", "against"),
    [
        ("x^2 - y^2", {"x": 1.0, "y": 0.0}, {}, SADDLE),
        ("x^2 - y^2", {"x": 1.0, "y": 0.0}, {"fix": {"y": 0.0}, "start": {"x": 1.0}}, ""),
        (
            *("x^2 - y^2", {"x": 1.0, "y": 0.0}, {"bounds": {"y": (0.0, 1.0)}}),
            "; this is not a minimum: the value at y=1e-08 is lower by 1e-16; start elsewhere",
        ),
        ("x^2 - y^2", {"x": 1.0, "y": 0.0}, {"bounds": {"y": (-1.0, 1.0)}}, SADDLE),
        ("sum(v^2) - 2*v[0]^2", {"v": [0.0, 1.0]}, {}, SADDLE),
        ("3 - y^2", {"y": 0.0}, {}, "; this is a maximum: the curvature is -2; start elsewhere"),
        (
            *("y^2 + x^2", {"x": 0.0, "y": 0.0}, {"maximize": True}),
            "; this is a minimum: the curvature is 2 in one direction; start elsewhere",
        ),
        (
            *("x^3 - y^2", {"x": 0.0, "y": 0.0}, {}),
            "; this is not a minimum: the curvature is -2 in one direction; start elsewhere",
        ),
        ("x^4 + y^2", {"x": 0.0, "y": 1.0}, {}, ""),
        (
            *("x^3 + 0*y", {"x": 0.0, "y": 1.0}, {}),
            "; this is not a minimum: the value at x=-1e-08 is lower by 1e-24; start elsewhere",
        ),
        (
            *("abs(y) - x^2", {"x": 0.0, "y": 0.0}, {}),
            "; this is not a minimum: the curvature is -2 in one direction; start elsewhere",
        ),
        # minima at kinks, of which the Hessian sees the smooth rest
        ("abs(x) - x^2/10", {"x": 0.0}, {}, ""),
        ("max(x, -x) - x^2/10 + y^2", {"x": 0.0, "y": 1.0}, {}, ""),
        ("abs(x) + abs(y) - x*y", {"x": 0.0, "y": 0.0}, {}, ""),
        ("1 - abs(x) + x^2", {"x": 0.0}, {"maximize": True}, ""),
        # rounding
        ("x^4 - 4.4*x^3 + 7.26*x^2 - 5.324*x + 1.4641", {"x": 1.1}, {}, ""),
        # plateaus and small scales: the stationary point is elsewhere
        ("1e-10*cos(x)", {"x": 1.0}, LOOSE, ""),
        ("1 - exp(-x^2)", {"x": 5.0}, LOOSE, ""),
        ("x^2/(1 + x^2)", {"x": 1e5}, LOOSE, ""),
        ("1/(1 + exp(-x))", {"x": 40.0}, LOOSE, ""),
        ("1e-9*(cos(x) + x^2*y^2)", {"x": 1.0, "y": 1.0}, LOOSE, ""),
        (
            "1e-10*cos(x)",
            {"x": 0.0},
            {},
            "; this is a maximum: the curvature is -1e-10; start elsewhere",
        ),
    ],
)
def test_stationary_points_that_are_no_minima(
    text: str, start: dict[str, Any], options: dict[str, Any], against: str
) -> None:
    result = descend(text, **{"start": start, "rate": 0.1, "method": "gd", **options})
    assert result.status is Status.CONVERGED
    assert result.reason.partition("at most 1e-08")[2] == against


@pytest.mark.parametrize(
    ("text", "start", "tolerance"),
    [
        ("(x*y - 1)^2", {"x": 2.0, "y": 3.0}, 1e-3),
        ("(x^2 + y^2 - 1)^2", {"x": 0.5, "y": 0.5}, 1e-4),
    ],
)
def test_a_valley_is_no_saddle_point(text: str, start: dict[str, float], tolerance: float) -> None:
    result = descend(text, start, method="gd", rate=0.01, gradient_tolerance=tolerance)
    assert result.reason.endswith(f"is at most {tolerance:g}")


def test_a_target_is_no_claim_of_a_minimum() -> None:
    result = descend("x^2 - y^2", {"x": 1.0, "y": 0.0}, rate=0.1, method="gd", target=0.5)
    assert result.reason.endswith("the target 0.5")


def test_array_programs_hold_and_free_variables() -> None:
    a, b = np.array([[1.0, 2.0], [3.0, 4.0], [0.0, 1.0]]), np.array([1.0, 2.0, 3.0])
    result = descend("sum((A@v + c - b)^2)", {"v": np.zeros(2), "c": 0.0}, fix={"A": a, "b": b})
    expected = np.linalg.lstsq(np.column_stack([a, np.ones(3)]), b, rcond=None)[0]
    np.testing.assert_allclose(result.point["v"], expected[:2], atol=1e-6)
    assert result.point["c"] == pytest.approx(expected[2], abs=1e-6)
    assert set(result.gradient) == {"v", "c"}
    assert result.labels == ["v[0]", "v[1]", "c"]


def test_many_starts_are_repeatable_and_sorted() -> None:
    text, start = "sin(3x) + x^2/10", {"x": 4.0}
    one, other = (descend(text, start, starts=8, seed=3) for _ in range(2))
    assert one.point == other.point
    values = [each.value for each in one.starts]
    assert values == sorted(values)
    assert len(values) == 8
    assert one.value == values[0] < descend(text, start).value
    assert descend(text, start, starts=8, seed=4).starts[-1].point != one.starts[-1].point
    boxed = descend(text, start, starts=8, bounds={"x": (3.0, 5.0)})
    assert all(3 <= each.point["x"] <= 5 for each in boxed.starts)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("x", [1.7e308, -1.7e308])
def test_many_starts_stay_inside_the_range(x: float) -> None:
    result = descend("1/x", {"x": x}, starts=20, max_iterations=3)
    assert all(math.isfinite(each.point["x"]) for each in result.starts)


def test_only_the_best_of_many_starts_keeps_its_history() -> None:
    result = descend("sin(3x) + x^2/10", {"x": 4.0}, starts=5)
    assert len(result.history) > 1
    assert [each.history for each in result.starts] == [[]] * 5
    assert result.starts[0].point == result.point


def test_the_time_limit_holds_for_all_starts_together() -> None:
    result = descend("sum((v - 1)^2)", {"v": np.zeros(3)}, starts=100_000, max_seconds=0.05)
    assert 1 <= len(result.starts) < 1000
    left_out = f"; the time limit of 0.05 seconds left {100_000 - len(result.starts):,} starts out"
    assert result.reason.endswith(left_out)


@pytest.mark.parametrize(("starts", "size"), [(10**9, 1), (10**6, 10), (1000, 10**6)])
def test_more_starts_than_anybody_waits_for_are_refused(starts: int, size: int) -> None:
    with pytest.raises(UsageError, match=f"{starts:,} starts are too many"):
        descend("sum(v^2)", {"v": np.ones(size)}, starts=starts)


def test_a_long_history_is_thin() -> None:
    result = stopped(gradient_tolerance=0, max_iterations=50_000)
    marks = [it.iteration for it in result.history]
    assert marks[:101] == list(range(101))
    assert marks[-3:] == [48_000, 49_000, 50_000]
    assert len(marks) == 101 + 90 + 90 + 40


@pytest.mark.parametrize(
    ("error", "message", "options"),
    [
        (UsageError, "the rate is nan", {"rate": math.nan}),
        (UsageError, "the rate is -1", {"rate": -1.0}),
        (UsageError, "unknown method 'adamm'", {"method": "adamm"}),
        (UsageError, "unknown schedule 'cosin'", {"schedule": "cosin"}),
        (UsageError, "unknown line search 'wolf'", {"method": "cg", "line_search": "wolf"}),
        (UsageError, "no start for the variable 'y'", {"start": {"x": 1.0}}),
        (UsageError, "no variable 'z'", {"start": {"x": 1.0, "y": 1.0, "z": 1.0}}),
        (UsageError, "hold no number", {"bounds": {"x": (1, 0)}}),
        (UsageError, "nothing to vary", {"start": {}, "fix": START}),
        (UsageError, "started and fixed", {"fix": {"x": 1.0}}),
        (UsageError, "is not finite", {"start": {"x": math.inf, "y": 1.0}}),
        (UsageError, "takes no rate", {"method": "lbfgs", "rate": 0.1}),
        (UsageError, "the target is not a number", {"target": math.nan}),
        (UsageError, "the point tolerance is -1", {"point_tolerance": -1.0}),
        (UsageError, "no setting 'weight'", {"weight": 1}),
        (UsageError, "the clip norm is 0", {"rate": 1.0, "clip_norm": 0.0}),
        (LanguageError, "an array of shape", {"text": "[x, y]"}),
        (UsageError, "a loss is one number", {"text": "x, y"}),
        (DomainError, r"log\(-1.2\) is nan", {"text": "log(x) + y"}),
    ],
)
def test_what_cannot_be_meant_is_refused(
    error: type[Exception], message: str, options: dict[str, Any]
) -> None:
    options = {"start": START, **options}
    with pytest.raises(error, match=message):
        descend(options.pop("text", ROSENBROCK), options.pop("start"), **options)
