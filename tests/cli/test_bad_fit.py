"""`adcli fit` with what it cannot take: one message that says what, and no file."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.terminal import Outcome, run_here

ROWS = "x,y,s,z\n" + "".join(f"{i},{2 * i + 1 + 0.1 * (i * 7 % 5)},{1 + i},0\n" for i in range(10))
LINE = "y ~ a*x + b"
START = "--start a=1,b=1"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a table."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text(ROWS)
    return tmp_path


def fit(model: str, options: str = START) -> Outcome:
    return run_here(["fit", model, "--data", "rows.csv", *shlex.split(options), "--format", "json"])


def refused(outcome: Outcome, code: int, message: str) -> None:
    """Nothing but one message."""
    assert (outcome.code, outcome.stdout) == (code, ""), outcome
    assert outcome.stderr.startswith("error: ")
    assert outcome.stderr.count("error: ") == 1, outcome.stderr
    assert "internal error" not in outcome.stderr
    assert "Warning" not in outcome.stderr
    assert message in outcome.stderr


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("", "there is no expression"),
        ("~", "'~' stands once"),
        ("y ~ a ~ b", "'~' stands once"),
        ("y", "a fit needs a response and a model"),
        ("y = a*x + b", "with '~' and not '='"),
        ("y ~ a*x + b; c = 1", "this one is not the last"),
        ("y ~ a*x + b, a", "',' cannot stand here"),
        ("2 ~ a*x + b", "the response is no column"),
        ("sum(y) ~ a*x + b", "not a number for each row"),
        ("y ~ [a, b]", "the model gives an array of 2 for 10 rows"),
        ("y ~ x", "all of its names are columns"),
        ("sin ~ a*x + b", "'sin' is a function"),
    ],
)
def test_what_is_no_model(model: str, message: str) -> None:
    refused(fit(model), 2, message)


@pytest.mark.parametrize(
    ("code", "options", "message"),
    [
        (1, "--sigma 1e300*s", "row 1: sigma: the value is 1e+300"),
        (1, "--sigma 1e-300*s", "row 1: sigma: the value is 1e-300"),
        (1, "--weights 1e308*(s/10)", "leave the range of float64"),
        (2, "--loss huber --loss-scale 1e300", "the loss scale is 1e+300"),
        (2, "--loss huber --loss-scale 1e-300", "the loss scale is 1e-300"),
        (2, "--loss huber --loss-scale nan", "the loss scale is nan"),
    ],
)
def test_sizes_that_cannot_be_squared(code: int, options: str, message: str) -> None:
    refused(fit(LINE, f"{START} {options}"), code, message)


def test_the_least_loss_scale() -> None:
    found = json.loads(fit(LINE, f"{START} --loss cauchy --loss-scale 1e-100").stdout)
    assert found["status"] in ("converged", "stalled")


@pytest.mark.parametrize("model", ["z ~ a*x + b", "z ~ a*z + b", "z ~ b*exp(a*x)"])
def test_a_response_of_zeros_is_fitted_perfectly(model: str) -> None:
    outcome = fit(model)
    found: dict[str, Any] = json.loads(outcome.stdout)
    assert (outcome.code, found["status"], found["rss"]) == (0, "converged", 0.0)
    assert found["r_squared"] is None
    assert found["parameters"]["b"]["standard_error"] is None
    assert found["parameters"]["b"]["value"] == pytest.approx(0.0, abs=1e-100)
