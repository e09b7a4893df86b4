"""The incomplete gamma and beta functions: distributions, by their densities.

DLMF: https://dlmf.nist.gov
"""

from __future__ import annotations

from typing import Any

from adcli.graph.primitives.registry import Rule, elementwise, no_derivative

_SCIPY = "scipy.special."
_DIGITS = "adcli.algebras.special.digit_incomplete."
_GAMMA = "adcli.algebras.special.incomplete."
_BETA = "adcli.algebras.functions.incomplete_betas."
_BOX = ((0.5, 5.0), (0.2, 8.0))
_MOST = 4
_CUBE = ((0.5, 5.0), (0.5, 5.0), (0.05, 0.95))


def _row(name: str, *partials: Rule | None, inputs: str, array: str = _GAMMA, **row: Any) -> None:
    libraries = {"numpy": array + name, "mpmath": _DIGITS + name}
    elementwise(name, *partials, inputs=inputs, libraries=libraries, **row)


_row(
    "gammainc",
    lambda m, a, x, out: m.dgammainc(1, a, x),
    lambda m, a, x, out: m.gammapdf(a, x),
    inputs="a x",
    array=_SCIPY,
    domain="a, x >= 0 and not both 0",
    remedy="gammainc(a, max(x, 0)) is 0 below 0",
    sample=_BOX,
    latex=r"P\left(#1, #2\right)",
    summary="incomplete gamma function, lower and regularised, from 0 to 1 (DLMF 8.2.4)",
)
_row(
    "gammaincc",
    lambda m, a, x, out: -m.dgammainc(1, a, x),
    lambda m, a, x, out: -m.gammapdf(a, x),
    inputs="a x",
    array=_SCIPY,
    domain="a, x >= 0 and not both 0",
    remedy="gammaincc(a, max(x, 0)) is 1 below 0",
    sample=_BOX,
    latex=r"Q\left(#1, #2\right)",
    summary="1 - gammainc(a, x), exact in the tail",
)


def _gammapdf_x(m: Any, a: Any, x: Any, out: Any) -> Any:
    """out ((a - 1)/x - 1); where the first term is large, or x is 0, the difference of two
    densities: the form in which the second derivative does not cancel."""
    inside = out * m.divide((a - 1) - x, x)
    is_small = m.maximum(m.less(2 * x, a - 1), m.equal(x, 0))
    return m.where(is_small, m.gammapdf(a - 1, x) - out, inside)


_row(
    "gammapdf",
    lambda m, a, x, out: m.dgammapdf(1, a, x),
    _gammapdf_x,
    inputs="a x",
    domain="a >= 0 and x >= 0",
    remedy="where(x > 0, gammapdf(a, x), 0) gives 0 elsewhere",
    sample=_BOX,
    latex=r"\frac{#2^{#1 - 1} e^{-#+2}}{\Gamma\left(#1\right)}",
    summary="x^(a - 1)*exp(-x)/gamma(a), the derivative of gammainc",
)
_row(
    "dgammapdf",
    no_derivative,
    lambda m, n, a, x, out: m.dgammapdf(n + 1, a, x),
    lambda m, n, a, x, out: (
        out * m.divide((a - 1) - x, x) + m.divide(n, x) * m.dgammapdf(m.maximum(n - 1, 0), a, x)
    ),
    inputs="n a x",
    domain="n = 0, 1, ... 4; a >= 0 and x > 0",
    remedy=f"derivatives in a are known up to order {_MOST}",
    most_order=_MOST,
    sample=((1.0, 1.0), *_BOX),
    latex=r"\partial_{a}^{#1} p\left(#2, #3\right)",
    summary="n-th derivative of gammapdf(a, x) in a",
)
_row(
    "dgammainc",
    no_derivative,
    lambda m, n, a, x, out: m.dgammainc(n + 1, a, x),
    lambda m, n, a, x, out: m.dgammapdf(n, a, x),
    inputs="n a x",
    domain="n = 0, 1, ... 4; a, x >= 0 and not both 0",
    remedy=f"derivatives in a are known up to order {_MOST}",
    most_order=_MOST,
    sample=((1.0, 1.0), *_BOX),
    latex=r"\partial_{a}^{#1} P\left(#2, #3\right)",
    summary="n-th derivative of gammainc(a, x) in a",
)
_row(
    "betainc",
    lambda m, a, b, x, out: m.dbetainc(1, 0, a, b, x),
    lambda m, a, b, x, out: m.dbetainc(0, 1, a, b, x),
    lambda m, a, b, x, out: m.betapdf(a, b, x),
    inputs="a b x",
    array=_SCIPY,
    domain="a, b >= 0 and not both 0, and 0 <= x <= 1",
    remedy="betainc(a, b, clip(x, 0, 1)) is defined everywhere",
    sample=_CUBE,
    latex=r"I_{#3}\left(#1, #2\right)",
    summary="incomplete beta function, regularised, from 0 to 1 (DLMF 8.17.2)",
)


