"""Arithmetic, exponentials, logarithms and roots."""

from __future__ import annotations

from typing import Any

from adcli.graph.primitives.registry import elementwise, minus_one, one

# ---- arithmetic ----

ADD = elementwise("add", one, one, symbol="+", summary="sum")
SUBTRACT = elementwise("subtract", one, minus_one, symbol="-", summary="difference")
MULTIPLY = elementwise(
    "multiply", lambda m, x, y, out: y, lambda m, x, y, out: x, symbol="*", summary="product"
)
DIVIDE = elementwise(
    "divide",
    lambda m, x, y, out: m.divide(1, y),
    lambda m, x, y, out: -m.divide(out, y),
    scaled=(  # out/y alone is 0 for x = 1 from y = 1e162 on, and all digits of a product with it
        lambda m, g, x, y, out: m.divide(g, y),
        lambda m, g, x, y, out: -m.divide(g * out, y),
    ),
    symbol="/",
    domain="y != 0",
    remedy="where(y != 0, x/y, 0) gives 0 there",
    sample=((-3.0, 3.0), (0.5, 3.0)),
    summary="quotient",
)
NEGATIVE = elementwise("negative", minus_one, symbol="-", trend="falls", summary="minus x")


def _power_y(m: Any, x: Any, y: Any, out: Any) -> Any:
    # 0^y is 0 for every y > 0, and so is its derivative; out*log(x) would be 0*(-inf).
    return m.where(m.equal(x, 0) * m.greater(y, 0), m.powlog(x, y, 1), out * m.log(x))


def _power_x_shown(m: Any, x: Any, y: Any, out: Any) -> Any:
    return m.power_slope(x, y) if m.constant_value(y) is not None else y * m.power(x, y - 1)


def _power_y_shown(m: Any, x: Any, y: Any, out: Any) -> Any:
    return _power_y(m, x, y, out) if m.constant_value(x) == 0 else out * m.log(x)


POWER = elementwise(
    "power",
    lambda m, x, y, out: m.power_slope(x, y),  # y*x^(y-1), and 0 where y = 0
    _power_y,
    shown=(_power_x_shown, _power_y_shown),
    symbol="^",
    c="pow",
    domain="x > 0, or y an integer (x != 0 if y < 0)",
    remedy="where(x > 0, x^y, 0) gives 0 elsewhere; cbrt(x) is the real cube root",
    sample=((0.2, 3.0), (-2.0, 2.0)),
    summary="x to the power y; with a constant y never touches log(x)",
)


def _powlog(m: Any, x: Any, y: Any, n: Any) -> Any:
    product = m.power(x, y) * m.power(m.log(x), n)
    product = m.where(m.equal(x, 0) * m.greater(y, 0), 0.0, product)
    return m.where(m.equal(m.floor(n), n) * m.greater_equal(n, 0), product, m.inf - m.inf)


def _powlog_x(m: Any, x: Any, y: Any, n: Any, out: Any) -> Any:
    inner = m.where(m.greater(n, 0), m.detach(n) * m.powlog(x, y - 1, n - 1), 0)
    return y * m.powlog(x, y - 1, n) + inner


elementwise(
    "powlog",
    _powlog_x,
    lambda m, x, y, n, out: m.powlog(x, y, n + 1),
    None,
    inputs="x y n",
    value=_powlog,
    domain="x > 0, or x = 0 and y > 0; n = 0, 1, 2, ...",
    remedy="where(x > 0, powlog(x, y, n), 0) gives 0 elsewhere",
    sample=((0.2, 3.0), (-2.0, 2.0), (1.0, 1.0)),
    latex=r"#1^{#2} \log\left(#1\right)^{#3}",
    summary="x^y log(x)^n, the n-th derivative of x^y in y; 0 at x = 0 for y > 0",
)

# ---- exponentials and logarithms ----

elementwise("exp", lambda m, x, out: out, latex=r"e^{#1}", trend="rises", summary="e^x")
elementwise("exp2", lambda m, x, out: out * m.log(2), latex=r"2^{#1}", trend="rises", summary="2^x")
elementwise(
    "expm1",
    lambda m, x, out: m.exp(x),
    latex=r"\left(e^{#1} - 1\right)",
    trend="rises",
    summary="e^x - 1, exact near 0",
)
elementwise(
    "log",
    lambda m, x, out: m.divide(1, x),
    domain="x > 0",
    remedy="where(x > 0, log(x), 0) gives 0 elsewhere; log1p(x) is log(1 + x)",
    sample=((0.1, 5.0),),
    latex=r"\log",
    trend="rises",
    summary="natural logarithm; log(x, b) is that to base b",
    aliases=("ln",),
)
elementwise(
    "log2",
    lambda m, x, out: m.divide(1, x * m.log(2)),
    domain="x > 0",
    remedy="where(x > 0, log2(x), 0) gives 0 elsewhere",
    sample=((0.1, 5.0),),
    latex=r"\log_{2}",
    trend="rises",
    summary="logarithm to base 2",
)
elementwise(
    "log10",
    lambda m, x, out: m.divide(m.divide(1, x), m.log(10)),  # x*log(10) could overflow
    shown=(lambda m, x, out: m.divide(1, x * m.log(10)),),
    domain="x > 0",
    remedy="where(x > 0, log10(x), 0) gives 0 elsewhere",
    sample=((0.1, 5.0),),
    latex=r"\log_{10}",
    trend="rises",
    summary="logarithm to base 10",
)
elementwise(
    "log1p",
    lambda m, x, out: m.divide(1, 1 + x),
    domain="x > -1",
    remedy="where(x > -1, log1p(x), 0) gives 0 elsewhere",
    sample=((-0.9, 5.0),),
    latex=r"\log\left(1 + #+1\right)",
    trend="rises",
    summary="log(1 + x), exact near 0",
)
elementwise(
    "sqrt",
    lambda m, x, out: m.divide(0.5, out),
    shown=(lambda m, x, out: m.divide(1, 2 * out),),
    domain="x >= 0; the derivative is infinite at 0",
    remedy="where(x > 0, sqrt(x), 0) has the derivative 0 there; sqrt(x + 1e-12) is smooth",
    sample=((0.1, 5.0),),
    latex=r"\sqrt{#1}",
    trend="rises",
    summary="square root",
)
elementwise(
    "cbrt",
    lambda m, x, out: m.divide(m.divide(out, x), 3),  # 1/(3 out^2) doubles the error of out
    shown=(lambda m, x, out: m.divide(1, 3 * m.power(out, 2)),),
    domain="all numbers; the derivative is infinite at 0",
    remedy="where(x != 0, cbrt(x), 0) has the derivative 0 there",
    sample=((0.1, 5.0),),
    latex=r"\sqrt[3]{#1}",
    trend="rises",
    summary="real cube root",
)
