"""The pages of `adcli help` say what is so: their commands run, and each claim has its command."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.shell_completion import BashComplete

from adcli.cli.app import COMMANDS, application
from adcli.cli.topics import TOPICS, exit_codes
from adcli.descent.stopping import Status
from adcli.engines.choose import ENGINES
from tests.cli.test_streams import shell
from tests.terminal import run_here, words

PAGES = {name: run_here(["help", name]).stdout for name in TOPICS}
LINES = [
    (name, line.strip())
    for name, page in PAGES.items()
    for line in re.findall(r"^  ((?:printf|adcli) .*)$", page.replace("\\\n", ""), re.MULTILINE)
]
ROWS = "x,y,my col,region,z[0],z[1]\n1,2,5,b,1,2\n-1,2,7,a,3,4\n"
FILES = {"part1.csv": ROWS, "part2.csv": ROWS, "holes.csv": "x,y\n1,\n2,3\n"}

CLAIMS = {
    "eval 'sum(x)' --data 'part*.csv' --where 'x > 0' --format plain": "2.0",
    "eval 'sum(x)' --data part1.csv --data part2.csv --format plain": "0.0",
    "eval 'sum(y)' --data holes.csv --missing drop --format plain": "3.0",
    "eval 'sum(`my col`)' --data part1.csv --format plain": "12.0",
    "eval 'sum(z[1, :])' --data part1.csv --format plain": "7.0",
    "eval 'sum(a[codes(region)])' --data part1.csv --at a=[1,5] --format plain": "6.0",
    "eval 'x' --points holes.csv --format plain": "1.0 2.0",
    "grad 'min(x, y)' --at x=1,y=1 --format plain": "1.0 0.5 0.5",
    "grad 'relu(x)' --at x=0 --format plain": "0.0 0.0",
    "grad 'floor(x) + x' --at x=1 --format plain": "2.0 1.0",
    "grad '`pi`^2' --at pi=3 --format plain": "9.0 6.0",
    "eval '2x^2, 1/2x, 2^3^2, -x^2' --at x=2 --format plain": "8.0 0.25 512.0 -4.0",
    "eval 'W[:, 0] @ [1, 1] + x[-1] + x[1:] @ [1]' --at 'W=[[1,2],[3,4]],x=[1,2]' --format plain": (
        "8.0"
    ),
    "eval 'if 0 < x < 2 then |x| + √4 else n!' --at x=1,n=3 --format plain": "3.0",
}
"""Command -> what it prints."""

CODES = {
    "grad 'x^2' --at x=3": 0,
    "grad 'log(x)' --at x=0": 1,
    "eval 'log(x)' --points part1.csv --on-error null": 1,
    "compare 'x^2' --at x=3 --gradient x=7": 1,
    "grad 'abs(x)' --at x=0 --strict": 1,
    "grad 'x^' --at x=3": 2,
    "grad 'x^2' --to x=3": 2,
    "descend '(x - 1)^2' --start x=0 --rate 0.1": 0,
    "descend '(x - 1)^2' --start x=0 --rate 0.1 --max-iterations 2": 3,
    "descend '(x - 1)^2' --start x=0 --rate 3": 4,
    "descend '(x - 1)^4' --start x=3 --rate 1e-20": 5,
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(("name", "line"), LINES)
def test_commands_run_and_print_what_stands_behind_them(name: str, line: str) -> None:
    command, _, printed = line.partition("  # ")
    if re.search(r" (\|\|?|&&) ", command):
        place = 1 if command.startswith("printf") else 0
        code, stdout, stderr = shell(f"{command}; exit ${{PIPESTATUS[{place}]}}")
    else:
        code, stdout, stderr = run_here(words(command))
    assert code == 0, stderr
    assert not printed or stdout.split() == printed.split()


def test_every_topic_has_a_command() -> None:
    assert {name for name, _ in LINES} == set(TOPICS)


@pytest.mark.parametrize("command", CLAIMS)
def test_claims(command: str) -> None:
    outcome = run_here(words(f"adcli {command}"))
    assert (outcome.code, outcome.stdout.split()) == (0, CLAIMS[command].split())


@pytest.mark.parametrize("command", CODES)
def test_exit_codes(command: str) -> None:
    assert run_here(words(f"adcli {command}")).code == CODES[command]


def test_the_page_has_every_exit_code() -> None:
    told = {int(line.split("::")[0]) for line in exit_codes().splitlines()}
    assert told == {0, 1, 2, *[status.exit_code for status in Status]}
    assert set(CODES.values()) == told - {130}


def test_the_page_has_every_engine() -> None:
    assert set(re.findall(r"^  (\w+)  ", PAGES["engines"], re.MULTILINE)) == set(ENGINES) - {"auto"}


@pytest.mark.parametrize("name", ["exit-codes", "exit codes", "exit_codes", "Exit Codes"])
def test_a_topic_may_be_written_in_words(name: str) -> None:
    assert run_here(["help", *name.split()]).stdout == PAGES["exit-codes"]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_on_a_command_is_its_help(name: str) -> None:
    assert run_here(["help", name]) == run_here([name, "--help"])


@pytest.mark.parametrize("columns", ["60", "80"])
@pytest.mark.parametrize("name", TOPICS)
def test_words_fit(name: str, columns: str) -> None:
    page = run_here(["help", name], environment={"COLUMNS": columns}).stdout
    lines = [line for line in page.splitlines() if "adcli" not in line]
    assert max(map(len, lines)) <= int(columns)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("ki", ["kinks"]), ("e", ["engines", "exit-codes", "eval"]), ("kinks ", [])],
)
def test_the_shell_completes_topics_and_commands(typed: str, offered: list[str]) -> None:
    first, _, rest = typed.partition(" ")
    words = [first] if " " in typed else []
    completion = BashComplete(application, {}, "adcli", "_ADCLI_COMPLETE")
    found = completion.get_completions(["help", *words], rest if words else first)
    assert [item.value for item in found] == offered
