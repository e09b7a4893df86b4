"""The update rules equal PyTorch's and optax's, on vectors and compiled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adcli.descent.monitor import Monitor
from adcli.descent.problem import Problem
from adcli.descent.rules import RULES, adam, rmsprop
from adcli.descent.schedules import SCHEDULES, Schedule
from adcli.descent.stepper import Stepper
from adcli.descent.stepping import Stepping, VectorLoop
from adcli.descent.stopping import Limits
from adcli.function import function

DATA = json.loads(Path(__file__).with_name("rule_data.json").read_text())
PROGRAM = "(1 - x)^2 + 100(y - x^2)^2 + (1 - y)^2 + 100(z - y^2)^2"
START = dict(zip("xyz", DATA["start"], strict=True))
NO_TESTS = Limits(max_iterations=100, gradient_tolerance=0.0)


def problem(**options: Any) -> Problem:
    return Problem(function(PROGRAM), START, **options)


def compiled_path(p: Problem, stepper: Stepper, steps: int) -> list[np.ndarray]:
    """Every fifth point of the compiled loop."""
    found = []

    class Fifth:
        def next(self, iteration: int) -> int:
            return -(-iteration // 5) * 5

        def see(self, iterate: Any) -> None:
            if iterate.iteration % 5 == 0:
                found.append(iterate.point)

    limits = Limits(max_iterations=steps, gradient_tolerance=0.0)
    Stepping(p, stepper).run(Monitor(p, limits, False, [Fifth()]))
    return found[1:]


def vector_path(p: Problem, stepper: Stepper, steps: int) -> list[np.ndarray]:
    """Every fifth point of the loop on vectors."""
    loop, block = VectorLoop(p, stepper), Stepping(p, stepper).block
    found = []
    for k in range(1, steps + 1):
        block = loop.run(block, k)
        if k % 5 == 0:
            found.append(np.array(block.point))
    return found


@pytest.mark.parametrize("path", [compiled_path, vector_path])
@pytest.mark.parametrize("name", DATA["rules"])
def test_a_hundred_steps_equal_the_reference(name: str, path: Any) -> None:
    entry = DATA["rules"][name]
    decay = entry["settings"].get("weight_decay", 0.0)
    stepper = Stepper(name.split(" with ")[0], Schedule(entry["rate"]), decay=decay)
    got = path(problem(), stepper, 100)
    np.testing.assert_allclose(got, entry["path"], rtol=1e-12, atol=1e-12)


def test_every_rule_has_reference_data() -> None:
    assert set(RULES) <= set(DATA["rules"])


def test_adam_without_its_first_mean_is_rmsprop_with_bias_correction() -> None:
    ours, other = adam(np, beta1=0.0, beta2=0.99), rmsprop(np, decay=0.99)
    a, b = ours.init(np.zeros(2)), other.init(np.zeros(2))
    for k in range(1, 20):
        gradient = np.array([1.0 + k, -0.5 * k])
        change, a = ours.step(gradient, a, 0.1)
        plain, b = other.step(gradient, b, 0.1)
        np.testing.assert_allclose(change, plain * np.sqrt(1 - 0.99**k), rtol=1e-6)


STEPPERS = [
    Stepper("gd", Schedule(1e-3, "step", every=7, factor=0.3)),
    Stepper("momentum", Schedule(1e-3, "exponential", every=20, factor=0.5, warmup=5)),
    Stepper("adam", Schedule(0.05, "cosine", every=60, warmup=10, floor=1e-3)),
    Stepper("nesterov", Schedule(1e-3, "inverse", every=10), clip_norm=2.0),
    Stepper("adamw", Schedule(1e-2), clip_value=0.5, decay=0.1),
    Stepper("gd", Schedule(1e-3), lower=np.array([-2.0, 0.3, -np.inf]), upper=np.full(3, 1.1)),
]


@pytest.mark.parametrize("stepper", STEPPERS, ids=lambda s: f"{s.method} {s.schedule.name}")
def test_the_compiled_loop_equals_the_one_on_vectors(stepper: Stepper) -> None:
    p = problem()
    p.lower, p.upper = stepper.lower, stepper.upper
    got, expected = compiled_path(p, stepper, 100), vector_path(p, stepper, 100)
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)


def test_schedules() -> None:
    def rates(*args: Any, **kwargs: Any) -> list[float]:
        schedule = Schedule(*args, **kwargs)
        return [float(schedule.at(np, float(t))) for t in (0, 5, 10, 20, 40)]

    assert rates(1.0) == [1.0] * 5
    assert rates(1.0, "step", every=10, factor=0.5) == [1.0, 1.0, 0.5, 0.25, 0.0625]
    assert rates(1.0, "exponential", every=10, factor=0.25) == [1.0, 0.5, 0.25, 0.0625, 0.25**4]
    assert rates(1.0, "inverse", every=10) == pytest.approx([1.0, 2 / 3, 1 / 2, 1 / 3, 1 / 5])
    cosine = rates(1.0, "cosine", every=20, floor=0.2)
    assert cosine == pytest.approx([1.0, 0.6 + 0.4 * np.sqrt(0.5), 0.6, 0.2, 0.2])
    assert rates(1.0, "cosine", every=20, warmup=10)[:3] == pytest.approx([0.1, 0.6, 1.0])
    assert set(SCHEDULES) == {"constant", "step", "exponential", "cosine", "inverse"}
