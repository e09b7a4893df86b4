"""Elements taken and added at places that are data, as machine code."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import adcli
from adcli.engines.llvm.compiled_rows import CompiledRows
from adcli.engines.llvm.scatter_kernel import ROWS_A_RUN
from adcli.graph.shapes import infer_shapes
from tests.engines.llvm.machines import MACHINES
from tests.engines.llvm.test_losses import AT_PLACES, assert_same, columns, run

GROUPS = "sum((y - v[g])^2)"


def point(rows: int, groups: int) -> dict[str, Any]:
    draw = np.random.default_rng(rows)
    g = draw.integers(0, groups, rows).astype(float)
    return {"y": draw.normal(size=rows), "g": g, "v": draw.normal(size=groups)}


@pytest.mark.parametrize("rows", [2, 3, 9, 1000, ROWS_A_RUN, 3 * ROWS_A_RUN + 1025])
@pytest.mark.parametrize("groups", [1, 2, 3, 1000])
def test_groups_of_rows(rows: int, groups: int) -> None:
    assert_same(GROUPS, point(rows, groups))


def test_threads_make_no_difference() -> None:
    given = point(5 * ROWS_A_RUN + 7, 50)
    first = run(GROUPS, given, 1)
    for threads in (2, 3):
        found = run(GROUPS, given, threads)
        assert found["value"] == first["value"]
        assert np.array_equal(found["v"], first["v"])


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("text", AT_PLACES)
def test_on_other_machines(text: str, machine: str) -> None:
    f = adcli.function(text)
    given = {name: np.asarray(columns(1037)[name]) for name in f.variables}
    shapes = infer_shapes(f.graph, f.order, {name: x.shape for name, x in given.items()})
    code = CompiledRows(f.graph, f.outputs, shapes, 1037, replace(MACHINES[machine], _addresses={}))
    (value,), _ = code.run({f.inputs[name]: x for name, x in given.items()})
    assert float(value) == pytest.approx(f.value(given, engine="numpy"), rel=1e-12)


@pytest.mark.parametrize("wrong", [-1.0, 7.0, 2.5, 1e300, -1e300, 2.0**40])
@pytest.mark.parametrize("row", [0, 500, 999])
def test_what_is_no_index_is_not_a_number(wrong: float, row: int) -> None:
    given = point(1000, 7)
    given["g"][row] = wrong
    found = run(GROUPS, given)
    assert np.isnan(found["value"])
    assert np.isnan(found["v"]).any()
    found = run("sum(scatter(y, zeros(7)[g])*v)", given)
    assert np.isnan(found["value"])
    with pytest.raises(adcli.DomainError, match=r"the index .* is"):
        adcli.function(GROUPS).value(given, engine="llvm")
