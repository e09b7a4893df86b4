"""What is printed parses to the same nodes, and rules are shown as they are."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import adcli
from adcli.ad.evaluate import evaluate
from adcli.ad.symbolic import gradient_nodes
from adcli.algebras.floats import Floats
from adcli.graph.axes import WHOLE
from adcli.graph.gathering import PLACE
from adcli.graph.graph import Graph, Literal
from adcli.graph.primitives import (
    ELEMENTWISE,
    LINEAR,
    MATRIX,
    MULTILINEAR,
    PRIMITIVES,
    REDUCTION,
    SELECT,
    no_derivative,
)
from adcli.graph.simplify import simplify
from adcli.graph.structure import GATHER, SCATTER_ADD
from adcli.language import _parser, parse
from adcli.language.builder import Builder
from adcli.language.text import name_text, number_text, rule_inputs, rule_texts, to_text
from tests.programs import array_programs, scalar_programs


def nodes_of(text, graph):
    return _parser().parse(text, Builder(text, graph)).nodes


def assert_comes_back(graph, nodes, share=False):
    """The text gives the same nodes in the same graph, and the same text from a new one."""
    text = to_text(graph, nodes, share=share)
    assert nodes_of(text, graph) == list(nodes), text
    program = parse(text)
    assert to_text(program.graph, program.outputs, share=share) == text


# ---- random graphs ----

NAMES = ("x", "y", "t1", "my col", "pi", "sin", "α", "x̂", "_", "Δt2")
NUMBERS = st.one_of(
    st.integers(-5, 20).map(float),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([-0.0, 1e15, 1e16, -1e15, 5e-324, 0.1, 123456789012345.0, 2.0**50]),
    st.sampled_from(
        ["3.14159265358979323846264338327950288", "1000000000000000.0", "2.50000000000000000000e-3"]
    ).map(Literal),
)
SHAPES = st.lists(st.integers(0, 4), max_size=3).map(tuple)
AXES = st.one_of(st.none(), st.integers(-2, 2))
KEYS = st.lists(
    st.one_of(
        st.integers(-3, 3),
        st.tuples(*[st.one_of(st.none(), st.integers(-3, 3))] * 2, st.sampled_from([None, 1, -2])),
    ),
    min_size=1,
    max_size=3,
).map(tuple)
NONEMPTY = st.lists(st.integers(0, 4), min_size=1, max_size=3).map(tuple)
PATTERNS = st.tuples(
    st.lists(st.just(WHOLE), max_size=2),
    st.lists(st.just(PLACE), min_size=1, max_size=2),
    st.lists(st.just(WHOLE), max_size=2),
).map(lambda parts: ((*parts[0], *parts[1], *parts[2]), False))
ATTRS = {
    "gather": PATTERNS,
    "scatter_add": st.tuples(PATTERNS, NONEMPTY),
    "sum": AXES,
    "prod": AXES,
    "reduce_max": AXES,
    "reduce_min": AXES,
    "size": AXES,
    "cumsum": st.tuples(AXES, st.integers(0, 1)),
    "reshape": st.one_of(SHAPES, st.just((2, -1))),
    "broadcast": SHAPES,
    "sum_to": SHAPES,
    "on_diagonal": st.tuples(st.integers(1, 3), st.integers(1, 3)),
    "expand": st.integers(-2, 2),
    "transpose": st.one_of(st.none(), st.permutations([0, 1, 2]).map(tuple), st.just((-1, 0))),
    "index": KEYS,
    "scatter": st.tuples(KEYS, NONEMPTY),
    "concat": st.integers(-2, 2),
    "stack": st.integers(-2, 2),
    "tril": st.integers(-2, 2),
    "triu": st.integers(-2, 2),
    "solve": st.tuples(st.integers(0, 1), st.integers(0, 1)),
    "eye": st.lists(st.integers(0, 4), min_size=1, max_size=2).map(tuple),
    "einsum": st.sampled_from(["ij,j->i", "ii->", "i,i", " i , j -> i j "]),
    "full": st.tuples(NUMBERS.map(float), SHAPES.filter(bool)),  # of shape () it is the number
    "linspace": st.integers(1, 4),
    "cumprod": st.tuples(AXES, st.integers(0, 1)),
    "recurrence": st.tuples(st.integers(-2, 2), st.integers(0, 1)),
    "quantile": AXES,
    "reorder": st.tuples(st.integers(-2, 2), st.integers(0, 1)),
    "range": st.tuples(st.integers(-3, 3), st.integers(-9, 9), st.sampled_from([1, 2, -1])),
}
FIXED = {
    "diag": st.none(),
    "matmul": st.none(),
    **{name: st.none() for name, p in PRIMITIVES.items() if p.kind == MATRIX and not p.options},
}


@st.composite
def graphs(draw):
    """A graph with any primitives on any earlier nodes; shapes need not fit to be printed."""
    graph = Graph()
    nodes = [graph.variable(name) for name in draw(st.sets(st.sampled_from(NAMES), min_size=1))]
    nodes += [graph.constant(value) for value in draw(st.lists(NUMBERS, max_size=4))]
    nodes += [
        graph.named(name) for name in draw(st.sets(st.sampled_from(["pi", "e", "tau", "inf"])))
    ]
    for _ in range(draw(st.integers(1, 12))):
        op = draw(st.sampled_from(sorted(PRIMITIVES.values(), key=lambda p: p.name)))
        count = len(op.inputs)
        if op.variadic:
            least = 2 if op.kind == SELECT else 1  # max(x) is the largest element of an array
            count = draw(st.integers(least, 3))
        attr = None
        if op.kind not in (ELEMENTWISE, SELECT):
            attr = draw((FIXED | ATTRS)[op.name])
        args = tuple(draw(st.sampled_from(nodes)) for _ in range(count))
        if op in (GATHER, SCATTER_ADD):  # places are known by their variables
            args = (args[0], *[nodes[0]] * (attr if op is GATHER else attr[0])[0].count(PLACE))
        nodes.append(graph.node(op, args, attr))
    return graph, nodes


@given(graphs(), st.booleans(), st.data())
def test_any_graph_comes_back(made, share, data):
    graph, nodes = made
    outputs = data.draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=3))
    assert_comes_back(graph, outputs, share)


@pytest.mark.parametrize(
    ("program", "shown"),
    [
        ("-x^2", "-x^2"),
        ("(-x)^2", "(-x)^2"),
        ("2^-x", "2^-x"),
        ("(x^y)^z", "(x^y)^z"),
        ("x^(y^z)", "x^y^z"),
        ("2x^2", "2*x^2"),
        ("1/2x", "1/(2*x)"),
        ("a - (b - c) - d", "a - (b - c) - d"),
        ("a/(b*c)/d", "a/(b*c)/d"),
        ("-(a*b)", "-(a*b)"),
        ("-a*b", "-a*b"),
        ("a - -b", "a - -b"),
        ("-(-2)", "2"),
        ("(-2)^x", "(-2)^x"),
        ("f(u) = -u; f(2)^2", "(-2)^2"),
        ("(x < y) + (x <= y)", "(x < y) + (x <= y)"),
        ("where(1, x, y)", "where(1, x, y)"),
        ("relu(x), gelu(x)", "max(x, 0), x*normcdf(x)"),
        ("max(v), max([x, y]), max([x, 0])", "max(v), max([x, y]), max(x, 0)"),
        ("W[:, 0][1:], W[::2, -1:]", "W[:, 0][1:], W[::2, -1:]"),
        ("(x + y)[0], [1, x][0]", "(x + y)[0], [1, x][0]"),
        ("A@(B@x) - A@B@x", "A @ (B @ x) - A @ B @ x"),
        ("stack(x, y), stack(x, y, axis=1)", "[x, y], stack(x, y, axis=1)"),
        ("π*τ + `τ` + `my col`", "pi*τ + τ + `my col`"),
        ("`pi` + pi + `sin`", "`pi` + pi + `sin`"),
        ("0.1 + 1_000 + 3.14159265358979323846", "0.1 + 1000 + 3.14159265358979323846"),
        ('einsum("ij,j->i", A, x)', 'einsum("ij,j->i", A, x)'),
        ("reshape(x, [2, 3]), reshape(x)", "reshape(x, 2, 3), reshape(x)"),
        ("sum(x, 0), sum(x)", "sum(x, axis=0), sum(x)"),
        ("zeros(3), ones(2, 3), full(2.5, 3)", "zeros(3), ones(2, 3), full(2.5, 3)"),
        ("range(3), range(1, 3), range(5, 0, -1)", "range(3), range(1, 3), range(5, 0, -1)"),
    ],
)
def test_programs_are_shown_as_people_write_them(program, shown):
    made = parse(program)
    assert to_text(made.graph, made.outputs) == shown
    assert_comes_back(made.graph, made.outputs)


ARRAY_PROGRAMS = {
    "sum((A@x - b)^2)": {"A": (3, 2), "x": (2,), "b": (3,)},
    "norm(x) + logsumexp(x) + var(x) + std(x)": {"x": (4,)},
    "logsumexp([s, 0, s])": {},
    "sum(softmax(W)[:, 0]*prod(W, axis=1))": {"W": (3, 4)},
    "sum(cumsum(x)*x) + max(x) + min(x, axis=0)": {"x": (4,)},
    "trace(M) + sum(diag(diag(M))) + sum(tril(M, -1) @ transpose(M))": {"M": (3, 3)},
    "sum(concat(x, [1], x[1:])*range(6)) + sum(stack(x, x, axis=1) * outer(x, [1, 2]))": {
        "x": (3,)
    },
    'einsum("ii,ij->", M, M) + sum(reshape(M, 9) @ reshape(transpose(M), -1))': {"M": (3, 3)},
    "sum(where(x > 0, log(x), 0)*clip(x, -1, s)) + mean(x + reshape(x, 4, 1))": {"x": (4,)},
}


@pytest.mark.parametrize("share", [False, True])
@pytest.mark.parametrize("program", ARRAY_PROGRAMS)
def test_derivatives_of_array_programs_come_back(program, share):
    made = parse(program)
    order = made.graph.reach(made.outputs)
    wrt = list(made.inputs.values())
    found = gradient_nodes(made.graph, order, made.outputs[0], wrt, ARRAY_PROGRAMS[program])
    assert_comes_back(made.graph, [*made.outputs, *found], share)


def test_shared_parts_are_bound_once():
    made = parse("t1 * exp(sin(x)) + exp(sin(x))^2 + sin(x) - x[0]*x[0]")
    text = to_text(made.graph, made.outputs, share=True)
    assert text.splitlines() == [
        "t2 = sin(x)",
        "t3 = exp(t2)",
        "t1*t3 + t3^2 + t2 - x[0]*x[0]",
    ]


def test_names_stand_for_nodes():
    made = parse("x*y + sin(x)")
    graph = made.graph
    (total,) = made.outputs
    product, sine = graph.args[total]
    assert to_text(graph, total, names={product: "w3", sine: "w4"}) == "w3 + w4"


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000 + "x" + " + 1)" * 100_000,
        "1 + (" * 100_000 + "x" + ")" * 100_000,
        "-" * 100_000 + "x",
        "sin(" * 100_000 + "x" + ")" * 100_000,
        "x^" * 100_000 + "x",
    ],
)
def test_depth_is_no_limit(text):
    graph = Graph()
    nodes = nodes_of(text, graph)
    assert nodes_of(to_text(graph, nodes), graph) == nodes


def test_sharing_keeps_a_text_as_small_as_its_graph():
    made = parse(
        "; ".join(["a0 = x + 1", *(f"a{i} = a{i - 1}*a{i - 1}" for i in range(1, 200))]) + "; a199"
    )
    text = to_text(made.graph, made.outputs, share=True)
    assert len(text.splitlines()) == 200
    assert_comes_back(made.graph, made.outputs, share=True)


def test_numbers_and_names():
    assert [number_text(v) for v in (1.0, -2.5, 1e100, -0.0)] == ["1", "-2.5", "1e+100", "-0"]
    assert [name_text(n) for n in ("x1", "x y", "e", "ln", "é", "9")] == [
        "x1",
        "`x y`",
        "`e`",
        "`ln`",
        "é",
        "`9`",
    ]


# ---- rules ----


@pytest.mark.parametrize("primitive", PRIMITIVES.values(), ids=lambda p: p.name)
def test_every_rule_has_a_text(primitive):
    texts = rule_texts(primitive)
    assert len(texts) == len(rule_inputs(primitive))
    for text in texts:
        parse(text)


@pytest.mark.parametrize(
    "primitive",
    [
        p
        for p in PRIMITIVES.values()
        if p.kind == ELEMENTWISE and any(p.partials) and (p.symbol or p.word == p.name)
    ],
    ids=lambda p: p.name,
)
def test_a_rule_text_is_the_derivative(primitive):
    names = rule_inputs(primitive)
    call = f"{primitive.word}({', '.join(names)})"
    graph = Graph()
    node = graph.node(primitive, tuple(graph.variable(n) for n in names))
    call = to_text(graph, node)
    point = {
        n: low + 0.7 * (high - low) for n, (low, high) in zip(names, primitive.sample, strict=True)
    }
    for name, text, partial in zip(names, rule_texts(primitive), primitive.partials, strict=True):
        if partial not in (None, no_derivative):
            _, gradient = adcli.function(call).value_and_gradient(point, wrt=[name])
            padded = adcli.function(" + 0*".join([f"({text})", *(f"`{n}`" for n in names)]))
            assert math.isclose(padded.value(point), gradient[name], rel_tol=1e-14), text


@pytest.mark.parametrize(
    "primitive",
    [p for p in PRIMITIVES.values() if p.kind in (LINEAR, MULTILINEAR, REDUCTION)],
    ids=lambda p: p.name,
)
def test_structural_examples_fit(primitive):
    attr, shapes = primitive.example
    assert primitive.shape(list(shapes), attr) is not None


def test_a_literal_keeps_its_digits_when_negated():
    made = parse("-3.14159265358979323846")
    value = made.graph.attrs[made.outputs[0]]
    assert (type(value), value.text) == (Literal, "-3.14159265358979323846")
    assert evaluate(made.graph, made.outputs, {}, Floats())[made.outputs[0]] == -math.pi


# ---- random programs ----


def assert_gradient_comes_back(program, share):
    made = parse(program.text)
    order = made.graph.reach(made.outputs)
    wrt = list(made.inputs.values())
    shapes = {name: np.shape(value) for name, value in program.point.items()}
    found = gradient_nodes(made.graph, order, made.outputs[0], wrt, shapes)
    assert_comes_back(made.graph, [*made.outputs, *found], share)
    assert_comes_back(made.graph, simplify(made.graph, found, shapes), share)


@settings(max_examples=60)
@given(scalar_programs(), st.booleans())
def test_random_programs_come_back(program, share):
    assert_gradient_comes_back(program, share)


@settings(max_examples=60)
@given(array_programs(), st.booleans())
def test_random_array_programs_come_back(program, share):
    assert_gradient_comes_back(program, share)
