"""Products with narrow matrices, column by column: what BLAS gives, in one pass over the rows."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

import adcli
from adcli.ad.tasks import Task
from adcli.engines.choose import WORK_WORTH_COMPILING
from adcli.engines.llvm import narrow
from adcli.engines.llvm.compiled_rows import CompiledRows
from adcli.engines.llvm.compiled_tasks import compile_point
from adcli.engines.llvm.kernel import CHUNK
from adcli.engines.llvm.machine import Machine, host
from adcli.engines.llvm.reduction_kernel import VECTORS_A_SUM
from adcli.explain.engine import explain_point
from adcli.graph.shapes import infer_shapes
from tests.engines.llvm.machines import MACHINES

EDGE = VECTORS_A_SUM * host().lanes
ORDERS = {
    "by rows": np.ascontiguousarray,
    "by columns": np.asfortranarray,
    "apart": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    "in a wider one": lambda x: np.hstack([x, x])[:, : x.shape[1]],
    "backwards": lambda x: np.ascontiguousarray(x[::-1])[::-1],
}
LOSSES = {
    "mean((y - X@v)^2)": True,
    "mean((y - tanh(X@v + b))^2) + 0.1*sum(v^2)": True,
    "mean(log1p(exp(-y*(X@v + b))))": True,
    "mean((y - v@transpose(X))^2)": True,
    "mean((y - reshape(X@reshape(v, [-1, 1]), [-1]))^2)": True,
    "mean((y - exp(X@v/9))*(y - X@u))": True,
    "mean((y - X@(v*u))^2)": True,
    "mean((y - X@v - Z@w)^2)": True,
    "mean((y - X@v)^2) + sum((y@X)^2)": True,
    "sum((y@X)^2) + sum(v)": False,
    "sum((X@v)*y) + sum((X@((y*(X@v))@X))*y)": False,
    "sum(exp(X@v - max(X@v))*y) + std(X@u)": True,
    "sum(X[:, 0]*y)*b + sum(v*X[3])": False,
    "sum(X[:, -1]*y)*b + sum((X@v)*y)": False,
    "mean((y - X@v)^2) + sum(X)*b": False,
    "mean((y - (X@A)@v)^2)": False,
    "sum((transpose(X)@X)@v)": False,
}
"""Losses, and whether kernels do all the work that grows with the rows."""

Point = dict[str, Any]


@pytest.fixture(autouse=True)
def _few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(narrow, "ROWS_A_COLUMN", 1)


def point_of(text: str, rows: int, width: int, order: str = "by rows") -> tuple[Any, Point]:
    rng = np.random.default_rng(rows + width)
    known: Point = {
        "X": ORDERS[order](rng.normal(size=(rows, width))),
        "Z": rng.normal(size=(rows, 2)),
        "A": rng.normal(size=(width, width)),
        "y": rng.normal(size=rows),
        "v": rng.normal(size=width),
        "u": rng.normal(size=width),
        "w": rng.normal(size=2),
        "b": 0.3,
    }
    f = adcli.function(text)
    return f, {name: known[name] for name in f.variables}


def parameters(point: Mapping[str, Any]) -> list[str]:
    return [name for name in point if name not in "XZy"]


def program_of(f: Any, point: Point, machine: Machine | None = None) -> CompiledRows:
    shapes = {name: np.shape(x) for name, x in point.items()}
    task = Task("gradient", wrt=parameters(point))
    if machine is None:
        return compile_point(f, task, shapes).runner
    outputs = narrow.by_columns(f.graph, f.outputs, shapes, len(point["y"]))
    known = infer_shapes(f.graph, f.graph.reach(outputs), shapes)
    return CompiledRows(f.graph, outputs, known, len(point["y"]), machine)


def run(program: CompiledRows, f: Any, point: Point, threads: int = 1) -> list[Any]:
    return program.run({f.inputs[name]: x for name, x in point.items()}, threads)[0]


def sizes() -> Iterator[tuple[int, int, str]]:
    for rows in (7, 8, 9, EDGE, CHUNK + EDGE + 5):
        yield from ((rows, width, "by rows") for width in (2, 5, 8) if width < rows)
    yield from ((EDGE + 3, width, order) for width in (3, 8, 33) for order in ORDERS)


@pytest.mark.parametrize(("rows", "width", "order"), list(sizes()))
@pytest.mark.parametrize("text", LOSSES)
def test_gradients_are_those_of_the_numpy_engine(
    text: str, rows: int, width: int, order: str
) -> None:
    f, point = point_of(text, rows, max(width, 4) if "[3]" in text else width, order)
    wrt = parameters(point)
    value, gradient = f.value_and_gradient(point, wrt=wrt, engine="numpy")
    found = run(program_of(f, point), f, point)
    scale = max(abs(value), *(np.abs(g).max() for g in gradient.values()))
    assert found[0] == pytest.approx(value, rel=1e-12, abs=1e-13 * scale)
    for g, name in zip(found[1:], wrt, strict=True):
        assert np.shape(g) == np.shape(gradient[name])
        np.testing.assert_allclose(g, gradient[name], rtol=1e-12, atol=1e-13 * scale)


@pytest.mark.parametrize("text", LOSSES)
def test_kernels_do_the_products(text: str) -> None:
    f, point = point_of(text, 50, 5)
    roles = program_of(f, point).roles
    assert (roles.large_by_numpy() is None) == LOSSES[text]
    assert bool(roles.parts) or not LOSSES[text]


def test_all_matrices_together_are_narrow() -> None:
    for wide in (False, True):
        f, point = point_of("mean((y - X@v - Z@w)^2)", 50, 30 + wide)
        assert bool(program_of(f, point).roles.parts) != wide


def test_rows_are_read_where_they_are() -> None:
    f, point = point_of("mean((y - X@v)^2)", 40_000, 2)
    point["X"] = np.zeros((40_000, 500))[:, 7:9]
    program = program_of(f, point)
    run(program, f, point)
    tracemalloc.start()
    run(program, f, point)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < point["X"].nbytes / 2


@pytest.mark.parametrize("width", [1, 33])
def test_other_matrices_are_left_alone(width: int) -> None:
    f, point = point_of("mean((y - X@v)^2)", 50, width)
    assert not program_of(f, point).roles.parts


@pytest.mark.parametrize("order", ORDERS)
def test_threads_change_no_bit(order: str) -> None:
    f, point = point_of("mean(log1p(exp(-y*(X@v + b))))", 5 * CHUNK + 13, 7, order)
    program = program_of(f, point)
    one, two = (run(program, f, point, threads) for threads in (1, 2))
    assert all(np.array_equal(x, y) for x, y in zip(one, two, strict=True))


@pytest.mark.parametrize("machine", MACHINES)
def test_results_at_every_row_on_every_machine(machine: str) -> None:
    f, point = point_of("tanh(X@v)*y + X[:, 1]", 29, 5)
    (found,) = run(program_of(f, point, MACHINES[machine]), f, point)
    x = point["X"]
    np.testing.assert_allclose(found, np.tanh(x @ point["v"]) * point["y"] + x[:, 1], rtol=1e-13)


def test_the_order_may_change_from_call_to_call() -> None:
    f, point = point_of("mean((y - X@v)^2)", 40, 3)
    program = program_of(f, point)
    wanted = run(program, f, point)
    for change in (*ORDERS.values(), ORDERS["by rows"]):
        for x, y in zip(run(program, f, {**point, "X": change(point["X"])}), wanted, strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-14)


def test_a_linear_model_over_many_rows_is_compiled() -> None:
    rows = WORK_WORTH_COMPILING // 10
    f, point = point_of("mean((y - X@v)^2)", 2, 2)
    point |= {"X": np.ones((rows, 2)), "y": np.ones(rows)}
    found = explain_point(f, point, Task("gradient", wrt=["v"]))
    assert found.choice.engine == "llvm"
    value, gradient = f.value_and_gradient(point, wrt=["v"])
    error = 1.0 - sum(point["v"])
    assert value == pytest.approx(error**2)
    np.testing.assert_allclose(gradient["v"], [-2 * error] * 2)
