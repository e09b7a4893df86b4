"""What compiled programs read and write: their own results, and nothing else, whoever calls."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import combinations
from threading import Barrier
from typing import Any

import numpy as np
import pytest

import adcli
from adcli.ad.tasks import Task
from adcli.engines.llvm import compile as compiling
from adcli.engines.llvm import row_kernel
from adcli.engines.llvm.compiled_tasks import compile_point, compile_rows
from adcli.engines.llvm.kernel import CHUNK
from adcli.engines.prepared import CACHE, KEPT
from tests.terminal import ROOT

TEXT = "x*y + sin(x) + y^2"


def exact(x: Any, y: Any) -> dict[str, Any]:
    return {"value": x * y + np.sin(x) + y * y, "x": y + np.cos(x), "y": x + 2 * y}


def found(columns: dict[str, Any], f: adcli.Function | None = None) -> dict[str, Any]:
    batch = (f or adcli.function(TEXT)).map(columns, engine="llvm")
    return {"value": batch.values, **batch.gradients}


def assert_exact(columns: dict[str, Any], f: adcli.Function | None = None) -> None:
    x, y = (np.asarray(columns[n], dtype=float) for n in "xy")
    for name, values in found(columns, f).items():
        np.testing.assert_allclose(values, exact(x, y)[name], rtol=1e-13, atol=1e-14)


def assert_apart(results: Mapping[Any, Any], inputs: dict[str, Any]) -> None:
    """No two results share memory, nor does one share an input's; all may be written to."""
    arrays = {n: x for n, x in results.items() if np.ndim(x)}
    for a, b in combinations(arrays, 2):
        assert not np.shares_memory(arrays[a], arrays[b]), (a, b)
    for name, x in arrays.items():
        assert x.flags.writeable, name
        for given in inputs.values():
            assert not np.shares_memory(x, np.asarray(given)), name


@pytest.mark.parametrize("rows", [2, 9, 1000, CHUNK * 5 + 3])
@pytest.mark.parametrize(
    "text", ["x", "x + 0*y", "x, y, x", "x, x*1, x", "y, 2, x", "x*y", "y - 1"]
)
def test_rows_have_memory_of_their_own(text: str, rows: int) -> None:
    whole = np.linspace(1, 2, 2 * rows)
    columns = {"x": whole[:rows], "y": whole[rows:]}
    before = whole.copy()
    f = adcli.function(text)
    columns = {n: columns[n] for n in f.variables}
    task = Task("jacobian", mode="auto", wrt=f.variables)
    program = compile_rows(f, task, f.variables).runner
    inputs = {f.inputs[n]: x for n, x in columns.items()}
    results, _ = program.run(inputs, 2)
    wanted = [x.copy() for x in results]
    assert_apart(dict(enumerate(results)), columns)
    for x in results:
        if x.ndim:  # the others are numbers
            x[...] = -5
    assert np.array_equal(whole, before)
    again, _ = program.run(inputs, 2)
    for x, y in zip(again, wanted, strict=True):
        assert np.array_equal(x, y)


@pytest.mark.parametrize(
    "text",
    ["sum(x*y)", "sum(x + y)", "sum(x) + y[0]", "sum(x[1:]*y[:-1])", "dot(x, y)", "max(x - y)"],
)
def test_gradients_have_memory_of_their_own(text: str) -> None:
    buffer = np.linspace(1, 2, 22).tobytes()  # memory that belongs to no array
    x = np.frombuffer(buffer, count=11)
    point = {"x": x, "y": x[::-1]}
    f = adcli.function(text)
    for _ in range(2):
        _, gradient = f.value_and_gradient(point, engine="llvm")
        assert_apart(gradient, point)
        _, wanted = f.value_and_gradient(point, engine="numpy")
        for name, g in gradient.items():
            assert np.array_equal(g, wanted[name])
            g[...] = -5
    value = adcli.function("x[1:4], y").value(point, engine="llvm")
    assert_apart(dict(zip("ab", value, strict=True)), point)


