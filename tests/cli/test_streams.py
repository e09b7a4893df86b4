"""Pipes that close, streams that are not there, full disks, Ctrl-C, colour."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from adcli import cli
from adcli.language import builder
from adcli.language.messages import columns
from tests.terminal import COLUMNS, ENVIRONMENT, ROOT, run_here, words

ADCLI = f"{sys.executable} -m adcli"
POINT = "'x^2' --at x=3 --format json"
RECORD = '{"point": {"x": 3.0}, "value": 9.0, "gradient": {"x": 6.0}, "mode": "reverse"}\n'
MANY = "x\n" + "".join(f"{i}\n" for i in range(50_000))


def environment(**changes: str) -> dict[str, str]:
    """The environment of a process that runs adcli from the checkout."""
    return {**os.environ, **ENVIRONMENT, "PYTHONPATH": str(ROOT), **changes}


def shell(line: str, **changes: str) -> tuple[int, str, str]:
    """Run a line of bash, in which `adcli` is ours; exit code of its first command, streams."""
    script = f'adcli() {{ {ADCLI} "$@"; }}; {line}; exit ${{PIPESTATUS[0]}}'
    process = subprocess.run(
        ["bash", "-c", script],
        capture_output=True,
        env=environment(**changes),
        timeout=60,
        check=False,
    )
    return process.returncode, process.stdout.decode(), process.stderr.decode()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "many.csv").write_text(MANY)
    return tmp_path


@pytest.mark.parametrize("form", ["table", "json", "csv", "plain"])
def test_a_reader_that_leaves_is_no_failure(folder, form):
    code, stdout, stderr = shell(f"adcli grad 'x^2' --points many.csv --format {form} | head -1")
    assert (code, stderr) == (0, "")
    assert stdout.count("\n") == 1


def test_a_reader_that_never_reads(folder):
    assert shell(f"adcli grad {POINT} | true") in ((0, "", ""),)
    assert shell("adcli --help | true") == (0, "", "")


@pytest.mark.parametrize(
    ("line", "code", "stdout", "stderr"),
    [
        ("adcli grad - --at x=1 <&-", 1, "", "error: standard input is closed\n"),
        ("adcli grad x --points - <&-", 1, "", "error: standard input is closed\n"),
        (
            "printf 'x,y\n1,2\n2,3\n' | adcli descend 'sum((y - a*x)^2)' --data - --start a=1"
            " --record r.json --format plain > a.txt; adcli replay r.json <&-",
            *(1, "", "error: standard input is closed\n"),
        ),
        (f"adcli grad {POINT} >&-", 1, "", "error: standard output is closed\n"),
        ("adcli grad x --points many.csv >&-", 1, "", "error: standard output is closed\n"),
        (f"adcli grad {POINT} 2>&-", 0, RECORD, ""),
        ("adcli grad 'x +' 2>&-", 2, "", ""),
        ("adcli grad 'x +' 2>/dev/full", 2, "", ""),
        (f"adcli grad {POINT} <&- 2>&-", 0, RECORD, ""),
        ("adcli grad 'x +' <&- >&- 2>&-", 2, "", ""),
    ],
)
def test_closed_streams(folder, line, code, stdout, stderr):
    assert shell(line) == (code, stdout, stderr)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- 2>&-", "<&- >&- 2>&-"])
def test_no_file_takes_the_number_of_a_closed_stream(folder, closed):
    line = f"timeout -s KILL 30 {ADCLI} grad 'x^2' --points many.csv -o out.csv"
    code, _, _ = shell(f"{line} {closed}")
    assert code == 0
    assert len((folder / "out.csv").read_text().splitlines()) == 50_001


@pytest.mark.parametrize(
    "line",
    [
        f"adcli grad {POINT}",
        "adcli grad x --at x=1",
        "adcli grad x --points many.csv --format csv",
        "adcli grad x --points many.csv --format table",
        "adcli grad --help",
        "adcli functions",
    ],
)
def test_a_full_disk_behind_standard_output(folder, line):
    code, _, stderr = shell(f"{line} >/dev/full")
    assert code == 1
    assert stderr == "error: cannot write standard output: no space left on device\n"


@pytest.mark.parametrize("name", ["full.csv", "full.parquet", "full.jsonl"])
def test_a_full_disk_behind_a_file(folder, name):
    os.symlink("/dev/full", name)
    code, _, stderr = shell(f"adcli grad x --points many.csv -o {name}")
    assert (code, stderr) == (1, f"error: cannot write {name}: No space left on device\n")


@pytest.mark.parametrize(
    "line",
    [
        "adcli grad x --points many.csv --format csv --verbose",
        "adcli fit 'x ~ a*x' --data many.csv --start a=2 --predict many.csv --format csv",
        "adcli descend x^2 --start x=1 --format json -o out.json --plot",
    ],
)
def test_remarks_without_standard_error(folder, line):
    """They are left out, and do not come between the results."""
    assert shell(f"{line} 2>&-")[:2] == shell(f"{line} 2>/dev/null")[:2]
    assert shell(f"{line} 2>/dev/full")[:2] == shell(f"{line} 2>/dev/null")[:2]


INTERRUPTIBLE = {
    "points": "grad x^2+sin(x) --points - --points-format csv --format csv -o out.csv",
    "points to standard output": "grad x^2 --points - --points-format csv --format json",
    "program": "grad -",
    "many digits": "eval gamma(1/3)+- --precision 100000 -o out.txt",
}


@pytest.mark.parametrize(
    ("line", "number"),
    [
        *[(line, signal.SIGINT) for line in INTERRUPTIBLE.values()],
        *[
            (next(line for line in INTERRUPTIBLE.values() if " -o " in line), number)
            for number in (signal.SIGTERM, signal.SIGHUP)
        ],
    ],
)
def test_interrupt(folder, line, number):
    arguments = line.replace("+-", "").split()
    process = subprocess.Popen(
        [sys.executable, "-m", "adcli", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    assert process.stdin is not None
    # No more than a pipe holds: adcli waits for a reader of its output before it reads on.
    process.stdin.write(MANY[:60_000].encode() if "csv" in line else b"x")
    process.stdin.flush()
    time.sleep(1.5)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode in (130, -signal.SIGINT)  # to a shell both are 130
    assert stderr.decode().strip() == "interrupted"
    assert os.listdir() == ["many.csv"]


def test_the_working_folder_is_gone(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    code, _, stderr = shell(f"cd {gone}; rmdir {gone}; adcli grad x --at x=1 -o out.json")
    assert code == 1
    assert stderr.startswith("error: cannot write out.json")


# ---- colour and width ----


def test_colour_is_asked_for():
    assert "\x1b[" in run_here(["grad", "x", "--at", "x=1", "--color", "always"]).stdout
    assert "\x1b[1;31merror:" in run_here(["grad", "x+", "--color", "always"]).stderr
    assert "\x1b" not in "".join(run_here(["grad", "x+"])[1:])


def test_no_colour_without_a_terminal_or_a_wish(folder):
    for changes in ({}, {"NO_COLOR": "1"}, {"TERM": "dumb"}):
        _, stdout, stderr = shell("adcli grad x --at x=1; adcli grad 'x+'", **changes)
        assert "\x1b" not in stdout + stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(
    ("changes", "coloured"),
    [({}, True), ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
def test_colour_on_a_terminal(changes, coloured):
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "adcli", "grad", "x*", "--at", "x=1"]
    subprocess.run(command, stderr=theirs, env=environment(**changes), timeout=60, check=False)
    os.close(theirs)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert "error:" in shown
    assert ("\x1b[" in shown) is coloured


@pytest.mark.parametrize("width", [20, 40, COLUMNS, 200])
@pytest.mark.parametrize("letter", ["x", "温", "\x1b", "\u202e", "x̂"])
def test_the_excerpt_fits_the_terminal(width, letter):
    program = "+".join([letter * 3] * 60) + " +* 2 +" + letter * 500
    stderr = run_here(["eval", "--", program], b"", {"COLUMNS": str(width)}).stderr
    shown = stderr.splitlines()[1:3]
    assert all(columns(line) <= width for line in shown)
    assert "^" in shown[1]


@pytest.mark.parametrize("width", [40, COLUMNS, 200])
@pytest.mark.parametrize(
    "line",
    [
        "jacobian|sin(v*w), cos(v)|--at|v=range(9)/7,w=[[1],[2]]",
        "hessian|logsumexp(v)|--at|v=range(15)",
        "grad|sum(`温度 of it`^2)|--at|`温度 of it`=[1e-300,2,1/3]",
    ],
)
def test_tables_fit_the_terminal(width, line):
    code, stdout, _ = run_here(line.split("|"), b"", {"COLUMNS": str(width)})
    assert code == 0
    boxes = [row for row in stdout.splitlines() if row[0] in "╭│├╰"]
    assert all(columns(row) <= width for row in boxes)
    for row in boxes:
        assert row[-1] in "╮│┤╯"


# ---- programs that grow ----


def test_functions_that_double_are_an_error(monkeypatch):
    monkeypatch.setattr(builder, "MAX_EXPANSION", 10_000)
    calls = "".join(f"f{i}(x) = f{i - 1}(f{i - 1}(x))\n" for i in range(1, 60))
    outcome = run_here(["eval", f"f0(x) = x + x*x\n{calls}f59(y)", "--at", "y=1"])
    assert outcome.code == 2
    assert "10,000 operations" in outcome.stderr
    assert "calls within calls multiply" in outcome.stderr


@pytest.mark.parametrize("engine", ["python", "numpy", "llvm"])
@pytest.mark.parametrize("command", ["eval", "grad", "jacobian --strict", "hessian --strict"])
@pytest.mark.parametrize("text", ["prod([x, y, x])", "round(x)*y", "log(x)/y", "var([x, y])*x"])
def test_a_file_without_rows(text: str, command: str, engine: str) -> None:
    options = ["--points", "-", "--points-format", "csv", "--engine", engine, "--format", "csv"]
    outcome = run_here([*command.split(), *options, "--", text], b"x,y\n")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert outcome.stdout.startswith("x,y,value")
    assert len(outcome.stdout.splitlines()) == 1


@pytest.mark.parametrize("engine", ["auto", "python", "numpy", "llvm", "mpmath"])
@pytest.mark.parametrize("more", [[], ["--verbose"], ["--on-error", "null"]])
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("grad 'x, y'", "the program has 2"),
        ("hessian 'x, y'", "the program has 2"),
        ("grad '[x, y]'", "an array of shape [2]"),
        ("grad x --direction x=[1,2]", "has not the shape of 'x'"),
        ("eval 'x[0]'", "a value that is a scalar"),
        ("eval 'x@[1,2]'", "@"),
        ("eval '[x, y] + [1,2,3]'", "do not fit together"),
    ],
)
def test_a_mistake_is_told_without_rows(line, message, more, engine, folder):
    (folder / "none.csv").write_text("x,y\n")
    options = ["--points", "none.csv", "--engine", engine, "-o", "out.csv"]
    outcome = run_here([*words("adcli " + line), *options, *more])
    assert (outcome.code, outcome.stdout) == (2, "")
    assert message in outcome.stderr
    assert outcome.stderr.count("error: ") == 1
    assert not (folder / "out.csv").exists()


def test_the_header_without_rows_has_all_elements():
    options = ["--points", "-", "--points-format", "csv", "--format", "csv", "--", "[x, 2x]"]
    for engine in ("python", "numpy", "mpmath"):
        outcome = run_here(["eval", "--engine", engine, *options], b"x\n")
        assert (outcome.code, outcome.stdout) == (0, "x,value[0],value[1]\n")


def test_an_error_that_an_interruption_causes_is_an_interruption(monkeypatch, capsys):
    """The making of a class or an extension module turns KeyboardInterrupt into other errors."""

    def fail(arguments):
        raise RuntimeError("Error calling __set_name__")

    monkeypatch.setattr(cli, "_dispatch", fail)
    assert cli.execute([]) == 1
    assert "internal error: RuntimeError" in capsys.readouterr().err
    monkeypatch.setattr(cli, "came", [int(signal.SIGINT)])
    assert cli.execute([]) == 130
    assert capsys.readouterr().err == "interrupted\n"


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (ValueError("a\x1b[2Jb\u202ec\nd"), "ValueError: a\\x1b[2Jb\\u202ec d\n"),
        (KeyError("\x07"), "KeyError: '\\x07'\n"),
        (RuntimeError("x" * 10_000), "..."),
        (OSError("\x1b[31m"), "error: \\x1b[31m\n"),
    ],
)
def test_what_an_error_quotes_cannot_steer_a_terminal(monkeypatch, capsys, error, shown):
    def fail(arguments):
        raise error

    monkeypatch.setattr(cli, "_dispatch", fail)
    assert cli.execute([]) == 1
    stderr = capsys.readouterr().err
    assert shown in stderr
    assert len(stderr) < 1000
    assert "\x1b" not in stderr


def test_threads_find_the_environment_settled(folder):
    """NumPy changes it while it is imported, when other threads may read it."""
    script = (
        "import os, sys; from adcli.cli import execute; changes = [];"
        "there = lambda: 'polars.dataframe' in sys.modules;"  # and its threads
        "os.putenv = lambda *change: changes.append(change) if there() else None;"
        "code = execute(['grad', 'x^2', '--points', 'many.csv', '--format', 'csv', '-o', 'o.csv']);"
        "print(code, 'numpy' in sys.modules, changes)"
    )
    process = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={n: v for n, v in environment().items() if not n.startswith("OPENBLAS")},
        check=True,
    )
    assert process.stdout == "0 True []\n"
