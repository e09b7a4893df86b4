"""Functions of many digits: fast far from 0, and refused where no method is fast."""

import contextlib
import itertools
import random

import mpmath
import pytest
from mpmath import mp, mpf

import adcli
from adcli.algebras.functions import digit_functions
from adcli.algebras.special import digit_bessels, digit_betas, digit_voigts
from adcli.errors import UsageError
from adcli.graph.primitives import ELEMENTWISE, PRIMITIVES, SELECT
from tests.effort import effort


def at(text, x, digits):
    return adcli.function(text).value({"x": x}, precision=digits)


@pytest.mark.parametrize("n", [0, 1, 2, 5, 12])
@pytest.mark.parametrize("x", ["-0.3", "-0.5", "-1.25", "-3.9999999999", "-7.75", "-40.1"])
def test_below_0_by_reflection(n, x):
    value = at(f"polygamma({n}, {x} + 0*x)", 0.0, 40)
    with mpmath.workdps(80):
        exact = mpmath.psi(n, mpmath.mpf(x))
    assert abs(value - exact) <= abs(exact) * mpmath.mpf(10) ** -39


def test_a_root_below_0_keeps_its_digits():
    value = at("digamma(x)", -0.5040830082644554, 40)
    with mpmath.workdps(50):  # as the engine rounds the decimal number
        x = mpmath.mpf("-0.5040830082644554")
    with mpmath.workdps(80):
        exact = mpmath.psi(0, x)
    assert abs(value - exact) <= abs(exact) * mpmath.mpf(10) ** -38


@pytest.mark.parametrize(
    ("text", "x"),
    [
        ("polygamma(1, x)", -100000000.5),
        ("digamma(x)", -1e12 - 0.25),
        ("polygamma(40, x)", -1e9 - 0.5),
        ("lgamma(x)", -1e12 - 0.25),
    ],
)
def test_no_step_for_each_unit(text, x):
    assert effort(lambda: at(text, x, 40)) < 100
    assert mpmath.isfinite(at(text, x, 40))


@pytest.mark.parametrize("text", ["digamma(x)", "polygamma(2, x)", "lgamma(x)", "gamma(x)*x"])
def test_too_many_digits_are_refused_at_once(text):
    f = adcli.function(text)

    def ask():
        with pytest.raises(adcli.UsageError, match="takes minutes with more than 1,500 digits"):
            f.value_and_gradient({"x": 1.5}, precision=20_000)

    assert effort(ask) < 250


@pytest.mark.parametrize("x", [1e20, 1e45, 1e55, 1e80])
@pytest.mark.parametrize("text", ["digamma(x)", "polygamma(1, x)", "polygamma(30, x)", "lgamma(x)"])
def test_far_above_0(text, x):
    """On both sides of where the first term of the expansion is enough."""
    value = at(text, x, 40)
    with mpmath.workdps(200):
        exact_x = mpmath.mpf(repr(x))
        exact = {
            "digamma(x)": lambda: mpmath.psi(0, exact_x),
            "polygamma(1, x)": lambda: mpmath.psi(1, exact_x),
            "polygamma(30, x)": lambda: mpmath.psi(30, exact_x),
            "lgamma(x)": lambda: mpmath.loggamma(exact_x),
        }[text]()
    assert abs(value - exact) <= abs(exact) * mpmath.mpf(10) ** -39


@pytest.mark.parametrize("text", ["digamma(exp(x))", "polygamma(1, x^x)", "lgamma(exp(x))"])
def test_numbers_with_billions_of_digits(text):
    assert effort(lambda: at(text, 1e10, 40)) < 100
    assert mpmath.isfinite(at(text, 1e10, 40))


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("mod(x, exp(1e10))", 1.5),
        ("mod(-x, -exp(1e10))", -1.5),
        ("mod(-x, 4)", 2.5),
        ("mod(x, -4)", -2.5),
        ("mod(0*x, -exp(1e10))", 0),
    ],
)
def test_remainders_of_numbers_below_the_divisor(text, exact):
    assert effort(lambda: at(text, 1.5, 40)) < 100
    assert at(text, 1.5, 40) == exact


@pytest.mark.parametrize(
    ("n", "x"),
    [(50, -10.5), (50, -10.25), (51, -10.5), (20, -3.5), (10, -100.5), (4, -0.5), (100, -7.5)],
)
def test_polygamma_where_its_terms_cancel(n: int, x: float) -> None:
    """At half of an odd number those of even order are 10^69 times what is left (DLMF 5.15.1)."""
    with mpmath.workdps(200):
        steps, y = int(-x) + 2, mpmath.mpf(x)
        below = sum(1 / (y + k) ** (n + 1) for k in range(steps))
        exact = (-1) ** (n + 1) * mpmath.factorial(n) * (mpmath.zeta(n + 1, y + steps) + below)
    value = at(f"polygamma({n}, x)", x, 30)
    assert abs(value - exact) <= abs(exact) * mpmath.mpf(10) ** -29


