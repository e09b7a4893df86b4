"""Distances, probability and special functions."""

from __future__ import annotations

from typing import Any

from adcli.graph.pairs import pair_product, two_product
from adcli.graph.primitives.registry import elementwise, no_derivative

elementwise(
    "hypot",
    lambda m, x, y, out: m.unit(x, y),
    lambda m, x, y, out: m.unit(y, x),
    shown=(lambda m, x, y, out: m.divide(x, out), lambda m, x, y, out: m.divide(y, out)),
    kink=lambda m, x, y: m.equal(m.maximum(m.abs(x), m.abs(y)), 0),
    remedy="sqrt(x^2 + y^2 + 1e-12) is smooth",
    sample=((0.2, 3.0), (0.2, 3.0)),
    summary="sqrt(x^2 + y^2) without overflow; the derivative at (0, 0) is 0",
)


def _unit(m: Any, x: Any, y: Any) -> Any:
    r = m.hypot(x, y)
    return m.where(m.equal(r, 0), x, m.divide(x, r))


def _unit_x(m: Any, x: Any, y: Any, out: Any) -> Any:
    other = m.unit(y, x)
    return other * m.divide(other, m.hypot(x, y))  # 1/r - x*x/r^3 would cancel


elementwise(
    "unit",
    _unit_x,
    lambda m, x, y, out: -(out * m.divide(m.unit(y, x), m.hypot(x, y))),
    value=_unit,
    domain="all numbers; no derivative at (0, 0)",
    remedy="x/sqrt(x^2 + y^2 + 1e-12) is smooth",
    sample=((0.2, 3.0), (0.2, 3.0)),
    latex=r"\frac{#1}{\operatorname{hypot}\left(#1, #2\right)}",
    summary="x/hypot(x, y), the cosine of the angle of (x, y); 0 at (0, 0)",
)


def _inversion(m: Any, x: Any, y: Any) -> Any:
    r = m.hypot(x, y)
    return m.divide(m.divide(x, r), r)  # r*r would leave the range


def _inversion_x(m: Any, x: Any, y: Any, out: Any) -> Any:
    """(y^2 - x^2)/r^4, where a power of two keeps the squares inside the range."""
    r = m.hypot(x, y)
    scale = m.detach(m.exp2(-m.floor(m.log2(r))))
    inside = m.divide(m.divide(m.sqdiff(scale * y, scale * x), scale * r), scale * r)
    return m.divide(m.divide(inside, r), r)


elementwise(
    "inversion",
    _inversion_x,
    lambda m, x, y, out: -2 * out * m.inversion(y, x),
    shown=(
        lambda m, x, y, out: m.divide(
            m.power(y, 2) - m.power(x, 2), m.power(m.power(x, 2) + m.power(y, 2), 2)
        ),
        lambda m, x, y, out: -m.divide(2 * x * y, m.power(m.power(x, 2) + m.power(y, 2), 2)),
    ),
    value=_inversion,
    domain="(x, y) != (0, 0)",
    remedy="where(x^2 + y^2 > 0, inversion(x, y), 0) gives 0 there",
    sample=((0.2, 3.0), (0.3, 3.0)),
    summary="x/(x^2 + y^2), the real part of 1/(x + iy) without overflow",
)


def _radius_x(m: Any, x: Any, out: Any) -> Any:
    # unit(x, 0) is 1 but for 0 at 0, where it has no derivative: nor has this one.
    return m.divide(0.5 * m.unit(x, 0), m.where(m.equal(out, 0), 1, out))


elementwise(
    "radius",
    _radius_x,
    inputs="x",
    value=lambda m, x: m.sqrt(x),
    kink=lambda m, x: m.equal(x, 0),
    domain="x >= 0",
    remedy="sqrt(max(x, 0) + 1e-12) is smooth",
    sample=((0.1, 5.0),),
    latex=r"\sqrt{#1}",
    trend="rises",
    summary="sqrt(x) for a sum of squares x: the length has the derivative 0 at 0",
)
SLOPE = elementwise(
    "slope",
    lambda m, x, w, out: w,
    None,
    inputs="x w",
    value=lambda m, x, w: m.where(m.equal(x, x) * m.equal(w, w), 0.0, x * w),
    latex=r"\operatorname{slope}\left(#1, #2\right)",
    summary="0 with the derivative w in x: f + slope(x, w) states it apart from the value f",
)
elementwise(
    "sqdiff",
    lambda m, x, y, out: 2 * x,
    lambda m, x, y, out: -2 * y,
    value=lambda m, x, y: (x - y) * (x + y),
    summary="x^2 - y^2, exact where x is near y: (x - y)*(x + y)",
)
# Errors below are in ulp, the worst of 100,000 hard points: next to poles, roots and the ends of
# pieces, in tails, tiny, huge and subnormal; SciPy 1.13 and 1.17 err alike. Arrays take SciPy's
# function where it is within 5 ulp, and faster than ours.

