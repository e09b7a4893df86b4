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
        ("2 ~ a*x + b", "the response is not a column"),
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
        (2, "--loss huber --loss-scale nan", "--loss-scale cannot be 'nan'"),
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


# ---- saved models ----


@pytest.fixture
def model() -> dict[str, Any]:
    """What a saved model holds; it is in model.json."""
    assert fit(LINE, f"{START} --save model.json").code == 0
    found: dict[str, Any] = json.loads(Path("model.json").read_text())
    return found


def predict(options: str = "") -> Outcome:
    line = f"fit --model model.json --predict rows.csv {options}"
    return run_here([*shlex.split(line), "--format", "csv"])


@pytest.mark.usefixtures("model")
@pytest.mark.parametrize(
    "option",
    [
        *("--confidence 0.5", "--where x>1", "--start a=1", "--fix a=1", "--bounds a=0:1"),
        *("--weights x", "--absolute-sigma", "--loss huber", "--max-iterations 0", "--method gd"),
        *("--save other.json", "--plot a.png", "--missing drop", "--data rows.csv", "-f rows.csv"),
    ],
)
def test_predictions_take_no_option_of_a_fit(option: str) -> None:
    refused(predict(option), 2, " is for a fit, but --model has been fitted")


@pytest.mark.usefixtures("model")
@pytest.mark.parametrize(
    ("code", "message", "rows"),
    [
        (2, "the model gives an array of 1x2 for 1 rows", "x[0],x[1]\n1,2\n"),
        (2, "the model gives an array of 2x2 for 2 rows", "x[0],x[1]\n1,2\n3,4\n"),
        (2, "the model gives an array of 1x1 for 1 rows", "x[0]\n1\n"),
        (1, "has no column 'x'", "X\n1\n"),
        (1, "row 1: column 'x': the value is inf", "x\ninf\n"),
        (1, "row 2: 2.01212 * 1e+308 is inf", "x\n1\n1e308\n"),
    ],
)
def test_rows_that_a_model_does_not_take(code: int, message: str, rows: str) -> None:
    Path("rows.csv").write_text(rows)
    refused(predict(), code, message)


@pytest.mark.parametrize(
    ("part", "value", "message"),
    [
        ("model", None, "'model' is None, not a text"),
        ("model", "y = a*x + b", "ends without a result"),
        ("model", "y ~ a*x", "its program has no 'b'"),
        ("parameters", None, "'parameters' is None, not an object"),
        ("parameters", {"a": "1", "b": 1}, "not a number or an array of numbers"),
        ("parameters", {"a": [[1], 2], "b": 1}, "not a number or an array of numbers"),
        ("parameters", {"a": 10**400, "b": 1}, "not a number or an array of numbers"),
        ("parameters", {"a": True, "b": 1}, "not a number or an array of numbers"),
        ("parameters", {"a": None, "b": 1}, "the parameter 'a' is not finite"),
        ("parameters", {"a": [1, 2], "b": 1}, "not a matrix of 3 rows and columns"),
        ("fixed", {"a": 1}, "a parameter is fixed and is not"),
        ("covariance", [[1, 0], [1, 1]], "the covariance is none"),
        ("covariance", [[-1, 0], [0, 1]], "the covariance is none"),
        ("covariance", [[1], [1, 2]], "not an array of n x n numbers"),
        ("covariance", None, "not an array of n x n numbers"),
        ("variance", "1", "not a finite number from 0 on"),
        ("variance", -1, "not a finite number from 0 on"),
        ("variance", float("inf"), "not a finite number from 0 on"),
        ("variance", float("nan"), "not a finite number from 0 on"),
        ("degrees_of_freedom", 1.5, "not a whole number from 0 on"),
        ("confidence", 1, "its confidence is not between 0 and 1"),
        ("confidence", True, "not a finite number from 0 on"),
        ("row_wise", "false", "'row_wise' is 'false', not true or false"),
    ],
)
def test_damaged_models(model: dict[str, Any], part: str, value: Any, message: str) -> None:
    Path("model.json").write_text(json.dumps({**model, part: value}))
    refused(predict(), 1, "the model model.json is damaged")
    assert message in predict().stderr.replace("\n         ", " ")
    grad = run_here(["grad", "--model", "model.json", "--at", "x=1"])
    refused(grad, 1, "the model model.json is damaged")
    del model[part]
    Path("model.json").write_text(json.dumps(model))
    refused(predict(), 1, f"'{part}' is not there")


def test_endless_files() -> None:
    refused(run_here(["grad", "--model", "/dev/zero", "--at", "x=1"]), 1, "is not a model")
    refused(run_here(["grad", "-f", "/dev/zero", "--at", "x=1"]), 1, "is too long for a program")
    descend = ["descend", "x^2", "--start", "x=1", "--resume", "/dev/zero"]
    refused(run_here(descend), 1, "/dev/zero is not a checkpoint")
