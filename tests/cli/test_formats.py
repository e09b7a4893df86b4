"""The format of results goes by the name of the output, unless it is asked for."""

from __future__ import annotations

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
