"""A rule is right only if it is right when it is differentiated again.

Every second partial of every differentiable primitive, and of compound functions, and the third
derivative of those with one input, against differences of mpmath's functions in hundreds of digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations, combinations_with_replacement, product
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf

import adcli
from adcli.graph.library import LIBRARY
from adcli.graph.primitives import ELEMENTWISE, PRIMITIVES, no_derivative
from tests.ad.special_rows import OF_FIXED_ORDER, SPECIAL
from tests.ad.test_partials import NOTHING_FLOWS, ROWS

Point = tuple[float, ...]

RELATIVE = 1e-13
EPSILON = 2.0**-52
SMALLEST = 1e-305
"""Below, a product on the way is subnormal and has fewer digits."""
LARGEST = 1e307

GRID = (0.0, 1.0, 2.0, -1.0, 0.5, -0.3, 3.7, 1e-300, 1e-20, 1e-10, -1e-10)
FAR = (1e10, 1e154, 1e200, -1e200, 30.0, -30.0, 400.0, -400.0, 800.0)
PAIRS = (
    *((1.0, 1.0), (1.0, 1.0000000001), (1000.0, 1.0), (1.0, 1000.0), (1.0, 1e-10), (1e-10, 1.0)),
    *((1e150, 1.0), (1.0, 1e150), (3e200, 4e200), (1.0, 1e-200), (3.0, 0.0), (0.0, 3.0)),
    *((-2.0, 1e-8), (-1.0, -3.0), (1e-100, 2e-100), (1e-100, 1e-200), (1e-120, 1e-290)),
    *((1e-154, 1.0), (1.0, -1e-300), (1e300, 1e-300), (1e-100, 1e-300), (-1e-154, 3e-310)),
    *((1e-200, 1e200), (1e-300, 0.0), (0.0, 5e-200)),
)
POWERS = (
    *((2.0, 0.0), (2.0, 1.0), (2.0, 2.0), (1.0, 0.0), (1.0, 1.0), (0.5, 3.0), (3.0, 1e-20)),
    *((1 + 1e-10, 2.0), (1e-10, 0.5), (1e10, -0.3), (1e-100, 2.0), (1e200, 0.5), (math.e, -1.0)),
    *((1e-300, 1.0), (2.0, 1 + 1e-10), (1e100, 1.0)),
)


@dataclass(frozen=True)
class Case:
    """A program, its variables, the exact function, and the points.

    A second partial may be off by RELATIVE, by what moving each variable by two units in its last
    place changes, and by `noise` times the largest second partial at that point, with the reason
    beside it.
    """

    text: str
    names: tuple[str, ...]
    exact: Callable[..., Any]
    points: tuple[Point, ...]
    noise: float = 0.0


def ends(f: Callable[..., Any], below: float, above: float) -> Callable[..., Any]:
    """f, and its limits where mpmath would take all memory."""
    return lambda x: f(x) if abs(x) < 1e5 else mpf(below if x < 0 else above)


def wide(f: Callable[..., Any]) -> Callable[..., Any]:
    """f in digits that the differences of its large parts leave."""

    def widened(*xs: Any) -> Any:
        with mp.workdps(mp.dps + 800):
            return f(*xs)

    return widened


def has_ratio(x: Any, y: Any) -> bool:
    return min(x, y) > 0 and 1e-300 < x / y < 1e300


def tail(x: Any) -> Any:
    if abs(x) < 1.5:
        return -mp.erf(x)
    return mp.sign(x) * mp.erfc(abs(x)) if abs(x) < 1e5 else mpf(0)


def softplus(x: Any) -> Any:
    return max(x, 0) + ends(lambda t: mp.log1p(mp.exp(-abs(t))), 0, 0)(x)


EXACT: dict[str, Callable[..., Any]] = {
    **{name: row.exact for name, row in ROWS.items()},
    **{name: ends(ROWS[name].exact, 0, 0) for name in ("gauss", "normpdf", "sech", "logisticpdf")},
    # Up to a constant, so that the differences keep the digits of the tails:
    "erf": lambda x: -tail(x),
    "erfc": lambda x: tail(x),
    "normcdf": lambda x: -tail(x / mp.sqrt(2)) / 2,
    "sigmoid": ends(ROWS["sigmoid"].exact, 0, 1),
    "tanh": ends(mp.tanh, -1, 1),
    "softplus": softplus,
    "sqdiff": lambda x, y: (x - y) * (x + y),
    "csch": ends(mp.csch, 0, 0),
    "coth": ends(mp.coth, -1, 1),
    "log1mexp": ends(ROWS["log1mexp"].exact, math.nan, 0),
    "logcosh": lambda x: abs(x) + softplus(-2 * abs(x)),
    "logaddexp": lambda x, y: max(x, y) + softplus(-abs(x - y)),
    "log1pmx": wide(ROWS["log1pmx"].exact),
    "kl_div": lambda x, y: wide(ROWS["kl_div"].exact)(x, y) if has_ratio(x, y) else mp.nan,
    "stirling_error": lambda x: wide(ROWS["stirling_error"].exact)(x) if x < 1e50 else 1 / (12 * x),
    "lgamma": ends(ROWS["lgamma"].exact, math.nan, math.nan),
    "gamma": ends(ROWS["gamma"].exact, math.nan, math.nan),
    # mpmath's loggamma has not the digits of a difference from 1e30 on.
    "lbeta": lambda x, y: ROWS["lbeta"].exact(x, y) if 0 < x < 1e30 and 0 < y < 1e30 else mp.nan,
}


def primitive_case(name: str) -> Case:
    """A primitive with the grid, the hard points of its partials and the places of its zeros."""
    op = PRIMITIVES[name]
    hard = ROWS[name].hard
    names = tuple(op.inputs)
    if name in SPECIAL:
        points = [x if isinstance(x, tuple) else (x,) for x in hard]
    elif len(names) == 1:
        points = [(x,) for x in dict.fromkeys((*GRID, *FAR, *hard, *ZEROS.get(name, ())))]
        points = points[1:] if name == "cbrt" else points  # no derivative at 0
    else:
        points = list(dict.fromkeys((*hard, *(POWERS if name == "power" else PAIRS))))
    text = op.symbol.join(names) if op.symbol and len(names) == 2 else f"{name}({', '.join(names)})"
    text = "-x" if name == "negative" else text
    return Case(text, names, EXACT[name], tuple(points), NOISE.get(name, 0.0))


NOISE = {"voigt": 3e-13, "gammainc": 3e-13, "gammaincc": 3e-13}
"""The recurrence of Voigt's derivatives loses three digits about |z| = 2, where no other is better;
the quadrature of the second derivative in a loses some where a < 2."""
HALF_TURNS = (math.pi / 2, math.pi, 3 * math.pi / 2, 1e22)
ZEROS: dict[str, tuple[float, ...]] = {
    **dict.fromkeys(("sin", "cos", "tan", "cot"), HALF_TURNS),
    "gauss": (math.sqrt(0.5),),
    "erf": (math.sqrt(0.5),),
    "logit": (0.5, 0.5 + 1e-10, 0.25),
    "digamma": (1.4616321449683622,),
    "log1mexp": (0.6931471805599453, 40.0, 700.0),
    "logcosh": (20.0, 19.9, 350.0, -700.0),
    "csch": (300.0, -340.0),
}


def variance(*v: Any) -> Any:
    return sum((x - y) ** 2 for x, y in combinations(v, 2)) / len(v) ** 2


def exponentials(*v: Any) -> Any:
    return sum(mp.exp(x) for x in v)


XYZ = ("x", "y", "z")
TRIPLES = (
    *((1.0, 1.0, 1.0), (1000.0, 1.0, 1.0), (1.0, 1e-10, 1e-5), (1e-10, 1.0, 2.0), (1.0, 2.0, 3.0)),
    *((1e150, 1.0, 2.0), (0.0, 0.0, 3.0), (3.0, 3.0, 0.0), (1e-200, 1.0, 1e150), (-7.0, 2.0, 3.0)),
    *((3e200, 4e200, 1e200), (1e-160, 2e-160, 1e-155), (1000.0, 1.0, 1.00001), (1e10, 1.0, 2.0)),
    *((1.0, 1e-160, -1e-200), (1e-100, 1e-260, 1e-300), (1e-300, 1e300, 1.0), (2.0, 0.0, 1e-250)),
)
SHARES = (
    *((40.0, 0.0, 0.0), (0.0, 0.0, 0.0), (1.0, 2.0, 3.0), (0.0, 40.0, 1.0), (-40.0, 0.0, 0.0)),
    *(
        (1e-10, 0.0, 0.0),
        (100.0, 0.0, 50.0),
        (700.0, 0.0, 1.0),
        (20.0, 20.0, 0.0),
        (5.0, 0.0, -5.0),
    ),
)
NEAR_TIES = (
    *((1e-10, 0.0), (0.0, -1e-8), (1e-20, 0.0), (1e-10, 3e-10), (0.0, 0.0), (1.0, 1 + 1e-10)),
    *((1e200, -1e200), (800.0, 0.0), (0.0, 40.0), (1e10, 1e10 + 1e-5), (-3.0, -3.0), (5.0, 2.0)),
)
ONE = tuple((x,) for x in (*GRID, *FAR, *HALF_TURNS))
COMPOUND: dict[str, Case] = {
    "sec": Case("sec(x)", ("x",), mp.sec, ONE),
    "csc": Case("csc(x)", ("x",), mp.csc, ONE),
    "silu": Case(
        *("silu(x)", ("x",), ends(lambda x: x / (1 + mp.exp(-x)), 0, math.inf)),
        tuple((x,) for x in (*GRID, *FAR, 2.399357280515468, -2.399357280515468, -40.0)),
    ),
    "logsigmoid": Case("logsigmoid(x)", ("x",), lambda x: -softplus(-x), ONE),
    "log_base": Case(
        "log(x, y)",
        XYZ[:2],
        lambda x, y: mp.log(x) / mp.log(y),
        ((2.0, 3.0), (1e-300, 1e300), (7.0, 0.5), (1e10, 1 + 1e-5)),
    ),
    **{
        f"log_softmax {k}": Case(
            f"log_softmax([x, y, z])[{k}]",
            XYZ,
            lambda *v, k=k: v[k] - mp.log(exponentials(*v)),
            SHARES,
        )
        for k in range(3)
    },
    "log_softmax of two": Case(
        *("log_softmax([x, y])[0]", XYZ[:2]),
        lambda x, y: -softplus(y - x),
        NEAR_TIES,
    ),
    "gelu": Case(
        *("gelu(x)", ("x",), ends(lambda x: x * mp.erfc(-x / mp.sqrt(2)) / 2, 0, math.inf)),
        tuple((x,) for x in (*GRID, *FAR, math.sqrt(2), -math.sqrt(2), -5.0, -38.0)),
    ),
    "var": Case("var([x, y, z])", XYZ, variance, TRIPLES),
    "prod": Case("prod([x, y, z])", XYZ, lambda x, y, z: x * y * z, (*TRIPLES, (0.0, 0.0, 2.0))),
    # Beside elements of 1e100, one of 1e-260 is 0: a product of 1e-360 is on the way to it.
    "norm": Case(
        "norm([x, y, z])", XYZ, lambda *v: mp.sqrt(sum(t * t for t in v)), TRIPLES, noise=1e-300
    ),
    "norm of two": Case("norm([x, y])", XYZ[:2], mp.hypot, PAIRS[:-1]),
    # Deviations sum up to 0 but for rounding.
    "std": Case("std([x, y, z])", XYZ, lambda *v: mp.sqrt(variance(*v)), TRIPLES[1:], noise=1e-15),
    "std of two": Case("std([x, y])", XYZ[:2], lambda x, y: abs(x - y) / 2, PAIRS[1:], noise=1e-15),
    "logsumexp": Case("logsumexp([x, y, z])", XYZ, lambda *v: mp.log(exponentials(*v)), SHARES),
    # Of two largest elements only one can have 1 - 2p as what a third one leaves.
    **{
        f"softmax {k}": Case(
            f"softmax([x, y, z])[{k}]",
            XYZ,
            lambda *v, k=k: mp.exp(v[k]) / exponentials(*v),
            tuple(point for point in SHARES if point != (-40.0, 0.0, 0.0)),
        )
        for k in range(2)
    },
    "softmax of two": Case(
        "softmax([x, y])[1]", XYZ[:2], lambda x, y: 1 / (1 + mp.exp(x - y)), NEAR_TIES
    ),
    "norm of one": Case(
        "norm([x, 2, 3])",
        ("x",),
        lambda x: mp.sqrt(x * x + 13),
        tuple((x,) for x in (*GRID, 1e154)),
    ),
    "logsumexp of one": Case(
        "logsumexp([x, 0, -50])",
        ("x",),
        lambda x: mp.log(exponentials(x, 0, -50)),
        tuple((x,) for x in (*GRID, 40.0, -40.0, 700.0)),
    ),
    "softmax of one": Case(
        "softmax([x, 0, -50])[1]",
        ("x",),
        lambda x: 1 / exponentials(x, 0, -50),
        tuple((x,) for x in (*GRID, 40.0, -40.0, 700.0)),
    ),
    **{
        text: Case(text, ("x",), exact, tuple((x,) for x in points))
        for text, (exact, points) in OF_FIXED_ORDER.items()
    },
    "mean": Case("mean([x, y, z]^3)", XYZ, lambda *v: sum(t**3 for t in v) / 3, TRIPLES[:5]),
}


def differentiable() -> list[str]:
    """The elementwise primitives through which something flows in every input."""
    return [
        name
        for name, op in PRIMITIVES.items()
        if name in ROWS
        and name not in NOTHING_FLOWS
        and op.kind == ELEMENTWISE
        and all(op.partials)
        and no_derivative not in op.partials
    ]


CASES: dict[str, Case] = {
    **{name: primitive_case(name) for name in differentiable() if name not in ("abs", "mod")},
    **COMPOUND,
}


@cache
def exact(name: str, point: Point, by: tuple[int, ...]) -> Any:
    """A partial derivative by central differences; digits are added until rounding is not seen."""
    f = CASES[name].exact
    digits = 120 * max(1, len(by))
    while True:
        with mp.workdps(digits):
            least = min([abs(mpf(x)) for x in point if x] or [mpf(1)])
            steps = [min(abs(mpf(x)) or least, 1) * mpf(10) ** -40 for x in point]
            total, values = mpf(0), []
            for signs in product((1, -1), repeat=len(by)):
                xs = [mpf(x) for x in point]
                for k, sign in zip(by, signs, strict=True):
                    xs[k] += sign * steps[k]
                values.append(f(*xs))
                if isinstance(values[-1], mp.mpc) or mp.isnan(values[-1]):
                    return mp.nan
                total += math.prod(signs) * values[-1]
            spread = (max(values) - min(values)) * mpf(10) ** 40
            rounding = (max(map(abs, values)) + spread) * mpf(10) ** (8 - digits)
            known = rounding < abs(total) * mpf(10) ** -30
            if known or digits > 2000:
                span = math.prod([2 * steps[k] for k in by], start=mpf(1))
                return total / span if known else mpf(0)
        digits *= 2


def defined(name: str) -> Iterator[Point]:
    """The points where value, gradient and second partials are in the range of float64."""
    count = len(CASES[name].names)
    orders = [(), *((k,) for k in range(count)), *combinations_with_replacement(range(count), 2)]
    for point in CASES[name].points:
        try:
            sizes = [abs(exact(name, point, by)) for by in orders]
        except (ValueError, ZeroDivisionError, OverflowError):
            continue
        if all(size < LARGEST for size in sizes):
            yield point


def allowed(name: str, point: Point, by: tuple[int, ...]) -> Any:
    """By how much a partial derivative may be off."""
    pairs = combinations_with_replacement(range(len(point)), 2)
    largest = max([abs(exact(name, point, pair)) for pair in pairs])
    moved = sum(
        abs(x * exact(name, point, tuple(sorted((*by, k))))) for k, x in enumerate(map(mpf, point))
    )
    noise = CASES[name].noise * largest
    return RELATIVE * abs(exact(name, point, by)) + 2 * EPSILON * moved + noise + SMALLEST


def wrong(name: str, point: Point, by: tuple[int, ...], found: Any) -> list[Any]:
    """What to say of a partial derivative that is off."""
    with mp.workdps(50):
        right = exact(name, point, by)
        off = abs(mpf(float(found)) - right)
        if off <= RELATIVE * abs(right) or off <= allowed(name, point, by):
            return []
        return [(point, by, float(found), float(right))]


@pytest.fixture(autouse=True)
def part_of_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give programs a function for the row that only the values of other rows call."""
    monkeypatch.setitem(LIBRARY, "kl_div", PRIMITIVES["kl_div"])


