"""The radius of convergence that coefficients suggest, against functions whose radius is known."""

from __future__ import annotations

import math

import pytest

from adcli.ad.radius import suggested_radius
from adcli.function import function

KNOWN = [
    # program, point, radius, angle of the nearest singularity in degrees
    ("tan(x)", 0.5, math.pi / 2 - 0.5, 0),
    ("tan(x)", -0.5, math.pi / 2 - 0.5, 180),
    ("tanh(x)", 1.0, math.hypot(1, math.pi / 2), 180 - math.degrees(math.atan(math.pi / 2))),
    ("atan(x)", 0.0, 1.0, 90),
    ("atan(x)", 1.0, math.sqrt(2), 135),
    ("1/(1 + 25x^2)", 0.0, 0.2, 90),
    ("1/(1 + x^4)", 0.0, 1.0, 45),
    ("sqrt(1 + x^2)", 0.2, math.hypot(1, 0.2), None),
    ("gamma(x)", 1.5, 1.5, 180),
    ("digamma(x)", 1.2, 1.2, 180),
    ("log(x)", 3.0, 3.0, 180),
    ("x^7.5", 1.0, 1.0, 180),
    ("1e-200*sqrt(x)", 1e-5, 1e-5, 180),
    ("sqrt(1 - x)*sqrt(2 - x)", 0.0, 1.0, 0),
    ("softplus(x)", 0.4, math.hypot(0.4, math.pi), None),
    ("x/(exp(x) - 1)", 1.0, math.hypot(1, math.tau), None),
]


@pytest.mark.parametrize("order", [10, 20])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e3, 1e6, 1e10])
@pytest.mark.parametrize("text", ["log(x)", "1/x", "sqrt(x)"])
def test_radii_of_any_size(text: str, scale: float, order: int) -> None:
    found = suggested_radius(function(text).taylor({"x": scale}, order=order))
    assert found.estimate == pytest.approx(scale, rel=0.01)


@pytest.mark.parametrize(("text", "x", "radius", "angle"), KNOWN)
def test_known_radii(text: str, x: float, radius: float, angle: float | None) -> None:
    found = suggested_radius(function(text).taylor({"x": x}, order=20))
    assert found.estimate == pytest.approx(radius, rel=0.01)
    if angle is not None:
        assert found.angle == pytest.approx(angle, abs=1)


@pytest.mark.parametrize("order", [10, 20, 40, 70])
@pytest.mark.parametrize(
    ("text", "x"),
    [
        ("exp(x)", 0.0),
        ("exp(-x^2)", 0.5),
        ("sin(x)", 0.0),
        ("sin(x)", math.pi),
        ("cos(x)", 1.0),
        ("sin(50x)", 0.1),
        ("cos(x/1000)", 0.0),
        ("erf(x)", 0.0),
        ("erf(x)", 0.7),
        ("normcdf(x)", 1.0),
        ("exp(sin(x))", 0.0),
        ("exp(sin(x))", 1.0),
        ("x*exp(x)", 2.0),
        ("sin(x)/x", 1.0),
        ("(exp(x) - 1)/x", 2.0),
        ("sinh(x)*cos(3x)", 0.3),
    ],
)
def test_an_entire_function_is_given_no_finite_radius(text: str, x: float, order: int) -> None:
    found = suggested_radius(function(text).taylor({"x": x}, order=order))
    assert found.estimate in (None, math.inf)


def test_a_polynomial_ends() -> None:
    found = suggested_radius(function("x^3 + x").taylor({"x": 1.0}, order=8))
    assert (found.estimate, found.ends) == (math.inf, 3)
    assert suggested_radius([0.0] * 9).ends == 0


def test_coefficients_beyond_the_range_of_floats() -> None:
    found = function("erf(1e10x)").taylor({"x": 0.5}, order=12, precision=20)
    assert suggested_radius(found).estimate in (None, math.inf)


def test_underflow_is_no_end() -> None:
    assert suggested_radius(function("1e-300*exp(x)").taylor({"x": 0.0}, order=40)).ends is None
