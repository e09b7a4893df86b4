"""What a Newton step promises, and that a minimum in any units is one."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adcli.descent.decrement import newton_step
from adcli.descent.problem import Problem
from adcli.descent.run import descend
from adcli.descent.stopping import Iterate, Status
from adcli.function import function

EXAMPLES = Path(__file__).parents[2] / "examples"
NUMBERS = st.floats(-10, 10)


def promise(text: str, start: dict[str, Any], **options: Any) -> float:
    problem = Problem(function(text), start, **options)
    value, gradient = problem.value_and_gradient(problem.start)
    norm = float(np.linalg.norm(gradient))
    it = Iterate(0, problem.start, value, gradient, norm, 0.0, math.nan, 1)
    step = newton_step(problem, it)
    return step.promise if step is not None and step.definite else math.inf


@given(x=NUMBERS, y=NUMBERS, units=st.floats(-12, 12))
def test_of_a_quadratic_it_is_the_distance_to_the_minimum(x: float, y: float, units: float) -> None:
    unit = 10.0**units
    text = f"3 + (x - 1)^2 + 7(y*{unit!r} - 2x)^2"
    value = (x - 1) ** 2 + 7 * (y - 2 * x) ** 2
    found = promise(text, {"x": x, "y": y / unit})
    assert found == pytest.approx(value, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("x^2 - y^2", {"x": 1.0, "y": 1.0}),
        ("(x + y)^2", {"x": 1.0, "y": 1.0}),
        ("x", {"x": 1.0}),
    ],
)
def test_without_a_positive_definite_hessian_nothing_is_promised(
    text: str, start: dict[str, Any]
) -> None:
    assert promise(text, start) == math.inf


@pytest.mark.parametrize(
    "text",
    [
        "mean((y - (a*x + b))^2)",
        "z = a + b*x; mean(y*softplus(-z) + (1 - y)*softplus(z))",
        "sum(where(x > a, exp(b*x), x*a^3)) + sum(relu(a*x - b)^2)",
        "mean((y - tanh(expand(x, 1)@[[a, b]])@w)^2) + norm(w)^2",
        "mean(logsumexp(stack(a*x, b*y, w[0]*x*y), axis=0)) + a*b + prod(w)",
        "mean(x)*y[0]*a + b + w[0]*w[1]",
        "max(a*x) + std(b*y + x) + mean(x*w[0]^2) + w[1]",
    ],
)
def test_over_data_the_hessian_is_that_of_the_function(text: str) -> None:
    f = function(text)
    generator = np.random.default_rng(3)
    data = {"x": generator.normal(size=7), "y": generator.normal(size=7)}
    start: dict[str, Any] = {"a": 0.7, "b": -0.4, "w": np.array([0.3, -1.2])}
    start = {name: value for name, value in start.items() if name in f.inputs}
    problem = Problem(f, start, data={n: x for n, x in data.items() if n in f.inputs})
    _, blocks = f.hessian({**start, **problem.data}, wrt=problem.free)
    sizes = [np.size(start[name]) for name in problem.free]
    hessian = np.block(
        [
            [np.reshape(blocks[p][q], (m, n)) for q, n in zip(problem.free, sizes, strict=True)]
            for p, m in zip(problem.free, sizes, strict=True)
        ]
    )
    for _ in range(2):
        direction = generator.normal(size=problem.size)
        found = problem.curvature(problem.start, direction)
        assert found == pytest.approx(hessian @ direction, rel=1e-11, abs=1e-12)


def test_parameters_at_bounds_do_not_count() -> None:
    bounds = {"x": (1.0, math.inf)}
    assert promise("x^2 + (y - 2)^2", {"x": 1.0, "y": 0.0}, bounds=bounds) == pytest.approx(4)
    assert promise("x^2 + (y - 2)^2", {"x": 1.0, "y": 2.0}, bounds=bounds) == 0


def test_a_regression_in_odd_units_converges() -> None:
    """Its gradient cannot get to 1e-8, for float64 does not resolve the value so finely."""
    with (EXAMPLES / "orings.csv").open() as file:
        rows = [{name: float(cell) for name, cell in row.items()} for row in csv.DictReader(file)]
    text = "z = a + b*t; mean(y*softplus(-z) + (1 - y)*softplus(z))"
    rows = [row for row in rows if row["temperature"] != 75 or not row["damaged"]]
    data = {"t": [row["temperature"] for row in rows], "y": [row["damaged"] for row in rows]}
    result = descend(text, {"a": 0.0, "b": 0.0}, data=data)
    assert result.status is Status.CONVERGED
    assert result.point == pytest.approx({"a": 23.4033, "b": -0.361021}, rel=1e-5)
