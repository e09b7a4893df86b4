"""The elementwise functions: their digits, their special values, and that they are total."""

from __future__ import annotations

import itertools
import math
import random
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp

from adcli.algebras.complexes import is_analytic
from adcli.algebras.functions import (
    array_functions,
    complex_functions,
    digit_functions,
    float_functions,
)
from adcli.errors import UsageError
from adcli.graph.primitives import ELEMENTWISE, PRIMITIVES, SELECT
from tests.accuracy import DIGITS, ulps
from tests.ad.special_rows import SPECIAL as SPECIAL_ROWS
from tests.ad.special_rows import SPECIAL_ULPS, VALUES
from tests.effort import effort

inf, nan, pi = math.inf, math.nan, math.pi
TINY, SMALLEST, HUGE = 2.2250738585072014e-308, 5e-324, 1.7976931348623157e308
EPS = 2.220446049250313e-16
SEED = 20240607
SAMPLES = 120

ULPS = {
    "gamma": 5.0,  # SciPy's product of up to 8 steps and its Stirling series round at each step
    "digamma": 5.0,  # below 0 a cotangent of an ulp cancels until 0.4 of it are left
    "polygammadiff": 5.0,  # a dozen terms, each rounded four times
    "lbeta": 64.0,  # where all are below 10, lgamma's up to 13 cancel to as little as 0.2
}
"""Functions that are allowed more than 4 ulp, with the numerical reason beside each."""


@dataclass(frozen=True)
class Row:
    """A function, its exact value, points that are hard, and intervals to sample."""

    name: str
    exact: Callable[..., Any]
    hard: tuple[Any, ...] = ()
    intervals: tuple[Any, ...] = ()

    def points(self) -> list[tuple[float, ...]]:
        """The hard points, then as many random ones in each interval (or box of intervals)."""
        generator = random.Random(SEED)
        points = [x if isinstance(x, tuple) else (x,) for x in self.hard]
        for box in self.intervals:
            sides = box if isinstance(box[0], tuple) else (box,)
            points += [tuple(sample(generator, *side) for side in sides) for _ in range(SAMPLES)]
        return points


def sample(generator: random.Random, low: float, high: float) -> float:
    """A float in [low, high]: uniform, or in the logarithm where both are far apart."""
    if 0.0 < low < high * 1e-3:
        return min(high, math.exp(generator.uniform(math.log(low), math.log(high))))
    return generator.uniform(low, high)


def near(*centres: float) -> tuple[float, ...]:
    """Each centre, its neighbours, and points closing in on it from both sides."""
    result = []
    for x in centres:
        result += [x, math.nextafter(x, inf), math.nextafter(x, -inf)]
        result += [x + side * 10.0**-k for k in range(1, 16, 2) for side in (1, -1)]
    return tuple(result)


def cbrt(x: Any) -> Any:
    return mp.sign(x) * mp.cbrt(abs(x))


def lgamma(x: Any) -> Any:
    with mp.workdps(2 * DIGITS):
        return mp.log(abs(mp.gamma(x)))


def psi(n: Any, x: Any) -> Any:
    with mp.workdps(2 * DIGITS):
        return mp.psi(int(n), x)


def lbeta(x: Any, y: Any) -> Any:
    with mp.workdps(400):
        return mp.loggamma(x) + mp.loggamma(y) - mp.loggamma(x + y)


def psi_drop(n: Any, x: Any, y: Any) -> Any:
    with mp.workdps(200):
        return mp.psi(int(n), x) - mp.psi(int(n), x + y)


def mod(x: Any, y: Any) -> Any:
    with mp.workprec(2200):
        return x - y * mp.floor(x / y)


def logit(x: Any) -> Any:
    with mp.workdps(400):
        return mp.log(x / (1 - x))


def sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def logisticpdf(x: Any) -> Any:
    return sigmoid(x) * sigmoid(-x)


def unit(x: Any, y: Any) -> Any:
    return x / mp.hypot(x, y)


def inversion(x: Any, y: Any) -> Any:
    return x / (x * x + y * y)


def softplus(x: Any) -> Any:
    return mp.log1p(mp.exp(x))


def logaddexp(x: Any, y: Any) -> Any:
    return max(x, y) + mp.log1p(mp.exp(-abs(x - y)))


def log1mexp(x: Any) -> Any:
    with mp.workdps(500):
        return mp.log(1 - mp.exp(-x))


def logcosh(x: Any) -> Any:
    with mp.workdps(400):
        return abs(x) + mp.log1p(mp.exp(-2 * abs(x))) - mp.log(2)


def normcdf(x: Any) -> Any:
    with mp.workdps(2 * DIGITS):
        return mp.erfc(-x / mp.sqrt(2)) / 2


