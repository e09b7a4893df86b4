"""The functions of the benchmark `kernels`, written once for every peer.

`value` uses a namespace `m` of elementwise functions (exp, log, sin, tanh, erf, atan2) and the
operators of Python, so it serves libraries that differentiate. `by_hand` gives the value and the
gradient in NumPy, as one would write them; `numexpr` the same as texts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import pi, sqrt
from typing import Any

POINTS = 1_000_000
TERMS = 20
DIMENSIONS = 10


@dataclass(frozen=True)
class Program:
    """A function of columns, or with `parameters` the mean of it over all rows.

    `ranges` are those of the columns, `parameters` the numbers to differentiate for.
    """

    text: str
    ranges: dict[str, tuple[float, float]]
    value: Callable[..., Any]
    by_hand: Callable[..., list[Any]]
    numexpr: tuple[str, ...] = ()
    parameters: dict[str, float] | None = None


def _mixed(m: Any, x: Any, y: Any) -> Any:
    return m.exp(m.sin(x * y)) * m.log(x + y * y) + m.tanh(x / y)


def _mixed_by_hand(x: Any, y: Any) -> list[Any]:
    import numpy as np

    s, c = np.sin(x * y), np.cos(x * y)
    e, u = np.exp(s), x + y * y
    logarithm, t = np.log(u), np.tanh(x / y)
    slope = 1 - t * t
    inner, outer = e * c * logarithm, e / u
    return [
        e * logarithm + t,
        inner * y + outer + slope / y,
        inner * x + 2 * y * outer - slope * x / (y * y),
    ]


def _product(m: Any, x: Any, y: Any) -> Any:
    return x * y + m.sin(x)


def _product_by_hand(x: Any, y: Any) -> list[Any]:
    import numpy as np

    return [x * y + np.sin(x), y + np.cos(x), x.copy()]


def _rosenbrock(m: Any, *x: Any) -> Any:
    total = 0.0
    for a, b in pairwise(x):
        total = total + 100.0 * (b - a * a) * (b - a * a) + (1.0 - a) * (1.0 - a)
    return total


def _rosenbrock_by_hand(*x: Any) -> list[Any]:
    import numpy as np

    value = np.zeros_like(x[0])
    slopes = [np.zeros_like(x[0]) for _ in x]
    for k, (a, b) in enumerate(pairwise(x)):
        rise, gap = b - a * a, 1.0 - a
        value += 100.0 * rise * rise + gap * gap
        slopes[k] -= 400.0 * rise * a + 2.0 * gap
        slopes[k + 1] += 200.0 * rise
    return [value, *slopes]


def _factors(k: int) -> tuple[float, float]:
    return 0.3 + 0.05 * k, 0.2 + 0.03 * k


def _mixture(m: Any, x: Any, y: Any) -> Any:
    total = 0.0
    for k in range(TERMS):
        a, b = _factors(k)
        kind = k % 3
        if kind == 0:
            total = total + m.erf(a * x - b * y)
        elif kind == 1:
            total = total + a * x ** (1.0 + b)
        else:
            total = total + m.atan2(a * y, x + b)
    return total


def _mixture_by_hand(x: Any, y: Any) -> list[Any]:
    import numpy as np
    from scipy.special import erf

    value, by_x, by_y = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    for k in range(TERMS):
        a, b = _factors(k)
        kind = k % 3
        if kind == 0:
            u = a * x - b * y
            slope = 2 / sqrt(pi) * np.exp(-u * u)
            value += erf(u)
            by_x += a * slope
            by_y -= b * slope
        elif kind == 1:
            power = a * x**b
            value += power * x
            by_x += (1.0 + b) * power
        else:
            up, right = a * y, x + b
            square = up * up + right * right
            value += np.arctan2(up, right)
            by_x -= up / square
            by_y += a * right / square
    return [value, by_x, by_y]


def _mixture_text() -> str:
    terms = []
    for k in range(TERMS):
        a, b = _factors(k)
        terms.append(
            (f"erf({a!r}*x - {b!r}*y)", f"{a!r}*x^{1.0 + b!r}", f"atan2({a!r}*y, x + {b!r})")[k % 3]
        )
    return " + ".join(terms)


def _loss(m: Any, x: Any, y: Any, a: Any, b: Any, c: Any) -> Any:
    miss = y - (a * m.exp(-b * x) + c)
    return miss * miss


def _loss_by_hand(x: Any, y: Any, a: float, b: float, c: float) -> list[Any]:
    import numpy as np

    e = np.exp(-b * x)
    miss = y - (a * e + c)
    n = len(x)
    weighted = miss * e
    return [miss @ miss / n, -2 * weighted.sum() / n, 2 * a * (weighted @ x) / n, -2 * miss.mean()]


_NUMBERS = [f"x{k}" for k in range(DIMENSIONS)]
_MIXED_INNER = "exp(sin(x*y))*cos(x*y)*log(x + y*y)"
_MIXED_SLOPE = "(1 - tanh(x/y)**2)"

PROGRAMS = {
    "mixed": Program(
        "exp(sin(x*y))*log(x + y^2) + tanh(x/y)",
        {"x": (0.1, 2.0), "y": (1.0, 2.0)},
        _mixed,
        _mixed_by_hand,
        (
            "exp(sin(x*y))*log(x + y*y) + tanh(x/y)",
            f"{_MIXED_INNER}*y + exp(sin(x*y))/(x + y*y) + {_MIXED_SLOPE}/y",
            f"{_MIXED_INNER}*x + 2*y*exp(sin(x*y))/(x + y*y) - {_MIXED_SLOPE}*x/(y*y)",
        ),
    ),
    "product": Program(
        "x*y + sin(x)",
        {"x": (-3.0, 3.0), "y": (-3.0, 3.0)},
        _product,
        _product_by_hand,
        ("x*y + sin(x)", "y + cos(x)", "x + 0"),
    ),
    "Rosenbrock": Program(
        " + ".join(f"100*({b} - {a}^2)^2 + (1 - {a})^2" for a, b in pairwise(_NUMBERS)),
        dict.fromkeys(_NUMBERS, (-2.0, 2.0)),
        _rosenbrock,
        _rosenbrock_by_hand,
    ),
    "mixture": Program(
        _mixture_text(), {"x": (0.5, 2.0), "y": (0.5, 2.0)}, _mixture, _mixture_by_hand
    ),
    "loss": Program(
        "mean((y - (a*exp(-b*x) + c))^2)",
        {"x": (0.0, 3.0), "y": (0.0, 3.0)},
        _loss,
        _loss_by_hand,
        (
            "sum((y - a*exp(-b*x) - c)**2)",
            "sum(-2*(y - a*exp(-b*x) - c)*exp(-b*x))",
            "sum(2*a*(y - a*exp(-b*x) - c)*exp(-b*x)*x)",
            "sum(-2*(y - a*exp(-b*x) - c))",
        ),
        {"a": 2.0, "b": 1.3, "c": 0.5},
    ),
}


def columns_of(program: Program, rows: int) -> dict[str, Any]:
    """Numbers drawn from the ranges, the same for every peer."""
    import numpy as np

    draw = np.random.default_rng(1).uniform
    return {name: draw(low, high, rows) for name, (low, high) in program.ranges.items()}
