"""Minima that float64 cannot resolve: residuals in more digits.

Where a model fits to ten digits, float64 leaves few digits of a residual, and fewer of their sum of
squares. Here the residuals are computed by the mpmath engine from the decimal numbers that the data
and the program were written with; the Jacobian needs no more than float64.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from adcli.ad.evaluate import evaluate
from adcli.fitting.linearise import LeastSquares
from adcli.fitting.model import Vector
from adcli.fitting.unit_columns import of_length_one
from adcli.graph.graph import Graph

REFINED_DIGITS = 40
LOST = 1e-7
"""Residuals are refined where rounding errors are more than this part of them."""

OPERATIONS = 200_000
"""Most operations, rows times nodes, that are computed in many digits: about a second."""

REFINING_STEPS = 8


class FineResiduals:
    """Residuals of `prediction - response`, two nodes, in REFINED_DIGITS digits, then rounded.

    `values` are the columns and the fixed parameters by node; `parameters` are the nodes of the
    free ones.
    """

    def __init__(
        self,
        graph: Graph,
        response: int,
        prediction: int,
        parameters: Sequence[int],
        values: Mapping[int, Any],
    ) -> None:
        from adcli.algebras.digits import DigitArrays

        self._algebra = DigitArrays(REFINED_DIGITS)
        self._graph = graph
        self._nodes = response, prediction
        self._parameters = list(parameters)
        with self._algebra.context():
            self._held = {i: self._algebra.pack(x) for i, x in values.items()}

    def at(self, point: Sequence[Any]) -> Vector:
        """The residuals at a point of mpmath numbers."""
        with self._algebra.context():
            packed = [self._algebra.pack(x) for x in point]
            inputs = {**self._held, **dict(zip(self._parameters, packed, strict=True))}
            order = self._graph.reach(self._nodes)
            values = evaluate(self._graph, order, inputs, self._algebra)
            response, prediction = (values[i] for i in self._nodes)
            return np.array(prediction - response, dtype=float)[0]


def refine(problem: LeastSquares, fine: FineResiduals, start: Vector) -> tuple[Vector, Vector]:
    """The minimum near `start`, and the differences of model and response there, without weights.

    It is found by Gauss-Newton steps on fine residuals.
    """
    from mpmath import mp, mpf

    with mp.workdps(REFINED_DIGITS):
        point = [mpf(float(x)) for x in start]
        best, best_differences = np.inf, None
        for _ in range(REFINING_STEPS):
            differences = fine.at(point)
            near = np.array([float(x) for x in point])
            jacobian = np.vstack([j for _, j in problem.residuals.blocks(near)])
            if not np.isfinite(jacobian).all():
                break
            scaled, norms = of_length_one(jacobian)
            r = problem.residuals.weighted(differences)
            step = np.linalg.lstsq(scaled, r, rcond=None)[0] / norms
            size = float(np.max(np.abs(step) / np.maximum(np.abs(near), 1e-300)))
            if not size < 0.5 * best:
                break
            best, best_point, best_differences = size, near, differences
            point = [x - mpf(float(s)) for x, s in zip(point, step, strict=True)]
    if best_differences is None:
        best_point, best_differences = start, problem.residuals.differences(start)
    return best_point, best_differences
