"""Derivatives without rules: difference quotients on any engine, and the complex step."""

from __future__ import annotations

from typing import Any

from adcli.ad.evaluate import Run, evaluate
from adcli.algebras.complexes import STEP, ComplexArrays

Gradient = dict[int, Any]
"""Variable node -> derivative, a value of the run's algebra."""
SIDES = {"right": (1, 0), "left": (0, -1), "both": (1, -1)}


def difference_quotients(
    run: Run, output: int, wrt: list[int], epsilon: Any, side: str, floor: float = 0.0
) -> Gradient:
    """(f(x + a h) - f(x + b h)) / (a - b) h for each component, (a, b) by SIDES.

    The step h is epsilon times max(|x|, floor), and epsilon itself where that is 0.
    The denominator is the distance between the two places as rounded; a step that rounding loses
    gives 0. One evaluation more than there are components, or twice as many for "both".
    """
    algebra, m = run.algebra, run.algebra.m
    gradient: Gradient = {}
    for v in wrt:
        x = run.inputs[v]
        size = m.maximum(m.abs(x), floor * algebra.one(x))
        h = epsilon * m.where(m.equal(size, 0), algebra.one(x), size)
        found = []
        for seed in algebra.basis(x, 1):
            ends = [x + factor * h * seed if factor else x for factor in SIDES[side]]
            values = [
                evaluate(run.graph, run.order, {**run.inputs, v: end}, algebra)[output]
                if factor
                else run.values[output]
                for factor, end in zip(SIDES[side], ends, strict=True)
            ]
            found.append(
                _quotient(values[0] - values[1], algebra.total(ends[0] - ends[1]), algebra)
            )
        gradient[v] = algebra.collect(found, x, run.values[output], 1)
    return gradient


def _quotient(rise: Any, distance: Any, algebra: Any) -> Any:
    m = algebra.m
    lost = m.equal(distance, 0)
    return m.where(lost, 0 * distance, m.divide(rise, m.where(lost, 1 + 0 * distance, distance)))


def complex_steps(run: Run, output: int, wrt: list[int]) -> Gradient:
    """Im f(x + ih) / h for each component: an evaluation each, and nothing to subtract."""
    import numpy as np

    algebra = ComplexArrays()
    inputs = {node: algebra.array(x) for node, x in run.inputs.items()}
    if run.algebra.shaped:
        inputs = {node: x[0] for node, x in inputs.items()}  # they had the axis of points
    gradient: Gradient = {}
    with algebra.context():
        for v in wrt:
            x = inputs[v]
            h = np.where(x == 0, STEP, STEP * np.abs(x.real))
            found = []
            for seed in algebra.basis(x, 1):
                moved = {**inputs, v: x + 1j * h * seed}
                value = evaluate(run.graph, run.order, moved, algebra)[output]
                found.append(value.imag / algebra.total(h * seed.real))
            gradient[v] = algebra.collect(found, x, np.zeros(1), 1).real
    return gradient
