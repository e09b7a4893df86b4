"""Every rewrite is what its row says, and means the same wherever it is defined, and only there."""

import math
from itertools import product
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given, settings

from adcli.ad.evaluate import evaluate
from adcli.ad.symbolic import gradient_nodes
from adcli.engines.mpmath import Digits
from adcli.engines.numpy import Arrays
from adcli.engines.python import Floats
from adcli.graph.simplify import REWRITES, simplify
from adcli.language import parse
from adcli.language.text import to_text
from tests.programs import array_programs, scalar_programs

VALUES = (-2.0, -1.0, -0.3, 0.0, 0.7, 1.0, 3.0)


def simplified(text, shapes=None):
    program = parse(text)
    nodes = simplify(program.graph, program.outputs, shapes)
    return program, nodes, to_text(program.graph, nodes)


def value(graph, node, point):
    inputs = {graph.variable(name): x for name, x in point.items()}
    return evaluate(graph, graph.reach([node]), inputs, Floats())[node]


def same(a, b):
    if math.isfinite(a) != math.isfinite(b):
        return False
    return not math.isfinite(a) or math.isclose(a, b, rel_tol=1e-14, abs_tol=1e-15)


@pytest.mark.parametrize("row", REWRITES, ids=lambda row: row.before)
def test_a_rewrite_is_as_its_row_says(row):
    program, nodes, text = simplified(row.before)
    assert text == to_text(parse(row.after).graph, parse(row.after).outputs)
    names = program.inputs(program.graph.reach(program.outputs))
    for point in product(VALUES, repeat=len(names)):
        point = dict(zip(names, point, strict=True))
        before = value(program.graph, program.outputs[0], point)
        after = value(program.graph, nodes[0], point)
        assert same(before, after), (point, before, after)


# ---- random programs ----


def gradient_of(program):
    """The graph of a random program with its value and its gradient by reverse sweep."""
    made = parse(program.text)
    graph = made.graph
    order = graph.reach(made.outputs)
    wrt = list(made.inputs(order).values())
    shapes = {name: np.shape(x) for name, x in program.point.items()}
    nodes = [*made.outputs, *gradient_nodes(graph, order, made.outputs[0], wrt, shapes)]
    return graph, nodes, shapes


def check_simplified(program, algebra):
    graph, nodes, shapes = gradient_of(program)
    found = simplify(graph, nodes, shapes)
    again = simplify(graph, found, shapes)
    assert to_text(graph, again) == to_text(graph, found)
    with algebra.context():
        inputs = {graph.variable(n): algebra.pack(x) for n, x in program.point.items()}
        order = graph.reach([*nodes, *found])
        values = evaluate(graph, order, inputs, algebra)
        for before, after in zip(nodes, found, strict=True):
            assert algebra.shape(values[before]) == algebra.shape(values[after])
            a, b = algebra.unpack(values[before]), algebra.unpack(values[after])
            np.testing.assert_allclose(
                np.array(b, dtype=float), np.array(a, dtype=float), rtol=1e-9, atol=1e-12
            )
    # Shared operations stay shared; a coefficient may leave one of them at each of its uses.
    assert len(graph.reach(found)) <= 1.5 * len(graph.reach(nodes)) + 2


@settings(max_examples=80)
@given(scalar_programs())
def test_random_programs_keep_their_meaning(program):
    check_simplified(program, Digits(30))


@settings(max_examples=50)
@given(array_programs())
def test_random_array_programs_keep_their_meaning(program):
    check_simplified(program, Arrays())


# ---- sharing and size ----


def test_a_shared_node_is_rewritten_once():
    steps = "; ".join(["a0 = x + 1*x", *(f"a{i} = a{i - 1}*a{i - 1} + 1" for i in range(1, 100))])
    program = parse(f"{steps}; a99")
    nodes = simplify(program.graph, program.outputs)
    assert len(program.graph.reach(nodes)) <= 2 * 100 + 4


@pytest.mark.parametrize(
    "text",
    [
        " + ".join(f"{k}*x*y^{k}" for k in range(5000)),
        "*".join(f"x{k}" for k in range(5000)),
        "x + (" * 20_000 + "y" + ")" * 20_000,
        "y - (" * 20_000 + "x" + ")" * 20_000,
        "-(" * 20_000 + "x" + ")" * 20_000,
        "sin(1*(" * 20_000 + "x" + "))" * 20_000,
    ],
    ids=["sum", "product", "nested sum", "nested difference", "minus", "calls"],
)
def test_time_is_linear(text):
    program = parse(text)
    start = perf_counter()
    simplify(program.graph, program.outputs)
    assert perf_counter() - start < 5


@pytest.mark.parametrize(
    ("text", "shapes", "shown"),
    [
        ("v - v", {"v": (3,)}, "zeros(3)"),
        ("v^0 + s", {"v": (3,)}, "broadcast(1 + s, 3)"),
        ("0*v + w", {"v": (3,), "w": (3,)}, "w"),
        ("sum(2*v)", {"v": (3,)}, "2*sum(v)"),
        ("sum(v*0 + s)", {"v": (3,)}, "3*s"),
        ("reshape(reshape(v, 3, 1), 3) + transpose(transpose(v))", {"v": (3,)}, "2*v"),
        ("reshape(A @ reshape(v, 3, 1), 2)", {"A": (2, 3), "v": (3,)}, "A @ v"),
        ("reshape(v, 3, 1) @ reshape(w, 1, 2)", {"v": (3,), "w": (2,)}, "outer(v, w)"),
        ("mean(v)", {"v": (4,)}, "0.25*sum(v)"),
        ("[x, y][0] + [x, log(y)][0]", {}, "x + [x, log(y)][0]"),
        ("diag(ones(2)) @ A", {"A": (2, 3)}, "A"),
    ],
)
def test_arrays_keep_their_shape(text, shapes, shown):
    assert simplified(text, shapes)[2] == shown
