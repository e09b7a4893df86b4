"""Engines run what a program is; the public face above them gives the same."""

from __future__ import annotations

import numpy as np
import pytest

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