ONES = near(1.0)
BELOW_1 = tuple(x for x in ONES if x < 1.0)
ABOVE_1 = tuple(x for x in ONES if x > 1.0)
UNIT = (*BELOW_1, *(-x for x in BELOW_1), 1.0, -1.0, 0.5, -0.5, 1e-300, -1e-9, SMALLEST)
SMALL = (SMALLEST, -SMALLEST, TINY, -TINY, 1e-160, 1e-9, -1e-9, EPS)
POSITIVE = (SMALLEST, TINY, 1e-160, 0.1, 0.5, 2.0, 1e22, 1e300, HUGE, *ONES)
TURNS = (
    *tuple(k * pi / 2 for k in (1, 2, 3, 4, 11, 355, 710, -22)),
    1e22,
    100000.0,
    HUGE,
    2.0**1000,
)
LGAMMA_ROOTS = (
    -2.4570247382208006,
    -2.7476826467274127,
    -3.14358088834998,
    -3.955294284858598,
    -4.039161840101608,
    -4.9915452214246505,
    -5.008218168144024,
    -5.998648074568453,
    -10.000000275556,
    -9.9999997244268,
    -12.0000000020877,
    -15.000000000000764,
)
DIGAMMA_ROOTS = (
    1.4616321449683622,
    -0.5040830082644554,
    -1.5734984731623904,
    -2.6107208684441447,
    -3.635293366436901,
    -4.653237761743142,
    -9.702672540001863,
    -20.757,
    -1000.86,
)
POLES = tuple(x for x in near(0.0, -1.0, -2.0, -7.0, -20.0, -100.0) if x != round(x))
GAMMA_RANGES = ((SMALLEST, 0.1), (0.1, 3.0), (3.0, 12.0), (-1.0, 0.0), (-4.0, -1.0), (-12.0, -4.0))
GAMMA_HARD = (*POLES, *near(1.0, 2.0, 2.5, 10.0, 0.5, 1.5), 1e-310, 3.0, 4.0, 23.0, -9.5, -10.5)
SCIPY_IS_WORSE = (1.997300179793745, 13.3126955806635, 29.396856152911898, -0.3716594560285824)
SCIPY_IS_WORSE += (-9.000002755717752, -18.838420428552755, -170.65)
"""Where SciPy's gamma is off by more than 5 ulp."""
POLYGAMMA_RANGES = ((1e-8, 1.0), (0.5, 9.0), (9.0, 40.0), (1e3, 1e12), (-1.0, -1e-8), (-30.0, -1.0))


def steep(n: int) -> tuple[float, ...]:
    """Where the largest term of polygamma(n, x), n!/x^(n + 1), all but leaves the range."""
    return tuple(
        side * (HUGE / (share * math.factorial(n))) ** (-1 / (n + 1))
        for share in (1.001, 1.5, 1.99, 2.01, 9.0)
        for side in (1, -1)
    )


TAILS = (26.0, 26.5, 27.2, -5.0, 5.0, 0.5, 0.47, 1.0, 8.0)

