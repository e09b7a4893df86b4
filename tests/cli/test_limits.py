"""Under a limit of memory a command does its work, or says that there is not enough: never an
abort, a text of a library, or a module of which half is missing."""

from __future__ import annotations

import faulthandler
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from adcli.cli.limits import run_apart
from adcli.data.output import atomic_output

resource = pytest.importorskip("resource")

MB = 1 << 20
LINES = {
    "a point": "grad x^2 --at x=2",
    "an array": "grad sum(v^2) --at v=[1,2]",
    "points": "grad x^2 --points p.csv --format csv",
    "Parquet": "grad x^2 --points p.csv -o o.parquet",
    "data": "eval mean(x) --data p.csv",
    "a descent": "descend (x-1)^2 --start x=0 --format json",
    "a fit": "fit y~a*x --data p.csv --start a=1 --format json",
}


def limited(
    line: str, folder: Path, size: int, kind: int = resource.RLIMIT_AS, **settings: Any
) -> subprocess.Popen[str]:
    def limit() -> None:
        resource.setrlimit(kind, (size, size))

    return subprocess.Popen(
        [sys.executable, "-m", "adcli", *line.split()],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=limit,
        **settings,
    )


FAST = [(100, "an array"), (100, "points"), (250, "a point"), (250, "points"), (600, "Parquet")]


@pytest.mark.parametrize(
    ("size", "kind"),
    FAST
    + [
        pytest.param(size, kind, marks=pytest.mark.slow)
        for size in (100, 250, 600)
        for kind in LINES
        if (size, kind) not in FAST
    ],
)
def test_a_limit_of_the_address_space(size: int, kind: str, tmp_path: Path) -> None:
    rows = "".join(f"{k},{2 * k + k % 3}\n" for k in range(20_000))
    (tmp_path / "p.csv").write_text("x,y\n" + rows)
    out, err = limited(LINES[kind], tmp_path, size * MB).communicate(timeout=120)
    if "not enough memory" in err:
        assert re.fullmatch(r"error: not enough memory.*\n  hint: 'ulimit -a' .*\n", err)
        assert not (tmp_path / "o.parquet").exists()
        assert size < 600 or kind == "a fit"
    else:
        assert err == ""
        assert out or (tmp_path / "o.parquet").exists()
        assert size > 100 or kind == "a point"


@pytest.mark.parametrize("size", [20, 100])
def test_a_limit_of_the_data(size: int, tmp_path: Path) -> None:
    """`ulimit -d`, which is for what a program takes, without what it maps."""
    rows = "".join(f"{k},{2 * k + k % 3}\n" for k in range(20_000))
    (tmp_path / "p.csv").write_text("x,y\n" + rows)
    out, err = limited(LINES["points"], tmp_path, size * MB, resource.RLIMIT_DATA).communicate(
        timeout=120
    )
    assert out == ""
    assert re.fullmatch(r"error: not enough memory.*\n  hint: 'ulimit -a' .*\n", err)


def test_the_exit_code_and_messages_are_those_of_the_command(tmp_path: Path) -> None:
    process = limited("grad log(x) --at x=0", tmp_path, 300 * MB)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert err.startswith("error: log")
    process = limited("grad sine(x) --at x=0", tmp_path, 300 * MB)
    assert "did you mean" in process.communicate(timeout=60)[1]
    assert process.returncode == 2


def test_a_signal_reaches_the_command(tmp_path: Path) -> None:
    line = "grad x --points - --points-format csv --format csv"
    with limited(line, tmp_path, 700 * MB, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write("x\n1\n")
        process.stdin.flush()
        assert process.stdout is not None
        assert process.stdout.readline() == "x,value,df/dx\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 130


def _apart(run: Callable[[], int]) -> tuple[int, bool]:
    """The exit code of a run in a process of its own, and whether it is said to lack memory."""
    handlers = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    told: list[int] = []
    try:
        return run_apart(run, lambda: told.append(1) or 1), bool(told)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def test_an_abort_is_put_into_words() -> None:
    def run() -> int:
        faulthandler.disable()
        os.abort()

    assert _apart(run) == (1, True)


def test_a_library_that_gives_up_is_put_into_words() -> None:
    def run() -> int:
        os.write(2, b"OpenBLAS error: Memory allocation still failed after 10 retries, giving up.")
        return 1

    assert _apart(run) == (1, True)


def test_what_a_library_says_of_other_things_is_passed_on(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def run() -> int:
        os.write(2, b"something else\n")
        return 3

    assert _apart(run) == (3, False)
    assert capfd.readouterr().err == "something else\n"


@pytest.mark.parametrize("end", [os.abort, lambda: os._exit(1)])
def test_an_aborted_process_leaves_no_unfinished_file(
    end: Callable[[], None], tmp_path: Path
) -> None:
    (tmp_path / "whole").write_bytes(b"before")

    def run() -> int:
        with atomic_output(tmp_path / "finished") as stream:
            stream.write(b"after")
        with atomic_output(tmp_path / "whole") as stream:
            stream.write(b"half")
            stream.flush()
            faulthandler.disable()
            end()
        return 0

    assert run_apart(run, lambda: 1) == 1
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {
        "whole": b"before",
        "finished": b"after",
    }


def is_written_to(folder: Path) -> bool:
    """Whether iterates are in a file: that one can be written is tried before the work."""
    with suppress(FileNotFoundError):
        return any(path.stat().st_size for path in folder.iterdir())
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_parent_alone_ends_the_work(number: int, tmp_path: Path) -> None:
    line = "descend (x-1)^2 --start x=0 --method gd --rate 1e-9 --max-iterations 100000000"
    trace = tmp_path / "trace.csv"
    process = limited(f"{line} --trace trace.csv --every 100000", tmp_path, 2000 * MB)
    while not is_written_to(tmp_path):
        assert process.poll() is None
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert "interrupted" in out
    assert "Traceback" not in err
    assert [p.name for p in tmp_path.iterdir()] == [trace.name]


@pytest.mark.parametrize("step", ["heed_limits", "_settle_streams"])
def test_a_signal_before_the_command_shows_no_traceback(step: str) -> None:
    text = f"""
import adcli.cli
def come():
    raise KeyboardInterrupt
adcli.cli.{step} = come
adcli.cli.main(["eval", "1"])
"""
    process = subprocess.run(
        [sys.executable, "-c", text],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (process.returncode, process.stdout, process.stderr) == (130, "", "")
