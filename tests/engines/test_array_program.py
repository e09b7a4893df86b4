"""Array programs: planned, blocked and laid out in memory, they say what the sweeps say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import adcli
from adcli.engines.array_program import Loss
from adcli.engines.programs import schedule
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
        patch.setattr(schedule, "BLOCK_BYTES", block)
        loss = Loss(f, list(gradient))
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
    loss = Loss(f, names, "float32")
    value, slopes = loss.value_and_gradient(program.point)
    moved, bent = f.value_and_gradient(near)
    assert abs(value - exact) <= 1e-4 * (1 + abs(exact)) + 50 * abs(moved - exact), program
    for name in names:
        assert slopes[name].dtype == np.float32
        scale = 1 + float(np.max(np.abs(gradient[name])))
        off = np.max(np.abs(slopes[name] - gradient[name]))
        bend = np.max(np.abs(np.asarray(bent[name]) - gradient[name]))
        assert off <= 1e-3 * scale + 100 * bend, (name, program)
