"""The products along all paths sum to the gradient; paths are counted and the largest are found."""

from __future__ import annotations

from itertools import product
from math import isclose, prod
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from mpmath import mp

import adcli
from adcli.ad.tasks import Task
from adcli.explain.paths import MAX_LARGEST, Paths, find_paths
from tests.programs import Program, array_programs, scalar_programs


def paths(text: str, point: dict[str, Any], name: str, precision: int | None = None) -> Paths:
    f = adcli.function(text)
    results = f.at(point, Task("gradient", "reverse", [name]), precision=precision)
    with results.algebra.context():
        return find_paths(results.run, f.outputs[0], f.inputs[name])


def check(program: Program) -> None:
    f = adcli.function(program.text)
    _, gradient = f.value_and_gradient(program.point)
    for name in f.variables:
        found = paths(program.text, program.point, name)
        assert np.all(np.asarray(found.total) == np.asarray(gradient[name]))
        if found.is_complete:
            products = [np.asarray(path.product) for path in found.listed]
            total, size = sum(products, np.zeros(())), sum(map(np.abs, products), np.zeros(()))
            assert np.all(np.abs(total - found.total) <= 1e-12 * size + 1e-300), (name, program)


@settings(max_examples=60)
@given(scalar_programs())
def test_path_products_of_scalar_programs_sum_to_the_gradient(program: Program) -> None:
    check(program)


@settings(max_examples=40)
@given(array_programs())
def test_path_products_of_array_programs_sum_to_the_gradient(program: Program) -> None:
    check(program)


@pytest.mark.parametrize(
    ("text", "point", "name", "products"),
    [
        ("(x+y)*z", {"x": 2, "y": 3, "z": 4}, "x", [4]),
        ("(x+y)*z", {"x": 2, "y": 3, "z": 4}, "z", [5]),
        ("3*(x1^2 + x2*x3)", {"x1": 2, "x2": 3, "x3": 4}, "x1", [12]),
        ("x*x", {"x": 3}, "x", [3, 3]),
        ("x*y + floor(x)", {"x": 2.5, "y": 3}, "x", [3]),
        ("x", {"x": 3}, "x", [1]),
        ("where(x > 0, 2*x, sqrt(x))", {"x": 1}, "x", [2]),
        ("where(x > 0, log(x), 5*x)", {"x": -1}, "x", [5]),
        ("floor(y)*2 + x", {"x": 1, "y": 2.5}, "y", []),
    ],
)
def test_paths_by_hand(
    text: str, point: dict[str, float], name: str, products: list[float]
) -> None:
    found = paths(text, point, name)
    assert found.count == len(products)
    assert [path.product for path in found.listed] == products
    assert found.total == sum(products)


def test_paths_are_counted_exactly_without_being_listed() -> None:
    text = "y = x\n" + "y = 0.5*y + sin(y)\n" * 2000 + "y"
    found = paths(text, {"x": 0.1}, "x")
    assert found.count == 2**2000
    assert len(found.listed) == MAX_LARGEST
    assert found.is_exact
    assert not found.is_complete


@pytest.mark.parametrize("seed", range(5))
def test_the_largest_paths_are_found_among_too_many(seed: int) -> None:
    random = Random(seed)
    factors = [
        [random.choice([-1, 1]) * random.uniform(0.1, 9) for _ in range(3)] for _ in range(7)
    ]
    text = "y = x\n" + "\n".join(f"y = {a}*y + {b}*y + {c}*y" for a, b, c in factors) + "\ny"
    found = paths(text, {"x": 1.0}, "x")
    everything = sorted((prod(path) for path in product(*factors)), key=lambda p: -abs(p))
    assert found.count == len(everything) == 3**7
    for path, expected in zip(found.listed, everything, strict=False):
        assert isclose(path.product, expected, rel_tol=1e-12)


def test_factors_say_where_the_sensitivity_comes_from() -> None:
    found = paths("1000*sin(x) + 2*x", {"x": 0.0}, "x")
    assert [(f.edge.partial, round(f.share, 3)) for f in found.factors] == [
        (1000.0, 0.998),
        (2.0, 0.002),
    ]
    assert found.magnitude == 1002


def test_many_digits() -> None:
    found = paths("x^2/3 + x/7", {"x": 1}, "x", precision=40)
    with mp.workdps(50):
        assert abs(sum(path.product for path in found.listed) - found.total) < 1e-38


def test_deep_graphs_do_not_recurse() -> None:
    found = paths("y = x\n" + "y = sin(y)\n" * 50_000 + "y", {"x": 0.1}, "x")
    assert found.count == 1
    assert len(found.listed[0].edges) == 50_000
