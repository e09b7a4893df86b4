"""`adcli descend`: streams, exit codes, files, and what a terminal gets."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from adcli.cli.descent_options import SettingsOptions, StoppingOptions
from adcli.descent.run import descend
from adcli.descent.settings import Settings
from adcli.descent.stopping import Limits
from tests.terminal import Outcome, run_apart, run_here

ROSENBROCK = "(1 - x)^2 + 100(y - x^2)^2"


def run(*arguments: str) -> Outcome:
    return run_here(["descend", *arguments])


def rosenbrock(*arguments: str) -> Outcome:
    return run(ROSENBROCK, "--start", "x=-1.2,y=1", *arguments)


def test_json_is_the_final_object_alone() -> None:
    outcome = rosenbrock("--format", "json")
    assert outcome.code == 0
    record = json.loads(outcome.stdout)
    assert list(record) == [
        *("status", "reason", "iterations", "evaluations", "value", "gradient_norm"),
        *("point", "gradient", "method", "seconds"),
    ]
    assert record["status"] == "converged"
    assert record["method"] == "lbfgs"
    assert record["point"] == pytest.approx({"x": 1, "y": 1})
    assert outcome.stderr == ""


@pytest.mark.parametrize(
    ("code", "status", "arguments"),
    [
        (0, "converged", []),
        (3, "max_iterations", ["--max-iterations", "3"]),
        (4, "diverged", ["--rate", "0.1"]),
        (
            5,
            "stalled",
            ["--rate", "1e-3", "--gradient-tolerance", "0", "--max-iterations", "1000000"],
        ),
    ],
)
def test_exit_codes(code: int, status: str, arguments: list[str]) -> None:
    outcome = rosenbrock("--format", "json", *arguments)
    assert (outcome.code, json.loads(outcome.stdout)["status"]) == (code, status)


@pytest.mark.parametrize(
    ("code", "message", "arguments"),
    [
        (2, "--rate cannot be 'nan'", ["--rate", "nan"]),
        (2, "the rate is -1", ["--rate", "-1"]),
        (2, "did you mean 'adam'?", ["--method", "adaam"]),
        (2, "hold no number", ["--bounds", "x=1:0"]),
        (2, "is not a range", ["--bounds", "x=1"]),
        (2, "is not a range", ["--bounds", "x=0:0.5:1"]),
        (2, "write --bounds x=0:1, x=0: or x=:1", ["--bounds", "x>0"]),
        (2, "'txt' is not a format for a trace", ["--trace", "trace.txt"]),
        (2, "there is no folder", ["--trace", "/no/such/folder/trace.csv"]),
        (2, "there is no folder", ["--checkpoint", "/no/such/folder/saved"]),
        (2, "name a file that ends in .png, .svg or .pdf", ["--plot", "picture.jpg"]),
        (2, "started and fixed", ["--fix", "x=1"]),
        (2, "--plot shows one descent", ["--starts", "3", "--plot"]),
        (2, "--trace shows one descent", ["--starts", "3", "--trace", "trace.csv"]),
        (2, "checkpoints are for one start", ["--starts", "3", "--checkpoint", "saved"]),
        (2, "--shape is for --start random", ["--shape", "x=2"]),
        (2, "there is no file 'nothing'", ["--resume", "nothing"]),
    ],
)
def test_bad_input_is_one_message_and_no_file(
    code: int, message: str, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = rosenbrock(*arguments)
    assert outcome.code == code
    assert message in outcome.stderr
    assert outcome.stderr.count("error:") == 1
    assert outcome.stdout == ""
    assert list(tmp_path.iterdir()) == []


TOO_LARGE = ("1000000000", "99999x99999", "999999999x999999999", "9" * 18, "x".join(["1"] * 99))
NO_SHAPES = ("3y", "x2", "2x", "-1", "1.5", "", "2,", "9" * 19, "9" * 5000, "2x" + "9" * 5000)


@pytest.mark.parametrize("size", [*TOO_LARGE, *NO_SHAPES], ids=range(15))
@pytest.mark.parametrize("command", ["descend --start random:1", "diff"])
def test_a_shape_that_cannot_be_is_one_message(command: str, size: str) -> None:
    outcome = run_here([*command.split(), "sum(v^2)", "--shape", f"v={size}"])
    assert (outcome.code, outcome.stdout) == (2, ""), outcome
    assert outcome.stderr.startswith("error: "), outcome
    assert outcome.stderr.count("error: ") == 1
    assert "internal" not in outcome.stderr
    if size in TOO_LARGE:
        assert "is the most" in outcome.stderr or "has at most" in outcome.stderr, outcome


@pytest.mark.parametrize("size", ["2x3", "2 x 3", "2×3"])
@pytest.mark.parametrize("command", ["descend --start random:1", "diff"])
def test_shapes_are_written_alike(command: str, size: str) -> None:
    assert run_here([*command.split(), "sum(v^2)", "--shape", f"v={size}"]).code == 0


def test_rows_get_fewer_by_themselves_or_follow_every() -> None:
    def iterations(*arguments: str) -> list[str]:
        outcome = rosenbrock("--rate", "1e-3", "--max-iterations", "2500", *arguments)
        rows = outcome.stdout.splitlines()[2:]
        return [row.split()[0] for row in rows if row[:9].strip().replace(",", "").isdigit()]

    assert iterations() == [
        *map(str, [*range(10), *range(10, 100, 10), *range(100, 1000, 100)]),
        *("1,000", "2,000", "2,500"),
    ]
    assert iterations("--every", "1000") == ["0", "1,000", "2,000", "2,500"]
    assert len(iterations("--every", "1")) == 2501


def test_a_line_is_as_wide_as_the_terminal() -> None:
    text = " + ".join(f"(x{k} - {k})^2" for k in range(30))
    start = ",".join(f"x{k}=0" for k in range(30))
    for width in ("40", "60", "63", "100", "200"):
        outcome = run_here(["descend", text, "--start", start], environment={"COLUMNS": width})
        longest = max(len(line) for line in outcome.stdout.splitlines()[1:])
        assert longest <= int(width)


@pytest.mark.parametrize("name", ["trace.csv", "trace.jsonl", "trace.parquet"])
def test_a_trace_has_every_iterate(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    text = "sum((v - [1, 2])^2) + w^2"
    outcome = run(
        text,
        "--start",
        "v=[0,0],w=3",
        "--rate",
        "0.1",
        "--trace",
        str(path),
        "--max-iterations",
        "20",
        "--format",
        "json",
    )
    result = json.loads(outcome.stdout)
    if name.endswith("jsonl"):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        last, slopes = ([*rows[-1][k]["v"], rows[-1][k]["w"]] for k in ("point", "gradient"))
    else:
        frame = pl.read_csv(path) if name.endswith("csv") else pl.read_parquet(path)
        rows = frame.to_dicts()
        labels = ("v[0]", "v[1]", "w")
        last = [rows[-1][label] for label in labels]
        slopes = [rows[-1][f"df/d{label}"] for label in labels]
    assert [row["iteration"] for row in rows] == list(range(21))
    assert rows[-1]["value"] == result["value"]
    assert rows[-1]["evaluations"] == result["evaluations"]
    assert last == [*result["point"]["v"], result["point"]["w"]]
    assert slopes == [*result["gradient"]["v"], result["gradient"]["w"]]


@pytest.mark.parametrize("engine", ["numpy", "python"])
def test_a_trace_of_a_climb_has_the_gradient_of_the_function(engine: str, tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    arguments = ["--start", "x=3", "--rate", "0.1", "--maximize", "--max-iterations", "5"]
    run("1 - x^2", *arguments, "--engine", engine, "--trace", str(path))
    rows = pl.read_csv(path).to_dicts()
    assert [row["df/dx"] for row in rows] == [-2 * row["x"] for row in rows]


@pytest.mark.parametrize("width", ["60", "80", "100"])
def test_parameters_wrap_and_none_vanishes(width: str) -> None:
    text = "a^2 + b^2 + c^2 + d^2 + x^2 + y^2"
    start = "a=1,b=2,c=3,d=4,x=5,y=6"
    arguments = [text, "--start", start, "--rate", "0.1", "--max-iterations", "1"]
    shown = run_here(["descend", *arguments], environment={"COLUMNS": width}).stdout
    head, _, _ = shown.partition("        0 ")
    for label in "abcdxy":
        assert f" {label}" in head
        assert f"df/d{label}" in head
    assert max(map(len, shown.splitlines())) <= int(width)


def test_starts_from_a_seed_a_file_and_values(tmp_path: Path) -> None:
    text = "sum((W@v - 1)^2) + k^2"
    seeded = ["--start", "random:5", "--shape", "W=3x2,v=2", "--format", "json", "--start", "k=2"]
    one, other = run(text, *seeded), run(text, *seeded)
    first, second = json.loads(one.stdout), json.loads(other.stdout)
    assert first["point"] == second["point"]
    saved = tmp_path / "result.json"
    saved.write_text(one.stdout)
    again = json.loads(run(text, "--start", str(saved), "--format", "json").stdout)
    assert again["iterations"] < first["iterations"]  # some: it does not know the size of k, now 0
    assert again["value"] <= first["value"] < 1e-16


def test_many_starts_in_json_and_table() -> None:
    arguments = ["sin(3x) + x^2/10", "--start", "x=4", "--starts", "5", "--seed", "2"]
    record = json.loads(run(*arguments, "--format", "json").stdout)
    assert len(record["starts"]) == 5
    assert record["starts"][0]["value"] == record["value"]
    assert run(*arguments).stdout.count("converged") == 6


def test_plots_in_the_terminal_and_in_files(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    drawn = rosenbrock("--plot").stdout
    assert "gradient norm:" in drawn
    assert "38 iterations" in drawn
    for name, magic in (("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.gif", b"GIF89a")):
        option = "--animate" if name == "a.gif" else "--plot"
        assert rosenbrock(option, str(tmp_path / name), "--max-iterations", "5").code == 3
        assert (tmp_path / name).read_bytes().startswith(magic)
    outcome = run("sum(v^2)", "--start", "v=[1,2,3]", "--animate", str(tmp_path / "b.gif"))
    assert outcome.code == 2
    assert "1 or 2 parameters, there are 3" in outcome.stderr
    assert not (tmp_path / "b.gif").exists()


def test_an_expression_that_plot_took_is_named() -> None:
    outcome = run("--plot", "x^2", "--start", "x=1")
    assert outcome.code == 2
    assert "--plot takes 'x^2' for its file" in outcome.stderr


def test_a_plot_in_the_terminal_leaves_json_alone() -> None:
    outcome = rosenbrock("--format", "json", "--plot")
    assert json.loads(outcome.stdout)["status"] == "converged"
    assert "gradient norm:" in outcome.stderr


def test_every_setting_has_an_option() -> None:
    assert list(SettingsOptions.fields) == list(Settings.__dataclass_fields__)
    assert StoppingOptions.fields.keys() == Limits.__dataclass_fields__.keys()


def test_the_command_and_the_library_say_the_same() -> None:
    record = json.loads(
        rosenbrock("--method", "nadam", "--rate", "0.02", "--format", "json").stdout
    )
    result = descend(ROSENBROCK, {"x": -1.2, "y": 1.0}, method="nadam", rate=0.02)
    assert record["point"] == result.point
    assert record["reason"] == result.reason


def test_help_names_the_exit_codes_and_imports_no_numpy() -> None:
    outcome = run_apart(["descend", "--help"], environment={"PYTHONPROFILEIMPORTTIME": "1"})
    assert outcome.code == 0
    assert "Exit codes" in outcome.stdout
    assert "numpy" not in outcome.stderr