# Arrays: SciPy's (2.8 ulp). Floats: the C library's (1).
elementwise(
    "erf",
    lambda m, x, out: m.divide(2, m.sqrt(m.pi)) * m.gauss(x),
    shown=(lambda m, x, out: m.divide(2 * m.exp(-m.power(x, 2)), m.sqrt(m.pi)),),
    trend="rises",
    summary="error function (DLMF 7.2.1)",
)
# Arrays: SciPy's up to 1/2 (2.9 ulp); its tail loses all digits. There ours, erfcx(x) gauss(x):
# 3.6 ulp, where SciPy's erfcx would make it 6.6. Floats: the C library's (3.3).
elementwise(
    "erfc",
    lambda m, x, out: -m.divide(2, m.sqrt(m.pi)) * m.gauss(x),
    shown=(lambda m, x, out: -m.divide(2 * m.exp(-m.power(x, 2)), m.sqrt(m.pi)),),
    trend="falls",
    summary="1 - erf(x), exact in the tail (DLMF 7.2.2)",
)


def bell(m: Any, x: Any, limit: float, half: float) -> Any:
    """exp(-half x^2) from the exact square, which keeps the digits of the tail; beyond the limit
    it is 0."""
    cut = m.minimum(m.maximum(x, -limit), limit)
    high, low = two_product(cut, cut)
    value = m.exp(-half * high)
    return value - value * (half * low)


elementwise(
    "gauss",
    lambda m, x, out: -2 * (x * out),  # 2*x could overflow
    value=lambda m, x: bell(m, x, 30.0, 1.0),
    c="gauss",
    latex=r"e^{-\left(#1\right)^{2}}",
    even=True,
    trend="falls",
    summary="exp(-x^2)",
)
elementwise(
    "normpdf",
    lambda m, x, out: -x * out,
    value=lambda m, x: 0.3989422804014327 * bell(m, x, 40.0, 0.5),
    c="normpdf",
    latex=r"\varphi",
    even=True,
    trend="falls",
    summary="standard normal density",
)


def _normcdf(m: Any, x: Any) -> Any:
    """erfc(-x / sqrt 2) / 2. The rounding error d of t = -x / sqrt 2 would cost 2 t^2 ulp in the
    tail; it is added back to first order with erfc'(t) = -2 exp(-t^2) / sqrt pi (DLMF 7.2.2)."""
    cut = m.minimum(m.maximum(x, -40.0), 40.0)
    high, low = pair_product((-cut, 0.0), (0.7071067811865476, -4.833646656726457e-17))
    return 0.5 * (m.erfc(high) - low * 1.1283791670955126 * m.exp(-high * high))


