"""The first steps written out: what stands there is what was computed, and it can be recomputed."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from adcli.descent.rules import RULES
from adcli.descent.run import descend
from adcli.descent.settings import METHODS
from adcli.function import function
from adcli.report.first_steps import STEPS, FirstSteps
from tests.terminal import run_here

BANANA = ("(1 - x)^2 + 100(y - x^2)^2", {"x": -1.2, "y": 1.0})
VECTOR = ("sum((A@v - [1, 2])^2) + w^4", {"v": np.array([0.5, -3.0]), "w": 2.0})
ASSIGNED = re.compile(r"  ([^←]+) ← (.+) = ([^=]+)")
RATE = dict.fromkeys(RULES, 1e-3)


def written(program: str, start: dict[str, Any], **options: Any) -> tuple[list[str], Any]:
    watcher = FirstSteps(17)
    result = descend(program, start, watchers=[watcher], **options)
    return list(watcher.lines()), result


def checked(lines: list[str]) -> list[tuple[str, float]]:
    """What is assigned, in order; each right side gives what stands behind it."""
    found = []
    first = next(k for k, line in enumerate(lines) if line.startswith("step "))
    for line in lines[first:]:
        match = ASSIGNED.fullmatch(line)
        if match is None:
            continue
        name, text, value = match.groups()
        number = float(value.partition(", moved")[0])
        again = function(text.replace("·", "*")).value({})
        assert again == pytest.approx(number, rel=1e-5, abs=1e-12), line
        found.append((name, float(value.rpartition(" ")[2])))
    return found


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("problem", [BANANA, VECTOR], ids=["numbers", "vector"])
def test_every_method_is_written_out(method: str, problem: Any) -> None:
    options: dict[str, Any] = {"method": method, "max_iterations": STEPS}
    if method in RULES:
        options["rate"] = RATE[method]
    if problem is VECTOR:
        options["fix"] = {"A": np.array([[1.0, 2.0], [3.0, 4.0]])}
    lines, result = written(*problem, **options)
    assert sum(line.startswith("step ") for line in lines) == STEPS
    steps = [(name, value) for name, value in checked(lines) if name in result.labels]
    n = len(result.labels)
    assert len(steps) == STEPS * n
    for k, it in enumerate(result.history[1:]):
        assert [name for name, _ in steps[k * n : (k + 1) * n]] == result.labels
        values = [value for _, value in steps[k * n : (k + 1) * n]]
        assert values == it.point.tolist()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"method": "gd", "rate": 0.1, "clip_value": 1.0}, "each component to 1"),
        ({"method": "gd", "rate": 0.1, "clip_norm": 2.0}, "its length to 2"),
        ({"method": "adam", "weight_decay": 0.5}, "0.5 times the parameter"),
        ({"method": "adamw", "weight_decay": 0.5}, "rate·0.5·x"),
        ({"method": "momentum", "schedule": "exponential", "schedule_every": 2.0}, "b ← 0.9·b + g"),
        ({"method": "gd", "rate": 0.1, "maximize": True}, "the gradient of -f"),
        ({"method": "gd", "rate": 0.5, "bounds": {"x": (-1.5, 4.0)}}, "moved to its bound"),
        ({"method": "gd", "bounds": {"x": (-1.5, -1.0)}}, "moved to its bound"),
        ({"method": "lbfgs", "bounds": {"x": (-1.5, -1.0)}}, "turned it from d"),
    ],
)
def test_settings_are_told_and_numbers_hold(options: dict[str, Any], told: str) -> None:
    lines, result = written(*BANANA, max_iterations=STEPS, **options)
    assert told in "\n".join(lines)
    ends = [(name, value) for name, value in checked(lines) if name in "xy"]
    assert dict(ends[:2]) == dict(zip("xy", result.history[1].point.tolist(), strict=True))


@pytest.mark.parametrize("engine", ["python", "llvm"])
def test_all_engines_take_the_steps_that_are_written(engine: str) -> None:
    lines, _ = written(*BANANA, method="nadam", rate=0.01, max_iterations=9, engine=engine)
    same, _ = written(*BANANA, method="nadam", rate=0.01, max_iterations=9, engine="numpy")
    assert lines == same


@pytest.mark.parametrize("method", ["gd", "cg"])
@pytest.mark.parametrize("bounds", [{}, {"x": (-1.5, -1.0)}])
def test_what_a_line_search_asks_holds(method: str, bounds: dict[str, Any]) -> None:
    lines, _ = written(*BANANA, method=method, bounds=bounds, max_iterations=STEPS)
    asked = [line.partition(": ")[2] for line in lines if line.startswith("  t = ")]
    assert len(asked) == STEPS
    for text in asked:
        inequality, _, bound = text.replace("·", "*").rpartition(" = ")
        assert function(inequality.replace("≤", "<=")).value({}) == 1
        assert float(inequality.split()[0]) <= float(bound)


@pytest.mark.parametrize("method", ["momentum", "cg", "lbfgs", "newton"])
@pytest.mark.parametrize(
    ("program", "start"),
    [
        ("x", 1.0),
        ("x^2", 0.0),
        ("1e290*x^2", 1e5),
        ("1e-300*x^2", 1.0),
        ("log(x)", 1.0),
        ("1", 1.0),
    ],
)
def test_odd_descents_are_written_out_or_said_to_be_none(
    method: str, program: str, start: float
) -> None:
    lines, _ = written("x*0 + " + program, {"x": start}, method=method, max_iterations=4)
    assert lines[0].startswith(("The first", "No step"))


def test_of_many_numbers_a_few_are_written() -> None:
    lines, _ = written("sum(v^2)", {"v": np.ones(100)}, rate=0.1, max_iterations=1)
    assert "  ... and 96 more parameters" in lines
    assert sum("←" in line for line in lines) == 1 + 4


def test_a_name_of_the_program_is_no_letter_of_the_rule() -> None:
    lines, _ = written("(m - 1)^2", {"m": 3.0}, method="adam", max_iterations=1)
    assert "m_ ← 0.9·m_ + 0.1·g" in lines[1]


@pytest.mark.parametrize(
    ("others", "message"),
    [
        (["--format", "json"], "--explain needs --format table"),
        (["--starts", "3"], "--explain shows one descent"),
        (["--epochs", "2"], "--explain is not for a training"),
    ],
)
def test_where_nothing_is_explained(others: list[str], message: str) -> None:
    outcome = run_here(["descend", "x^2", "--start", "x=1", "--explain", *others])
    assert (outcome.code, outcome.stdout) == (2, "")
    assert message in outcome.stderr
