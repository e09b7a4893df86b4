"""What depends on data alone is computed once for all evaluations of a loss."""

from __future__ import annotations

import numpy as np
import pytest

import adcli
from adcli.engines.llvm.held_columns import hold_columns
from adcli.graph.primitives import PRIMITIVES

ROWS = 500
X = np.linspace(-1.0, 2.0, ROWS)
K = np.random.default_rng(3).poisson(np.exp(0.3 + 0.5 * X)).astype(float)


def held(text: str) -> tuple[adcli.Function, list[int], dict[int, np.ndarray]]:
    """A loss, its nodes after columns are held, and these columns."""
    f = adcli.function(text)
    data = {name: x for name, x in (("x", X), ("k", K)) if name in f.inputs}
    free = [node for name, node in f.inputs.items() if name not in data]
    columns = {f.inputs[name]: x for name, x in data.items()}
    shapes = {name: x.shape for name, x in data.items()}
    outputs, _, made = hold_columns(f.graph, f.outputs, free, shapes, columns)
    return f, f.graph.reach(outputs), made


def test_a_factorial_of_data_is_computed_once() -> None:
    for text in (
        "sum(exp(a*x) - k*a*x + lgamma(k + 1))",
        "-sum(poisson_logpmf(k, exp(a*x)))",
        "-sum(binomial_logpmf(k, 20, sigmoid(a*x)))",
    ):
        f, order, made = held(text)
        assert made
        assert not {PRIMITIVES["lgamma"], PRIMITIVES["stirling_error"]} & {
            f.graph.ops[i] for i in order
        }


@pytest.mark.parametrize("text", ["sum((k - a*log(x + 3))^2)", "sum((k - a*(x - 1)/2)^2)"])
def test_what_costs_less_than_a_column_is_computed_again(text: str) -> None:
    assert not held(text)[2]


def test_a_descent_is_the_same_as_by_numpy() -> None:
    text = "-sum(poisson_logpmf(k, exp(a*x + b)))"
    found = [
        adcli.descend(text, {"a": 0.0, "b": 0.0}, data={"x": X, "k": K}, engine=engine)
        for engine in ("llvm", "numpy")
    ]
    for name in ("a", "b"):
        assert found[0].point[name] == pytest.approx(found[1].point[name], rel=1e-9)
    assert found[0].value == pytest.approx(found[1].value, rel=1e-14)
