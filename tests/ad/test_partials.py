"""Every partial derivative of the table, against differences of mpmath's functions."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import mpmath
import numpy as np
import pytest
from mpmath import mp

from adcli.ad.evaluate import Run
from adcli.ad.jacobians import jacobian_blocks
from adcli.algebras.arrays import Arrays
from adcli.algebras.floats import Floats
from adcli.graph.graph import Graph
from adcli.graph.primitives import ELEMENTWISE, PRIMITIVES, SELECT, no_derivative
from tests.accuracy import ulps
from tests.ad.special_rows import SPECIAL, SPECIAL_ULPS

SEED = 20240607
SAMPLES = 40
HUGE, TINY = 1.7976931348623157e308, 2.2250738585072014e-308
BELOW_1, ABOVE_1 = math.nextafter(1.0, 0.0), math.nextafter(1.0, 2.0)

Point = tuple[float, ...]


@dataclass(frozen=True)
class Row:
    """A primitive by mpmath, the points where its partials are hard, the inputs that have one."""

    exact: Callable[..., Any]
    hard: tuple[Any, ...] = ()
    wrt: tuple[int, ...] = (0, 1)


ULPS: dict[tuple[str, str], float] = {
    # More than 4 by (primitive, mode), each with its reason.
    # A formula says x^(y - 1); where y - 1 rounds, by |log(x)|/2 ulp at most: 345 at 1e-300.
    ("power", "symbolic"): 345.0,
    # Below 7 the slope is that of lgamma less that of Stirling's formula, 1000 times as large.
    **{
        (f"stirling_{name}", mode): 2000.0
        for name in ("error", "slope")
        for mode in ("forward", "reverse", "symbolic")
    },
}


def cbrt(x: Any) -> Any:
    return mp.sign(x) * mp.cbrt(abs(x))


def sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def logisticpdf(x: Any) -> Any:
    return sigmoid(x) * sigmoid(-x)


def lgamma(x: Any) -> Any:
    return mp.log(abs(mp.gamma(x)))


def stirling_error(x: Any) -> Any:
    return lgamma(x) - (x - mp.mpf(0.5)) * mp.log(x) + x - mp.log(2 * mp.pi) / 2


NEAR_1 = (BELOW_1, -BELOW_1, 1 - 1e-10, -1 + 1e-10, 0.999, 1e-300, 0.0)
GAMMA_HARD = (1e-300, 1.0, 2.0, 1.4616321449683622, -0.5, -3.5040830082, 23.5, -1.0000001, 0.999999)
LGAMMA_ZEROS = (-2.4570247382208006, -2.7476826467274127, -3.14358088834998, 1 + 1e-9, 2 - 1e-9)
TAILS = (5.0, -5.0, 0.5, 26.0, 1e-200, -9.5)
BOTH_SCALES = ((3e200, 4e200), (3e-200, 4e-200), (1e200, 1.0), (1.0, 1e-200), (-2.0, 1e-8))

NOTHING_FLOWS: dict[str, Row] = {
    **{
        name: Row(exact, wrt=())
        for name, exact in {
            "sign": mp.sign,
            "floor": mp.floor,
            "ceil": mp.ceil,
            "round": mp.nint,
            "trunc": lambda x: mp.sign(x) * mp.floor(abs(x)),
            "detach": lambda x: x,
        }.items()
    },
    **{
        name: Row(lambda x, y: mp.mpf(0), wrt=())
        for name in ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")
    },
}

ROWS: dict[str, Row] = {
    **NOTHING_FLOWS,
    "add": Row(lambda x, y: x + y),
    "subtract": Row(lambda x, y: x - y),
    "multiply": Row(lambda x, y: x * y, ((1e200, 1e-200),)),
    "divide": Row(lambda x, y: x / y, ((1e200, 1e-100), (1e-200, 1e-100), (1e300, 1e200))),
    "negative": Row(lambda x: -x),
    "power": Row(
        lambda x, y: x**y,
        (
            (1e-300, 0.25),
            (1e-300, 0.1),
            (1e300, -0.1),
            (1e-9, -3.7),
            (1e30, -4.7),
            (1e-150, 2.0),
            (BELOW_1, 1e10),
            (10.0, 307.5),
            (0.5, 1000.25),
            (3.0, 1e-20),
            (ABOVE_1, 0.3),
        ),
    ),
    "powlog": Row(
        lambda x, y, n: x**y * mp.log(x) ** n,
        ((1e-300, 0.25, 1.0), (1e30, -4.7, 2.0), (BELOW_1, 2.0, 1.0), (2.0, 1.0, 0.0)),
        (0, 1),
    ),
    "exp": Row(mp.exp, (-700.0, 700.0, 1e-20)),
    "exp2": Row(lambda x: mp.mpf(2) ** x, (-1000.0, 1000.5, 1e-20)),
    "expm1": Row(mp.expm1, (-40.0, 700.0, 1e-20)),
    "log": Row(mp.log, (TINY, HUGE, BELOW_1)),
    "log2": Row(lambda x: mp.log(x) / mp.log(2), (TINY, HUGE, BELOW_1)),
    "log10": Row(lambda x: mp.log(x) / mp.log(10), (TINY, HUGE, BELOW_1)),
    "log1p": Row(lambda x: mp.log(1 + x), (-BELOW_1, -1 + 1e-10, 1e-20, 1e300)),
    "sqrt": Row(mp.sqrt, (TINY, HUGE, BELOW_1)),
    "cbrt": Row(cbrt, (TINY, HUGE, -TINY, -27.0)),
    "sin": Row(mp.sin, (math.pi / 2, math.pi, 1e22, 1e-200)),
    "cos": Row(mp.cos, (math.pi / 2, math.pi, 1e22, 1e-200)),
    "tan": Row(mp.tan, (math.pi / 2, math.pi, 1e22, 1e-200, -1.57)),
    "cot": Row(mp.cot, (math.pi / 2, math.pi, 1e22, 1e-150, -1.57)),
    "asin": Row(mp.asin, NEAR_1),
    "acos": Row(mp.acos, NEAR_1),
    "atan": Row(mp.atan, (1e150, 1e-200, 1e8, -1.0)),
    "atan2": Row(lambda y, x: mp.atan2(y, x), (*BOTH_SCALES, (1e-200, -1.0))),
    "sinh": Row(mp.sinh, (700.0, -20.0, 1e-20)),
    "cosh": Row(mp.cosh, (700.0, -20.0, 1e-20)),
    "tanh": Row(mp.tanh, (20.0, -20.0, 1e-20, 300.0)),
    "sech": Row(mp.sech, (20.0, -20.0, 1e-20, 700.0)),
    "csch": Row(mp.csch, (20.0, -20.0, 1e-20, 700.0, -1e-150)),
    "coth": Row(mp.coth, (20.0, -20.0, 1e-20, 300.0, -1e-150)),
    "asinh": Row(mp.asinh, (1e200, -1e-20, 1e8)),
    "acosh": Row(mp.acosh, (1 + 1e-10, ABOVE_1, 1e200)),
    "atanh": Row(mp.atanh, NEAR_1),
    "abs": Row(abs, (1e-300, -1e300)),
    "mod": Row(lambda x, y: x - y * mp.floor(x / y), ((-7.5, 2.0), (7.5, -2.0), (1e10, 0.7))),
    "hypot": Row(mp.hypot, BOTH_SCALES),
    "unit": Row(lambda x, y: x / mp.hypot(x, y), BOTH_SCALES),
    "inversion": Row(
        lambda x, y: x / (x * x + y * y), ((3e100, 4e100), (1.0, 1 + 1e-10), (-2.0, 1e-8))
    ),
    "radius": Row(mp.sqrt, (TINY, HUGE, BELOW_1)),
    "sqdiff": Row(lambda x, y: x * x - y * y, BOTH_SCALES),
    "erf": Row(mp.erf, TAILS),
    "erfc": Row(mp.erfc, TAILS),
    "gauss": Row(lambda x: mp.exp(-x * x), TAILS),
    "normpdf": Row(mp.npdf, (*TAILS, 38.0)),
    "normcdf": Row(lambda x: mp.erfc(-x / mp.sqrt(2)) / 2, (*TAILS, -38.0)),
    "gamma": Row(mp.gamma, (*GAMMA_HARD[1:], 170.0, -20.5)),
    "lgamma": Row(lgamma, (*GAMMA_HARD, *LGAMMA_ZEROS, 1e10)),
    "digamma": Row(mp.digamma, (*GAMMA_HARD[1:], 1e10, -20.3)),
    "polygamma": Row(
        lambda n, x: mp.psi(int(n), x), ((1.0, 1e5), (2.0, -0.5), (3.0, 0.01), (0.0, 1.5)), (1,)
    ),
    "lbeta": Row(
        lambda x, y: mp.loggamma(x) + mp.loggamma(y) - mp.loggamma(x + y),
        ((1e10, 0.5), (0.5, 1e10), (1e-10, 3.0), (1e-10, 1e10), (1e8, 1e8), (1.0, 1.0)),
    ),
    "polygammadiff": Row(
        lambda n, x, y: mp.psi(int(n), x) - mp.psi(int(n), x + y),
        ((0.0, 1e10, 1e-3), (2.0, 0.01, 40.0), (1.0, 3.0, 1e-10)),
        (1, 2),
    ),
    "sigmoid": Row(sigmoid, (40.0, -40.0, 700.0, -700.0, 1e-20)),
    "logisticpdf": Row(logisticpdf, (40.0, -40.0, 700.0, -700.0, 1e-20)),
    "logaddexp": Row(
        lambda x, y: mp.log(mp.exp(x) + mp.exp(y)),
        ((40.0, 0.0), (0.0, 40.0), (-800.0, -801.0), (700.0, -700.0), (3.0, 3.0), (1e-20, 1e-10)),
    ),
    "log1mexp": Row(lambda x: mp.log1p(-mp.exp(-x)), (1e-300, 1e-10, 0.693, 0.6932, 40.0, 700.0)),
    "logcosh": Row(lambda x: mp.log(mp.cosh(x)), (40.0, -40.0, 1e-20, 19.9, 20.1, -700.0)),
    "xlogy": Row(lambda x, y: x * mp.log(y), ((1e-300, 2.0), (3.0, BELOW_1), (-2.0, 1e-300))),
    "log1pmx": Row(lambda x: mp.log1p(x) - x, (1e-300, -1e-10, BELOW_1, -BELOW_1, 0.3, -0.3, 1e10)),
    "kl_div": Row(
        lambda x, y: x * mp.log(x / y) - x + y,
        ((1.0, 1 + 1e-10), (1e6, 1e6 + 1.0), (1e-300, 2.0), (3.0, 1e-10), (2.0, 3.0)),
    ),
    "stirling_error": Row(stirling_error, (1e-10, 0.5, 6.99, 7.01, 1e5, 1e8)),
    "stirling_slope": Row(
        lambda n, x: mp.psi(0, x) - mp.log(x) + 1 / (2 * x) if n == 1 else mp.nan,
        ((1.0, 1e-5), (1.0, 8.01), (1.0, 1e5), (1.0, 1e8)),
        (1,),
    ),
    "logit": Row(lambda x: mp.log(x / (1 - x)), (1e-300, 1e-10, BELOW_1, 1 - 1e-10)),
    "softplus": Row(lambda x: mp.log(1 + mp.exp(x)), (40.0, -40.0, 700.0, -700.0, 1e-20)),
    "maximum": Row(lambda x, y: max(x, y), ((1.0, BELOW_1), (-1e300, 1e-300))),
    "minimum": Row(lambda x, y: min(x, y), ((1.0, BELOW_1), (-1e300, 1e-300))),
    "where": Row(lambda c, a, b: a if c != 0 else b, ((0.0, 1.0, 2.0), (1e-300, 1.0, 2.0)), (1, 2)),
    **{name: Row(*entry) for name, entry in SPECIAL.items()},
}


def differentiable() -> list[str]:
    """The names of all elementwise and select primitives but log densities, which have tests of
    their own."""
    rows = [p for p in PRIMITIVES.values() if p.kind in (ELEMENTWISE, SELECT)]
    return [p.name for p in rows if not (p.parameters or p.support)]


@cache
def points(name: str) -> tuple[Point, ...]:
    """The row's hard points, then random ones in the primitive's sample box."""
    generator = random.Random(SEED)
    hard = [x if isinstance(x, tuple) else (x,) for x in ROWS[name].hard]
    box = PRIMITIVES[name].sample
    drawn = [tuple(generator.uniform(*side) for side in box) for _ in range(SAMPLES)]
    return (*hard, *drawn)


@cache
def exact_partial(name: str, k: int, point: Point) -> Any:
    """The derivative in input k by a central difference, to 30 digits at least.

    The truncation is 1e-80 of the scale on which the function changes; digits are added until the
    rounding of the two values does not show.
    """
    function = ROWS[name].exact
    digits = 120
    while True:
        with mp.workdps(digits):
            xs = [mp.mpf(x) for x in point]
            scale = abs(xs[k]) if xs[k] else mp.mpf(1)
            h = scale * mp.mpf(10) ** -40
            ends = [function(*xs[:k], x, *xs[k + 1 :]) for x in (xs[k] + h, xs[k] - h)]
            rise = ends[0] - ends[1]
            rounding = max(map(abs, ends)) * mp.mpf(10) ** (5 - digits)
            if rounding < abs(rise) * mp.mpf(10) ** -30 or digits > 1500:
                return mp.re(rise / (2 * h))
        digits *= 2


def partials_on_floats(name: str, mode: str) -> list[Sequence[float]]:
    """The gradient at every point, one at a time."""
    graph, inputs, output = one_node(name)
    return [
        _partials(graph, dict(zip(inputs, point, strict=True)), output, Floats(), 1, mode)
        for point in points(name)
    ]


def partials_on_arrays(name: str, mode: str) -> list[Sequence[float]]:
    """The gradient at all points at once."""
    graph, inputs, output = one_node(name)
    columns = [np.array(column) for column in zip(*points(name), strict=True)]
    algebra = Arrays()
    with algebra.context():
        rows = _partials(
            graph,
            dict(zip(inputs, columns, strict=True)),
            output,
            algebra,
            len(columns[0]),
            mode,
        )
    count = len(columns[0])
    return list(np.stack([np.broadcast_to(row, (count,)) for row in rows], axis=1).tolist())


def one_node(name: str) -> tuple[Graph, list[int], int]:
    """A graph of one primitive of variables."""
    graph = Graph()
    primitive = PRIMITIVES[name]
    inputs = [graph.variable(f"x{k}") for k in range(len(primitive.sample))]
    return graph, inputs, graph.node(primitive, tuple(inputs))


def _partials(
    graph: Graph, inputs: dict[int, Any], output: int, algebra: Any, count: int, mode: str
) -> list[Any]:
    run = Run.at(graph, graph.reach([output]), inputs, algebra, count)
    rules = graph.ops[output].partials or [None] * len(inputs)
    known = [n for n, rule in zip(inputs, rules, strict=False) if rule is not no_derivative]
    blocks = jacobian_blocks(run, [output], known, mode)
    return [blocks.get((output, node), 0.0) for node in inputs]


ENGINES = {"python": partials_on_floats, "numpy": partials_on_arrays}


ORDERED = ("dgammapdf", "dgammainc", "dbetapdf", "dbetainc")
"""Derivatives of functions that have rows: second partials of those go through them."""


def test_the_table_has_every_primitive() -> None:
    unlike = {"slope", *ORDERED}  # not the derivative of its value
    assert set(ROWS) == set(differentiable()) - unlike


@pytest.mark.parametrize("mode", ["forward", "reverse", "symbolic"])
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ROWS)
def test_partials_are_within_4_ulps(name: str, engine: str, mode: str) -> None:
    row, failed = ROWS[name], []
    for point, found in zip(points(name), ENGINES[engine](name, mode), strict=True):
        for k, got in enumerate(found):
            exact = exact_partial(name, k, point) if k in row.wrt else mpmath.mpf(0)
            with mp.workdps(50):
                error = ulps(got, exact)
            if not error <= ULPS.get((name, mode), SPECIAL_ULPS.get(name, 4.0)):
                failed.append((error, point, k, got, float(exact)))
    assert not failed, sorted(failed, reverse=True)[:5]


def test_a_partial_off_by_one_part_in_1e15_is_seen() -> None:
    exact = exact_partial("tanh", 0, (20.0,))
    with mp.workdps(50):
        assert ulps(float(exact), exact) < 1.0
        assert ulps(float(exact) * (1 + 1.5e-15), exact) > 4.0
