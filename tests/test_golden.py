"""What the terminal shows, held by the files in tests/golden.

A file is one case: the command, perhaps over several lines, then sections. `--- environment`,
`--- stdin` and `--- file NAME` are its input, `--- exit`, `--- stdout` and `--- stderr` what came
out. Escape characters are written ␛. `pytest --rewrite-golden` writes what comes out now; read the
difference before you commit it. Cases in the folder `apart` run as processes of their own.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terminal import run_apart, run_here, words

FOLDER = Path(__file__).parent / "golden"
CASES = sorted(FOLDER.rglob("*.txt"))


def read_sections(text: str) -> tuple[str, dict[str, str]]:
    """The command and the sections by their titles."""
    command, *parts = ("\n" + text).split("\n--- ")
    sections = {}
    for part in parts:
        title, _, body = part.partition("\n")
        sections[title] = body + "\n" if body else ""
    last = next(reversed(sections), None)
    if last is not None and sections[last]:  # its final newline was no separator
        sections[last] = sections[last].removesuffix("\n")
    return command.strip("\n").removeprefix("$ "), sections


def write_sections(command: str, sections: dict[str, str]) -> str:
    """The text of a case; `read_sections` reads it back."""
    return f"$ {command}\n" + "".join(f"--- {k}\n{v}" for k, v in sections.items())


def run_case(path: Path, folder: Path) -> tuple[str, str]:
    """The text of a case as it is, and as it should be if what came out now is right."""
    text = path.read_text(encoding="utf-8")
    command, sections = read_sections(text)
    inputs = {k: v for k, v in sections.items() if k.split()[0] in ("environment", "stdin", "file")}
    for title, body in inputs.items():
        if title.startswith("file "):
            (folder / title[5:]).write_text(body, encoding="utf-8")
    environment = dict(
        line.split("=", 1) for line in inputs.get("environment", "").splitlines() if line
    )
    runner = run_apart if path.parent.name == "apart" else run_here
    stdin = inputs.get("stdin", "").encode()
    code, stdout, stderr = runner(words(command), stdin, environment)
    shown = {f"exit {code}": "", "stdout": stdout, "stderr": stderr}
    for title, body in shown.items():
        assert not body or body.endswith("\n"), f"{title} of {path.name} does not end its last line"
    outcome = {k: v.replace("\x1b", "␛") for k, v in shown.items() if v or k.startswith("exit")}
    return text, write_sections(command, {**inputs, **outcome})


@pytest.mark.parametrize("path", CASES, ids=[str(p.relative_to(FOLDER))[:-4] for p in CASES])
def test_golden(path, tmp_path, monkeypatch, request):
    monkeypatch.chdir(tmp_path)
    text, now = run_case(path, tmp_path)
    if request.config.getoption("--rewrite-golden"):
        path.write_text(now, encoding="utf-8")
    else:
        assert now == text


def test_sections_are_read_back():
    sections = {"stdin": "a\n\nb\n", "exit 0": "", "stdout": "x\n\n", "stderr": "y\n"}
    assert read_sections(write_sections("adcli eval 1", sections)) == ("adcli eval 1", sections)


def test_there_are_cases():
    assert len(CASES) > 60
