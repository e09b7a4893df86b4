"""Uncertainties over rows: as at each point by itself, in every format."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import adcli
from tests.terminal import run_here

ROWS = [(2.0, 0.1, 1.0, 0.05), (3.0, 0.2, 2.0, 0.1), (0.5, 0.0, 4.0, 0.3)]
TABLE = "x,u(x),y,u(y),name\n" + "".join(",".join(map(str, row)) + ",a\n" for row in ROWS)


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "rows.csv"
    path.write_text(TABLE)
    return path


PROGRAMS = [
    ("k*x^2/y", ["--at", "k=1.5(1)"]),
    ("k*x^2/y", ["--at", "k=1.5(1)", "--correlation", "x,y=0.5"]),
    ("k*x^2/y", ["--at", "k=1.5±0.1 df=4", "--correlation", "x,k=-0.3", "--level", "0.9"]),
    ("x*y, x + k", ["--at", "k=1.5±0.1 df=3", "--level", "0.99"]),
    ("x*y, x + k", ["--at", "k=2", "--coverage", "2"]),
    ("[x, y]*k", ["--at", "k=2(1)", "--correlation", "x,y=1"]),
]


@pytest.mark.parametrize(("program", "options"), PROGRAMS)
def test_rows_are_as_points(program: str, options: list[str], table: Path) -> None:
    line = ["propagate", program, *options, "--format", "json"]
    found = run_here([*line, "--points", "rows.csv"])
    assert found.code == 0, found.stderr
    for text, (x, u, y, v) in zip(found.stdout.splitlines(), ROWS, strict=True):
        row = json.loads(text)
        at = f"x={x!r}±{u!r},y={y!r}±{v!r}"
        if u == 0:
            continue  # a point would refuse its correlation
        alone = json.loads(run_here([*line, "--order", "1", "--at", at]).stdout)
        results = alone.get("results", [alone])
        for name, fields in (("value", "value"), ("u(f)", "standard_uncertainty")):
            assert np.ravel(row[name]) == pytest.approx([r[fields] for r in results], rel=1e-12)
        if "lower" in row:
            ends = np.transpose([r["interval"] for r in results])
            assert np.ravel([row["lower"], row["upper"]]) == pytest.approx(np.ravel(ends), rel=1e-9)


def test_formats_agree(table: Path) -> None:
    line = ["propagate", "x*y", "--points", "rows.csv"]
    found = list(csv.DictReader(io.StringIO(run_here([*line, "--format", "csv"]).stdout)))
    assert list(found[0]) == ["x", "u(x)", "y", "u(y)", "name", "value", "u(f)"]
    assert run_here([*line, "-o", "out.parquet"]).code == 0
    frame = pl.read_parquet("out.parquet")
    assert frame["u(f)"].to_list() == [float(row["u(f)"]) for row in found]
    assert frame["u(x)"].dtype == pl.Float64
    assert run_here([*line, "-o", "out.jsonl"]).code == 0
    rows = [json.loads(text) for text in Path("out.jsonl").read_text().splitlines()]
    assert [row["u(f)"] for row in rows] == frame["u(f)"].to_list()
    plain = run_here([*line, "--format", "plain"]).stdout.splitlines()
    assert [float(text.split()[1]) for text in plain] == frame["u(f)"].to_list()


@pytest.mark.parametrize("engine", ["auto", "numpy", "llvm"])
def test_many_rows(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In blocks, compiled or not, as by formulas."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    x, y = rng.uniform(1, 2, (2, 30_000))
    pl.DataFrame({"x": x, "y": y, "u(x)": 0.01 * x, "u(y)": 0.02 * y}).write_parquet("rows.parquet")
    program = "exp(sin(x*y))*log(x + y^2) + tanh(x/y)"
    line = ["propagate", program, "--points", "rows.parquet", "--correlation", "x,y=0.5"]
    assert run_here([*line, "--engine", engine, "-o", "out.parquet"]).code == 0
    found = pl.read_parquet("out.parquet")
    f = adcli.function(program)
    gradients = f.map({"x": x, "y": y}, engine="numpy").gradients
    a, b = gradients["x"] * 0.01 * x, gradients["y"] * 0.02 * y
    np.testing.assert_allclose(found["u(f)"], np.sqrt(a**2 + b**2 + a * b), rtol=1e-11)


BAD = [
    ("x,u(x)\n1,-0.1\n", [], 1, "row 1 (line 2): column 'u(x)': the uncertainty is -0.1"),
    ("x,u(x)\n1,\n", [], 1, "column 'u(x)': missing value"),
    ("x,u(x)\n1,nan\n", [], 1, "u(x)"),
    ("x,u(x)\n1,0.1\n-1,0.1\n", [], 1, "row 2 (line 3): log(-1)"),
    ("x\n1\n", [], 2, "no quantity has an uncertainty"),
    ("y,u(y)\n1,2\n", [], 1, "no column 'x'"),
    ("x,u(x)\n1,0.1\n", ["--at", "x=1"], 2, "'x' is given a value and is a column"),
    ("x,u(x)\n1,0.1\n", ["--monte-carlo", "1e4"], 2, "is for one point"),
    ("x,u(x)\n1,0.1\n", ["--order", "2"], 2, "is for one point"),
    ("x,u(x)\n1,0.1\n", ["--correlation", "x,y=1"], 2, "no quantity 'y'"),
    ("x,u(x)\n1,0.1\n", ["--level", "1"], 2, "level"),
    ("u(x)\n0.1\n", ["--at", "x=1"], 2, "has a column 'u(x)'"),
]


@pytest.mark.parametrize(("text", "options", "code", "message"), BAD)
def test_bad_rows(text: str, options: list[str], code: int, message: str, table: Path) -> None:
    table.write_text(text)
    found = run_here(["propagate", "log(x)", "--points", "rows.csv", *options])
    assert (found.code, message in found.stderr) == (code, True), found.stderr


def test_rows_that_fail_are_null_where_that_is_asked_for(table: Path) -> None:
    table.write_text("x,u(x)\n1,0.1\n-1,0.1\n0,0.1\n2,-1\n2,0.2\n")
    line = ["propagate", "log(x)", "--points", "rows.csv", "--on-error", "null", "--format", "json"]
    found = run_here(line)
    assert found.code == 1
    rows = [json.loads(text) for text in found.stdout.splitlines()]
    assert [row["u(f)"] for row in rows] == [0.1, None, None, None, 0.1]
    assert [("error" in row) for row in rows] == [False, True, True, True, False]


def test_no_rows(table: Path) -> None:
    table.write_text("x,u(x)\n")
    found = run_here(["propagate", "x^2", "--points", "rows.csv", "--format", "csv"])
    assert (found.code, found.stdout) == (0, "x,u(x),value,u(f)\n")
