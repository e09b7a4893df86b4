"""Bessel functions far from 0, where SciPy's have no digits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from mpmath import mp, mpf

from adcli.algebras.special.far_bessels import besselj, bessely

ORDERS = (0.0, 0.5, 20.0, 100.0, -2.5, 900.5, -100.25)
POWERS = (6, 9, 12, 17, 100)


@pytest.mark.parametrize("power", POWERS)
def test_far_arguments_have_all_digits(power: int) -> None:
    """To the last place of the amplitude: near a root, x itself is not known better."""
    for order, x in zip(ORDERS, np.geomspace(1.1, 9.7, len(ORDERS)) * 10.0**power, strict=True):
        with mp.workdps(power + 40):
            amplitude = mp.sqrt(2 / (mp.pi * mpf(float(x))))
            for ours, exact in ((besselj, mp.besselj), (bessely, mp.bessely)):
                off = mpf(float(ours(order, x))) - exact(mpf(order), mpf(float(x)))
                assert abs(off) < 5e-16 * amplitude, (ours, order, x)


def test_what_neither_method_knows_is_no_number() -> None:
    assert math.isnan(besselj(1e8, 1e12))
    assert math.isnan(bessely(-1e8, 1e12))
    assert math.isnan(besselj(0.5, -1e10))
    assert math.isnan(bessely(2.0, -1e10))


def test_whole_orders_take_arguments_of_both_signs() -> None:
    n, x = np.array([0.0, 1.0, 2.0, 3.0]), np.array([1e10, 1e7, 5.0, 0.3])
    signs = np.array([1.0, -1.0, 1.0, -1.0])
    assert np.array_equal(besselj(n, -x), signs * besselj(n, x))
    assert np.array_equal(besselj(-n, x), signs * besselj(n, x))
