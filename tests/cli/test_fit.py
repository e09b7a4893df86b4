"""`adcli fit`: formats, files, exit codes, bad data."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import adcli
from tests.terminal import ROOT, Outcome, run_here

T = np.linspace(0, 5, 30)
Y = 2.5 * np.exp(-0.8 * T) + 0.3 + 0.05 * np.sin(17 * T + 1)
MODEL = "y ~ a*exp(-k*t) + c"
START = "k=1,a=auto,c=auto"


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{t!r},{y!r}\n" for t, y in zip(T.tolist(), Y.tolist(), strict=True))
    (tmp_path / "decay.csv").write_text("t,y\n" + rows)
    (tmp_path / "later.csv").write_text("id,t\nfirst,1.25\nsecond,8\n")


def run(*arguments: str) -> Outcome:
    return run_here(["fit", *arguments])


def decay(*arguments: str) -> Outcome:
    return run(MODEL, "--data", "decay.csv", "--start", START, *arguments)


@pytest.fixture(scope="module")
def expected() -> adcli.Fit:
    return adcli.fit(MODEL, {"t": T, "y": Y}, {"k": 1.0, "a": "auto", "c": "auto"})


def test_json_has_all_figures(expected: adcli.Fit) -> None:
    outcome = decay("--format", "json")
    assert (outcome.code, outcome.stderr) == (0, "")
    record = json.loads(outcome.stdout)
    assert list(record)[:10] == [
        *("status", "reason", "iterations", "evaluations", "value", "gradient_norm"),
        *("point", "gradient", "method", "seconds"),
    ]
    assert record["status"] == "converged"
    assert list(record["parameters"]) == ["a", "k", "c"]
    for label, parameter in expected.parameters.items():
        got = record["parameters"][label]
        assert got["value"] == record["point"][label] == pytest.approx(parameter.value)
        assert got["standard_error"] == pytest.approx(parameter.standard_error)
        assert got["confidence_interval"] == pytest.approx(parameter.confidence_interval)
    assert record["parameters"]["k"]["start"] == 1.0
    assert record["parameters"]["a"]["start"] is None
    for name in ("rss", "rows", "degrees_of_freedom", "residual_standard_deviation", "r_squared"):
        assert record[name] == pytest.approx(getattr(expected, name)), name
    for name in ("aic", "bic", "log_likelihood", "adjusted_r_squared"):
        assert record[name] == pytest.approx(getattr(expected, name)), name
    assert record["correlation"]["a"]["k"] == pytest.approx(expected.correlation[0, 1])
    assert record["covariance"]["c"]["c"] == pytest.approx(expected.covariance[2, 2])


def test_what_cannot_be_had_is_null_with_its_reason() -> None:
    outcome = run(
        "y ~ a*t + b*t + c", "--data", "decay.csv", "--start", "a=1,b=1,c=1", "--format", "json"
    )
    record = json.loads(outcome.stdout)
    assert record["parameters"]["a"]["standard_error"] is None
    assert "rank-deficient" in record["parameters"]["a"]["reason"]
    assert record["covariance"]["a"]["a"] is None
    assert record["correlation"]["b"]["c"] is None
    assert record["parameters"]["c"]["standard_error"] > 0
    assert outcome.stderr.startswith("warning: no standard errors of a, b")
    assert record["warnings"] == [outcome.stderr.removeprefix("warning: ").rstrip("\n")]


def test_csv_and_plain(expected: adcli.Fit) -> None:
    rows = list(csv.DictReader(io.StringIO(decay("--format", "csv").stdout)))
    lines = decay("--format", "plain").stdout.splitlines()
    for row, line, (label, p) in zip(rows, lines, expected.parameters.items(), strict=True):
        assert row["parameter"] == label
        numbers = [float(row[key]) for key in ("value", "standard_error", "lower", "upper")]
        assert numbers == pytest.approx([p.value, p.standard_error, *p.confidence_interval])
        assert [float(x) for x in line.split()] == pytest.approx([p.value, p.standard_error])
        assert row["start"] == ("1.0" if label == "k" else "")
    held = run(MODEL, "--data", "decay.csv", "--start", "k=1,a=1,c=0", "--bounds", "c=:0")
    assert "warning: c is at its upper bound 0" in held.stdout
    held = run(MODEL, *held_c("--format", "plain"))
    assert held.stdout.splitlines()[2] == "0.0 nan"
    assert held.stderr == "warning: c is at its upper bound 0\n"
    assert run(MODEL, *held_c("--format", "csv")).stdout.splitlines()[3] == "c,0.0,,,,0.0"


def held_c(*arguments: str) -> list[str]:
    return ["--data", "decay.csv", "--start", "k=1,a=1,c=0", "--bounds", "c=:0", *arguments]


def test_the_report_goes_to_a_file() -> None:
    assert decay("-o", "report.txt").stdout == ""
    report = Path("report.txt").read_text(encoding="utf-8")
    assert "│ k " in report
    assert "degrees of freedom" in report


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        (0, []),
        (3, ["--method", "adam", "--max-iterations", "3"]),
        (5, ["--method", "gd", "--rate", "1e-20"]),
        (4, ["--method", "gd", "--rate", "100"]),
    ],
)
def test_exit_codes(code: int, arguments: list[str]) -> None:
    begin = ["--data", "decay.csv", "--start", "k=1,a=1,c=1", "--format", "json"]
    outcome = run(MODEL, *begin, *arguments)
    assert outcome.code == code, outcome
    statuses = {0: "converged", 3: "max_iterations", 4: "diverged", 5: "stalled"}
    assert json.loads(outcome.stdout)["status"] == statuses[code]


# ---- predictions and models ----


def test_predictions_in_every_format(expected: adcli.Fit) -> None:
    found = expected.predict({"t": [1.25, 8.0]})
    text = decay("--predict", "later.csv", "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["id"] for row in rows] == ["first", "second"]
    assert [row["t"] for row in rows] == ["1.25", "8"], "columns go as they came"
    for name, values in zip(found._fields, found, strict=True):
        assert [float(row[name]) for row in rows] == pytest.approx(values)
    report = decay("--predict", "later.csv", "-o", "out.parquet")
    assert "degrees of freedom" in report.stdout, "-o is for the predictions"
    frame = pl.read_parquet("out.parquet")
    assert frame["standard_error"].to_list() == pytest.approx(found.standard_error)
    report = decay("--predict", "later.csv", "-o", "out.jsonl")
    assert "degrees of freedom" in report.stdout, "the name tells the format of the predictions"
    report = decay("--predict", "later.csv", "-o", "out.csv", "--format", "json")
    assert json.loads(report.stdout)["status"] == "converged"
    lines = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert [line["upper"] for line in lines] == pytest.approx(found.upper)
    plain = decay("--predict", "later.csv", "--format", "plain").stdout.splitlines()
    assert [float(x) for x in plain[0].split()] == pytest.approx([part[0] for part in found])


def test_a_saved_model_predicts_evaluates_and_differentiates(expected: adcli.Fit) -> None:
    assert decay("--save", "m.json").code == 0
    a, k, c = (expected.point[name] for name in "akc")
    text = run("--model", "m.json", "--predict", "later.csv", "--format", "csv").stdout
    assert text == decay("--predict", "later.csv", "--format", "csv").stdout
    value = run_here(["eval", "--model", "m.json", "--at", "t=2", "--format", "plain"]).stdout
    assert float(value) == pytest.approx(a * math.exp(-2 * k) + c)
    arguments = ["grad", "--model", "m.json", "--points", "later.csv", "--format", "json"]
    records = [json.loads(line) for line in run_here(arguments).stdout.splitlines()]
    slopes = [record["gradient"]["t"] for record in records]
    assert slopes == pytest.approx([-a * k * math.exp(-k * t) for t in (1.25, 8.0)])
    both = run_here(["eval", "t^2", "--model", "m.json", "--at", "t=2"])
    assert (both.code, both.stdout) == (2, "")


def test_a_model_of_matrix_columns(tmp_path) -> None:
    design = np.random.default_rng(0).standard_normal((20, 2))
    y = design @ [1.0, -2.0] + 0.01 * T[:20]
    rows = "".join(f"{a},{b},{c}\n" for (a, b), c in zip(design.tolist(), y.tolist(), strict=True))
    (tmp_path / "wide.csv").write_text("X[0],X[1],y\n" + rows)
    start = ["--start", "b=[0,0]"]
    outcome = run("y ~ X @ b", "--data", "wide.csv", *start, "--save", "m.json", "--format", "json")
    b = json.loads(outcome.stdout)["point"]["b"]
    assert b == pytest.approx(np.linalg.lstsq(design, y)[0])
    text = run("--model", "m.json", "--predict", "wide.csv", "--format", "csv").stdout
    predicted = [float(row["prediction"]) for row in csv.DictReader(io.StringIO(text))]
    assert predicted == pytest.approx(design @ b)
    value = run_here(["eval", "--model", "m.json", "--at", "X=[1,2]", "--format", "plain"]).stdout
    assert float(value) == pytest.approx(b[0] + 2 * b[1])


@pytest.mark.parametrize(
    ("model", "name"),
    [(MODEL, "curve.png"), (MODEL, "curve.svg"), ("y ~ a*exp(-k*t) + c + d*u", "many.png")],
)
def test_plots(model: str, name: str, tmp_path) -> None:
    start = START + ",d=0" * (model != MODEL)
    rows = [f"{t},{y},{(7 * t) % 1}\n" for t, y in zip(T, Y, strict=True)]
    (tmp_path / "two.csv").write_text("t,y,u\n" + "".join(rows))
    outcome = run(model, "--data", "two.csv", "--start", start, "--plot", name)
    assert outcome.code == 0, outcome.stderr
    data = (tmp_path / name).read_bytes()
    assert data.startswith(b"\x89PNG" if name.endswith("png") else b"<?xml")
    run(model, "--data", "two.csv", "--start", start, "--plot", "again." + name[-3:])
    assert (tmp_path / ("again." + name[-3:])).read_bytes() == data, "the same picture"


def test_the_confidence_band_is_not_cut_off(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    pytest.importorskip("matplotlib")
    from adcli.report import fit_pictures

    figures: list[Any] = []
    monkeypatch.setattr(fit_pictures, "write_figure", lambda figure, _: figures.append(figure))
    (tmp_path / "few.csv").write_text("x,y\n0,0\n1,2\n2,1\n3,3\n")
    start = ("--start", "a=auto,b=auto")
    assert run("y ~ a*x + b", "--data", "few.csv", *start, "--plot", "few.png").code == 0
    above = figures[0].axes[0]
    (band,) = above.collections[-1].get_paths()
    (low, high), ys = above.get_ylim(), band.vertices[:, 1]
    assert low < ys.min() < 0
    assert 3 < ys.max() < high


def test_a_plot_over_a_pole_is_drawn(tmp_path) -> None:
    (tmp_path / "pole.csv").write_text("x,y\n-2,-0.5\n-1,-1.02\n1,1.01\n2,0.5\n3,0.3\n")
    assert run("y ~ a/x", "--data", "pole.csv", "--start", "a=2", "--plot", "pole.png").code == 0


def test_several_files_filters_and_standard_input(tmp_path) -> None:
    text = (tmp_path / "decay.csv").read_text().splitlines(keepends=True)
    (tmp_path / "one.csv").write_text("".join(text[:11]))
    (tmp_path / "two.csv").write_text(text[0] + "".join(text[11:]))
    whole = json.loads(decay("--format", "json").stdout)
    parts = ["--data", "one.csv", "--data", "two.csv", "--start", START, "--format", "json"]
    assert json.loads(run(MODEL, *parts).stdout)["point"] == whole["point"]
    filtered = json.loads(decay("--where", "t > 1", "--format", "json").stdout)
    assert filtered["rows"] == sum(T > 1)
    arguments = ["fit", MODEL, "--data", "-", "--data-format", "csv", "--start", START]
    piped = run_here([*arguments, "--format", "json"], "".join(text).encode())
    assert json.loads(piped.stdout)["point"] == whole["point"]


# ---- bad data ----


@pytest.mark.parametrize(
    ("code", "message", "table", "arguments"),
    [
        (1, "row 2 (line 3): 3 cells where 2 were expected", "x,y\n1,2\n2,3,4\n", []),
        (1, "column 'y': 'abc' is not a number", "x,y\n1,2\n2,abc\n3,4\n", []),
        (1, "column 'y': infinite value", "x,y\n1,2\n2,inf\n3,4\n", []),
        (1, "column 'y': missing value", "x,y\n1,2\n2,\n3,4\n", []),
        (1, "bad.csv has no rows", "x,y\n", []),
        (1, "bad.csv is empty", "", []),
        (1, "more than one column 'x'", "x,x,y\n1,1,2\n", []),
        (2, "'x' is not a column and has no start", "u,y\n1,2\n2,3\n", []),
        (2, "the response names 'y', which is not a column", "x,z\n1,2\n2,3\n", []),
        (1, "its squares leave the range", "x,y\n1,2e200\n2,3e200\n3,1e200\n", []),
        (1, "row 2: weights: the value is -1", "x,y\n1,2\n-1,3\n", ["--weights", "x"]),
        (1, "row 1: sigma: the value is 0", "x,y\n0,2\n1,3\n", ["--sigma", "x"]),
        (1, "all weights are 0", "x,y\n1,2\n2,3\n", ["--weights", "0*x"]),
        (2, "weights: there is no column 'w'", "x,y\n1,2\n2,3\n", ["--weights", "w"]),
        (2, "exclude each other", "x,y\n1,2\n2,3\n", ["--weights", "x", "--sigma", "x"]),
        (2, "absolute sigmas need sigma", "x,y\n1,2\n2,3\n", ["--absolute-sigma"]),
        (2, "the start names 'q'", "x,y\n1,2\n2,3\n", ["--start", "q=1"]),
        (2, "leave no room", "x,y\n1,2\n2,3\n", ["--bounds", "a=2:1"]),
        (2, "the confidence is 1.5", "x,y\n1,2\n2,3\n", ["--confidence", "1.5"]),
        (2, "the loss scale is -1", "x,y\n1,2\n2,3\n", ["--loss-scale", "-1"]),
        (2, "unknown method 'lm'", "x,y\n1,2\n2,3\n", ["--method", "lm"]),
        (2, "'gif' is not a format for pictures", "x,y\n1,2\n2,3\n", ["--plot", "a.gif"]),
        (2, "there is no file 'none.csv'", "x,y\n1,2\n2,3\n4,4\n", ["--predict", "none.csv"]),
        (1, "has no column 'x'", "x,y\n1,2\n2,3\n4,4\n", ["--predict", "later.csv"]),
    ],
)
def test_bad_data_is_one_message_and_no_file(code, message, table, arguments, tmp_path) -> None:
    (tmp_path / "bad.csv").write_text(table)
    before = set(tmp_path.iterdir())
    start = ["--start", "a=1,b=1"]
    outcome = run("y ~ a*x + b", "--data", "bad.csv", *start, *arguments, "-o", "out.txt")
    assert (outcome.code, outcome.stdout) == (code, ""), outcome
    assert outcome.stderr.count("error: ") == 1
    assert message in outcome.stderr
    assert set(tmp_path.iterdir()) == before


def test_hints_about_the_rows_to_predict_for_name_their_option(tmp_path) -> None:
    decay("--save", "m.json")
    (tmp_path / "tabs.csv").write_text("t\ts\n1\t2\n")
    for name, hint in (("tabs.csv", "--predict-format tsv"), ("none.csv", "--predict FILE")):
        assert hint in run("--model", "m.json", "--predict", name).stderr


def test_a_saved_fit_and_its_output_are_points_and_starts(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("x,y\n1,2\n2,3\n3,5\n4,4\n")
    arguments = ["--data", "rows.csv", "--start", "b=[1,2]", "--fix", "c=0.5"]
    model = "y ~ b[0]*x + b[1] + c"
    assert run(model, *arguments, "--save", "saved.json", "-o", "out.json").code == 0
    found = json.loads((tmp_path / "out.json").read_text())["point"]
    assert found["c"] == 0.5
    for name in ("saved.json", "out.json"):
        outcome = run_here(["eval", "b + c", "--at", name, "--format", "json"])
        assert json.loads(outcome.stdout)["value"] == [x + 0.5 for x in found["b"]]
        assert run_here(["descend", "sum((b - c)^2)", "--start", name]).code == 0
        assert run(model, "--data", "rows.csv", "--start", name, "--format", "json").code == 0
    for part in ("parameters", "fixed"):
        broken = json.loads((tmp_path / "saved.json").read_text()) | {part: [1]}
        (tmp_path / "broken.json").write_text(json.dumps(broken))
        outcome = run_here(["eval", "b + c", "--at", "broken.json"])
        assert (outcome.code, f"is damaged: it has no {part}" in outcome.stderr) == (1, True)


def test_a_mistake_in_predictions_is_told_without_rows(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("x,y\n1,2\n2,3\n3,5\n4,4\n")
    (tmp_path / "none.csv").write_text("x[0],x[1]\n")
    arguments = ["--data", "rows.csv", "--start", "a=1,b=1", "--predict", "none.csv"]
    outcome = run("y ~ a*x + b", *arguments, "-o", "out.csv")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert "a model gives one number for each row" in outcome.stderr
    assert not (tmp_path / "out.csv").exists()


def test_columns_named_like_functions_and_constants(tmp_path) -> None:
    (tmp_path / "odd.csv").write_text("exp,e,y\n1,1,2\n2,2,3.5\n3,3,4\n4,3,5.5\n")
    outcome = run("y ~ a*exp + b", "--data", "odd.csv")
    assert "in backticks: `exp`" in outcome.stderr
    outcome = run("y ~ a*e + b", "--data", "odd.csv")
    assert "'e' means the constant 2.71828... here, but odd.csv has a column" in outcome.stderr
    outcome = run(
        "y ~ a*`exp` + b*`e`", "--data", "odd.csv", "--start", "a=1,b=1", "--format", "json"
    )
    assert json.loads(outcome.stdout)["status"] == "converged"


def test_a_constant_response_is_flagged(tmp_path) -> None:
    (tmp_path / "flat.csv").write_text("x,y\n1,0.1\n2,0.1\n3,0.1\n")
    record = json.loads(
        run("y ~ a + b*x", "--data", "flat.csv", "--start", "a=1,b=1", "--format", "json").stdout
    )
    assert record["r_squared"] is None
    assert record["parameters"]["a"]["standard_error"] is None
    assert "same in all rows" in record["reasons"]["r_squared"]


def test_ctrl_c_ends_a_long_fit_within_a_second(tmp_path) -> None:
    x = np.linspace(0, 1, 200_000)
    pl.DataFrame({"x": x, "y": np.exp(-x) + 0.1 * np.sin(1e6 * x)}).write_parquet("long.parquet")
    model = " + ".join(f"a{k}*exp(-b{k}*x)" for k in range(25))
    start = ",".join(f"a{k}=1,b{k}={k + 1}" for k in range(25))
    line = ["fit", f"y ~ {model}", "--data", "long.parquet", "--start", start, "--format", "json"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(
        [*(sys.executable, "-m", "adcli"), *line, *("--predict", "long.parquet", "-o", "out.csv")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    time.sleep(4)  # it has read the data
    status = Path(f"/proc/{process.pid}/stat").read_text().split()
    used = sum(map(int, status[13:15])) / os.sysconf("SC_CLK_TCK")
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = now.ru_utime + now.ru_stime - before.ru_utime - before.ru_stime - used
    assert seconds < 1, "of its processor's time, as others may have the machine"
    assert process.returncode == 130
    assert b"warning: no standard errors: the fit was interrupted" in stderr
    record = json.loads(stdout)
    assert record["status"] == "interrupted"
    assert {x["standard_error"] for x in record["parameters"].values()} == {None}
    assert not Path("out.csv").exists(), "predictions of what was not finished"


def test_rows_that_cannot_be_predicted_are_found_before_the_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text("x,y\n1,2\n2,3\n3,5\n")
    (tmp_path / "rows.txt").write_text("x\n1\n")
    line = ["fit", "y ~ a*x + b", "--data", "rows.csv", "--start", "a=0,b=0", "--save", "out.json"]
    for name in ("rows.txt", "none.csv"):
        assert run_here([*line, "--predict", name]).code == 2
        assert not (tmp_path / "out.json").exists()
    assert run_here([*line, "--predict", "rows.csv"]).code == 0