WAYS: dict[str, dict[str, Any]] = {
    **{f"python {mode}": {"engine": "python", "mode": mode} for mode in ("reverse", "forward")},
    "python symbolic": {"engine": "python", "mode": "symbolic"},
    "digits": {"precision": 40},
    **{f"digits {mode}": {"precision": 40, "mode": mode} for mode in ("forward", "symbolic")},
}


def options(f: adcli.Function, way: str) -> dict[str, Any]:
    """The keyword arguments of a way; arrays are for any engine but python."""
    found = dict(WAYS[way])
    if not f.is_scalar:
        found.pop("engine", None)
    return found


def slow_unless(way: str) -> tuple[Any, ...]:
    """Forward and symbolic mode take the same rules as reverse mode: seldom is enough."""
    return () if way in ("python reverse", "digits") else (pytest.mark.slow,)


def hessians(name: str, way: str) -> list[dict[str, dict[str, Any]]]:
    case = CASES[name]
    f = adcli.function(case.text)
    exactly: Callable[[float], Any] = mpf if "precision" in WAYS[way] else float
    points = [dict(zip(case.names, map(exactly, point), strict=True)) for point in defined(name)]
    return [f.hessian(point, **options(f, way))[1] for point in points]


@pytest.mark.parametrize("way", [pytest.param(w, marks=slow_unless(w)) for w in WAYS])
@pytest.mark.parametrize("name", CASES)
def test_second_partials(name: str, way: str) -> None:
    names, points = CASES[name].names, list(defined(name))
    assert len(points) >= 3
    failed: list[Any] = []
    for point, hessian in zip(points, hessians(name, way), strict=True):
        for (i, a), (j, b) in product(enumerate(names), repeat=2):
            failed += wrong(name, point, tuple(sorted((i, j))), hessian[a][b])
    assert not failed, failed[:5]


