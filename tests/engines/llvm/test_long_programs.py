"""Programs with many operations, inputs and outputs: cut into pieces, compiled in linear time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import adcli
from adcli.ad.tasks import Task
from adcli.engines.columns import Column
from adcli.engines.llvm import body
from adcli.engines.llvm.compiled_tasks import compile_point, compile_rows
from adcli.engines.rows import compute_rows
from tests.engines.llvm.test_losses import LOSSES, assert_same, columns
from tests.engines.llvm.test_memory import assert_exact

ROWS = 21


def wave(count: int) -> str:
    """As many columns as operations."""
    terms = [f"sin(x{k})*x{(k + 1) % count}" for k in range(count)]
    return " + ".join(terms) + f" + x0*x{count - 1}/7"


def chain(count: int) -> str:
    """Every operation needs the one before."""
    steps = [f"a{k + 1} = sin(a{k}*y + {k})*0.9 + x*0.25" for k in range(count)]
    return "; ".join(["a0 = x", *steps, f"a{count}"])


def network(count: int) -> str:
    """As many numbers for all rows as operations."""
    return f"mean((y - ({' + '.join(f'a{k}*sin(x*{k + 1})' for k in range(count))}))^2)"


def assert_rows_agree(text: str) -> None:
    f = adcli.function(text)
    generator = np.random.default_rng(0)
    values = {n: generator.normal(size=ROWS) for n in f.variables}
    found = f.map(values, engine="llvm")
    wanted = f.map(values, engine="numpy")
    np.testing.assert_allclose(found.values, wanted.values, rtol=1e-12, atol=1e-12)
    for name, g in wanted.gradients.items():
        np.testing.assert_allclose(found.gradients[name], g, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("count", [2, 40, 49, 50, 51, 99, 100, 151, 400])
def test_many_columns(count: int) -> None:
    assert_rows_agree(wave(count))


@pytest.mark.parametrize("count", [10, 60, 61, 400])
def test_many_operations(count: int) -> None:
    assert_rows_agree(chain(count))


@pytest.mark.parametrize("count", [2, 50, 150])
def test_losses_of_many_parameters(count: int) -> None:
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(2, 1100))
    point = {f"a{k}": float(a) for k, a in enumerate(generator.normal(size=count))}
    assert_same(network(count), {**point, "x": x, "y": y}, 1e-11)


def test_a_wide_jacobian_and_a_wide_hessian() -> None:
    count = 30
    f = adcli.function(wave(count))
    values = {n: np.linspace(0, 1, ROWS) + k for k, n in enumerate(f.variables)}
    table = {n: Column(x, True) for n, x in values.items()}
    for task in (Task("hessian", wrt=f.variables), Task("jacobian", "auto", f.variables)):
        found, wanted = (
            compute_rows(f, table, ROWS, task, stop=True, engine=e) for e in ("llvm", "numpy")
        )
        for path, x in wanted.fields.items():
            np.testing.assert_allclose(found.fields[path], x, rtol=1e-12, atol=1e-13)


@pytest.fixture(params=[1, 2, 5])
def short_pieces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is cut into pieces, of one operation and more."""
    monkeypatch.setattr(body, "PIECE", request.param)
    monkeypatch.setattr(body, "STORES", request.param)


@pytest.mark.parametrize("text", LOSSES[::3])
def test_losses_in_pieces(text: str, short_pieces: None) -> None:
    point = columns(1027)
    assert_same(text, {n: point[n] for n in adcli.function(text).variables})


def test_rows_in_pieces(short_pieces: None) -> None:
    x, y = np.random.default_rng(1).normal(size=(2, 1027))
    assert_exact({"x": x, "y": y})
    columns = {"x": Column(x, True), "y": Column(0.5, False)}
    for text in ("x, y, 2, x*y, x, where(x < y, 3, y)", "x < y", "max(x, y, 0)^2 + mod(x, 3)"):
        f = adcli.function(text)
        task = Task("jacobian", "auto", f.variables)
        found, wanted = (
            compute_rows(f, columns, len(x), task, stop=True, engine=e) for e in ("llvm", "numpy")
        )
        for path, values in wanted.fields.items():
            np.testing.assert_allclose(found.fields[path], values, rtol=1e-12, atol=1e-13)


def compile_seconds(text: str) -> float:
    f = adcli.function(text)
    return compile_rows(f, Task("gradient", wrt=f.variables), f.variables).runner.compile_seconds


@pytest.mark.slow
@pytest.mark.parametrize("program", [wave, chain])
def test_compile_time_is_linear(program: Any) -> None:
    small = min(compile_seconds(program(200) + f" + {k}") for k in range(3))
    large = compile_seconds(program(2000))
    assert large < 25 * max(small, 0.05)


@pytest.mark.slow
def test_two_thousand_nodes_compile_within_a_second() -> None:
    f = adcli.function(chain(330))
    assert len(f.order) > 1900
    best = min(compile_seconds(chain(330) + f" + {k}") for k in range(3))
    assert best < 1.0


@pytest.mark.slow
def test_many_values_at_a_time_do_not_fill_the_stack() -> None:
    """A reverse sweep needs all values of the forward sweep: here 128 bytes a row for each of
    60,000, on a thread whose stack is a few MiB."""
    count = 30_000
    steps = [f"a{k + 1} = a{k}*y*a{k} - a{k}" for k in range(count)]
    text = "; ".join(["a0 = x", *steps, f"a{count}"])
    f = adcli.function(text)
    program, _ = compile_rows(f, Task("gradient", wrt=["y"]), ("x", "y"))
    x, y = np.full(9, 1e-3), np.full(9, 1e-3)
    (value, _), _ = program.run({f.inputs["x"]: x, f.inputs["y"]: y})
    wanted = 1e-3
    for _ in range(count):
        wanted = wanted * 1e-3 * wanted - wanted
    np.testing.assert_allclose(value, wanted, rtol=1e-10)


def test_few_rows_of_many_columns_at_a_point() -> None:
    names = [f"x{k}" for k in range(120)]
    text = "sum(" + "*".join(f"({n} + a)" for n in names) + ")"
    point: dict[str, Any] = {n: np.linspace(0.9, 1.1, 5) for n in names}
    assert_same(text, {**point, "a": 0.01}, 1e-11)
    f = adcli.function(text)
    shapes = dict.fromkeys(names, (5,))
    assert compile_point(f, Task("value"), {**shapes, "a": ()}, alone=True).runner.outputs
