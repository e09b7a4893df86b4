"""What a minimum tells: all figures of a fit."""

from __future__ import annotations

import math
import time
from collections.abc import Collection
from typing import Any

import numpy as np

from adcli.descent.lengths import vector_norm
from adcli.descent.stopping import Status
from adcli.fitting import doubts
from adcli.fitting.fitted_model import FittedModel
from adcli.fitting.levenberg import Attempt
from adcli.fitting.linearise import Linearised, triangulate
from adcli.fitting.losses import Loss, sum_of_squares
from adcli.fitting.model import Vector
from adcli.fitting.refine import LOST, OPERATIONS, FineResiduals, refine
from adcli.fitting.regression import Regression
from adcli.fitting.result import Fit, Parameter
from adcli.fitting.statistics import (
    AT_BOUND,
    AT_EDGE,
    EPSILON,
    Quality,
    Uncertainty,
    half_width,
    is_perfect,
    known_variance,
    quality,
    relative_offset,
    robust_variance,
    step_reason,
    uncertainty,
)

SQUARABLE = 1e-150
"""Standard errors between this and its reciprocal have squares."""

UNCHANGED = 1e-12
"""A parameter that moved by less than this part of it is still at its start."""


class Summary:
    """What a minimum tells: refined where float64 is short of digits, with all figures.

    Standard errors are those of a minimum: an interrupted fit has none.
    """

    def __init__(
        self, problem: Regression, attempt: Attempt, confidence: float, absolute: bool
    ) -> None:
        self.problem = problem
        self.attempt = attempt
        self.confidence = confidence
        self.absolute = absolute
        self.point: Vector = attempt.point
        self.warnings: list[str] = []
        residuals = problem.residuals
        self.differences = residuals.differences(self.point)
        self.r = residuals.weighted(self.differences)
        fitted = problem.response + self.differences
        self.sizes = residuals.weighted(np.abs(problem.response) + np.abs(fitted))
        self.perfect = is_perfect(self.r, self.sizes)
        self.local = Linearised.unknown(len(self.point))
        self.ended = attempt.status is not Status.INTERRUPTED
        if not self.ended:
            return
        if self._is_short_of_digits():
            self._refine()
        self.local = triangulate(residuals.blocks(self.point), len(self.point), Loss())

    # ---- more digits ----

    def _is_short_of_digits(self) -> bool:
        """Whether rounding spoils the residuals, and they can be had in more digits."""
        p = self.problem
        lost = self._rounding() > LOST
        order = p.model.graph.reach([p.parameters.prediction])
        small = p.rows * len(order) <= OPERATIONS
        bounded = (self.point <= p.box.lower) | (self.point >= p.box.upper)
        plain = p.loss.is_linear and not bounded.any()
        return bool(lost and small and plain and not self.perfect)

    def _rounding(self) -> float:
        """Which part of the residuals rounding errors are."""
        squares = sum_of_squares(self.r)
        return EPSILON * math.sqrt(sum_of_squares(self.sizes) / squares) if squares else math.inf

    def _refine(self) -> None:
        p = self.problem
        inputs = {**p.model.prediction.inputs, **p.model.response.inputs}
        values = {inputs[name]: x for name, x in {**p.data, **p.fixed}.items() if name in inputs}
        (response,) = p.model.response.outputs
        fine = FineResiduals(
            p.model.graph, response, p.parameters.prediction, p.parameters.nodes, values
        )
        self.point, self.differences = refine(p.problem, fine, self.point)
        self.r = p.residuals.weighted(self.differences)

    # ---- figures ----

    @property
    def labels(self) -> list[str]:
        """The names of the fitted numbers."""
        return self.problem.parameters.labels

    def held(self) -> Any:
        """A mask of the parameters at a bound that the data push them against."""
        return self.problem.box.held(self.point, self.attempt.linear.gradient)

    def fit(self, method: str, begun: float) -> Fit:
        """The result."""
        p = self.problem
        held = self.held()
        q = self._quality()
        variance, unknown = self._variance(q)
        given = self._given(held)
        found = uncertainty(self.local.triangle, given, variance, self.labels, unknown)
        freedom = None if self.absolute else q.degrees_of_freedom
        parameters = self._parameters(found, half_width(self.confidence, freedom))
        has_errors = bool(np.isfinite(found.standard_errors).any())
        offset = self._offset(given) if has_errors else 0.0
        self._warn(q, unknown, parameters, found, offset)
        gradient = 2.0 * self.attempt.linear.gradient
        alike = p.weights is None and unknown is None  # a new row has this variance, too
        fitted_model = FittedModel(
            p.model.text,
            p.parameters.unflatten(self.point),
            dict(p.fixed),
            _for_predictions(found, held),
            variance if alike else None,
            freedom,
            self.confidence,
            p.row_wise,
        )
        return Fit(
            status=self.attempt.status,
            reason=self.attempt.reason,
            iterations=self.attempt.iterations,
            evaluations=p.problem.evaluations,
            value=p.loss.cost(self.r),
            gradient_norm=vector_norm(np.where(held, 0.0, gradient)),
            point=p.point(self.point),
            gradient=p.parameters.unflatten(gradient),
            method=method,
            seconds=time.perf_counter() - begun,
            parameters=parameters,
            rss=q.rss,
            rows=q.rows,
            degrees_of_freedom=q.degrees_of_freedom,
            residual_standard_deviation=q.residual_standard_deviation,
            r_squared=q.r_squared,
            adjusted_r_squared=q.adjusted_r_squared,
            log_likelihood=q.log_likelihood,
            aic=q.aic,
            bic=q.bic,
            reasons=q.reasons,
            covariance=found.covariance,
            correlation=found.correlation,
            confidence=self.confidence,
            scaling="absolute" if self.absolute else "residual",
            loss=p.loss.name,
            warnings=tuple(self.warnings),
            moved=p.moved,
            fitted=p.response + self.differences,
            residuals=self.r,
            fitted_model=fitted_model,
        )

    def _given(self, held: Any) -> dict[int, str]:
        """Places of the parameters that no derivative moves from where they are, and why."""
        given = {k: step_reason(self.labels[k]) for k in self.problem.steps}
        given |= dict.fromkeys(self.attempt.blocked, AT_EDGE)
        return given | dict.fromkeys(np.flatnonzero(held).tolist(), AT_BOUND)

    def _offset(self, given: Collection[int]) -> float:
        """The relative offset of a point that is said to be no minimum; 0 of others."""
        if self.attempt.status is Status.CONVERGED:
            return 0.0
        free = [k for k in range(len(self.labels)) if k not in given]
        return relative_offset(self.attempt.linear, free, self.problem.problem.freedom)

    def _quality(self) -> Quality:
        p = self.problem
        return quality(
            self.r,
            p.response,
            p.weights,
            len(self.labels),
            absolute=self.absolute,
            perfect=self.perfect,
            robust=not p.loss.is_linear,
        )

    def _variance(self, q: Quality) -> tuple[float, str | None]:
        """The variance of a residual of weight 1; or why there is none."""
        if not self.ended:
            return np.nan, "the fit was interrupted before it had ended"
        if self.absolute:
            return known_variance(self.problem.loss), None
        if q.degrees_of_freedom <= 0:
            return np.nan, f"there are no more rows than parameters ({q.rows} of each)"
        if self.perfect:
            return np.nan, "the fit is perfect: the residuals are rounding errors"
        if self.problem.loss.is_linear:
            return q.rss / q.degrees_of_freedom, None
        weights = self.problem.weights
        counted = self.r if weights is None else self.r[weights > 0]
        variance = robust_variance(self.problem.loss, counted, q.count)
        if variance is None:
            return np.nan, "too many residuals lie beyond the scale of the loss"
        return variance, None

    def _parameters(self, found: Uncertainty, width: float) -> dict[str, Parameter]:
        p = self.problem
        errors = found.standard_errors
        parameters = {}
        for k, label in enumerate(self.labels):
            value, error = float(self.point[k]), float(errors[k])
            reason = found.reasons.get(k)
            has_error = np.isfinite(error) and reason is None
            started = label not in p.missing
            start = float(p.start[k]) if started else None
            notes = self._notes(k, value, start)
            interval = None
            if has_error and np.isfinite(width):
                interval = (value - width * error, value + width * error)
            parameters[label] = Parameter(
                value, error if has_error else None, interval, start, reason, notes
            )
        return parameters

    def _notes(self, k: int, value: float, start: float | None) -> tuple[str, ...]:
        box = self.problem.box
        notes = []
        if value <= box.lower[k]:
            notes.append(f"at its lower bound {box.lower[k]:g}")
        elif value >= box.upper[k]:
            notes.append(f"at its upper bound {box.upper[k]:g}")
        elif start is not None and abs(value - start) <= UNCHANGED * abs(start) and self.ended:
            notes.append("still at its start")
        return tuple(notes)

    def _warn(
        self,
        q: Quality,
        unknown: str | None,
        parameters: dict[str, Parameter],
        found: Uncertainty,
        offset: float,
    ) -> None:
        for label, parameter in parameters.items():
            self.warnings += [f"{label} is {note}" for note in parameter.notes]
        if unknown is not None:
            self.warnings.append(f"no standard errors: {unknown}")
        self.warnings += doubts.undetermined(parameters, found)
        self.warnings += doubts.unfinished(offset)
        if (
            self.problem.loss.is_linear and q.r_squared is not None
        ):  # squares of outliers say nothing
            self.warnings += doubts.unexplained(q.r_squared)
        if not self.perfect and self._rounding() > 1e-3 and not self._is_short_of_digits():
            self.warnings.append("the residuals are close to rounding errors of float64")


def _for_predictions(found: Uncertainty, held: Any) -> Any:
    """The covariance with parameters at a bound as given numbers, without variance.

    A standard error whose square float64 does not hold is unknown here.
    """
    covariance = found.covariance
    lost = ~((found.standard_errors > SQUARABLE) & (found.standard_errors < 1 / SQUARABLE))
    lost &= found.standard_errors != 0
    covariance[lost, :] = covariance[:, lost] = np.nan
    covariance[held, :] = covariance[:, held] = 0.0
    return covariance
