"""Power series against mpmath's, which differentiates numerically and knows no rule."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from mpmath import mp, mpf

from adcli.ad.evaluate import evaluate
from adcli.algebras.arrays import Arrays
from adcli.algebras.digits import DigitArrays, Digits, exactly_this
from adcli.algebras.floats import Floats
from adcli.algebras.special.incomplete import MOST_DERIVATIVES
from adcli.engines.power_series import expand
from adcli.errors import DomainError, KinkError, LanguageError, UsageError
from adcli.function import Function, function
from adcli.graph.graph import Graph
from adcli.graph.primitives import ELEMENTWISE, PRIMITIVES, Primitive, no_derivative
from tests.programs import Program, array_programs, scalar_programs

ORDER = 8
DIGITS = 25
TOLERANCE = 2.0**-52
"""Coefficients are rounded to float64, once."""

SMOOTH = [
    row
    for row in PRIMITIVES.values()
    if row.kind == ELEMENTWISE and any(partial is not None for partial in row.partials)
    if row.name != "slope"  # not the derivative of its value
]


def reference(
    f: Function, point: Mapping[str, Any], along: Mapping[str, Any], order: int
) -> list[Any]:
    """mpmath's Taylor coefficients of f(point + t along), from values in many digits."""
    scalars = f.is_scalar and not any(isinstance(x, list) for x in point.values())
    algebra: Any = Digits(DIGITS, exact=True) if scalars else DigitArrays(DIGITS, exact=True)
    floats: Any = Floats() if scalars else Arrays()
    order_of_nodes = f.graph.reach(f.outputs)

    def pack(x: Any) -> Any:
        return exactly_this(floats.pack(x), algebra)

    def value(t: Any) -> Any:
        inputs = {
            f.inputs[name]: pack(x) + mpf(t) * pack(along.get(name, 0.0))
            for name, x in point.items()
        }
        found = evaluate(f.graph, order_of_nodes, inputs, algebra)[f.outputs[0]]
        return found.reshape(-1)[0] if hasattr(found, "reshape") else found

    with mp.workdps(DIGITS):
        return list(mpmath.taylor(value, 0, order))


def check(
    f: Function, point: Mapping[str, Any], along: Mapping[str, Any], order: int = ORDER
) -> None:
    found, exact = f.taylor(point, along, order), reference(f, point, along, order)
    for k, (c, e) in enumerate(zip(found, exact, strict=True)):
        assert abs(c - e) <= TOLERANCE * abs(e) + mpf(10) ** -20, (k, c, mp.nstr(e, 20))


NAMES = "xyzwu"
LIMITED = {
    **dict.fromkeys(("gammainc", "gammaincc", "gammapdf", "betainc"), MOST_DERIVATIVES),
    **dict.fromkeys(("dgammainc", "dgammapdf"), MOST_DERIVATIVES - 1),
    **dict.fromkeys(("dbetainc", "dbetapdf"), MOST_DERIVATIVES - 2),
}
"""The orders up to which functions have derivatives in their parameter."""


def function_of(row: Primitive, names: str = NAMES) -> Function:
    graph = Graph()
    nodes = tuple(graph.variable(name, (k, k)) for k, name in enumerate(names[: len(row.inputs)]))
    return Function(graph, [graph.node(row, nodes)], row.name)


@pytest.mark.parametrize("row", SMOOTH, ids=lambda row: row.name)
def test_every_primitive_along_a_line(row: Primitive) -> None:
    generator = random.Random(row.name)
    f = function_of(row)
    for _ in range(2):
        point = {n: generator.uniform(*s) for n, s in zip(NAMES, row.sample, strict=False)}
        along = {
            n: generator.choice([1.0, 0.5, -0.75]) if partial not in (None, no_derivative) else 0.0
            for n, partial in zip(NAMES, row.partials, strict=False)
        }
        check(f, point, along, LIMITED.get(row.name, ORDER))


HUNDRED = "\n".join(
    [
        "t0 = x",
        *[f"t{k} = sin(t{k - 1})*{k} - tanh(t{k - 1}/{k})/(1 + x^2) + 0.1" for k in range(1, 11)],
        "t10",
    ]
)
"""A program of about a hundred nodes."""

