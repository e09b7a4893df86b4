"""Programs prepared for many rows, as machine code or for NumPy: what the python engine gives,
row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import adcli
from adcli.ad.tasks import Task
from adcli.engines import failed_rows
from adcli.engines import rows as over_rows
from adcli.engines.columns import Column
from adcli.engines.llvm.kernel import CHUNK
from adcli.engines.llvm.machine import host
from adcli.engines.plan import block_run, regions
from adcli.engines.plan import column_plan as over_columns
from adcli.engines.rows import RowResults, compute_rows
from adcli.engines.threads import Work
from tests.ad.test_random_programs import EPS, rounding
from tests.programs import Program, scalar_programs

SIZES = (1, 7, 8, 9)
SPECIAL = (0.0, -0.0, 5e-324, -1e-310, 1e-300, 1e300, -1e300, np.inf, -np.inf, np.nan)
TASKS = {
    "value": Task("value"),
    "reverse": Task("gradient"),
    "forward": Task("gradient", mode="forward"),
    "symbolic": Task("gradient", mode="symbolic"),
    "jacobian": Task("jacobian", mode="auto"),
    "hessian": Task("hessian"),
    "hessian forward": Task("hessian", mode="forward"),
    "directional": Task("directional"),
}

PREPARED = ("llvm", "numpy")
"""The engines that prepare a program for many rows."""

BLOCK = 16
"""Rows of a block of the numpy engine in these tests, and fewer where many arrays live."""

FIRST_ORDER = sorted(name for name, task in TASKS.items() if task.kind != "hessian")

Columns = Mapping[str, Any]


@contextmanager
def prepared(rows: int = 1) -> Iterator[None]:
    """The numpy engine prepares programs from so many rows on, and runs them in short blocks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(over_rows, "ROWS_WORTH_PLANNING", rows)
        patch.setattr(regions, "BLOCK_BYTES", 8 * BLOCK)
        patch.setattr(over_columns, "THREAD_BYTES", 8 * 8 * BLOCK)
        patch.setattr(over_columns, "LEAST_ROWS", 4)
        yield


def task_for(name: str, columns: Columns) -> Task:
    """A task with respect to all variables."""
    task = TASKS[name]
    direction = {n: 0.5 + k for k, n in enumerate(columns)} if task.kind == "directional" else None
    return Task(task.kind, task.mode, tuple(columns), direction)


def results(text: str, columns: Columns, task: Task, engine: str, **options: Any) -> RowResults:
    """A task at every row; failed rows are nan."""
    table = {name: Column(np.asarray(x), np.ndim(x) > 0) for name, x in columns.items()}
    rows = max(len(c.values) for c in table.values() if c.per_row)
    options.setdefault("stop", False)
    with prepared():
        return compute_rows(adcli.function(text), table, rows, task, engine=engine, **options)


def near(point: Mapping[str, float], rows: int, seed: int) -> dict[str, Any]:
    """The point, moved a little from row to row."""
    generator = np.random.default_rng(seed)
    return {n: x + 1e-4 * generator.integers(-9, 10, size=rows) for n, x in point.items()}


def row_of(columns: Columns, row: int) -> dict[str, float]:
    return {name: float(column[row]) for name, column in columns.items()}


def assert_rows_agree(program: Program, columns: Columns, name: str, engine: str) -> None:
    """To 1e-12; to more only where an ulp or so in each operation explains it."""
    text = program.text
    task = task_for(name, columns)
    got = results(text, columns, task, engine)
    wanted = results(text, columns, task, "python")
    assert reasons(got) == reasons(wanted)
    assert set(got.fields) == set(wanted.fields)
    scale = max(np.nanmax(np.abs(x), initial=0.0) for x in wanted.fields.values())
    for path, found in got.fields.items():
        exact = np.asarray(wanted.fields[path])
        off, limit = np.abs(found - exact), 1e-12 * np.abs(exact)
        for row in np.nonzero(off > limit)[0]:
            allowed = 1e-13 * scale
            if path[0] in ("gradient", "jacobian", "derivative"):
                bounds = rounding(
                    adcli.function(text), replace(program, point=row_of(columns, row))
                )
                weights = task.direction or {path[-1]: 1.0}
                allowed = 8 * EPS * sum(float(w * bounds[n]) for n, w in weights.items())
            assert off[row] <= limit[row] + allowed, (path, row, found[row], exact[row])


def reasons(found: RowResults) -> dict[int, tuple[str, Any]]:
    """What failed, and where in the text."""
    return {row: (error.message, error.span) for row, error in found.errors.items()}


