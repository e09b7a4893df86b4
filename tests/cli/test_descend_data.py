"""`adcli descend --data`: losses over the rows of tables."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from adcli.descent.run import descend
from adcli.errors import DataError, DomainError, UsageError
from tests.terminal import Outcome, run_here

LINE = "mean((y - (a*x + b))^2)"
X = np.linspace(-1.0, 2.0, 40)
Y = 3.0 * X - 0.5 + 0.1 * np.cos(7 * X)
BEST = dict(zip("ab", np.linalg.lstsq(np.stack([X, X**0], axis=1), Y)[0], strict=True))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with the points of a line as rows.csv."""
    monkeypatch.chdir(tmp_path)
    pl.DataFrame({"x": X, "y": Y}).write_csv("rows.csv")
    return tmp_path


def run(*arguments: str, stdin: bytes = b"") -> Outcome:
    return run_here(["descend", *arguments], stdin=stdin)


def record(*arguments: str, stdin: bytes = b"", code: int = 0) -> dict[str, Any]:
    outcome = run(*arguments, "--format", "json", stdin=stdin)
    assert outcome.code == code, outcome.stderr
    found: dict[str, Any] = json.loads(outcome.stdout)
    return found


METHODS = [
    *([], ["--method", "newton"], ["--method", "cg"], ["--method", "gd"], ["--rate", "0.3"]),
    *(["--method", m, "--rate", "0.1"] for m in ("momentum", "nesterov", "adam", "nadam")),
    *(["--method", m, "--rate", "0.1"] for m in ("amsgrad", "adagrad")),
    ["--method", "adamw", "--rate", "0.1", "--weight-decay", "0"],
]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("method", METHODS, ids=" ".join)
def test_every_method_finds_the_line(method: list[str]) -> None:
    options = ["--start", "a=0,b=0", "--max-iterations", "20000"]
    found = record(LINE, "--data", "rows.csv", *options, *method)
    assert found["point"] == pytest.approx(BEST, rel=1e-6)
    assert list(found["point"]) == list(found["gradient"]) == ["a", "b"]


def test_data_in_other_formats_files_and_shapes(folder: Path) -> None:
    frame = pl.DataFrame({"x": X, "y": Y})
    frame.write_parquet("rows.parquet")
    frame.write_ndjson("rows.jsonl")
    frame.head(10).write_csv("part-1.tsv", separator="\t")
    frame.tail(30).select("y", "x").write_csv("part-2.tsv", separator="\t")
    text = (folder / "rows.csv").read_bytes()
    expected = record(LINE, "--start", "a=0,b=0", "--data", "rows.csv")
    for data in (
        ["--data", "rows.parquet"],
        ["--data", "rows.jsonl"],
        ["--data", "part-1.tsv", "--data", "part-2.tsv"],
        ["--data", "part-*.tsv"],
        ["--data", "-"],
        ["--data", "-", "--data-format", "csv"],
    ):
        found = record(LINE, "--start", "a=0,b=0", *data, stdin=text)
        assert found["point"] == expected["point"]
    pl.DataFrame({"v[0]": X, "v[1]": X**0, "y": Y}).write_csv("wide.csv")
    wide = record("mean((y - v@w)^2)", "--start", "w=[0,0]", "--data", "wide.csv")
    assert wide["point"]["w"] == pytest.approx(list(BEST.values()))


@pytest.mark.usefixtures("folder")
def test_options_of_the_point_work_with_data() -> None:
    data = ["--data", "rows.csv"]
    bounded = record(LINE, *data, "--start", "a=0,b=0", "--bounds", "a=:2.5")
    assert bounded["point"]["a"] == 2.5
    fixed = record(LINE, *data, "--start", "a=0", "--fix", "b=-0.5")
    assert fixed["point"] == {"a": pytest.approx(3, abs=0.1), "b": -0.5}
    climbed = record(f"0 - {LINE}", *data, "--start", "a=0,b=0", "--maximize")
    assert climbed["point"] == pytest.approx(BEST)
    many = record(LINE, *data, "--start", "a=0,b=0", "--starts", "3")
    assert [each["point"] for each in many["starts"]] == [pytest.approx(BEST, rel=1e-5)] * 3
    random = record(LINE, *data, "--start", "random:1")
    assert random["point"] == pytest.approx(BEST)


