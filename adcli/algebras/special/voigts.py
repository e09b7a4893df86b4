"""The Voigt profile and its derivatives to any order, on arrays.

With F(c) = w(ic/(s sqrt 2))/(s sqrt(2 pi)), w the Faddeeva function (DLMF 7.2.3), the profile is
the real part of F at c = gamma - ix, s being sigma; F is analytic, and all derivatives are parts of
its derivatives.
"""

from __future__ import annotations

from math import factorial, pi, sqrt
from typing import Any

import numpy as np

from adcli.algebras.special.orders import by_order
from adcli.algebras.special.repeated_integrals import MOST_INTEGRALS, repeated

_STEP, _NODES = 0.5, 14
"""Spacing h of the quadrature, whose error is exp(-(pi/h)^2), and nodes on either side of 0."""


def voigt(x: Any, sigma: Any, gamma: Any) -> Any:
    """The convolution of a normal and a Cauchy density; nan unless sigma and gamma are >= 0.

    sigma is the standard deviation of the one, gamma the half width of the other.
    """
    return voigtre(0.0, x, sigma, gamma)


def voigtre(n: Any, x: Any, sigma: Any, gamma: Any) -> Any:
    """The real part of the n-th derivative of F; nan unless n is 0, 1, ... 40."""
    return _derivative(n, x, sigma, gamma).real


def voigtim(n: Any, x: Any, sigma: Any, gamma: Any) -> Any:
    """The imaginary part of the n-th derivative of F."""
    return np.where(np.asarray(x) < 0.0, -1.0, 1.0) * _derivative(n, x, sigma, gamma).imag


def _derivative(n: Any, x: Any, sigma: Any, gamma: Any) -> Any:
    """The n-th derivative of F at gamma - i|x|."""
    n = np.where(np.minimum(sigma, gamma) >= 0.0, n, np.nan)
    missing = complex(np.nan, np.nan)
    return by_order(_of_order, MOST_INTEGRALS, n, np.abs(x), sigma, gamma, missing=missing)


def _of_order(n: int, x: Any, sigma: Any, gamma: Any) -> Any:
    """The derivative of an order; without a normal part that of 1/(pi c)."""
    width = sqrt(2.0) * np.where(sigma > 0.0, sigma, 1.0)
    z = _complex(x / width, gamma / width)
    with np.errstate(all="ignore"):
        smooth = factorial(n) * _integral(n, z) / (width * sqrt(pi)) * (-2.0 / width) ** n
        bare = factorial(n) / (_complex(gamma, -x) ** (n + 1) * pi) * (-1.0) ** n
    return np.where(sigma > 0.0, smooth, bare)


def _complex(real: Any, imaginary: Any) -> Any:
    """A complex number from its parts: a product with 1j would lose infinities."""
    result = np.empty(np.shape(real), dtype=np.complex128)
    result.real, result.imag = real, imaginary
    return result


def _integral(n: int, z: Any) -> Any:
    """The n-th repeated integral of erfc from t = -iz, times exp(t^2), to the digits of both parts.

    By its recurrence near 0, by its continued fraction far out, and between by the trapezoidal rule
    for w, which both fail near the real axis. There one of the parts is as small as exp(-z^2).
    """
    from scipy import special

    t, size = _complex(z.imag, -z.real), abs(z)
    far, near = size > 8.5, size < 2.2
    above = ~(far | near) & (z.imag > 2.0)
    between = ~(far | near | above)
    value = special.wofz(z)
    value[far] = _far(n, t[far], value[far])
    if n:  # all that one part is on the real axis
        normal = far & (z.imag == 0.0)
        value[normal] += (-0.5j) ** n * _bells(n, z[normal])[n]
    for here in (near, above):
        value[here] = repeated(n, t[here], value[here], falls_from=2.0)
    value[between] = (-0.5j) ** n * _between(n, z[between])
    return value


def _far(n: int, t: Any, first: Any) -> Any:
    """The continued fraction of few terms: more would bring its poles near."""
    ratio, product = 0.0, first
    for k in range(n + 24, 0, -1):
        ratio = 1.0 / (2.0 * t + 2.0 * (k + 1) * ratio)
        if k <= n:
            product = product * ratio
    return product


def _between(n: int, z: Any) -> Any:
    """w^(n)(z)/n!; from the third on by the recurrence where the rule's nodes are too near."""
    if n < 3:
        return _coefficient(n, z)
    before, value = _coefficient(1, z), _coefficient(2, z)
    for k in range(3, n + 1):
        before, value = value, -2.0 * (z * value + before) / k
    return np.where(abs(z) < 3.6, value, _coefficient(n, z))


def _coefficient(n: int, z: Any) -> Any:
    """w^(n)(z)/n! for 0 <= Im z < pi/h, by the trapezoidal rule.

    The integral is that of i exp(-u^2)/(pi (z - u)); nodes are at least h/4 away from its pole,
    and what the pole adds is added.

    Source: M. Al Azah and S. N. Chandler-Wilde, SIAM J. Numer. Anal. 59 (2021) 2346-2367.
    """
    place = z.real / _STEP
    offset = np.where(abs(place - np.rint(place)) < 0.25, 0.5, 0.0)
    total = np.zeros(z.shape, dtype=np.complex128)
    for k in range(-_NODES, _NODES + 1):
        u = (k + offset) * _STEP
        total = total + np.exp(-u * u) / (z - u) ** (n + 1)
    turn = 2.0 * pi / _STEP
    power = np.where(offset == 0.0, 1.0, -1.0) * np.exp(-1j * turn * z)
    bell, pole = _bells(n, z), [1.0 / (1.0 - power)]
    for k in range(n):
        square = sum(pole[j] * pole[k - j] for j in range(k + 1))
        pole.append(-1j * turn * (square - pole[k]) / (k + 1))
    added = sum(bell[j] * pole[n - j] for j in range(n + 1))
    return (-1.0) ** n * 1j * _STEP / pi * total + 2.0 * added


def _bells(n: int, z: Any) -> list[Any]:
    """The Taylor coefficients of exp(-z^2) up to the n-th."""
    found = [np.exp(-z * z)]
    for k in range(n):
        before = found[k - 1] if k else 0.0
        found.append(-2.0 * (z * found[k] + before) / (k + 1))
    return found
