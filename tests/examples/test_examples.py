"""Every examples/*.sh runs; where NAME.out lies beside NAME.sh, it is what the script prints."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
SCRIPTS = sorted(EXAMPLES.glob("*.sh"))


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """A copy of examples/ to work in; `adcli` and `python3` are those of this interpreter."""
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    (tmp_path / "bin").mkdir()
    for name, arguments in (("adcli", "-m adcli"), ("python3", "")):
        shim = tmp_path / "bin" / name
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n')
        shim.chmod(0o755)
    return tmp_path


def run_bash(arguments: list[str], workplace: Path) -> subprocess.CompletedProcess[str]:
    """Run bash in the copy of examples/ as a user would: 80 columns, no colour."""
    environment = {
        **os.environ,
        "PATH": f"{workplace / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "80",
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
    }
    return subprocess.run(
        ["bash", *arguments],
        cwd=workplace / "examples",
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_example(script: Path, workplace: Path, request: pytest.FixtureRequest) -> None:
    if "sklearn" in script.read_text(encoding="utf-8"):
        pytest.importorskip("sklearn")
    ran = run_bash([script.name], workplace)
    assert ran.returncode == 0, ran.stderr
    expected = script.with_suffix(".out")
    if expected.exists():
        if request.config.getoption("--rewrite-golden", default=False):
            expected.write_text(ran.stdout, encoding="utf-8")
        assert ran.stdout == expected.read_text(encoding="utf-8")


def test_every_expected_output_has_its_script() -> None:
    for expected in EXAMPLES.glob("*.out"):
        assert expected.with_suffix(".sh").exists(), f"{expected.name} belongs to no script"
