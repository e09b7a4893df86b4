"""What README.md shows is what the commands print: every `$ command` in it runs, and its Python.

`...` in an output there stands for any text.
"""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from adcli.cli.app import COMMANDS
from adcli.cli.topics import TOPICS
from tests.examples.test_examples import ROOT, run_bash, workplace

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```\n(\$ .*?)^```$", README, re.MULTILINE | re.DOTALL)
PYTHON = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
LINKS = re.findall(r"\]\((?!http)([^)#]+)\)", README)
MINUTES = "train.jsonl"  # what takes as long is an example, digits.sh, with the same command

__all__ = ["workplace"]  # a fixture


def sessions(block: str) -> list[tuple[str, str]]:
    """The commands of a block, each with the output that follows it."""
    found: list[tuple[str, str]] = []
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append((line[2:], ""))
        elif not is_complete(found[-1][0]):
            found[-1] = (found[-1][0] + line, "")
        else:
            found[-1] = (found[-1][0], found[-1][1] + line)
    return found


def is_complete(command: str) -> bool:
    """Whether a shell would run it, rather than wait for another line."""
    try:
        return bool(shlex.split(command)) and not command.endswith("\\\n")
    except ValueError:
        return False


CASES = [case for block in BLOCKS if MINUTES not in block for case in sessions(block)]


def make_tables(command: str, folder: Path) -> None:
    """The files that a command reads, beside those of examples/."""
    script = (folder / "exponential_decay.sh").read_text(encoding="utf-8")
    (folder / "decay.csv").write_text(script.split("<<'END'\n")[1].split("END\n")[0])
    if "million.csv" in command:
        rows = (f"{i / 1e6},{i % 7}\n" for i in range(1_000_000))
        (folder / "million.csv").write_text("x,y\n" + "".join(rows))


@pytest.mark.parametrize(("command", "shown"), CASES, ids=[c.split("\n")[0][:60] for c, _ in CASES])
def test_output_is_what_the_readme_shows(command: str, shown: str, workplace: Path) -> None:
    make_tables(command, workplace / "examples")
    line = command.replace("examples/", "")
    ran = run_bash(["-c", line], workplace)
    assert ran.returncode == 0, ran.stderr
    pattern = ".*".join(map(re.escape, shown.split("...")))
    assert re.fullmatch(pattern, ran.stdout, re.DOTALL), ran.stdout


def test_tables_have_every_command_and_topic() -> None:
    rows = re.findall(r"^\| `adcli (\w+)[^|]*\| (.*) \|$", README, re.MULTILINE)
    assert [name for name, _ in rows] == list(COMMANDS)
    assert re.findall("`([^`]+)`", dict(rows)["help"]) == list(TOPICS)


def test_blocks_are_found() -> None:
    assert len(CASES) >= 6
    assert sum(MINUTES in block for block in BLOCKS) == 1


@pytest.mark.parametrize("block", PYTHON)
def test_python_gives_what_its_comments_say(
    block: str, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A comment that is an expression, or ends in one after a colon, is what its line gives."""
    monkeypatch.chdir(workplace)
    Path("rows.csv").write_text("x,y\n1,2\n2,4.1\n")
    names: dict[str, Any] = {}
    compared = 0
    for statement in ast.parse(block).body:
        line = block.splitlines()[statement.lineno - 1]
        if not isinstance(statement, ast.Expr):
            exec(compile(ast.Module([statement], []), "README.md", "exec"), names)
            continue
        value = eval(compile(ast.Expression(statement.value), "README.md", "eval"), names)
        comment = line.partition("  # ")[2]
        said = expression(comment) or expression(comment.partition(": ")[2])
        if said is not None:
            assert said == expression(repr(value)), line
            compared += 1
    assert compared >= 3


def expression(text: str) -> str | None:
    """A text as a normal form of the expression that it is; None for words."""
    try:
        return ast.dump(ast.parse(text, mode="eval"))
    except SyntaxError:
        return None


@pytest.mark.parametrize("link", LINKS)
def test_link_leads_to_a_file(link: str) -> None:
    assert (ROOT / link).exists()
