"""Derivatives of the incomplete gamma and beta functions in their parameters."""

from itertools import product
from math import comb

import numpy as np
import pytest
from mpmath import mp

import adcli
from adcli.algebras.functions.incomplete_betas import dbetainc, dbetapdf
from adcli.algebras.special import digit_incomplete
from adcli.algebras.special.incomplete import dgammainc

ORDERS = ((1, 0), (0, 1), (1, 1), (2, 0), (0, 2), (2, 1), (0, 3), (3, 1))
PARAMETERS = list(product((0.0, 1e-8, 1e-3, 0.4, 1.0, 2.5, 40.0, 1e4), (0.0, 1e-3, 1.0, 7.0, 1e4)))
GRID = [
    (a, b, x)
    for a, b in PARAMETERS[1:]
    for mean in (a / (a + b),)
    for x in (1e-300, 1e-8, 0.3, 0.5, 0.77, 1 - 1e-12, mean, 0.97 * mean)
    if 0.0 < x < 1.0
]


def slack(exact, orders, point):
    """What the exact value changes by when an argument moves by one ulp, four times.

    A derivative in b of order 2 and more has a root at a = 1 as x goes to 0.
    """
    moved = [
        exact(*orders, *point[:k], np.nextafter(point[k], np.inf).item(), *point[k + 1 :])
        for k in range(3)
    ]
    return 4 * max(abs(value - exact(*orders, *point)) for value in moved)


@pytest.mark.parametrize("orders", ORDERS, ids=str)
@pytest.mark.parametrize("function", [dbetainc, dbetapdf])
def test_a_hard_grid(function, orders):
    def exact(*xs):
        with mp.workdps(30):
            return getattr(digit_incomplete, function.__name__)(*map(mp.mpf, xs))

    points = GRID[sum(orders) :: 7]
    with np.errstate(all="ignore"):
        found = function(*orders, *np.array(points).T)
        for point, got in zip(points, found.tolist(), strict=True):
            right = exact(*orders, *point)
            allowed = 1e-13 * abs(right) + 1e-300
            if abs(right) < 1e300 and not abs(got - right) <= allowed:
                assert abs(got - right) <= allowed + slack(exact, orders, point), point


@pytest.mark.parametrize("point", [(2.5, 0.7, 0.3), (1e-3, 3.0, 0.9), (30.0, 40.0, 0.2)], ids=str)
@pytest.mark.parametrize("orders", ORDERS[:6], ids=str)
def test_many_digits_against_differences(point, orders):
    (i, j), (a, b, x), step = orders, map(mp.mpf, point), mp.mpf(10) ** -20
    with mp.workdps(150):
        differences = mp.fsum(
            (-1) ** (p + q)
            * comb(i, p)
            * comb(j, q)
            * mp.betainc(a + (i - 2 * p) * step, b + (j - 2 * q) * step, 0, x, regularized=True)
            for p in range(i + 1)
            for q in range(j + 1)
        ) / (2 * step) ** (i + j)
    with mp.workdps(40):
        found = digit_incomplete.dbetainc(mp.mpf(i), mp.mpf(j), a, b, x)
        assert abs(found / differences - 1) < mp.mpf(10) ** -28


def test_what_an_ulp_of_an_argument_decides_on_is_no_number():
    for a in (1e16, 1e25):
        assert dbetainc(1, 0, a, a, 0.5) == pytest.approx(-0.5 / np.sqrt(np.pi * a), rel=1e-3)
        assert dgammainc(1, a, a) == pytest.approx(-1 / np.sqrt(2 * np.pi * a), rel=1e-3)
    assert np.isnan(dbetainc(1, 0, 1e33, 1e33, 0.5))
    assert np.isnan(dgammainc(1, 1e33, 1e33))
    assert dbetainc(1, 0, 1e33, 1e33, 0.4) == 0.0
    assert dgammainc(1, 1e33, 1e32) == 0.0


@pytest.mark.parametrize("options", [{}, {"precision": 30}], ids=["floats", "digits"])
@pytest.mark.parametrize("x", [0.3, 1.0, 30.0])
def test_the_gamma_functions_have_derivatives_where_a_is_0(x, options):
    """The limit of gammaincc(a, x)/a is E1(x), that of gammapdf(a, x)/a is exp(-x)/x."""
    point = {"a": 0.0, "x": x}
    for name, limit in (
        ("gammaincc", mp.e1(x)),
        ("gammainc", -mp.e1(x)),
        ("gammapdf", mp.exp(-x) / x),
    ):
        _, gradient = adcli.function(f"{name}(a, x)").value_and_gradient(point, **options)
        assert abs(gradient["a"] / limit - 1) < 1e-13, name


def test_many_digits_of_the_gamma_density_where_a_is_0() -> None:
    """It is a times a smooth function there, and no difference next to 0."""
    with mp.workdps(300):
        x = mp.mpf("0.125")
        first, log = mp.exp(-x) / x, mp.log(x) + mp.euler
        closed = [first, 2 * first * log, 3 * first * (log**2 - mp.pi**2 / 6)]
        for n, right in enumerate(closed, 1):
            got = digit_incomplete.dgammapdf(mp.mpf(n), mp.zero, x)
            assert abs(got - right) < mp.mpf(10) ** -295 * abs(right)


@pytest.mark.parametrize("orders", [(0, 0), (1, 0), (2, 0)], ids=str)
@pytest.mark.parametrize("tiny", ["1e-60", "1e-300", "1e-3000000000000"])
def test_many_digits_where_a_parameter_of_beta_is_tiny(tiny: str, orders: tuple[int, int]) -> None:
    """betainc is 0 at b = 0, and linear in a tiny b; its other share is so in a tiny a."""
    with mp.workdps(40):
        (i, j), b, x = orders, mp.mpf(tiny), mp.mpf("0.7")
        slope = digit_incomplete.dbetainc(mp.mpf(i), mp.mpf(j + 1), mp.mpf(10), mp.zero, x)
        got = digit_incomplete.dbetainc(mp.mpf(i), mp.mpf(j), mp.mpf(10), b, x)
        assert abs(got - b * slope) <= mp.mpf(10) ** -38 * abs(got)
        if i:
            got = digit_incomplete.dbetainc(mp.mpf(j), mp.mpf(i), b, mp.mpf(10), 1 - x)
            assert abs(got + b * slope) <= mp.mpf(10) ** -38 * abs(got)
