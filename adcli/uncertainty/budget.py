"""One uncertain result: its value, its uncertainty, the interval, and what makes it up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from adcli.uncertainty.coverage import Coverage, coverage_factor, coverage_level
from adcli.uncertainty.second_order import HigherTerms

SECOND = "second order"
"""What a part of the variance is called that second and third derivatives tell."""


class BudgetLine(NamedTuple):
    """What one input adds to the uncertainty of a result.

    `contribution` is the sensitivity times the standard uncertainty, `percent` its square as a part
    of the variance; None where that is 0.
    """

    quantity: str
    value: float
    standard_uncertainty: float
    sensitivity: float
    contribution: float
    percent: float | None
    degrees_of_freedom: float


class CorrelationTerm(NamedTuple):
    """What the correlation of two inputs adds to the variance of a result, or takes from it."""

    quantities: tuple[str, str]
    correlation: float
    variance: float
    percent: float | None


@dataclass(frozen=True)
class Uncertain:
    """One number that results, with its uncertainty.

    budget                the inputs, the largest contribution first
    correlations          the pairs of inputs that are correlated, the largest term first
    standard_uncertainty  the combined one
    degrees_of_freedom    the effective ones; infinite where those of all inputs are
    interval              value - U, value + U, with U the expanded uncertainty, k times the
                          standard one
    first_order           the combined uncertainty by the gradient alone
    higher                the terms of the next order; None where they were not computed, or are
                          beyond what the program has there (`reason` says which)
    order                 2 where the standard uncertainty includes those terms, else 1
    """

    name: str
    value: float
    standard_uncertainty: float
    degrees_of_freedom: float
    coverage: Coverage
    budget: Sequence[BudgetLine]
    correlations: Sequence[CorrelationTerm]
    first_order: float
    higher: HigherTerms | None = None
    order: int = 1
    reason: str | None = None

    @property
    def higher_share(self) -> float:
        """The part of the variance to second order that the first order lacks."""
        if self.higher is None or not self.higher.variance:
            return 0.0
        whole = self.first_order**2 + self.higher.variance
        return self.higher.variance / whole if whole > 0 else math.inf

    @property
    def second_order(self) -> float | None:
        """The standard uncertainty with the terms of the next order; None where there is none."""
        if self.higher is None:
            return None
        whole = self.first_order**2 + self.higher.variance
        return math.sqrt(whole) if whole >= 0 else None

    @property
    def coverage_factor(self) -> float:
        """k"""
        if self.coverage.factor is not None:
            return self.coverage.factor
        return coverage_factor(self.coverage.level, self.degrees_of_freedom)

    @property
    def level(self) -> float:
        """The probability of the interval."""
        if self.coverage.factor is None:
            return self.coverage.level
        return coverage_level(self.coverage.factor, self.degrees_of_freedom)

    @property
    def expanded_uncertainty(self) -> float:
        """U = k u"""
        return self.coverage_factor * self.standard_uncertainty

    @property
    def interval(self) -> tuple[float, float]:
        """From value - U to value + U."""
        return self.value - self.expanded_uncertainty, self.value + self.expanded_uncertainty


def budget_parts(x: Uncertain) -> list[tuple[str, float]]:
    """What makes up the uncertainty of a result, the largest first: each with a length whose square
    is its part of the variance, negative where it takes from that."""
    parts = [(line.quantity, abs(line.contribution)) for line in x.budget]
    parts += [
        (f"{', '.join(term.quantities)}: r = {term.correlation:.3g}", signed_root(term.variance))
        for term in x.correlations
    ]
    if x.order == 2 and x.higher is not None:
        parts.append((SECOND, signed_root(x.higher.variance)))
    return sorted(parts, key=lambda part: -abs(part[1]))


def signed_root(variance: float) -> float:
    """The root of a variance, negative of one that is taken away."""
    return math.copysign(math.sqrt(abs(variance)), variance)
