"""Special functions by mpmath, the points where they and their partials are hard, and by how many
ulp a value and a partial may be off there, with the reason."""

from __future__ import annotations

import math
from typing import Any

from mpmath import mp

from adcli.algebras.special import digit_error_functions as digits

ABOVE_0, BELOW_1 = 1e-300, math.nextafter(1.0, 0.0)


def erfcx(x: Any) -> Any:
    return ierfcx(0, x)


def ierfcx(n: Any, x: Any) -> Any:
    if x > 3:
        return mp.hyperu((mp.mpf(n) + 1) / 2, mp.mpf(0.5), x * x) / (2**n * mp.sqrt(mp.pi))
    with mp.extradps(30):
        values = [2 / mp.sqrt(mp.pi), mp.exp(x * x) * mp.erfc(x)]
        for k in range(1, int(n) + 1):
            values.append((values[-2] - 2 * x * values[-1]) / (2 * k))
    return +values[int(n) + 1]


def lognormcdf(x: Any) -> Any:
    if x < -20:
        return mp.log(erfcx(-x / mp.sqrt(2)) / 2) - x * x / 2
    return mp.log1p(-mp.erfc(x / mp.sqrt(2)) / 2)


def invmills(x: Any) -> Any:
    if x < -20:
        return mp.sqrt(2 / mp.pi) / erfcx(-x / mp.sqrt(2))
    return mp.npdf(x) / (mp.erfc(-x / mp.sqrt(2)) / 2)


def sinc(x: Any) -> Any:
    return mp.sinpi(x) / (mp.pi * x) if x else mp.one


def dsinc(n: Any, x: Any) -> Any:
    """z g(n) + n g(n - 1) = sin(z + n pi/2) for the derivatives g of sin(z)/z."""
    with mp.extradps(60 * int(n)):
        z = mp.pi * x
        value = mp.sin(z) / z
        for k in range(1, int(n) + 1):
            value = (mp.sin(z + k * mp.pi / 2) - k * value) / z
        value *= mp.pi**n
    return +value


def voigt(x: Any, sigma: Any, gamma: Any) -> Any:
    return mp.re(_voigt(x, sigma, gamma))


def _voigt(x: Any, sigma: Any, gamma: Any) -> Any:
    t = mp.mpc(gamma, -x) / (sigma * mp.sqrt(2))
    with mp.extradps(40):
        return mp.exp(t * t) * mp.erfc(t) / (sigma * mp.sqrt(2 * mp.pi))


def voigt_derivative(n: Any, x: Any, sigma: Any, gamma: Any) -> Any:
    with mp.extradps(60):
        return mp.diff(lambda c: _voigt(x, sigma, c), gamma, int(n), h=mp.mpf(10) ** -40)


def gammainc(a: Any, x: Any) -> Any:
    """Up to the constant 1, so that the differences keep the digits of the tail."""
    if x <= a:
        return mp.gammainc(a, 0, x, regularized=True)
    return -mp.gammainc(a, x, mp.inf, regularized=True)


def gammapdf(a: Any, x: Any) -> Any:
    return x ** (a - 1) * mp.exp(-x) / mp.gamma(a)


def betapdf(a: Any, b: Any, x: Any) -> Any:
    return x ** (a - 1) * (1 - x) ** (b - 1) / mp.beta(a, b)


GAMMA_POINTS = (
    *((0.1, 0.2), (0.3, 1.4), (1e-3, 0.5), (5.0, 0.1), (2.0, 30.0), (1.0, 1.2), (40.0, 41.0)),
    *((200.0, 190.0), (1.9, 1.5), (10.0, 1e-3)),
)
BETA_POINTS = (
    *((0.5, 0.5, 0.1), (2.0, 3.0, 0.999), (100.0, 120.0, 0.45), (1e-2, 2.0, 0.3), (1.0, 1.0, 0.4)),
    *((30.0, 1.5, 1e-3), (0.5, 1.25e-11, 0.25), (1e-8, 1e-8, 0.7), (3.0, 1e-5, 0.9)),
)
VOIGT_POINTS = (
    *((0.0, 1.0, 1.0), (5.0, 1.0, 1e-3), (2.5, 1.0, 1e-6), (-30.0, 2.0, 0.5), (1.0, 0.05, 2.0)),
    *((3.0, 1.0, 0.1), (0.1, 2.0, 3.0), (-4.0, 1.2, 0.7), (40.0, 1.0, 1.0), (1e-5, 1.0, 1e-2)),
)

TAILS = (5.0, -5.0, 0.5, 26.0, 1e-200, -9.5)
BESSEL_POINTS = (
    *((0.0, 2.0), (1.0, 1e-10), (2.0, 1e-5), (0.5, 0.3), (-0.5, 3.0), (-2.0, 1.5), (-1.5, 7.0)),
    *((0.0, 2.5), (1.0, 50.0), (30.0, 2.0), (0.25, 300.0), (10.5, 10.5)),
)

