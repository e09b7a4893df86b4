"""Partial derivatives of powers at a base of 0, of the second and third order, in all orders.

The right one is the limit for x from above: a number, or infinite. What is infinite is an error,
never the 0 of a guard.
"""

from __future__ import annotations

from itertools import permutations, product
from math import prod
from typing import Any

import numpy as np
import pytest
from mpmath import binomial, ff, log, mp, mpf, taylor

import adcli
from tests.ways import MODES

PROGRAMS = {"x^y": (1, 1), "(x/2)^y": (0.5, 1), "x^(2y)": (1, 2), "(3x)^(y/2)": (3, 0.5)}
"""With the factors a, b of (a x)^(b y)."""
EXPONENTS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)
POINTS = [*product((0.0, 1.0, 2.0), EXPONENTS)]
PATHS = sorted({*permutations("xxy", 2), *permutations("xxxyyy", 3), ("y", "y")})


def exact(i: int, j: int, x: Any, y: Any) -> Any:
    """The derivative of x^y, i times in x and j times in y: that of ff(y, i) x^(y - i) in y."""
    falling = taylor(lambda t: ff(t, i), y, j)
    powers = (
        binomial(j, k) * mp.factorial(k) * falling[k] * log(x) ** (j - k) for k in range(j + 1)
    )
    return sum(powers) * x ** (y - i)


def limit(i: int, j: int, x: float, y: float) -> Any:
    """The same, at x = 0 the limit from above."""
    with mp.workdps(60):
        if x > 0:
            return exact(i, j, mpf(x), mpf(y))
        near, nearer = (exact(i, j, mpf(10) ** -n, mpf(y)) for n in (300, 3000))
        return mpf(round(nearer)) if abs(nearer) <= max(abs(near), 1e-100) else mp.inf


def test_limits() -> None:
    assert limit(2, 0, 0.0, 2.0) == 2
    assert limit(1, 1, 0.0, 1.5) == 0
    assert limit(1, 1, 0.0, 1.0) == limit(2, 1, 0.0, 2.0) == limit(2, 1, 0.0, 0.0) == mp.inf


WAYS = [
    *product(PROGRAMS, ["reverse"]),
    *product(["x^y"], ["forward", "symbolic"]),
    *product(["(x/2)^y"], ["numpy", "llvm"]),
]


@pytest.mark.parametrize(("text", "way"), WAYS)
def test_partials_of_powers_at_zero(text: str, way: str) -> None:
    engine = {"engine": way} if way in ("numpy", "llvm") else {"engine": "python", "mode": way}
    a, b = PROGRAMS[text]
    xs, ys = np.array(POINTS).T
    wrong = []
    for path in PATHS:
        f = adcli.function(text)
        for name in path[:-1]:
            f = f.derivative(name)
        i, j = path.count("x"), path.count("y")
        found = f.map({"x": xs / a, "y": ys / b}, wrt=path[-1], on_error="null", **engine)
        for row, ((x, y), got) in enumerate(zip(POINTS, found.gradients[path[-1]], strict=True)):
            right = limit(i, j, x, y) * mpf(a) ** i * mpf(b) ** j
            is_right = (
                abs(got - right) <= 1e-13 * abs(right)
                if mp.isfinite(right)
                else row in found.errors
            )
            if not is_right:
                wrong.append((path, x / a, y / b, got, float(right)))
    assert not wrong


@pytest.mark.parametrize("path", PATHS, ids="".join)
def test_partials_of_powers_at_zero_in_many_digits(path: tuple[str, ...]) -> None:
    f = adcli.function("x^y")
    for name in path[:-1]:
        f = f.derivative(name)
    for y in EXPONENTS:
        right = limit(path.count("x"), path.count("y"), 0.0, y)
        point = {"x": mpf(0), "y": mpf(y)}
        if mp.isfinite(right):
            found = f.value_and_gradient(point, wrt=path[-1], precision=30)[1][path[-1]]
            assert found == right, y
        else:
            with pytest.raises(adcli.DomainError):
                f.value_and_gradient(point, wrt=path[-1], precision=30)


EVEN = {
    # as written -> the number; from 2^53 on a float has no odd neighbour
    "9007199254740991": 2**53 - 1,
    "9007199254740992": 2**53,
    "9007199254740994": 2**53 + 2,
    "1e16": 10**16,
    "2^60": 2**60,
    "10^17 + 16": 10**17 + 16,
    "1e300": int(1e300),
    "-9007199254740992": -(2**53),
    "-1e16": -(10**16),
    "-2^60": -(2**60),
}