@pytest.mark.parametrize("engine", ["numpy", "llvm"])
@pytest.mark.parametrize("name", CASES)
def test_second_partials_over_rows(name: str, engine: str) -> None:
    case, points = CASES[name], list(defined(name))
    columns = dict(zip(case.names, np.array(points).T, strict=True))
    failed: list[Any] = []
    for i, a in enumerate(case.names):
        batch = adcli.function(case.text).derivative(a).map(columns, engine=engine)
        for j, b in enumerate(case.names):
            by = tuple(sorted((i, j)))
            for point, found in zip(points, batch.gradients[b], strict=True):
                failed += wrong(name, point, by, found)
    assert not failed, failed[:5]


THIRD = [
    # mpmath's besselk takes a minute for all points
    pytest.param(name, marks=[pytest.mark.slow] if name.startswith("besselk") else [])
    for name in CASES
    if len(CASES[name].names) == 1
]


@pytest.mark.parametrize("name", THIRD)
def test_third_derivatives(name: str) -> None:
    (variable,) = CASES[name].names
    f = adcli.function(CASES[name].text).derivative(variable)
    failed: list[Any] = []
    for point in defined(name):
        if name == "invmills" and point[0] < -10:
            continue  # it loses 2x^2 ulp in the tail
        if abs(exact(name, point, (0, 0, 0))) < LARGEST:
            for way in ("python reverse", "python symbolic", "digits"):
                x = mpf(point[0]) if way == "digits" else point[0]
                _, hessian = f.hessian({variable: x}, **options(f, way))
                failed += wrong(name, point, (0, 0, 0), hessian[variable][variable])
    assert not failed, failed[:5]


def test_every_differentiable_function_has_a_case() -> None:
    assert set(differentiable()) - set(CASES) == {"abs", "mod"}  # flat beside their kinks


def test_a_second_partial_off_by_one_part_in_1e12_is_seen() -> None:
    right = exact("hypot", (1000.0, 1.0), (0, 0))
    assert not wrong("hypot", (1000.0, 1.0), (0, 0), right)
    assert wrong("hypot", (1000.0, 1.0), (0, 0), right * (1 + 1e-12))
