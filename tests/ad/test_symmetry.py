"""Hessians are symmetric to the last bit."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

import adcli
from adcli.ad.tasks import Task
from adcli.engines.columns import Column
from adcli.engines.rows import compute_rows
from adcli.errors import DomainError
from tests.ways import MODES, engines

SEED = 7
WITH_ARRAYS = (
    "exp(sum(v*u)) + sum(v)^2*prod(u)",
    "norm(v - x*u) + logsumexp(u*v)*x",
    "sum(tanh(A@v)^3) + sin(x)*(u@v)",
    "std(v*x) + sum(softmax(v)*u^2)",
    "sum(v/u)^x + atan2(sum(v), x)",
    "sqrt(prod(cos((v + u)/4)))*cos(x/9)",  # the gradients by v and u are one node
    'sum(einsum("ij,j->i", A, v)*u)^2/x',
)


def numbers(generator: random.Random, count: int) -> list[float]:
    return [generator.uniform(0.3, 2.0) for _ in range(count)]


def random_program(generator: random.Random, depth: int = 4) -> str:
    if depth == 0:
        return generator.choice(["x", "y", "z", "0.7"])
    a, b = (random_program(generator, depth - 1) for _ in range(2))
    binary = ["({a} + {b})", "({a}*{b})", "{a}/(2 + {b}^2)", "hypot({a}, {b})", "atan2({a}, {b})"]
    unary = ["sin({a})", "tanh({a})", "exp(-{a}^2)", "sqrt(1 + {a}^2)", "logsumexp([{a}, {b}])"]
    return generator.choice(binary + unary).format(a=a, b=b)


def asymmetry(hessian: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
    """The pairs of variables whose blocks are not the transposes of each other."""
    found = []
    for a in hessian:
        for b in hessian:
            block, other = (
                np.array(hessian[a][b], dtype=object),
                np.array(hessian[b][a], dtype=object),
            )
            half = _axes(hessian, a)
            turned = np.transpose(
                other, (*range(other.ndim - half, other.ndim), *range(other.ndim - half))
            )
            if not np.array_equal(block, turned):
                found.append((a, b))
    return found


def _axes(hessian: dict[str, dict[str, Any]], name: str) -> int:
    return np.ndim(hessian[name][name]) // 2


@pytest.mark.parametrize("text", WITH_ARRAYS)
def test_hessians_over_arrays(text: str) -> None:
    generator = random.Random(SEED)
    f = adcli.function(text)
    values: dict[str, Any] = {
        "v": numbers(generator, 3),
        "u": numbers(generator, 3),
        "A": [numbers(generator, 3) for _ in range(3)],
        "x": 0.7,
    }
    point = {name: values[name] for name in f.variables}
    for engine in engines(f, point):
        for mode in (*MODES, "finite"):
            _, hessian = f.hessian(point, mode=mode, **engine)
            assert not asymmetry(hessian), (engine, mode)


def test_hessians_of_random_programs() -> None:
    generator = random.Random(SEED)
    looked_at = 0
    for _ in range(40):
        f = adcli.function("0*x + 0*y + 0*z + " + random_program(generator))
        point = dict(zip(f.variables, numbers(generator, 3), strict=True))
        for engine in engines(f, point):
            for mode in MODES:
                try:
                    _, hessian = f.hessian(point, mode=mode, **engine)
                except DomainError:
                    continue
                looked_at += 1
                assert not asymmetry(hessian), (f.text, engine, mode)
    assert looked_at > 200


@pytest.mark.parametrize("engine", ["numpy", "llvm"])
@pytest.mark.parametrize("text", ["x^y*sin(z*x)", "atan2(x, y)*hypot(y, z)", "norm([x, y, z])"])
def test_hessians_over_rows(text: str, engine: str) -> None:
    generator = np.random.default_rng(SEED)
    f = adcli.function(text).twice
    columns = {name: Column(generator.uniform(0.3, 2.0, 100), True) for name in f.variables}
    task = Task("hessian", "reverse", f.names(None))
    by_path = compute_rows(f, columns, 100, task, stop=True, engine=engine).fields
    for a in f.variables:
        for b in f.variables:
            assert np.array_equal(by_path["hessian", a, b], by_path["hessian", b, a]), (a, b)
