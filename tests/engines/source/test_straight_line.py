"""Compiled programs give what the python engine gives."""

from __future__ import annotations

import math

import pytest

from adcli.ad.symbolic import gradient_nodes
from adcli.algebras.functions import float_functions
from adcli.engines.source.straight_line import StraightLine, compile_function, number_text
from adcli.errors import DomainError
from adcli.function import function
from adcli.graph.primitives import ELEMENTWISE, PRIMITIVES, SELECT

PROGRAMS = [
    ("x^2 + y^3 - 2^x + x^y + x^-1.5", {"x": 1.3, "y": 0.7}),
    ("x/y + 1/x - y/3 + x/(y - y)*0 + where(x > y, x/y, log(y))", {"x": 1.3, "y": 0.0}),
    ("where(x <= y, sqrt(x - y), exp(x)) + max(x, y, 0) - min(x, 2)", {"x": 1.5, "y": 1.0}),
    ("pi*x - e^x + tau + -0.0*x + (x == 1.5) + (x != y)", {"x": 1.5, "y": -2.0}),
    ("sqrt(-x) + log(y)", {"x": 1.0, "y": 0.0}),
    ("a = x*y; b = a*a + a; c = b*b + b; c*c/(c + 1)", {"x": 0.5, "y": 0.25}),
    ("lgamma(x) + digamma(y) + hypot(x, y) + atan2(y, x) + mod(x, y)", {"x": 3.5, "y": 1.25}),
]


@pytest.mark.parametrize(("text", "point"), PROGRAMS)
def test_values_and_gradients_are_those_of_the_engine(text: str, point: dict[str, float]) -> None:
    f = function(text)
    wrt = list(f.inputs.values())
    nodes = [*f.outputs, *gradient_nodes(f.graph, f.order, f.outputs[0], wrt)]
    got = compile_function(f.graph, wrt, nodes)(*[point[name] for name in f.inputs])
    try:
        value, gradient = f.value_and_gradient(point)
    except DomainError:
        assert not all(map(math.isfinite, got))
        return
    assert got == pytest.approx((value, *gradient.values()), rel=1e-14, abs=1e-300)


@pytest.mark.parametrize(
    "name", [n for n, p in PRIMITIVES.items() if p.kind in (ELEMENTWISE, SELECT)]
)
def test_every_primitive_compiles(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    primitive = PRIMITIVES[name]
    if primitive.libraries:
        monkeypatch.delitem(vars(float_functions), name, raising=False)  # not used before
    count = 2 if primitive.variadic else len(primitive.inputs)
    f = function("x + y + z + w + v")
    args = tuple(f.inputs.values())[:count]
    node = f.graph.node(primitive, args)
    point = [1.0, 0.5, 0.25, 0.75, 0.5]
    expected = f.graph.reach([node])
    assert expected
    (got,) = compile_function(f.graph, list(f.inputs.values()), [node])(*point)
    assert got == getattr(float_functions, name)(*point[:count]) or got != got


def test_no_text_of_the_user_gets_into_the_source() -> None:
    f = function("`__import__('os')`*2 + `x y`")
    source = StraightLine(f.graph, {n: f"x{k}" for k, n in enumerate(f.inputs.values())}, f.outputs)
    text = "\n".join(source.lines) + "".join(source.texts.values())
    assert "import" not in text
    assert set(text) <= set("0123456789.vx+-*/=() \n")


def test_deep_programs_compile() -> None:
    f = function("x" + " + sin(x)*x" * 3000)
    (value,) = compile_function(f.graph, list(f.inputs.values()), f.outputs)(0.5)
    assert value == pytest.approx(0.5 + 3000 * math.sin(0.5) * 0.5)


@pytest.mark.parametrize("value", [0.0, -0.0, 1e-320, -1.5, math.inf, -math.inf, 0.1])
def test_numbers_come_back_from_their_text(value: float) -> None:
    back = eval(number_text(value), {"inf": math.inf})
    assert repr(back) == repr(value)
