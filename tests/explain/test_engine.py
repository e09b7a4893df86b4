"""What is told about an engine: why it was chosen, operations and bytes a row."""

from __future__ import annotations

import json

import pytest

from adcli.ad.tasks import KINDS, Task
from adcli.engines.columns import Column
from adcli.errors import LanguageError
from adcli.explain.cost import Counts
from adcli.explain.engine import explain_point, explain_rows
from adcli.function import function
from tests.terminal import run_here


def of_rows(text, rows, task=None, **options):
    f = function(text)
    columns = {name: Column([1.5] * rows, True) for name in f.variables}
    return explain_rows(f, columns, rows, task or Task("gradient", wrt=f.variables), **options)


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("x*y", Counts(1)),  # the partial derivatives are y and x
        ("x*y + sin(x)", Counts(1, 2, functions=2)),  # x*y + sin(x), y + cos(x), x
        ("exp(x)", Counts(functions=1)),  # its derivative is itself
    ],
)
def test_operations_are_those_of_value_and_gradient(text, counts):
    found = of_rows(text, 10)
    assert found.counts == counts
    assert found.flops == sum(counts)


def test_bytes_are_those_of_columns_and_results():
    f = function("a*x*y")
    columns = {"a": Column(2.0, False), "x": Column([1.0], True), "y": Column([1.0], True)}
    sizes = {"value": 1, "gradient": 3, "directional": 2, "jacobian": 3, "hessian": 11}
    sizes["gradient"] = sizes["jacobian"] = 1 + 2
    sizes["hessian"] = 1 + 2 + 4
    for kind in KINDS:
        mode = "auto" if kind == "jacobian" else "reverse"
        direction = {"x": 1.0} if kind == "directional" else None
        found = explain_rows(f, columns, 1, Task(kind, mode, ["x", "y"], direction))
        assert (found.bytes_read, found.bytes_written) == (16, 8 * sizes[kind])
        assert found.counts is not None


@pytest.mark.parametrize("kind", ["gradient", "hessian"])
@pytest.mark.parametrize(("text", "shown"), [("x*2", "a number as the result"), ("x, x", "one")])
def test_what_cannot_be_computed_is_not_explained(kind, text, shown):
    task = Task(kind, wrt=["x"])
    with pytest.raises(LanguageError, match=shown):
        explain_point(function(text), {"x": [1.0, 2.0]}, task)


def test_arrays_count_by_their_elements():
    f = function("sum(v^2)")
    task = Task("gradient", wrt=["v"])
    found = explain_point(f, {"v": [1.0, 2.0, 3.0]}, task)
    assert found.choice.engine == "numpy"
    assert found.counts is not None
    assert found.counts.additions == 2
    assert (found.bytes_read, found.bytes_written) == (24, 32)


def test_the_choice_is_that_of_the_rows():
    assert of_rows("x*y", 3).choice.engine == "python"
    assert of_rows("x*y", 100_000).choice.engine == "numpy"
    assert of_rows("x*y", 3, precision=30).choice.engine == "mpmath"
    compiled = of_rows("x*y", 100, engine="llvm")
    if compiled.choice.engine == "llvm":
        assert compiled.compile_seconds > 0
    assert of_rows("x*y", 100_000).compile_seconds is None


def test_the_command_says_it_instead_of_computing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.csv").write_text("x,y\n" + "1,2\n" * 10)
    line = ["grad", "x*y + sin(x)", "--points", "p.csv", "--explain-engine"]
    outcome = run_here(line)
    assert outcome.code == 0
    assert outcome.stdout.splitlines() == [
        "engine python: 50 operations for values are fewer than importing NumPy is worth",
        "operations a row: 5: 1 multiplication, 2 additions, 2 functions; "
        "a function such as exp counts as one",
        "bytes a row: 16 read, 24 written",
    ]
    record = json.loads(run_here([*line, "--format", "json"]).stdout)
    assert record["operations"] == Counts(1, 2, functions=2)._asdict()
    assert (record["engine"], record["rows"], record["flops"]) == ("python", 10, 5)
    assert run_here([*line, "-o", "out.txt"]).stdout == ""
    assert (tmp_path / "out.txt").read_text() == outcome.stdout


@pytest.mark.parametrize("points", [["--at", "x=1,y=2"], ["--points", "p.csv"]])
def test_verbose_says_it_beside_the_results(points, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.csv").write_text("x,y\n1,2\n")
    line = ["grad", "x*y", *points, "--format", "csv"]
    plain, verbose = run_here(line), run_here([*line, "--verbose"])
    assert verbose.stdout == plain.stdout != ""
    assert plain.stderr == ""
    assert verbose.stderr.startswith("engine python: ")
    assert "\noperations: 1: 1 multiplication" in verbose.stderr, "of the only point there is"
    assert "ran for " in verbose.stderr
