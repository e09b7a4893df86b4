"""A convention taken at one point is said once, on standard error."""

from __future__ import annotations

import json

import pytest

from tests.terminal import run_here

AT_KINKS = (
    # command, what is at a kink
    (["grad", "abs(x)", "--at", "x=0"], "abs(0)"),
    (["grad", "abs(x) + abs(2*x)", "--at", "x=0"], "abs(0)"),
    (["grad", "norm(v)", "--at", "v=[0,0]"], "radius(0) (in norm)"),
    (["grad", "std(v)", "--at", "v=[3,3]"], "radius(0) (in std)"),
    (["grad", "max(x, y)", "--at", "x=1,y=1", "--mode", "forward"], "max(1, 1)"),
    (["grad", "relu(x)", "--at", "x=0", "--mode", "symbolic"], "max(0, 0) (in relu)"),
    (["grad", "abs(x)", "--at", "x=0", "--precision", "30"], "abs(0)"),
    (["grad", "abs(x)*y", "--at", "x=0,y=1", "--direction", "x=1"], "abs(0)"),
    (["jacobian", "[relu(x), x]", "--at", "x=0"], "max(0, 0) (in relu)"),
    (["hessian", "hypot(x, y)*0 + abs(x)*x^2", "--at", "x=0,y=1"], "abs(0)"),
)
SILENT = (
    ["grad", "abs(x)", "--at", "x=1"],
    ["grad", "abs(x)*y", "--at", "x=0,y=1", "--wrt", "y"],
    ["grad", "abs(x)", "--at", "x=0", "--mode", "finite"],
    ["grad", "where(x < 1, 2*x, abs(y))", "--at", "x=0,y=0"],
    ["eval", "abs(x)", "--at", "x=0"],
    ["hessian", "abs(x)^3", "--at", "x=0"],
)


@pytest.mark.parametrize(("command", "what"), AT_KINKS)
def test_a_kink_is_named_once(command: list[str], what: str) -> None:
    code, out, err = run_here([*command, "--format", "json"])
    assert code == 0
    assert len(json.loads(out)) >= 3
    assert err.startswith(f"note: {what} is at a kink")
    assert err.count("note:") == 1
    assert "--strict" in err


@pytest.mark.parametrize("command", SILENT)
def test_nothing_is_said_elsewhere(command: list[str]) -> None:
    code, _, err = run_here(command)
    assert (code, err) == (0, "")


def test_nothing_is_said_of_the_points_of_a_file(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "points.csv").write_text("x\n0\n0\n1\n")
    code, out, err = run_here(["grad", "abs(x)", "--points", "points.csv", "--format", "csv"])
    assert (code, err) == (0, "")
    assert out.splitlines()[1:] == ["0,0.0,0.0", "0,0.0,0.0", "1,1.0,1.0"]
