"""The trace in LaTeX: balanced, rectangular, and in LaTeX's own signs."""

from __future__ import annotations

import re

import pytest

from adcli.cli.inputs import assignments
from adcli.function import function
from adcli.report.trace_latex import latex_number, latex_text
from adcli.report.traced import traced


def latex(text: str, at: str, mode: str = "both") -> str:
    f = function(text)
    report = traced(f, assignments((at,), "--at", None), f.variables, mode, "latex")
    return latex_text(report, 6)


def test_the_textbook_example() -> None:
    shown = latex("x1*x2 + sin(x1)", "x1=2,x2=3")
    assert (
        r"w_{3} & w_{1} \, w_{2} & 6 & \dot{w}_{1} \cdot w_{2} + w_{1} \cdot \dot{w}_{2}" in shown
    )
    total = r"\bar{w}_{3} \cdot w_{2} + \bar{w}_{4} \cdot \cos\left(w_{1}\right) & 2.58385"
    assert total in shown


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("x1*x2 + sin(x1)", "x1=2,x2=3"),
        ("`50% & more_$#`^2/alpha", "`50% & more_$#`=3,alpha=1e-9"),
        ("where(x > 0, log(x), max(x, 0))*x", "x=-1"),
        ("sum((A@x - b)^2) + x@x + norm(x) + softmax(x)[0]", "A=[[1,2],[3,4]],x=[1,1],b=[0,1]"),
        ("sum(range(9)*x)", "x=1"),
        ("sin(" * 99 + "x" + ")" * 99, "x=1"),
    ],
)
def test_arrays_are_rectangular_and_balanced(text: str, at: str) -> None:
    shown = latex(text, at)
    for array in re.findall(r"\\begin{array}{(.*?)}\n(.*?)\\end{array}", shown, re.DOTALL):
        columns, body = array
        for row in body.splitlines():
            row = re.sub(r"\\begin{(cases|pmatrix)}.*?\\end{\1}", "", row)
            assert len(re.findall(r"(?<!\\)&", row)) == len(columns) - 1, row
            assert row.endswith((r"\\", r"\\ \hline"))
    unescaped = re.sub(r"\\[{}]", "", shown)
    assert unescaped.count("{") == unescaped.count("}")
    assert shown.count(r"\left") == shown.count(r"\right")
    assert shown.count(r"\begin") == shown.count(r"\end{")
    assert shown.isascii()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("6", "6"),
        ("-0.5", "-0.5"),
        ("-2.5e-07", r"-2.5 \cdot 10^{-7}"),
        ("1e+20", "10^{20}"),
        ("nan", r"\mathrm{nan}"),
        ("-inf", r"-\infty"),
        ("[[1, 2e+10], [3, 4]]", r"[[1, 2 \cdot 10^{10}], [3, 4]]"),
        ("3x3: 1, 2, 3, ...", r"3 \times 3:1, 2, 3, \ldots"),
    ],
)
def test_numbers(text: str, expected: str) -> None:
    assert latex_number(text) == expected
