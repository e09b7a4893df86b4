"""Two entries add a reader, as .github/CONTRIBUTING.md says; points and tables are read by it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from adcli.data import point_files
from tests.terminal import run_here


@pytest.fixture
def pipes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A file of a format that nobody knew: cells between bars."""
    monkeypatch.setitem(point_files.READERS, "psv", partial(point_files._open_csv, "|"))
    monkeypatch.setitem(point_files.EXTENSIONS, ".psv", "psv")
    path = tmp_path / "rows.psv"
    path.write_text("x|note|y\n3|a, b|4\n5|c|12\n", encoding="utf-8")
    return path


def test_points(pipes: Path) -> None:
    outcome = run_here(
        ["grad", "sqrt(x^2 + y^2)", "--points", str(pipes), "--wrt", "y", "--format", "csv"]
    )
    assert outcome.code == 0, outcome.stderr
    rows = ["x,note,y,value,df/dy", '3,"a, b",4,5.0,0.8', "5,c,12,13.0,0.9230769230769231"]
    assert outcome.stdout.splitlines() == rows


def test_format_by_name(pipes: Path) -> None:
    plain = pipes.rename(pipes.with_suffix(".dat"))
    outcome = run_here(
        ["eval", "x*y", "--points", str(plain), "--points-format", "psv", "--format", "plain"]
    )
    assert outcome.code == 0, outcome.stderr
    assert outcome.stdout.split() == ["12.0", "60.0"]


def test_table(pipes: Path) -> None:
    outcome = run_here(["eval", "sum(x*y)", "--data", str(pipes), "--format", "plain"])
    assert outcome.code == 0, outcome.stderr
    assert float(outcome.stdout) == 72.0


def test_what_is_known_is_said(pipes: Path) -> None:
    outcome = run_here(["eval", "x", "--points", str(pipes), "--points-format", "odt"])
    assert outcome.code == 2
    assert "formats are csv, tsv, jsonl, parquet, psv" in outcome.stderr