ROWS = (
    Row("divide", lambda x, y: x / y, ((1.0, 3.0), (1e-300, 1e20)), (((1e-9, 1e9), (-2, -1)),)),
    Row(
        "power",
        lambda x, y: x**y,
        (
            (0.5, 1074.0),
            (1.0 + EPS, 1e16),
            (-2.0, 3.0),
            (-2.0, -1073.0),
            (10.0, 308.0),
            (10, -320.0),
        ),
        (((0.9, 1.1), (-999, 999)), ((1e-9, 1e9), (-30.0, 30.0))),
    ),
    Row(
        "powlog",
        lambda x, y, n: mp.mpf(x) ** y * mp.log(x) ** n,
        ((0.5, 1000.0, 1.0), (2.0, -3.0, 2.0), (10.0, 300.0, 0.0)),
        (((1e-9, 1e9), (-9, 9), (1, 1)),),
    ),
    Row("mod", mod, ((-1e-20, 1.0), (1e300, 3.0), (5.5, -2.0)), (((-9, 9), (-2, -1)),)),
    Row("hypot", mp.hypot, ((3e200, 4e200), (3e-200, 4e-200)), (((1e-9, 1e9), (1e-3, 1e3)),)),
    Row("unit", unit, ((3e200, 4e200), (3e-200, 4e-200)), (((1e-9, 1e9), (1e-3, 1e3)),)),
    Row("inversion", inversion, ((3e100, 4e100), (3e-100, 4e-99)), (((1e-9, 1e9), (1e-3, 1e3)),)),
    Row("radius", mp.sqrt, POSITIVE, ((TINY, HUGE),)),
    Row("sqdiff", lambda x, y: x * x - y * y, ((1.0, 1.0 + EPS),), (((-9, 9), (-9, 9)),)),
    Row("exp", mp.exp, (-745.0, 709.78, 1e-20, -720.5, 1.0, *SMALL), ((-745, 709), (-1, 1))),
    Row("exp2", lambda x: mp.mpf(2) ** x, (-1074.0, 1023.5, 10.0, *SMALL), ((-1e3, 1e3), (-1, 1))),
    Row("expm1", mp.expm1, (*SMALL, -40.0, 709.78), ((-40, 700), (-1, 1))),
    Row("log", mp.log, POSITIVE, ((0.5, 2), (TINY, HUGE))),
    Row("log2", lambda x: mp.log(x, 2), (*POSITIVE, 2.0**-1074, 2.0**29), ((0.5, 2), (TINY, HUGE))),
    Row("log10", mp.log10, (*POSITIVE, 1e15, 1e22, 1e-5), ((0.5, 2), (TINY, HUGE))),
    Row("log1p", mp.log1p, (*SMALL, *(-x for x in BELOW_1), HUGE), ((-1, 1), (1e-12, 1e12))),
    Row("sqrt", mp.sqrt, POSITIVE, ((TINY, HUGE),)),
    Row("cbrt", cbrt, (*POSITIVE, -27.0), ((TINY, HUGE), (-9, -1))),
    Row("sin", mp.sin, (*TURNS, *SMALL), ((-9, 9), (1.0, 1e300))),
    Row("cos", mp.cos, (*TURNS, *SMALL), ((-9, 9), (1.0, 1e300))),
    Row("tan", mp.tan, (*TURNS, *SMALL), ((-9, 9), (1.0, 1e300))),
    Row("cot", mp.cot, (*TURNS, *SMALL[2:]), ((-9, 9), (1.0, 1e300))),
    Row("asin", mp.asin, UNIT, ((-1, 1),)),
    Row("acos", mp.acos, UNIT, ((-1, 1),)),
    Row("atan", mp.atan, (*SMALL, HUGE, 1.0), ((-9, 9), (1.0, 1e20))),
    Row("atan2", mp.atan2, ((1e-300, 1.0), (1.0, 1e-300), (SMALLEST, -1.0)), (((-9, 9), (-9, 9)),)),
    Row("sinh", mp.sinh, (*SMALL, 710.4, -710.4), ((-710, 710), (-2, 2))),
    Row("cosh", mp.cosh, (*SMALL, 710.4, -710.4), ((-710, 710), (-2, 2))),
    Row("tanh", mp.tanh, (*SMALL, 19.0, 22.0), ((-20, 20), (-1, 1))),
    Row("csch", mp.csch, (*SMALL[2:], 740.0, -744.0), ((-745, 745), (-2, 2))),
    Row("coth", mp.coth, (*SMALL[2:], 19.0, 22.0), ((-20, 20), (-1, 1))),
    Row("logaddexp", logaddexp, ((40.0, 0.0), (-800.0, -801.0), (3.0, 3.0), (1e308, 1e308))),
    Row("logaddexp", logaddexp, (), (((1, 9), (1, 9)), ((-9, -1), (-9, -1)), ((-745, 0), (9, 99)))),
    Row("log1mexp", log1mexp, (*near(0.6931471805599453), *POSITIVE[:4], 745.0), ((1e-9, 40.0),)),
    Row("logcosh", logcosh, (1e-150, 1e-9, *near(20.0), 1.0, HUGE), ((-25, 25), (-1, 1))),
    Row(
        "xlogy", lambda x, y: x * mp.log(y), ((0.0, 2.0), (-1e300, 1e-300)), (((-9, 9), (0.5, 2)),)
    ),
    Row("sech", mp.sech, (*SMALL, 740.0, -744.0), ((-745, 745), (-2, 2))),
    Row("asinh", mp.asinh, (*SMALL, HUGE), ((-9, 9), (1e-9, 1e20))),
    Row("acosh", mp.acosh, (*ABOVE_1, HUGE, 1.5), ((1, 3), (2, 1e20))),
    Row("atanh", mp.atanh, (*UNIT[:-8], *SMALL), ((-1, 1),)),
    Row("erf", mp.erf, (*SMALL, *TAILS), ((-6, 6), (-1, 1))),
    Row("erfc", mp.erfc, (*SMALL, *TAILS), ((-6, 27), (-1, 2))),
    Row("gauss", lambda x: mp.exp(-x * x), (*SMALL, *TAILS), ((-27, 27), (-1, 1))),
    Row("normpdf", mp.npdf, (*SMALL, *TAILS, -38.0, -38.5), ((-38, 38), (-1, 1))),
    Row("normcdf", normcdf, (*SMALL, *TAILS, -38.0, -38.4, -0.75), ((-38, 0), (-2, 6))),
    Row(
        "gamma",
        mp.gamma,
        (*GAMMA_HARD, *SCIPY_IS_WORSE, 171.6, -170.5, -175.3, -183.5, -150.001),
        GAMMA_RANGES,
    ),
    Row("gamma", mp.gamma, (), ((10.0, 171.6), (-171.0, -10.0), (-184.0, -170.0))),
    Row("lgamma", lgamma, (*GAMMA_HARD, *near(*LGAMMA_ROOTS), 1.4616321449683623), GAMMA_RANGES),
    Row("lgamma", lgamma, (1e-310, 1e15), ((10.0, 1e5), (-200.0, -10.0), (1.2, 1.8))),
    Row("lgamma", mp.loggamma, (1e22, 2.5e305), ((1e5, 1e300),)),
    Row("digamma", lambda x: psi(0, x), (*GAMMA_HARD, *near(*DIGAMMA_ROOTS)), GAMMA_RANGES),
    Row("digamma", lambda x: psi(0, x), (1e-300,), ((10.0, 1e300), (-99.0, -10.0), (-1e6, -9e5))),
    *(
        Row(
            "polygamma",
            psi,
            tuple(
                (float(n), x) for x in (*POLES[:40:3], *steep(n), 1e40, -1.2, -4.7, -50.3, 1.0, 0.5)
            ),
            tuple(((n, n), interval) for interval in POLYGAMMA_RANGES),
        )
        for n in range(7)
    ),
    Row("lbeta", lbeta, ((1e300, 1e300), (1e300, 5.0), (1e-300, 1e-300), (1e-300, 1e10))),
    Row("lbeta", lbeta, (), (((2, 12), (2, 12)), ((1e-9, 0.6), (1e-9, 0.6)), ((2, 1e12),) * 2)),
    Row("polygammadiff", psi_drop, ((0.0, 1e10, 1.3), (1.0, 1e-9, 1e9), (2.0, 0.5, 1e-12))),
    *(Row("polygammadiff", psi_drop, (), (((n, n), (1e-9, 1e9), (1e-9, 1e9)),)) for n in (0, 1, 5)),
    *(Row(name, VALUES.get(name, exact), hard) for name, (exact, hard, _) in SPECIAL_ROWS.items()),
    Row("sigmoid", sigmoid, (*SMALL, -745.0, -709.5, 40.0), ((-745, 40), (-2, 2))),
    Row("logit", logit, (*near(0.5, 0.25, 0.75), *BELOW_1, *POSITIVE[:4]), ((0, 1), (TINY, 0.1))),
    Row("logisticpdf", logisticpdf, (*SMALL, 40.0, -740.0), ((-745, 745), (-2, 2))),
    Row("softplus", softplus, (*SMALL, -745.0, -700.0, 40.0, 800.0), ((-745, 40), (-2, 2))),
)


