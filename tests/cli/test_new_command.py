"""A module and a line of the table add a command, as .github/CONTRIBUTING.md says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from adcli.cli import app
from tests.terminal import run_here

MODULE = '''
from adcli.cli.declare import Options, argument, as_command
from adcli.cli.kinds import count, flag
from adcli.cli.needs import Need
from adcli.cli.show import write_text


class DoubleOptions(Options):
    number: float = argument(type=float)
    times: int = count("So many times.", least=1, default=1)
    quiet: bool = flag(
        "Write nothing.", Need("needs --times 2", lambda parsed: parsed["times"] == 2)
    )


@as_command("double", "Example: adcli double 21")
def command(options: DoubleOptions) -> int:
    """Twice a NUMBER."""
    if not options.quiet:
        write_text(None, f"{2**options.times*options.number}\\n")
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


def test_its_options_are_the_fields_of_its_class() -> None:
    assert run_here(["double", "21", "--times", "2"]).stdout == "84.0\n"
    assert run_here(["double", "21", "--times", "2", "--quiet"]).stdout == ""
    refused = run_here(["double", "21", "--quiet"])
    assert (refused.code, refused.stdout) == (2, "")
    assert refused.stderr.startswith("error: --quiet needs --times 2\n")
    assert "--times N So many times." in " ".join(run_here(["double", "--help"]).stdout.split())


def test_options_do_not_change() -> None:
    from double_command import DoubleOptions

    options = DoubleOptions(number=21.0)
    assert (options.number, options.times, options.quiet) == (21, 1, False)
    with pytest.raises(AttributeError, match="options do not change: times"):
        options.times = 3
    with pytest.raises(TypeError, match="DoubleOptions has no option tims"):
        DoubleOptions(tims=2)


def test_its_errors_are_ours() -> None:
    outcome = run_here(["double", "many"])
    assert outcome.code == 2
    assert outcome.stderr.startswith("error: ")


def test_help_lists_it() -> None:
    assert "Twice a number." in run_here(["--help"]).stdout
    assert "Twice a NUMBER." in run_here(["double", "--help"]).stdout


def test_a_slip_is_understood() -> None:
    assert "did you mean 'double'" in run_here(["duoble", "2"]).stderr
