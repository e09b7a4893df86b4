"""Array programs: planned, blocked and laid out in memory, they say what the sweeps say."""

from __future__ import annotations

import tracemalloc
from threading import Event, current_thread, main_thread
from time import sleep
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import adcli
from adcli.engines.plan import block_run, regions
from adcli.engines.plan.loss_plan import LossPlan
from adcli.engines.prepared import CACHE, KEPT
from tests.programs import Program, array_programs

BLOCKS = (1, 24, 1 << 17)
"""Sizes of blocks in bytes: the first are a row at a time."""


def agree(a: Any, b: Any, relative: float, scale: float = 1.0) -> bool:
    return bool(np.allclose(a, b, rtol=relative, atol=relative * scale))


@given(array_programs(), st.sampled_from(BLOCKS))
def test_random_programs(program: Program, block: int) -> None:
    f = adcli.function(program.text)
    value, gradient = f.value_and_gradient(program.point)
    scale = max(1.0, *(float(np.max(np.abs(g))) for g in gradient.values()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regions, "BLOCK_BYTES", block)
        loss = LossPlan(f, list(gradient))
        for _ in range(2):  # the second run finds the first one's arrays in memory
            found, slopes = loss.value_and_gradient(program.point)
            assert agree(found, value, 1e-12), program
            for name, g in gradient.items():
                assert slopes[name].shape == np.shape(g)
                assert agree(slopes[name], g, 1e-12, scale), (name, program)
        assert agree(loss.value(program.point), value, 1e-12), program


@given(array_programs())
def test_float32(program: Program) -> None:
    """Everything in float32, to its accuracy where the program loses none."""
    f = adcli.function(program.text)
    names = list(program.point)
    exact, gradient = f.value_and_gradient(program.point)
    near = {name: np.asarray(x) * (1 + 2.0**-20) for name, x in program.point.items()}
    loss = LossPlan(f, names, "float32")
    value, slopes = loss.value_and_gradient(program.point)
    moved, bent = f.value_and_gradient(near)
    assert abs(value - exact) <= 1e-4 * (1 + abs(exact)) + 50 * abs(moved - exact), program
    for name in names:
        assert slopes[name].dtype == np.float32
        scale = 1 + float(np.max(np.abs(gradient[name])))
        off = np.max(np.abs(slopes[name] - gradient[name]))
        bend = np.max(np.abs(np.asarray(bent[name]) - gradient[name]))
        assert off <= 1e-3 * scale + 100 * bend, (name, program)


NETWORK = """
h = relu(x @ W + b)
z = h @ V
mean(logsumexp(z, axis=1) - sum(z*y, axis=1))
"""


def network(rows: int = 7) -> dict[str, Any]:
    random = np.random.default_rng(2)
    shapes = {"x": (rows, 5), "W": (5, 6), "b": (6,), "V": (6, 3), "y": (rows, 3)}
    return {name: random.normal(size=shape) for name, shape in shapes.items()}


def equal_to_the_sweep(text: str, point: dict[str, Any], block: int = 1 << 18) -> None:
    """The loss and the reverse sweep agree to rounding, at a point where all is finite."""
    f = adcli.function(text)
    value, gradient = f.value_and_gradient(point)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regions, "BLOCK_BYTES", block)
        found, slopes = LossPlan(f, list(point)).value_and_gradient(point)
    assert found == pytest.approx(value, rel=1e-12)
    for name, g in gradient.items():
        np.testing.assert_allclose(slopes[name], g, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("block", [1, 100, 1 << 18])
@pytest.mark.parametrize(
    "text",
    [
        NETWORK,
        "sum(softmax(x @ W, axis=1)^2) + sum(b) + sum(V) + sum(y)",
        "sum((x - mean(x, axis=0))^2/var(x, axis=0)) + sum(W @ V) + sum(y^3 + y^4) + prod(b)",
        "norm(x) + sum(norm(W, axis=0)) + sum(max(y, axis=0)) + min(b) + std(V)",
        "sum(where(x > 0, x, 0)) + sum(where(W > 0, 0, W)) + sum(where(V > 0, V^2, -V)) + sum(b*y)",
        "sum(prod(exp(ones(2, 6)), axis=0)*b) + sum(prod(y[0, 0] + zeros(2, 3), axis=1))",
        "sum(cumsum(x, axis=0)[1:3]) + sum(reshape(transpose(W), 5, 6)*W) + sum(tril(V)) + y[0, 0]",
        "sum(x[:, 0]*x[:, -1]) + einsum('ij,jk,ik->', W, V, ones(5, 3)) + sum(diag(outer(b, b)))",
        "sum((x > 0)*x + (x > 1)) + sum((W > 0) @ V) + sum(stack(b, 2b)) + sum(erf(y))",
    ],
)
def test_programs(text: str, block: int) -> None:
    point = network(6) if "b*y" not in text else {**network(6), "b": np.ones(3)}
    equal_to_the_sweep(
        text, {k: v for k, v in point.items() if k in adcli.function(text).inputs}, block
    )


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("sum(where(x > 0, sqrt(x), 0))", {"x": np.array([-1.0, 4.0, -2.0])}),
        ("sum(where(x > 0, log(x), x^2))", {"x": np.array([-1.0, 0.0, 2.0])}),
        ("sum(relu(x)/where(x > 0, x, 1))", {"x": np.array([-1.0, 0.5, 2.0])}),
        ("sum(where(v > 0, A @ sqrt(v), 0))", {"v": np.array([4.0, 1.0]), "A": np.eye(2)}),
    ],
)
def test_what_is_not_chosen_does_not_leak(text: str, point: dict[str, Any]) -> None:
    """sqrt(-1) and 1/sqrt(0) behind `where`: the guarded gradient takes over."""
    for block in (1, 1 << 18):
        equal_to_the_sweep(text, point, block)


