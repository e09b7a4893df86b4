"""The trace as people and scripts get it."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from adcli.cli.inputs import assignments, wrt_names
from adcli.function import function
from adcli.language.messages import columns
from adcli.report.traced import traced
from tests.texts import record_of, text_of

TEXT = "x1*x2 + sin(x1)"


def report(text: str = TEXT, at: str = "x1=2,x2=3", form: str = "json", **options: Any) -> Any:
    f = function(text)
    mode, wrt = options.pop("mode", "both"), f.names(wrt_names(options.pop("wrt", None), f))
    point = assignments((at,) if at else (), "--at", options.get("precision"))
    return traced(f, point, wrt, mode, form, **options)


def test_the_record_of_the_textbook_example() -> None:
    record = record_of(report())
    steps = {step["name"]: step for step in record["steps"]}
    assert [steps[f"w{n}"]["formula"] for n in range(1, 6)] == [
        "x1",
        "x2",
        "w1*w2",
        "sin(w1)",
        "w3 + w4",
    ]
    assert steps["w3"]["tangent_rule"] == "w1'·w2 + w1·w2'"
    assert steps["w3"]["tangents"] == {"x1": 3.0, "x2": 2.0}
    assert [a["name"] for a in record["adjoints"]] == ["w5", "w4", "w3", "w2", "w1"]
    assert record["adjoints"][0]["rule"] == "1"
    last = record["adjoints"][-1]
    assert last["rule"] == "w\u03043·w2 + w\u03044·cos(w1)"
    assert {c["rule"]: c["value"] for c in last["contributions"]} == {
        "w\u03043·w2": 3.0,
        "w\u03044·cos(w1)": -0.4161468365471424,
    }
    assert last["value"] == record["gradient"]["x1"] == 2.5838531634528574


def test_one_mode_alone() -> None:
    forward = record_of(report(mode="forward"))
    assert "adjoints" not in forward
    assert list(forward["operations"]) == ["evaluation", "partials", "forward"]
    reverse = record_of(report(mode="reverse"))
    assert "tangents" not in reverse["steps"][0]
    assert list(reverse["operations"]) == ["evaluation", "partials", "reverse"]


def test_forward_mode_traces_several_results() -> None:
    record = record_of(report("x*y, x/y", "x=1,y=2", mode="forward"))
    assert record["value"] == [2.0, 0.5]


@pytest.mark.parametrize(
    ("text", "at", "node", "tangent", "adjoint"),
    [
        ("a/b", "a=1,b=2", "w3", "(1/w2)·w1' + (-(w3/w2))·w2'", None),
        ("exp(x)", "x=1", "w2", "w2·w1'", None),
        ("a - b", "a=1,b=2", "w3", "w1' - w2'", None),
        ("max(a, b)*1", "a=1,b=2", "w3", "w2'", None),
        ("max(a, b)*1", "a=2,b=2", "w3", "0.5·w1' + 0.5·w2'", None),
        ("where(a > 0, log(a), a)", "a=-1", "w4", "w1'", None),
        ("floor(x)*x", "x=1.5", "w2", "0", None),
        ("sum(A@x)", "A=[[1,2],[3,4]],x=[1,2]", "w3", "w1' @ w2 + w1 @ w2'", None),
        ("sum(A@x)", "A=[[1,2],[3,4]],x=[1,2]", "w2", "", "w1ᵀ @ w\u03043"),
        ("x@x", "x=[1,2]", "w1", "", "w\u03042·w1 + w\u03042·w1"),
        ("sum(v*s)", "v=[1,2],s=3", "w2", "", "sum(w\u03043·w1)"),
        ("v[1] + 0*s", "v=[1,2],s=3", "w1", "", "w\u03043 at [1]"),
        ("sum([a, b]^2)", "a=1,b=2", "w2", "", "w\u03043[1]"),
        ("x^2", "x=3", "w1", "", "w\u03042·(2*w1)"),
    ],
)
def test_rules(text: str, at: str, node: str, tangent: str, adjoint: str | None) -> None:
    record = record_of(report(text, at))
    steps = {step["name"]: step for step in record["steps"]}
    assert steps[node]["tangent_rule"] == tangent
    if adjoint is not None:
        assert {a["name"]: a["rule"] for a in record["adjoints"]}[node] == adjoint


def test_what_is_not_finite_is_null_with_the_reason() -> None:
    found = record_of(report("where(x > 0, log(x), x)", "x=-1"))
    step = found["steps"][2]
    assert (step["formula"], step["value"], step["error"]) == ("log(w1)", None, "log(w1) is nan")


def test_kinks_are_marked_where_they_matter() -> None:
    found = record_of(report("where(x > 1, abs(y), abs(x)) + max(y, 2)", "x=0,y=0"))
    assert [s["formula"] for s in found["steps"] if s.get("kink")] == ["abs(w1)"]
    assert "w5 = abs(w1) is at a kink" in text_of(
        report("where(x > 1, abs(y), abs(x)) + max(y, 2)", "x=0,y=0"), "table", 100
    )


def test_csv_has_a_row_a_step() -> None:
    rows = list(csv.DictReader(io.StringIO(text_of(report("v@v*s", "v=[1,2],s=3"), "csv"))))
    assert [row["step"] for row in rows] == ["w1", "w2", "w3", "w4"]
    assert json.loads(rows[0]["adjoint"]) == [6.0, 12.0]
    assert float(rows[3]["dw/dv[1]"]) == 12.0
    assert json.loads(rows[0]["dw/ds"]) == [0.0, 0.0]  # zeros have the shape of the step


def test_plain_has_no_space_within_a_name() -> None:
    lines = text_of(report("`my col` = 2x; `my col`^2", "x=3"), "plain").splitlines()
    assert [line.split()[:2] for line in lines][1] == [r"`my\u0020col`", "6.0"]
    assert function(r"`my\u0020col`").variables == ("my col",)


def test_plain_has_the_numbers() -> None:
    assert text_of(report(), "plain").splitlines()[0] == "w1 2.0 1.0 0.0 2.5838531634528574"


PROGRAMS = [
    (TEXT, "x1=2,x2=3"),
    ("sum((A@x - b)^2)", "A=[[1,2],[3,4]],x=[1,1],b=[0,1]"),
    (
        "名前*`a very long name of a column, with a comma`",
        "名前=1,`a very long name of a column, with a comma`=2",
    ),
    ("norm(v)+softmax(v)[0]+sum(where(v>1.5, log(v), v))", "v=[1,2,3]"),
    ("sin(" * 99 + "x" + ")" * 99, "x=1"),
]


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize(("text", "at"), PROGRAMS, ids=range(len(PROGRAMS)))
def test_tables_fit_the_terminal(text: str, at: str, width: int) -> None:
    shown = text_of(report(text, at, form="table"), "table", width)
    for line in shown.splitlines():
        if line[:1] in "╭├│╰":
            assert columns(line) <= width, line
            assert line[-1] in "╮┤│╯", line
    assert "\x1b" not in shown


def test_a_long_program_is_thinned_with_a_count() -> None:
    shown = text_of(report("sin(" * 999 + "x" + ")" * 999, "x=1", form="table"), "table", 100)
    assert len(shown.splitlines()) < 200
    assert "940 more" in shown
    assert "999 steps, 1 input" in shown


def test_many_seeds_are_thinned_with_a_count() -> None:
    shown = text_of(report("sum(v^2)", f"v={list(range(20))}", form="table"), "table", 100)
    assert "12 more seeds" in shown


@pytest.mark.parametrize(
    ("axis", "rules"),
    [
        (0, ["[1]", "[0]"]),
        (1, ["[:, 1]", "[:, 0]"]),
        (-1, ["[..., 1]", "[..., 0]"]),
        (-2, ["[..., 1, :]", "[..., 0, :]"]),
    ],
)
def test_what_a_stacked_array_gets_from_its_stack(axis: int, rules: list[str]) -> None:
    text = f"sum(stack(x, y, axis={axis})*[[1, 2], [3, 4]])"
    found = record_of(report(text, "x=[1,2],y=[3,4]", mode="reverse"))["adjoints"]
    assert [a["rule"] for a in found[-2:]] == [f"w\u03043{rule}" for rule in rules]