@pytest.mark.parametrize("x", ["1e60", "3e70", "1e300", "1e2565"])
@pytest.mark.parametrize("y", ["1e-20", "0.5", "1", "2", "1e5", "1e20"])
def test_lbeta_and_polygammadiff_far_out(x, y):
    def values():
        ways = [digit_betas.lbeta(mpf(x), mpf(y)), digit_betas.lbeta(mpf(y), mpf(x))]
        return ways + [digit_betas.polygammadiff(mpf(n), mpf(x), mpf(y)) for n in (0, 1, 7)]

    with mp.workdps(40):
        found = values()
    with mp.workdps(900 if len(x) < 6 else 60):  # more would take long with 2,565 digits
        for value, exact in zip(found, values(), strict=True):
            assert abs(value / exact - 1) < 1e-38


@pytest.mark.parametrize("name", ["besselj", "besseli"])
def test_orders_that_are_too_large_are_refused_at_once(name):
    for n in ("1e300000000000", "-1e300000000000"):
        with mp.workdps(30), pytest.raises(adcli.DomainError):
            adcli.function(f"{name}(n, x)").value({"n": mpf(n), "x": 2.0}, precision=30)


def test_a_derivative_that_there_is_not_in_arrays_of_many_digits():
    with pytest.raises(adcli.DomainError, match="besselj has no derivative in n"):
        adcli.function("besselj(v, v)").jacobian({"v": [0.5, 1.5]}, precision=30)


@pytest.mark.parametrize(
    ("name", "n", "x"),
    [
        *[("besselj", n, x) for n in ("31", "-31", "-40.25", "300.25") for x in ("35", "1e4")],
        *[("bessely", n, x) for n in ("31", "-40.5", "300.25") for x in ("35", "1e4")],
        *[("besselk", n, "35") for n in ("40.25", "-99.5")],
        *[(f"bessel{kind}", "1.5", "1e70") for kind in "jyik"],
    ],
)
def test_bessel_functions_by_recurrence_and_far_out(name, n, x):
    found = getattr(digit_bessels, name)
    with mp.workdps(50):
        n, x = mpf(n), mpf(x)
        value = found(n, x)
    with mp.workdps(70):
        assert abs(value / getattr(mp, name)(n, x) - 1) < 1e-44


@pytest.mark.parametrize("name", ["besselj", "bessely", "besseli", "besselk"])
@pytest.mark.parametrize(("n", "x"), [("2", "1e100000000000"), ("999.5", "1e3"), ("300.25", "900")])
def test_bessel_functions_end_soon(name, n, x):
    def ask():
        with mp.workdps(40):
            getattr(digit_bessels, name)(mpf(n), mpf(x))

    assert effort(ask) < 1000


NAMES = [p.name for p in PRIMITIVES.values() if p.kind in (ELEMENTWISE, SELECT) and not p.variadic]
GIANT, DWARF = "1e4342944819", "1e-4342944819"


@pytest.mark.parametrize("name", NAMES)
def test_no_argument_takes_as_many_digits_as_its_exponent(name: str) -> None:
    """A value, nan or a refusal, and soon: not a number of billions of digits on the way."""
    xs = ["0", "0.5", "1", "2", DWARF, "-" + DWARF, GIANT, "1e-3000", "1e3000", "1e-30", "30.5"]
    points = list(itertools.product(xs, repeat=len(PRIMITIVES[name].inputs)))
    points = random.Random(7).sample(points, min(len(points), 150))

    def ask() -> None:
        with mp.workdps(40):
            for point in points:
                with contextlib.suppress(UsageError):
                    getattr(digit_functions, name)(*map(mpf, point))

    assert effort(ask) < 600


@pytest.mark.parametrize("n", [0, 1, 2, 5])
@pytest.mark.parametrize("x", ["0", "2", "1e30"])
@pytest.mark.parametrize("sigma", ["1", "1e-25"])
@pytest.mark.parametrize("gamma", ["1", "1e-90", "1e-300"])
def test_both_parts_of_a_voigt_profile_far_from_each_other(n, x, sigma, gamma):
    with mp.workdps(40):
        found = [
            part(mpf(n), mpf(x), mpf(sigma), mpf(gamma))
            for part in (digit_voigts.voigtre, digit_voigts.voigtim)
        ]
    with mp.workdps(1500):  # by the recurrence of Hermite's kind for exp(t^2) erfc(t), DLMF 7.18.7
        t = mp.mpc(mpf(gamma), -mpf(x)) / (mpf(sigma) * mp.sqrt(2))
        before, value = 2 / mp.sqrt(mp.pi), mp.exp(t * t) * mp.erfc(t)
        for k in range(1, n + 1):
            before, value = value, (before - 2 * t * value) / (2 * k)
        value *= mp.factorial(n) * (-mp.sqrt(2) / mpf(sigma)) ** n / mpf(sigma)
        value /= mp.sqrt(2 * mp.pi)
        for got, wanted in zip(found, (value.real, value.imag), strict=True):
            assert abs(got - wanted) <= abs(wanted) * mpf("1e-37")
