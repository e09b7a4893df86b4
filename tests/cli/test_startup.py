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


def output_and_imports(*arguments: str) -> tuple[str, set[str]]:
    """What a command prints in a fresh process, and the packages that it imports."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True
    )
    code, modules = json.loads(done.stderr)
    assert code == 0
    return done.stdout, set(modules)


@pytest.mark.parametrize(("form", "heavy"), [("table", HEAVY), ("json", HEAVY_FOR_JSON)])
def test_one_gradient_imports_nothing_heavy(form: str, heavy: set[str]) -> None:
    output, modules = output_and_imports(
        "grad", "x1*x2+sin(x1)", "--at", "x1=2,x2=3", "--format", form
    )
    assert "2.58385" in output
    assert heavy.intersection(modules) == set()


@pytest.mark.parametrize("program", ["gamma(x)", "lgamma(-x) + digamma(x)", "erfc(x) + normcdf(x)"])
def test_special_functions_of_one_number_import_nothing_heavy(program: str) -> None:
    output, modules = output_and_imports("grad", program, "--at", "x=2.75", "--format", "json")
    assert '"x": ' in output
    assert HEAVY_FOR_JSON.intersection(modules) == set()
