"""Circular and hyperbolic functions, and their inverses."""

from __future__ import annotations

from typing import Any

from adcli.graph.primitives.registry import elementwise

# ---- trigonometry ----

elementwise(
    "sin", lambda m, x, out: m.cos(x), python="math.sin", latex=r"\sin", summary="sine (radians)"
)
elementwise(
    "cos",
    lambda m, x, out: -m.sin(x),
    python="math.cos",
    latex=r"\cos",
    even=True,
    summary="cosine (radians)",
)
elementwise(
    "tan",
    lambda m, x, out: 1 + out * out,
    sample=((-1.4, 1.4),),
    python="math.tan",
    latex=r"\tan",
    summary="tangent",
)
elementwise(
    "cot",
    lambda m, x, out: -(1 + out * out),
    value=lambda m, x: m.divide(1, m.tan(x)),
    domain="x != 0, pi, -pi, ...",
    remedy="where(sin(x) != 0, cot(x), 0) gives 0 there",
    sample=((0.2, 2.9),),
    latex=r"\cot",
    summary="cotangent, 1/tan(x)",
)
elementwise(
    "asin",
    lambda m, x, out: m.divide(1, m.sqrt(m.sqdiff(1, x))),
    shown=(lambda m, x, out: m.divide(1, m.sqrt(1 - m.power(x, 2))),),
    domain="-1 <= x <= 1; the derivative is infinite at the ends",
    remedy="asin(clip(x, -1, 1)) is defined everywhere",
    sample=((-0.95, 0.95),),
    latex=r"\arcsin",
    trend="rises",
    summary="inverse sine",
    aliases=("arcsin",),
)
elementwise(
    "acos",
    lambda m, x, out: -m.divide(1, m.sqrt(m.sqdiff(1, x))),
    shown=(lambda m, x, out: -m.divide(1, m.sqrt(1 - m.power(x, 2))),),
    domain="-1 <= x <= 1; the derivative is infinite at the ends",
    remedy="acos(clip(x, -1, 1)) is defined everywhere",
    sample=((-0.95, 0.95),),
    latex=r"\arccos",
    trend="falls",
    summary="inverse cosine",
    aliases=("arccos",),
)


def _atan_x(m: Any, x: Any, out: Any) -> Any:
    secant = m.divide(1, m.hypot(1, x))  # x*x would overflow
    return secant * secant


elementwise(
    "atan",
    _atan_x,
    shown=(lambda m, x, out: m.divide(1, 1 + m.power(x, 2)),),
    latex=r"\arctan",
    trend="rises",
    summary="inverse tangent",
    aliases=("arctan",),
)


elementwise(
    "atan2",
    lambda m, y, x, out: m.inversion(x, y),
    lambda m, y, x, out: -m.inversion(y, x),
    shown=(
        lambda m, y, x, out: m.divide(x, m.power(x, 2) + m.power(y, 2)),
        lambda m, y, x, out: -m.divide(y, m.power(x, 2) + m.power(y, 2)),
    ),
    inputs="y x",
    domain="all numbers; no derivative at (0, 0)",
    remedy="where(x^2 + y^2 > 0, atan2(y, x), 0) gives 0 there",
    sample=((0.2, 3.0), (0.2, 3.0)),
    summary="angle of the point (x, y)",
    aliases=("arctan2",),
)

# ---- hyperbolic functions ----

elementwise(
    "sinh", lambda m, x, out: m.cosh(x), latex=r"\sinh", trend="rises", summary="hyperbolic sine"
)
elementwise(
    "cosh",
    lambda m, x, out: m.sinh(x),
    latex=r"\cosh",
    even=True,
    trend="rises",
    summary="hyperbolic cosine",
)


def _tanh_x(m: Any, x: Any, out: Any) -> Any:
    secant = m.sech(x)  # 1 - out*out is 0 from x = 19 on
    return secant * secant


elementwise(
    "tanh",
    _tanh_x,
    shown=(lambda m, x, out: 1 - m.power(out, 2),),
    latex=r"\tanh",
    trend="rises",
    summary="hyperbolic tangent",
)


def _sech(m: Any, x: Any) -> Any:
    e = m.exp(-m.abs(x))  # cosh(x) overflows before 1/cosh(x) vanishes
    return m.divide(2 * e, 1 + e * e)


elementwise(
    "sech",
    lambda m, x, out: -(out * m.tanh(x)),
    value=_sech,
    latex=r"\operatorname{sech}",
    even=True,
    trend="falls",
    summary="hyperbolic secant, 1/cosh(x)",
)


def _csch(m: Any, x: Any) -> Any:
    e = m.exp(-m.abs(x))  # sinh(x) overflows before 1/sinh(x) vanishes
    return m.divide(2 * e, m.where(m.less(x, 0), 1, -1) * m.expm1(-2 * m.abs(x)))


elementwise(
    "csch",
    lambda m, x, out: -(out * m.coth(x)),
    value=_csch,
    domain="x != 0",
    remedy="where(x != 0, csch(x), 0) gives 0 there",
    sample=((0.1, 3.0),),
    latex=r"\operatorname{csch}",
    summary="hyperbolic cosecant, 1/sinh(x)",
)


def _coth_x(m: Any, x: Any, out: Any) -> Any:
    cosecant = m.csch(x)
    return -(cosecant * cosecant)


elementwise(
    "coth",
    _coth_x,
    value=lambda m, x: m.divide(1, m.tanh(x)),
    domain="x != 0",
    remedy="where(x != 0, coth(x), 0) gives 0 there",
    sample=((0.1, 3.0),),
    latex=r"\coth",
    summary="hyperbolic cotangent, 1/tanh(x)",
)
elementwise(
    "asinh",
    lambda m, x, out: m.divide(1, m.hypot(1, x)),
    shown=(lambda m, x, out: m.divide(1, m.sqrt(m.power(x, 2) + 1)),),
    trend="rises",
    summary="inverse hyperbolic sine",
    aliases=("arcsinh",),
)
elementwise(
    "acosh",
    lambda m, x, out: m.divide(m.divide(1, m.sqrt(x - 1)), m.sqrt(x + 1)),
    shown=(lambda m, x, out: m.divide(1, m.sqrt(m.power(x, 2) - 1)),),
    domain="x >= 1; the derivative is infinite at 1",
    remedy="acosh(max(x, 1)) is defined everywhere",
    sample=((1.1, 5.0),),
    trend="rises",
    summary="inverse hyperbolic cosine",
    aliases=("arccosh",),
)
elementwise(
    "atanh",
    lambda m, x, out: m.divide(1, m.sqdiff(1, x)),
    shown=(lambda m, x, out: m.divide(1, 1 - m.power(x, 2)),),
    domain="-1 < x < 1",
    remedy="atanh(clip(x, -0.999999, 0.999999)) is defined everywhere",
    sample=((-0.95, 0.95),),
    trend="rises",
    summary="inverse hyperbolic tangent",
    aliases=("arctanh",),
)
