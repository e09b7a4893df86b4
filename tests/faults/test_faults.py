"""A few faults of every kind on every run; `python -m tests.faults --seconds 3600` does more."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from adcli.data import output
from adcli.data.output import atomic_output
from tests.faults.disturb import KINDS
from tests.faults.jobs import PATIENCE, Job, prepare, start
from tests.fuzz.campaign import campaign
from tests.terminal import ROOT

CASES = {"kills": 1, "signals": 4, "ignored": 1, "full-disks": 1, "streams": 1, "permissions": 1}


@pytest.mark.parametrize("kind", CASES)
def test_faults_of_every_kind(kind: str) -> None:
    report = campaign({kind: KINDS[kind]}, name="tests.faults", seed=1, cases=CASES[kind])
    assert not report.found, report.text()


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_many_faults_of_every_kind(kind: str) -> None:
    report = campaign({kind: KINDS[kind]}, name="tests.faults", seed=2, seconds=60)
    assert not report.found, report.text()


@pytest.mark.parametrize("megabytes", [150, 400, 550, 900])
def test_a_limit_of_memory_is_an_error_or_enough(folder: Path, megabytes: int) -> None:
    """polars and OpenBLAS abort, or wait for ever, where they get none."""
    Path("rows.csv").write_text("x,y\n" + "1,2\n3,4\n5,7\n" * 100)
    for line in (
        "grad x^2+sin(x*y) --points rows.csv -o out.csv",
        "fit y~a*x+b --data rows.csv --start a=1,b=0 --format json",
    ):
        limit = megabytes << 20
        process = start(
            Job(tuple(line.split())),
            preexec_fn=lambda limit=limit: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
        )
        _, stderr = process.communicate(timeout=PATIENCE)
        if process.returncode == 0:
            assert stderr == b""
        else:
            assert process.returncode == 1, (line, stderr)
            assert stderr.startswith(b"error: not enough memory\n  hint: "), (line, stderr)
            assert megabytes < 900


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_signal_while_a_file_is_made_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the making of the temporary file and the first line that uses it."""

    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(output.os, "fdopen", interrupted)
    with pytest.raises(KeyboardInterrupt), atomic_output("out.csv"):
        pass
    assert list(folder.iterdir()) == []


def test_a_second_signal_while_the_first_one_cleans_up_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(path: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(output.os, "unlink", interrupted)
        output_file = atomic_output("out.csv")
        output_file.__enter__().write(b"half")
        with pytest.raises(KeyboardInterrupt):
            output_file.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert len(os.listdir()) == 1
    output.remove_unfinished()
    assert os.listdir() == []
    with atomic_output("out.csv") as stream:
        stream.write(b"whole")
    output.remove_unfinished()
    assert os.listdir() == ["out.csv"]


def test_importing_adcli_leaves_the_signals_alone() -> None:
    program = """
import signal
before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
import adcli.cli
assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


@pytest.mark.usefixtures("folder")
def test_an_ignored_interruption_is_ignored_by_libraries_too() -> None:
    """polars puts a handler of its own into the place of one that ignores SIGINT."""
    prepare()
    line = "grad x*y --points many.csv.gz --format csv -o out.csv"
    process = start(
        Job(tuple(line.split())),
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        time.sleep(0.002)
    _, stderr = process.communicate()
    assert (process.returncode, stderr) == (0, b"")
