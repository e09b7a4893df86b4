"""What rows of the table state of their functions: the trend, and whether f(-x) is f(x)."""

from __future__ import annotations

import numpy as np
import pytest

import adcli
from adcli.graph.primitives import ELEMENTWISE, PRIMITIVES, Primitive

ROWS = [row for row in PRIMITIVES.values() if row.kind == ELEMENTWISE and len(row.inputs) == 1]


def values(row: Primitive, points: np.ndarray) -> np.ndarray:
    """The function of a row at many points, nan where it is not defined."""
    call = "-x" if row.name == "negative" else f"{row.name}(x)"
    return adcli.function(call).map({"x": points}, wrt=(), on_error="null").values


@pytest.mark.parametrize("row", [row for row in ROWS if row.trend], ids=lambda row: row.name)
def test_trend(row: Primitive) -> None:
    ((low, high),) = row.sample
    steps = np.diff(values(row, np.linspace(0.0 if row.even else low, high, 101)))
    assert steps.any()
    assert (steps >= 0 if row.trend == "rises" else steps <= 0).all()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_even(row: Primitive) -> None:
    points = np.linspace(*row.sample[0], 101)
    assert row.even == np.array_equal(values(row, points), values(row, -points))


def test_a_row_states_what_rows_state() -> None:
    with pytest.raises(TypeError, match="kinks"):
        Primitive("f", ELEMENTWISE, ("x",), kinks=None)
