"""Runs that stop and go on are the runs that never stopped; checkpoints are whole or refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adcli.descent.checkpoint import read_descent
from adcli.descent.minimise import Result
from adcli.descent.run import descend
from adcli.descent.settings import METHODS
from adcli.descent.stopping import Status
from adcli.errors import DataError, UsageError
from tests.terminal import ENVIRONMENT, ROOT

ROSENBROCK = "(1 - x)^2 + 100(y - x^2)^2"
START = {"x": -1.2, "y": 1.0}
WATSON_LIKE = "p = A@v; sum((exp(p/3) - [1, 2, 3])^2) + 0.1sum(v^4)"
ARRAYS: dict[str, Any] = {"v": [0.3, -0.2], "A": [[1.0, 2.0], [3.0, 1.0], [0.5, 0.7]]}

CASES: list[tuple[str, dict[str, Any]]] = [
    *[(name, {}) for name in METHODS],
    ("gd", {"line_search": "wolfe"}),
    ("gd", {"rate": 1e-3}),
    ("adam", {"schedule": "cosine", "schedule_every": 60, "warmup": 7}),
    ("momentum", {"rate": 1e-3, "schedule": "step", "schedule_every": 20, "clip_norm": 2.0}),
    ("adamw", {"weight_decay": 0.1, "schedule": "exponential"}),
    ("nadam", {"bounds": {"x": (-1.5, 0.5)}}),
    ("lbfgs", {"bounds": {"x": (-1.5, 0.5)}}),
    ("cg", {"maximize": True, "bounds": {"x": (-1.5, 0.5), "y": (-1, 1)}}),
]


def facts(result: Result) -> tuple[Any, ...]:
    """All of a result that does not depend on the clock."""
    point = {name: np.asarray(x).tobytes() for name, x in result.point.items()}
    numbers = (result.value, result.gradient_norm, result.iterations, result.evaluations)
    return (result.status, result.reason, numbers, point)


@pytest.mark.parametrize("program", ["scalars", "arrays"])
@pytest.mark.parametrize(("method", "options"), CASES, ids=lambda x: str(x)[:40])
def test_resumed_runs_are_those_that_never_stopped(
    method: str, options: dict[str, Any], program: str, tmp_path: Path
) -> None:
    text, start = (ROSENBROCK, START) if program == "scalars" else (WATSON_LIKE, ARRAYS)
    if program == "arrays" and "bounds" in options:
        options = {**options, "bounds": {"v": (-0.5, 0.4), "A": (-3, 3)}}
    whole = descend(text, start, method=method, max_iterations=150, **options)
    path = tmp_path / "saved"
    part = descend(text, start, method=method, max_iterations=13, checkpoint=path, **options)
    assert part.status in (Status.MAX_ITERATIONS, Status.CONVERGED, Status.DIVERGED)
    if part.status is not Status.MAX_ITERATIONS:
        assert facts(part) == facts(whole)
        return
    again = descend(
        text,
        start,
        method=method,
        max_iterations=40,
        resume=path,
        checkpoint=path,
        checkpoint_every=7,
        **options,
    )
    assert again.iterations <= 40
    rest = descend(text, method=method, max_iterations=150, resume=path, **options)
    assert facts(rest) == facts(whole)


def test_a_checkpoint_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "saved"
    descend(ROSENBROCK, START, method="adam", max_iterations=5, checkpoint=path)

    def refused(text: str, **options: Any) -> str:
        with pytest.raises(UsageError) as caught:
            descend(text, resume=path, **options)
        return caught.value.message

    assert "another expression" in refused("x^2 + y^2", method="adam")
    assert "another method: adam, not lion" in refused(ROSENBROCK, method="lion")
    assert "another settings" in refused(ROSENBROCK, method="adam", rate=0.5)
    assert "another bounds" in refused(ROSENBROCK, method="adam", bounds={"x": (-2, 2)})
    assert "another start for 'x'" in refused(ROSENBROCK, start={"x": 0.0}, method="adam")
    assert "another direction" in refused(ROSENBROCK, method="adam", maximize=True)
    spaced = descend("(1-x)^2+100*(y-x^2)^2", method="adam", max_iterations=6, resume=path)
    assert spaced.iterations == 6


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "saved"
    descend(ROSENBROCK, START, method="adam", max_iterations=5, checkpoint=path)
    data = path.read_bytes()
    for damaged in (data[:-30], data[:40], b"", b"[1]\n", data.replace(b"adam", b"lion"), b"\xff"):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"damaged|no checkpoint"):
            read_descent(path)
    with pytest.raises(UsageError, match="there is no file"):
        read_descent(tmp_path / "nothing")


def launch(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """A long descent that saves itself all the time."""
    settings = {**os.environ, **ENVIRONMENT, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "adcli", "descend", ROSENBROCK, "--start", "x=-1.2,y=1"]
    command += ["--method", "adam", "--rate", "1e-6", "--gradient-tolerance", "0"]
    command += ["--max-iterations", "100000000", "--checkpoint", "saved", *arguments]
    return subprocess.Popen(
        command, cwd=folder, env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    """Until the file is there."""
    end = time.monotonic() + 60
    while not path.exists():
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < end
        time.sleep(0.01)


def kill_and_read(folder: Path, count: int) -> None:
    """Kill runs at odd moments; what they leave is whole, and runs go on from it."""
    path = folder / "saved"
    reached = 0
    for k in range(count):
        process = launch(folder, "--checkpoint-every", "50", *(["--resume", "saved"] if k else []))
        wait_for(path, process)
        time.sleep(1.0 + 0.037 * k if k else 0.037)
        process.kill()
        process.communicate()
        body = read_descent(path)
        assert body["iteration"] >= reached
        reached = body["iteration"]
    straight = descend(
        *(ROSENBROCK, START),
        method="adam",
        rate=1e-6,
        gradient_tolerance=0.0,
        max_iterations=reached + 500,
    )
    resumed = descend(
        ROSENBROCK,
        method="adam",
        rate=1e-6,
        gradient_tolerance=0.0,
        resume=path,
        max_iterations=reached + 500,
    )
    assert facts(resumed) == facts(straight)


def test_a_killed_run_leaves_a_whole_checkpoint(tmp_path: Path) -> None:
    kill_and_read(tmp_path, 2)


@pytest.mark.slow
def test_twenty_killed_runs_leave_whole_checkpoints(tmp_path: Path) -> None:
    kill_and_read(tmp_path, 20)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_after_the_iteration(number: signal.Signals, tmp_path: Path) -> None:
    process = launch(
        tmp_path, "--checkpoint-every", "1000", "--format", "json", "--trace", "trace.csv"
    )
    wait_for(tmp_path / "saved", process)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    result = json.loads(out)
    assert result["status"] == "interrupted"
    assert err == b""
    assert read_descent(tmp_path / "saved")["iteration"] == result["iterations"]
    lines = (tmp_path / "trace.csv").read_text().splitlines()
    assert len(lines) == result["iterations"] + 2
    assert not [p for p in tmp_path.iterdir() if p.name.endswith(".tmp")]


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "options", [{"method": m} for m in ("lbfgs", "cg", "gd")] + [{"rate": 0.1}]
)
@pytest.mark.parametrize("text", ["1e10*(exp(x) - 3x) + 1e9*y^4", "1e-10*((x - 3)^2 + (y + 1)^4)"])
def test_a_run_resumed_at_any_iteration_ends_as_if_it_had_not_stopped(
    text: str, options: dict[str, Any], every: int, tmp_path: Path
) -> None:
    """Where it settles, finishes by Newton steps, or looks for a smaller gradient, too."""
    if "rate" in options:
        options = {"rate": 1e-11 if "1e10" in text else 1e9}
    start = {"x": 1.0, "y": 0.5}
    whole = descend(text, start, max_iterations=3000, **options)
    file = tmp_path / "run"
    short = whole.iterations < 60
    stops = range(1, whole.iterations, every) if short else range(1, 3000, 311 * every)
    for stop in stops:
        descend(text, start, max_iterations=stop, checkpoint=file, **options)
        rest = descend(text, resume=file, max_iterations=3000, **options)
        assert rest.point == whole.point, stop
        assert (rest.status, rest.iterations) == (whole.status, whole.iterations), stop
        assert (rest.evaluations, rest.reason) == (whole.evaluations, whole.reason), stop
