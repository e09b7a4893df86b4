"""Numbers at the ends of float64: no warning of a library, and no error of ours, for any command.

Warnings are errors in tests (pyproject.toml), so that one would end a command here.
"""

from __future__ import annotations

import itertools

import pytest

from tests.terminal import run_here

ENDS = ["0", "1e-300", "-1e308", "1e300", "710", "1e17"]
PROGRAMS = [
    "exp(x)*y",
    "log(x) + y",
    "softmax([x, y])[0]",
    "gelu(x) + softplus(y)",
    "[x, y] @ [y, x]",
    "norm([x, y])/std([x, y])",
    "where(x > y, 1/x, log(y))",
]
DESCENTS = ["gd", "adam", "rmsprop", "momentum", "cg", "newton", "newton-cg", "lbfgs"]
FITS = {
    "vanishing columns": ("y ~ a*exp(-b*x)", "a=1,b=500"),
    "long columns": ("y ~ a*x*1e200 + b", "a=0,b=1"),
    "short columns": ("y ~ a*x*1e-200 + b", "a=0,b=1"),
    "a large start": ("y ~ a*x + b", "a=1e150,b=-1e150"),
    "an overflow on the way": ("y ~ a*exp(b*x)", "a=1e-30,b=20"),
    "a step": ("y ~ where(x < c, a, b)", "a=1,b=2,c=3"),
    "a constant": ("y ~ c", "c=1e300"),
}


def quiet(*arguments: str) -> None:
    outcome = run_here(list(arguments))
    assert "internal error" not in outcome.stderr, (arguments, outcome.stderr)
    assert "Warning" not in outcome.stderr


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("command", ["grad", "hessian", "trace", "compare", "graph"])
def test_points(command: str, program: str) -> None:
    for x, y in zip(ENDS, ENDS[1:] + ENDS[:1], strict=True):
        quiet(command, program, "--at", f"x={x},y={y}")


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("method", DESCENTS)
def test_descents(method: str, program: str) -> None:
    for x, y in zip(ENDS, ENDS[2:] + ENDS[:2], strict=True):
        line = [f"({program})^2", "--start", f"x={x},y={y}", "--max-iterations", "10"]
        quiet("descend", *line, "--method", method, "--format", "json")


@pytest.mark.parametrize("engine", ["python", "numpy", "llvm"])
def test_rows(engine: str, tmp_path) -> None:
    rows = "".join(f"{x},{y}\n" for x, y in itertools.product(ENDS, ENDS))
    (tmp_path / "points.csv").write_text("x,y\n" + rows)
    for program in PROGRAMS:
        line = [program, "--points", str(tmp_path / "points.csv"), "--on-error", "null"]
        quiet("grad", *line, "--format", "csv", "--engine", engine)


@pytest.mark.parametrize("options", ["", "--loss huber", "--method lbfgs", "--sigma 1e-100"])
@pytest.mark.parametrize("name", FITS)
def test_fits(name: str, options: str, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    model, start = FITS[name]
    for size in (1e-130, 1.0, 1e100):
        rows = "".join(f"{k / 4},{size * (3 - k / 9 + k % 3)}\n" for k in range(3, 23))
        (tmp_path / "rows.csv").write_text("x,y\n" + rows)
        line = [model, "--data", "rows.csv", "--start", start, *options.split()]
        line += ["--max-iterations", "20"]
        quiet("fit", *line, "--predict", "rows.csv", "-o", "out.csv")