@pytest.fixture(autouse=True)
def fifty_digits() -> Iterator[None]:
    with mp.workdps(DIGITS):
        yield


def on_floats(name: str, points: list[tuple[float, ...]]) -> list[float]:
    return [getattr(float_functions, name)(*point) for point in points]


def on_arrays(name: str, points: list[tuple[float, ...]]) -> list[float]:
    columns = [np.array(column, dtype=np.float64) for column in zip(*points, strict=True)]
    with array_functions.quiet():
        result: list[float] = getattr(array_functions, name)(*columns).tolist()
    return result


def on_digits(name: str, points: list[tuple[float, ...]]) -> list[float]:
    function = getattr(digit_functions, name)
    return [float(function(*map(mp.mpf, point))) for point in points]


ENGINES = {"floats": on_floats, "arrays": on_arrays, "digits": on_digits}
engines = pytest.mark.parametrize("engine", ENGINES)


@pytest.mark.parametrize("engine", ["floats", "arrays"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_value_is_within_4_ulps(row: Row, engine: str) -> None:
    points = row.points()
    values = ENGINES[engine](row.name, points)
    worst = max(
        (ulps(value, mp.re(row.exact(*map(mp.mpf, point)))), point, value)
        for point, value in zip(points, values, strict=True)
    )
    assert worst[0] <= ULPS.get(row.name, SPECIAL_ULPS.get(row.name, 4.0)), worst


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_digits_are_right_to_the_working_precision(row: Row) -> None:
    points = [point for point in row.points() if max(map(abs, point)) < 1e30][::9]
    for point in points:
        xs = [mp.mpf(x) for x in point]
        with mp.workdps(3 * DIGITS):
            exact = mp.re(row.exact(*xs))
        value = getattr(digit_functions, row.name)(*xs)
        assert abs(value - exact) <= abs(exact) * mp.mpf(10) ** (3 - DIGITS), (point, value, exact)


def test_the_accuracy_test_sees_one_wrong_digit() -> None:
    exact = mp.exp(mp.mpf(1))
    assert ulps(math.exp(1.0), exact) < 1.0
    assert ulps(math.exp(1.0) * (1 + 6 * EPS), exact) > 4.0
    assert ulps(nan, exact) == ulps(1.0, mp.nan) == ulps(inf, exact) == inf


SPECIAL: dict[str, tuple[tuple[Any, ...], ...]] = {
    # name: (argument ..., value), for all three algebras; see SIGNED for what needs a signed zero.
    "divide": (
        (1.0, 0.0, inf),
        (-1.0, 0.0, -inf),
        (0.0, 0.0, nan),
        (inf, inf, nan),
        (1.0, inf, 0.0),
    ),
    "power": (
        (0.0, -1.0, inf),
        (-8.0, 1 / 3, nan),
        (nan, 0.0, 1.0),
        (inf, 0.0, 1.0),
        (1.0, nan, 1.0),
        (1.0, inf, 1.0),
        (-1.0, inf, 1.0),
        (0.5, inf, 0.0),
        (0.5, -inf, inf),
        (2.0, inf, inf),
        (-inf, 3.0, -inf),
        (-inf, 2.0, inf),
        (-inf, -2.0, 0.0),
        (-inf, 0.5, inf),
        (0.0, 0.5, 0.0),
        (nan, 1.0, nan),
        (2.0, nan, nan),
        (-2.0, 3.0, -8.0),
    ),
    "mod": (
        (5.0, 0.0, nan),
        (-5.0, 3.0, 1.0),
        (5.0, -3.0, -1.0),
        (inf, 2.0, nan),
        (5.0, inf, 5.0),
        (-5.0, inf, inf),
        (5.0, nan, nan),
    ),
    "minimum": ((1.0, 2.0, 1.0), (3.0, 2.0, 2.5, 2.0), (nan, 1.0, nan), (1.0, nan, 0.0, nan)),
    "maximum": ((1.0, 2.0, 2.0), (3.0, 2.0, 2.5, 3.0), (nan, 1.0, nan), (1.0, nan, 2.0, nan)),
    "hypot": ((inf, 1.0, inf), (3.0, 4.0, 5.0), (nan, 1.0, nan)),
    "unit": ((3.0, 4.0, 0.6), (0.0, 0.0, 0.0), (-2.0, 0.0, -1.0), (nan, 1.0, nan)),
    "powlog": (
        (0.0, 0.5, 2.0, 0.0),
        (0.0, 0.0, 1.0, -inf),
        (0.0, 0.0, 0.0, 1.0),
        (-1.0, 2.0, 1.0, nan),
    ),
    "inversion": ((3.0, 4.0, 0.12), (0.0, 0.0, nan), (1.0, inf, 0.0), (nan, 1.0, nan)),
    "radius": ((-1.0, nan), (4.0, 2.0), (0.0, 0.0), (inf, inf), (nan, nan)),
    "sqdiff": ((3.0, 2.0, 5.0), (inf, 1.0, inf), (nan, 1.0, nan)),
    "slope": ((2.0, 3.0, 0.0), (inf, 1.0, 0.0), (nan, 1.0, nan), (1.0, nan, nan)),
    "abs": ((-2.0, 2.0), (-inf, inf), (nan, nan)),
    "sign": ((-2.0, -1.0), (0.0, 0.0), (inf, 1.0), (nan, nan)),
    "trunc": (
        (0.5, 0.0),
        (2.5, 2.0),
        (-2.5, -2.0),
        (inf, inf),
        (1e300, 1e300),
        (nan, nan),
    ),
    "csch": ((inf, 0.0), (nan, nan)),
    "coth": ((inf, 1.0), (-inf, -1.0), (nan, nan)),
    "logaddexp": ((inf, 0.0, inf), (-inf, -inf, -inf), (-inf, 2.0, 2.0), (inf, inf, inf)),
    "log1mexp": ((0.0, -inf), (-1.0, nan), (nan, nan)),
    "logcosh": ((0.0, 0.0), (inf, inf), (-inf, inf), (nan, nan)),
    "xlogy": ((0.0, 0.0, 0.0), (0.0, -1.0, nan), (1.0, 0.0, -inf), (0.0, 5.0, 0.0)),
    "floor": ((-0.5, -1.0), (2.5, 2.0), (inf, inf), (1e300, 1e300), (nan, nan)),
    "ceil": ((0.5, 1.0), (-2.5, -2.0), (-inf, -inf), (1e300, 1e300), (nan, nan)),
    "round": (
        (0.5, 0.0),
        (1.5, 2.0),
        (2.5, 2.0),
        (-2.6, -3.0),
        (0.49999999999999994, 0.0),
        (4503599627370498.0, 4503599627370498.0),
        (inf, inf),
        (nan, nan),
    ),
    "exp": ((-inf, 0.0), (inf, inf), (0.0, 1.0), (nan, nan)),
    "exp2": ((-inf, 0.0), (inf, inf), (3.0, 8.0), (nan, nan)),
    "expm1": ((-inf, -1.0), (inf, inf), (0.0, 0.0), (nan, nan)),
    "log": ((0.0, -inf), (-1.0, nan), (-inf, nan), (inf, inf), (1.0, 0.0), (nan, nan)),
    "log2": ((0.0, -inf), (-1.0, nan), (-inf, nan), (inf, inf), (8.0, 3.0), (nan, nan)),
    "log10": ((0.0, -inf), (-1.0, nan), (-inf, nan), (inf, inf), (1000.0, 3.0), (nan, nan)),
    "log1p": ((-1.0, -inf), (-2.0, nan), (-inf, nan), (inf, inf), (0.0, 0.0), (nan, nan)),
    "sqrt": ((-1.0, nan), (-inf, nan), (inf, inf), (0.0, 0.0), (nan, nan)),
    "cbrt": ((-8.0, -2.0), (-inf, -inf), (inf, inf), (0.0, 0.0), (nan, nan)),
    "sin": ((inf, nan), (-inf, nan), (0.0, 0.0), (nan, nan)),
    "cos": ((inf, nan), (-inf, nan), (0.0, 1.0), (nan, nan)),
    "tan": ((inf, nan), (-inf, nan), (0.0, 0.0), (nan, nan)),
    "cot": ((inf, nan), (nan, nan)),
    "asin": ((1.0 + EPS, nan), (-2.0, nan), (inf, nan), (0.0, 0.0), (nan, nan)),
    "acos": ((1.0 + EPS, nan), (-2.0, nan), (inf, nan), (1.0, 0.0), (nan, nan)),
    "atan": ((inf, pi / 2), (-inf, -pi / 2), (nan, nan)),
    "atan2": (
        (0.0, 0.0, 0.0),
        (0.0, -1.0, pi),
        (inf, inf, pi / 4),
        (-inf, -inf, -3 * pi / 4),
        (1.0, inf, 0.0),
        (1.0, -inf, pi),
        (nan, 1.0, nan),
    ),
    "sinh": ((inf, inf), (-inf, -inf), (0.0, 0.0), (nan, nan)),
    "cosh": ((inf, inf), (-inf, inf), (0.0, 1.0), (nan, nan)),
    "tanh": ((inf, 1.0), (-inf, -1.0), (0.0, 0.0), (nan, nan)),
    "sech": ((inf, 0.0), (-inf, 0.0), (0.0, 1.0), (nan, nan)),
    "asinh": ((inf, inf), (-inf, -inf), (0.0, 0.0), (nan, nan)),
    "acosh": ((1.0, 0.0), (1.0 - EPS, nan), (-inf, nan), (inf, inf), (nan, nan)),
    "atanh": ((1.0, inf), (-1.0, -inf), (1.0 + EPS, nan), (-inf, nan), (nan, nan)),
    "erf": ((inf, 1.0), (-inf, -1.0), (0.0, 0.0), (nan, nan)),
    "erfc": ((inf, 0.0), (-inf, 2.0), (0.0, 1.0), (nan, nan)),
    "gauss": ((inf, 0.0), (-inf, 0.0), (0.0, 1.0), (1e200, 0.0), (nan, nan)),
    "normpdf": ((inf, 0.0), (-inf, 0.0), (1e200, 0.0), (nan, nan)),
    "normcdf": ((inf, 1.0), (-inf, 0.0), (0.0, 0.5), (-1e200, 0.0), (1e200, 1.0), (nan, nan)),
    "gamma": (
        (0.0, inf),
        (-1.0, nan),
        (-20.0, nan),
        (-1e300, nan),
        (inf, inf),
        (-inf, nan),
        (5.0, 24.0),
        (nan, nan),
    ),
    "lgamma": (
        (-1e308, inf),
        (0.0, inf),
        (-1.0, inf),
        (-1e300, inf),
        (inf, inf),
        (-inf, inf),
        (nan, nan),
        (1.0, 0.0),
        (2.0, 0.0),
        (HUGE, inf),
    ),
    "digamma": ((0.0, nan), (-1.0, nan), (-1e300, nan), (inf, inf), (-inf, nan), (nan, nan)),
    "polygamma": (
        (0.0, 0.0, nan),
        (0.0, inf, inf),
        (1.0, 0.0, inf),
        (2.0, 0.0, -inf),
        (1.0, -3.0, inf),
        (2.0, -3.0, nan),
        (1.0, inf, 0.0),
        (3.0, -inf, nan),
        (1.0, nan, nan),
        (nan, 1.0, nan),
        (0.5, 1.0, nan),
        (-1.0, 1.0, nan),
        (inf, 1.0, nan),
    ),
    "lbeta": (
        (1.0, 1.0, 0.0),
        (0.0, 2.0, inf),
        (-1.5, 2.0, nan),
        (inf, 2.0, -inf),
        (0.0, inf, nan),
        (nan, 1.0, nan),
    ),
    "polygammadiff": (
        (0.0, 1.0, 0.0, 0.0),
        (0.0, 1.0, inf, -inf),
        (0.5, 1.0, 1.0, nan),
        (1.0, -1.0, 1.0, nan),
        (1.0, 1.0, -0.5, nan),
        (171.0, 1.0, 1.0, nan),
        (1.0, 1.0, nan, nan),
    ),
    "erfcx": ((inf, 0.0), (-inf, inf), (0.0, 1.0), (nan, nan)),
    "ierfcx": (
        (0.0, 0.0, 1.0),
        (1.0, inf, 0.0),
        (0.5, 1.0, nan),
        (-1.0, 1.0, nan),
        (1.0, nan, nan),
    ),
    "erfinv": ((0.0, 0.0), (1.0, inf), (-1.0, -inf), (1.5, nan), (nan, nan)),
    "erfcinv": ((0.0, inf), (2.0, -inf), (-1.0, nan), (2.5, nan), (nan, nan)),
    "norminv": ((0.5, 0.0), (0.0, -inf), (1.0, inf), (-1.0, nan), (1.5, nan), (nan, nan)),
    "lognormcdf": ((-inf, -inf), (nan, nan)),
    "invmills": ((inf, 0.0), (-inf, inf), (nan, nan)),
    "sinc": ((0.0, 1.0), (0.5, 2 / pi), (nan, nan)),
    "dsinc": (
        (1.0, 0.0, 0.0),
        (0.5, 1.0, nan),
        (-1.0, 1.0, nan),
        (101.0, 1.0, nan),
        (1.0, nan, nan),
    ),
    "gammainc": (
        (0.0, 1.0, 1.0),
        (0.0, 0.0, nan),
        (2.0, 0.0, 0.0),
        (2.0, inf, 1.0),
        (-1.0, 1.0, nan),
        (1.0, -1.0, nan),
    ),
    "gammaincc": (
        (0.0, 1.0, 0.0),
        (0.0, 0.0, nan),
        (2.0, 0.0, 1.0),
        (2.0, inf, 0.0),
        (-1.0, 1.0, nan),
        (1.0, -1.0, nan),
    ),
    "gammapdf": ((1.0, 0.0, 1.0), (2.0, 0.0, 0.0), (0.0, 1.0, 0.0), (2.0, -1.0, nan)),
    "dgammainc": ((1.0, 0.5, 0.0, 0.0), (2.0, 2.0, inf, 0.0), (1.0, 2.0, -1.0, nan)),
    "betainc": (
        (0.0, 1.0, 0.5, 1.0),
        (0.0, 1.0, 0.0, 0.0),
        (1.0, 0.0, 0.5, 0.0),
        (1.0, 0.0, 1.0, 1.0),
        (0.0, 0.0, 0.5, nan),
        (2.0, 3.0, 0.0, 0.0),
        (2.0, 3.0, 1.0, 1.0),
        (2.0, 3.0, 1.5, nan),
    ),
    "dbetapdf": (
        (0.0, 1.0, 1.0, 3.0, 0.0, 1.0),
        (1.0, 1.0, 2.0, 3.0, 1.0, 0.0),
        (0.0, 1.0, 0.5, 3.0, 0.0, nan),
        (3.0, 2.0, 2.0, 3.0, 0.5, nan),
    ),
    "dbetainc": (
        (1.0, 0.0, 2.0, 3.0, 0.0, 0.0),
        (1.0, 1.0, 2.0, 3.0, 1.0, 0.0),
        (2.0, 0.0, 2.0, 0.0, 0.5, 0.0),
        (0.0, 1.0, 2.0, 3.0, 1.5, nan),
        (3.0, 2.0, 2.0, 3.0, 0.5, nan),
        (0.5, 1.0, 2.0, 3.0, 0.5, nan),
    ),
    "betapdf": ((1.0, 3.0, 0.0, 3.0), (2.0, 3.0, 1.0, 0.0), (2.0, 3.0, 1.5, nan)),
    "voigt": ((0.0, 0.0, 1.0, 1 / pi), (1.0, -1.0, 1.0, nan), (1.0, 1.0, -1.0, nan)),
    "besselj": ((0.0, 0.0, 1.0), (2.0, 0.0, 0.0), (0.5, -1.0, nan), (nan, 1.0, nan)),
    "bessely": ((0.0, 0.0, -inf), (0.0, -1.0, nan), (nan, 1.0, nan)),
    "besseli": ((0.0, 0.0, 1.0), (2.0, 0.0, 0.0), (0.5, -1.0, nan), (nan, 1.0, nan)),
    "besselk": ((0.0, 0.0, inf), (0.0, -1.0, nan), (nan, 1.0, nan)),
    "sigmoid": ((inf, 1.0), (-inf, 0.0), (0.0, 0.5), (nan, nan)),
    "logit": ((0.0, -inf), (1.0, inf), (0.5, 0.0), (-0.1, nan), (1.1, nan), (inf, nan), (nan, nan)),
    "logisticpdf": ((inf, 0.0), (-inf, 0.0), (0.0, 0.25), (nan, nan)),
    "softplus": ((inf, inf), (-inf, 0.0), (nan, nan)),
    "less": ((1.0, 2.0, 1.0), (2.0, 2.0, 0.0), (nan, 1.0, 0.0)),
    "less_equal": ((1.0, 2.0, 1.0), (2.0, 2.0, 1.0), (nan, 1.0, 0.0)),
    "greater": ((1.0, 2.0, 0.0), (3.0, 2.0, 1.0), (nan, 1.0, 0.0)),
    "greater_equal": ((1.0, 2.0, 0.0), (2.0, 2.0, 1.0), (nan, 1.0, 0.0)),
    "equal": ((1.0, 2.0, 0.0), (2.0, 2.0, 1.0), (nan, nan, 0.0)),
    "not_equal": ((1.0, 2.0, 1.0), (2.0, 2.0, 0.0), (nan, nan, 1.0)),
    "where": ((1.0, 2.0, nan, 2.0), (0.0, nan, 3.0, 3.0), (nan, 2.0, 3.0, 2.0)),
    "add": ((inf, -inf, nan), (1.0, 2.0, 3.0), (nan, 1.0, nan)),
    "subtract": ((inf, inf, nan), (1.0, 2.0, -1.0), (nan, 1.0, nan)),
    "multiply": ((inf, 0.0, nan), (2.0, 3.0, 6.0), (nan, 1.0, nan)),
    "negative": ((inf, -inf), (2.0, -2.0), (nan, nan)),
}

RANGE: dict[str, tuple[tuple[Any, ...], ...]] = {
    # Values past the range of a float, and signed zeros: mpmath has neither.
    "divide": ((1.0, -0.0, -inf), (-1.0, -0.0, inf), (-0.0, 1.0, -0.0), (1e300, 1e-300, inf)),
    "multiply": ((1e300, 1e300, inf), (-0.0, 1.0, -0.0)),
    "power": (
        (-0.0, -1.0, -inf),
        (-0.0, 3.0, -0.0),
        (-0.0, -2.0, inf),
        (-inf, -3.0, -0.0),
        (-10.0, 309.0, -inf),
    ),
    "mod": ((-0.0, 5.0, 0.0), (0.0, -5.0, -0.0)),
    "negative": ((0.0, -0.0),),
    "trunc": ((-0.5, -0.0),),
    "csch": ((-inf, -0.0),),
    "log1mexp": ((inf, -0.0),),
    "lognormcdf": ((inf, -0.0),),
    "abs": ((-0.0, 0.0),),
    "floor": ((-0.0, -0.0),),
    "ceil": ((-0.5, -0.0), (-0.0, -0.0)),
    "round": ((-0.5, -0.0), (-0.0, -0.0)),
    "exp": ((1000.0, inf), (-1000.0, 0.0)),
    "exp2": ((1024.0, inf), (-1100.0, 0.0)),
    "expm1": ((1000.0, inf), (-0.0, -0.0)),
    "log": ((-0.0, -inf),),
    "log1p": ((-0.0, -0.0),),
    "sqrt": ((-0.0, -0.0),),
    "cbrt": ((-0.0, -0.0),),
    **dict.fromkeys(("sin", "tan", "asin", "atan", "tanh", "asinh", "erf"), ((-0.0, -0.0),)),
    "atanh": ((-0.0, -0.0),),
    "atan2": ((-0.0, -1.0, -pi), (0.0, -0.0, pi), (-0.0, 1.0, -0.0)),
    "sinh": ((1000.0, inf), (-1000.0, -inf), (-0.0, -0.0)),
    "cosh": ((1000.0, inf),),
    "gamma": (
        (-0.0, -inf),
        (172.0, inf),
        (1e300, inf),
        (-184.5, -0.0),
        (-185.5, 0.0),
        (1e-310, inf),
    ),
    "polygamma": (
        (1e300, 1e300, -0.0),
        (100.0, 1e8, -0.0),
        (1e300, 0.5, -inf),
        (2.0, -0.0, inf),
        (2.0, 0.0, -inf),
        (1.0, -0.0, inf),
    ),
}


def same(got: float, wanted: float) -> bool:
    """Whether both are nan, or equal with equal signs, also of zero, to an ulp."""
    if got != got or wanted != wanted:
        return got != got and wanted != wanted
    close = math.isclose(got, wanted, rel_tol=EPS, abs_tol=0.0)
    return close and math.copysign(1.0, got) == math.copysign(1.0, wanted)


@engines
@pytest.mark.parametrize("name", SPECIAL)
def test_special_values(name: str, engine: str) -> None:
    for *point, wanted in SPECIAL[name]:
        got = ENGINES[engine](name, [tuple(point)])[0]
        assert same(got, wanted), (name, point, got, wanted)


@pytest.mark.parametrize("engine", ["floats", "arrays"])
@pytest.mark.parametrize("name", RANGE)
def test_range_and_signed_zeros(name: str, engine: str) -> None:
    for *point, wanted in RANGE[name]:
        got = ENGINES[engine](name, [tuple(point)])[0]
        assert same(got, wanted), (name, point, got, wanted)


CONSTANTS = ("e", "inf", "nan", "pi", "tau")


NAMESPACES = (float_functions, array_functions, digit_functions, complex_functions)
NAMED = tuple(p for p in PRIMITIVES.values() if p.kind in (ELEMENTWISE, SELECT))


def missing(module: ModuleType) -> list[str]:
    """The primitives that a namespace must have and has no function for."""
    claimed = NAMED
    if module is complex_functions:
        claimed = tuple(p for p in NAMED if is_analytic(p) and hasattr(complex_functions, p.name))
    return [p.name for p in claimed if not callable(getattr(module, p.name, None))]


FAR = (
    -1e15,
    -1e300,
    -7.5e9,
    -0.5,
    0.0,
    5e-324,
    2.0,
    4e4,
    3e9,
    1e300,
    math.inf,
    -math.inf,
    math.nan,
)


@pytest.mark.parametrize("name", [p.name for p in NAMED if not p.variadic])
def test_far_arguments_take_no_step_for_each_unit(name: str) -> None:
    points = list(itertools.product(FAR, repeat=len(PRIMITIVES[name].inputs)))
    points = random.Random(1).sample(points, min(len(points), 2000))
    assert effort(lambda: on_arrays(name, points)) < 200


@pytest.mark.parametrize("module", NAMESPACES, ids=lambda module: module.__name__.split(".")[-1])
def test_every_primitive_has_a_function_in_every_namespace(module: ModuleType) -> None:
    assert missing(module) == []


def test_the_namespace_test_sees_a_missing_function() -> None:
    part = ModuleType("part")
    vars(part).update(
        {name: getattr(float_functions, name) for name in dir(float_functions) if name != "sin"}
    )
    assert missing(part) == ["sin"]


@pytest.mark.parametrize("module", [array_functions, digit_functions], ids=["arrays", "digits"])
def test_constants_are_the_same(module: ModuleType) -> None:
    for name in CONSTANTS:
        assert same(float(getattr(module, name)), getattr(float_functions, name))


def test_floats_load_the_gamma_family_when_it_is_first_used() -> None:
    code = (
        "import sys; from adcli.algebras.functions import float_functions as floats;"
        "floats.sin(1.0); names = set(sys.modules);"
        "loaded = {n for n in names if n.startswith('adcli.algebras.special.')};"
        "assert loaded == {'adcli.algebras.special.ieee'}, loaded;"
        "assert {'gamma', 'polygamma', 'gauss'} <= set(dir(floats));"
        "assert floats.gamma(5.0) == 24.0 and 'gamma' in vars(floats);"
        "assert not hasattr(floats, 'no_such_function')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_constants_of_digits_follow_the_precision() -> None:
    with mp.workdps(30):
        short = digit_functions.pi
    with mp.workdps(60):
        assert 0 < abs(digit_functions.pi - short) < mp.mpf(10) ** -29


@engines
def test_isfinite(engine: str) -> None:
    expected = {1.0: True, inf: False, -inf: False, 0.0: True}
    module = {"floats": float_functions, "arrays": array_functions, "digits": digit_functions}[
        engine
    ]
    convert: Any = {"floats": float, "arrays": np.float64, "digits": mp.mpf}[engine]
    assert {x: bool(module.isfinite(convert(x))) for x in expected} == expected
    assert not module.isfinite(convert(nan))


@pytest.mark.parametrize(
    "name", ["gamma", "lgamma", "digamma", "erfc", "normcdf", "logit", "gauss"]
)
def test_arrays_of_any_shape(name: str) -> None:
    function = getattr(array_functions, name)
    values = np.array([[-2.5, 0.3, 0.6], [12.0, -1.57, nan]])
    with array_functions.quiet():
        assert function(np.empty((0, 3))).shape == (0, 3)
        result = function(values)
        for index, x in np.ndenumerate(values):
            assert same(float(function(np.array(x))), float(result[index]))
            assert same(float(function(float(x))), float(result[index]))


def test_polygamma_broadcasts() -> None:
    n, x = np.array([[1.0], [2.0]]), np.array([0.5, -0.5, 3.0])
    with array_functions.quiet():
        result = array_functions.polygamma(n, x)
        assert result.shape == (2, 3)
        assert same(float(result[1, 2]), float(array_functions.polygamma(2.0, 3.0)))


ARITIES = {name: len(rows[0]) - 1 for name, rows in SPECIAL.items()}
ANY_FLOAT = st.floats(allow_nan=True, allow_infinity=True)
HARD_FLOAT = ANY_FLOAT | st.integers(-40, 40).map(float) | st.floats(-200.0, 200.0)


@engines
@pytest.mark.parametrize("name", ARITIES)
@settings(max_examples=25, deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_never_raises_and_never_warns(name: str, engine: str, data: st.DataObject) -> None:
    point = tuple(data.draw(HARD_FLOAT) for _ in range(ARITIES[name]))
    with warnings.catch_warnings(), mp.workdps(DIGITS):
        warnings.simplefilter("error")
        try:
            (value,) = ENGINES[engine](name, [point])
        except UsageError as error:
            if engine == "digits" and "takes minutes" in error.message:
                return
            raise
    assert isinstance(value, float)
    if any(x != x for x in point) and name not in NAN_IS_NOT_CONTAGIOUS:
        assert value != value


NAN_IS_NOT_CONTAGIOUS = {"power", "where", "hypot", "equal", "not_equal"} | {
    "less",
    "less_equal",
    "greater",
    "greater_equal",
}


def test_no_complex_number_leaves_digits() -> None:
    for name, arity in ARITIES.items():
        for x in (-1.5, 2.5, -0.25):
            value = getattr(digit_functions, name)(*[mp.mpf(x)] * arity)
            assert isinstance(value, mpmath.mpf), (name, x)
