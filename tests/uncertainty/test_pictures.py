"""Pictures and pages of budgets: written, whole, and of nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.terminal import run_here

TWO = ["R=V*cos(p)/I; X=V/I; R, X", "--at", "V=5.0(1), I=0.02±1%, p=1.05±0.01"]
CASES = {
    "one": ["x*exp(y)", "--at", "x=2±0.1,y=1(1)"],
    "several": [*TWO, "--correlation", "V,I=0.6"],
    "trials": [*TWO, "--monte-carlo", "1e4"],
    "second": ["x^2", "--at", "x=0±0.1", "--monte-carlo", "1e4"],
    "cancelled": ["x - y", "--at", "x=1±1,y=1±1", "--correlation", "x,y=1"],
    "constant": ["x - x + 3", "--at", "x=2±0.1", "--monte-carlo", "1e4"],
    "exact": ["x", "--at", "x=2"],
    "markup": ["`<b>$x_1`*y", "--at", "`<b>$x_1`=2±0.1,y=1±0.1"],
}


@pytest.mark.parametrize("name", CASES)
def test_pictures_and_pages(name: str, tmp_path: Path) -> None:
    page, picture = tmp_path / "budget.html", tmp_path / "budget.svg"
    found = run_here(["propagate", *CASES[name], "-o", str(page), "--plot", str(picture)])
    assert found.code == 0, found.stderr
    ElementTree.parse(picture)
    text = page.read_text("utf-8")
    assert "<b>" not in text
    charts = len(re.findall(r"<figure", text))
    results = 2 if "I=0.02" in CASES[name][2] else 1
    drawn = 0 if name == "exact" else results
    assert charts == drawn * (2 if "--monte-carlo" in CASES[name] else 1)


@pytest.mark.parametrize("option", [["--plot", "b.txt"], ["-o", "b.svg"], ["--plot", "no/b.png"]])
def test_other_files(option: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = run_here(["propagate", "x", "--at", "x=1±0.1", *option])
    assert found.code in (1, 2)
    assert not list(tmp_path.iterdir())