@pytest.mark.usefixtures("folder")
def test_filters_and_missing_values(folder: Path) -> None:
    part = X > 0
    slope = np.linalg.lstsq(np.stack([X, X**0], axis=1)[part], Y[part])[0][0]
    data = ["--data", "rows.csv", "--start", "a=0,b=0"]
    assert record(LINE, *data, "--where", "x > 0")["point"]["a"] == pytest.approx(slope)
    with (folder / "rows.csv").open("a") as file:
        file.write("5,\n")
    assert "row 41 (line 42): column 'y': missing value" in run(LINE, *data).stderr
    assert record(LINE, *data, "--missing", "drop")["point"] == pytest.approx(BEST)


def test_a_trace_has_the_parameters_alone(folder: Path) -> None:
    for name in ("trace.csv", "trace.jsonl", "trace.parquet"):
        record(LINE, "--data", "rows.csv", "--start", "a=0,b=0", "--trace", name)
    header = (folder / "trace.csv").read_text().splitlines()[0].split(",")
    assert not {"x", "y"} & set(header)
    assert {"a", "b"} <= set(header)
    assert list(json.loads((folder / "trace.jsonl").read_text().splitlines()[0])["point"]) == [
        "a",
        "b",
    ]


def test_pictures_show_the_parameters(folder: Path) -> None:
    pytest.importorskip("matplotlib")
    data = ["--data", "rows.csv", "--start", "a=0,b=0"]
    assert "gradient norm:" in run(LINE, *data, "--plot").stdout
    assert run(LINE, *data, "--plot", "picture.png").code == 0
    assert (folder / "picture.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("method", [["--rate", "0.1"], ["--method", "adam"], []], ids=" ".join)
def test_a_checkpoint_knows_the_data_by_their_digest(folder: Path, method: list[str]) -> None:
    data = ["--data", "rows.csv"]
    whole = record(LINE, *data, "--start", "a=0,b=0", *method)
    some = ["--max-iterations", "2", "--checkpoint", "saved"]
    record(LINE, *data, "--start", "a=0,b=0", *method, *some, code=3)
    saved = (folder / "saved").read_bytes()
    assert len(saved) < 6000
    assert repr(Y[3])[:12].encode() not in saved
    assert struct.pack("<d", Y[3]) not in saved
    gone_on = record(LINE, *data, *method, "--resume", "saved")
    for key in ("point", "value", "gradient", "iterations", "evaluations", "status"):
        assert gone_on[key] == whole[key]
    refused = run(LINE, *data, "--where", "x > 0", *method, "--resume", "saved")
    assert refused.code == 2
    assert "another set of data" in refused.stderr
    pl.DataFrame({"y": Y, "x": X}).write_parquet("same.parquet")
    assert record(LINE, "--data", "same.parquet", *method, "--resume", "saved") == {
        **whole,
        "seconds": pytest.approx(0, abs=100),
    }


BAD = [
    (
        "mean((y - a*z)^2)",
        ["--start", "a=0"],
        2,
        "'z' is not a column of rows.csv, and has no start",
    ),
    ("mean((y - a*z)^2)", ["--start", "a=0"], 2, "the columns are 'x', 'y'"),
    ("mean((y - a*xx)^2)", ["--start", "a=0"], 2, "did you mean 'x'?"),
    ("mean((y - a*x)^2)", ["--start", "a=0,x=1"], 2, "'x' is given a value and is a column"),
    ("mean((y - a*x)^2)", ["--start", "a=0", "--fix", "y=1"], 2, "'y' is given a value and"),
    ("mean((y - a*x)^2)", ["--start", "a=0,c=1"], 2, "the program has no variable 'c'"),
    ("(y - a*x)^2", ["--start", "a=0"], 2, "the result is an array of shape [40], not one number"),
    ("(y - a*x)^2", ["--start", "a=0"], 2, "mean(...)"),
    ("a^2", ["--start", "a=0"], 2, "the program names no column of rows.csv"),
    ("mean(y*x)", [], 2, "there is nothing to vary"),
    ("mean(y - [a, 1])", ["--start", "a=0"], 2, "shapes"),
    ("mean(a*x), a", ["--start", "a=0"], 2, "one"),
    ("mean((y - a*x)^2)", ["--start", "a=0", "--where", "z > 0"], 2, "'z' is not a column"),
    ("mean((y - a*x)^2)", ["--start", "a=0", "--where", "x >"], 2, "x >"),
    ("mean((y - a*x)^2)", ["--start", "a=0", "--where", "x > 9"], 1, "the filter lets none pass"),
    ("mean(log(a*x) - y)", ["--start", "a=1"], 1, "log(-1) is nan, in row 1 of 40"),
    ("mean(a*log(x) - y)", ["--start", "a=1", "--where", "x > -0.5"], 1, "in row 1 of 33"),
    ("mean(where(x > 1.9, 1/a, a) - y)", ["--start", "a=0"], 1, "1 / 0 is inf"),
]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("text", "options", "code", "message"), BAD)
def test_bad_programs_are_one_message(
    text: str, options: list[str], code: int, message: str
) -> None:
    outcome = run(text, "--data", "rows.csv", *options)
    assert outcome.code == code
    assert message in outcome.stderr
    assert outcome.stderr.count("error:") == 1
    assert outcome.stdout == ""


