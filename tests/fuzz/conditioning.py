"""What rounding can do to a result: the program again in 40 digits, each operation a little off.

A result of floats is right if a program whose every operation is off by a rounding error would
give it. So every operation is multiplied by 1 + t, with t random and as large as a rounding error;
how far the results scatter is what rounding explains. One that sums, such as matmul, may cancel
inside: each element that goes into it is off by itself, and so is what goes into a part of a
complex number. So is a number such as 0.1, which no float holds and 40 digits do. Derivatives know
no t: partials, however they are written, are held to the accuracy of the operations. What flows
back along each edge is off as well, so that paths may cancel; the values do not see that. A second
derivative is a sum over pairs of inputs of every operation, and each of its second partials is off
by itself: those of hypot(x, asin(x)) near 0 are 1000 and cancel to 0.001. Rules state first
partials in a form that keeps its digits; a second one is held to what half a unit in the last place
of the point changes: that of normpdf, (x^2 - 1)*normpdf(x), is a difference next to 1. A log
density is a sum of terms about 1 in size at least, which may cancel: it is off by as much as 1
would be, too. Its first partials are such sums as well, 0 at the mode: y/rate - 1 of a Poisson
distribution, whose own derivative keeps its digits, that of (y - rate)/rate would not. They are
held to what half a unit in the last place of its inputs changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import combinations
from math import isfinite
from typing import Any

import numpy as np
from mpmath import mpf

from adcli.algebras.functions import digit_functions, float_functions
from adcli.errors import AdcliError
from adcli.function import Function
from adcli.graph.graph import Graph
from adcli.graph.primitives import (
    CONSTANT,
    ELEMENTWISE,
    LINEAR,
    MATRIX,
    MULTILINEAR,
    NAMED,
    PRIMITIVES,
    VARIABLE,
    Primitive,
    no_derivative,
)
from adcli.graph.shapes import infer_shapes

EPS = 2.0**-52
DIGITS = 40
SAMPLES = 8
"""So many that not all of them decide a tie within rounding as exact numbers do."""

SUMS = (LINEAR, MULTILINEAR)
"""Kinds of operations that may sum products of their inputs, as matmul does."""

TIES = {"equal": 1.0, "not_equal": 0.0}
"""Comparisons for equality, and what they give for equal numbers."""

PARTS = ("voigtre", "voigtim")
"""Parts of complex numbers, whose rounding is that of the whole: where c = gamma - ix and gamma = x
the real part of 1/c^2 is 0, which no division of complex floats finds."""

INSIDE = 128.0
"""Rounding errors that one operation may collect: with them the allowance for scatter is that for
the rounding inside of one operation, relative to the whole number."""

Numbers = list[Any]
Ask = Callable[[Function, dict[str, Any]], Numbers]
"""Asks a function for numbers at a point, in DIGITS digits; raises AdcliError."""


def scatter(
    f: Function,
    point: dict[str, Any],
    ask: Ask,
    *,
    inputs: bool = False,
    second: bool = False,
) -> Numbers | None:
    """How far each number moves when all operations are off by EPS; None if some sample fails.

    With `inputs` the point is off, too, with `second` the second partials of every operation.
    """
    other, shapes, numbers = noisy(f, point, inputs, second)
    rng = np.random.default_rng(1)

    def sample(size: float) -> dict[str, Any]:
        """The noise, and the numbers as they are written but for as much."""
        noise = {name: _noise(shape, size, rng) for name, shape in shapes.items()}
        near = {n: _as_written(x) * (1 + mpf(_noise((), size, rng))) for n, x in numbers.items()}
        return {**point, **noise, **near}

    base = ask(other, sample(0.0))
    # Numbers from 2^53 on are whole there already.
    found = [abs(a - b) for a, b in zip(base, ask(f, point), strict=True)]
    # Once as the floats that hold the numbers: y != 1e-10 is a tie where y is that float.
    as_held = {**sample(0.0), **{name: _as_held(x) for name, x in numbers.items()}}
    for moved_point in [as_held, *(sample(EPS) for _ in range(SAMPLES))]:
        try:
            moved = ask(other, moved_point)
        except AdcliError:
            return None
        found = [max(s, abs(a - b)) for s, a, b in zip(found, moved, base, strict=True)]
    return found


def _as_written(number: float | str) -> Any:
    """The number in as many digits as are at work."""
    return getattr(digit_functions, number) if isinstance(number, str) else mpf(repr(number))


def _as_held(number: float | str) -> Any:
    """The float that holds the number."""
    return mpf(getattr(float_functions, number) if isinstance(number, str) else float(number))


def _noise(shape: tuple[int, ...], size: float, rng: np.random.Generator) -> Any:
    noise = size * rng.uniform(-1, 1, shape)
    return noise if shape else float(noise)


def noisy(
    f: Function, point: dict[str, Any], inputs: bool = False, second: bool = False
) -> tuple[Function, dict[str, tuple[int, ...]], dict[str, float | str]]:
    """The function with noise as further variables, and the shapes of these; and the numbers that
    no float holds, which have become variables as well."""
    graph = f.graph
    given = {name: np.shape(value) for name, value in point.items()}
    shapes = infer_shapes(graph, f.order, given, f.text)
    one, new, noise = graph.constant(1.0), {}, {}
    numbers: dict[str, float | str] = {}
    for i in f.order:
        if graph.ops[i] in (CONSTANT, NAMED) and not _is_held(graph.attrs[i]):
            name = f"number {i}"
            numbers[name] = graph.attrs[i]
            new[i] = graph.variable(name)
            continue
        op, args = graph.ops[i], [new[a] for a in graph.args[i]]
        for k, a in enumerate(graph.args[i]):
            if graph.varying[a]:
                name = f"noise {i} {k}"
                noise[name] = tuple(shapes[a])
                t = graph.variable(name)
                if op.kind == MATRIX and len(shapes[a]) == 2:
                    args[k] = _near_matrix(graph, args[k], t)
                else:
                    if op.name in PARTS:
                        t = graph.node(PRIMITIVES["multiply"], (t, graph.constant(INSIDE)))
                    is_moved = op.kind in SUMS or op.name in PARTS or _is_density_of(op, k)
                    off = _term if is_moved else _edge
                    args[k] = off(graph, args[k], t)
        node = graph.node(op, tuple(args), graph.attrs[i])
        if op.name in TIES:
            node = _tie(graph, node, args, f"noise {i}")
        if second and op.kind == ELEMENTWISE:
            free = [k for k, a in enumerate(graph.args[i]) if graph.varying[a]]
            for k, bend in enumerate(_bends(graph, op, args, graph.attrs[i], free)):
                name = f"noise {i} bend {k}"
                noise[name] = tuple(shapes[i])
                bent = graph.node(PRIMITIVES["multiply"], (graph.variable(name), bend))
                node = graph.node(PRIMITIVES["add"], (node, bent))
        if op is CONSTANT or (op is VARIABLE and not inputs):
            new[i] = node
            continue
        name = f"noise {i}"
        noise[name] = tuple(shapes[i])
        factor = graph.node(PRIMITIVES["add"], (one, graph.variable(name)))
        node = graph.node(PRIMITIVES["multiply"], (node, factor))
        if op.parameters or op.support:
            node = graph.node(PRIMITIVES["add"], (node, graph.variable(name)))
        new[i] = _whole_if_large(graph, node)
    changed = Function(graph, [new[o] for o in f.outputs], f.text)
    used = {name: shape for name, shape in noise.items() if name in changed.inputs}
    return changed, used, {name: x for name, x in numbers.items() if name in changed.inputs}


def _is_density_of(op: Primitive, k: int) -> bool:
    """Whether it is a log density, which has a derivative by this input: a count has none."""
    return bool(op.parameters or op.support) and op.partials[k] is not no_derivative


def _is_held(number: float | str) -> bool:
    """Whether the float is the number that is written."""
    if isinstance(number, str):  # pi, e, tau
        return number == "inf"
    return not isfinite(number) or Fraction(repr(number)) == Fraction(number)


def _whole_if_large(graph: Graph, x: int) -> int:
    """x, rounded to a whole number from 2^53 on, where floats have no others: digamma has poles
    at all of these below 0. The derivative is 1."""
    node, row = graph.node, PRIMITIVES
    is_large = node(row["greater_equal"], (node(row["abs"], (x,)), graph.constant(2.0**53)))
    step = node(row["subtract"], (node(row["round"], (x,)), x))
    step = node(row["where"], (is_large, step, graph.constant(0.0)))
    return node(row["add"], (x, node(row["detach"], (step,))))


def _term(graph: Graph, x: int, t: int) -> int:
    """x*(1 + t), each element by itself: what a sum inside of one operation is off by."""
    factor = graph.node(PRIMITIVES["add"], (graph.constant(1.0), t))
    return graph.node(PRIMITIVES["multiply"], (x, factor))


def _tie(graph: Graph, comparison: int, args: list[int], name: str) -> int:
    """The comparison for equality, which takes numbers for equal that rounding may make equal: no
    two numbers that random noise moves ever are."""
    node, row = graph.node, PRIMITIVES
    gap = node(row["abs"], (node(row["subtract"], tuple(args)),))
    size = node(row["maximum"], tuple(node(row["abs"], (x,)) for x in args))
    steps = node(row["multiply"], (node(row["abs"], (graph.variable(name),)), graph.constant(4.0)))
    near = node(row["less"], (gap, node(row["multiply"], (steps, size))))
    same = graph.constant(TIES[graph.ops[comparison].name])
    return node(row["where"], (near, same, comparison))


def _near_matrix(graph: Graph, x: int, t: int) -> int:
    """x + t times the largest element of each column: LAPACK's results are right for a matrix so
    near, and elements that are 0 are not kept."""
    node, row = graph.node, PRIMITIVES
    size = node(row["detach"], (node(row["reduce_max"], (node(row["abs"], (x,)),), 0),))
    return node(row["add"], (x, node(row["multiply"], (t, size))))


def _edge(graph: Graph, x: int, t: int) -> int:
    """x + t*(x - detach(x)): x, with the derivative 1 + t."""
    node, row = graph.node, PRIMITIVES
    nothing = node(row["subtract"], (x, node(row["detach"], (x,))))
    return node(row["add"], (x, node(row["multiply"], (t, nothing))))


def _bends(graph: Graph, op: Any, args: list[int], attr: Any, free: list[int]) -> Iterator[int]:
    """For every pair of the inputs `free`: what is 0 and has no first partials, and of the second
    ones that of the operation in this pair alone."""
    node, row = graph.node, PRIMITIVES
    still = [node(row["detach"], (x,)) if k in free else x for k, x in enumerate(args)]

    def at(moved: dict[int, int]) -> int:
        return node(op, tuple(moved.get(k, x) for k, x in enumerate(still)), attr)

    def minus(x: int, y: int) -> int:
        return node(row["subtract"], (x, y))

    for k in free:  # (f(x + (x - still)) + f(still))/2 - f(x)
        twice = node(row["add"], (args[k], minus(args[k], still[k])))
        ends = node(row["add"], (at({k: twice}), at({})))
        yield minus(node(row["divide"], (ends, graph.constant(2.0))), at({k: args[k]}))
    for k, n in combinations(free, 2):
        both = minus(at({k: args[k], n: args[n]}), at({k: args[k]}))
        yield minus(both, minus(at({n: args[n]}), at({})))
