"""Programs that are too large for many digits and for a run a component."""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np
import pytest

from adcli.comparison.compare import GIVEN, Comparison, error_of
from adcli.comparison.function_at_point import FunctionAtPoint
from adcli.comparison.large import compare_by_size, is_large, sample_of
from adcli.comparison.methods import CENTRAL_DIFFERENCES, FORWARD_AD, FORWARD_DIFFERENCES
from adcli.function import function
from tests.terminal import run_here

SQUARES = "sum(x^2)"
ROSENBROCK = "sum(100*(x[1:] - x[:-1]^2)^2 + (1 - x[:-1])^2)"
MANY = 30_000


def run(program: str, **options: Any) -> Comparison:
    point = options.pop("point", {"x": np.linspace(0.5, 1.5, options.pop("n", MANY))})
    return compare_by_size(function(program), point, measure=False, **options)


@pytest.mark.parametrize("program", [SQUARES, ROSENBROCK, "sum(abs(x))/norm(x)"])
def test_a_hundred_thousand_inputs_take_seconds(program: str) -> None:
    begin = time.process_time()
    n = 100_000
    found = run(program, n=n)
    assert time.process_time() - begin < 20  # 1.5 on a machine that is not busy; 26 minutes once
    assert not found.wrong
    assert found.sample is not None
    for method, error in zip(found.methods, found.errors, strict=True):
        if method.name == FORWARD_DIFFERENCES:
            assert method.evaluations == n + 1
        if method.is_sampled:
            assert method.gradient is not None
            assert len(method.gradient) == len(found.sample)
            assert error is not None
            assert error < 1e-2
    assert found.along is not None
    assert found.along.difference < 1e-5


def test_what_is_said_of_a_sample_is_right() -> None:
    shown = run_here(["compare", SQUARES, "--at", f"x=range({MANY})/{MANY}", "--no-times"]).stdout
    words = " ".join(shown.split())
    assert "were run for 100 of 30,000 components, drawn at random" in words
    assert "in all 30,000 components, forward AD in the 100 of the sample" in words
    assert "right digits" not in words  # nothing was computed in 50 digits
    assert " exact " not in words


def test_the_record_says_what_was_sampled() -> None:
    at = f"x=range({MANY})/{MANY}"
    shown = run_here(["compare", SQUARES, "--at", at, "--no-times", "--format", "json"]).stdout
    record = json.loads(shown)
    by_name = {method["method"]: method for method in record["methods"]}
    assert by_name[CENTRAL_DIFFERENCES]["sampled"]
    assert list(by_name[FORWARD_AD]["gradient"]) == record["sample"]
    assert len(by_name["reverse AD"]["gradient"]) == MANY
    assert record["against"] == "symbolic, float64"


def test_a_wrong_component_outside_the_sample_is_found() -> None:
    gradient = 2 * np.linspace(0.5, 1.5, MANY)
    assert not run(SQUARES, given={"x": gradient}).wrong
    gradient[7_777] *= 1.001
    found = run(SQUARES, given={"x": gradient})
    assert [(w.method, w.component.label) for w in found.wrong] == [(GIVEN, "x[7777]")]
    assert error_of(found) is not None


@pytest.mark.parametrize(
    ("slope", "is_right"), [(0.0, True), (-1.0, True), (0.7, True), (1.1, False)]
)
def test_any_subgradient_is_right_at_a_kink(slope: float, is_right: bool) -> None:
    x = np.linspace(-1.0, 1.0, MANY + 1)
    assert x[MANY // 2] == 0
    gradient = np.sign(x)
    gradient[MANY // 2] = slope
    found = run("sum(abs(x))", point={"x": x}, given={"x": gradient})
    assert (not found.wrong) == is_right
    assert "is at a kink" in found.remarks[0]


def test_few_inputs_over_many_rows_are_all_looked_at() -> None:
    x = np.linspace(0, 1, 60_000)
    found = run("mean((y - a*x)^2)", point={"x": x, "y": 3 * x, "a": 2.0}, wrt=["a"])
    assert found.sample is None
    assert found.along is not None
    assert not found.wrong


@pytest.mark.parametrize(
    ("program", "point", "large"),
    [
        (SQUARES, {"x": np.ones(1000)}, False),
        (SQUARES, {"x": np.ones(10_000)}, True),
        ("sum(W)*s", {"W": np.ones((300, 300)), "s": 1.0}, True),
        ("x*y", {"x": 1.0, "y": 2.0}, False),
    ],
)
def test_the_sample_is_the_same_each_time(program: str, point: Any, large: bool) -> None:
    problem = FunctionAtPoint(function(program), point)
    assert is_large(problem) == large
    if large:
        assert sample_of(problem) == sample_of(problem)


def test_several_variables_are_sampled_by_their_own_places() -> None:
    draw = np.random.default_rng(0)
    point = {"W": draw.normal(size=(200, 300)), "s": 1.5, "v": draw.normal(size=300)}
    found = run("s*sum(W@v) + sum(v^3)", point=point)
    assert found.sample is not None
    assert not found.wrong
    errors = dict(zip([m.name for m in found.methods], found.errors, strict=True))
    assert errors[CENTRAL_DIFFERENCES] is not None
    assert errors[CENTRAL_DIFFERENCES] < 1e-6


def test_differences_are_swept_over_the_sample() -> None:
    found = run(SQUARES, epsilons=[1e-1, 1e-2, 1e-3])
    assert found.sweep is not None
    assert found.sweep.errors["forward"] == pytest.approx([0.1, 0.01, 0.001], rel=0.7)