@pytest.mark.parametrize(
    ("option", "message"),
    [(["--where", "x > 0"], "--where is for --data"), (["--data-format", "csv"], "for --data")],
)
def test_options_of_data_need_data(option: list[str], message: str) -> None:
    outcome = run("x^2", "--start", "x=1", *option)
    assert (outcome.code, message in outcome.stderr) == (2, True)


def test_a_column_named_like_a_constant_or_a_function(folder: Path) -> None:
    pl.DataFrame({"e": X, "sum": Y, "pi": X}).write_csv("odd.csv")
    data = ["--data", "odd.csv", "--start", "a=0,b=0"]
    outcome = run("mean((`sum` - (a*e + b))^2)", *data)
    assert outcome.code == 2
    assert "'e' means the constant 2.71828... here, but odd.csv has a column" in outcome.stderr
    assert "write `e` in backticks" in outcome.stderr
    assert "goes in backticks: `sum`" in run("mean((sum - (a*`e` + b))^2)", *data).stderr
    assert record("mean((`sum` - (a*`e` + b))^2)", *data)["point"] == pytest.approx(BEST)
    assert "means the constant" in run("a^2 + mean(`e`*b)^2", *data, "--where", "e > 0").stderr
    one = record("mean((`sum` - (a*`e` + b))^2 * exp(1)/exp(1))", *data, "--where", "`e` > -9")
    assert one["point"] == pytest.approx(BEST)


def test_several_files_without_quotes_get_a_hint(folder: Path) -> None:
    pl.DataFrame({"x": X, "y": Y}).write_csv("more.csv")
    outcome = run(LINE, "--start", "a=0,b=0", "--data", "more.csv", "rows.csv")
    assert outcome.code == 2
    assert "--data '*.csv'" in outcome.stderr


# ---- the library ----


def test_the_library_takes_arrays() -> None:
    data = {"x": X, "y": Y.tolist(), "unused": ["a"]}
    result = descend(LINE, {"a": 0.0, "b": 0.0}, data=data)
    assert result.point == pytest.approx(BEST)
    matrix = descend(
        "mean((y - M@w)^2)", {"w": np.zeros(2)}, data={"M": np.stack([X, X**0], 1), "y": Y}
    )
    assert matrix.point["w"] == pytest.approx(list(BEST.values()))
    framed = descend(LINE, {"a": 0.0, "b": 0.0}, data=pl.DataFrame({"x": X, "y": Y}))
    assert framed.point == result.point


@pytest.mark.parametrize(
    ("error", "message", "data"),
    [
        (DataError, "'y' has 39, 'x' has 40", {"x": X, "y": Y[1:]}),
        (DataError, "row 1: column 'y': the value is nan", {"x": X, "y": Y * np.nan}),
        (UsageError, "no start for the variable 'y'", {"x": X}),
        (UsageError, "'a' is data and has a value besides", {"x": X, "y": Y, "a": X}),
        (DomainError, r"in row 40 of 40", {"x": np.append(X[1:], -700.0), "y": Y}),
    ],
)
def test_what_the_library_refuses(error: type[Exception], message: str, data: Any) -> None:
    text = "mean((y - (a*x + b) + sqrt(x + 1))^2)" if error is DomainError else LINE
    with pytest.raises(error, match=message):
        descend(text, {"a": 0.0, "b": 0.0}, data=data)
