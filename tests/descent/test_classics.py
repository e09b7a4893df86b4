"""The classic problems reach their known minima with the defaults, and by each strong method."""

from __future__ import annotations

import math
from functools import cache

import pytest

from adcli.descent.minimise import Result
from adcli.descent.run import descend
from adcli.descent.stopping import Status
from tests.descent.classics import CLASSICS, Classic


def solved(problem: Classic, result: Result) -> bool:
    """Within 1e-5 of a known minimum; where that is 0, within 1e-8 of it."""
    for known in problem.minima:
        if abs(result.value - known) <= (1e-5 * abs(known) if known else 1e-8):
            return True
    return False


@cache
def default_result(number: int) -> Result:
    """The result with the defaults."""
    problem = CLASSICS[number - 1]
    return descend(problem.program, problem.start)


def test_there_are_25_and_their_values_at_the_start_are_those_of_the_paper() -> None:
    assert [problem.number for problem in CLASSICS] == list(range(1, 26))
    rosenbrock, roth = CLASSICS[:2]
    assert descend(rosenbrock.program, rosenbrock.start, max_iterations=0).value == pytest.approx(
        24.2
    )
    assert descend(roth.program, roth.start, max_iterations=0).value == pytest.approx(400.5)


@pytest.mark.parametrize("problem", CLASSICS, ids=lambda p: p.name)
def test_the_defaults_reach_the_minimum(problem: Classic) -> None:
    result = default_result(problem.number)
    assert solved(problem, result), result
    assert math.isfinite(result.gradient_norm)
    assert result.status in (Status.CONVERGED, Status.STALLED)
    assert result.iterations < 1000


def test_at_most_two_of_the_minima_are_called_stalled() -> None:
    results = [default_result(problem.number) for problem in CLASSICS]
    assert sum(result.status is not Status.CONVERGED for result in results) <= 2


@pytest.mark.parametrize("method", ["newton", "newton-cg"])
@pytest.mark.parametrize("problem", CLASSICS, ids=lambda p: p.name)
def test_newton_reaches_the_minimum(problem: Classic, method: str) -> None:
    result = descend(problem.program, problem.start, method=method)
    assert solved(problem, result), result
    if method == "newton-cg":
        assert result.status is Status.CONVERGED, result.reason