@pytest.mark.parametrize("engine", PREPARED)
@settings(max_examples=100)
@given(scalar_programs(), st.sampled_from(sorted(TASKS)), st.sampled_from(SIZES))
def test_random_programs(engine: str, program: Program, task: str, rows: int) -> None:
    assert_rows_agree(program, near(program.point, rows, rows), task, engine)


@pytest.mark.parametrize("engine", PREPARED)
@settings(max_examples=50)
@given(scalar_programs(), st.sampled_from(FIRST_ORDER), st.randoms(use_true_random=False))
def test_other_rows_do_not_disturb_a_row(
    engine: str, program: Program, task: str, random: Any
) -> None:
    """Wherever a row is, and whatever is beside it."""
    rows = 21
    columns = near(program.point, rows, 1)
    for row in random.sample(range(rows), 8):
        for x in columns.values():
            x[row] = random.choice(SPECIAL)
    assert_rows_agree(program, columns, task, engine)


@pytest.mark.parametrize(("engine", "chunk"), [("llvm", CHUNK), ("numpy", BLOCK)])
@settings(max_examples=15)
@given(scalar_programs(), st.sampled_from(["reverse", "hessian"]))
def test_threads_and_places_change_no_bit(
    engine: str, chunk: int, program: Program, task: str
) -> None:
    """The same rows at every place: in chunks of two threads, at their borders, in the tail."""
    rows = 2 * chunk + 13
    few = near(program.point, 31, 2)
    columns = {n: np.resize(x, rows) for n, x in few.items()}
    one, two = (
        results(program.text, columns, task_for(task, columns), engine, threads=n) for n in (1, 2)
    )
    base = results(program.text, few, task_for(task, columns), engine)
    for path, values in one.fields.items():
        assert np.array_equal(values, two.fields[path], equal_nan=True), path
        assert np.array_equal(values, np.resize(base.fields[path], rows), equal_nan=True), path


FAILING = [
    ("log(x) + sqrt(y)", {"x": [1.0, -1.0, 2.0, 0.0], "y": [0.0, 1.0, 4.0, 1.0]}),
    ("x/y + y^0.5", {"x": [1.0, 2.0, 0.0], "y": [1.0, 0.0, -0.0]}),
    ("x^y", {"x": [-2.0, 0.0, 2.0, -2.0], "y": [0.5, -1.0, 2000.0, 3.0]}),
    ("acos(x)*asin(y)", {"x": [1.0, 0.5, 1.5], "y": [0.5, np.nextafter(1, 2), 0.25]}),
    ("exp(x) - exp(y)", {"x": [710.0, 1.0, 710.0], "y": [1.0, 2.0, 710.0]}),
    ("gamma(x)*lgamma(y)", {"x": [1.0, -1.0, 2.5], "y": [2.0, 3.0, -1.0]}),
    ("where(x > 0, log(x), y)", {"x": [0.0, -1.0, 2.0], "y": [1.0, np.nan, np.inf]}),
    ("x*y", {"x": [1e200, 1.0, np.inf, 0.0], "y": [1e200, np.nan, 0.0, 1.0]}),
    ("abs(x) + y", {"x": [0.0], "y": [1.0]}),
    ("(x < y)^-1 + (x < y)^2", {"x": [1.0, 3.0], "y": [2.0, 1.0]}),
    ("x^x + y", {"x": [5e-324, 0.5, 0.0], "y": [1.0, 2.0, 3.0]}),  # x*x^(x - 1) overflows, x^x not
]


@pytest.mark.parametrize(("engine", "planned"), [("llvm", 1), ("numpy", 1), ("numpy", 1_000)])
@pytest.mark.parametrize("copies", [1, 7, 30])
@pytest.mark.parametrize(("text", "few"), FAILING)
def test_failed_rows_say_why(
    text: str, few: Columns, copies: int, engine: str, planned: int
) -> None:
    with prepared(planned):
        assert_failures(text, few, copies, engine)


def assert_failures(text: str, few: Columns, copies: int, engine: str) -> None:
    columns = {n: np.tile(x, copies) for n, x in few.items()}
    f = adcli.function(text)
    wanted = f.map(columns, engine="python", on_error="null")
    found = f.map(columns, engine=engine, on_error="null")
    assert found.errors == wanted.errors
    failed = sorted(wanted.errors)
    for values in (found.values, *found.gradients.values()):
        assert np.isnan(values[failed]).all()
        assert np.isfinite(np.delete(values, failed)).all()
    np.testing.assert_allclose(found.values, wanted.values, rtol=1e-12)
    for name, g in found.gradients.items():
        np.testing.assert_allclose(g, wanted.gradients[name], rtol=1e-12)
    if failed:
        with pytest.raises(adcli.DomainError) as stopped:
            f.map(columns, engine=engine)
        with pytest.raises(adcli.DomainError) as expected:
            f.map(columns, engine="python")
        assert stopped.value.row == expected.value.row == failed[0]
        assert str(stopped.value) == str(expected.value)


