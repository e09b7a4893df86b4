"""Between which numbers a program's value lies, whatever its variables are: interval arithmetic.

A forward sweep takes intervals of the operands to one of the result; each holds all elements of a
node. It may hold more than the node's values: that of `x - x` is an interval of the differences of
any two numbers. Source: Moore, Interval Analysis (1966).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import product

import numpy as np

from adcli.ad.evaluate import Run
from adcli.graph.primitives import STATIC

Range = tuple[float, float]
"""The ends of an interval."""

UNKNOWN = (-math.inf, math.inf)

_BEGINS = {"sqrt": 0.0, "radius": 0.0, "acosh": 1.0}
"""Where functions begin that have a finite value there."""


def value_range(run: Run, output: int, inputs: Mapping[int, Range]) -> Range:
    """An interval that holds `output` for all values of the variables `inputs` (node -> interval);
    the others are as they are in `run`, which is one of NumPy's arrays."""
    graph = run.graph
    moving = graph.dependents(run.order, inputs)
    found: list[Range] = [UNKNOWN] * len(graph)
    with np.errstate(all="ignore"):
        for i in run.order:
            if i in inputs:
                found[i] = inputs[i]
            elif moving[i] and graph.ops[i].kind != STATIC:
                found[i] = _known(_range(run, i, [found[a] for a in graph.args[i]]))
            elif np.size(run.values[i]):
                found[i] = float(np.min(run.values[i])), float(np.max(run.values[i]))
    return found[output]


def _known(found: Range) -> Range:
    low, high = found
    return (-math.inf if math.isnan(low) else low), (math.inf if math.isnan(high) else high)


def _range(run: Run, i: int, xs: list[Range]) -> Range:
    graph = run.graph
    op, args = graph.ops[i], graph.args[i]
    name, is_square = op.name, len(args) == 2 and args[0] == args[1]
    match op.trend:
        case "rises" | "falls":
            found = _apply(run, name, _size(xs[0]) if op.even else xs[0])
            return found if op.trend == "rises" else found[::-1]
        case "keeps":
            return _union(xs)
        case "pads":
            return _union([*xs, (0.0, 0.0)])
        case "adds":
            terms = _count(run, args[0]) / max(_count(run, i), 1)
            return terms * xs[0][0], terms * xs[0][1]
        case "signs":
            scalar_product = name == "matmul" and is_square and run.values[args[0]].ndim == 2
            positive = scalar_product or min(low for low, _ in xs) >= 0
            return (0.0, math.inf) if positive else UNKNOWN
        case "flags":
            return 0.0, 1.0
    if name == "multiply" and is_square:
        return _power(xs[0], (2.0, 2.0))
    return _RULES[name](*xs) if name in _RULES else UNKNOWN


def _count(run: Run, i: int) -> int:
    return math.prod(run.algebra.shape(run.values[i]))


def _apply(run: Run, name: str, x: Range) -> Range:
    ends = np.maximum(x, _BEGINS.get(name, -math.inf))
    low, high = getattr(run.algebra.m, name)(ends).tolist()
    return low, high


def _size(x: Range) -> Range:
    low, high = abs(x[0]), abs(x[1])
    return (0.0 if x[0] <= 0 <= x[1] else min(low, high)), max(low, high)


def _union(xs: Sequence[Range]) -> Range:
    return min(x[0] for x in xs), max(x[1] for x in xs)


def _times(a: float, b: float) -> float:
    return 0.0 if a == 0 or b == 0 else a * b  # an end at infinity is not a number that is reached


def _multiply(x: Range, y: Range) -> Range:
    ends = [_times(a, b) for a, b in product(x, y)]
    return min(ends), max(ends)


def _divide(x: Range, y: Range) -> Range:
    if y[0] <= 0 <= y[1]:
        if y[0] < 0 or x[0] < 0:
            return UNKNOWN
        return (x[0] / y[1] if x[0] else 0.0), math.inf
    return _multiply(x, (1 / y[1], 1 / y[0]))


def _power(x: Range, y: Range) -> Range:
    k = y[0]
    if k != y[1]:
        return (0.0, math.inf) if x[0] >= 0 else UNKNOWN
    if k % 2 == 0:
        x = _size(x)
    elif k % 1 != 0:
        x = (max(x[0], 0.0), max(x[1], 0.0))
    if k > 0:
        low, high = np.power(np.array(x), k).tolist()
        return low, high
    return (0.0, math.inf) if x[0] >= 0 else UNKNOWN


_RULES: dict[str, Callable[..., Range]] = {
    "add": lambda x, y: (x[0] + y[0], x[1] + y[1]),
    "subtract": lambda x, y: (x[0] - y[1], x[1] - y[0]),
    "multiply": _multiply,
    "divide": _divide,
    "power": _power,
    "maximum": lambda *xs: (max(x[0] for x in xs), max(x[1] for x in xs)),
    "minimum": lambda *xs: (min(x[0] for x in xs), min(x[1] for x in xs)),
    "where": lambda condition, x, y: _union([x, y]),
    "hypot": lambda x, y: (float(np.hypot(_size(x)[0], _size(y)[0])), math.inf),
    "sin": lambda x: (-1.0, 1.0),
    "cos": lambda x: (-1.0, 1.0),
}