MATRIX = np.random.default_rng(1).uniform(1, 2, (50, 4))
COLUMNS = {
    "strided": MATRIX[:, 1],
    "reversed": MATRIX[::-1, 2],
    "one number again and again": np.broadcast_to(1.5, 50),
    "float32": MATRIX[:, 0].astype(np.float32),
    "integers": np.arange(50),
    "big endian": MATRIX[:, 3].astype(">f8"),
    "not aligned": np.frombuffer(b"\0" + MATRIX[:, 1].tobytes(), offset=1),
    "read only": np.frombuffer(MATRIX[:, 1].tobytes()),
    "list": MATRIX[:, 1].tolist(),
    "booleans": MATRIX[:, 1] > 1.5,
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_any_column_will_do(kind: str) -> None:
    columns = {"x": COLUMNS[kind], "y": MATRIX[:, 0]}
    kept = np.array(COLUMNS[kind])
    assert_exact(columns)
    assert_exact({"x": columns["y"], "y": columns["x"]})
    assert np.array_equal(columns["x"], kept)
    f = adcli.function("sum(a*sin(x)*y)")
    both = [f.value({"a": 2.0, **columns}, engine=e) for e in ("llvm", "numpy")]
    assert both[0] == pytest.approx(both[1], rel=1e-13)


@pytest.mark.parametrize("rows", [8, 64, 2 * CHUNK + 24, 3 * CHUNK + 7])
def test_streamed_results(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Large results bypass the caches, by aligned stores."""
    monkeypatch.setattr(row_kernel, "STREAMED_BYTES", 0)
    generator = np.random.default_rng(rows)
    x, y = generator.normal(size=(2, rows))
    assert_exact({"x": x, "y": y})
    assert_exact({"x": x[1:], "y": y[:-1]})


def test_results_outlive_the_function() -> None:
    x = np.linspace(1, 2, 300_000)
    first = found({"x": x, "y": x})
    kept = {name: values.copy() for name, values in first.items()}
    for k in range(5):
        found({"x": x + k, "y": x - k})
        gc.collect()
    for name, values in first.items():
        assert np.array_equal(values, kept[name])


def test_a_program_is_compiled_once_and_freed_with_its_function(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count = [0]
    original = compiling._compile

    def counted(*arguments: Any) -> Any:
        count[0] += 1
        return original(*arguments)

    monkeypatch.setattr(compiling, "_compile", counted)
    f, g = (adcli.function(TEXT + " + cos(x*y)*0.125") for _ in range(2))
    columns = {"x": np.ones(9), "y": np.ones(9)}
    for _ in range(3):
        found(columns, f)
    assert count == [1]
    found(columns, g)  # the same text
    assert count == [1]
    f.map(columns, engine="llvm", wrt=["x"])
    assert count == [2]
    before = len(CACHE)
    gone = weakref.ref(g)
    del g
    gc.collect()
    assert gone() is None
    assert len(CACHE) < before


def test_one_function_keeps_few_programs() -> None:
    f = adcli.function("x*y")
    for k in range(3 * KEPT):
        task = Task("directional", direction={"x": float(k), "y": 1.0})
        compile_rows(f, task, ("x", "y"))
    assert len(CACHE[f]) == KEPT


@pytest.fixture
def busy_threads() -> Iterator[None]:
    """Threads take turns all the time."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def use(f: adcli.Function, g: adcli.Function, seed: int) -> None:
    x, y = np.random.default_rng(seed).normal(size=(2, 1000 + seed))
    assert_exact({"x": x, "y": y}, f)
    point = {"x": x, "y": y, "a": 1.5}
    value, gradient = g.value_and_gradient(point, engine="llvm")
    assert value == pytest.approx(np.mean(x * y * 1.5) + np.max(x * 1.5), rel=1e-12)
    assert gradient["x"].shape == (1000 + seed,)


@pytest.mark.parametrize("trial", range(4))
def test_many_threads_call_one_function(trial: int, busy_threads: None) -> None:
    """Also for the first time, all at once."""
    f = adcli.function(f"{TEXT} + 0*tanh(x*{trial})")
    g = adcli.function(f"mean(x*y*a) + 0*{trial}/y[0] + max(x*a)")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda seed: use(f, g, seed), range(16)))


def prepare_at_once(f: adcli.Function, together: Barrier, rows: int) -> None:
    task = Task("gradient", wrt=f.variables)
    together.wait()
    compile_point(f, task, {"x": (rows,), "y": (rows,), "a": ()})


def test_threads_differentiate_one_function(busy_threads: None) -> None:
    """The nodes of its derivatives go into one graph, for each length of the columns."""
    terms = [f"sum(sin(x*{k} + y)*exp(-{k}*y[0]))" for k in range(10)]
    for _ in range(4):
        f = adcli.function(f"mean(x*y*a) + max(x*a) + {' + '.join(terms)}")
        together = Barrier(4)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(partial(prepare_at_once, f, together), range(11, 15)))


WARNINGS = ("-W", "error", "-W", "ignore::DeprecationWarning")
"""Newer Pythons warn of forks while there are threads."""

FORKING = """
import os, sys, numpy as np, adcli
f, g = adcli.function("sum(sin(x)*a)"), adcli.function("x*sin(x)")
x = np.linspace(0, 1, 300_000)
wanted = f.value({"x": x, "a": 1.0}, engine="llvm"), g.map({"x": x}, engine="llvm").values.sum()
child = os.fork()
if child == 0:
    again = f.value({"x": x, "a": 1.0}, engine="llvm"), g.map({"x": x}, engine="llvm").values.sum()
    os._exit(0 if again == wanted else 3)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes do not fork here")
def test_a_forked_process_goes_on() -> None:
    code = f"import adcli.engines.threads as c; c.available_cores = lambda: 2\n{FORKING}"
    done = subprocess.run(
        [sys.executable, *WARNINGS, "-c", code], cwd=ROOT, timeout=60, capture_output=True
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_process_ends_quietly_with_results_in_hand() -> None:
    code = FORKING.partition("child")[0] + "held = [f, g, wanted, g.map({'x': x}, engine='llvm')]"
    done = subprocess.run(
        [sys.executable, *WARNINGS, "-c", code], cwd=ROOT, timeout=60, capture_output=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
