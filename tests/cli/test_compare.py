"""`adcli compare` at the command line: exit codes, widths, pictures."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import pytest

from adcli.language.messages import columns
from tests.terminal import run_apart, run_here

EXAMPLE = ["compare", "x1*x2 + sin(x1)", "--at", "x1=2,x2=3"]


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize(
    "program",
    ["x1*x2 + sin(x1)", "max(x1, 2)*x2", "sum([x1, x2, 3]^2)", "(1 - cos(x1*1e-6))*x2*1e6"],
)
def test_no_line_is_wider_than_the_terminal(program: str, width: int) -> None:
    line = ["compare", program, "--at", "x1=2,x2=3", "--epsilons", "1e-1:1e-16"]
    outcome = run_here(line, environment={"COLUMNS": str(width)})
    assert outcome.code in (0, 1)
    assert max(map(columns, outcome.stdout.splitlines())) <= width


def test_json_has_everything() -> None:
    record = json.loads(run_here([*EXAMPLE, "--format", "json"]).stdout)
    assert record["agree"] is True
    assert record["wrong"] == []
    assert [m["method"] for m in record["methods"]] == [
        "symbolic",
        "forward differences",
        "central differences",
        "complex step",
        "forward AD",
        "reverse AD",
    ]
    assert all(m["seconds"] > 0 for m in record["methods"])
    assert record["taylor"]["slope"] == pytest.approx(2, abs=0.01)
    assert record["right_digits"] == {"x1": 16.0, "x2": 16.0}


def test_json_of_a_wrong_gradient_comes_with_exit_code_1() -> None:
    outcome = run_here([*EXAMPLE, "--gradient", "x1=1,x2=2", "--format", "json"])
    record = json.loads(outcome.stdout)
    assert outcome.code == 1
    assert [w["component"] for w in record["wrong"]] == ["x1"]
    assert record["taylor"]["is_right"] is False
    assert "'x1'" in outcome.stderr


def test_csv_is_a_row_for_each_method() -> None:
    line = ["compare", "abs(x) + sum(A)", "--at", "x=1,A=[[1,2],[3,4]]", "--format", "csv"]
    rows = list(csv.DictReader(io.StringIO(run_here(line).stdout)))
    assert len(rows) == 6
    assert rows[-1]["df/dA[1,0]"] == "1.0"
    assert rows[3]["method"] == "complex step"
    assert rows[3]["df/dx"] == ""


def test_csv_of_a_sweep_is_a_row_for_each_epsilon() -> None:
    line = [*EXAMPLE, "--epsilons", "1e-1:1e-16", "--format", "csv"]
    rows = list(csv.DictReader(io.StringIO(run_here(line).stdout)))
    assert len(rows) == 16
    assert float(rows[4]["epsilon"]) == 1e-5
    assert float(rows[4]["central"]) < float(rows[4]["forward"])


@pytest.mark.parametrize("ending", ["png", "svg", "SVG", "pdf"])
def test_a_picture_is_the_same_every_time(ending: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    names = [str(tmp_path / f"{k}.{ending}") for k in range(2)]
    for name in names:
        assert run_here([*EXAMPLE, "--plot", name]).code == 0
    first, second = (Path(name).read_bytes() for name in names)
    assert first == second
    assert first.startswith({"png": b"\x89PNG", "pdf": b"%PDF"}.get(ending, b"<?xml"))


def pictured(monkeypatch: pytest.MonkeyPatch, line: list[str]) -> Any:
    """The figure that a command draws."""
    pytest.importorskip("matplotlib")
    from adcli.report import comparison_picture

    found: list[Any] = []
    monkeypatch.setattr(comparison_picture, "write_figure", lambda figure, _: found.append(figure))
    assert run_here(["compare", *line, "--plot", "picture.png"]).code == 0
    (figure,) = found
    return figure


def test_the_picture_has_the_estimate_the_exact_value_and_its_errors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at = ["--at", "x1=2,x2=3,x3=4"]
    left, right = pictured(monkeypatch, ["3*(x1^2 + x2*x3)", *at]).axes
    assert (left.get_xscale(), left.get_yscale()) == ("linear", "linear")
    assert "percent of |x1|" in left.get_xlabel()
    lines = {line.get_label(): line for line in left.get_lines()}
    assert list(lines["exact: 12"].get_ydata()) == [12, 12]
    points = dict(zip(*lines["forward: (f(x + h) - f(x))/h"].get_data(), strict=True))
    assert points[1.0] == pytest.approx(12.06)
    assert points[10.0] == pytest.approx(12.6)
    assert [text.get_text() for text in left.texts] == ["12.06 at 1%"]
    assert (right.get_xscale(), right.get_yscale()) == ("log", "log")
    assert right.get_legend() is not None


def test_errors_of_zero_are_marks_and_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    _, right = pictured(monkeypatch, ["x*x", "--at", "x=3"]).axes
    lines = {line.get_label(): line for line in right.get_lines()}
    errors = lines["forward differences"].get_ydata()
    assert [k for k, y in enumerate(errors) if math.isnan(y)] == [9, 10, 12, 13]
    assert len(lines["forward: no error"].get_xdata()) == 4
    assert len(lines["central: no error"].get_xdata()) == 16


def test_a_sweep_as_a_record_has_percents_estimates_and_formulas() -> None:
    line = [*EXAMPLE, "--epsilons", "1e-1:1e-3", "--format", "json"]
    found = json.loads(run_here(line).stdout)["sweep"]
    assert found["percent"] == [10, 1, 0.1]
    assert found["formulas"]["forward"] == "(f(x + h) - f(x))/h"
    assert list(found["estimates"]["central"]) == ["x1", "x2"]
    assert len(found["estimates"]["forward"]["x1"]) == 3
    rows = list(csv.DictReader(io.StringIO(run_here([*line[:-1], "csv"]).stdout)))
    assert float(rows[0]["percent"]) == 10
    assert float(rows[0]["forward df/dx1"]) == found["estimates"]["forward"]["x1"][0]


@pytest.mark.parametrize("text", ["x", "5x", "x^2"])
@pytest.mark.filterwarnings("error")
def test_a_picture_of_differences_that_are_exact(text: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    name = str(tmp_path / "picture.svg")
    assert run_here(["compare", text, "--at", "x=3", "--plot", name]).code == 0


@pytest.mark.parametrize(
    "options",
    [
        ["--epsilons", "1"],
        ["--epsilons", "1e-1:0"],
        ["--epsilons", "1e-1:1e-16:0"],
        ["--epsilons", "1e-1:1e-16:1000"],
        ["--epsilons", "a:b"],
        ["--epsilons", "1:nan"],
        ["--plot", "picture"],
        ["--plot", "picture.jpg"],
        ["--tolerance", "-1"],
        ["--gradient", "x1=1"],
        ["--gradient", "x1=[1],x2=2"],
        ["--wrt", "z"],
    ],
)
def test_wrong_usage_has_exit_code_2_and_a_hint(options: list[str]) -> None:
    outcome = run_here([*EXAMPLE, *options])
    assert outcome.code == 2
    assert outcome.stdout == ""
    assert "hint:" in outcome.stderr


def test_without_matplotlib_a_picture_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    outcome = run_here([*EXAMPLE, "--plot", "picture.svg"])
    assert outcome.code == 2
    assert "adcli[plot]" in outcome.stderr
    assert not Path("picture.svg").exists()


def test_the_report_is_written_even_if_methods_disagree(tmp_path: Path) -> None:
    name = tmp_path / "report.json"
    line = [*EXAMPLE, "--gradient", "x1=1,x2=2", "--format", "json", "-o", str(name)]
    assert run_apart(line).code == 1
    assert json.loads(name.read_text())["agree"] is False
