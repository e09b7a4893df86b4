"""How large the terms are that a derivative is the sum of: what rounding errors are relative to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from adcli.ad.reverse import contributions
from adcli.comparison.function_at_point import FunctionAtPoint
from adcli.graph.primitives import MULTILINEAR


def magnitudes(problem: FunctionAtPoint) -> list[float]:
    """For each component the sum over all paths of |product of the partials along the path|.

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
