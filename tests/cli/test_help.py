"""The examples of every command's help run, one after the other in one folder.

A file is the same in all of them, and the help says which columns it has.
"""

from __future__ import annotations

import math
import random
import re
from pathlib import Path

import pytest

from adcli.cli.app import COMMANDS
from tests.cli.test_streams import shell
from tests.terminal import run_here, words

ORDER = sorted(COMMANDS, key=lambda name: name not in ("fit", "descend"))
"""Fits and descents write files that other commands read."""

TABLES = {
    "growth.csv": ("x", "y"),
    "line.csv": ("x", "y"),
    "rows.csv": ("x", "y"),
    "decay.csv": ("t", "y", "s"),
    "later.csv": ("t",),
    "curves.csv": ("curve", "t", "y"),
    "pairs.csv": ("x[0]", "x[1]", "y"),
}
MADE = {"decay.json": "fit", "network.npz": "descend"}
"""File -> the command whose examples make it."""


def lines_of(name: str) -> list[str]:
    """The commands in the help of a command, each in one line."""
    text = HELP[name].replace("\\\n", "")
    return re.findall(r"^ +((?:printf .*)?adcli [a-z]+ .*[^.\n])$", text, re.MULTILINE)


HELP = {name: run_here([name, "--help"]).stdout for name in ORDER}
EXAMPLES = {name: lines_of(name) for name in ORDER}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("examples")
    draw = random.Random(1)
    value = {
        "growth.csv": lambda x: 200 * (1 - math.exp(-0.5 * x)),
        "curves.csv": lambda t: 2 * math.exp(-t),
        "decay.csv": lambda t: 2 * math.exp(-t),
    }
    for name, columns in TABLES.items():
        rows = []
        for i in range(40):
            x = i / 10
            y = value.get(name, lambda x: 2 * x + 1)(x) * draw.uniform(0.9, 1.1)
            cells = {"y": y, "s": 0.1 * y + 0.01, "x[1]": draw.random(), "curve": i // 10}
            rows.append([str(cells.get(column, x)) for column in columns])
        path.joinpath(name).write_text("".join(",".join(r) + "\n" for r in [columns, *rows]))
    return path


@pytest.mark.parametrize("name", ORDER)
def test_examples_run(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert EXAMPLES[name]
    for line in EXAMPLES[name]:
        if line.startswith("printf"):
            code, stdout, stderr = shell(f"{line}; exit ${{PIPESTATUS[1]}}")
        else:
            code, stdout, stderr = run_here(words(line.partition(" > ")[0]))
        assert code == 0, (line, stderr)
        assert stdout or " -o " in line, line


@pytest.mark.parametrize("name", ORDER)
def test_the_help_says_what_the_files_of_its_examples_hold(name: str) -> None:
    told = HELP[name]
    for line in EXAMPLES[name]:
        told = told.replace(line, "")
    for line in EXAMPLES[name]:
        for file, by in MADE.items():
            assert file not in line or by == name or f"adcli {by} make" in " ".join(told.split())
        for file in re.findall(r"(?:--data|--points|--predict) (\w+\.csv)", line):
            assert file in told
            for column in TABLES[file]:
                assert re.search(rf"(?<!\w){re.escape(column)}(?!\w)", told[told.index(file) :])
