"""What one gradient imports, asked of a fresh process."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {"numpy", "scipy", "llvmlite", "mpmath", "polars", "matplotlib"}
HEAVY_FOR_JSON = HEAVY | {"rich", "lark", "sympy"}
PROGRAM = """
import json, sys
from adcli.cli import execute
code = execute(sys.argv[1:])
print(json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]), file=sys.stderr)
"""


@pytest.mark.parametrize(("form", "heavy"), [("table", HEAVY), ("json", HEAVY_FOR_JSON)])
def test_one_gradient_imports_nothing_heavy(form: str, heavy: set[str]) -> None:
    arguments = ["grad", "x1*x2+sin(x1)", "--at", "x1=2,x2=3", "--format", form]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True
    )
    code, modules = json.loads(done.stderr)
    assert code == 0
    assert "2.58385" in done.stdout
    assert heavy.intersection(modules) == set()
