"""Minima under constraints: Hock and Schittkowski's problems, multipliers, and true statuses."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adcli.cli.descent_inputs import bound_pairs
from adcli.cli.inputs import assignments
from adcli.descent.constrained_result import ConstrainedResult
from adcli.descent.run import descend
from adcli.descent.stopping import Status
from adcli.errors import AdcliError, DomainError, LanguageError, UsageError

PROBLEMS = tomllib.loads(
    (Path(__file__).parent / "hock_schittkowski.toml").read_text(encoding="utf-8")
)
QUICK = ("7", "10", "13", "15", "22", "33", "39", "43", "55", "71", "72", "80", "86", "93", "99")
QUICK += ("104", "106", "107", "113", "118")
LOCAL = {"2", "16", "20", "55", "59", "61"}
"""Problems whose standard start leads to another local minimum, which the table lists."""


@cache
def solved(number: str) -> Any:
    problem = PROBLEMS[number]
    start = assignments((problem["start"],), "--start", None)
    bounds = bound_pairs((problem["bounds"],)) if "bounds" in problem else None
    return descend(problem["min"], start, bounds=bounds, constraints=problem.get("st", ()))


def is_at(value: float, known: float) -> bool:
    return abs(value - known) <= 1e-6 * max(1.0, abs(known))


@pytest.mark.parametrize(
    "number",
    [k if k in QUICK else pytest.param(k, marks=pytest.mark.slow) for k in PROBLEMS],
)
def test_known_minima_of_hock_and_schittkowski_are_reached(number: str) -> None:
    problem, result = PROBLEMS[number], solved(number)
    assert result.status is Status.CONVERGED, result.reason
    minima = problem["others"] if number in LOCAL else [problem["f"]]
    assert any(is_at(result.value, known) for known in minima), result
    if isinstance(result, ConstrainedResult):
        assert result.is_feasible
        assert not result.violated
        size = max([1.0, *np.abs(np.concatenate([np.ravel(g) for g in result.gradient.values()]))])
        assert result.kkt_residual <= 1e-5 * size


@pytest.mark.slow
def test_so_many_of_them_are_reached() -> None:
    reached = [is_at(solved(k).value, PROBLEMS[k]["f"]) for k in PROBLEMS]
    assert len(PROBLEMS) >= 107
    assert sum(reached) >= 101


MULTIPLIERS = [
    ("x^2 + y^2", ["x + y >= 1"], {"x + y >= 1": 1.0}),
    ("x^2 + y^2", ["1 <= x + y"], {"1 <= x + y": -1.0}),
    ("x^2 + y^2", ["-x - y <= -1"], {"-x - y <= -1": -1.0}),
    ("x^2 + y^2", ["x + y == 1"], {"x + y == 1": 1.0}),
    ("x^2 + y^2", ["2 >= x >= 1", "y == 3x"], {"2 >= x": 0.0, "x >= 1": 20.0, "y == 3x": 6.0}),
    ("(x - 3)^2 + y^2", ["[x, y] <= [1, 2]"], {"[x, y] <= [1, 2]": [-4.0, 0.0]}),
    ("t", ["x^2 + y^2 <= t", "x + y == 1", "t >= 0"], {"t >= 0": 0.0}),
]


@pytest.mark.parametrize(("program", "constraints", "multipliers"), MULTIPLIERS)
def test_multipliers_tell_how_the_value_changes_with_the_right_side(
    program: str, constraints: list[str], multipliers: dict[str, Any]
) -> None:
    start = {"x": 2.0, "y": 0.5, **({"t": 5.0} if program == "t" else {})}
    result = descend(program, start, constraints=constraints)
    assert isinstance(result, ConstrainedResult)
    assert result.status is Status.CONVERGED
    for text, multiplier in multipliers.items():
        assert np.allclose(result.multipliers[text], multiplier, atol=1e-7), result


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_neither_the_units_of_variables_nor_of_the_value_matter(scale: float) -> None:
    program, constraint = f"{scale}*(x*y)", f"x/{scale} + y == 2"
    result = descend(program, {"x": 0.4 * scale, "y": 5.0}, constraints=[constraint], maximize=True)
    assert result.status is Status.CONVERGED, result.reason
    assert result.point["x"] == pytest.approx(scale, rel=1e-7)
    assert result.point["y"] == pytest.approx(1.0, rel=1e-7)


STATUSES = [
    ("x + y^2", ["x >= 2", "x <= 1"], Status.STALLED, "'x >= 2' is violated by"),
    ("x", ["x^2 + y^2 <= -1"], Status.STALLED, "no point was found"),
    ("x^2", ["exp(x) + y^2 <= -1"], Status.STALLED, "no point was found"),
    ("-x - y", ["x <= y"], Status.DIVERGED, "without end"),
    ("-x*y", ["x == y"], Status.DIVERGED, "without end"),
    ("x + y", ["x <= 2"], Status.DIVERGED, "without end"),
    ("x*y", ["x + y == 1"], Status.DIVERGED, "without end"),
    ("y", ["y^3 >= x^2"], Status.STALLED, "no multipliers"),
    ("x^2 - y^2", ["y^2 <= 1", "x == 0"], Status.CONVERGED, "the constraints hold"),
    ("log(x) + 0*y", ["x >= -1"], Status.STALLED, "the constraints hold, but"),
    ("y*0 + x*0 + 3", ["x^2 + y^2 == 1"], Status.CONVERGED, "the constraints hold"),
]


@pytest.mark.parametrize(("program", "constraints", "status", "reason"), STATUSES)
def test_statuses_are_true(
    program: str, constraints: list[str], status: Status, reason: str
) -> None:
    result = descend(program, {"x": 1.0, "y": 0.5}, constraints=constraints)
    assert (result.status, reason in result.reason) == (status, True), result
    if program == "x^2 - y^2":  # not the saddle at y = 0
        assert result.value == pytest.approx(-1.0)


def test_a_saddle_at_the_start_is_left() -> None:
    result = descend("x^2 - y^2", {"x": 1.0, "y": 0.0}, constraints=["y^2 <= 4"])
    assert result.status is Status.CONVERGED
    assert result.value == pytest.approx(-4.0)


def test_limits_say_what_is_violated() -> None:
    options: dict[str, Any] = {"constraints": ["x*y == 2", "x + y <= 1"]}
    result = descend("x^2 + y", {"x": 5.0, "y": 5.0}, max_iterations=1, **options)
    assert result.status is Status.MAX_ITERATIONS
    assert "is violated by" in result.reason
    ended = descend("x^2 + y", {"x": 5.0, "y": 5.0}, interrupted=lambda: True, **options)
    assert ended.status is Status.INTERRUPTED
    told = descend("x^2 + y^2", {"x": 5.0, "y": 5.0}, constraints=["x >= 1"], target=20.0)
    assert told.status is Status.CONVERGED
    assert 1 < told.value <= 20


def test_trust_constr_agrees() -> None:
    start, options = {"x": [1.0, 5.0, 5.0, 1.0]}, {"bounds": {"x": (1.0, 5.0)}}
    constraints = ["prod(x) >= 25", "sum(x^2) == 40"]
    program = "x[0]*x[3]*sum(x[:3]) + x[2]"
    for method in ("slsqp", "trust-constr"):
        result = descend(program, start, constraints=constraints, method=method, **options)
        assert result.status is Status.CONVERGED
        assert result.value == pytest.approx(17.0140172891563, rel=1e-9)


def test_a_loss_over_rows_is_constrained() -> None:
    x = np.linspace(-1, 1, 50)
    y = 3 * x + 1
    options: dict[str, Any] = {"data": {"x": x, "y": y}, "constraints": ["a <= 2", "a + b == 4"]}
    result = descend("mean((y - (a*x + b))^2)", {"a": 0.0, "b": 0.0}, **options)
    assert isinstance(result, ConstrainedResult)
    assert result.status is Status.CONVERGED
    # (a - 3)^2 s + (b - 1)^2 with b = 4 - a is least at a = (3s + 3)/(s + 1) = 3, beyond a <= 2
    assert result.point == pytest.approx({"a": 2.0, "b": 2.0})
    assert result.active == ("a <= 2", "a + b == 4")


def test_a_program_that_defines_functions_is_seen_by_its_constraints() -> None:
    program = "r(u, v) = sqrt(u^2 + v^2); d = x - 1\nd^2 + y^2 # a comment"
    result = descend(program, {"x": 5.0, "y": 2.0}, constraints=["r(x, y) >= 2", "d >= 0 # too"])
    assert result.status is Status.CONVERGED
    assert result.point == pytest.approx({"x": 2.0, "y": 0.0}, abs=1e-9)
    ended = descend("f(x, y) = x^2 + y^2", {"x": 1.0, "y": 1.0}, constraints=["x + y == 1"])
    assert ended.value == pytest.approx(0.5)


def test_many_starts_prefer_what_is_feasible() -> None:
    constraints = ["x^2 >= 4", "x <= 3"]
    result = descend("x + x^4/100", {"x": 1.0}, constraints=constraints, starts=4, seed=1)
    assert isinstance(result, ConstrainedResult)
    assert len(result.starts) == 4
    assert result.is_feasible
    assert result.value == min(each.value for each in result.starts if each.is_feasible)


ERRORS: list[tuple[dict[str, Any], type[AdcliError], str]] = [
    ({"constraints": "x <= 1"}, UsageError, "one text"),
    ({"constraints": [1]}, UsageError, "a constraint is a text"),
    ({"constraints": ["q <= 1"]}, UsageError, "names 'q'"),
    ({"constraints": ["x"]}, LanguageError, "a constraint is a comparison"),
    ({"constraints": [""]}, LanguageError, "each constraint"),
    ({"constraints": ["x <= 1; y <= 1"]}, LanguageError, "each constraint"),
    ({"constraints": ["x <= 1, y <= 1"]}, LanguageError, "not several"),
    ({"constraints": ["not x <= 1"]}, LanguageError, "a constraint is a comparison"),
    ({"constraints": ["x <= 1 or y <= 1"]}, LanguageError, "a constraint is a comparison"),
    ({"constraints": ["x != 1"]}, LanguageError, "not equal"),
    ({"constraints": ["1 <= 2"]}, LanguageError, "nothing to vary"),
    ({"constraints": ["[x, y] <= [1, 2, 3]"]}, LanguageError, "shapes"),
    ({"constraints": ["x <= "]}, LanguageError, "a value is missing"),
    ({"constraints": ["log(-x) <= 1"]}, DomainError, "log"),
    ({"constraints": ["x <= 1"], "method": "adam"}, UsageError, "takes no constraints"),
    ({"constraints": ["x <= 1"], "rate": 0.1}, UsageError, "takes no constraints"),
    ({"constraints": ["x = 1"]}, LanguageError, "each constraint"),
    ({"constraints": ["x <= 1"], "rates": [0.1, 1.0]}, UsageError, "no rates"),
    ({"constraints": ["x <= 1"], "errors": True}, UsageError, "standard errors"),
    ({"constraints": ["x <= 1"], "checkpoint": "f"}, UsageError, "no checkpoints"),
    ({"method": "slsqp"}, UsageError, "is for constraints"),
]


@pytest.mark.parametrize(("options", "kind", "message"), ERRORS)
def test_what_cannot_be_meant_is_an_error(
    options: dict[str, Any], kind: type[AdcliError], message: str
) -> None:
    with pytest.raises(kind, match=message):
        descend("x*y", {"x": 1.0, "y": 3.0}, **options)


def test_large_problems_are_solved() -> None:
    n = 201
    weights = np.arange(1.0, n + 1)
    options: dict[str, Any] = {"fix": {"w": weights}, "constraints": ["sum(x) == 1", "x[0] <= 0.1"]}
    result = descend("sum(w*x^2)", {"x": np.full(n, 1.0 / n)}, **options)
    assert result.status is Status.CONVERGED
    assert result.method == "trust-constr"
    found = np.array(result.point["x"])
    assert found[0] == pytest.approx(0.1)
    assert found.sum() == pytest.approx(1.0, rel=1e-12)
    assert np.ptp((weights * found)[1:]) <= 1e-9  # the multiplier of the sum, over 2
