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
