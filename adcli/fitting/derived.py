"""Numbers that follow from the parameters of a fit, with standard errors by the delta method.

With G the exact derivatives of a quantity by the fitted numbers and C the covariance of these, its
covariance is G C G'. Source: Seber & Wild, Nonlinear Regression (1989), 5.1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from adcli.descent.vector_layout import VectorLayout
from adcli.errors import DomainError
from adcli.fitting.quantities import Quantity
from adcli.fitting.statistics import BEYOND, standard_errors
from adcli.graph.axes import element_labels

FLAT = "its derivatives by the parameters are 0 here: to first order it does not vary"


@dataclass(frozen=True)
class DerivedNumber:
    """One number that follows from the parameters.

    value                nan where it is not finite
    standard_error       by the delta method; None where it cannot be computed, `reason` says why
    confidence_interval  (low, high), symmetric; None without a standard error
    expression           what it is computed from
    """

    value: float
    standard_error: float | None
    confidence_interval: tuple[float, float] | None
    expression: str
    reason: str | None = None


class DeltaMethod:
    """From the covariance of the fitted numbers to the errors of what follows from them.

    `layout` says where the numbers lie; `covariance` is nan for those without one, for `reasons` by
    label. Intervals reach `width` standard errors to either side.
    """

    def __init__(
        self, layout: VectorLayout, covariance: Any, reasons: Mapping[str, str], width: float
    ) -> None:
        self.labels = layout.labels
        self.covariance = covariance
        self.reasons = reasons
        self.width = width
        owners, rows = np.array(layout.owners), np.eye(layout.size)
        self.jacobians = {name: rows[owners == name] for name in layout.shapes}
        self.values: dict[str, Any] = {}

    def add(
        self, quantities: Sequence[Quantity], point: Mapping[str, Any]
    ) -> dict[str, DerivedNumber]:
        """The numbers of quantities by label. `point` has all parameters by name; quantities that
        were added before count with them."""
        self.values |= point
        return {label: x for q in quantities for label, x in self._numbers(q)}

    def _numbers(self, q: Quantity) -> Iterator[tuple[str, DerivedNumber]]:
        value, jacobian, why = self._differentiate(q)
        self.values[q.name] = value
        labels = element_labels(q.name, np.shape(value))
        errors = standard_errors(jacobian, self.covariance)
        for label, x, s, gradient in zip(labels, np.ravel(value), errors, jacobian, strict=True):
            reason = why or self._reason(q, float(s), gradient)
            error = None if reason else float(s)
            interval = None
            if error is not None and math.isfinite(self.width):
                interval = (float(x - self.width * error), float(x + self.width * error))
            yield label, DerivedNumber(float(x), error, interval, q.expression, reason)

    def _differentiate(self, q: Quantity) -> tuple[Any, Any, str | None]:
        """The value of a quantity, its derivatives by the fitted numbers, or why it has none."""
        at = {name: self.values[name] for name in q.f.inputs}
        why = None
        try:
            value, slopes = q.f.jacobian(at) if at else (q.f.value(at), {})
        except DomainError as error:
            value, slopes, why = math.nan, {}, error.message
            with suppress(DomainError):  # sqrt(k) has a value at 0, and no derivative
                value = q.f.value(at)
        jacobian = np.full((np.size(value), len(self.labels)), math.nan if why else 0.0)
        varying = [name for name in q.f.inputs if name in self.jacobians]  # the others are held
        for name in varying if why is None else ():
            jacobian += np.reshape(slopes[name], (np.size(value), -1)) @ self.jacobians[name]
        if varying:
            self.jacobians[q.name] = jacobian
        return value, jacobian, why

    def _reason(self, q: Quantity, error: float, gradient: Any) -> str | None:
        """Why one number of a quantity has no standard error; None if it has."""
        if not math.isfinite(error) or (error == 0 and gradient.any()):  # unknown, or given alone
            for k in np.flatnonzero(gradient):
                label = self.labels[k]
                if label in self.reasons:
                    return f"{label} has no standard error: {self.reasons[label]}"
            return BEYOND if error else None
        return FLAT if q.name in self.jacobians and not gradient.any() else None
