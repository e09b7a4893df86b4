"""`adcli descend` in mini-batches: streams, exit codes, files, signals, terminals."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from rich.console import Console

from adcli.cli.descent_needs import WHOLE
from adcli.cli.descent_options import (
    AimOptions,
    CheckpointOptions,
    SettingsOptions,
    StoppingOptions,
    TrainingOptions,
)
from adcli.data.parameters import load_parameters, save_parameters
from adcli.descent.settings import Settings
from adcli.descent.stopping import RunLimits
from adcli.report.training import EpochTable, TrainingBar
from adcli.training.run import train
from adcli.training.state import read_training
from adcli.training.training_plan import TrainingPlan
from tests.terminal import ENVIRONMENT, ROOT, Outcome, run_here
from tests.training.test_resume import facts
from tests.training.test_train import LINE, NETWORK, circle_rows, line_rows, network_start


@pytest.fixture(autouse=True)
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """rows.csv in the current folder, and its columns."""
    monkeypatch.chdir(tmp_path)
    columns = line_rows()
    pl.DataFrame(columns).write_csv("rows.csv")
    return columns


def run(*arguments: str, text: str = LINE) -> Outcome:
    return run_here(["descend", text, "--data", "rows.csv", *arguments])


def record(*arguments: str, **options: Any) -> dict[str, Any]:
    outcome = run("--format", "json", *arguments, **options)
    assert outcome.stderr == ""
    found: dict[str, Any] = json.loads(outcome.stdout)
    return found


LINE_START = ("--start", "a=0,b=0")


def test_json_is_the_final_object_alone(rows: dict[str, Any]) -> None:
    found = record(*LINE_START, "--epochs", "3", "--batch-size", "20", "--rate", "0.1")
    assert list(found) == [
        *("status", "reason", "epochs", "iterations", "value", "training_loss", "best_epoch"),
        *("point", "method", "rows", "seconds"),
    ]
    assert (found["status"], found["epochs"], found["iterations"]) == ("completed", 3, 18)
    expected = train(LINE, {"a": 0.0, "b": 0.0}, data=rows, rate=0.1, epochs=3, batch_size=20)
    assert found["point"] == expected.point
    assert found["value"] == expected.value
    held = record(*LINE_START, "--epochs", "1", "--validation", "0.2")
    assert list(held)[5:8] == ["training_loss", "validation_loss", "best_epoch"]


def test_large_arrays_do_not_flood_the_record() -> None:
    text = "mean((a*x - y)^2) + 1e-3*sum(v^2)"
    found = record("--start", "a=0", "--param", "v=normal(1001)", "--epochs", "1", text=text)
    assert found["point"]["v"] == {"shape": [1001]}
    found = record("--start", "a=0", "--param", "v=normal(1000)", "--epochs", "1", text=text)
    assert len(found["point"]["v"]) == 1000


@pytest.mark.parametrize(
    ("code", "status", "arguments"),
    [
        (0, "completed", ["--epochs", "2"]),
        (0, "converged", ["--epochs", "99", "--target", "0.5", "--rate", "0.1"]),
        (0, "converged", ["--epochs", "9999", "--patience", "1", "--rate", "0.5"]),
        (3, "max_iterations", ["--epochs", "2", "--max-iterations", "1"]),
        (3, "max_iterations", ["--epochs", "2", "--max-seconds", "1e-9"]),
        (4, "diverged", ["--epochs", "99", "--rate", "5"]),
        (4, "diverged", ["--batch-size", "10", "--rate", "1e200"]),
        (4, "diverged", ["--epochs", "1", "--rate", "1e200"]),
        (4, "diverged", ["--epochs", "9", "--max-iterations", "1", "--rate", "1e200"]),
    ],
)
def test_exit_codes(code: int, status: str, arguments: list[str]) -> None:
    outcome = run(*LINE_START, "--format", "json", *arguments)
    assert (outcome.code, json.loads(outcome.stdout)["status"]) == (code, status)


def test_steps_without_a_limit_are_not_kept() -> None:
    """The training loss of an epoch is that of earlier parameters than its last ones."""
    options = ["--epochs", "1", "--batch-size", "1000", "--rate", "1e200"]
    found = json.loads(run(*LINE_START, "--format", "json", *options).stdout)
    assert found["best_epoch"] == 0
    assert found["point"] == {"a": 0.0, "b": 0.0}
    assert "the loss is inf after 1 epoch" in found["reason"]


@pytest.mark.parametrize(
    ("code", "message", "arguments"),
    [
        (2, "batch-size cannot be '0'", ["--batch-size", "0"]),
        (2, "dtype cannot be 'float16'", ["--epochs", "1", "--dtype", "float16"]),
        (2, "the part for validation is 2", ["--epochs", "1", "--validation", "2"]),
        (2, "no-such.csv", ["--epochs", "1", "--validation", "no-such.csv"]),
        (2, "--patience is for a training", ["--patience", "2"]),
        (2, "--validation is for a training", ["--validation", "0.1"]),
        (2, "--dtype is for a training", ["--dtype", "float32"]),
        (2, "--starts is not for a training", ["--epochs", "1", "--starts", "3"]),
        (2, "--animate is not for a training", ["--epochs", "1", "--animate", "a.gif"]),
        (2, "'txt' is not a format for a trace", ["--epochs", "1", "--trace", "trace.txt"]),
        (2, "there is no folder", ["--epochs", "1", "--trace", "no/trace.csv"]),
        (2, "there is no folder", ["--epochs", "1", "--checkpoint", "no/saved"]),
        (2, "there is no folder", ["--epochs", "1", "--save", "no/saved.npz"]),
        (2, "'bin' is not a format for parameters", ["--epochs", "1", "--save", "saved.bin"]),
        (
            2,
            "name a file that ends in .png, .svg or .pdf",
            ["--epochs", "1", "--plot", "picture.jpg"],
        ),
        (2, "there is no file 'nothing'", ["--epochs", "1", "--resume", "nothing"]),
        (1, "is not a checkpoint", ["--epochs", "1", "--resume", "rows.csv"]),
        (2, "--param gives 'a' twice", ["--param", "a=ones()", "--param", "a=ones()"]),
        (2, "is not an assignment", ["--epochs", "1", "--param", "normal(3)"]),
        (2, "there is no file 'no.npz'", ["--epochs", "1", "--start", "no.npz"]),
        (1, "is not a .npz file", ["--epochs", "1", "--start", "bad.npz"]),
    ],
)
def test_bad_input_is_one_message_and_no_file(
    code: int, message: str, arguments: list[str], tmp_path: Path
) -> None:
    (tmp_path / "bad.npz").write_bytes(b"PK\3\4 nothing")
    start = [] if {"--start", "--param"} & set(arguments) else LINE_START
    outcome = run(*start, *arguments)
    assert outcome.code == code
    assert message in outcome.stderr
    assert outcome.stderr.count("error:") == 1
    assert outcome.stdout == ""
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.npz", "rows.csv"]


def test_a_name_that_is_neither_column_nor_parameter() -> None:
    outcome = run("--start", "a=0", "--epochs", "1")
    assert outcome.code == 2
    assert "'b' is not a column of rows.csv, and has no start" in outcome.stderr


@pytest.mark.parametrize("form", ["npz", "safetensors", "json"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_parameters_are_saved_and_evaluated(form: str, dtype: str) -> None:
    if form == "safetensors":
        pytest.importorskip("safetensors")
    columns = circle_rows()
    flat = {"x[0]": columns["x"][:, 0], "x[1]": columns["x"][:, 1], "y": columns["y"]}
    pl.DataFrame(flat).write_csv("rows.csv")
    options = [*("--param", "U=normal(2,8)", "--param", "c=zeros(8)", "--param", "v=he(8)")]
    options += ["--epochs", "4", "--batch-size", "32", "--seed", "3", "--dtype", dtype]
    outcome = run(*options, "--save", f"saved.{form}", "--format", "json", text=NETWORK)
    assert outcome.code == 0, outcome.stderr
    saved = load_parameters(f"saved.{form}")
    assert {n: np.shape(x) for n, x in saved.items()} == {"U": (2, 8), "c": (8,), "v": (8,)}
    if form != "json":
        assert {x.dtype for x in saved.values()} == {np.dtype(dtype)}
    point = json.loads(outcome.stdout)["point"]
    assert all((np.asarray(point[n], dtype) == saved[n].astype(dtype)).all() for n in saved)
    evaluated = run_here(
        ["eval", NETWORK, "--at", f"saved.{form}", "--data", "rows.csv", "--format", "json"]
    )
    found = json.loads(evaluated.stdout)
    assert found["point"] == {}
    z = np.tanh(columns["x"] @ saved["U"] + saved["c"]) @ saved["v"]
    expected = np.mean(np.log1p(np.exp(z)) - columns["y"] * z)
    assert found["value"] == pytest.approx(expected, rel=1e-6 if dtype == "float32" else 1e-12)
    gradient = run_here(
        ["grad", NETWORK, "--at", f"saved.{form}", "--data", "rows.csv", "--format", "json"]
    )
    assert set(json.loads(gradient.stdout)["gradient"]) == {"U", "c", "v"}
    again = run("--start", f"saved.{form}", "--epochs", "1", "--rate", "1e-9", text=NETWORK)
    assert again.code == 0, again.stderr


def test_seeds_and_files_begin_alike() -> None:
    options = ["--epochs", "2", "--batch-size", "10", "--shuffle", "--validation", "0.3"]
    options += ["--param", "a=normal()", "--param", "b=uniform()"]
    first, again = record(*options, "--seed", "5"), record(*options, "--seed", "5")
    assert {**first, "seconds": 0} == {**again, "seconds": 0}
    assert record(*options, "--seed", "6")["point"] != first["point"]


def test_validation_rows_of_a_file_and_selected_rows(rows: dict[str, Any]) -> None:
    other = line_rows(30)
    pl.DataFrame(other).write_parquet("other.parquet")
    options = ["--epochs", "2", "--batch-size", "10", "--where", "x > 0"]
    found = record(*LINE_START, *options, "--validation", "other.parquet")
    chosen, kept = rows["x"] > 0, other["x"] > 0
    expected = train(
        LINE,
        {"a": 0.0, "b": 0.0},
        data={name: column[chosen] for name, column in rows.items()},
        validation={name: column[kept] for name, column in other.items()},
        epochs=2,
        batch_size=10,
    )
    assert found["rows"] == chosen.sum()
    assert found["validation_loss"] == expected.validation_loss
    assert found["point"] == expected.point


def test_a_run_goes_on_from_its_checkpoint() -> None:
    options = [*LINE_START, "--epochs", "5", "--batch-size", "10", "--shuffle", "--rate", "0.01"]
    whole = record(*options)
    part = run(*options, "--max-iterations", "17", "--checkpoint", "saved")
    assert part.code == 3
    assert read_training("saved").state.iterations == 17
    for command in (options, options[2:]):  # --start may be left out
        resumed = record(*command, "--resume", "saved")
        assert {**resumed, "seconds": 0} == {**whole, "seconds": 0}
    other = run(*options, "--resume", "saved", "--method", "adam")
    assert other.code == 2
    assert "another method: gd, not adam" in other.stderr


def test_a_trace_has_a_row_an_epoch() -> None:
    options = [*LINE_START, "--epochs", "3", "--batch-size", "50", "--rate", "0.1"]
    assert run(*options, "--trace", "trace.csv").code == 0
    table = pl.read_csv("trace.csv")
    assert table.columns == ["epoch", "iterations", "training_loss", "rate", "a", "b"]
    assert table["iterations"].to_list() == [3, 6, 9]
    assert run(*options, "--validation", "0.2", "--trace", "trace.jsonl").code == 0
    last = json.loads(Path("trace.jsonl").read_text().splitlines()[-1])
    assert list(last) == [
        *("epoch", "iterations", "training_loss", "validation_loss", "rate", "point")
    ]
    assert set(last["point"]) == {"a", "b"}
    assert run(*options, "--trace", "trace.parquet").code == 0
    frame = pl.read_parquet("trace.parquet")
    assert frame.rows() == table.rows()


def test_a_trace_of_many_parameters_has_none_of_them() -> None:
    text = "mean((a*x - y)^2) + sum(v^2)"
    options = ["--start", "a=0", "--param", "v=normal(1001)", "--epochs", "2"]
    assert run(*options, "--trace", "trace.csv", text=text).code == 0
    assert Path("trace.csv").read_text().splitlines()[0] == "epoch,iterations,training_loss,rate"


def test_losses_are_drawn() -> None:
    options = [*LINE_START, "--epochs", "5", "--rate", "0.05", "--validation", "0.2"]
    shown = run(*options, "--plot").stdout
    assert "training loss:\n" in shown
    assert "validation loss:\n" in shown
    assert "5 epochs" in shown
    alone = run(*options, "--format", "json", "--plot")
    assert json.loads(alone.stdout)["status"] == "completed"
    assert "training loss:\n" in alone.stderr
    pytest.importorskip("matplotlib")
    assert run(*options, "--plot", "losses.svg").code == 0
    assert "<svg" in Path("losses.svg").read_text()


def test_rows_get_fewer_by_themselves_or_follow_every() -> None:
    def epochs(*arguments: str) -> list[str]:
        outcome = run(*LINE_START, "--rate", "1e-4", "--batch-size", "200", *arguments)
        lines = outcome.stdout.splitlines()[3:]
        return [line.split()[0] for line in lines if line.startswith(" ")]

    expected = [*range(1, 101), *range(110, 231, 10), 235]
    assert epochs("--epochs", "235") == [str(k) for k in expected]
    assert epochs("--epochs", "12", "--every", "5") == ["5", "10", "12"]


def test_a_terminal_gets_a_bar_on_standard_error_and_rows_above_it() -> None:
    err, out = io.StringIO(), io.StringIO()
    bar = TrainingBar(Console(file=err, force_terminal=True, width=80, color_system=None))
    with bar, EpochTable(bar.above(out.write), "adam", 4, None) as table:
        train(
            NETWORK,
            network_start(),
            data=circle_rows(),
            epochs=3,
            batch_size=10,
            watchers=[bar, table],
        )
    shown = err.getvalue()
    assert "epoch 1/3" in shown
    assert "rows/s" in shown
    assert "loss 1." in shown
    assert [line.split()[0] for line in out.getvalue().splitlines()[3:]] == ["1", "2", "3"]
    assert "\x1b" not in out.getvalue()


def test_options_that_are_passed_on_are_settings() -> None:
    kinds = (Settings, TrainingPlan, RunLimits)
    known = {name for kind in kinds for name in kind.__dataclass_fields__}
    known |= {"maximize", "checkpoint", "checkpoint_every", "resume", "validation"}
    groups = (*(AimOptions, SettingsOptions, StoppingOptions, CheckpointOptions, TrainingOptions),)
    fields = {name: field for group in groups for name, field in group.fields.items()}
    assert {name for name, field in fields.items() if WHOLE not in field.needs} == known


def launch(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """A long training of a line that saves itself all the time."""
    command = [sys.executable, "-m", "adcli", "descend", LINE, "--start", "a=0,b=0"]
    command += ["--data", "rows.csv", "--batch-size", "10", "--epochs", "1000000", "--shuffle"]
    command += ["--rate", "1e-5", "--checkpoint", "saved", *arguments]
    return subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **ENVIRONMENT, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    """Until the file is there."""
    end = time.monotonic() + 60
    while not path.exists():
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_after_the_batch(number: signal.Signals, tmp_path: Path) -> None:
    options = ["--checkpoint-every", "1000000", "--format", "json", "--save", "best.npz"]
    process = launch(tmp_path, *options, "--trace", "trace.csv")
    wait_for(tmp_path / "saved", process)
    time.sleep(0.5)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, b"")
    found = json.loads(out)
    assert found["status"] == "interrupted"
    assert read_training(tmp_path / "saved").state.iterations == found["iterations"]
    assert load_parameters(tmp_path / "best.npz") == found["point"]
    assert len((tmp_path / "trace.csv").read_text().splitlines()) == found["epochs"] + 1
    assert not [p for p in tmp_path.iterdir() if p.name.endswith(".tmp")]


def kill_and_resume(folder: Path, count: int) -> None:
    """Kill trainings at odd moments; what they leave is whole, and runs go on from it."""
    reached = 0
    for k in range(count):
        process = launch(folder, "--checkpoint-every", "7", *(["--resume", "saved"] if k else []))
        wait_for(folder / "saved", process)
        time.sleep(1.0 + 0.037 * k if k else 0.037)
        process.kill()
        process.communicate()
        state = read_training(folder / "saved").state
        assert state.iterations >= reached
        reached = state.iterations
    options: dict[str, Any] = {"rate": 1e-5, "batch_size": 10, "shuffle": True}
    options.update(data=str(folder / "rows.csv"), epochs=10**6, max_iterations=reached + 30)
    straight = train(LINE, {"a": 0.0, "b": 0.0}, **options)
    resumed = train(LINE, resume=folder / "saved", **options)
    assert facts(resumed) == facts(straight)


def test_a_killed_training_leaves_a_whole_checkpoint(tmp_path: Path) -> None:
    kill_and_resume(tmp_path, 2)


@pytest.mark.slow
def test_twenty_killed_trainings_leave_whole_checkpoints(tmp_path: Path) -> None:
    kill_and_resume(tmp_path, 20)


def test_points_beside_parameters_of_a_file() -> None:
    save_parameters("saved.npz", {"U": np.array([3.0, 4.0]), "other": np.zeros(3)})
    Path("points.csv").write_text("z\n1\n2\n")
    arguments = ["--at", "saved.npz", "--at", "k=2", "--points", "points.csv", "--format", "json"]
    outcome = run_here(["eval", "norm(U)*z + k", *arguments])
    found = [json.loads(line) for line in outcome.stdout.splitlines()]
    assert [line["value"] for line in found] == [7.0, 12.0]
    assert "U" not in outcome.stdout
    both = run_here(["eval", "norm(U)*z + k", *arguments, "--data", "points.csv"])
    assert both.code == 2
    assert "--points and --data exclude each other" in both.stderr
