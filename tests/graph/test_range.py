"""Simplified formulas stay in the range of float64 where the program does, at any scale.

Programs and their gradients are simplified, printed and read back. Where float64 finds all
values on the way by the program's own operations, it finds the result by the printed ones, but for
numbers below 1e-305 and above 1e305.
"""

import math

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import adcli
from adcli.ad.evaluate import evaluate
from adcli.ad.symbolic import gradient_nodes
from adcli.algebras.digits import Digits
from adcli.algebras.floats import Floats
from adcli.graph.graph import Graph
from adcli.graph.primitives import PRIMITIVES
from adcli.graph.simplify import simplify
from adcli.language import parse
from adcli.language.text import to_text

OFTEN = ("multiply", "divide")
SOMETIMES = (
    *("add", "subtract", "negative", "sqrt", "abs", "tanh", "gauss", "normpdf", "sigmoid", "erfc"),
    *("hypot", "atan2", "atan", "maximum", "log", "cbrt", "asinh", "exp", "square"),
)
SCALES = (1e-300, 1e-170, 1e-40, 1e-3, 1.0, 7.0, 1e5, 1e60, 1e170, 1e290)
TINY, HUGE = 1e-305, 1e305


@st.composite
def programs(draw):
    """A graph of few operations, its last node, and points of all scales."""
    graph = Graph()
    nodes = [graph.variable(name) for name in "xyz"] + [graph.constant(3.0)]
    for _ in range(draw(st.integers(2, 9))):
        name = draw(st.sampled_from(OFTEN if draw(st.booleans()) else SOMETIMES))
        if name == "square":
            args = draw(st.sampled_from(nodes)), graph.constant(draw(st.sampled_from([2.0, 3.0])))
            nodes.append(graph.node(PRIMITIVES["power"], args))
            continue
        op = PRIMITIVES[name]
        count = 2 if op.variadic else len(op.inputs)
        nodes.append(graph.node(op, tuple(draw(st.sampled_from(nodes)) for _ in range(count))))
    scale = st.sampled_from(SCALES)
    point = st.tuples(*[st.builds(lambda s, x: s * x, st.sampled_from([1, -1]), scale)] * 3)
    return graph, nodes[-1], draw(st.lists(point, min_size=4, max_size=4))


def numbers(graph, nodes, point, algebra):
    """The values of nodes, None for those that are not defined."""
    with algebra.context():
        inputs = {graph.variable(n): algebra.pack(x) for n, x in zip("xyz", point, strict=True)}
        values = evaluate(graph, graph.reach([*nodes, *inputs]), inputs, algebra)
        return [values[node] for node in nodes]


def is_near(a, b):
    return mpmath.isfinite(a) and abs(a - b) <= 1e-9 * abs(b) + TINY


@settings(max_examples=150)
@given(programs())
def test_random_programs_at_all_scales(made):
    graph, node, points = made
    wrt = [graph.variable(name) for name in "xyz"]
    nodes = [node, *gradient_nodes(graph, graph.reach([node, *wrt]), node, wrt)]
    found = simplify(graph, nodes)
    texts = [to_text(graph, n) for n in found]
    again = [parse(text) for text in texts]
    needed = [graph.reach([n]) for n in nodes]
    for point in points:
        every = sorted(set().union(*needed))
        own = dict(zip(every, numbers(graph, every, point, Floats()), strict=True))
        true = dict(zip(every, numbers(graph, every, point, Digits(400)), strict=True))
        exact = [true[n] for n in nodes]
        for k, (program, text) in enumerate(zip(again, texts, strict=True)):
            if all(is_near(own[i], true[i]) and abs(true[i]) < HUGE for i in needed[k]):
                (value,) = numbers(program.graph, program.outputs, point, Floats())
                near = is_near(value, exact[k])
                if abs(exact[k]) < TINY:  # terms that cancel leave their rounding
                    near = math.isfinite(value)
                assert near, (to_text(graph, node), k, text, point)


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("normpdf(x^3)", {"x": -1e100}),
        ("gauss(x)", {"x": 1e200}),
        ("x/y", {"x": 1e200, "y": 1e200}),
        ("exp(x*y)", {"x": -1.0, "y": 1e200}),
        ("tanh(x)", {"x": 356.0}),
        ("tanh(x)*y", {"x": 300.0, "y": 1e200}),
        ("sigmoid(x^3)*x^2*y", {"x": 1e120, "y": 1e-290}),
        ("x*y*(x*z)", {"x": 1e150, "y": 1e-200, "z": 1e-100}),
        ("(x - y)/(x*y*z)", {"x": 1e-100, "y": 3e-100, "z": 1e150}),
        ("1/cosh(x)", {"x": 500.0}),
        ("atan2(y, x)", {"x": 1e200, "y": 1e-100}),
    ],
)
def test_printed_derivatives_give_the_engines_numbers(text, point):
    f = adcli.function(text)
    # Printed derivatives are tangents; an adjoint of 1/cosh(500) is 0 before it meets sinh(500).
    value, gradient = f.value_and_gradient(point, mode="forward")
    assert math.isclose(adcli.function(str(f)).value(point), value, rel_tol=1e-13)
    for name, exact in gradient.items():
        derivative = adcli.function(str(f.derivative(name)))
        got = derivative.value({n: point[n] for n in derivative.variables})
        assert math.isclose(got, exact, rel_tol=1e-13, abs_tol=1e-307), str(derivative)
