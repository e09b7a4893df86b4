"""Every rewrite is what its row says, and means the same wherever it is defined, and only there."""

import math
from itertools import product

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adcli.ad.evaluate import evaluate
from adcli.ad.symbolic import gradient_nodes
from adcli.algebras.arrays import Arrays
from adcli.algebras.digits import Digits
from adcli.algebras.floats import Floats
from adcli.graph.graph import Graph
from adcli.graph.primitives import ELEMENTWISE, PRIMITIVES, SELECT, WHERE
from adcli.graph.simplify import simplify
from adcli.language import parse
from adcli.language.text import to_text
from tests.effort import effort
from tests.graph.rewrites import REWRITES
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
    names = program.inputs
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
    wrt = list(made.inputs.values())
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


# ---- any graph, at points where much is not defined ----

ANY = [p for p in PRIMITIVES.values() if p.kind in (ELEMENTWISE, SELECT)]
LARGE = ("exp", "exp2", "expm1", "sinh", "cosh", "gamma", "lgamma", "digamma", "polygamma")
OFTEN = [
    PRIMITIVES[name]
    for name in (
        *("add", "subtract", "multiply", "divide", "negative", "power", "where"),
        *("log", "sqrt", "maximum", "greater", "less_equal", "equal", "add", "multiply", "divide"),
    )
]
NUMBERS = st.sampled_from([0.0, 1.0, 2.0, -1.0, 0.5, 3.0, -2.0, 0.1, 1 / 3, 4.0, -0.5, 1.5])
PLACES = [(0, 1, 2), (0.5, 0.5, -1), (-2, 3, 0), (-0.25, -1.5, 0.75), (1, 1, 1), (0, 0, 0)]


@st.composite
def graphs(draw):
    """A graph of operations on numbers, and a few nodes of it."""
    graph = Graph()
    nodes = [graph.variable(name) for name in "xyz"]
    nodes += [graph.constant(value) for value in draw(st.lists(NUMBERS, max_size=4))]
    nodes += [graph.named(name) for name in draw(st.sets(st.sampled_from(["pi", "e"])))]
    for _ in range(draw(st.integers(2, 14))):
        op = draw(st.sampled_from(OFTEN if draw(st.integers(0, 3)) else ANY))
        if op.name not in LARGE:
            count = 2 if op.variadic else len(op.inputs)
            args = tuple(draw(st.sampled_from(nodes)) for _ in range(count))
            nodes.append(graph.node(op, args))
    return graph, nodes[-draw(st.integers(1, 3)) :]


def is_defined(graph, node, values):
    """Whether everything that the node needs at this point is finite."""
    seen, stack = {node}, [node]
    while stack:
        i = stack.pop()
        if not mpmath.isfinite(values[i]):
            return False
        args = graph.args[i]
        if graph.ops[i] is WHERE:
            args = (args[0], args[1] if values[args[0]] != 0 else args[2])
        stack += [a for a in args if a not in seen]
        seen.update(args)
    return True


@settings(max_examples=300)
@given(graphs())
def test_no_domain_grows_and_none_shrinks(made):
    """Taken strictly (all of it is finite), or as adcli takes it (the result is finite)."""
    graph, nodes = made
    found = simplify(graph, nodes)
    algebra = Digits(30)
    with algebra.context():
        for place in PLACES:
            inputs = {graph.variable(n): mpmath.mpf(v) for n, v in zip("xyz", place, strict=True)}
            values = evaluate(graph, graph.reach([*nodes, *found, *inputs]), inputs, algebra)
            for before, after in zip(nodes, found, strict=True):
                a, b = values[before], values[after]
                near = abs(a - b) <= 1e-18 * (1 + abs(a))
                strict = [is_defined(graph, node, values) for node in (before, after)]
                finite = [bool(mpmath.isfinite(value)) for value in (a, b)]
                shown = to_text(graph, before), to_text(graph, after), place, a, b
                assert any(
                    kind == [False, False] or (kind == [True, True] and near)
                    for kind in (strict, finite)
                ), shown


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
    assert effort(lambda: simplify(program.graph, program.outputs)) < 250


def test_products_of_products_take_linear_time():
    steps = [f"y{k} = y{k - 1}*y{k - 2}/(1 + y{k - 1}^2)" for k in range(2, 200)]
    program = parse("\n".join(["y0 = x", "y1 = z", *steps, "y199"]))
    graph, (output,) = program.graph, program.outputs
    nodes = gradient_nodes(graph, program.order, output, list(program.inputs.values()))
    assert effort(lambda: simplify(graph, nodes)) < 250


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
