"""The trace shows the numbers of `adcli grad`, to the last digit, and counts what the sweeps do."""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from mpmath import mp

import adcli
from adcli.ad.tasks import Task
from adcli.algebras.digits import GUARD_DIGITS
from adcli.explain.trace import Trace, trace
from adcli.function import Function
from tests.programs import Program, array_programs, scalar_programs


def traced(
    text: str, point: dict[str, Any], precision: int | None = None
) -> tuple[Function, Trace]:
    f = adcli.function(text)
    results = f.at(point, Task("gradient", "reverse", f.names(None)), precision=precision)
    with results.algebra.context():
        return f, trace(results.run, f.outputs[0], list(f.inputs.values()))


def same(a: Any, b: Any) -> bool:
    """Equal to the last digit."""
    return bool(np.all(np.asarray(a) == np.asarray(b)))


def check(text: str, point: dict[str, Any], precision: int | None = None) -> None:
    f, found = traced(text, point, precision)
    value, reverse = f.value_and_gradient(point, precision=precision)
    _, forward = f.value_and_gradient(point, precision=precision, mode="forward")
    assert same(found.values[f.outputs[0]], value)
    for name, node in f.inputs.items():
        assert same(found.adjoints.get(node, 0.0), reverse[name]), name
    for seed in found.seeds:
        shown = seed.tangents.get(f.outputs[0], 0.0)
        expected = np.asarray(forward[f.graph.attrs[seed.node]])[seed.component]
        assert same(shown, expected), seed
    for node, contributions in found.contributions.items():
        with mp.workdps((precision or 15) + GUARD_DIGITS):
            total = reduce(add, [c.value for c in contributions])
        assert same(total, found.adjoints[node]), f"the contributions to node {node}"


@settings(max_examples=60)
@given(scalar_programs())
def test_scalar_programs_show_the_numbers_of_grad(program: Program) -> None:
    check(program.text, program.point)


@settings(max_examples=60)
@given(array_programs())
def test_array_programs_show_the_numbers_of_grad(program: Program) -> None:
    check(program.text, program.point)


@settings(max_examples=15)
@given(array_programs())
def test_many_digits_show_the_numbers_of_grad(program: Program) -> None:
    check(program.text, program.point, precision=40)


def test_both_contributions_to_an_input_that_is_used_twice() -> None:
    f, found = traced("x1*x2 + sin(x1)", {"x1": 2.0, "x2": 3.0})
    values = {c.value for c in found.contributions[f.inputs["x1"]]}
    assert values == {3.0, float(np.cos(2.0))}


def test_an_array_of_many_components_is_seeded_once_for_each() -> None:
    f, found = traced("sum(v^2)", {"v": list(range(300))})
    assert [seed.component for seed in found.seeds] == [(k,) for k in range(300)]
    assert [seed.tangents[f.outputs[0]] for seed in found.seeds] == [2.0 * k for k in range(300)]


@pytest.mark.parametrize(("k", "p"), [(1, 1), (10, 3), (50, 20)])
def test_a_chain_costs_k_p_forward_and_k_plus_p_in_reverse(k: int, p: int) -> None:
    names = [f"x{i}" for i in range(p)]
    inner = " + ".join(f"{i + 2}*{name}" for i, name in enumerate(names))
    text = "sin(" * k + inner + ")" * k
    _, found = traced(text, dict.fromkeys(names, 0.01))
    assert found.tallies["forward"].multiplications == k * p + p
    assert found.tallies["reverse"].multiplications == k + p


def test_matrix_products_are_counted() -> None:
    _, found = traced("sum(A@x)", {"A": np.ones((4, 3)), "x": np.ones(3)})
    # Each of the 15 seeds is carried through a product of 4x3 terms and the sum of 4.
    assert found.tallies["forward"].multiplications == 15 * 12
    assert found.tallies["reverse"].multiplications == 12 + 12


def test_seeds_that_are_not_kept_are_counted() -> None:
    f = adcli.function("x*y*z")
    results = f.at({"x": 1, "y": 2, "z": 3}, Task("gradient", "reverse", f.names(None)))
    found = trace(results.run, None, list(f.inputs.values()), kept=1)
    assert [len(seed.tangents) for seed in found.seeds] == [3, 0, 0]
    assert found.tallies["forward"].multiplications == 5
