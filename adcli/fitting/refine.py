"""Minima that float64 cannot resolve: residuals in more digits.

Where a model fits to ten digits, float64 leaves few digits of a residual, and fewer of their sum of
squares. Here the residuals are computed by the mpmath engine from the decimal numbers that the data
and the program were written with; the Jacobian needs no more than float64.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from adcli.ad.evaluate import evaluate
from adcli.fitting.linearise import of_length_one
from adcli.fitting.model import Vector
from adcli.fitting.regression import Regression

REFINED_DIGITS = 40
LOST = 1e-7
"""Residuals are refined where rounding errors are more than this part of them."""

OPERATIONS = 200_000
"""Most operations, rows times nodes, that are computed in many digits: about a second."""

REFINING_STEPS = 8


def _fine_differences(regression: Regression) -> Callable[[Sequence[Any]], Vector]:
    """The model less the response at a point of mpmath numbers, in REFINED_DIGITS digits, then
    rounded."""
    from adcli.algebras.digits import DigitArrays

    algebra = DigitArrays(REFINED_DIGITS)
    model, parameters = regression.model, regression.parameters
    inputs = {**model.prediction.inputs, **model.response.inputs}
    values = {**regression.data, **regression.fixed}
    nodes = *model.response.outputs, parameters.prediction
    order = model.graph.reach(nodes)
    with algebra.context():
        held = {inputs[name]: algebra.pack(x) for name, x in values.items() if name in inputs}

    def differences(point: Sequence[Any]) -> Vector:
        with algebra.context():
            packed = [algebra.pack(x) for x in point]
            free = dict(zip(parameters.nodes, packed, strict=True))
            found = evaluate(model.graph, order, {**held, **free}, algebra)
            response, prediction = (found[i] for i in nodes)
            return np.array(prediction - response, dtype=float)[0]

    return differences


def refine(regression: Regression, start: Vector) -> tuple[Vector, Vector]:
    """The minimum near `start`, and the differences of model and response there, without weights.

    It is found by Gauss-Newton steps on fine residuals.
    """
    from mpmath import mp, mpf

    residuals, fine = regression.residuals, _fine_differences(regression)
    with mp.workdps(REFINED_DIGITS):
        point = [mpf(float(x)) for x in start]
        best, best_differences = np.inf, None
        for _ in range(REFINING_STEPS):
            differences = fine(point)
            near = np.array([float(x) for x in point])
            jacobian = np.vstack([rows[:, :-1] for rows in residuals.blocks(near)])
            if not np.isfinite(jacobian).all():
                break
            scaled, norms = of_length_one(jacobian)
            r = residuals.weighted(differences)
            step = np.linalg.lstsq(scaled, r, rcond=None)[0] / norms
            size = float(np.max(np.abs(step) / np.maximum(np.abs(near), 1e-300)))
            if not size < 0.5 * best:
                break
            best, best_point, best_differences = size, near, differences
            point = [x - mpf(float(s)) for x, s in zip(point, step, strict=True)]
    if best_differences is None:
        best_point, best_differences = start, residuals.differences(start)
    return best_point, best_differences
