"""What a minimum tells: all figures of a fit, and what to doubt of them."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from adcli.descent.lengths import vector_norm
from adcli.descent.stopping import Status
from adcli.fitting.along_constraints import ActiveConstraints, uncertainty_along
from adcli.fitting.derived import DeltaMethod, DerivedNumber
from adcli.fitting.fitted_model import FittedModel
from adcli.fitting.levenberg import Attempt
from adcli.fitting.linearise import Linearised, triangulate
from adcli.fitting.losses import Loss, sum_of_squares
from adcli.fitting.model import Vector
from adcli.fitting.refine import LOST, OPERATIONS, refine
from adcli.fitting.regression import Regression
from adcli.fitting.responses import response_fits
from adcli.fitting.result import Fit, Parameter
from adcli.fitting.statistics import (
    AT_BOUND,
    AT_EDGE,
    EPSILON,
    HELD,
    RESIDUAL_ROUNDING,
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

DWARFED = 1e4
"""Standard errors beyond this multiple of the value say that the data do not determine it."""

ZERO = 1e-12
"""A value below this part of its standard error is a zero, which no error is large beside."""

INFLATED = 1e7
"""Standard errors beyond this multiple of what they would be if the other parameters were known say
that the data do not tell the parameters apart."""

OFF = 1e-3
"""The relative offset (adcli.fitting.statistics) up to which a point is as good as a minimum."""

SQUARABLE = 1e-150
"""Standard errors between this and its reciprocal have squares."""

UNCHANGED = 1e-12
"""A parameter that moved by less than this part of it is still at its start."""


class Summary:
    """What a minimum tells: refined where float64 is short of digits, with all figures.

    Standard errors are those of a minimum: an interrupted fit has none.
    """

    def __init__(
        self,
        problem: Regression,
        attempt: Attempt,
        confidence: float,
        absolute: bool,
        constrained: ActiveConstraints | None = None,
    ) -> None:
        self.constrained = constrained
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
        np.abs(fitted, out=fitted)
        fitted += np.abs(problem.response)
        self.sizes = residuals.weighted(fitted)
        self.perfect = is_perfect(self.r, self.sizes)
        self.local = Linearised.unknown(len(self.point))
        self.ended = attempt.status is not Status.INTERRUPTED
        if not self.ended:
            return
        if self._is_short_of_digits():
            self.point, self.differences = refine(problem, self.point)
            self.r = residuals.weighted(self.differences)
        self.local = triangulate(residuals.blocks(self.point), len(self.point), Loss())

    # ---- more digits ----

    def _is_short_of_digits(self) -> bool:
        """Whether rounding spoils the residuals, and they can be had in more digits."""
        p = self.problem
        lost = self._rounding() > LOST
        order = p.model.graph.reach([p.parameters.prediction])
        small = p.rows * len(order) <= OPERATIONS
        bounded = (self.point <= p.box.lower) | (self.point >= p.box.upper)
        plain = p.loss.is_linear and not bounded.any() and self.constrained is None
        return bool(lost and small and plain and not self.perfect)

    def _rounding(self) -> float:
        """The size of rounding errors, relative to that of the residuals."""
        squares = sum_of_squares(self.r)
        return EPSILON * math.sqrt(sum_of_squares(self.sizes) / squares) if squares else math.inf

    # ---- figures ----

    @property
    def labels(self) -> list[str]:
        """The names of the fitted numbers."""
        return self.problem.parameters.labels

    def fit(self, begun: float) -> Fit:
        """The result."""
        p = self.problem
        held = p.box.held(self.point, self.attempt.linear.gradient)
        q = quality(
            self.r,
            p.response,
            p.weights,
            len(self.labels) - self._held_directions(),
            absolute=self.absolute,
            perfect=self.perfect,
            robust=not p.loss.is_linear,
            responses=max(len(p.response_names), 1),
        )
        variance, unknown = self._variance(q)
        # Places of the parameters that no derivative moves from where they are, and why.
        given = {k: step_reason(self.labels[k]) for k in p.steps}
        given |= dict.fromkeys(self.attempt.blocked, AT_EDGE)
        given |= dict.fromkeys(np.flatnonzero(held).tolist(), AT_BOUND)
        found = self._uncertainty(given, variance, unknown)
        freedom = None if self.absolute else q.degrees_of_freedom
        width = half_width(self.confidence, freedom)
        parameters = self._parameters(found, width)
        offset = 0.0
        if self.attempt.status is not Status.CONVERGED and np.isfinite(found.standard_errors).any():
            free = [k for k in range(len(self.labels)) if k not in given]
            offset = relative_offset(self.attempt.linear, free, p.problem.freedom)
        self._warn(q, unknown, parameters, found, offset)
        gradient = 2.0 * self.attempt.linear.gradient
        left = self._unbalanced(np.where(held, 0.0, gradient))
        point = p.point(self.point)
        alike = p.weights is None and unknown is None  # a new row has this variance, too
        fitted_model = FittedModel(
            p.model.text,
            p.parameters.unflatten(self.point),
            dict(p.fixed),
            _for_predictions(found, held | np.isin(range(len(held)), self._fixed(found))),
            variance if alike else None,
            freedom,
            self.confidence,
            p.row_wise,
            p.levels,
        )
        reasons = {label: x.reason for label, x in parameters.items() if x.reason}
        delta = DeltaMethod(p.parameters, fitted_model.covariance, reasons, width)
        tied = delta.add(p.model.ties, point)
        derived = delta.add(p.derive, point)
        if self.ended:
            self.warnings += _failed(tied | derived)
        return Fit(
            status=self.attempt.status,
            reason=self.attempt.reason,
            iterations=self.attempt.iterations,
            evaluations=p.problem.evaluations,
            value=p.loss.cost(self.r),
            gradient_norm=vector_norm(left),
            point={**point, **{q.name: delta.values[q.name] for q in p.model.ties}},
            gradient=p.parameters.unflatten(gradient),
            method=self.attempt.method,
            seconds=time.perf_counter() - begun,
            **vars(q),
            parameters=parameters,
            covariance=found.covariance,
            correlation=found.correlation,
            confidence=self.confidence,
            scaling="absolute" if self.absolute else "residual",
            loss=p.loss.name,
            warnings=tuple(self.warnings),
            moved=p.moved,
            fitted=p.response + self.differences,
            residuals=self.r,
            fitted_model=replace(fitted_model, derived=derived),
            tied=tied,
            derived=derived,
            has_sigma=p.has_sigma,
            responses=response_fits(p.response_names, self.r, p.response, p.weights),
            **self._constraints(),
        )

    # ---- constraints ----

    def _held_directions(self) -> int:
        """How many directions active constraints hold."""
        normals = None if self.constrained is None else self.constrained.normals
        return 0 if normals is None or not len(normals) else int(np.linalg.matrix_rank(normals))

    def _uncertainty(
        self, given: Mapping[int, str], variance: float, unknown: str | None
    ) -> Uncertainty:
        if not self._held_directions() or self.constrained is None:
            return uncertainty(self.local.triangle, given, variance, self.labels, unknown)
        triangle, normals = self.local.triangle, self.constrained.normals
        return uncertainty_along(triangle, normals, given, variance, self.labels, unknown)

    def _fixed(self, found: Uncertainty) -> list[int]:
        """The places of parameters that active constraints hold."""
        return [k for k, reason in found.reasons.items() if reason == HELD]

    def _unbalanced(self, gradient: Vector) -> Vector:
        """What active constraints leave of the gradient."""
        if not self._held_directions() or self.constrained is None:
            return gradient
        normals = self.constrained.normals.T
        return gradient - normals @ np.linalg.lstsq(normals, gradient, rcond=None)[0]

    def _constraints(self) -> dict[str, Any]:
        """The fields of the result that are about constraints."""
        c = self.constrained
        if c is None:
            return {}
        return {"multipliers": c.multipliers, "active": c.active, "violated": c.violated}

    def _variance(self, q: Quality) -> tuple[float, str | None]:
        """The variance of a residual of weight 1; or why there is none."""
        if not self.ended:
            return np.nan, "the fit was interrupted before it had ended"
        if self.constrained is not None and self.constrained.violated:
            return np.nan, "the constraints do not hold"
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
        variance = robust_variance(self.problem.loss, counted, len(self.labels))
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
        for text in self.constrained.active if self.constrained else ():
            self.warnings.append(f"'{text}' is active: standard errors are those along it")
        for label, parameter in parameters.items():
            self.warnings += [f"{label} is {note}" for note in parameter.notes]
        if unknown is not None:
            self.warnings.append(f"no standard errors: {unknown}")
        self.warnings += _undetermined(parameters, found)
        if offset > OFF:
            self.warnings.append(
                "the standard errors are those of a minimum, and this is none: the relative offset "
                f"is {offset:.2g}"
            )
        # R squared says nothing beside squares of outliers, nor of a model on its way.
        if self.ended and self.problem.loss.is_linear and q.r_squared is not None:
            self.warnings += _unexplained(q.r_squared)
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


def _failed(quantities: Mapping[str, DerivedNumber]) -> Iterator[str]:
    """Quantities without a value, or without a standard error."""
    for label, x in quantities.items():
        if x.reason:
            what = "standard error of" if math.isfinite(x.value) else "value of"
            yield f"no {what} {label}: {x.reason}"


def _undetermined(parameters: Mapping[str, Parameter], found: Uncertainty) -> Iterator[str]:
    """Parameters without standard errors, and those whose errors dwarf their values."""
    labels = list(parameters)
    if found.loose:
        yield (
            f"no standard errors of {_listed([labels[k] for k in found.loose])}: the data do not "
            "determine them, the Jacobian is rank-deficient"
        )
    dwarfed = [label for label, x in parameters.items() if _is_dwarfed(x)]
    if dwarfed:
        yield (
            f"the data hardly determine {_listed(dwarfed)}: standard errors are more than "
            f"{DWARFED:,.0f} times the values"
        )
    inflated = [label for label, x in zip(labels, found.inflation, strict=True) if x > INFLATED]
    if inflated:
        worst = float(np.nanmax(found.inflation))
        yield (
            f"the data hardly determine {_listed(inflated)} apart from one another: standard "
            f"errors are up to {worst:.1e} times what they would be if the others were known"
        )


def _is_dwarfed(x: Parameter) -> bool:
    """Whether a standard error dwarfs the value, or the start of a value that is a zero."""
    error = x.standard_error or 0.0
    size = abs(x.value) if abs(x.value) > ZERO * error else abs(x.start or 0.0)
    return 0 < DWARFED * size < error


def _listed(names: list[str]) -> str:
    return ", ".join(names[:8]) + ", ..." * (len(names) > 8)


def _unexplained(r_squared: float) -> Iterator[str]:
    """A model that leaves as much of the response as its mean does."""
    if r_squared < -RESIDUAL_ROUNDING:
        yield f"R squared is {r_squared:.2g}: the response's mean explains more than the model"
    elif r_squared <= RESIDUAL_ROUNDING:
        yield "R squared is 0: the model explains no more than the response's mean does"
