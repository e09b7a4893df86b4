"""A module and a line of the table add a command, as .github/CONTRIBUTING.md says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from adcli.cli import app
from tests.terminal import run_here

MODULE = '''
import click

from adcli.cli.show import write_text


@click.command("double")
@click.argument("number", type=float)
def command(number: float) -> int:
    """Twice a NUMBER."""
    write_text(None, f"{2*number}\\n")
    return 0
'''


@pytest.fixture(autouse=True)
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "double_command.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(app.COMMANDS, "double", ("double_command", "Twice a number."))
    monkeypatch.setitem(sys.modules, "double_command", None)
    monkeypatch.delitem(sys.modules, "double_command")


def test_it_runs() -> None:
    outcome = run_here(["double", "21"])
    assert (outcome.code, outcome.stdout) == (0, "42.0\n")


def test_its_errors_are_ours() -> None:
    outcome = run_here(["double", "many"])
    assert outcome.code == 2
    assert outcome.stderr.startswith("error: ")


def test_help_lists_it() -> None:
    assert "Twice a number." in run_here(["--help"]).stdout
    assert "Twice a NUMBER." in run_here(["double", "--help"]).stdout


def test_a_slip_is_understood() -> None:
    assert "did you mean 'double'" in run_here(["duoble", "2"]).stderr
