"""How a fit ended, and what it tells."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adcli.descent.stopping import Minimum
from adcli.fitting.derived import DerivedNumber
from adcli.fitting.fitted_model import FittedModel, Prediction
from adcli.fitting.responses import ResponseFit
from adcli.fitting.statistics import Quality


@dataclass(frozen=True)
class Parameter:
    """One number that was fitted, or held.

    standard_error        None where it cannot be computed; `reason` says why
    confidence_interval   (low, high), None without a standard error; by profile likelihood each
                          may be None
    start                 where it began; None where it followed from the other parameters
    notes                 what to know about it: at a bound, still at its start, undetermined
    """

    value: float
    standard_error: float | None
    confidence_interval: tuple[float | None, float | None] | None
    start: float | None
    reason: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Profile:
    """The profile likelihood of one parameter: the values at which it was held, in order, and how
    far each is from the best, as a signed root: in standard errors, if the model is linear.

    `ends` are those of the interval, None where there is no end, for `reasons`.
    """

    values: list[float]
    roots: list[float]
    ends: tuple[float | None, float | None]
    reasons: tuple[str | None, str | None]


@dataclass(frozen=True)
class Fit(Quality, Minimum):
    """A fit of a model to data. Sums are weighted; what cannot be computed is None.

    `value` is what was minimised: the sum of squares, or of the loss; `gradient` is its gradient by
    the parameters, `point` has all parameters by name, arrays as arrays. `parameters` are the
    fitted numbers by label (`b1`, `v[0]`), in the order of `covariance` and `correlation` (nan
    where there is none). `moved` says which starts were out of their bounds, and moved to them.
    `reasons` say why figures of the whole fit are None, by name. `tied` are the numbers of the
    parameters that are expressions of others, `derived` those that were asked for, by label.
    `profiles` are those of the parameters, by label, where they were asked for.
    `responses` are the figures of each, where there are several; then `fitted` and `residuals`
    have them one below the other.
    Under constraints `multipliers` tell by their texts how fast the least `value` changes as the
    right side grows; `active` are the texts of those that hold as equations, along which standard
    errors are, `violated` says by how much others do not hold.
    `has_sigma` says whether residuals are in units of given standard deviations.
    """

    parameters: dict[str, Parameter]
    covariance: Any
    correlation: Any
    confidence: float
    scaling: str
    loss: str
    warnings: tuple[str, ...]
    moved: tuple[str, ...]
    fitted: Any = field(repr=False)
    residuals: Any = field(repr=False)
    fitted_model: FittedModel = field(repr=False)
    tied: dict[str, DerivedNumber] = field(default_factory=dict)
    derived: dict[str, DerivedNumber] = field(default_factory=dict)
    has_sigma: bool = False
    profiles: dict[str, Profile] = field(default_factory=dict)
    responses: dict[str, ResponseFit] = field(default_factory=dict)
    multipliers: dict[str, Any] = field(default_factory=dict)
    active: tuple[str, ...] = ()
    violated: dict[str, float] = field(default_factory=dict)

    @property
    def model(self) -> str:
        """The model's text."""
        return self.fitted_model.text

    @property
    def numbers(self) -> dict[str, Parameter | DerivedNumber]:
        """All numbers with standard errors by label: fitted, tied and derived ones."""
        return {**self.parameters, **self.tied, **self.derived}

    @property
    def quantities(self) -> dict[str, dict[str, DerivedNumber]]:
        """What follows from the parameters, by its kind: "tied" and "derived", if there are any."""
        found = {"tied": self.tied, "derived": self.derived}
        return {kind: numbers for kind, numbers in found.items() if numbers}

    def predict(self, data: Mapping[str, Any]) -> Prediction:
        """Predictions for the rows of columns, with standard errors by the delta method.

        Raises UsageError for a model whose rows depend on one another, DataError for columns that
        are not there, DomainError where the model is not finite.
        """
        return self.fitted_model.predict(data)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model with its parameters and their covariance as JSON.

        `adcli.load_model(path)` and `--model FILE` read it. Raises DataError where it cannot be
        written.
        """
        self.fitted_model.save(path)
