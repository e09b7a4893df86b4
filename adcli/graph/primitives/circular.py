"""Circular and hyperbolic functions, and their inverses."""

from __future__ import annotations

from typing import Any

from adcli.graph.primitives.registry import elementwise, spelled, spelled_in_latex

# ---- trigonometry ----

elementwise(
    "sin",
    lambda m, x, out: m.cos(x),
    spelling=spelled("sin", python="math.sin", latex=r"\sin"),
    summary="sine (radians)",
)
elementwise(
    "cos",
    lambda m, x, out: -m.sin(x),
    spelling=spelled("cos", python="math.cos", latex=r"\cos"),
    summary="cosine (radians)",
)
elementwise(
    "tan",
    lambda m, x, out: 1 + out * out,
    sample=((-1.4, 1.4),),
    spelling=spelled("tan", python="math.tan", latex=r"\tan"),
    summary="tangent",
)
elementwise(
    "cot",
    lambda m, x, out: -(1 + out * out),
    value=lambda m, x: m.divide(1, m.tan(x)),
    domain="x != 0, pi, -pi, ...",
    remedy="where(sin(x) != 0, cot(x), 0) gives 0 there",
    sample=((0.2, 2.9),),
    spelling=spelled_in_latex(r"\cot"),
    summary="cotangent, 1/tan(x)",
)
elementwise(
    "asin",
    lambda m, x, out: m.divide(1, m.sqrt(m.sqdiff(1, x))),
    domain="-1 <= x <= 1; the derivative is infinite at the ends",
    remedy="asin(clip(x, -1, 1)) is defined everywhere",
    sample=((-0.95, 0.95),),
    spelling=spelled("asin", latex=r"\arcsin"),
    summary="inverse sine",
    aliases=("arcsin",),
)
elementwise(
    "acos",
    lambda m, x, out: -m.divide(1, m.sqrt(m.sqdiff(1, x))),
    domain="-1 <= x <= 1; the derivative is infinite at the ends",
    remedy="acos(clip(x, -1, 1)) is defined everywhere",
    sample=((-0.95, 0.95),),
    spelling=spelled("acos", latex=r"\arccos"),
    summary="inverse cosine",
    aliases=("arccos",),
)


def _atan_x(m: Any, x: Any, out: Any) -> Any:
    secant = m.divide(1, m.hypot(1, x))  # x*x would overflow
    return secant * secant


elementwise(
    "atan",
    _atan_x,
    spelling=spelled("atan", latex=r"\arctan"),
    summary="inverse tangent",
    aliases=("arctan",),
)


elementwise(
    "atan2",
    lambda m, y, x, out: m.inversion(x, y),
    lambda m, y, x, out: -m.inversion(y, x),
    inputs="y x",
    domain="all numbers; no derivative at (0, 0)",
    remedy="where(x^2 + y^2 > 0, atan2(y, x), 0) gives 0 there",
    sample=((0.2, 3.0), (0.2, 3.0)),
    spelling=spelled("atan2"),
    summary="angle of the point (x, y)",
    aliases=("arctan2",),
)

# ---- hyperbolic functions ----

elementwise(
    "sinh",
    lambda m, x, out: m.cosh(x),
    spelling=spelled("sinh", latex=r"\sinh"),
    summary="hyperbolic sine",
)
elementwise(
    "cosh",
    lambda m, x, out: m.sinh(x),
    spelling=spelled("cosh", latex=r"\cosh"),
    summary="hyperbolic cosine",
)


def _tanh_x(m: Any, x: Any, out: Any) -> Any:
    secant = m.sech(x)  # 1 - out*out is 0 from x = 19 on
    return secant * secant


elementwise("tanh", _tanh_x, spelling=spelled("tanh", latex=r"\tanh"), summary="hyperbolic tangent")


def _sech(m: Any, x: Any) -> Any:
    e = m.exp(-m.abs(x))  # cosh(x) overflows before 1/cosh(x) vanishes
    return m.divide(2 * e, 1 + e * e)


elementwise(
    "sech",
    lambda m, x, out: -(out * m.tanh(x)),
    value=_sech,
    spelling=spelled_in_latex(r"\operatorname{sech}"),
    summary="hyperbolic secant, 1/cosh(x)",
)
elementwise(
    "asinh",
    lambda m, x, out: m.divide(1, m.hypot(1, x)),
    spelling=spelled("asinh"),
    summary="inverse hyperbolic sine",
    aliases=("arcsinh",),
)
elementwise(
    "acosh",
    lambda m, x, out: m.divide(m.divide(1, m.sqrt(x - 1)), m.sqrt(x + 1)),
    domain="x >= 1; the derivative is infinite at 1",
    remedy="acosh(max(x, 1)) is defined everywhere",
    sample=((1.1, 5.0),),
    spelling=spelled("acosh"),
    summary="inverse hyperbolic cosine",
    aliases=("arccosh",),
)
elementwise(
    "atanh",
    lambda m, x, out: m.divide(1, m.sqdiff(1, x)),
    domain="-1 < x < 1",
    remedy="atanh(clip(x, -0.999999, 0.999999)) is defined everywhere",
    sample=((-0.95, 0.95),),
    spelling=spelled("atanh"),
    summary="inverse hyperbolic tangent",
    aliases=("arctanh",),
)
