"""A constant's name is never silently a column or a variable, wherever names come in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import adcli
from adcli.errors import UsageError
from adcli.graph.constants import CONSTANTS, MEANINGS
from adcli.language.messages import quoted
from tests.terminal import run_here, words

ROWS = "x,y,{}\n1,2,3\n2,3,4\n3,5,5\n4,6,7\n"

COLUMNS = [
    "eval '{0}*x' --points rows.csv",
    "eval '{0}*x' --points rows.csv --explain-engine",
    "grad '{0}*x' --points rows.csv --format csv",
    "grad '{0}*x + `{0}`' --points rows.csv",
    "jacobian '{0}*x, x' --points rows.csv",
    "hessian '{0}*x' --points rows.csv --on-error null",
    "grad 'x/sqrt({0})' --points lists.jsonl",
    "eval 'sum({0}*x)' --data rows.csv",
    "descend 'mean((y - a*x - {0})^2)' --data rows.csv --start a=0",
    "descend 'mean((y - a*x)^2)' --data rows.csv --start a=0 --where '{0} > 1'",
    "descend 'mean((y - a*x - {0})^2)' --data rows.csv --start a=0 --epochs 1",
    "descend 'mean((y - a - {0})^2)' --data plain.csv --start a=0 --validation rows.csv --epochs 1",
    "fit 'y ~ a*x + {0}' --data rows.csv --start a=0",
    "fit 'y/{0} ~ a*x' --data rows.csv --start a=0",
    "fit 'y ~ a*x' --data rows.csv --start a=0 --sigma {0}",
    "fit 'y ~ a*x' --data rows.csv --start a=0 --weights 'x/{0}'",
    "fit 'y ~ a*x' --data rows.csv --start a=0 --where '{0} > 1'",
    "fit 'y ~ a*x + 1/{0}' --data plain.csv --start a=0 --predict rows.csv",
    "fit --model model.json --predict rows.csv",
    "eval --model model.json --points rows.csv",
]
"""Commands whose table has a column that the program means as a constant."""

VARIABLES = [
    *(f"{command} '{{0}}*x' --at x=1,{{0}}=2" for command in ("eval", "grad", "hessian", "trace")),
    *(f"{command} '{{0}}*x' --at {{0}}=2" for command in ("jacobian", "graph", "compare")),
    "eval '{0}*x' --at values.json",
    "grad '{0}*x' --points plain.csv --at {0}=2",
    "grad '{0}*x' --at x=1 --wrt {0}",
    "grad '{0}*x' --at x=1 --direction {0}=1",
    "graph '{0}*x' --at x=1 --paths {0}",
    "diff '{0}*x' --wrt {0}",
    "diff '{0}*x' --shape {0}=3",
    "compare 'x/{0}' --at x=1 --gradient {0}=1",
    "descend '{0} + x^2' --start x=1,{0}=1",
    "descend '{0} + x^2' --start values.json",
    "descend '{0} + x^2' --start x=1 --fix {0}=1",
    "descend '{0} + x^2' --start x=1 --bounds {0}=0:1",
    "descend '{0} + x^2' --start x=1 --param '{0}=zeros(2)'",
    "descend '{0} + x^2' --start random:1 --shape {0}=2",
    "descend 'mean((y - {0}*x)^2)' --data plain.csv --start {0}=1",
    "descend 'mean((y - {0}*x)^2)' --data plain.csv --start {0}=1 --epochs 1",
    "fit 'y ~ a*x + {0}' --data plain.csv --start a=0,{0}=1",
    "fit 'y ~ a*x + {0}' --data plain.csv --start a=0,{0}=auto",
    "fit 'y ~ a*x + {0}' --data plain.csv --start a=0 --fix {0}=1",
    "fit 'y ~ a*x + {0}' --data plain.csv --start a=0 --bounds {0}=0:1",
    "eval --model model.json --at x=1,{0}=1",
]
"""Commands that give a constant's name a value, or take it for a variable."""


