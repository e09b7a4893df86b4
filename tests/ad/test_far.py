"""Far out a bell and all of its derivatives are 0, whatever is multiplied with it before.

The derivatives hold powers of x that leave the range among themselves: no order of multiplication
may lose the 0 that they meet.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from mpmath import mpf

import adcli
from tests.ways import MODES

FAR = (1e100, 1e154, -1e154, 1e155, -1e200, 1e300, -1.7e308)
BELLS = ("gauss", "normpdf", "sech", "logisticpdf")
PROGRAMS = (
    *(f"{bell}(x)" for bell in BELLS),
    *("gelu(-abs(x))", "erf(x)", "normcdf(x)", "tanh(x)", "sigmoid(x)", "sech(x)^2"),
    *("gauss(x/3)", "normpdf((x - 3)/2)", "x*gauss(x)", "gauss(x)*sin(x/1e300)", "gauss(x)^2"),
)
"""Programs whose derivatives of any order are 0 there."""
SQUARES = ("exp(-x^2)", "x*exp(-x^2)", "x*exp(-x^2/2)", "exp(-x^2) + gauss(x)*y")
"""The same, up to where the derivative of x^2 leaves the range."""
CASES = [
    *product(PROGRAMS, FAR),
    *(case for case in product(SQUARES, FAR) if abs(case[1]) < 8e307),
]


@pytest.mark.parametrize("engine", ["python", "numpy", "digits"])
def test_derivatives_of_bells_far_out_are_zero(engine: str) -> None:
    options = {"precision": 30} if engine == "digits" else {"engine": engine}
    number = mpf if engine == "digits" else float
    modes = MODES if engine == "python" else MODES[:1]
    functions = {text: adcli.function(text) for text in (*PROGRAMS, *SQUARES)}
    slopes = {text: f.derivative("x") for text, f in functions.items()}
    wrong = []
    for (text, x), mode in product(CASES, modes):
        f, slope = functions[text], slopes[text]
        point = {name: number(x if name == "x" else 2.0) for name in f.variables}
        first, second = (g.hessian(point, mode=mode, **options)[1]["x"] for g in (f, slope))
        gradient = f.value_and_gradient(point, mode=mode, **options)[1]
        found = [float(value) for value in (gradient["x"], first["x"], second["x"])]
        if found != [0.0, 0.0, 0.0]:
            wrong.append((text, x, mode, found))
    assert not wrong


QUOTIENTS = {
    "log(1+x^2)": (1e75, 1e77, -1e90, -1e100),
    "1/(1+x^2)": (1e30, -1e50, 1e53),
    "x/(1+x^2)": (1e30, -1e50, 1e70),
    "x/(x^2+x+1)": (1e30, -1e50, 1e70),
    "log(normcdf(x))": (-25.0, -30.0, -31.0, -35.0, -37.0),
    "log(gauss(x))": (-16.0, 20.0, 26.0),
    "log(x)/x": (1e75, 1e90, 1e100, 1e-77, 1e-100),
}
"""Programs whose second derivatives hold squares of quotients, and points where those squares are
far below or above the derivative."""


@pytest.mark.parametrize("engine", ["python", "numpy", "llvm"])
def test_second_derivatives_of_quotients(engine: str) -> None:
    wrong = []
    for text, xs in QUOTIENTS.items():
        f = adcli.function(text)
        for x, mode in product(xs, MODES if engine == "python" else MODES[:1]):
            found = f.hessian({"x": x}, mode=mode, engine=engine)[1]["x"]["x"]
            exact = f.hessian({"x": x}, precision=400)[1]["x"]["x"]
            # Tails: a difference of two terms of the size x^2, whose parts are bells, of which the
            # rounding of the exponent x^2 takes x^2 times the last digit.
            bound = 1e-13 + (1e-15 * x**4 if abs(x) < 50 else 0)
            if not abs(found / float(exact) - 1) <= bound:
                wrong.append((text, x, mode, found, float(exact)))
    assert not wrong


@pytest.mark.parametrize("engine", ["numpy", "llvm"])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_derivatives_of_bells_far_out_over_rows(order: int, engine: str) -> None:
    for text in PROGRAMS:
        f = adcli.function(text)
        for _ in range(order - 1):
            f = f.derivative("x")
        assert not f.map({"x": np.array(FAR)}, engine=engine).gradients["x"].any(), text


def test_a_partial_that_is_infinite_stays_an_error() -> None:
    for text in ("sqrt(x)", "0*sqrt(x)", "sqrt(x)*exp(-1/x)", "cbrt(x)*x"):
        with pytest.raises(adcli.DomainError):
            adcli.function(text).value_and_gradient({"x": 0.0})


def test_what_leaves_the_range_itself_is_named() -> None:
    with pytest.raises(adcli.DomainError, match=r"derivative of 1e\+200 \^ 3"):
        adcli.function("tanh(x^3)").value_and_gradient({"x": 1e200})