def test_values_that_are_not_finite_stay_so() -> None:
    f = adcli.function("sum(log(x))")
    value, gradient = LossPlan(f, ["x"]).value_and_gradient({"x": np.array([0.0, 1.0])})
    assert value == -np.inf
    assert gradient["x"].tolist() == [np.inf, 1.0]


def test_programs_are_kept_by_shape() -> None:
    loss = LossPlan(adcli.function(NETWORK), ["W", "b", "V"])
    first = loss.value_and_gradient(network(7))
    kept = dict(CACHE[loss])
    loss.value_and_gradient(network(4))
    again = loss.value_and_gradient(network(7))
    assert first[0] == again[0]
    assert all(np.array_equal(first[1][name], again[1][name]) for name in first[1])
    assert all(CACHE[loss][key] is plan for key, plan in kept.items())
    for rows in range(1, 2 * KEPT):
        loss.value(network(rows))
    assert len(CACHE[loss]) == KEPT


def test_results_are_nobody_elses_and_inputs_are_left_alone() -> None:
    point = network()
    copies = {name: x.copy() for name, x in point.items()}
    for x in point.values():
        x.setflags(write=False)
    loss = LossPlan(adcli.function(NETWORK), list(point))
    _, first = loss.value_and_gradient(point)
    kept = {name: g.copy() for name, g in first.items()}
    loss.value_and_gradient({name: 2 * x for name, x in point.items()})
    for name, g in first.items():
        assert np.array_equal(g, kept[name])
        assert np.array_equal(point[name], copies[name])
        assert not any(np.shares_memory(g, x) for x in point.values())


def test_a_gradient_that_is_an_input_is_copied() -> None:
    x = np.arange(3.0)
    _, gradient = LossPlan(adcli.function("sum(x*y)"), ["x", "y"]).value_and_gradient(
        {"x": x, "y": x}
    )
    gradient["x"][:] = 7.0
    assert x.tolist() == [0.0, 1.0, 2.0]
    assert gradient["y"].tolist() == [0.0, 1.0, 2.0]


def test_gradients_go_where_they_are_wanted() -> None:
    point, names = network(), ["W", "b", "V"]
    f = adcli.function(NETWORK)
    flat = np.full(sum(point[name].size for name in names), np.nan)
    out, k = {}, 0
    for name in names:
        out[name] = flat[k : k + point[name].size].reshape(point[name].shape)
        k += point[name].size
    _, found = LossPlan(f, names).value_and_gradient(point, out)
    _, expected = f.value_and_gradient(point, wrt=names)
    for name in names:
        assert found[name] is out[name]
        np.testing.assert_allclose(out[name], expected[name], rtol=1e-12)
    assert np.isfinite(flat).all()


def test_threads_end_with_an_interrupted_run(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = Event()
    others = []

    def execute(*_: Any) -> None:
        if current_thread() is main_thread():
            begun.wait(10)
            raise KeyboardInterrupt
        begun.set()
        others.append(1)
        sleep(0.01)

    monkeypatch.setattr(regions, "BLOCK_BYTES", 1 << 10)
    monkeypatch.setattr(block_run, "execute", execute)
    loss = LossPlan(adcli.function("sum(exp(x) + 1)"), ["x"], threads=2)
    with pytest.raises(KeyboardInterrupt):
        loss.value({"x": np.ones(1 << 14)})
    sleep(0.05)
    assert 1 <= len(others) <= 4, "of more than a hundred blocks"


def test_threads_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regions, "BLOCK_BYTES", 256)
    f = adcli.function("mean((y - (a*exp(-b*x) + c))^2)")
    random = np.random.default_rng(3)
    point = {"x": random.normal(size=500), "y": random.normal(size=500), "a": 1.0, "b": 2.0, "c": 3}
    found = [LossPlan(f, list(point), threads=n).value_and_gradient(point) for n in (1, 2, 5)]
    for value, gradient in found[1:]:
        assert value == found[0][0]
        assert all(np.array_equal(g, found[0][1][name]) for name, g in gradient.items())


def test_what_is_held_is_computed_once() -> None:
    f = adcli.function("sum(exp(x)*a)")
    x = np.arange(4.0)
    loss = LossPlan(f, ["a"], held={"x": x})
    assert loss.value_and_gradient({"a": 2.0})[0] == pytest.approx(2 * np.exp(x).sum())
    (plan,) = CACHE[loss].values()
    assert "exp" not in {getattr(call, "__name__", "") for call, *_ in plan._instructions}


def deep_chain(links: int) -> str:
    lines = ["h0 = x"] + [f"h{k + 1} = h{k} @ W{k % 2}*1.5 - h{k}" for k in range(links)]
    return "\n".join([*lines, f"sum(h{links}^2)"])


def test_memory_of_a_chain_does_not_grow_with_its_length() -> None:
    """A value needs a few arrays whatever the length; a gradient what the sweep back reads."""
    size = 200
    random = np.random.default_rng(4)
    point = {name: random.normal(size=(size, size)) / size for name in ("x", "W0", "W1")}
    array = 8 * size**2

    def peak(links: int, gradient: bool) -> float:
        loss = LossPlan(adcli.function(deep_chain(links)), ["W0"])
        tracemalloc.start()
        try:
            if gradient:
                loss.value_and_gradient(point)
            else:
                loss.value(point)
            return tracemalloc.get_traced_memory()[1] / array
        finally:
            tracemalloc.stop()

    assert peak(30, False) < 6
    assert peak(60, True) - peak(30, True) < 31 * 1.2  # one array a link: its operand of `@`
