"""Derivations: the rules' names, and that every line is true."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import adcli
from adcli.explain.derivation import Derived
from adcli.graph.graph import Graph
from adcli.graph.library import LIBRARY
from adcli.graph.primitives import ELEMENTWISE, PRIMITIVES, SELECT, STATIC, no_derivative
from adcli.graph.symbols import Expression, Symbols
from adcli.language.text import to_text
from adcli.report.derivation import TEXT, Wording
from tests.explain.derivations import check, of
from tests.programs import Program, array_programs, scalar_programs


def lines(derived: Derived, several: bool = False) -> list[str]:
    wording = Wording(derived, TEXT, several)
    return [f"{line.right} ({line.rule})" for line in wording.lines(99)[0]]


TEXTBOOK = {
    "x^2*sin(x)": [
        "d/dx[x^2]*sin(x) + x^2*d/dx[sin(x)] (product rule)",
        "2*x*sin(x) + x^2*d/dx[sin(x)] (power rule)",
        "2*x*sin(x) + x^2*cos(x) (derivative of sin)",
    ],
    "3x^4 - x + 7": [
        "d/dx[3*x^4] - d/dx[x] + d/dx[7] (sum and difference rule)",
        "3*d/dx[x^4] - d/dx[x] + d/dx[7] (constant factor)",
        "3*4*x^3 - d/dx[x] + d/dx[7] (power rule)",
        "3*4*x^3 - 1 + d/dx[7] (the variable itself)",
        "3*4*x^3 - 1 + 0 (constant)",
    ],
    "exp(x)/x": [
        "(d/dx[exp(x)]*x - exp(x)*d/dx[x])/x^2 (quotient rule)",
        "(exp(x)*x - exp(x)*d/dx[x])/x^2 (exponential rule)",
        "(exp(x)*x - exp(x)*1)/x^2 (the variable itself)",
    ],
    "1/x": ["-d/dx[x]/x^2 (quotient rule)", "-1/x^2 (the variable itself)"],
    "sin(x^2)": [
        "cos(x^2)*d/dx[x^2] (derivative of sin, chain rule)",
        "cos(x^2)*2*x (power rule)",
    ],
    "2^x": ["2^x*log(2) (exponential rule)"],
    "x^x": ["x*x^(x - 1) + x^x*log(x) (general power rule)"],
    "max(x, 0)": ["x > 0 (derivative of max)"],
    "sqrt(x)^3": [
        "3*sqrt(x)^2*d/dx[sqrt(x)] (power rule, chain rule)",
        "3*sqrt(x)^2/(2*sqrt(x)) (derivative of sqrt)",
    ],
    "x > 1": ["0 (comparison: constant between its jumps)"],
    "floor(x)": ["0 (floor: constant between its jumps)"],
    "where(x > 1, x^2, 5)": [
        "where(x > 1, d/dx[x^2], d/dx[5]) (case by case)",
        "where(x > 1, 2*x, d/dx[5]) (power rule)",
        "where(x > 1, 2*x, 0) (constant)",
    ],
    "f(u) = u^3; a = 2x; f(a)": [
        "3*(2*x)^2*d/dx[2*x] (power rule, chain rule)",
        "3*(2*x)^2*2*d/dx[x] (constant factor)",
        "3*(2*x)^2*2*1 (the variable itself)",
    ],
}


@pytest.mark.parametrize(("text", "expected"), TEXTBOOK.items())
def test_textbook(text: str, expected: list[str]) -> None:
    (derived,) = of(text, {"x": 1.5})
    assert lines(derived) == expected
    check(derived, {"x": 1.5})


ARRAYS: dict[str, dict[str, Any]] = {
    "sum((A@x - b)^2)": {"A": [[1.5, 2], [3, 4], [5, 7]], "x": [1.5, 2], "b": [1.25, 2, 4]},
    "norm(A@x) + softmax(x)[0] + max(x)*x[1]": {"A": [[1.5, 2], [3, 4]], "x": [1.5, 2]},
    "det(A) + logdet(A@transpose(A)) + sum(inv(A)) + trace(A@A)": {"A": [[1.5, 2], [-3, 4]]},
    "std(v) + mean(v)*prod(v) + logsumexp(v) - var(v/2) + min(v)": {"v": [1.5, 2, 4]},
    "size(v)*v[0]^2 + v[1]^size(v[1:])": {"v": [1.5, 2, 4]},
    "size(v)": {"v": [1.5, 2, 4]},
    "sum(cumsum(v)*sort(v)) + v@v + sum(v[1:]*v[:2]) + sum(outer(v, v)^2)": {"v": [1.5, 2, 4]},
    "sum(where(v > 2, v^2, 1/v)) + sum(max(v, 2)) + sum([v[0], 3, v[1]^2])": {"v": [1.5, 2.5, 4]},
    "sum(v*(sum(W, axis=1)/v)) + sum(v[1]*(sum(W, axis=1)/2)^2)": {
        "v": [1.5, 2],
        "W": [[1.5, 2], [3, 4]],
    },
    "sum(solve(A, v)) + v@A@v": {"A": [[4.0, 1.5], [1, 3]], "v": [1.5, 2]},
}


@pytest.mark.parametrize(("text", "point"), ARRAYS.items())
def test_arrays(text: str, point: dict[str, Any]) -> None:
    point = {name: np.array(x) for name, x in point.items()}
    for derived in of(text, point):
        check(derived, point)


def calls() -> list[tuple[str, dict[str, float]]]:
    """Every function of numbers and every operator, of arguments that are not variables alone, at
    a point inside its domain; what has no derivative is a number."""
    found = []
    operators = [row for row in PRIMITIVES.values() if row.symbol and row.kind == ELEMENTWISE]
    for op in (*LIBRARY.values(), *operators):
        row = op if op.kind in (ELEMENTWISE, SELECT) else op.shown
        if row is None or row.kind not in (ELEMENTWISE, SELECT):
            continue
        samples = op.sample or ((0.1, 0.9),) * len(op.inputs)
        args, point = [], {}
        for k, (low, high) in enumerate(samples):
            point[f"x{k}"] = low + (0.37 + 0.11 * k) * (high - low)
            is_fixed = k < len(row.partials) and row.partials[k] is no_derivative
            args.append(repr(point[f"x{k}"]) if is_fixed else f"(2*x{k} - x{k})")
        text = f"{op.name}({', '.join(args)})"
        if op.symbol:
            text = op.symbol.join(args) if len(args) > 1 else op.symbol + args[0]
        found.append((text, point))
    return found


@pytest.mark.parametrize(("text", "point"), calls())
def test_every_function(text: str, point: dict[str, float]) -> None:
    f = adcli.function(text)
    for derived in of(text, {name: point[name] for name in f.variables}):
        check(derived, point)


def structures() -> list[tuple[str, dict[str, Any]]]:
    """Every function of arrays at the example of its row, of arguments that are not variables
    alone; matrices are positive definite, and places are 0."""
    found = []
    numbers = np.random.default_rng(3)
    for row in PRIMITIVES.values():
        attr, shapes = row.example
        if not shapes or row.kind in (ELEMENTWISE, SELECT, STATIC):
            continue
        m, point, xs = Symbols(Graph()), {}, []
        for k, shape in enumerate(shapes):
            is_place = row.flows is not None and k >= row.flows
            value = numbers.permutation(range(1, 1 + int(np.prod(shape)))).reshape(shape) / 16
            if len(shape) == 2 and shape[0] == shape[1]:
                value = np.eye(shape[0]) * range(2, 2 + shape[0]) + (value + value.T) / 16
            point[f"x{k}"] = 0 * value if is_place else value
            x = Expression(m, m.graph.variable(f"x{k}"))
            xs.append(x if is_place else 2 * x)
        text = to_text(m.graph, m.structural(row, attr, *xs).node)
        found.append((f"sum(sin({text}))", point))
    return found


@pytest.mark.parametrize(("text", "point"), structures(), ids=lambda x: str(x)[:40])
def test_every_structure(text: str, point: dict[str, Any]) -> None:
    for derived in of(text, point):
        check(derived, point)


@pytest.mark.parametrize(
    ("text", "order"), [("sin(x)*exp(x)", 3), ("x^2*y + sin(x*y)", 2), ("1/(1 + x^2)", 4)]
)
def test_higher_orders(text: str, order: int) -> None:
    for derived in of(text, {"x": 1.25, "y": 0.75}, order=order):
        check(derived, {"x": 1.25, "y": 0.75})


@settings(max_examples=15)
@given(scalar_programs())
def test_random_programs(program: Program) -> None:
    for derived in of(program.text, program.point):
        check(derived, program.point)


@settings(max_examples=5)
@given(array_programs())
def test_random_array_programs(program: Program) -> None:
    for derived in of(program.text, program.point):
        check(derived, program.point)
