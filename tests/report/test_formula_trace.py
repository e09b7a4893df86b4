"""Traces and paths without a point: rules with the names of partials, and with these."""

from __future__ import annotations

import pytest

from adcli.cli.inputs import SHAPE_HINT, shape, values_of
from adcli.errors import AdcliError, LanguageError
from adcli.function import function
from adcli.language.messages import columns
from adcli.report.formula_paths import formula_paths_to
from adcli.report.formula_trace import FormulaTrace, formula_trace
from adcli.report.paths import paths_to
from adcli.report.steps import TEXT
from adcli.report.traced import traced
from tests.texts import record_of, text_of


def report(text: str, mode: str = "both", shapes: str = "") -> FormulaTrace:
    f = function(text)
    known = values_of([shapes] if shapes else [], "--shape", shape, SHAPE_HINT)
    return formula_trace(f, f.names(None), mode, known, TEXT)


@pytest.mark.parametrize(
    ("text", "shapes", "node", "tangent", "adjoint"),
    [
        ("x*y + x", "", "w1", "seed", "w̄3·∂w3/∂w1 + w̄4·∂w4/∂w1 = w̄3·w2 + w̄4"),
        ("x*y + x", "", "w3", "∂w3/∂w1·w1' + ∂w3/∂w2·w2' = w1'·w2 + w1·w2'", "w̄4·∂w4/∂w3 = w̄4"),
        ("sin(x^2)", "", "w2", "dw2/dw1·w1' = (2*w1)·w1'", "w̄3·dw3/dw2 = w̄3·cos(w2)"),
        ("x*sin(x)", "", "w2", "dw2/dw1·w1' = cos(w1)·w1'", "w̄3·∂w3/∂w2 = w̄3·w1"),
        ("x*x", "", "w1", "seed", "w̄2·dw2/dw1 = w̄2·w1 + w̄2·w1"),
        ("floor(x)*x", "", "w2", "0", "w̄3·∂w3/∂w2 = w̄3·w1"),
        ("where(x > 1, x, 0)", "", "w2", "0", None),
        ("a = x+y; b = a*z; b", "", "a", "∂a/∂x·x' + ∂a/∂y·y' = x' + y'", "b̄·∂b/∂a = b̄·z"),
        ("max(x, y)", "", "w1", "seed", "w̄3·∂w3/∂w1 = w̄3·[w1 = w3]"),
        ("sum(A@x)", "A=3x2,x=2", "w2", "seed", "w̄3·∂w3/∂w2 = w1ᵀ @ w̄3"),
        ("sum(v*s)", "v=3", "w2", "seed", "w̄3·∂w3/∂w2 = sum(w̄3·w1)"),
        ("v[1]^2", "v=3", "w1", "seed", "w̄2·∂w2/∂w1 = w̄2 at [1]"),
        ("det(A)", "A=2x2", "w2", None, "seed"),
    ],
)
def test_rules(text: str, shapes: str, node: str, tangent: str | None, adjoint: str | None) -> None:
    record = record_of(report(text, shapes=shapes))

    def joined(*forms: str) -> str:
        return " = ".join(dict.fromkeys(forms))

    steps = {s["name"]: joined(s["tangent"], s["tangent_rule"]) for s in record["steps"]}
    adjoints = {a["name"]: joined(a["adjoint"], a["rule"]) for a in record["adjoints"]}
    assert tangent in (None, steps[node])
    assert adjoints.get(node) == adjoint


@pytest.mark.parametrize("text", ["x1*x2 + sin(x1)", "a = x/y; f(u) = u^2*x; f(a)*max(x, 1)"])
def test_rules_are_those_at_a_point(text: str) -> None:
    f = function(text)
    point = dict.fromkeys(f.variables, 1.5)
    there = record_of(traced(f, point, f.names(None), "both", "json"))
    here = record_of(report(text))
    names = [step["name"] for step in here["steps"]]
    assert names == [step["name"] for step in there["steps"]]
    assert [s["formula"] for s in here["steps"]] == [s["formula"] for s in there["steps"]]
    if "max" not in text:  # which input it takes is known at a point alone
        assert [a["rule"] for a in here["adjoints"][1:]] == [
            a["rule"] for a in there["adjoints"][1:]
        ]


@pytest.mark.parametrize(
    ("text", "shapes", "message"),
    [
        ("A@x", "", "hint: --shape"),
        ("sum(A@x)", "A=3x2,x=3", "@"),
        ("x, y", "", "one result"),
        ("x*2", "x=2", "a number, not at an array of shape 2"),
    ],
)
def test_what_has_no_trace(text: str, shapes: str, message: str) -> None:
    with pytest.raises(AdcliError) as caught:
        report(text, shapes=shapes)
    error = caught.value
    assert message in f"{error.message} hint: {error.hint}"
    if isinstance(error, LanguageError):
        assert error.span is not None


def test_forward_mode_has_several_results() -> None:
    record = record_of(report("x*y, x/y", "forward"))
    assert "adjoints" not in record
    assert "derivatives" not in record


@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize(
    "text", ["x1*x2 + sin(x1)", "f(u) = u^2; a = f(x*y); a*f(a)", "y = x\n" + "y = y*sin(y)\n" * 40]
)
def test_tables_fit_the_terminal(text: str, width: int) -> None:
    for line in text_of(report(text + "\ny + 1" * ("\n" in text)), "table", width).splitlines():
        if line[:1] in "╭├│╰":
            assert columns(line) <= width, line


@pytest.mark.parametrize(
    "text", ["x1*x2 + sin(x1)", "x*x*y", "f(u) = u*sin(u); f(f(x))*y", "max(x, y)*x"]
)
def test_paths_are_those_at_a_point(text: str) -> None:
    f = function(text)
    names = f.names(None)
    here = formula_paths_to(f, names, {}).reports
    there = paths_to(f, names, {name: 1.0 + k for k, name in enumerate(names)}).reports
    for formulas, numbers in zip(here, there, strict=True):
        a, b = formulas.record(), numbers.record()
        if "max" not in text:
            assert a["count"] == b["count"]
            assert sorted(p["nodes"] for p in a["paths"]) == sorted(p["nodes"] for p in b["paths"])
        assert a["count"] >= b["count"]


def test_paths_with_arrays_have_formulas_as_products() -> None:
    f = function("s = sum(x*y); s*sum(x)")
    (report,) = formula_paths_to(f, ["x"], {"x": (3,), "y": (3,)}).records()
    assert [path["product"] for path in report["paths"]] == ["y*sum(x)", "broadcast(sum(x*y), 3)"]
