"""Costs against size: laws through all counts, and a command line that says what grows."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from adcli.comparison.growth import law
from tests.terminal import run_here

SIZES = [1, 2, 3, 4, 5, 6, 7, 10, 100]


def growth(program: str, *arguments: str, sizes: str = "n=1,10,100") -> str:
    outcome = run_here(["compare", program, "--growth", sizes, "--no-times", *arguments])
    assert outcome.code == 0, outcome.stderr
    return outcome.stdout


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("7", [7 for _ in SIZES]),
        ("n + 1", [n + 1 for n in SIZES]),
        ("3n^2 - n + 12", [3 * n * n - n + 12 for n in SIZES]),
        ("n^4 - 2n", [n**4 - 2 * n for n in SIZES]),
        ("0", [0 for _ in SIZES]),
        ("2n + 7 (n > 1)", [6, *[2 * n + 7 for n in SIZES[1:]]]),
        ("≈ n^5", [n**5 for n in SIZES]),  # beyond the powers that are looked for
        ("≈ n^0.5", [n**0.5 for n in SIZES]),
        ("≈ constant", [1.0, 1.1, *[2.0] * 6, 2.1]),
    ],
)
def test_a_law_goes_through_all_values(written: str, values: list[float]) -> None:
    assert law(SIZES, values) == written


def test_two_sizes_alone_make_no_polynomial() -> None:
    assert law([1, 10], [1, 100]) == "≈ n^2"


@pytest.mark.parametrize(
    ("program", "arguments", "laws"),
    [  # chains: k p in forward mode, k + p in reverse mode
        ("sum(x^2)", ["--shape", "x=n"], ("n", "n^2 + n", "2n")),
        ("sum(x*x)/n", ["--at", "x=range(n)"], ("n + 1", "2n^2 + n", "2n + 1")),
        ("sum(W@v)", ["--shape", "W=2nx3,v=3", "--wrt", "v"], ("6n", "18n", "6n")),
        ("f(v) = sum(v*v); f(x)", ["--shape", "x=n"], ("n", "2n^2", "2n")),
    ],
)
def test_laws_of_multiplications(program: str, arguments: list[str], laws: tuple[str, ...]) -> None:
    found = json.loads(growth(program, *arguments, "--format", "json"))["multiplications"]
    assert (found["evaluation"], found["forward AD"], found["reverse AD"]) == laws


def test_rows_for_scripts_have_what_compare_has() -> None:
    at = "x=range(n)/10 + 1"
    text = growth("exp(sum(x)/n)", "--at", at, "--format", "csv", sizes="n=3,20")
    rows = list(csv.DictReader(io.StringIO(text)))
    alone = run_here(
        ["compare", "exp(sum(x)/20)", "--at", "x=range(20)/10 + 1", "--no-times", "--format", "csv"]
    )
    for row, same in zip(rows[6:], csv.DictReader(io.StringIO(alone.stdout)), strict=True):
        assert (row["n"], row["inputs"]) == ("20", "20")
        for column in ("method", "evaluations", "sweeps", "multiplications", "functions"):
            assert row[column] == same[column]


@pytest.mark.parametrize("columns", ["60", "80"])
def test_tables_fit(columns: str) -> None:
    arguments = ["compare", "sum(x^2)", "--growth", "n=1,10,100,1000,20000", "--shape", "x=n"]
    shown = run_here(arguments, environment={"COLUMNS": columns}).stdout
    assert max(map(len, shown.splitlines())) <= int(columns)
    assert "extrapolated from a sample" in shown
    assert "p + 1 evaluations" in " ".join(shown.split())


def test_a_method_that_does_not_apply_is_said_to() -> None:
    assert "complex step does not apply" in growth("sum(abs(x))", "--shape", "x=n")


def test_a_picture_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / "growth.svg"
    growth("sum(x^2)", "--shape", "x=n", "--plot", str(path))
    text = path.read_text()
    assert text.count("<path") > 50


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--growth", "n"], "'' is not a list of sizes"),
        (["--growth", "n=1"], "2 to 20 different sizes"),
        (["--growth", "n=1,x"], "'1,x' is not a list of sizes"),
        (["--growth", "sin=1,2"], "'sin' is not a name that can grow"),
        (["--growth", "n=0,1"], "a size is from 1 to"),
        (["--growth", "n=1,2"], "no shape or value for 'x'"),
        (["--growth", "n=1,2", "--shape", "x=3"], "nothing grows"),
        (["--growth", "n=1,2", "--shape", "x=m"], "'m' is not a shape in n"),
        (["--growth", "n=1,2", "--shape", "z=n"], "no variable 'z'"),
        (["--growth", "n=1,2", "--shape", "x=n", "--at", "x=1"], "by --shape"),
        (["--growth", "n=1,2", "--at", "x=1,n=3"], "which --growth gives"),
        (["--growth", "n=1,2", "--shape", "x=n", "--order", "2"], "is for first derivatives"),
        (["--growth", "n=1,2", "--shape", "x=n", "--gradient", "x=1"], "exclude each other"),
        (["--shape", "x=3", "--at", "x=1"], "--shape is for --growth"),
    ],
)
def test_what_cannot_be_meant(arguments: list[str], message: str) -> None:
    outcome = run_here(["compare", "sum(x^2)", *arguments])
    assert (outcome.code, outcome.stdout) == (2, "")
    assert message in outcome.stderr
    assert "hint:" in outcome.stderr
