"""What the steps of a lesson say is true: a rule with numbers in the places of names gives the
number that the trace has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings

import adcli
from adcli.report.page.lesson_steps import LessonPass, drawing_of_steps, passes_of
from tests.programs import Program, array_programs, scalar_programs
from tests.report.test_trace import report

UNSAID = ("...", "nan", "inf", " at ", "ᵀ", "broadcast", ": ", "scatter", "sum(", " = ")
"""What stands in rules that the language cannot read."""


def passes(found: Any, digits: int = 17) -> list[LessonPass]:
    with found.steps.run.algebra.context():
        return passes_of(found, drawing_of_steps(found, digits), digits)


def value_of(text: str) -> Any:
    return np.asarray(adcli.function(text.replace("·", "*")).value({}))


def check(program: Program) -> int:
    """Compare the parts of every equation; returns how many there were."""
    count = 0
    at = ",".join(f"{name}={np.asarray(x).tolist()}" for name, x in program.point.items())
    for walk in passes(report(program.text, at, "html")):
        for step in walk.steps:
            is_said = not any(sign in part for part in step.equation for sign in UNSAID)
            if len(step.equation) > 3 and is_said:
                replaced, value = map(value_of, (step.equation[2], step.equation[-1]))
                assert np.allclose(replaced, value, rtol=1e-9, atol=1e-12), step.equation
                count += 1
    return count


@settings(max_examples=8, phases=[Phase.generate])
@given(scalar_programs())
def test_scalar_programs(program: Program) -> None:
    check(program)


@settings(max_examples=8, phases=[Phase.generate])
@given(array_programs())
def test_array_programs(program: Program) -> None:
    check(program)


@pytest.mark.parametrize(
    ("text", "at", "kind", "node", "equation", "partials"),
    [
        (
            "x1*x2 + sin(x1)",
            "x1=2,x2=3",
            "adjoint",
            "w̄1",
            "w̄3·w2 + w̄4·cos(w1) = 1·3 + 1·cos(2) = 3 - 0.416147 = 2.58385",
            ["∂w3/∂w1 = w2 = 3", "∂w4/∂w1 = cos(w1) = -0.416147"],
        ),
        (
            "x1*x2 + sin(x1)",
            "x1=2,x2=-3",
            "tangent",
            "w3'",
            "w1'·w2 + w1·w2' = 1·(-3) + 2·0 = -3",
            ["∂w3/∂w1 = w2 = -3", "∂w3/∂w2 = w1 = 2"],
        ),
        ("f(x) = x^2; f(-2)*y", "y=3", "value", "w2", "f(-2) = (-2)^2 = 4", []),
        ("tanh(min(x, -1))", "x=-2", "value", "w3", "tanh(w2) = tanh(-2) = -0.964028", None),
        ("sum(v*v)", "v=range(9)", "adjoint", "w̄2", "broadcast(w̄3) = broadcast(1)", None),
        ("-(x + y)", "x=3,y=1", "adjoint", "w̄1", "w̄3 = -1", ["∂w3/∂w1 = 1"]),
        ("x*x", "x=3", "adjoint", "w̄1", "w̄2·w1 + w̄2·w1 = 1·3 + 1·3 = 3 + 3 = 6", None),
    ],
)
def test_a_step(
    text: str, at: str, kind: str, node: str, equation: str, partials: list[str] | None
) -> None:
    found = [walk for walk in passes(report(text, at, "html"), 6) if walk.kind == kind]
    (step,) = [step for step in found[0].steps if step.equation[:1] == [node]]
    assert " = ".join(step.equation[1:]).startswith(equation)
    if partials is not None:
        assert [" = ".join(chain) for chain in step.partials] == partials


def test_what_does_not_depend_on_a_seed_has_no_step() -> None:
    forward = passes(report("x*y + sin(x)", "x=1,y=2", "html"))[2]
    assert forward.label == "y"
    names = [step.equation[0] for step in forward.steps if step.equation]
    assert names == ["w2'", "w3'", "w5'"]


def test_partials_are_those_of_the_variables_asked_for() -> None:
    forward = passes(report("x*y", "x=2,y=3", "html", wrt="x"), 6)[1]
    assert [step.partials for step in forward.steps if len(step.equation) > 2] == [
        [["∂w3/∂w1", "w2", "3"]]
    ]