# Stated here: SciPy's ndtr loses 18 ulp at -3 and 2000 at -37, this 3.3.
elementwise(
    "normcdf",
    lambda m, x, out: m.normpdf(x),
    value=_normcdf,
    c="normcdf",
    latex=r"\Phi",
    trend="rises",
    summary="standard normal distribution, exact in the tail",
)
# Arrays: SciPy's for 2 <= x < 10 (4.4 ulp) and x >= 33 (4.9); else it loses up to 7 ulp, and is 0
# from -170.6 down. There, and for floats, whose C library loses 7.4, ours (3.9).
elementwise(
    "gamma",
    lambda m, x, out: out * m.digamma(x),
    domain="x != 0, -1, -2, ...",
    remedy="lgamma(x) is finite but at its poles 0, -1, -2, ...",
    sample=((0.2, 5.0),),
    c="tgamma",
    latex=r"\Gamma",
    summary="gamma function (DLMF 5.2.1)",
)
# Arrays: SciPy's for x >= 3 (3.4 ulp); it loses all digits at the roots, as C libraries do. Below,
# and for floats, ours (3.9).
elementwise(
    "lgamma",
    lambda m, x, out: m.digamma(x),
    domain="x != 0, -1, -2, ...",
    remedy="where(x > 0, lgamma(x), 0) gives 0 elsewhere",
    sample=((0.2, 5.0),),
    latex=r"\log\left(\left|\Gamma\left(#1\right)\right|\right)",
    summary="log |gamma(x)|",
)
# Arrays: SciPy's for x > 0 (3.0 ulp); below it loses all digits at the roots. There, and for
# floats, ours (4.3).
elementwise(
    "digamma",
    lambda m, x, out: m.polygamma(1, x),
    domain="x != 0, -1, -2, ...",
    remedy="where(x > 0, digamma(x), 0) gives 0 elsewhere",
    sample=((0.2, 5.0),),
    c="digamma",
    latex=r"\psi",
    summary="derivative of lgamma (DLMF 5.2.2)",
)
# Ours (3.4 ulp up to n = 20). SciPy's zeta is within 4.3 ulp of trigamma for x > 0, but takes
# longer; below it is not within 5.
elementwise(
    "polygamma",
    no_derivative,
    lambda m, n, x, out: m.polygamma(n + 1, x),
    inputs="n x",
    domain="n = 0, 1, 2, ...; x != 0, -1, -2, ...",
    remedy="where(x > 0, polygamma(n, x), 0) gives 0 elsewhere",
    sample=((1.0, 1.0), (0.5, 5.0)),
    latex=r"\psi^{(#1)}\left(#2\right)",
    summary="n-th derivative of digamma (DLMF 5.15)",
)
elementwise(
    "lbeta",
    lambda m, x, y, out: m.polygammadiff(0, x, y),
    lambda m, x, y, out: m.polygammadiff(0, y, x),
    shown=(
        lambda m, x, y, out: m.digamma(x) - m.digamma(x + y),
        lambda m, x, y, out: m.digamma(y) - m.digamma(x + y),
    ),
    libraries={
        "shared": "adcli.algebras.special.betas.lbeta",
        "mpmath": "adcli.algebras.special.digit_betas.lbeta",
    },
    domain="x > 0 and y > 0",
    remedy="where(x*y > 0, lbeta(x, y), 0) gives 0 elsewhere",
    sample=((0.2, 5.0), (0.2, 5.0)),
    latex=r"\log\mathrm{B}\left(#1, #2\right)",
    summary="log of the beta function, gamma(x)*gamma(y)/gamma(x + y) (DLMF 5.12.1)",
)
elementwise(
    "polygammadiff",
    no_derivative,
    lambda m, n, x, y, out: m.polygammadiff(n + 1, x, y),
    lambda m, n, x, y, out: -m.polygamma(n + 1, x + y),
    inputs="n x y",
    libraries={
        "shared": "adcli.algebras.special.betas.polygammadiff",
        "mpmath": "adcli.algebras.special.digit_betas.polygammadiff",
    },
    domain="n = 0, 1, ... 170; x > 0 and y >= 0",
    sample=((1.0, 1.0), (0.5, 5.0), (0.5, 5.0)),
    latex=r"\left(\psi^{(#1)}\left(#2\right) - \psi^{(#1)}\left(#2 + #+3\right)\right)",
    summary="polygamma(n, x) - polygamma(n, x + y), exact where they are near",
)


def _sigmoid(m: Any, x: Any) -> Any:
    e = m.exp(-m.abs(x))  # the exponential that cannot overflow
    return m.divide(m.where(m.greater_equal(x, 0), 1, e), 1 + e)


elementwise(
    "sigmoid",
    lambda m, x, out: m.logisticpdf(x),  # out*(1 - out) is 0 from x = 37 on
    shown=(lambda m, x, out: out * (1 - out),),
    value=_sigmoid,
    latex=r"\sigma",
    trend="rises",
    summary="1/(1 + exp(-x))",
)


def _logisticpdf(m: Any, x: Any) -> Any:
    e = m.exp(-m.abs(x))
    return m.divide(e, (1 + e) * (1 + e))


elementwise(
    "logisticpdf",
    lambda m, x, out: -(out * m.tanh(0.5 * x)),  # sigmoid(-x) - sigmoid(x) would cancel near 0
    shown=(lambda m, x, out: out * (1 - 2 * m.sigmoid(x)),),
    value=_logisticpdf,
    latex=r"\sigma'\left(#1\right)",
    even=True,
    trend="falls",
    summary="logistic density, sigmoid(x)*sigmoid(-x)",
)


def _logit(m: Any, x: Any) -> Any:
    near = m.less_equal(m.abs(x - 0.5), 0.25)  # where 2x - 1 is exact
    return m.where(near, 2 * m.atanh(2 * x - 1), m.log(m.divide(x, 1 - x)))


elementwise(
    "logit",
    lambda m, x, out: m.divide(m.divide(1, x), 1 - x),
    shown=(lambda m, x, out: m.divide(1, x * (1 - x)),),
    value=_logit,
    domain="0 < x < 1",
    remedy="logit(clip(x, 1e-12, 1 - 1e-12)) is defined everywhere",
    sample=((0.05, 0.95),),
    latex=r"\operatorname{logit}",
    trend="rises",
    summary="log(x/(1 - x))",
)
elementwise(
    "softplus",
    lambda m, x, out: m.sigmoid(x),
    value=lambda m, x: m.where(m.greater_equal(x, 0), x, 0) + m.log1p(m.exp(-m.abs(x))),
    latex=r"\operatorname{softplus}",
    trend="rises",
    summary="log(1 + exp(x))",
)
