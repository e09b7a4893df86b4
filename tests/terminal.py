"""The command line in this process: a line in, exit code and both streams out."""

from __future__ import annotations

import io
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from adcli.cli import execute
from adcli.cli.terminal import choose_color

COLUMNS = 80
ROOT = Path(__file__).parent.parent
ENVIRONMENT = {"COLUMNS": str(COLUMNS), "NO_COLOR": "", "TERM": "xterm", "ADCLI_DEBUG": ""}


class Outcome(NamedTuple):
    """What a command did."""

    code: int
    stdout: str
    stderr: str


def words(line: str) -> list[str]:
    """The arguments of `adcli ...` as a shell would split them, without `adcli`."""
    first, *arguments = shlex.split(line)
    assert first == "adcli", line
    return arguments


def run_here(
    arguments: list[str], stdin: bytes = b"", environment: dict[str, str] | None = None
) -> Outcome:
    """Run a command in this process, in the current folder, as if no stream were a terminal."""
    choose_color("auto")
    out, err = io.BytesIO(), io.BytesIO()
    with (
        _environment({**ENVIRONMENT, **(environment or {})}),
        patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")),
        patch.object(sys, "stdout", io.TextIOWrapper(out, "utf-8", "surrogateescape")),
        patch.object(sys, "stderr", io.TextIOWrapper(err, "utf-8", "backslashreplace")),
    ):
        code = execute(arguments)
        sys.stdout.flush()
        sys.stderr.flush()
        return Outcome(code, out.getvalue().decode("utf-8", "surrogateescape"), _text(err))


@contextmanager
def _environment(settings: dict[str, str]) -> Iterator[None]:
    """Change some variables of the environment, and change them back."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _text(stream: io.BytesIO) -> str:
    return stream.getvalue().decode()


def run_apart(
    arguments: list[str], stdin: bytes = b"", environment: dict[str, str] | None = None
) -> Outcome:
    """Run a command as a process of its own."""
    settings = {**os.environ, **ENVIRONMENT, "PYTHONPATH": str(ROOT), **(environment or {})}
    process = subprocess.run(
        [sys.executable, "-m", "adcli", *arguments],
        input=stdin,
        capture_output=True,
        env=settings,
        timeout=120,
        check=False,
    )
    return Outcome(process.returncode, process.stdout.decode(), process.stderr.decode())
