"""The format of results goes by the name of the output, unless it is asked for."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

import pytest

from tests.terminal import run_here

POINT = ["grad", "x^2", "--at", "x=3"]
STARTS = {"csv": "x,value,df/dx\n", "json": '{"point": ', "plain": "9.0 6.0\n", "table": "f = 9\n"}


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("out.csv", "csv"),
        ("out.json", "json"),
        ("out.JSONL", "json"),
        ("out.ndjson", "json"),
        ("out.txt", "table"),
        ("out", "table"),
    ],
)
def test_the_name_tells_the_format(name, form, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for arguments in ([*POINT, "-o", name], ["grad", "-o", name, *POINT[1:]]):
        assert run_here(arguments) == (0, "", "")
        assert (tmp_path / name).read_text().startswith(STARTS[form])


@pytest.mark.parametrize(
    ("command", "name", "start"),
    [
        (["graph", "x*y"], "out.svg", "<svg"),
        (["graph", "x*y"], "out.dot", "digraph"),
        (["graph", "x*y"], "out.MMD", "flowchart"),
        (["graph", "x*y", "--as", "tree"], "out.svg", "w"),
        (["diff", "x^2"], "out.c", "#include <math.h>"),
        (["diff", "x^2"], "out.py", "def f(x)"),
        (["diff", "x^2"], "out.tex", "2 \\, x"),
        (["diff", "x^2"], "out.txt", "2*x"),
        (["functions"], "out.json", '{"name"'),
    ],
)
def test_the_name_tells_what_else_is_written(command, name, start, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run_here([*command, "-o", name]).code == 0
    assert (tmp_path / name).read_text().startswith(start)


@pytest.mark.parametrize("form", STARTS)
def test_the_option_wins(form, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run_here([*POINT, "-o", "out.csv", "--format", form]).code == 0
    assert (tmp_path / "out.csv").read_text().startswith(STARTS[form])


def test_standard_output_is_a_table():
    assert run_here(POINT).stdout.startswith(STARTS["table"])
    assert run_here([*POINT, "-o", "-"]).stdout.startswith(STARTS["table"])


def test_parquet_is_for_files_of_points(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome = run_here([*POINT, "-o", "out.parquet"])
    assert outcome.code == 2
    assert "--points FILE" in outcome.stderr
    assert not (tmp_path / "out.parquet").exists()


@pytest.mark.parametrize("form", [[], ["--format", "csv"]])
def test_a_name_asks_for_parquet_in_any_case(form, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.csv").write_text("x\n2\n3\n")
    assert run_here(["eval", "x^2", "--points", "p.csv", "-o", "out.Parquet", *form]).code == 0
    assert (tmp_path / "out.Parquet").read_bytes()[:4] == b"PAR1"


@pytest.mark.parametrize("command", ["eval", "grad --direction x=1/3", "jacobian"])
def test_many_digits_of_results_of_several_shapes_beside_rows_that_fail(command: str) -> None:
    arguments = [*command.split(), "--points", "-", "--points-format", "csv", "--format", "json"]
    options = ["--precision", "30", "--on-error", "null", "--at", "a=2/3", "--", "a*y, x, 1/x"]
    points = b"x,y[0],y[1]\n0,1,2\n,1,2\n3,0.7,1\n"
    code, stdout, stderr = run_here([*arguments, *options], points)
    assert code == 1
    assert stderr.endswith("2 of 3 points failed; their results are null\n")
    records = [json.loads(line, parse_float=Decimal) for line in stdout.splitlines()]
    assert records[0]["value"] == records[1]["value"] == [None] * 4
    assert records[2]["value"][1] == Decimal("0.666666666666666666666666666667")
    assert records[2]["at"] == {"a": Decimal("0.666666666666666666666666666667")}


@pytest.mark.parametrize("precision", [[], ["--precision", "20"]])
@pytest.mark.parametrize("rows", ["-1,-2,3\n-1,-2,0\n", ""])
@pytest.mark.parametrize(
    ("line", "labels"),
    [
        (["grad", "sum(log(v))*y"], ["value", "df/dv[0]", "df/dv[1]", "df/dy"]),
        (["eval", "log(v[0]), y"], ["value[0]", "value[1]"]),
        (["eval", "log(v)*y"], ["value[0]", "value[1]"]),
        (
            ["jacobian", "sum(log(v))*y, v[0]", "--wrt", "v"],
            [f"value[{i}]" for i in (0, 1)] + [f"df[{i}]/dv[{j}]" for i in (0, 1) for j in (0, 1)],
        ),
    ],
)
def test_results_have_all_their_columns_where_every_row_fails(
    line, labels, rows, precision, tmp_path
):
    path = tmp_path / "points.csv"
    path.write_text("v[0],v[1],y\n" + rows)
    options = ["--points", str(path), "--on-error", "null", "--format", "csv"]
    head, *found = csv.reader(io.StringIO(run_here([*line, *precision, *options]).stdout))
    assert head == ["v[0]", "v[1]", "y", *labels]
    assert found == [[*row.split(","), *[""] * len(labels)] for row in rows.splitlines()]
