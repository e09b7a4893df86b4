"""Relatives of the error function: scaled, inverse, in logarithms; and sinc."""

from __future__ import annotations

from typing import Any

from adcli.graph.primitives.registry import Rule, elementwise, no_derivative
from adcli.graph.primitives.special import bell

_OURS = "adcli.algebras.special.repeated_integrals."
_DIGITS = "adcli.algebras.special.digit_error_functions."

elementwise(
    "erfcx",
    lambda m, x, out: -2 * m.ierfcx(1, x),
    shown=(lambda m, x, out: 2 * x * out - m.divide(2, m.sqrt(m.pi)),),
    libraries={"numpy": _OURS + "erfcx", "mpmath": _DIGITS + "erfcx"},
    trend="falls",
    latex=r"\operatorname{erfcx}",
    summary="exp(x^2)*erfc(x) without underflow",
)
elementwise(
    "ierfcx",
    no_derivative,
    lambda m, n, x, out: -2 * ((n + 1) * m.ierfcx(n + 1, x)),  # 2x erfcx(x) - 2/sqrt(pi) cancels
    inputs="n x",
    libraries={"numpy": _OURS + "ierfcx", "mpmath": _DIGITS + "ierfcx"},
    domain="n = 0, 1, ... 40",
    sample=((1.0, 1.0), (-3.0, 3.0)),
    latex=r"e^{\left(#2\right)^{2}} \operatorname{i}^{#1}\operatorname{erfc}\left(#2\right)",
    summary="exp(x^2) times the n-th repeated integral of erfc (DLMF 7.18)",
)
elementwise(
    "erfinv",
    lambda m, x, out: m.divide(m.divide(m.sqrt(m.pi), 2), m.gauss(out)),
    shown=(lambda m, x, out: m.divide(m.sqrt(m.pi) * m.exp(m.power(out, 2)), 2),),
    libraries={"numpy": "scipy.special.erfinv", "mpmath": _DIGITS + "erfinv"},
    domain="-1 < x < 1",
    remedy="where(abs(x) < 1, erfinv(x), 0) gives 0 elsewhere",
    sample=((-0.95, 0.95),),
    trend="rises",
    latex=r"\operatorname{erf}^{-1}",
    summary="inverse of erf",
)
elementwise(
    "erfcinv",
    lambda m, x, out: -m.divide(m.divide(m.sqrt(m.pi), 2), m.gauss(out)),
    shown=(lambda m, x, out: -m.divide(m.sqrt(m.pi) * m.exp(m.power(out, 2)), 2),),
    libraries={"numpy": "scipy.special.erfcinv", "mpmath": _DIGITS + "erfcinv"},
    domain="0 < x < 2",
    remedy="where(abs(x - 1) < 1, erfcinv(x), 0) gives 0 elsewhere",
    sample=((0.05, 1.95),),
    trend="falls",
    latex=r"\operatorname{erfc}^{-1}",
    summary="inverse of erfc, exact for tiny x",
)
elementwise(
    "norminv",
    lambda m, x, out: m.divide(1, m.normpdf(out)),
    libraries={"numpy": "scipy.special.ndtri", "mpmath": _DIGITS + "norminv"},
    domain="0 < x < 1",
    remedy="norminv(clip(x, 1e-12, 1 - 1e-12)) is defined everywhere",
    sample=((0.05, 0.95),),
    trend="rises",
    latex=r"\Phi^{-1}",
    summary="quantile of the standard normal distribution, the inverse of normcdf",
)


def _lognormcdf(m: Any, x: Any) -> Any:
    scaled = 0.5 * m.erfcx(m.divide(m.abs(x), m.sqrt(2)))
    below = m.log(scaled) - 0.5 * x * x
    return m.where(m.less(x, 0), below, m.log1p(-(scaled * bell(m, x, 40.0, 0.5))))


elementwise(
    "lognormcdf",
    lambda m, x, out: m.invmills(x),
    value=_lognormcdf,
    libraries={"mpmath": _DIGITS + "lognormcdf"},
    trend="rises",
    latex=r"\log\Phi\left(#1\right)",
    summary="log(normcdf(x)) without underflow",
)


def _invmills(m: Any, x: Any) -> Any:
    """Below 0 both are divided by the density, which is 0 in the tail."""
    scaled = m.erfcx(m.divide(m.abs(x), m.sqrt(2)))
    height = bell(m, x, 40.0, 0.5)
    density = 0.3989422804014327 * height
    below = m.divide(m.sqrt(m.divide(2, m.pi)), scaled)
    cdf = 1 - 0.5 * scaled * height
    return m.where(m.less(x, 0), below, m.divide(density, cdf))