@pytest.mark.parametrize("program", ["x^({})", "(-x)^({})", "x^({})*x"])
@pytest.mark.parametrize("exponent", EVEN)
def test_an_exponent_next_to_a_large_one_is_odd(exponent: str, program: str) -> None:
    """y*x^(y - 1) has the sign of x where y is even, though no float is y - 1."""
    n = EVEN[exponent] + program.endswith("*x")
    f, wrong = adcli.function(program.format(exponent)), []
    for order in (1, 2, 3) if abs(n) < 1e100 else (1,):
        size = prod(n - i for i in range(order))
        right = {1.0: size, -1.0: -size if (order + n) % 2 else size}
        if program.startswith("(-"):
            right = {-x: found * (-1) ** order for x, found in right.items()}
        printed = adcli.function(str(f.derivative("x")))
        for x, found in right.items():
            engines = ("numpy", "llvm") if order == 1 else ("numpy",)
            rows = [f.map({"x": np.full(9, x)}, engine=e).gradients["x"] for e in engines]
            points = [
                f.value_and_gradient({"x": x}, **way)[1]["x"]
                for way in (
                    *({"engine": e, "mode": m} for e in ("python", "numpy") for m in MODES),
                    *({"precision": 40, "mode": m} for m in MODES),
                )
            ]
            got = [*points, *(row[1] for row in rows), printed.value({"x": x})]
            if not all(abs(mpf(each) / found - 1) < 1e-14 for each in got):
                wrong.append((order, x, got))
        if n > 0:
            assert f.value_and_gradient({"x": 0.0})[1]["x"] == 0
        f = f.derivative("x")
    assert not wrong


@pytest.mark.parametrize("way", ["python", "numpy", "llvm"])
def test_powlog_has_values_for_whole_orders_alone(way: str) -> None:
    """Its derivative in the order is 0, which would be wrong anywhere else."""
    n = np.array([0.0, 1.0, 2.0, 0.5, -1.0, 1e-300, np.inf])
    found = adcli.function("powlog(x, 2, n)").map(
        {"x": np.full(7, 3.0), "n": n}, engine=way, on_error="null"
    )
    np.testing.assert_allclose(found.values[:3], 9 * np.log(3) ** n[:3], rtol=1e-15)
    assert sorted(found.errors) == [3, 4, 5, 6]
    with pytest.raises(adcli.DomainError):
        adcli.function("powlog(x, 2, n)").value({"x": mpf(3), "n": mpf(0.5)}, precision=30)


FAR_FROM_1 = (
    # program, and an x that digits hold exactly
    *(("x^(1e40)", "2"), ("x^(1e40)", "-3"), ("x^(-2e300)", "0.5"), ("(2x)^(1e60)", "0.75")),
    *(("x^(2^90)", "7"), ("x^(-1e30)", "-0.25")),
)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("program", "x"), FAR_FROM_1)
def test_the_slope_of_a_large_power_has_the_exponent_less_1(program, x, mode) -> None:
    """No digit of y - 1 may be lost: away from 1 each is a factor."""
    f = adcli.function(program)
    for digits in (15, 25):
        value, slopes = f.value_and_gradient({"x": mpf(x)}, precision=digits, mode=mode)
        _, right = f.value_and_gradient({"x": mpf(x)}, precision=350)
        with mp.workdps(350):
            many = f.value({"x": mpf(x)}, precision=350)
            assert abs(slopes["x"] / value / (right["x"] / many) - 1) < mpf(10) ** (3 - digits)


def test_the_slope_of_a_large_power_holds_floats_near_1() -> None:
    """Between 2^53 and where x^y overflows x is not yet 1."""
    for exponent in (2.0**54 + 4, 2.0**56 + 16, -(2.0**55) - 8):
        f = adcli.function(f"x^({exponent!r})")
        for x in (1 + 2.0**-48, 1 - 2.0**-48, -1 - 2.0**-48):
            with mp.workdps(60):
                right = mpf(exponent) * mpf(x) ** mpf(exponent) / mpf(x)
                for way in ({"engine": "python"}, {"engine": "numpy"}, {"mode": "symbolic"}):
                    found = f.value_and_gradient({"x": x}, **way)[1]["x"]
                    assert abs(found / right - 1) < 4e-16, (exponent, x, way)
