"""Random programs by random methods: a finite result or one of our errors, never anything else."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from adcli.descent.run import descend
from adcli.descent.settings import METHODS
from adcli.descent.stopping import Status
from adcli.errors import AdcliError

FUNCTIONS = (
    *("sin", "cos", "exp", "log", "sqrt", "abs", "tanh", "relu", "log1p", "sigmoid", "floor"),
    *("gamma", "asin", "cbrt"),
)
RUNS = 40


def program(rng: random.Random, depth: int) -> str:
    """A program in x and y."""
    if depth == 0 or rng.random() < 0.15:
        return rng.choice(["x", "y", "x", "y", f"{rng.uniform(-3, 3):.2f}", "2"])
    first, second = program(rng, depth - 1), program(rng, depth - 1)
    return rng.choice(
        [
            f"{rng.choice(FUNCTIONS)}({first})",
            f"where({first} > 0, {second}, {program(rng, depth - 1)})",
            f"max({first}, {second})",
            f"({first})^{rng.choice(['2', '3', 'y', '0.5', '-1'])}",
            f"({first} {rng.choice('+-*/')} {second})",
            f"({first} {rng.choice('+-*/')} {second})",
        ]
    )


def options(rng: random.Random, method: str) -> dict[str, Any]:
    """Settings that go with a method."""
    found: dict[str, Any] = {"method": method, "maximize": rng.random() < 0.3}
    if method != "newton" and rng.random() < 0.4:
        found["bounds"] = {"x": (-2, 3)}
    if method not in ("gd", "cg", "lbfgs", "newton", "newton-cg"):
        found["rate"] = 10 ** rng.uniform(-4, 1)
        found["schedule"] = rng.choice(["constant", "step", "cosine", "inverse", "exponential"])
        found["warmup"] = rng.choice([0, 5])
        found["clip_norm"] = rng.choice([None, 1.0])
        found["clip_value"] = rng.choice([None, 1.0])
    return found


@pytest.mark.parametrize("method", METHODS)
def test_random_programs_end_well(method: str) -> None:
    rng = random.Random(method)
    ended = 0
    for _ in range(RUNS):
        text = program(rng, 4) + " + 0*x + 0*y"
        start = {"x": rng.uniform(-2, 3), "y": rng.uniform(-2, 2)}
        chosen = options(rng, method)
        try:
            result = descend(text, start, max_iterations=100, **chosen)
        except AdcliError:
            continue
        ended += 1
        assert math.isfinite(result.value), (text, start, chosen)
        assert math.isfinite(result.gradient_norm), (text, start, chosen)
        assert result.status in Status
        if "bounds" in chosen:
            assert -2 <= result.point["x"] <= 3
    assert ended > RUNS / 2