def _invmills_x(m: Any, x: Any, out: Any) -> Any:
    """-out (x + out); below 0, where that and its derivatives cancel, by what x + out grows."""
    t = m.minimum(m.divide(m.minimum(x, 0), -m.sqrt(2)), 1e60)  # beyond, the third one underflows
    scaled = m.erfcx(t)
    first, second = m.divide(m.ierfcx(1, t), scaled), m.divide(m.ierfcx(2, t), scaled)
    return m.where(m.less(x, 0), 4 * second - 2 * first * first - 1, -(out * (x + out)))


elementwise(
    "invmills",
    _invmills_x,
    shown=(lambda m, x, out: -(out * (x + out)),),
    value=_invmills,
    libraries={"mpmath": _DIGITS + "invmills"},
    trend="falls",
    latex=r"\frac{\varphi\left(#1\right)}{\Phi\left(#1\right)}",
    summary="normpdf(x)/normcdf(x), the inverse Mills ratio, without underflow",
)


def _sinc(m: Any, x: Any) -> Any:
    """The turns are taken off before pi comes in: whole numbers are roots exactly."""
    turn = x - 2 * m.round(0.5 * x)
    sine = m.sin(m.pi * m.where(m.greater(m.abs(turn), 0.5), m.sign(turn) - turn, turn))
    return m.where(m.equal(x, 0), 1.0, m.divide(sine, m.pi * x))


elementwise(
    "sinc",
    lambda m, x, out: m.dsinc(1, x),
    shown=(lambda m, x, out: m.divide(m.cos(m.pi * x) - out, x),),
    value=_sinc,
    even=True,
    latex=r"\operatorname{sinc}",
    summary="sin(pi*x)/(pi*x), 1 at 0, as in NumPy and JAX",
)
elementwise(
    "dsinc",
    no_derivative,
    lambda m, n, x, out: m.dsinc(n + 1, x),
    inputs="n x",
    libraries={"shared": "adcli.algebras.special.sincs.dsinc", "mpmath": _DIGITS + "dsinc"},
    domain="n = 0, 1, ... 100",
    sample=((1.0, 1.0), (-3.0, 3.0)),
    latex=r"\operatorname{sinc}^{(#1)}\left(#2\right)",
    summary="n-th derivative of sinc",
)


def _voigt_row(name: str, partials: tuple[Rule | None, ...], inputs: str, **row: Any) -> None:
    elementwise(
        name,
        *partials,
        inputs=inputs,
        libraries={
            "numpy": f"adcli.algebras.special.voigts.{name}",
            "mpmath": f"adcli.algebras.special.digit_voigts.{name}",
        },
        **row,
    )


_VOIGT_BOX = ((-3.0, 3.0), (0.3, 2.0), (0.1, 2.0))
_voigt_row(
    "voigt",
    (
        lambda m, x, sigma, width, out: m.voigtim(1, x, sigma, width),
        lambda m, x, sigma, width, out: -sigma * m.voigtre(2, x, sigma, width),  # heat equation
        lambda m, x, sigma, width, out: m.voigtre(1, x, sigma, width),
    ),
    "x sigma width",
    domain="sigma >= 0 and width >= 0",
    remedy="voigt(x, abs(sigma), abs(width)) is defined for all signs",
    sample=_VOIGT_BOX,
    latex=r"V\left(#1; #2, #3\right)",
    summary="Voigt profile: normal of deviation sigma, spread by Cauchy of half width `width`",
)
_voigt_row(
    "voigtre",
    (
        no_derivative,
        lambda m, n, x, sigma, width, out: m.voigtim(n + 1, x, sigma, width),
        lambda m, n, x, sigma, width, out: -sigma * m.voigtre(n + 2, x, sigma, width),
        lambda m, n, x, sigma, width, out: m.voigtre(n + 1, x, sigma, width),
    ),
    "n x sigma width",
    domain="n = 0, 1, ... 40; sigma >= 0 and width >= 0",
    sample=((1.0, 1.0), *_VOIGT_BOX),
    summary="n-th derivative of voigt in width",
)
_voigt_row(
    "voigtim",
    (
        no_derivative,
        lambda m, n, x, sigma, width, out: -m.voigtre(n + 1, x, sigma, width),
        lambda m, n, x, sigma, width, out: -sigma * m.voigtim(n + 2, x, sigma, width),
        lambda m, n, x, sigma, width, out: m.voigtim(n + 1, x, sigma, width),
    ),
    "n x sigma width",
    domain="n = 0, 1, ... 40; sigma >= 0 and width >= 0",
    sample=((1.0, 1.0), *_VOIGT_BOX),
    summary="conjugate of voigtre: for n = 1 the derivative of voigt in x",
)