SPECIAL: dict[str, tuple[Any, tuple[Any, ...], tuple[int, ...]]] = {
    # name: exact function, hard points, inputs that have a partial
    "erfcx": (erfcx, (*TAILS, -26.0, 1e300, 1e10, 0.51, 0.49), (0,)),
    "ierfcx": (ierfcx, ((1.0, 1e10), (2.0, -10.0), (3.0, 0.5), (5.0, 3.0)), (1,)),
    "erfinv": (digits.erfinv, (BELOW_1, -BELOW_1, 1 - 1e-10, 0.999, 1e-300), (0,)),
    "erfcinv": (digits.erfcinv, (1e-300, 1e-20, 2 - 1e-10, 1.0 + 1e-10, 0.5), (0,)),
    "norminv": (digits.norminv, (1e-300, 1e-20, BELOW_1, 0.5 + 1e-10, 0.25), (0,)),
    "lognormcdf": (lognormcdf, (*TAILS, -40.0, 38.0, -1e10, -1e150, 1e-10), (0,)),
    "invmills": (invmills, (*TAILS, -40.0, 37.0, -1e10, -1e150), (0,)),
    "sinc": (sinc, (1e-200, 1e-8, 1.0, 3.0, 0.5, 1e5 + 0.25, -2.0000001), (0,)),
    "dsinc": (dsinc, ((1.0, 0.3), (2.0, 1e-9), (3.0, 1.2), (5.0, 1.9), (4.0, 30.1)), (1,)),
    "besselj": (mp.besselj, BESSEL_POINTS, (1,)),
    "bessely": (mp.bessely, BESSEL_POINTS, (1,)),
    "besseli": (mp.besseli, BESSEL_POINTS, (1,)),
    "besselk": (mp.besselk, BESSEL_POINTS, (1,)),
    "gammainc": (gammainc, GAMMA_POINTS, (0, 1)),
    "gammaincc": (lambda a, x: -gammainc(a, x), GAMMA_POINTS, (0, 1)),
    "gammapdf": (gammapdf, GAMMA_POINTS, (0, 1)),
    "betainc": (lambda a, b, x: mp.betainc(a, b, 0, x, regularized=True), BETA_POINTS, (0, 1, 2)),
    "betapdf": (betapdf, BETA_POINTS, (0, 1, 2)),
    "voigt": (voigt, VOIGT_POINTS, (0, 1, 2)),
    "voigtre": (
        lambda n, *xs: mp.re(voigt_derivative(n, *xs)),
        tuple((2.0, *point) for point in VOIGT_POINTS[1:4]),
        (1, 2, 3),
    ),
    "voigtim": (
        lambda n, *xs: mp.im(voigt_derivative(n, *xs)),
        tuple((1.0, *point) for point in VOIGT_POINTS[1:4]),
        (1, 2, 3),
    ),
}

X = (1e-10, 1e-3, 0.3, 1.0, 2.404825557695773, 3.0, 10.0, 50.0, 300.0)
OF_FIXED_ORDER: dict[str, tuple[Any, tuple[float, ...]]] = {
    # a program in x: exact function, points
    "besselj(2, x)*1e10": (lambda x: 1e10 * mp.besselj(2, x), (1e-150, 1e-120, 1e-20, 1e-5)),
    "besseli(2, x)*1e10": (lambda x: 1e10 * mp.besseli(2, x), (1e-150, 1e-120, 1e-20, 713.0)),
    "besseli(10.5, x)": (lambda x: mp.besseli(10.5, x), (1e-26, 1e-9, 1.0, 700.0)),
    "besselk(1.5, x)": (lambda x: mp.besselk(1.5, x), (600.5, 690.0, 704.0)),
    "besselj(0, x)": (lambda x: mp.besselj(0, x), (0.0, -1.5, *X)),
    "besselj(1, x)": (lambda x: mp.besselj(1, x), (0.0, -1.5, *X)),
    "besselj(2, x)": (lambda x: mp.besselj(2, x), (0.0, -1.5, *X)),
    "besselj(-1, x)": (lambda x: mp.besselj(-1, x), (0.0, -1.5, *X)),
    "besselj(-0.5, x)": (lambda x: mp.besselj(-0.5, x), X),
    "besselj(40.25, x)": (lambda x: mp.besselj(40.25, x), X[3:]),
    "bessely(0, x)": (lambda x: mp.bessely(0, x), (0.8935769662791675, *X)),
    "bessely(2.5, x)": (lambda x: mp.bessely(2.5, x), X[1:]),
    "besseli(0, x)": (lambda x: mp.besseli(0, x), (0.0, -1.5, *X)),
    "besseli(1.5, x)": (lambda x: mp.besseli(1.5, x), X),
    "besselk(0, x)": (lambda x: mp.besselk(0, x), (600.0, *X)),
    "besselk(2.25, x)": (lambda x: mp.besselk(2.25, x), (600.0, *X[1:])),
    "ierfcx(2, x)": (lambda x: ierfcx(2, x), (-20.0, -1.0, 0.0, 0.5, 0.51, 1e5, *X)),
    "dsinc(1, x)": (lambda x: dsinc(1, x), X),
}

VALUES = {
    "gammainc": lambda a, x: mp.gammainc(a, 0, x, regularized=True),
    "gammaincc": lambda a, x: mp.gammainc(a, x, mp.inf, regularized=True),
}
"""Exact values, where those of SPECIAL are good up to a constant."""

SPECIAL_ULPS = {
    # By how much a partial may be off, where that is more than 4 ulp; 450 are 1e-13.
    "ierfcx": 8.0,  # the recurrence cancels a little where the continued fraction is slow
    "erfinv": 30.0,  # exp(out^2), where half an ulp of the inverse counts out^2 times
    "erfcinv": 30.0,
    "norminv": 300.0,  # the same: out^2 is 1371 at 1e-300
    "lognormcdf": 8.0,
    "invmills": 10.0,
    "sinc": 10.0,  # a difference next to its roots
    "dsinc": 10.0,
    "besselj": 1500.0,  # SciPy's are 120 ulp off, and the root of a derivative is near
    "bessely": 100.0,
    "besseli": 12.0,
    "besselk": 20.0,
    "gammainc": 400.0,  # what a costs where the sum over the nodes is near a root, 400 are 9e-14
    "gammaincc": 400.0,
    "gammapdf": 1000.0,
    "betainc": 400.0,
    "betapdf": 1000.0,
    "voigt": 2000.0,  # next to roots of derivatives
    "voigtre": 2000.0,
    "voigtim": 2000.0,
}
