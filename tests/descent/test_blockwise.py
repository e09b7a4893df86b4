"""Rules in place, block by block, are the rules on whole vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adcli.descent.blockwise import BlockwiseUpdate
from adcli.descent.rules import RULES
from adcli.descent.schedules import Schedule
from adcli.descent.stepper import Stepper
from adcli.engines.plan import regions

ROWS = 1000
LOWER = np.where(np.arange(ROWS) % 3, -np.inf, -0.5)
STEPPERS = [
    *[Stepper(name, Schedule(0.01)) for name in RULES],
    *[Stepper(name, Schedule(0.01), decay=0.1) for name in ("adam", "adamw", "lion")],
    Stepper("gd", Schedule(0.1, "cosine", every=5, warmup=2), clip_norm=2.0),
    Stepper("adam", Schedule(0.1, "step", every=2), clip_value=0.5, clip_norm=1.5, decay=0.01),
    Stepper("momentum", Schedule(0.1), lower=LOWER, upper=np.full(ROWS, 0.7)),
]


def gradients(count: int = 6) -> list[Any]:
    return list(np.random.default_rng(1).normal(size=(count, ROWS)))


def blockwise(stepper: Stepper, dtype: str, threads: int | None = None) -> tuple[Any, ...]:
    point = np.linspace(-1, 1, ROWS).astype(dtype)
    update = BlockwiseUpdate(stepper, point, threads)
    state = update.init(point)
    for k, gradient in enumerate(gradients()):
        before = [s for s in state if isinstance(s, np.ndarray)]
        given = gradient.astype(dtype)
        kept = given.copy()
        state = update(point, given, state, k)
        assert np.array_equal(given, kept)
        after = [s for s in state if isinstance(s, np.ndarray)]
        assert all(a is b for a, b in zip(before, after, strict=True))
    assert all(isinstance(s, float) or s.dtype == dtype for s in state)
    return (point, *state)


@pytest.mark.parametrize("block", [8, 1000, 1 << 18])
@pytest.mark.parametrize("stepper", STEPPERS, ids=lambda s: s.method)
def test_blocks_equal_whole_vectors(
    stepper: Stepper, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regions, "BLOCK_BYTES", block)
    point: Any = np.linspace(-1, 1, ROWS)
    state = stepper.rule(np).init(point)
    for k, gradient in enumerate(gradients()):
        point, state = stepper.advance(np, point, gradient, state, float(k))
    for dtype, relative in (("float64", 1e-13), ("float32", 2e-5)):
        found = blockwise(stepper, dtype)
        for a, b in zip(found, (point, *state), strict=True):
            np.testing.assert_allclose(a, b, rtol=relative, atol=relative)


@pytest.mark.parametrize("stepper", STEPPERS, ids=lambda s: s.method)
def test_threads_make_no_difference(stepper: Stepper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regions, "BLOCK_BYTES", 512)
    one, three = blockwise(stepper, "float64", 1), blockwise(stepper, "float64", 3)
    for a, b in zip(one, three, strict=True):
        assert np.array_equal(a, b)


def test_a_vector_that_is_read_after_its_place_is_written() -> None:
    """Outputs swap two columns: each is stored when the block has read both."""
    from adcli.engines.plan.column_plan import ColumnPlan
    from adcli.graph.graph import Graph
    from adcli.graph.primitives import NEGATIVE

    graph = Graph()
    x, y = graph.variable("x"), graph.variable("y")
    minus_x = graph.node(NEGATIVE, (x,))
    outputs = [graph.node(NEGATIVE, (y,)), minus_x, x]
    program = ColumnPlan(graph, [x, y], [], outputs, [x, y, None], "float64", 2)
    a, b, c = np.arange(5.0), np.arange(10.0, 15.0), np.empty(5)
    program.run([a, b], [], [a, b, c])
    assert a.tolist() == [-10, -11, -12, -13, -14]
    assert b.tolist() == [0, -1, -2, -3, -4]
    assert c.tolist() == [0, 1, 2, 3, 4]
