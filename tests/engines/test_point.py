"""Engines run what a program is; the public face above them gives the same."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf

import adcli
from adcli.ad.tasks import Task
from adcli.engines.columns import Column
from adcli.engines.point import compute_point
from adcli.engines.rows import compute_rows
from adcli.graph.program import Program
from adcli.language import parse

TEXT = "x*y + sin(x)"
POINT = {"x": 0.5, "y": 3.0}
TASK = Task("gradient", wrt=["x", "y"])


@pytest.mark.parametrize("engine", ["auto", "python", "numpy", "llvm"])
def test_a_program_runs_at_a_point_and_over_rows(engine: str) -> None:
    program = parse(TEXT)
    assert type(program) is Program
    value, rest = compute_point(program, POINT, TASK, engine).nested()
    assert (value, rest["gradient"]) == adcli.function(TEXT).value_and_gradient(POINT)
    columns = {name: Column(np.full(20, x), True) for name, x in POINT.items()}
    found = compute_rows(program, columns, 20, TASK, stop=True, engine=engine).fields
    assert np.allclose(found["value",], value, rtol=1e-15, atol=0)
    assert np.allclose(found["gradient", "y"], 0.5, rtol=1e-15, atol=0)


@pytest.mark.parametrize("kind", ["value", "gradient", "directional", "jacobian", "hessian"])
def test_a_task_says_which_results_it_has(kind: str) -> None:
    direction = POINT if kind == "directional" else None
    task = Task(
        kind, wrt=[] if kind in ("value", "directional") else ["x", "y"], direction=direction
    )
    assert list(compute_point(parse(TEXT), POINT, task).by_path) == task.paths


@pytest.mark.parametrize(
    ("given", "digits"),
    [
        (Fraction(1, 3), "0.33333333333333333333333333333333333333333"),
        (Decimal("0.1234567890123456789012345"), "0.1234567890123456789012345"),
        (10**30 + 1, "1000000000000000000000000000001"),
        (mp.pi, "3.1415926535897932384626433832795028841972"),
        (mpf(0.5), "0.5"),
        (np.int64(3), "3"),
        (0.1, "0.1"),
        (np.float32(0.1), "0.10000000149011612"),
    ],
)
def test_numbers_keep_their_digits(given: Any, digits: str) -> None:
    with mp.workdps(60):
        found = adcli.function("x").value({"x": given}, precision=40)
        found_in_array = adcli.function("sum(v)").value({"v": [given, 0]}, precision=40)
        assert abs(found / mpf(digits) - 1) < 1e-39
        assert found_in_array == found


@pytest.mark.parametrize(
    "text", ["log_softmax([x, 2])[0]", "max(x, 1) == x", "std([x, x, max(x, 0)])"]
)
def test_numbers_of_more_digits_than_are_at_work_are_rounded_first(text: str) -> None:
    f = adcli.function(text)
    with mp.workdps(80):
        for x in (+mp.pi, mp.sqrt(7), mpf(1) / 3 + 2):
            assert abs(f.value({"x": x}, precision=15) - f.value({"x": x}, precision=60)) < 1e-15