PROGRAMS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("exp(sin(x))", {"x": 1.0}, {"x": 1}),
    ("x^x", {"x": 1.5}, {"x": 1}),
    ("x^7 - 3x^2", {"x": 0.0}, {"x": 1}),
    ("(x - 2)^2.5*cbrt(x)", {"x": 3.0}, {"x": 1}),
    ("x^y", {"x": 2.0, "y": 2.5}, {"x": 1, "y": -2}),
    ("1/(1 + 25x^2)", {"x": 0.3}, {"x": 1}),
    ("x/(exp(x) - 1)", {"x": 1.0}, {"x": 1}),
    ("1/(1 + x^2)", {"x": 1.0}, {"x": 1}),
    ("gelu(x) + relu(x) + clip(x, 0, 9)", {"x": 0.7}, {"x": 1}),
    ("where(x > 0, log(x), sqrt(x))", {"x": 2.0}, {"x": 1}),
    ("max(x^2, x)*abs(x - 5)", {"x": 2.0}, {"x": 1}),
    ("max(x, y)", {"x": 2.0, "y": 1.0}, {"x": 1, "y": 3}),
    ("mod(x, 0.7)*floor(x)", {"x": 3.3}, {"x": 1}),
    ("r(u, v) = sqrt(u^2 + v^2)\na = x*y\na + sin(r(x, y))", {"x": 1.0, "y": 2.0}, {"x": 1}),
    ("-(y - m)^2/(2s^2) - log(s) - log(tau)/2", {"y": 1.3, "m": 0.4, "s": 0.8}, {"s": 1}),
    ("lgamma((n + 1)/2) - lgamma(n/2) - (n + 1)/2*log1p(y^2/n)", {"n": 3.5, "y": 1.0}, {"n": 1}),
    ("k*log(r) - r - lgamma(k + 1)", {"k": 4.0, "r": 2.5}, {"k": 1, "r": 1}),
    ("sec(x) + csc(x) + cot(x)", {"x": 1.0}, {"x": 1}),
    ("hypot(x, y)*atan2(y, x)", {"x": 1.0, "y": 2.0}, {"x": 1, "y": 1}),
    ("sum(v^3) + v[0]*v[1]", {"v": [1.0, 2.0]}, {"v": [1, 2]}),
    ("prod(v)*max(v) + cumsum(v)[1]", {"v": [1.0, 2.0, -1.5]}, {"v": [1, 2, 0.5]}),
    ("norm(v) + std(v) + logsumexp(v)", {"v": [1.0, 2.0, -1.5]}, {"v": [1, 2, 0.5]}),
    ("softmax([t, 2t, 1])[0] + mean([t, 1])^3", {"t": 0.3}, {"t": 1}),
    ("sum(A@x*x) + trace(A@A)", {"A": [[1.0, 2.0], [3.0, 4.0]], "x": [1.0, -1.0]}, {"x": [1, 2]}),
    (
        'einsum("ij,jk,ki->", A, A, B)',
        {"A": [[1.0, 2.0], [3.0, 4.0]], "B": [[0.5, 1.0], [1.0, 2.0]]},
        {"A": [[1, 0], [1, 1]], "B": [[1, 1], [0, 2]]},
    ),
    (HUNDRED, {"x": 0.3}, {"x": 1}),
]


@pytest.mark.parametrize(("text", "point", "along"), PROGRAMS, ids=[p[0][:40] for p in PROGRAMS])
def test_programs_agree_with_mpmath(text: str, point: Any, along: Any) -> None:
    check(function(text), point, along)


@pytest.mark.parametrize(
    "text",
    [
        *("x^2", "x^y", "2^x", "expm1(x)", "log1p(x)", "tanh(x)", "softplus(x)", "sigmoid(x)"),
        *("asinh(x)", "atan(x)", "asin(x)", "atanh(x)", "hypot(x, 1)", "atan2(x, 1)", "gelu(x)"),
        *("norm([x, 0, 1])", "logsumexp([x, 0])", "prod([x, 2, x])", "std([x, 1, 2])", "cos(x)"),
        *("lgamma(x + 2)", "digamma(x + 1)", "logit(x + 0.5)", "erf(x)", "sin(x)^2 + cos(x)^2"),
    ],
)
def test_where_guards_and_zeros_are(text: str) -> None:
    f = function(text)
    for x in (0.0, 1e-10):
        for y in (1.0, 2.0) if "y" in text else (0.0,):
            check(f, {name: {"x": x, "y": y}[name] for name in f.variables}, {"x": 1}, 6)


@pytest.mark.parametrize("y", [0.0, 1.0, 2.0, -1.0])
def test_powers_at_whole_exponents(y: float) -> None:
    for along in ({"x": 1}, {"y": 1}, {"x": -1, "y": 2}):
        check(function("x^y"), {"x": 2.0, "y": y}, along)


