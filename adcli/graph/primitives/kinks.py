"""Steps, choices and comparisons: functions with kinks."""

from __future__ import annotations

from operator import eq, ge, gt, le, lt, ne
from typing import Any

from adcli.graph.primitives.registry import elementwise, one, select

elementwise(
    "abs",
    lambda m, x, out: m.sign(x),
    kink=lambda m, x: m.equal(x, 0),
    c="fabs",
    latex=r"\left|#1\right|",
    even=True,
    trend="rises",
    summary="absolute value; the derivative at 0 is 0",
)
elementwise(
    "sign",
    None,
    inputs="x",
    kink=lambda m, x: m.equal(x, 0),
    c="sign_of",
    trend="rises",
    summary="-1, 0 or 1",
)
for _name, _summary in (
    ("floor", "largest integer that is not above x"),
    ("ceil", "smallest integer that is not below x"),
):
    elementwise(
        _name,
        None,
        inputs="x",
        kink=lambda m, x: m.equal(x, m.floor(x)),
        latex=rf"\left\l{_name} #1 \right\r{_name}",
        trend="rises",
        summary=_summary,
    )
elementwise(
    "trunc",
    None,
    inputs="x",
    value=lambda m, x: m.where(m.less(x, 0), m.ceil(x), m.floor(x)),
    kink=lambda m, x: m.equal(x, m.floor(x)) * m.not_equal(x, 0),
    latex=r"\operatorname{trunc}",
    trend="rises",
    summary="nearest integer towards 0",
)
elementwise(
    "round",
    None,
    inputs="x",
    kink=lambda m, x: m.equal(x - m.floor(x), 0.5),
    c="nearbyint",
    trend="rises",
    summary="nearest integer, halves to even",
)
elementwise(
    "mod",
    one,
    lambda m, x, y, out: m.round(m.divide(out - x, y)),
    kink=lambda m, x, y: m.equal(m.mod(x, y), 0),
    domain="y != 0",
    remedy="where(y != 0, mod(x, y), 0) gives 0 there",
    sample=((-3.0, 3.0), (0.5, 3.0)),
    c="modulo",
    summary="remainder with the sign of y",
)


def _extremum(m: Any, k: int, xs: tuple[Any, ...], out: Any, free: tuple[bool, ...]) -> Any:
    """Who is the maximum, and its weight: the subgradient of least norm at a tie.

    Variables that tie share equally. A constant that ties holds the value on one side, so that 0
    is among the subgradients: max(x, 0) has the derivative 0 at 0.
    """
    ties = [m.equal(x, out) for x in xs]
    weight = 1.0 if sum(free) == 1 else m.divide(1, sum(ties))
    held = sum(tie for tie, is_free in zip(ties, free, strict=True) if not is_free)
    return ties[k], weight if all(free) else m.where(held, 0, weight)


def _tie(m: Any, *xs: Any) -> Any:
    out = m.maximum(*xs)
    return m.greater(sum(m.equal(x, out) for x in xs), 1)


def _low_tie(m: Any, *xs: Any) -> Any:
    return _tie(m, *[-x for x in xs])


MAXIMUM = select(
    "maximum",
    _extremum,
    "*xs",
    word="max",
    kink=_tie,
    sample=((-3.0, 3.0), (-3.0, 3.0)),
    spelling={"c": "maximum", "latex": r"\max"},
    summary="largest input, 0 above -0; variables that tie share the derivative",
)
MINIMUM = select(
    "minimum",
    _extremum,
    "*xs",
    word="min",
    kink=_low_tie,
    sample=((-3.0, 3.0), (-3.0, 3.0)),
    spelling={"c": "minimum", "latex": r"\min"},
    summary="smallest input, -0 below 0; variables that tie share the derivative",
)


def _branch(m: Any, k: int, xs: tuple[Any, ...], out: Any, free: tuple[bool, ...]) -> Any:
    chosen = (None, m.not_equal(xs[0], 0), m.equal(xs[0], 0))[k]
    return chosen, 1.0


WHERE = select(
    "where",
    _branch,
    "c a b",
    sample=((-1.0, 1.0), (-3.0, 3.0), (-3.0, 3.0)),
    summary="a where c is not 0, else b; nothing leaks from the branch not taken",
)
COMPARISONS = {
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
    "equal": "==",
    "not_equal": "!=",
}
"""Comparisons by name, as they are written."""
HOLDS = dict(zip(COMPARISONS, (lt, le, gt, ge, eq, ne), strict=True))
"""What each asks of two numbers."""
for _name, _symbol in COMPARISONS.items():
    elementwise(
        _name,
        None,
        None,
        inputs="x y",
        symbol=_symbol,
        kink=lambda m, x, y: m.equal(x, y),
        trend="flags",
        summary=f"1 where x {_symbol} y, else 0",
    )
elementwise(
    "detach",
    None,
    inputs="x",
    value=lambda m, x: x,
    trend="rises",
    summary="x as a constant: no derivative flows through",
)
