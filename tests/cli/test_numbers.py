"""Options that take a number take no other text, and none takes an empty one, in any command."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

import click
import pytest
from mpmath import mp

from adcli.cli.app import COMMANDS
from tests.terminal import run_here

NO_NUMBERS = ("nan", "inf", "-inf", "1e400", "-1e400", "1e-400", "-1e-400", "", "abc", "1,5", "0x1")
NO_COUNTS = (*NO_NUMBERS, "1.5", "1e3", "-99999999999999999999999")


def options(kind: type) -> Iterator[tuple[str, str]]:
    """Every option of a kind: its command and its name."""
    for command, (module, _) in COMMANDS.items():
        for each in import_module(module).command.params:
            if isinstance(each, click.Option) and isinstance(each.type, kind):
                yield command, each.opts[-1]


def refuses(command: str, option: str, text: str) -> None:
    outcome = run_here([command, f"{option}={text}", "--", "x^2"])
    assert (outcome.code, outcome.stdout) == (2, ""), outcome
    message, hint = outcome.stderr.splitlines()
    assert message == f"error: {option} cannot be '{text}'"
    assert "number" in hint


@pytest.mark.parametrize(("command", "option"), list(options(click.types.FloatParamType)))
def test_numbers(command: str, option: str) -> None:
    for text in NO_NUMBERS:
        refuses(command, option, text)


@pytest.mark.parametrize(("command", "option"), list(options(click.types.IntParamType)))
def test_counts(command: str, option: str) -> None:
    for text in NO_COUNTS:
        refuses(command, option, text)


@pytest.mark.parametrize(("command", "option"), list(options(click.types.StringParamType)))
def test_texts_are_not_empty(command: str, option: str) -> None:
    outcome = run_here([command, f"{option}=", "--", "x^2"])
    assert (outcome.code, outcome.stdout) == (2, ""), outcome
    assert outcome.stderr.startswith(f"error: the value of {option} is empty\n"), outcome


@pytest.mark.parametrize("value", ["inf", "-inf"])
def test_a_direction_is_finite(value: str) -> None:
    outcome = run_here(["grad", "x^2", "--at", "x=1", "--direction", f"x={value}"])
    assert (outcome.code, outcome.stdout) == (2, ""), outcome
    assert outcome.stderr.startswith("error: the direction of 'x' is not finite\n"), outcome


@pytest.mark.parametrize("command", ["eval", "grad", "hessian", "taylor", "trace", "graph"])
def test_the_precision_of_a_command_ends_with_it(command: str) -> None:
    before = mp.dps
    for precision in ("200", "31"):
        outcome = run_here([command, "x/3", "--at", "x=1", "--precision", precision])
        assert outcome.code == 0
        assert mp.dps == before


@pytest.mark.parametrize("text", ["0", "1e-300", "0.0", "-0", "5e-324", "00e-9", "1_0e-1"])
def test_small_numbers_are_numbers(text: str) -> None:
    line = ["compare", "x^2", "--at", "x=1", "--no-times", "--format", "json"]
    assert run_here([*line, f"--tolerance={text}"]).code == 0
