"""Output that nobody reads: files are written, and the exit code says how the work ended."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from unittest.mock import patch

import pytest

from adcli.cli import execute
from adcli.data.outlet import Outlet
from tests.cli.test_streams import shell
from tests.terminal import ROOT, run_here, words

DESCENT = "adcli descend '(x-1)^2+y^4' --start x=3,y=1"
TRAINING = "adcli descend 'mean((y-a*x)^2)' --data few.csv --start a=0 --epochs 2"
FIT = "adcli fit 'y ~ a*x+b' --data few.csv --start a=1,b=0"
HARD_FIT = "adcli fit 'y ~ a*exp(b*x)' --data few.csv --start a=1,b=9 --max-iterations 1"

CASES = [
    (f"{DESCENT} --save a.npz --trace b.csv --checkpoint c.saved", 0),
    (f"{DESCENT} --save a.json --trace b.parquet --max-iterations 2", 3),
    (f"{DESCENT} --save a.npz --format json --max-iterations 2 --plot", 3),
    ("adcli descend 'x^3' --start x=-1 --method gd --rate 10 --save a.npz", 4),
    (f"{TRAINING} --save a.npz --trace b.jsonl --checkpoint c.saved", 0),
    (f"{TRAINING} --save a.npz --format json", 0),
    (f"{FIT} --save a.json", 0),
    (f"{FIT} --predict few.csv -o out.csv", 0),
    (f"{HARD_FIT} --save a.json --predict few.csv", 3),
    (f"{HARD_FIT} --plot p.svg", 3),
    ("adcli compare 'x^2' --at x=1 --gradient x=3", 1),
    ("adcli eval 'log(x)' --points few.csv --on-error null", 1),
    ("adcli grad 'log(x)' --at x=0", 1),
]
"""Commands, which write the files that they name except few.csv, and their exit codes."""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "few.csv").write_text("x,y\n0,1\n1,2\n2,3.5\n3,4\n")
    return tmp_path


@contextmanager
def broken_pipe() -> Iterator[int]:
    reading, writing = os.pipe()
    os.close(reading)
    yield writing
    os.close(writing)


@contextmanager
def broken(path: str, flags: int) -> Iterator[int]:
    descriptor = os.open(path, flags)
    yield descriptor
    os.close(descriptor)


WAYS = {
    "read": (partial(broken, os.devnull, os.O_WRONLY), ""),
    "unread": (broken_pipe, ""),
    "closed": (partial(broken, os.devnull, os.O_RDONLY), "standard output is closed"),
    "full": (
        partial(broken, "/dev/full", os.O_WRONLY),
        "cannot write standard output: no space left on device",
    ),
}


def files_in(line: str) -> set[str]:
    """The files that a command writes."""
    return set(re.findall(r"(?<=[a-z-] )[a-z]+\.[a-z]+", line)) - {"few.csv"}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("line", "code"), CASES)
def test_what_nobody_reads_changes_nothing_else(folder, line, code, way):
    opened, lost = WAYS[way]
    messages = io.StringIO()
    with opened() as descriptor:
        stdout = io.TextIOWrapper(
            io.BufferedWriter(Outlet(descriptor, "w", closefd=False)), "utf-8"
        )
        with patch.object(sys, "stdout", stdout), patch.object(sys, "stderr", messages):
            ended = execute(words(line))
    assert set(os.listdir()) - {"few.csv"} == files_in(line)
    assert ended == (1 if lost else code)
    if lost and code != 1:
        assert messages.getvalue().splitlines()[-1] == f"error: {lost}"
    assert messages.getvalue().count("error: ") == (ended == 1)


@pytest.mark.parametrize(
    ("line", "code"), [(f"{line} 2>&1 | true", code) for line, code in (CASES[1], CASES[5])]
)
def test_a_reader_that_never_reads_changes_nothing_else(folder, line, code):
    assert shell(line) == (code, "", "")
    assert set(os.listdir()) - {"few.csv"} == files_in(line)


@pytest.mark.parametrize(
    ("form", "output"),
    [
        ("csv", ""),
        ("json", ""),
        ("table", ""),
        ("csv", "-o /dev/stdout"),
        ("json", "-o >(head -1)"),
    ],
)
def test_a_stream_of_rows_ends_when_its_reader_leaves(folder, form, output):
    line = f"adcli eval x^2 --points - --points-format csv --format {form} {output}"
    code, shown, messages = shell(f"{line} < <(echo x; yes 1) | head -1")
    assert (code, shown.count("\n"), messages) == (0, 1, "")


@pytest.mark.parametrize("name", ["none/a", "folder/a", "kept"])
@pytest.mark.parametrize(
    ("line", "ending"),
    [
        (f"{DESCENT} --save good.npz --trace", ".csv"),
        (f"{DESCENT} --trace good.csv --save", ".npz"),
        (f"{DESCENT} --save good.npz --plot", ".svg"),
        ("adcli descend x^2+y^2 --start x=1,y=1 --save good.npz --animate", ".gif"),
        (f"{DESCENT} --save good.npz --checkpoint", ".saved"),
        (f"{DESCENT} --save good.npz -o", ".json"),
        (f"{TRAINING} --save good.npz --plot", ".svg"),
        (f"{TRAINING} --save good.npz --checkpoint", ".saved"),
        (f"{FIT} --save good.json --plot", ".svg"),
        (f"{FIT} --plot good.svg --save", ".json"),
        (f"{FIT} --save good.json --predict few.csv -o", ".csv"),
        ("adcli compare x^2 --at x=1 --plot", ".svg"),
        ("adcli eval x^2 --points few.csv -o", ".csv"),
        ("adcli diff x^2 -o", ".c"),
    ],
)
def test_a_file_that_cannot_be_written_shows_before_the_work(folder, line, ending, name):
    (folder / f"folder/a{ending}").mkdir(parents=True)
    (folder / f"kept{ending}").touch(mode=0o444)
    before = sorted(folder.rglob("*"))
    with patch("os.access", lambda path, mode: "kept" not in path):  # as for who is not root
        outcome = run_here([*words(line), name + ending])
    assert outcome.code in (1, 2)
    assert outcome.stdout == ""
    assert outcome.stderr.startswith(f"error: cannot write {name}{ending}: ")
    assert sorted(folder.rglob("*")) == before


ROWS = "--points - --points-format csv --format csv"


@pytest.mark.parametrize(
    ("line", "begin"),
    [
        (f"grad sqrt(x) {ROWS}", "x,value,df/dx\n4,2.0,0.25\nerror: "),
        ("grad abs(x) --at x=0 --format plain", "0.0 0.0\nnote: abs(0) is at a kink"),
        (f"grad abs(x) {ROWS} --verbose", "x,value,df/dx\n4,4.0,1.0\n-1,1.0,-1.0\nengine "),
        ("diff x^2", "2*x\nsize in operations: "),
    ],
)
def test_results_stand_before_the_messages_on_them(line: str, begin: str) -> None:
    """Where both streams are one, as in a terminal, the results that came first are read first."""
    ran = subprocess.run(
        [sys.executable, "-m", "adcli", *line.split()],
        input=b"x\n4\n-1\n",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=ROOT,
        check=False,
    )
    assert ran.stdout.decode().startswith(begin)