@pytest.mark.parametrize("engine", PREPARED)
@pytest.mark.parametrize("name", sorted(TASKS))
@pytest.mark.parametrize(
    "parts",
    [
        ["log(x - y)*z", "where(z > 0, sqrt(y), 1/(x - y)) + acos(x)", "c*log(log(x))"],
        ["sqrt(x*y)*z", "where(z > 0, y^0.5, c) + abs(x)", "max(x, sqrt(z))"],
        ["cbrt(x*y) + 0*z", "asin(x)*c^0", "x^y"],
    ],
)
def test_many_failed_rows_are_as_each_alone(
    parts: list[str], name: str, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (" + " if TASKS[name].kind in ("gradient", "hessian") else ", ").join(parts)
    monkeypatch.setattr(failed_rows, "AT_ONCE_BYTES", 1 << 10)  # several times for these rows
    rng = np.random.default_rng(5)
    some = [-2.0, -1.0, 0.0, 0.5, 1.0, 2.0, np.inf, np.nan]
    columns = {name: rng.choice(some, 300) for name in "xyz"} | {"c": 1e200}
    task = task_for(name, columns)
    found = results(text, columns, task, engine)
    wanted = results(text, columns, task, "python")
    assert list(found.errors) == list(wanted.errors)
    assert reasons(found) == reasons(wanted)
    assert len({error.span for error in found.errors.values()}) > 1
    assert all(error.row == row for row, error in found.errors.items())
    for path, values in found.fields.items():
        np.testing.assert_allclose(values, np.asarray(wanted.fields[path]), rtol=1e-12)


@pytest.mark.parametrize("engine", PREPARED)
@pytest.mark.parametrize("text", ["cbrt(acosh(-1))", "1/0", "inf", "log(-1) + 0*c"])
def test_every_row_may_fail_alike(text: str, engine: str) -> None:
    f = adcli.function(text)
    columns = {"c": Column(2.0, False)} if "c" in f.variables else {}
    task = Task("gradient", wrt=f.variables)
    found, wanted = (
        compute_rows(f, columns, 40, task, stop=False, engine=e) for e in (engine, "python")
    )
    assert len(found.errors) == 40
    assert reasons(found) == reasons(wanted)


def test_each_row_may_fail_elsewhere() -> None:
    f = adcli.function(" + ".join(f"log(abs(x - {k}))" for k in range(60)))
    columns = {"x": np.arange(60.0).repeat(2)}
    found = results(f.text, columns, Task("value"), "numpy")
    assert len(found.errors) == 120
    assert reasons(found) == reasons(results(f.text, columns, Task("value"), "python"))


def test_rows_at_every_size_of_the_tail() -> None:
    f = adcli.function("exp(sin(x*y))*log(x + y^2) + tanh(x/y)")
    generator = np.random.default_rng(3)
    x, y = generator.uniform(0.5, 2, size=(2, 200))
    whole = f.map({"x": x, "y": y}, engine="python")
    for rows in range(4 * host().lanes + 2):
        batch = f.map({"x": x[:rows], "y": y[:rows]}, engine="llvm")
        assert batch.values.shape == (rows,)
        np.testing.assert_allclose(batch.values, whole.values[:rows], rtol=1e-14)
        for name, g in batch.gradients.items():
            np.testing.assert_allclose(g, whole.gradients[name][:rows], rtol=1e-13)


def test_blocks_run_on_the_threads_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    used = []
    run = block_run.in_parallel

    def noted(work: Work, count: int, threads: int, at_once: bool) -> None:
        used.append(min(threads, count))
        run(work, count, threads, at_once)

    monkeypatch.setattr(block_run, "in_parallel", noted)
    x = np.linspace(0, 1, 3 * BLOCK)
    for threads in (1, 2, 5):
        results("sin(x)*x", {"x": x}, Task("gradient", wrt=("x",)), "numpy", threads=threads)
    assert used == [1, 2, 3]


def test_one_program_runs_in_several_threads_at_once() -> None:
    """Each run has memory of its own, which the next one takes over."""
    f = adcli.function("exp(sin(x))*x + tanh(x)^2")
    columns = [{"x": np.linspace(0, k, 50 + 11 * k)} for k in range(1, 9)]
    with prepared(), ThreadPoolExecutor(4) as pool:
        batches = pool.map(partial(f.map, engine="numpy"), 5 * columns)
        for found, x in zip(batches, 5 * columns, strict=True):
            wanted = f.map(x, engine="python")
            np.testing.assert_allclose(found.values, wanted.values, rtol=1e-14)
            np.testing.assert_allclose(found.gradients["x"], wanted.gradients["x"], rtol=1e-13)


@pytest.mark.slow
def test_a_million_rows() -> None:
    rows = 1_000_003
    generator = np.random.default_rng(4)
    columns = {n: generator.uniform(0.5, 2, rows) for n in "xy"}
    columns["x"][::97] = np.nan
    columns["y"][5::101] = 1e-310
    task = Task("gradient", wrt=("x", "y"))
    text = "exp(sin(x*y))*log(x + y^2) + atan2(x, y)^3 + erf(x)"
    one = results(text, columns, task, "llvm", threads=1)
    two = results(text, columns, task, "llvm", threads=2)
    wanted = results(text, columns, task, "numpy")
    assert reasons(one) == reasons(two) == reasons(wanted)
    for path, values in one.fields.items():
        assert np.array_equal(values, two.fields[path], equal_nan=True)
        np.testing.assert_allclose(values, wanted.fields[path], rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("engine", PREPARED)
def test_columns_beside_numbers(engine: str) -> None:
    f = adcli.function("x*y + sin(z)*y, x, 3, z*0")
    x = np.linspace(1, 2, 11)
    columns = {"x": Column(x, True), "y": Column(2.0, False), "z": Column(0.5, False)}
    task = Task("jacobian", mode="auto", wrt=("x", "y", "z"))
    with prepared():
        found = [
            compute_rows(f, columns, 11, task, stop=True, engine=e) for e in (engine, "python")
        ]
    for path, values in found[0].fields.items():
        np.testing.assert_allclose(values, np.asarray(found[1].fields[path]), rtol=1e-14)


@pytest.mark.parametrize("engine", PREPARED)
def test_variables_that_no_result_needs(engine: str) -> None:
    f = adcli.function("x*y + sin(x)*z")
    x = np.linspace(0, 1, 11)
    for slope in (f.derivative("y"), f.derivative("y").derivative("z"), f.derivative("x")):
        for columns in ({"x": x, "y": x + 1, "z": x + 2}, {"x": 2.0, "y": x, "z": 1.0}):
            with prepared():
                found = slope.map(columns, engine=engine)
            wanted = slope.map(columns, engine="numpy")
            np.testing.assert_allclose(found.values, wanted.values, rtol=1e-15, strict=True)
            for name, g in wanted.gradients.items():
                np.testing.assert_allclose(found.gradients[name], g, rtol=1e-15, strict=True)


@pytest.mark.parametrize("text", ["x", "3", "3 + 0*x", "x/0", "inf*x", "x^1e300", "0^x", "(-2)^x"])
@pytest.mark.parametrize("rows", [0, 1, len(SPECIAL)])
@pytest.mark.parametrize("engine", PREPARED)
def test_few_rows_of_the_shortest_programs(engine: str, text: str, rows: int) -> None:
    f = adcli.function(f"{text} + 0*y")
    columns = {"x": np.array(SPECIAL[:rows]), "y": 1.0}
    with prepared():
        found = f.map({n: columns[n] for n in f.variables}, engine=engine, on_error="null")
    wanted = f.map({n: columns[n] for n in f.variables}, engine="python", on_error="null")
    assert found.errors == wanted.errors
    np.testing.assert_allclose(found.values, wanted.values, rtol=1e-15)
    for name, g in wanted.gradients.items():
        np.testing.assert_allclose(found.gradients[name], g, rtol=1e-15)


@pytest.mark.parametrize("engine", ["python", "numpy", "llvm"])
def test_errors_of_rows_hold_no_values(engine: str) -> None:
    """A traceback keeps every value of its row alive: a kilobyte for each of millions."""
    f = adcli.function("log(x)")
    columns = {"x": Column(np.array([1.0, -1.0, 2.0, -3.0]), True)}
    found = compute_rows(f, columns, 4, Task("gradient", wrt=("x",)), stop=False, engine=engine)
    assert sorted(found.errors) == [1, 3]
    assert all(error.__traceback__ is None for error in found.errors.values())


@pytest.mark.parametrize("text", ["dot(v, u)", "v @ u", "sum(A@v)", "sum(v@A)"])
@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_vectors_without_elements(text: str, mode: str) -> None:
    """A product over nothing is 0, in every row, with a gradient without elements."""
    f = adcli.function(text)
    columns = {"v": np.zeros((3, 0)), "u": np.zeros((3, 0)), "A": np.zeros((3, 0, 0))}
    batch = f.map({name: columns[name] for name in f.variables}, mode=mode)
    assert batch.values.tolist() == [0.0, 0.0, 0.0]
    assert batch.gradients["v"].shape == (3, 0)
