"""Losses over the rows of columns as machine code: what the numpy engine gives."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import adcli
from adcli.ad.tasks import Task
from adcli.engines.llvm.compiled_rows import UnsupportedError
from adcli.engines.llvm.compiled_tasks import compile_point
from adcli.engines.llvm.kernel import CHUNK
from adcli.engines.llvm.machine import host
from adcli.engines.llvm.reduction_kernel import VECTORS_A_SUM
from tests.programs import Program, array_programs, scalar_programs

EDGE = VECTORS_A_SUM * host().lanes
SIZES = (2, 7, 8, 9, EDGE - 1, EDGE, EDGE + 1, 3 * EDGE + 5)

Point = dict[str, Any]


def run(text: str, point: Mapping[str, Any], threads: int = 1) -> dict[str, Any]:
    """The value and the gradient by the compiled program itself, finite or not."""
    f = adcli.function(text)
    arrays = {name: np.asarray(point[name], dtype=float) for name in f.variables}
    prepared = compile_point(
        f, Task("gradient", wrt=f.variables), {n: x.shape for n, x in arrays.items()}
    )
    found, _ = prepared.runner.run({f.inputs[n]: x for n, x in arrays.items()}, threads)
    return {path[-1]: x for path, x in zip(prepared.paths, found, strict=True)}


def assert_same(text: str, point: Mapping[str, Any], lost: float = 1e-12) -> None:
    """The llvm engine's answer is the numpy engine's; `lost` is of the largest number beside."""
    f = adcli.function(text)
    value, gradient = f.value_and_gradient(point, engine="numpy")
    found = run(text, point)
    assert math.isclose(found["value"], value, rel_tol=lost, abs_tol=lost), text
    largest = max(1.0, *(np.max(np.abs(g), initial=0.0) for g in gradient.values()))
    for name, g in gradient.items():
        assert found[name].shape == np.shape(g), name
        np.testing.assert_allclose(
            found[name], g, rtol=lost, atol=lost * largest, err_msg=f"{text} {name}"
        )
    by_engine = f.value_and_gradient(point, engine="llvm")
    assert by_engine[0] == found["value"]
    for name, g in by_engine[1].items():
        assert isinstance(g, np.ndarray) == isinstance(gradient[name], np.ndarray)
        assert np.array_equal(g, found[name])


def columns(rows: int, seed: int = 0) -> Point:
    generator = np.random.default_rng(seed)
    return {
        "x": generator.normal(size=rows),
        "y": generator.normal(size=rows),
        "a": 0.7,
        "b": 1.3,
        "w": generator.normal(size=3),
        "X": generator.normal(size=(rows, 3)),
        "C": generator.normal(size=(rows, 1)),
        "R": generator.normal(size=(1, rows)),
    }


AT_PLACES = [
    "mean((y - w[floor(mod(x, 3))])^2)",
    "sum(exp(w)[floor(mod(x, 3))]*y) + max(a*w[floor(mod(y, 3))])*b",
    "sum(where(x > 0, w[floor(mod(x, 3))], y))*a",
    "sum(scatter(y*a, zeros(4)[floor(mod(x, 4))])^2) + sum(w[floor(mod(x, 3))]^2)",
    "g = floor(mod(x, 3)); t = scatter(y, zeros(3)[g]); logsumexp(w[g]*t[floor(mod(y, 3))])",
]
LOSSES = [
    *AT_PLACES,
    "mean((y - (a*exp(-b*x) + 0.1))^2)",
    "sum(x + b) + sum(y)*a",
    "sum(a*x)",
    "sum(x*0 + a) + sum(y)*b",
    "a*b + sum(x) - sum(x) + sum(y)",
    "logsumexp(a*x + b*y)",
    "logsumexp(x - logsumexp(y*a))*b",
    "sum(softmax(a*x)*y)",
    "sum(log(softmax(a*x))*softmax(b*y))",
    "norm(x - a)*norm(y - b)",
    "std(a*x + y) + var(x*b)",
    "max(a*x) - min(b*y)",
    "max(x)*min(x) + mean(abs(x - max(y)*a))*b",
    "sum((x - mean(x))^2/var(y))",
    "sum(((x - mean(x))/std(x))*((y - mean(y))/std(y)))/a + b",
    "sum(exp(x - max(x))*mean(y - mean(x*y)))",
    "dot(x, y)*a + b",
    "sum(where(x > 0, log(x), y))*a*b",
    "sum(where(x > 0, sqrt(x), where(y > mean(y), log(y - mean(y)), a)))",
    "mean(lgamma(x*x + a) + gamma(y*y/9 + b))",
    "m = mean(digamma(x*x + a)); sum((y - m)^2*lgamma(2 + tanh(y)*m/9))",
    "sum(x^2) + y[0]*a + y[-1]*b",
    "sum(cumsum(x)*y)*a*b/sum(x*x)",
    "sum(x[1:]*y[:-1])*a*b",
    "sum(max(x, y, 0))*a*b",
    "sum(outer(x[:2], y[:2]))*a*b",
    "sum(reshape(x, [-1, 1])*a) + sum(reshape(y, [1, -1]))*b",
    "mean(hypot(x, y)^b)*a",
    "sum(abs(x) + sign(y)*a + floor(x*b))",
    "sum(clip(x, -0.5, 0.5)*mod(y, 0.3))",
    "sum(concat(x, y)*concat(y, x))*a*b",
    "sum(stack(x, y)*[[a], [b]])",
    "sum((w[0]*exp(-w[1]*x) + w[2] - y)^2)",
    "sum((X@w - y)^2)/sum(y*y)",
    "mean(log1p(exp(-y*(X@w)))) + dot(w, w)*a",
    "sum((X[:, 0]*w[0] + X[:, 2]*x - y)^2)",
    "sum(softmax(X@w)*y) + logsumexp(X@w)",
    "sum(exp(C)*y[0]) + sum(R*a)",
    "sum(R@C) + y[0]*mean(y)",
    "sum((C@w[0:1] - y)^2) + sum(transpose(C)*R)",
    "sum(C*reshape(x, [-1, 1])) + sum(R*x) + max(transpose(R))",
    "sum(sum(C, axis=1)*x) + sum(sum(R, axis=0)*y) + sum(sum(X, axis=1)*x)",
    "mean((a*x + b - y)^2)*mean((a*y + b - x)^2) + sum(X)*a",
]


@pytest.mark.parametrize("rows", [2, 9, EDGE, 3 * EDGE + 5])
@pytest.mark.parametrize("text", LOSSES)
def test_losses(text: str, rows: int) -> None:
    point = columns(rows)
    assert_same(text, {n: point[n] for n in adcli.function(text).variables})


@pytest.mark.parametrize(
    "text",
    [
        "sum(C*R) + sum(y)",
        "sum(C + y)*a",
        "sum((C@R)@y)",
        "sum(exp(-(C - R)^2)@y)",
        "sum(S@y) + trace(S)",
        "dot(y, S@y)*sum(exp(S)*y)",
        "sum(reshape(S, [-1])[1:])*sum(y)",
    ],
)
@pytest.mark.parametrize("rows", [2, 3, 8, 17])
def test_squares_of_the_rows(text: str, rows: int) -> None:
    """Matrices as wide as they are long are not columns."""
    square = {"S": np.random.default_rng(2).normal(size=(rows, rows))}
    point = {**columns(rows), **square}
    assert_same(text, {n: point[n] for n in adcli.function(text).variables})


REDUCTIONS: dict[str, Callable[[Any], Any]] = {
    "mean": np.mean,
    "max": np.max,
    "min": np.min,
    "std": np.std,
    "var": np.var,
    "norm": lambda x: np.linalg.norm(x),
    "logsumexp": lambda x: np.log(np.sum(np.exp(x))),
}


@settings(max_examples=25)
@given(scalar_programs(), st.data())
def test_random_losses(program: Program, data: Any) -> None:
    """A program of numbers becomes one of columns; its rows are reduced, twice over."""
    rows = data.draw(st.sampled_from(SIZES))
    generator = np.random.default_rng(rows)
    per_row = data.draw(st.sets(st.sampled_from(sorted(program.point)), min_size=1))
    point = {
        n: x + 1e-4 * generator.integers(-9, 10, size=rows) if n in per_row else x
        for n, x in program.point.items()
    }
    first, second = (data.draw(st.sampled_from(sorted(REDUCTIONS))) for _ in range(2))
    name = sorted(per_row)[0]
    # The result of one reduction inside of another; a column keeps all of it a column.
    text = "\n".join(
        [
            *program.statements,
            f"first_ = ({program.scalar}) + 0.25*{name}",
            f"inner_ = {first}(first_ + 0.5*cos({name}*40))",
            f"{second}(tanh(first_ - inner_)*{name} + sin(40*{name}))*inner_ + inner_",
        ]
    )
    f = adcli.function(text)
    value, gradient = f.value_and_gradient(point, engine="numpy")
    found = run(text, point)
    largest = max(1.0, abs(value), *(np.max(np.abs(g)) for g in gradient.values()))
    assert abs(found["value"] - value) <= 1e-11 * largest
    for name, g in gradient.items():
        np.testing.assert_allclose(found[name], g, rtol=1e-11, atol=1e-11 * largest)


@settings(max_examples=50)
@given(array_programs())
def test_random_programs_of_vectors_and_matrices(program: Program) -> None:
    """The longest vector is the column; all else of the language is left to the numpy engine."""
    assume(len(program.point["v"]) > 1)
    f = adcli.function(program.text)
    value, gradient = f.value_and_gradient(program.point, engine="numpy")
    found = run(program.text, program.point)
    largest = max(1.0, abs(value), *(np.max(np.abs(g)) for g in gradient.values()))
    assert abs(found["value"] - value) <= 1e-11 * largest
    for name, g in gradient.items():
        assert found[name].shape == np.shape(g)
        np.testing.assert_allclose(found[name], g, rtol=1e-11, atol=1e-11 * largest)
    f = adcli.function(program.array_text)
    point = {name: program.point[name] for name in f.variables}
    found, wanted = (f.value(point, engine=e) for e in ("llvm", "numpy"))
    np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-12, strict=True)


@pytest.mark.parametrize("rows", [EDGE + 1, 2 * CHUNK + 3, 5 * CHUNK])
@pytest.mark.parametrize("text", LOSSES[::4])
def test_threads_change_no_bit(text: str, rows: int) -> None:
    if "outer" in text:
        rows = EDGE
    point = columns(rows)
    one, two, three = (run(text, point, threads) for threads in (1, 2, 3))
    for name, x in one.items():
        assert np.array_equal(x, two[name]), name
        assert np.array_equal(x, three[name]), name


def failure(f: adcli.Function, point: Point, engine: str) -> Any:
    """The message of an engine that fails, the place, and the remedy."""
    try:
        f.value_and_gradient(point, engine=engine)
    except adcli.DomainError as error:
        return error.message, error.span, error.hint
    return None


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("row", [0, 6, -1])
@pytest.mark.parametrize(
    "text",
    ["sum(log(x)*a)", "mean(sqrt(x - 1)*y)", "max(x*a)", "sum(where(x > 1, x*a, y))", "norm(x)*a"],
)
def test_bad_data_is_blamed_as_in_other_engines(text: str, row: int, bad: float) -> None:
    point = {"x": np.linspace(1.5, 2, 11), "y": np.linspace(1, 2, 11), "a": 2.0}
    point["x"][row] = bad
    f = adcli.function(text)
    point = {n: point[n] for n in f.variables}
    reason = failure(f, point, "numpy")
    assert failure(f, point, "llvm") == reason
    if reason is None:  # where() and max() may pass over it
        assert_same(text, point)


def test_a_branch_not_taken_leaks_nothing() -> None:
    x = np.array([-1.0, 0.0, 4.0, 9.0, np.nan, np.inf, 1e300, -np.inf] * 5)
    text = "sum(where(x > 0, where(x < 100, a*sqrt(x), 0), 0))"
    f = adcli.function(text)
    for engine in ("numpy", "llvm"):
        value, gradient = f.value_and_gradient({"x": x, "a": 2.0}, engine=engine)
        assert value == 50.0
        assert gradient["a"] == 25.0
        assert np.array_equal(gradient["x"], np.tile([0, 0, 0.5, 1 / 3, 0, 0, 0, 0], 5))


@pytest.mark.parametrize("rows", SIZES)
def test_every_size(rows: int) -> None:
    point = columns(rows)
    for text in (LOSSES[0], "sum(x*a) + max(y*b) - min(x)", "std(a*x) + logsumexp(b*y)"):
        assert_same(text, {n: point[n] for n in adcli.function(text).variables})


@pytest.mark.parametrize("text", ["max(x)*a", "min(x)*a", "max(x*a)", "sum(max(x, a))"])
def test_ties_are_shared(text: str) -> None:
    x = np.array([1.0, 3.0, 3.0, 1.0, 2.0, 3.0, 1.0, 3.0, 3.0] * 3)
    assert_same(text, {"x": x, "a": 3.0})


def test_long_sums_lose_no_more_than_those_of_numpy() -> None:
    """Against the exact sum: of numbers of one sign, and of numbers that cancel."""
    rows = 1 << 20
    generator = np.random.default_rng(5)
    for x in (generator.uniform(0, 1, rows), generator.normal(size=rows) * 1e8 + 1e-3):
        exact = math.fsum(x)
        size = math.fsum(np.abs(x))
        found = run("sum(x*a)", {"x": x, "a": 1.0})
        assert abs(found["value"] - exact) <= 4e-16 * size
        assert abs(found["a"] - exact) <= 4e-16 * size


def test_a_sum_in_blocks_is_exact_where_all_partial_sums_are() -> None:
    for rows in (EDGE - 1, EDGE, EDGE + 1, 2 * CHUNK + 1, 3 * CHUNK + EDGE + 7):
        x = np.arange(rows, dtype=float)
        for threads in (1, 2):
            found = run("sum(x*a) + 0*max(x) + 0*min(x)", {"x": x, "a": 1.0}, threads)
            assert found["value"] == found["a"] == rows * (rows - 1) / 2
        assert run("max(x)*a", {"x": -x, "a": 1.0})["value"] == 0
        assert run("min(x)*a", {"x": -x, "a": 1.0})["value"] == 1 - rows


@pytest.mark.parametrize("text", ["mean(lgamma(x + a))", "mean(cumsum(x)*a)", "sum(X@a*x)"])
def test_work_for_numpy_is_not_compiled_unasked(text: str) -> None:
    f = adcli.function(text)
    shapes = {"x": (50,), "X": (50, 3), "a": (3,) if "@" in text else ()}
    shapes = {name: shapes[name] for name in f.variables}
    with pytest.raises(UnsupportedError, match="is left to the numpy engine"):
        compile_point(f, Task("gradient", wrt=["a"]), shapes, alone=True)
    assert compile_point(f, Task("gradient", wrt=["a"]), shapes).paths
