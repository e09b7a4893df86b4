"""Modules stay small enough to be read in one sitting."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "adcli"
MOST_LINES = 400


def test_no_module_is_long() -> None:
    lines = {p: len(p.read_text("utf-8").splitlines()) for p in PACKAGE.rglob("*.py")}
    assert {str(p): n for p, n in lines.items() if n > MOST_LINES} == {}