@pytest.fixture(params=list(CONSTANTS))
def name(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A constant's name, in a folder with files in which it is a column or a value."""
    monkeypatch.chdir(tmp_path)
    name: str = request.param
    (tmp_path / "rows.csv").write_text(ROWS.format(name))
    (tmp_path / "plain.csv").write_text(ROWS.format("z"))
    (tmp_path / "lists.jsonl").write_text(f'{{"x": 1, "{name}": [1, 2]}}\n')
    (tmp_path / "values.json").write_text(f'{{"x": 1, "{name}": 2}}')
    model = f"fit 'y ~ a*x + {'pi' if name == 'inf' else name}' --data plain.csv --start a=0"
    assert run_here(words(f"adcli {model} --save model.json")).code == 0
    text = (tmp_path / "model.json").read_text()
    (tmp_path / "model.json").write_text(text.replace("+ pi", f"+ {name}"))
    return name


def test_columns(name: str) -> None:
    for line in COLUMNS:
        outcome = run_here(words("adcli " + line.format(name)))
        assert (outcome.code, outcome.stdout) == (2, ""), (line, outcome)
        what = f"'{name}' means the constant {MEANINGS[name]} here, but "
        assert what in outcome.stderr, (line, outcome)
        assert f"write `{name}` in backticks" in outcome.stderr, (line, outcome)


def test_variables(name: str) -> None:
    for line in VARIABLES:
        outcome = run_here(words("adcli " + line.format(name)))
        assert (outcome.code, outcome.stdout) == (2, ""), (line, outcome)
        what = f"'{name}' means the constant {MEANINGS[name]} here, not a variable"
        assert what in outcome.stderr, (line, outcome)
        assert f"write `{name}` in backticks" in outcome.stderr, (line, outcome)


BACKTICKS = [
    ("eval '`{0}`*x' --at x=3,{0}=2 --format plain", "6.0\n"),
    ("eval '`{0}`*x' --at 'x=3,`{0}`=2' --format plain", "6.0\n"),
    ("eval '`{0}`*{0}^0*x' --at x=3,{0}=2 --format plain", "6.0\n"),
    ("eval '`{0}`*x' --points rows.csv --format plain", "3.0\n8.0\n15.0\n28.0\n"),
    ("eval '2x' --points rows.csv --format plain", "2.0\n4.0\n6.0\n8.0\n"),
    ("eval 'sum(x)' --data rows.csv --format plain", "10.0\n"),
]
"""Names in backticks are names like others, and unused columns pass."""


def test_backticks_and_unused_columns(name: str) -> None:
    for line, printed in BACKTICKS:
        outcome = run_here(words("adcli " + line.format(name)))
        assert (outcome.code, outcome.stdout) == (0, printed), (line, outcome)


@pytest.mark.parametrize("name", ["e", "my col", "x,y", "x=y", "a`[b"])
def test_options_take_names_in_backticks(name: str) -> None:
    shown = quoted(name)
    at = ["--at", f"{shown}=2,x=3"]
    outcome = run_here(["grad", f"{shown}*x", *at, "--wrt", f"x, {shown}", "--format", "json"])
    assert json.loads(outcome.stdout)["gradient"] == {"x": 2.0, name: 3.0}, outcome
    outcome = run_here(["graph", f"{shown}*x", *at, "--paths", shown, "--as", "json"])
    assert json.loads(outcome.stdout)["sum"] == 3.0, outcome


@pytest.mark.parametrize("written", ["ℯ", "𝑒", "e"])
@pytest.mark.parametrize("column", ["ℯ", "𝑒", "e"])
def test_other_forms_of_a_letter(written: str, column: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(ROWS.format(column))
    outcome = run_here(["eval", f"{written}*x", "--points", str(tmp_path / "rows.csv")])
    assert outcome.code == 2
    assert "'e' means the constant 2.71828... here, but " in outcome.stderr
    outcome = run_here(["eval", f"{written}*x", "--at", f"x=1,{column}=2"])
    assert outcome.code == 2
    assert "'e' means the constant 2.71828... here, not a variable" in outcome.stderr


X: list[float] = [1.0, 2.0, 3.0]
IN_PYTHON: dict[str, Callable[[str], Any]] = {
    "value": lambda c: adcli.function(f"{c}*x").value({"x": 1.0, c: 2.0}),
    "gradient": lambda c: adcli.function(f"{c}*x").value_and_gradient({c: 2.0}),
    "wrt": lambda c: adcli.function(f"{c}*x").value_and_gradient({"x": 2.0}, wrt=[c]),
    "derivative": lambda c: adcli.function(f"{c}*x").derivative(c),
    "directional": lambda c: adcli.function(f"{c}*x").directional({"x": 1.0}, {c: 1.0}),
    "map": lambda c: adcli.function(f"{c}*x").map({"x": X, c: X}),
    "descend": lambda c: adcli.descend(f"{c} + x^2", {"x": 1.0, c: 1.0}),
    "fix": lambda c: adcli.descend(f"{c} + x^2", {"x": 1.0}, fix={c: 1.0}),
    "bounds": lambda c: adcli.descend(f"{c} + x^2", {"x": 1.0}, bounds={c: (0, 1)}),
    "data": lambda c: adcli.descend(f"mean((x - a*{c})^2)", {"a": 1.0}, data={"x": X, c: X}),
    "train": lambda c: adcli.train(f"mean((x - a*{c})^2)", {"a": 1.0}, data={"x": X, c: X}),
    "train from": lambda c: adcli.train(f"mean((x - {c})^2)", {c: 1.0}, data={"x": X}),
    "fit": lambda c: adcli.fit(f"y ~ a*x + {c}", {"x": X, "y": X, c: X}, {"a": 1.0}),
    "fit from": lambda c: adcli.fit(f"y ~ a*x + {c}", {"x": X, "y": X}, {"a": 1.0, c: 1.0}),
    "sigma": lambda c: adcli.fit("y ~ a*x", {"x": X, "y": X, c: X}, {"a": 1.0}, sigma=c),
    "predict": lambda c: adcli.fit(f"y ~ a*x + {c}", {"x": X, "y": X}, {"a": 1.0}).predict(
        {"x": X, c: X}
    ),
}


@pytest.mark.parametrize("way", IN_PYTHON)
def test_python(way: str) -> None:
    for name in ("e", "pi", "π", "tau"):
        with pytest.raises(UsageError, match=f"'{name}' means the constant"):
            IN_PYTHON[way](name)


@pytest.mark.parametrize(
    ("line", "remarks"),
    [
        ("'y ~ a*x*e^(-x/tau)' --start a=1", ["e: a parameter", "tau: a parameter"]),
        ("'y ~ a*x*e^x' --start a=1 --weights e", ["e: a parameter"]),
        ("'y ~ a*exp(-x/2) + pi' --start a=1", []),
        ("'y ~ a*x' --start a=1 --sigma e", ["e: a column"]),
        ("'y ~ a*x + `tau`' --start a=1,tau=1", []),
    ],
)
def test_a_fit_names_usual_constants(
    line: str, remarks: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text(ROWS.format("z"))
    outcome = run_here(words(f"adcli fit {line} --data rows.csv --format json"))
    assert outcome.code == 0
    told = [text for text in outcome.stderr.splitlines() if "the constant" in text]
    assert told == [
        f"'{c}' means the constant {MEANINGS[c]}; `{c}` in backticks would be {role}"
        for c, role in (remark.split(": ") for remark in remarks)
    ]
