"""Without llvmlite, without a vector library, without AVX: everything works, more slowly."""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
import pytest

import adcli
from adcli.ad.tasks import Task
from adcli.engines.choose import choose_point_engine, choose_rows_engine
from adcli.engines.columns import Column
from adcli.engines.llvm import compiled_tasks
from adcli.engines.llvm.compiled_rows import UnsupportedError
from adcli.engines.llvm.compiled_tasks import compile_point, compile_rows
from adcli.engines.llvm.machine import Machine, host
from tests.engines.llvm.machines import MACHINES, without
from tests.terminal import run_apart, run_here

PROGRAM = "exp(sin(x*y))*log(x + y^2) + tanh(x/y) + erf(x) + x^1.5 + hypot(x, y) + mod(x, 0.3)"
LOSS = "mean((y - (a*exp(-b*x) + 0.1))^2) + logsumexp(x) + max(y)"
X, Y = np.random.default_rng(0).uniform(0.5, 2, (2, 1003))
POINT = {"x": X, "y": Y, "a": 0.7, "b": 1.3}


def answers() -> dict[str, Any]:
    """Of rows and of a loss, by new functions, so that nothing is known from before."""
    batch = adcli.function(PROGRAM).map({"x": X, "y": Y}, engine="llvm")
    value, gradient = adcli.function(LOSS).value_and_gradient(POINT, engine="llvm")
    named = {f"row {name}": g for name, g in batch.gradients.items()}
    return {"values": batch.values, **named, "loss": value, **gradient}


@pytest.fixture(scope="module")
def wanted() -> dict[str, Any]:
    batch = adcli.function(PROGRAM).map({"x": X, "y": Y}, engine="numpy")
    value, gradient = adcli.function(LOSS).value_and_gradient(POINT, engine="numpy")
    named = {f"row {name}": g for name, g in batch.gradients.items()}
    return {"values": batch.values, **named, "loss": value, **gradient}


def assert_answers(wanted: dict[str, Any]) -> None:
    for name, x in answers().items():
        np.testing.assert_allclose(x, wanted[name], rtol=1e-12, atol=1e-14, err_msg=name)


@pytest.fixture
def no_llvmlite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)


@pytest.fixture(params=MACHINES)
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Machine:
    chosen = MACHINES[request.param]
    monkeypatch.setattr(compiled_tasks, "host", lambda: chosen)
    return chosen


def test_every_machine_gives_the_answers(machine: Machine, wanted: dict[str, Any]) -> None:
    f = adcli.function(PROGRAM)
    program = compile_rows(f, Task("value"), ("x", "y")).runner
    assert [kernel.lanes for kernel in program.kernels] == [machine.lanes]
    assert_answers(wanted)


def test_older_machines_have_less() -> None:
    full = host()
    small = without(full, avx=False, vector_math=False)
    assert small.lanes == 2
    assert small.vector_function("sin", 1) is None
    assert small.c_function("sin") == "sin"
    assert without(full, vector_math=False).lanes == full.lanes
    assert without(full, vector_math=False).vector_function("sin", 1) is None
    assert full.c_function("no_such_function") is None
    assert full.vector_function("no_such_function", 1) is None


def test_without_llvmlite(no_llvmlite: None, wanted: dict[str, Any]) -> None:
    f = adcli.function(PROGRAM)
    columns = {n: Column(x, True) for n, x in (("x", X), ("y", Y))}
    for engine in ("auto", "llvm"):
        choice = choose_rows_engine(f, columns, 10**9, engine)
        assert choice == ("numpy", "the llvm engine is not used: llvmlite is not installed")
    g = adcli.function(LOSS)
    assert choose_point_engine(g, POINT, Task("gradient"), "llvm").engine == "numpy"
    assert_answers(wanted)


class Poor(Machine):
    """A machine whose C library lacks some functions."""

    def c_function(self, name: str) -> str | None:
        return None if name in ("erf", "tanh") else super().c_function(name)


def poor(**changes: Any) -> Machine:
    small = without(host(), avx=False, vector_math=False)
    return Poor(small.lanes, "", small.triple, small.cpu, small.features, False, **changes)


def test_missing_functions_are_left_to_numpy(
    monkeypatch: pytest.MonkeyPatch, wanted: dict[str, Any]
) -> None:
    monkeypatch.setattr(compiled_tasks, "host", poor)
    f = adcli.function(PROGRAM)
    with pytest.raises(UnsupportedError, match="no function"):
        compile_rows(f, Task("value"), ("x", "y"))
    g = adcli.function("sum(erf(x)*a)")
    with pytest.raises(UnsupportedError, match="no function 'erf'"):
        compile_point(g, Task("value"), {"x": (5,), "a": ()})
    assert g.value({"x": X, "a": 1.0}, engine="llvm") == g.value({"x": X, "a": 1.0}, engine="numpy")
    assert_answers(wanted)


def test_a_library_that_does_not_load(monkeypatch: pytest.MonkeyPatch) -> None:
    from adcli.engines.llvm import machine as module

    monkeypatch.setattr(module, "VECTOR_LIBRARY", "libno_such_library.so.1")
    full = host()
    fresh = Machine(full.lanes, full.isa, full.triple, full.cpu, full.features)
    assert fresh.vector_function("sin", 1) is None
    assert fresh.c_function("sin") == "sin"


ROWS = "x,y\n" + "".join(f"{i / 8},{2 + i / 16}\n" for i in range(40))
LINE = ["grad", "x*y + sin(x) + sqrt(x)*y^2", "--points", "-", "--points-format", "csv"]


def records(engine: str) -> list[dict[str, Any]]:
    options = ["--format", "json", "--engine", engine, "--on-error", "null"]
    code, stdout, stderr = run_here([*LINE, *options], ROWS.encode())
    assert code == 1, stderr  # sqrt has no derivative at 0
    return [json.loads(line) for line in stdout.splitlines()]


def assert_same_records() -> None:
    found, exact = records("llvm"), records("python")
    assert len(found) == len(exact) == 40
    assert "error" in exact[0]
    for a, b in zip(found, exact, strict=True):
        assert a["point"] == b["point"]
        assert a.get("error") == b.get("error")
        if "error" not in b:
            assert a["value"] == pytest.approx(b["value"], rel=1e-14)
            assert a["gradient"] == pytest.approx(b["gradient"], rel=1e-14)


def test_the_command_line_on_every_machine(machine: Machine) -> None:
    assert_same_records()


def test_the_command_line_without_llvmlite(no_llvmlite: None) -> None:
    assert_same_records()


def test_the_command_line_with_a_broken_llvmlite(tmp_path: Any) -> None:
    """A package that is there and cannot be loaded: say so, or do without."""
    (tmp_path / "llvmlite").mkdir()
    (tmp_path / "llvmlite" / "__init__.py").write_text("")
    (tmp_path / "llvmlite" / "binding.py").write_text("raise OSError('libllvmlite.so: no')\n")
    from tests.terminal import ROOT

    arguments = [*LINE, "--format", "json", "--engine", "llvm", "--on-error", "null"]
    environment = {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    code, stdout, stderr = run_apart(arguments, ROWS.encode(), environment)
    assert "Traceback" not in stderr
    assert code in (1, 2)
    assert "llvm" in stderr or stdout.count("\n") == 40
