"""The complex step agrees with the rules for every analytic primitive, negative arguments too."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from adcli.ad.evaluate import evaluate
from adcli.algebras.complexes import STEP, ComplexArrays, obstacle, why_not
from adcli.algebras.functions import complex_functions
from adcli.engines.point import pack
from adcli.function import Function, function
from adcli.graph.primitives import ELEMENTWISE, PRIMITIVES, Primitive, no_derivative

ANALYTIC = [
    op
    for op in PRIMITIVES.values()
    if op.kind == ELEMENTWISE and op.kink is None and any(op.partials) and op.name != "kl_div"
]
MORE_POINTS = {
    "power": [(-2.0, 3.0), (-2.0, -3.0), (-1.5, 101.0), (-1.5, 102.0), (0.0, 2.0), (1e-3, 70.5)],
    "cbrt": [(-8.0,), (1e-9,)],
    "atan2": list(product((-2.0, -0.1, 0.3, 5.0), repeat=2)),
    "hypot": [(-3e200, 4e200), (1e-200, -1e-200)],
    "lgamma": [(-0.5,), (-2.3,), (-7.9,), (40.0,)],
    "gamma": [(-0.5,), (-2.3,), (10.5,)],
    "digamma": [(-0.5,), (-2.3,)],
    "erfc": [(-3.0,), (5.0,)],
    "normcdf": [(-6.0,), (6.0,)],
    "sigmoid": [(-40.0,), (40.0,)],
    "softplus": [(-40.0,), (800.0,)],
    "logit": [(1e-6,), (0.999,)],
    "acosh": [(1.000001,)],
    "tanh": [(15.0,), (-300.0,)],
}
ZEROS = ("beta_logpdf",)
"""Functions that have a derivative of 0 at one of the points."""


def complex_step(f: Function, point: dict[str, float], name: str) -> float:
    algebra = ComplexArrays()
    packed = pack(f, point, algebra)
    node = f.inputs[name]
    h = STEP * abs(point[name]) or STEP
    packed[node] = packed[node] + 1j * h
    with algebra.context():
        value = evaluate(f.graph, f.order, packed, algebra)[f.outputs[0]]
    return float(value[0].imag / h)


def call(op: Primitive) -> str:
    names = op.inputs if op.parameters or op.support else "xyz"[: len(op.inputs)]
    return (
        op.symbol.join(names) if op.symbol and len(names) == 2 else f"{op.name}({','.join(names)})"
    )


@pytest.mark.parametrize("op", ANALYTIC, ids=lambda op: op.name)
def test_the_complex_step_agrees_with_the_rule(op: Primitive) -> None:
    if not hasattr(complex_functions, op.name):
        assert op.libraries or op.name in (
            "polygamma",
            "stirling_slope",
        )  # no library at hand has it
        return
    f = function(call(op) if op.name != "negative" else "-x")
    places = [0.1, 0.37, 0.5, 0.93]
    points = [tuple(a + t * (b - a) for a, b in op.sample) for t in places]
    for xs in points + MORE_POINTS.get(op.name, []):
        point = dict(zip(f.variables, xs, strict=True))
        flowing = [
            name
            for name, p in zip(f.variables, op.partials, strict=True)
            if p not in (None, no_derivative)
        ]
        if op.name == "power" and xs[0] <= 0:
            flowing = ["x"]
        _, gradient = f.value_and_gradient(point, wrt=flowing)
        for name in flowing:
            found = complex_step(f, point, name)
            near_zero = 1e-15 * (op.name in ZEROS)
            np.testing.assert_allclose(found, gradient[name], 2e-11, near_zero, err_msg=str(xs))


@pytest.mark.parametrize(
    ("program", "operation"),
    [
        ("x*abs(x)", "abs is not analytic"),
        ("max(x, 2) + abs(x)", "max is not analytic"),
        ("mod(x, 2)", "mod is not analytic"),
        ("polygamma(1, x)", "there is no complex polygamma here"),
        ("x*detach(abs(x))", None),
        ("where(x > 0, log(x), 0)", None),
        ("x*floor(x)", None),
        ("x*trunc(x)", None),
        ("logdet(x*eye(2))", "there is no complex logdet here"),
        ("x*(x > logdet(x*eye(2)))", None),
        ("where(x > solve([[2, x], [x, 3]], [1, x])[0], x^2, x)", None),
        ("x*floor(cholesky(x*eye(2))[0, 0] + eigvalsh([[x, 1], [1, x]])[1])", None),
        ("x + detach(multivariate_normal_logpdf([x, 1], 0, x*eye(2)))", None),
        ("sin(x) + abs(2)", None),
    ],
)
def test_an_operation_that_is_not_analytic_is_named(program: str, operation: str | None) -> None:
    f = function(program)
    node = obstacle(f.graph, f.order, f.outputs[0], f.inputs.values())
    assert (None if node is None else why_not(f.graph.ops[node])) == operation
    if node is None:
        point = {"x": 1.5}
        assert complex_step(f, point, "x") == pytest.approx(
            f.value_and_gradient(point)[1]["x"], rel=1e-13
        )
