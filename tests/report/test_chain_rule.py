"""The chain rule that is not multiplied out: as expected, and equal to the gradient."""

from __future__ import annotations

import random

import pytest

from adcli.function import function
from adcli.report.chain_rule import ChainRules
from adcli.report.steps import TEXT

CHAIN = "f1(u) = sin(u); f2(u) = u^2; f3(u) = exp(u); "


@pytest.mark.parametrize(
    ("text", "calls", "factors", "functions"),
    [
        ("sin(x^2)", None, "cos(x^2)·(2*x)", ""),
        ("cos(cos(x))", None, "-sin(cos(x))·(-sin(x))", ""),
        ("exp(-x)", None, "-exp(-x)", ""),
        ("x*y + sin(x)", None, "y + cos(x)", ""),
        ("x*x", None, "x + x", ""),
        ("tanh(3x)", None, "(1 - tanh(3*x)^2)·3", ""),
        ("x", None, "1", ""),
        ("floor(x)*y", None, "0", ""),
        ("where(x > 0, x^2, y)", None, "(x > 0)·(2*x)", ""),
        ("where(x > 0, x, y) + x^2", None, "(x > 0) + 2*x", ""),
        ("x*(y + 1) - x", None, "y + 1 - 1", ""),
        ("y - x*(y + 1)", None, "-(y + 1)", ""),
        (
            CHAIN + "f1(f2(f3(x)))",
            "f1'(f2(f3(x)))·f2'(f3(x))·f3'(x)",
            "cos(exp(x)^2)·(2*exp(x))·exp(x)",
            "f1'(u) = cos(u) | f2'(u) = 2*u | f3'(u) = exp(u)",
        ),
        (
            CHAIN + "f(x) = f1(f2(x))*x",
            "x·f1'(f2(x))·f2'(x) + f1(f2(x))",
            "x·cos(x^2)·(2*x) + sin(x^2)",
            "f1'(u) = cos(u) | f2'(u) = 2*u",
        ),
        # A function of several variables, one that calls another, one that uses outer variables.
        (
            "f(u, v) = u*v^2; f(x^2, y)",
            "∂f/∂u(x^2, y)·(2*x)",
            "y^2·(2*x)",
            "∂f/∂u(u, v) = v^2",
        ),
        (
            "f(u) = u^2; g(v) = sin(f(v)); g(3x)",
            "g'(3*x)·3",
            "cos((3*x)^2)·(2*(3*x))·3",
            "g'(v) = cos(f(v))·f'(v) | f'(u) = 2*u",
        ),
        ("f(u) = u*y; f(x^2)", None, "y·(2*x)", ""),
        ("add(u, v) = u + v; add(x, y)", "∂add/∂u(x, y)", "1", "∂add/∂u(u, v) = 1"),
        ("f(u, v) = u*y; f(x, z) + x^2", None, "y + 2*x", ""),
        (
            "f(u, v) = v^2; f(sin(x), x)",
            "∂f/∂u(sin(x), x)·cos(x) + ∂f/∂v(sin(x), x)",
            "2*x",
            "∂f/∂u(u, v) = 0 | ∂f/∂v(u, v) = 2*v",
        ),
        # Names that the program binds stand for what they name.
        ("a = x^2; sin(a)*a", None, "a·cos(a)·(2*x) + sin(a)·(2*x)", ""),
        ("f(u) = u^3; a = f(x); a^2", "(2*a)·f'(x)", "(2*a)·(3*x^2)", "f'(u) = 3*u^2"),
    ],
)
def test_forms(text: str, calls: str | None, factors: str, functions: str) -> None:
    found = ChainRules(function(text), TEXT).by("x")
    assert (found.whole, found.written) == (calls, factors)
    assert " | ".join(f"{slope} = {formula}" for slope, formula in found.slopes) == functions


@pytest.mark.parametrize(
    "text",
    [
        "sin(x^2)*y/(x + y)",
        "x^y + log(x)*tanh(y)",
        "hypot(x, y)*atan2(y, x) - abs(x - y)",
        "max(x, y)^2 + min(x, 2y)*clip(x, 0, 1)",
        "f(u, v) = u*sin(v); g(u) = f(u, 2u)^2; g(x)/y",
        "f(u) = exp(u)/u; g(u) = f(f(u)); g(x) + f(y)*x",
        "gelu(x) + softplus(y)*erf(x*y)",
    ],
)
def test_factors_are_the_gradient(text: str) -> None:
    f, numbers = function(text), random.Random(7)
    rules = ChainRules(f, TEXT)
    for _ in range(3):
        point = {name: numbers.uniform(0.5, 2) for name in f.variables}
        _, gradient = f.value_and_gradient(point)
        for name in f.variables:
            chain = rules.by(name)
            for form in (chain.written, chain.simplified):
                if form is not None:
                    known = function(form)
                    value = known.value({v: point[v] for v in known.variables})
                    assert value == pytest.approx(gradient[name], rel=1e-12)


def test_what_is_too_long_is_left_out() -> None:
    text = "y = x\n" + "y = y*sin(y)\n" * 30 + "y"
    found = ChainRules(function(text), TEXT).by("x")
    assert (found.whole, found.written, found.simplified) == (None, None, None)


def test_arrays_have_the_simplified_formula_alone() -> None:
    found = ChainRules(function("f(u) = u^2; sum(f(x))"), TEXT, {"x": (3,)}).by("x")
    assert (found.whole, found.written, found.simplified) == (None, None, "2*x")