def _betapdf_a(m: Any, a: Any, b: Any, x: Any, out: Any) -> Any:
    """out times the score, but where its square and its derivative are as large as 1/a^2, and
    cancel."""
    return m.where(
        m.less(a, 0.25), m.dbetapdf(1, 0, a, b, x), out * (m.log(x) - m.polygammadiff(0, a, b))
    )


def _betapdf_b(m: Any, a: Any, b: Any, x: Any, out: Any) -> Any:
    return m.where(
        m.less(b, 0.25), m.dbetapdf(0, 1, a, b, x), out * (m.log1p(-x) - m.polygammadiff(0, b, a))
    )


_row(
    "betapdf",
    _betapdf_a,
    _betapdf_b,
    lambda m, a, b, x, out: out * (m.divide(a - 1, x) - m.divide(b - 1, 1 - x)),
    inputs="a b x",
    array=_BETA,
    domain="a > 0 and b > 0 and 0 <= x <= 1",
    remedy="where(x*(1 - x) > 0, betapdf(a, b, x), 0) gives 0 elsewhere",
    sample=_CUBE,
    latex=r"\frac{#3^{#1 - 1} \left(1 - #+3\right)^{#2 - 1}}{\mathrm{B}\left(#1, #2\right)}",
    summary="x^(a - 1)*(1 - x)^(b - 1)/exp(lbeta(a, b)), the derivative of betainc",
)


def _dbetapdf_x(m: Any, i: Any, j: Any, a: Any, b: Any, x: Any, out: Any) -> Any:
    """Leibniz' rule for betapdf times (a - 1)/x - (b - 1)/(1 - x)."""
    in_a = m.divide(i, x) * m.dbetapdf(m.maximum(i - 1, 0), j, a, b, x)
    in_b = m.divide(j, 1 - x) * m.dbetapdf(i, m.maximum(j - 1, 0), a, b, x)
    return out * (m.divide(a - 1, x) - m.divide(b - 1, 1 - x)) + in_a - in_b


_row(
    "dbetapdf",
    no_derivative,
    no_derivative,
    lambda m, i, j, a, b, x, out: m.dbetapdf(i + 1, j, a, b, x),
    lambda m, i, j, a, b, x, out: m.dbetapdf(i, j + 1, a, b, x),
    _dbetapdf_x,
    inputs="i j a b x",
    array=_BETA,
    domain="i, j = 0, 1, ... with i + j <= 4; a, b >= 0 and not both 0, and 0 < x < 1",
    remedy=f"derivatives in a and b are known up to order {_MOST}",
    most_order=_MOST,
    sample=((1.0, 1.0), (1.0, 1.0), *_CUBE),
    latex=r"\partial_{a}^{#1} \partial_{b}^{#2} p\left(#3, #4, #5\right)",
    summary="derivative of betapdf(a, b, x), i times in a and j times in b",
)
_row(
    "dbetainc",
    no_derivative,
    no_derivative,
    lambda m, i, j, a, b, x, out: m.dbetainc(i + 1, j, a, b, x),
    lambda m, i, j, a, b, x, out: m.dbetainc(i, j + 1, a, b, x),
    lambda m, i, j, a, b, x, out: m.dbetapdf(i, j, a, b, x),
    inputs="i j a b x",
    array=_BETA,
    domain="i, j = 0, 1, ... with i + j <= 4; a, b >= 0 and not both 0, and 0 <= x <= 1",
    remedy=f"derivatives in a and b are known up to order {_MOST}",
    most_order=_MOST,
    sample=((1.0, 1.0), (1.0, 1.0), *_CUBE),
    latex=r"\partial_{a}^{#1} \partial_{b}^{#2} I_{#5}\left(#3, #4\right)",
    summary="derivative of betainc(a, b, x), i times in a and j times in b",
)
