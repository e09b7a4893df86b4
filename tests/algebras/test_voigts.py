"""Derivatives of the Voigt profile, on both sides of the borders between its algorithms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from mpmath import mp

from adcli.algebras.special import digit_voigts, voigts

SIZES = (0.5, 1.9, 1.99, 2.01, 2.1, 2.19, 2.21, 2.6, 3.3, 3.59, 3.61, 5.0, 8.4, 8.49, 8.51, 12.0)
ANGLES = (0.0, 0.05, 0.3, 0.7, 1.0, 1.2, 1.4, 1.5, math.pi / 2)


@pytest.mark.parametrize("n", range(5))
def test_derivatives_at_every_distance_and_angle(n: int) -> None:
    z = np.multiply.outer(SIZES, np.exp(1j * np.array(ANGLES))).ravel()
    x, gamma = z.real * math.sqrt(2), np.abs(z.imag) * math.sqrt(2)
    one = np.ones(len(z))
    real = voigts.voigtre(float(n) * one, x, one, gamma)
    imaginary = voigts.voigtim(float(n) * one, x, one, gamma)
    with mp.workdps(30):
        for k, at in enumerate(zip(x, gamma, strict=True)):
            point = (mp.mpf(n), mp.mpf(float(at[0])), mp.mpf(1), mp.mpf(float(at[1])))
            exact = mp.mpc(digit_voigts.voigtre(*point), digit_voigts.voigtim(*point))
            found = mp.mpc(float(real[k]), float(imaginary[k]))
            assert abs(found - exact) <= 1e-12 * abs(exact), (SIZES[k // 9], ANGLES[k % 9])
