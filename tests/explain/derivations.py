"""A derivation, checked: every line, every rewrite and the formula have the engine's derivative.

Lines are read as text again. What is left to differentiate becomes a variable, whose value is the
derivative of its own text, by the engine in many digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from mpmath import mp

import adcli
from adcli.explain.derivation import Derived, derivations
from adcli.graph.graph import Graph
from adcli.language.text import to_text

DIGITS = 60
Point = Mapping[str, Any]


def value_of(graph: Graph, node: int, point: Point, names: Mapping[int, str], more: Point) -> Any:
    """The value of a node by its text; `more` are the values of `names`."""
    f = adcli.function(to_text(graph, node, names=names))
    known = {**point, **more}
    return f.value({name: known[name] for name in f.variables}, precision=DIGITS)


def derivative_of(text: str, point: Point, direction: Point) -> Any:
    """The engine's derivative of a text along a direction; 0 where it has none, as behind a guard
    that does not hold: the value of the line shows whether that matters."""
    f = adcli.function(text)
    along = {name: d for name, d in direction.items() if name in f.variables}
    at = {name: point[name] for name in f.variables}
    try:
        if not along:
            return np.zeros(np.shape(f.value(at))) if at else 0.0
        return f.directional(at, along, precision=DIGITS)[1]
    except adcli.DomainError:
        return 0.0


def check(derived: Derived, point: Point, seed: int = 0) -> None:
    """Assert that every line of a derivation is what the engine says."""
    found, name = derived.derivation, derived.by[-1]
    graph = found.graph
    step: Any = 1.0
    if found.rules.by_array:
        step = np.random.default_rng(seed).integers(-9, 9, np.shape(point[name])) / 8
    direction = {name: step}
    names, more = {}, {}
    for k, (mark, u) in enumerate(found.marks().items()):
        names[mark] = f"left_{k}"
        more[names[mark]] = derivative_of(to_text(graph, u), point, direction)
    expected = more[names[found.rules.derivative(found.start).node]]
    for count in range(len(found.steps) + 1):
        line = found.formula(count)
        assert_same(value_of(graph, line, point, names, more), expected, to_text(graph, line))
    last = found.formula(len(found.steps))
    left = [mark for mark, u in found.marks().items() if mark in graph.reach([last])]
    assert all(found.marks()[mark] == found.rules.variable for mark in left)
    assert found.rules.by_array or not left
    if found.rules.by_array:
        gradient = value_of(graph, derived.raw, point, {}, {})
        with mp.workdps(DIGITS):
            assert_same(np.sum(gradient * step), expected, "gradient")
    for before, after, reason in derived.rewrites:
        try:
            old = value_of(graph, before, point, {}, {})
        except adcli.AdcliError:
            continue
        assert_same(
            value_of(graph, after, point, {}, {}), old, f"{to_text(graph, before)} ({reason})"
        )
    end = value_of(graph, derived.formula, point, {}, {})
    assert_same(end, value_of(graph, derived.raw, point, {}, {}), "formula")


def assert_same(a: Any, b: Any, what: str) -> None:
    """Assert that two numbers or arrays agree to far more digits than float64 has."""
    with mp.workdps(DIGITS):
        x, y = np.broadcast_arrays(np.asarray(a, dtype=object), np.asarray(b, dtype=object))
        for one, other in zip(x.flat, y.flat, strict=True):
            assert abs(one - other) <= 1e-25 * (1 + abs(other)), (what, one, other)


def of(text: str, point: Point, wrt: list[str] | None = None, order: int = 1) -> list[Derived]:
    """All derivations of a program whose variables have the shapes of a point."""
    f = adcli.function(text).shown
    shapes = {name: np.shape(x) for name, x in point.items()}
    names = f.names(wrt)
    return derivations(f, names, order, {v: s for v, s in shapes.items() if v in f.variables})[1]
