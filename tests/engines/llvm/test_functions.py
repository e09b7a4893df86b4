"""Every elementwise primitive as machine code, on machines with and without vector functions."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from mpmath import mp

import adcli
from adcli.ad.tasks import Task, result_nodes
from adcli.algebras.functions import float_functions
from adcli.engines.llvm.kernel import ColumnPlace
from adcli.engines.llvm.row_kernel import RowKernel
from adcli.engines.lower import is_foreign, lower
from adcli.graph.graph import Graph
from adcli.graph.primitives import ELEMENTWISE, PRIMITIVES, SELECT, Primitive
from tests.accuracy import DIGITS, ulps
from tests.algebras.test_functions import RANGE, ROWS, SPECIAL, Row, same
from tests.engines.llvm.machines import MACHINES

NAMES = [
    name
    for name, p in PRIMITIVES.items()
    if p.kind in (ELEMENTWISE, SELECT)
    and not (is_foreign(p) or p.parameters or p.support or name in ("kl_div", "stirling_error"))
]
"""All but log densities and what is only a part of them: see tests/ad/test_densities.py."""
inf, nan = math.inf, math.nan
HARD = [
    *(0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 1e-310, -1e-310, 5e-324, -5e-324, 1e-300),
    *(1e-160, 1e-20, 1e-8, -1e-8, 0.1, -0.1, 3.0, 10.0, -10.0, 19.0, 20.0, -20.0, 37.0, 40.0),
    *(100.0, -100.0, 700.0, 709.5, 710.0, -745.0, -746.0, 1e3, 1e5, -1e5, 1e15, 1e17, 1e22, 1e100),
    *(-1e100, 1e155, 1e200, 1e300, 1.7e308, -1.7e308, inf, -inf, nan, 0.9999999, 1.0000001),
    *(math.pi, math.pi / 2, 1.5, 2.5, -1.5, 26.5, 27.0, -5.0, 5.9, 6.0),
]
FEW = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -2.0, 1e-310, nan, inf, -inf, 1e300]
CLOSE = 4e-15
"""Two functions of a few ulp each agree to this; vector functions are good to 4 ulp. The n-th power
of a logarithm, x^y log(x)^n, has n times its error."""

machines = pytest.mark.parametrize("machine", MACHINES)


def by_kernel(name: str, points: Any, machine: str) -> Any:
    """A primitive at the points (inputs, rows)."""
    graph = Graph()
    inputs = [graph.variable(f"x{k}") for k in range(len(points))]
    output = graph.node(PRIMITIVES[name], tuple(inputs))
    kernel = RowKernel(
        graph, {x: ColumnPlace(k) for k, x in enumerate(inputs)}, [], [output], MACHINES[machine]
    )
    columns = [np.ascontiguousarray(column) for column in points]
    (values,), finite = kernel.run(columns, [], points.shape[1])
    assert finite == bool(np.isfinite(values).all())
    return values


def count(primitive: Primitive) -> int:
    """With how many inputs a primitive is tested."""
    return 2 if primitive.variadic else len(primitive.inputs)


def hard_points(inputs: int) -> Any:
    """Special and random points (inputs, rows)."""
    generator = np.random.default_rng(1)
    special = {1: HARD, 2: HARD, 3: FEW}[inputs]
    rows = [*itertools.product(special, repeat=inputs)]
    near = generator.uniform(-3, 3, (300, inputs))
    far = generator.normal(size=(300, inputs)) * 50
    return np.concatenate([rows, near, far, 10.0 ** generator.uniform(-30, 30, (300, inputs))]).T


@machines
@pytest.mark.parametrize("name", NAMES)
def test_values_are_those_of_the_python_engine(name: str, machine: str) -> None:
    points = hard_points(count(PRIMITIVES[name]))
    got = by_kernel(name, points, machine)
    function = getattr(float_functions, name)
    wanted = np.array([function(*point) for point in points.T.tolist()])
    with np.errstate(all="ignore"):
        allowed = CLOSE * (np.maximum(np.abs(points[2]), 1.0) if name == "powlog" else 1.0)
        close = np.abs(got - wanted) <= np.maximum(allowed * np.abs(wanted), 5e-324)
    good = close | (got == wanted) | (np.isnan(got) & np.isnan(wanted))
    # Where 0 is the value, its sign decides on which side of a pole the next operation is.
    signs = (wanted != 0) | (np.signbit(got) == np.signbit(wanted))
    bad = ~(good & signs)
    assert not bad.any(), list(zip(points.T[bad].tolist(), got[bad], wanted[bad], strict=True))[:4]


@pytest.mark.parametrize("machine", [m for m in MACHINES if MACHINES[m].vector_math])
@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.name in NAMES], ids=lambda row: row.name
)
def test_value_is_within_4_ulps(row: Row, machine: str) -> None:
    points = row.points()[:: 2 if machine == "host" else 7]
    values = by_kernel(row.name, np.array(points, dtype=float).T, machine).tolist()
    with mp.workdps(DIGITS):
        worst = max(
            (ulps(value, mp.re(row.exact(*map(mp.mpf, point)))), point, value)
            for point, value in zip(points, values, strict=True)
        )
    assert worst[0] <= 4.0, worst


@machines
@pytest.mark.parametrize("name", [n for n in {**SPECIAL, **RANGE} if n in NAMES])
def test_special_values(name: str, machine: str) -> None:
    for *point, wanted in (*SPECIAL.get(name, ()), *RANGE.get(name, ())):
        got = float(by_kernel(name, np.array([point], dtype=float).T, machine)[0])
        assert same(got, wanted), (point, got, wanted)


@machines
@pytest.mark.parametrize("exponent", [-33.0, -32.0, -7.0, -1.0, 0.5, 2.0, 3.0, 31.0, 32.0, 33.0])
def test_constant_exponents(exponent: float, machine: str) -> None:
    graph = Graph()
    x = graph.variable("x")
    power = graph.node(PRIMITIVES["power"], (x, graph.constant(exponent)))
    kernel = RowKernel(graph, {x: ColumnPlace(0)}, [], [power], MACHINES[machine])
    points = np.array([*HARD, *np.linspace(-3, 3, 101), *10.0 ** np.linspace(-20, 20, 101)])
    (got,), _ = kernel.run([points], [], len(points))
    for x_value, value in zip(points.tolist(), got.tolist(), strict=True):
        wanted = float_functions.power(x_value, exponent)
        if wanted == 0 or not math.isfinite(wanted):
            assert same(value, wanted), (x_value, value, wanted)
        else:
            assert value == pytest.approx(wanted, rel=1e-14, abs=5e-324), x_value


@pytest.mark.parametrize("name", NAMES)
def test_a_number_has_its_value_in_every_lane(name: str) -> None:
    """To an ulp: where a number beside it is large or no number, a vector function may take another
    way for all of them."""
    points = hard_points(count(PRIMITIVES[name]))[:, -64:]
    whole = by_kernel(name, points, "host")
    for shift in range(1, 8):
        moved = by_kernel(name, np.roll(points, shift, axis=1), "host")
        np.testing.assert_allclose(np.roll(moved, -shift), whole, rtol=5e-16, atol=5e-324)


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("x/y", 0),
        ("tanh(x/y) + 1/y", 0),
        ("x/y/y", 1),  # as it is written
        ("where(x/y/y + 1/y > 3, x, y)", 1),
        ("floor(x/y/y)/y + 1/y", 1),
    ],
)
def test_what_is_divided_twice_is_multiplied(text: str, exact: int) -> None:
    """In derivatives, but not where a condition or a step depends on it."""
    f = adcli.function(text)
    graph, divide = f.graph, PRIMITIVES["divide"]
    order = graph.reach(
        lower(graph, [o for _, o in result_nodes(f, Task("gradient", wrt=("x", "y")))])
    )
    quotients = {i: graph.args[i] for i in order if graph.ops[i] is divide}
    assert quotients
    twice = [i for i, (x, y) in quotients.items() if x in quotients and quotients[x][1] == y]
    assert len(twice) == exact


def test_quotients_at_hard_points() -> None:
    f = adcli.function("x/y + where(x/y/y > 3, x, 2*x)/y")
    points = np.array([*itertools.product(HARD, repeat=2)]).T
    columns = dict(zip("xy", points, strict=True))
    found = f.map(columns, engine="llvm", on_error="null")
    wanted = f.map(columns, engine="python", on_error="null")
    assert found.errors.keys() == wanted.errors.keys()
    np.testing.assert_allclose(found.values, wanted.values, rtol=1e-15)
    for name, g in wanted.gradients.items():
        np.testing.assert_allclose(found.gradients[name], g, rtol=1e-15, atol=1e-323)
