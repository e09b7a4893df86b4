"""Every program can be traced and drawn, in every form, with and without a point."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings

import adcli
from adcli.ad.tasks import Task
from adcli.explain.trace import trace
from adcli.language.messages import columns
from adcli.report.derivation import derivation_report
from adcli.report.formula_paths import formula_paths_to
from adcli.report.formula_trace import formula_trace
from adcli.report.graph import dot_text, drawing_of, mermaid_text, tree_text
from adcli.report.page.set_formulas import derivation_markup
from adcli.report.steps import TEXT, Steps
from adcli.report.svg import svg_text
from adcli.report.trace import TraceReport
from tests.programs import Program, array_programs, scalar_programs
from tests.texts import record_of, text_of


def check_trace(program: Program) -> None:
    f = adcli.function(program.text)
    results = f.at(program.point, Task("gradient", "reverse", f.names(None)))
    nodes = list(f.inputs.values())
    with results.algebra.context():
        found = trace(results.run, f.outputs[0], nodes)
        value, rest = results.nested()
        report = TraceReport(
            Steps(f, results.run),
            found,
            f.graph.dependents(f.order, nodes),
            "both",
            program.point,
            value,
            rest["gradient"],
        )
        record = record_of(report)
        assert len(record["steps"]) == len(report.steps.nodes)
        assert len(text_of(report, "csv").splitlines()) == len(report.steps.nodes) + 1
        assert len(text_of(report, "plain").splitlines()) == len(report.steps.nodes)
        for width in (40, 100):
            for line in text_of(report, "table", width).splitlines():
                assert line[:1] not in "╭├│╰" or columns(line) <= width
    for name, gradient in record["gradient"].items():
        adjoints = {a["name"]: a["value"] for a in record["adjoints"]}
        shown = adjoints.get(report.steps.names[f.inputs[name]], 0.0)
        assert np.all(np.asarray(shown) == np.asarray(gradient))


def check_formulas(program: Program) -> None:
    """The trace and the paths without a point; factors along paths amount to the gradient."""
    f = adcli.function(program.text)
    names, point = f.names(None), {name: program.point[name] for name in f.variables}
    shapes = {name: shape for name in names if (shape := np.shape(point[name]))}
    report = formula_trace(f, names, "both", shapes, TEXT)
    assert len(record_of(report)["steps"]) == len(report.steps.nodes)
    assert len(text_of(report, "csv").splitlines()) == len(report.steps.nodes) + 1
    _, gradient = f.value_and_gradient(point)
    for paths in formula_paths_to(f, names, shapes).records():
        factors = paths["chain_rule"]["factors"]
        if factors is not None:
            written = adcli.function("\n".join((*program.statements, factors)))
            value = written.value({name: point[name] for name in written.variables})
            assert value == pytest.approx(gradient[paths["variable"]], rel=1e-9, abs=1e-12)


def check_drawing(program: Program, *, is_at_point: bool) -> None:
    f = adcli.function(program.array_text)
    point = {name: program.point[name] for name in f.variables}
    drawn = drawing_of(f, point if is_at_point else {})
    record = record_of(drawn)
    assert len(record["nodes"]) == len(drawn.nodes)
    ElementTree.fromstring(svg_text(drawn))
    assert len(dot_text(drawn).splitlines()) == len(mermaid_text(drawn).splitlines()) + 4
    assert all(columns(line) <= 80 for line in tree_text(drawn, 80).splitlines())


@settings(max_examples=15)
@given(array_programs())
def test_derivations_are_set(program: Program) -> None:
    f = adcli.function(program.text)
    shapes = {name: np.shape(program.point[name]) for name in f.variables}
    found = derivation_report(f.shown, f.variables[:1], 1, {n: x for n, x in shapes.items() if x})
    ElementTree.fromstring(f"<main>{derivation_markup(found)}</main>")


@settings(max_examples=25)
@given(scalar_programs())
def test_scalar_programs(program: Program) -> None:
    check_trace(program)
    check_drawing(program, is_at_point=True)
    check_drawing(program, is_at_point=False)
    check_formulas(program)


@settings(max_examples=25)
@given(array_programs())
def test_array_programs(program: Program) -> None:
    check_trace(program)
    check_drawing(program, is_at_point=True)
    check_drawing(program, is_at_point=False)
    check_formulas(program)
