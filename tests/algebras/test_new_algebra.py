"""An algebra of exact fractions: a namespace and four methods, and all sweeps run on it.

It follows the recipe for an engine in .github/CONTRIBUTING.md.
"""

from __future__ import annotations

import operator
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
import sympy

import adcli
from adcli.ad.algebra import Scalars
from adcli.ad.evaluate import Run
from adcli.ad.jacobians import jacobian_blocks

FUNCTIONS = SimpleNamespace(
    add=operator.add,
    subtract=operator.sub,
    multiply=operator.mul,
    negative=operator.neg,
    divide=lambda x, y: Fraction(x) / y,
    power=lambda x, y: x ** int(y),
    power_slope=lambda x, y: y * x ** int(y - 1),
)


class Fractions(Scalars):
    """Rational numbers without rounding."""

    m: Any = FUNCTIONS

    def constant(self, value: float) -> Fraction:
        return Fraction(value)


PROGRAMS = [
    ("x*y/(x + y)", "x*y/(x + y)"),
    ("(1 - x)^2 + 100(y - x^2)^2", "(1 - x)**2 + 100*(y - x**2)**2"),
    ("r(u) = 1/(1 + u^2); r(x)*r(y)", "1/(1 + x**2)/(1 + y**2)"),
    ("a = x - y; a^3/(x*y) - 3a", "(x - y)**3/(x*y) - 3*(x - y)"),
]
POINT = {"x": Fraction(2, 3), "y": Fraction(7, 5)}


@pytest.mark.parametrize("mode", ["reverse", "forward", "symbolic"])
@pytest.mark.parametrize(("text", "formula"), PROGRAMS)
def test_gradient_without_rounding(text: str, formula: str, mode: str) -> None:
    f = adcli.function(text)
    inputs = {f.inputs[name]: value for name, value in POINT.items()}
    run = Run.at(f.graph, f.order, inputs, Fractions(), 1)
    (output,) = f.outputs
    blocks = jacobian_blocks(run, [output], list(f.inputs.values()), mode)
    at = {name: sympy.Rational(value) for name, value in POINT.items()}
    assert run.values[output] == Fraction(str(sympy.sympify(formula).subs(at)))
    for name, node in f.inputs.items():
        exact = sympy.diff(sympy.sympify(formula), name).subs(at)
        assert blocks[output, node] == Fraction(str(exact))
