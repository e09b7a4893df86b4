"""How far from the exact one a derivative may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from adcli.ad.reverse import contributions
from adcli.comparison.function_at_point import FunctionAtPoint
from adcli.graph.primitives import MULTILINEAR

ALLOWED_ROUNDING = 1e-12
"""What is always allowed, relative to the terms of a sum: one that is exactly 0 is not computed
as 0."""
UNDERFLOW = 2.0**-1022


def allowed_errors(problem: FunctionAtPoint, exact: Sequence[Any], tolerance: float) -> list[float]:
    """How far from the exact one each component may be.

    The tolerance is relative to the component; rounding is relative to the terms that it is the sum
    of, and to the function's largest change by a change of one variable. Underflow is allowed.
    """
    sizes = [c.size for c in problem.components]
    change = max(float(abs(g)) * x for g, x in zip(exact, sizes, strict=True))
    return [
        tolerance * float(abs(g)) + ALLOWED_ROUNDING * max(terms, change / x) + UNDERFLOW
        for g, x, terms in zip(exact, sizes, magnitudes(problem), strict=True)
    ]


def magnitudes(problem: FunctionAtPoint) -> list[float]:
    """How large the terms are that each component is the sum of: the sum over all paths of |product
    of the partials along the path|.

    The gradient's component where nothing cancels, larger where something does. Sums inside one
    operation (a broadcast operand) count as they are.
    """
    run = problem.run
    graph, algebra = run.graph, run.algebra
    active = graph.dependents(run.order, problem.nodes)
    sizes: list[Any] = [None] * len(graph)
    with algebra.context():
        sizes[problem.output] = next(iter(algebra.basis(run.values[problem.output], 1)))
        values = [None if v is None else _absolute(v, algebra) for v in run.values]
        absolute = replace(run, values=values)
        for i in reversed(run.order):
            if sizes[i] is None or i in problem.nodes:
                continue
            used = absolute if graph.ops[i].kind == MULTILINEAR else run
            for j, c, _ in contributions(used, i, sizes[i], None, active):
                size = _absolute(c, algebra)
                sizes[j] = size if sizes[j] is None else sizes[j] + size
        found = [
            algebra.collect([sizes[node]], run.values[problem.output], run.values[node], 1)
            for node in problem.nodes
        ]
    return problem.numbers(found)


def _absolute(value: Any, algebra: Any) -> Any:
    """|value|, and 0 for what is not finite."""
    m = algebra.m
    return m.where(m.equal(value - value, 0), m.abs(value), 0 * m.abs(algebra.one(value)))
