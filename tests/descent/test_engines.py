"""Descents by every engine: the same way, in Python, on arrays and as machine code."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import adcli
from adcli.descent import fused, stopping
from adcli.descent.monitor import Recorder
from adcli.descent.problem import Problem
from adcli.descent.rules import RULES
from adcli.descent.settings import Settings
from adcli.descent.stopping import Iterate, Iterates, Limits
from adcli.engines.llvm.compiled_loop import differs
from adcli.engines.llvm.machine import host
from adcli.errors import UsageError
from adcli.graph.expand import expanded
from tests.programs import Program, scalar_programs

ROSENBROCK = "(1 - x)^2 + 100(y - x^2)^2"
BY_RATE = {name: 1e-4 if name in ("gd", "momentum", "nesterov") else 1e-2 for name in RULES}


def _as_compared(result: adcli.Result) -> object:
    """All of a result but the time it took."""
    iterates = [(it.iteration, it.value, it.norm, it.point.tolist()) for it in result.history]
    return dataclasses.replace(result, seconds=0.0, history=[]), iterates


@pytest.mark.parametrize("method", RULES)
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"schedule": "cosine", "warmup": 10.0, "clip_norm": 1.0},
        {"clip_value": 0.5, "bounds": {"x": (-2.0, 0.5)}, "point_tolerance": 1e-9},
        {"value_tolerance": 1e-12, "target": 0.1},
    ],
)
def test_machine_code_goes_the_way_of_python_bit_for_bit(
    method: str, settings: dict[str, object]
) -> None:
    found = [
        adcli.descend(
            ROSENBROCK,
            {"x": -1.2, "y": 1.0},
            method=method,
            rate=BY_RATE[method],
            max_iterations=3000,
            engine=engine,
            **settings,
        )
        for engine in ("python", "llvm")
    ]
    assert _as_compared(found[0]) == _as_compared(found[1])


def test_a_long_descent_changes_over_to_machine_code(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    made = fused._machine_code
    monkeypatch.setattr(fused, "_machine_code", lambda loop: calls.append(1) or made(loop))
    limits = {"max_iterations": 300_000, "gradient_tolerance": 0.0}
    found = [
        adcli.descend(
            ROSENBROCK, {"x": -1.2, "y": 1.0}, method="adam", rate=1e-4, engine=engine, **limits
        )
        for engine in ("python", "auto")
    ]
    assert calls == [1]
    assert _as_compared(found[0]) == _as_compared(found[1])


class Everything(Recorder):
    """Keeps iterates as they come, and says how many came one by one."""

    def __init__(self) -> None:
        self.rows: list[tuple[Any, ...]] = []
        self.alone = 0

    def see(self, it: Iterate) -> None:
        self.alone += 1
        self.rows.append(
            (it.iteration, it.value, it.norm, it.step, *it.point.tolist(), *it.gradient.tolist())
        )

    def see_many(self, iterates: Iterates) -> None:
        vectors = (*iterates.points.T, *iterates.gradients.T)
        columns = (iterates.values, iterates.norms, iterates.steps, *vectors)
        numbers = zip(*[column.tolist() for column in columns], strict=True)
        self.rows += [(k, *row) for k, row in enumerate(numbers, iterates.first)]


@pytest.mark.parametrize("bounds", [{}, {"x": (-2.0, 0.5)}])
@pytest.mark.parametrize("method", ["gd", "adam"])
def test_every_iterate_is_recorded(method: str, bounds: dict[str, Any]) -> None:
    """By loops in Python and in machine code as by vectors, which take one step at a time."""
    found = []
    for engine in ("numpy", "python", "llvm"):
        watcher = Everything()
        adcli.descend(
            ROSENBROCK,
            {"x": -1.2, "y": 1.0},
            method=method,
            rate=1e-4,
            engine=engine,
            bounds=bounds,
            watchers=[watcher],
            max_iterations=3_000,
        )
        assert [row[0] for row in watcher.rows] == list(range(3_001))
        assert (watcher.alone < 300) == (engine != "numpy")  # a history looks at some
        found.append(watcher.rows)
    assert found[1] == found[2]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-9, atol=1e-12)


@given(scalar_programs(), st.sampled_from(sorted(RULES)), st.integers(1, 5))
def test_loops_of_random_programs_agree(program: Program, method: str, steps: int) -> None:
    """One block of the loop in Python and as machine code, from the same state."""
    f = adcli.function(program.text)
    assume(f.variables)
    problem = Problem(f, {name: program.point[name] for name in f.variables})
    settings = Settings(method=method, rate=0.01)
    stepper = settings.stepper(problem)
    assert stepper is not None
    checks = stopping.Tests(Limits(), problem.value_and_gradient(problem.start)[0], 1.0, False)
    loop = fused.FusedLoop(problem, stepper, checks)
    state = stepper.rule(np).init(problem.start)
    block = fused.LoopState(0, problem.start, state)
    plain = loop.run(block, steps)
    compiled = fused._machine_code(loop._loop)
    if compiled is None:
        order = f.graph.reach(expanded(f.graph, problem.order))
        assert any(differs(f.graph.ops[i]) for i in order)
        return
    loop._run = compiled
    fast = loop.run(block, steps)
    np.testing.assert_equal(vars(fast), vars(plain))


def test_losses_over_rows_are_the_same_by_every_engine() -> None:
    rng = np.random.default_rng(3)
    x = rng.uniform(0, 3, 20_001)
    y = 2 * np.exp(-0.7 * x) + 0.3 + 0.1 * rng.normal(size=len(x))
    text, start = "mean((y - (a*exp(-b*x) + c))^2)", {"a": 1.0, "b": 1.0, "c": 0.0}
    found = [
        adcli.descend(text, start, data={"x": x, "y": y}, engine=engine)
        for engine in ("numpy", "llvm", "auto")
    ]
    for result in found[1:]:
        assert result.status == "converged"
        assert result.value == pytest.approx(found[0].value, rel=1e-12)
        assert result.point == pytest.approx(found[0].point, rel=1e-7)


@pytest.mark.parametrize(
    ("engine", "message"),
    [("python", "the python engine has no arrays"), ("lvm", "descend has no engine 'lvm'")],
)
def test_engines_that_cannot(engine: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        adcli.descend("sum((v - 1)^2)", {"v": np.zeros(3)}, engine=engine)


def test_a_maximum_held_values_and_a_machine_that_is_there() -> None:
    assert host().lanes in (2, 4, 8)
    result = adcli.descend(
        "c - (x - 1)^2",
        {"x": 0.0},
        fix={"c": 3.0},
        maximize=True,
        rate=0.1,
        engine="llvm",
        max_iterations=500,
    )
    assert result.status == "converged"
    assert result.value == pytest.approx(3.0)
