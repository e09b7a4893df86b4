"""Operations counted on the graph, against counts by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from adcli.ad.forward import forward_sweep
from adcli.ad.tasks import Task
from adcli.explain.cost import Counting, Counts, evaluation, partial, partials
from adcli.function import function
from adcli.graph.primitives import ELEMENTWISE, PRIMITIVES, Primitive
from adcli.graph.shapes import infer_shapes

EVALUATIONS = [
    ("x1*x2 + sin(x1)", {}, Counts(1, 1, functions=1)),
    ("x/y - z", {}, Counts(0, 1, 1)),
    ("x^2 + 2^y", {}, Counts(0, 1, 0, 2)),
    ("-x", {}, Counts()),
    ("max(x, y, 0)", {}, Counts(functions=1)),
    ("v*w", {"v": (3,), "w": (2, 3)}, Counts(6, 0)),
    ("sum(v)", {"v": (5,)}, Counts(0, 4)),
    ("prod(v)", {"v": (5,)}, Counts(4, 0)),
    ("max(v)", {"v": (5,)}, Counts(functions=4)),
    ("A @ x", {"A": (3, 4), "x": (4,)}, Counts(12, 9)),
    ("A @ B", {"A": (2, 3), "B": (3, 5)}, Counts(30, 20)),
    ('einsum("ij,jk,k->i", A, B, x)', {"A": (2, 3), "B": (3, 4), "x": (4,)}, Counts(48, 22)),
    ("cumsum(v)", {"v": (4,)}, Counts(0, 3)),
    ("cumsum(A, axis=1)", {"A": (3, 4)}, Counts(0, 9)),
    ("v[0] + transpose(v)[1]", {"v": (4,)}, Counts(0, 1)),
]


@pytest.mark.parametrize(("program", "shapes", "expected"), EVALUATIONS, ids=lambda v: str(v)[:30])
def test_an_evaluation_counts(
    program: str, shapes: dict[str, tuple[int, ...]], expected: Counts
) -> None:
    f = function(program)
    assert evaluation(f.graph, f.order, infer_shapes(f.graph, f.order, shapes)) == expected


@pytest.mark.parametrize(
    ("name", "place", "expected"),
    [
        ("add", 0, Counts()),
        ("multiply", 1, Counts()),
        ("divide", 0, Counts()),  # the sweeps divide an adjoint, and count that
        ("cbrt", 0, Counts(divisions=2)),
        ("sin", 0, Counts(functions=1)),
        ("exp", 0, Counts()),
        ("tan", 0, Counts(1, 1)),
        ("log10", 0, Counts(divisions=2, functions=1)),
        ("power", 1, Counts(1, functions=1)),
        ("floor", 0, Counts()),
    ],
)
def test_a_partial_counts(name: str, place: int, expected: Counts) -> None:
    assert partial(PRIMITIVES[name], place) == expected


@pytest.mark.parametrize(
    "op", [op for op in PRIMITIVES.values() if op.kind == ELEMENTWISE], ids=lambda op: op.name
)
def test_every_rule_can_be_counted(op: Primitive) -> None:
    for k in range(len(op.partials)):
        assert min(partial(op, k)) >= 0


def test_partials_of_inputs_that_do_not_vary_are_free() -> None:
    f = function("sin(x)*tan(2) + x^2")
    shapes = infer_shapes(f.graph, f.order, {})
    assert partials(f.graph, f.order, shapes, f.graph.varying) == Counts(1, functions=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x^2", Counts(1)),
        ("x^3", Counts(1, powers=1)),
        ("x^-1.5", Counts(1, powers=1)),
        ("x^1", Counts()),
    ],
)
def test_the_partial_of_a_power_counts_as_it_is_written(text: str, expected: Counts) -> None:
    f = function(text)
    shapes = infer_shapes(f.graph, f.order, {})
    assert partials(f.graph, f.order, shapes, f.graph.varying) == expected


@pytest.mark.parametrize(
    "text",
    ["sum(A @ x)", 'einsum("ij,j->", A, x)', "sum(A)", "sum(cumsum(x))", "sum(transpose(A))"],
)
def test_sweeps_and_graphs_count_alike(text: str) -> None:
    """A forward sweep of a function that is linear in x does to tangents what the value does."""
    f = function(text)
    point = {"A": np.ones((3, 4)), "x": np.ones(4)}
    point = {name: point[name] for name in f.inputs}
    (name,) = list(point)[-1:]
    run = f.swept(point, Task("gradient", "forward", [name]), "auto", None).run
    counting = Counting(run.algebra)
    with run.algebra.context():
        seed = {f.inputs[name]: counting.counted(run.values[f.inputs[name]])}
        forward_sweep(replace(run, algebra=counting), seed)
    counts = evaluation(f.graph, f.order, infer_shapes(f.graph, f.order, run.shapes()))
    tally = counting.tally
    assert (tally.multiplications, tally.additions) == counts[:2]
