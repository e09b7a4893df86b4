"""The Voigt profile and its derivatives, of mpmath numbers.

With F(c) = exp(t^2) erfc(t)/(sigma sqrt(2 pi)), t = c/(sigma sqrt 2), the profile is the real part
of F at c = gamma - ix; all its derivatives are parts of those of F. At sigma = 0, F is 1/(pi c).
"""

from __future__ import annotations

from mpmath import mp

from adcli.algebras.special.digit_tools import RANGE, Number, is_integer, too_big


def voigt(x: Number, sigma: Number, gamma: Number) -> Number:
    """The convolution of a normal and a Cauchy density; nan unless sigma and gamma are >= 0."""
    return voigtre(mp.zero, x, sigma, gamma)


def voigtre(n: Number, x: Number, sigma: Number, gamma: Number) -> Number:
    """The real part of the n-th derivative of F; nan unless n is 0, 1, ... 40."""
    return mp.re(_derivative(n, x, sigma, gamma))


def voigtim(n: Number, x: Number, sigma: Number, gamma: Number) -> Number:
    """The imaginary part of the n-th derivative of F."""
    return mp.im(_derivative(n, x, sigma, gamma))


def _derivative(n: Number, x: Number, sigma: Number, gamma: Number) -> Number:
    """The n-th derivative of F at gamma - ix."""
    is_defined = is_integer(n) and 0 <= n <= 40 and min(sigma, gamma) >= 0
    if not is_defined or (sigma == 0 and x == gamma == 0):
        return mp.mpc(mp.nan, mp.nan)
    if any(too_big(a, RANGE) for a in (x, sigma, gamma)):
        return mp.mpc(mp.nan, mp.nan)
    scales = [mp.mag(a) for a in (x, sigma) if a != 0]
    if gamma > 0 and scales and max(scales) - mp.mag(gamma) > mp.prec + 60:
        # Each part to first order: the smaller one may lie any number of digits below the other.
        return _at(int(n), x, sigma, mp.zero) + gamma * _at(int(n) + 1, x, sigma, mp.zero)
    return _at(int(n), x, sigma, gamma)


def _at(n: int, x: Number, sigma: Number, gamma: Number) -> Number:
    c = mp.mpc(gamma, -x)
    if sigma == 0 or 2 * (mp.mag(c) - mp.mag(sigma)) > mp.prec + 60:
        with mp.workprec(mp.prec + 20 + _needed(gamma, x)):
            value = (-1) ** n * mp.factorial(n) / (mp.pi * c ** (n + 1))
        return +value
    size = max(0, mp.mag(c) - mp.mag(sigma))
    with mp.workprec(mp.prec + 40 + (n + 2) * (2 * size + 4) + _needed(gamma, x)):
        t = c / (sigma * mp.sqrt(2))
        before, value = 2 / mp.sqrt(mp.pi), mp.exp(t * t) * mp.erfc(t)
        for k in range(1, n + 1):
            before, value = value, (before - 2 * t * value) / (2 * k)
        value *= mp.factorial(n) * (-mp.sqrt(2) / sigma) ** n / (sigma * mp.sqrt(2 * mp.pi))
        if gamma == 0:  # d/dc is i d/dx: i^n turns the derivatives of the normal density
            normal = _normal(n, x / sigma) / sigma ** (n + 1) * (-1 if n % 4 > 1 else 1)
            value = mp.mpc(value.real, normal) if n % 2 else mp.mpc(normal, value.imag)
    return +value


def _normal(n: int, u: Number) -> Number:
    """The n-th derivative of the standard normal density, by Hermite polynomials (DLMF 18.9.1): as
    a part of F it lies so far below the other one that no digits of F would reach it."""
    before, polynomial = mp.zero, mp.one
    for k in range(n):
        before, polynomial = polynomial, u * polynomial - k * before
    return (-1) ** n * polynomial * mp.exp(-u * u / 2) / mp.sqrt(2 * mp.pi)


def _needed(gamma: Number, x: Number) -> int:
    """Bits by which the smaller part of the profile lies below the larger."""
    return max(0, int(mp.mag(x) - mp.mag(gamma))) if x != 0 and gamma > 0 else 0
