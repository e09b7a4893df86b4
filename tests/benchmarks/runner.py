"""Whole processes, taken in turns: their time and their peak memory, from the kernel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]


class Usage(NamedTuple):
    """What one process took."""

    seconds: float
    mib: float


class Failed(Exception):
    """A measured process that did not end with exit code 0."""


def adcli(*arguments: str) -> list[str]:
    """The command line of the installed adcli, or of this checkout where none is installed."""
    script = Path(sysconfig.get_path("scripts")) / "adcli"
    command = [str(script)] if script.exists() else [sys.executable, "-m", "adcli"]
    return [*command, *arguments]


def python(*arguments: str) -> list[str]:
    """The command line of this Python."""
    return [sys.executable, *arguments]


def peer(name: str, *arguments: str) -> list[str]:
    """The command line of a script of tests/benchmarks/peers."""
    return python(str(Path(__file__).parent / "peers" / f"{name}.py"), *arguments)


def _environment() -> dict[str, str]:
    """Compiled modules are kept, as for any user."""
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


def once(command: Sequence[str]) -> Usage:
    """Run a process to its end, its output thrown away. Raises Failed.

    Its peak memory counts from the moment of the fork, so the process that measures must be small:
    it imports none of the peers.
    """
    with tempfile.TemporaryFile() as messages:
        begin = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=messages, env=_environment(), cwd=ROOT
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            messages.seek(0)
            text = messages.read().decode(errors="replace").strip()
            raise Failed(f"{' '.join(command)[:200]}: exit code {process.returncode}\n{text}")
    kib = usage.ru_maxrss / 1024 if sys.platform == "darwin" else usage.ru_maxrss
    return Usage(seconds, kib / 1024)


def alternate(commands: Mapping[str, Sequence[str]], runs: int) -> dict[str, list[Usage]]:
    """Run the commands in turns, `runs` times each, after one run each to warm the disk's cache."""
    for command in commands.values():
        once(command)
    usages: dict[str, list[Usage]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            usages[name].append(once(command))
    return usages


def ratio(ours: Sequence[Usage], theirs: Sequence[Usage]) -> float:
    """The median of the ratios of times of neighbouring runs."""
    return median(a.seconds / b.seconds for a, b in zip(ours, theirs, strict=True))


def seconds(usages: Sequence[Usage]) -> float:
    """The median time."""
    return median(usage.seconds for usage in usages)


def peak(usages: Sequence[Usage]) -> float:
    """The largest peak memory, in MiB."""
    return max(usage.mib for usage in usages)


def inside(name: str, *arguments: object) -> Any:
    """What a function of tests/benchmarks/inside.py reports from a fresh process."""
    return answer(python("-m", "tests.benchmarks.inside", name, *map(str, arguments)))


def answer(command: Sequence[str]) -> Any:
    """What a process writes as JSON. Raises Failed."""
    done = subprocess.run(command, capture_output=True, text=True, env=_environment(), cwd=ROOT)
    if done.returncode:
        raise Failed(f"{' '.join(command)[:200]}: {done.stderr.strip()}")
    return json.loads(done.stdout)