def test_coefficients_that_float64_would_lose() -> None:
    f = function("x/(exp(x) - 1)")
    with mp.workdps(60):
        exact = mpmath.taylor(lambda x: x / mp.expm1(x), 1, 40)
    for c, e in zip(f.taylor({"x": 1.0}, order=40), exact, strict=True):
        assert abs(c - e) <= TOLERANCE * abs(e)


def test_long_programs_are_of_float64_alone_and_say_so() -> None:
    f = function("sum(exp(sin(v)*t))")
    point = {"v": [0.001 * k for k in range(3000)], "t": 0.5}
    found = expand(f, point, "t", 20)
    assert not found.is_exact
    assert expand(f, {"v": [0.3], "t": 0.5}, "t", 20).is_exact
    exact = sum(math.sin(v) ** 20 * math.exp(math.sin(v) / 2) for v in point["v"])
    assert found.coefficients[20] == pytest.approx(exact / math.factorial(20), rel=1e-12)


def test_many_digits() -> None:
    found = function("exp(0.1x)").taylor({"x": "0"}, order=5, precision=40)
    with mp.workdps(40):
        assert abs(found[5] - mpf("1e-5") / 120) < mpf(10) ** -44


def test_orders_cost_their_square_and_not_two_to_their_power() -> None:
    f = function("exp(sin(x))")
    f.taylor({"x": 1.0}, order=80)
    assert len(f.graph) < 20


def test_one_variable_needs_no_name_and_order_0_is_the_value() -> None:
    f = function("x^2")
    assert f.taylor({"x": 3.0}, order=0) == [9.0]
    assert f.taylor({"x": 3.0}, order=3) == f.taylor({"x": 3.0}, "x", 3) == [9.0, 6.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("text", "point", "options", "error", "message"),
    [
        ("x*y", {"x": 1.0, "y": 1.0}, {}, UsageError, "goes along a line"),
        ("x*y", {"x": 1.0, "y": 1.0}, {"along": "z"}, UsageError, "no variable 'z'"),
        ("sum(v)", {"v": [1.0, 2.0]}, {}, UsageError, "'v' is an array"),
        ("sum(v)", {"v": [1.0, 2.0]}, {"along": {"v": 1}}, UsageError, "shape"),
        ("x, x^2", {"x": 1.0}, {}, LanguageError, "one result"),
        ("[x, 1]", {"x": 1.0}, {}, LanguageError, "a number as the result"),
        ("sqrt(x)", {"x": 0.0}, {}, DomainError, "the derivative of sqrt(0) is not finite"),
        ("sin(x^2.5)", {"x": 0.0}, {}, DomainError, "of order 3 of 0 ^ 2.5 is not finite"),
        ("log(x)", {"x": 0.0}, {}, DomainError, "log(0) is -inf"),
        ("1 + exp(700x)", {"x": 1.0}, {}, DomainError, "of order 2 of exp(700)"),
        ("x*abs(x)", {"x": 0.0}, {"strict": True}, KinkError, "abs(0) is at a kink"),
        ("x", {"x": 0.0}, {"order": -1}, UsageError, "of order -1"),
    ],
)
def test_messages(text: str, point: Any, options: Any, error: Any, message: str) -> None:
    with pytest.raises(error) as found:
        function(text).taylor(point, **options)
    assert message in found.value.message


@settings(max_examples=25)
@given(scalar_programs() | array_programs())
def test_the_first_orders_are_those_of_sweeps(program: Program) -> None:
    f = function(program.text)
    generator = random.Random(len(program.text))
    along = {
        name: generator.choice([1.0, -0.5]) * np.ones(np.shape(program.point[name]))
        for name in f.variables
    }
    point = {name: program.point[name] for name in f.variables}
    if not along:
        return
    c = f.taylor(point, along, 2)
    value, slope = f.directional(point, along)
    _, hessian = f.hessian(point)
    curvature = sum(
        np.tensordot(np.tensordot(along[a], block, np.ndim(along[a])), along[b], np.ndim(along[b]))
        for a, row in hessian.items()
        for b, block in row.items()
    )
    size = sum(float(np.abs(block).sum()) for row in hessian.values() for block in row.values())
    assert c[0] == pytest.approx(value, rel=1e-12, abs=1e-12)
    assert c[1] == pytest.approx(float(slope), rel=1e-9, abs=1e-9)
    assert 2 * c[2] == pytest.approx(float(curvature), rel=1e-7, abs=1e-9 * (1 + size))
