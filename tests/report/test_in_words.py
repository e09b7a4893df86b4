"""Traces in words: true sentences for every kind of program."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

import adcli
from adcli.cli.inputs import assignments
from adcli.report.in_words import TraceWords, in_words, rate_words
from adcli.report.traced import traced
from tests.programs import Program, array_programs, scalar_programs


def words(text: str, point: dict[str, Any], mode: str = "both") -> TraceWords:
    f = adcli.function(text)
    known = {name: point[name] for name in f.variables}
    report = traced(f, known, f.names(None), mode, "table")
    return TraceWords(f, report, 6)


def sentences(text: str, at: str, mode: str = "both") -> list[str]:
    f = adcli.function(text)
    point = assignments((at,) if at else (), "--at", None)
    report = traced(f, point, f.names(None), mode, "table")
    return [s for paragraph in in_words(f, report, 6) for s in paragraph.sentences]


@pytest.mark.parametrize(
    ("value", "size", "said"),
    [
        (12.0, "12", "f changes 12 times as fast as x"),
        (1.0, "1", "f changes as fast as x"),
        (-1.0, "1", "f falls as fast as x rises"),
        (-0.5, "0.5", "f falls 0.5 times as fast as x rises"),
        (0.0, "0", "f does not change with x, to first order"),
        (-0.0, "0", "f does not change with x, to first order"),
        (float("nan"), "nan", "f has no derivative with respect to x here"),
        (float("inf"), "inf", "f has no derivative with respect to x here"),
    ],
)
def test_rates(value: float, size: str, said: str) -> None:
    assert rate_words("f", "x", value, size) == said


PROGRAMS = {
    ("3*(x1^2 + x2*x3)", "x1=2,x2=3,x3=4", "both"): [
        "w7 changes 12 times as fast as x1, because 4·1·3 (x1 → w4 → w6 → w7).",
        "x1 up by 0.01: f up by about 0.12; computed: up by 0.1203, to 48.1203.",
        "for the seed x1, w7' = 12 is the derivative of w7 with respect to x1.",
        "9 tangents for 4 steps; 3 steps get one in more than one sweep",
        "the values of 7 steps are kept, 7 numbers",
        "forward mode takes 6 multiplications, reverse mode 4 multiplications",
    ],
    ("cost = x^2*y; cost", "x=3,y=-2", "reverse"): [
        "cost falls 12 times as fast as x rises, because 6·(-2) (x → w3 → cost).",
        "x up by 0.01: cost down by about 0.12; computed: down by 0.1202, to -18.1202.",
    ],
    ("x*y + sin(x)", "x=2,y=3", "both"): [
        "w5 changes 2.58385 times as fast as x, because 3·1 + (-0.416147)·1 = 2.58385: 2 paths",
    ],
    ("abs(x) - y", "x=0,y=1", "both"): [
        "x up by 0.01: f stays as it is, to first order; computed: up by 0.01, to -0.99.",
        "x down by 0.01: f stays as it is, to first order; computed: up by 0.01, to -0.99.",
        "w3 = abs(w1) is at a kink or a jump: the derivative there is a convention.",
        "y up by 0.01: f down by about 0.01; computed: down by 0.01, to -1.01.",
    ],
    ("floor(x)*y", "x=1.5,y=2", "both"): [
        "w4 does not change with x, to first order: no path leads there.",
        "x up by 0.01: f stays as it is, to first order; computed: stays as it is.",
    ],
    ("sqrt(1 - x)", "x=0.9999", "both"): [
        "x up by 0.001: f down by about 0.05; at x = 1.0009 the program has no value.",
    ],
    ("where(x > 0, log(x), 0)", "x=-1", "both"): [
        "w4 does not change with x, to first order: no path leads there.",
    ],
    ("x^2", "x=1e-300", "both"): ["computed: up by 2.01e-602, to 1.0201e-600."],
    ("x + 2*y", "x=1,y=2", "both"): ["3 tangents for 2 steps; 1 step gets one in more than one"],
    ("[x, y]", "x=1,y=2", "forward"): ["2 tangents for 1 step; 1 step gets one in more than one"],
    ("x, y^2", "x=1,y=2", "forward"): ["1 tangent for 1 step; no step gets more than one."],
    ("sum(v)", "v=zeros(0)", "both"): ["the values of 2 steps are kept, 1 number."],
    ("exp(x^2)", "x=20", "both"): ["The derivative speaks of smaller changes."],
    ("x*y, x/y", "x=2,y=4", "forward"): [
        "y up by 0.01: f2 down by about 0.00125; computed: down by 0.00124688, to 0.498753.",
    ],
    ("[x, x^2]", "x=2", "forward"): [
        "The derivative of w3 with respect to x is [1, 4].",
        "x up by 0.01: f changes by about [0.01, 0.04]; computed: changes by [0.01, 0.0401].",
    ],
    ("sum((A@x - b)^2)", "A=[[1,2],[3,4]],x=[1,1],b=[0,1]", "both"): [
        "w7 changes 60 times as fast as x[1]: 1 path of array operations (x → w4 → w5 → w6 → w7).",
        "x[1] up by 0.01: f up by about 0.6; computed: up by 0.602, to 45.602.",
        "Forward mode takes 8 sweeps, one for each number among the inputs.",
    ],
    ("a=x; " + "a=a*a+a; " * 20 + "a", "x=0.01", "both"): ["3,486,784,401 paths add up to"],
    ("sin(" * 20 + "x" + ")" * 20, "x=1", "both"): ["·...·"],
    ("x", "x=2", "both"): ["w1 changes as fast as x."],
    ("2 + pi", "", "both"): [],
    ("2*std(x)", "x=0.5", "both"): ["does not change with x, to first order"],
}


@pytest.mark.parametrize(("program", "expected"), PROGRAMS.items(), ids=lambda x: str(x)[:40])
def test_sentences(program: tuple[str, str, str], expected: list[str]) -> None:
    said = "\n".join(sentences(*program))
    for part in expected:
        assert part in said


def test_many_inputs_are_bounded() -> None:
    names = [f"x{k}" for k in range(50)]
    said = sentences("*".join(names), ",".join(f"{name}=1" for name in names))
    assert "The same holds for 46 more derivatives." in said
    assert len(said) < 20


def check_steps(program: Program, text: str, mode: str) -> None:
    """Every sentence about a step says what its number says."""
    written = words(text, program.point, mode)
    report = written.report
    assert in_words(written.f, report, 6)
    for node in report.visited:
        value, said = report.adjoint(node), written.adjoint(node)
        if said:
            assert ("falls" in said) == (value < 0)
            assert ("does not change" in said) == (value == 0)
    for seed in report.trace.seeds[:3]:
        for node in seed.tangents:
            said = written.tangent(seed, node)
            if said and "no value" not in said:
                assert ("falls" in said) == (report.tangent(seed, node) < 0)


@settings(max_examples=20)
@given(scalar_programs())
def test_random_programs(program: Program) -> None:
    check_steps(program, program.text, "both")


@settings(max_examples=10)
@given(array_programs())
def test_random_array_programs(program: Program) -> None:
    check_steps(program, program.text, "both")
    check_steps(program, program.array_text, "forward")
