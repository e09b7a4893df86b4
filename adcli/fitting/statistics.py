"""What a fit tells about its parameters: standard errors, intervals, correlation, quality of fit.

With the Jacobian J of the weighted residuals at the minimum, the covariance of the parameters is
s^2 (J'J)^-1, from the singular values of J with its columns scaled to length 1 (never from J'J).
s^2 is the residual variance rss / (rows - parameters), or 1 where the sigmas are absolute. Source:
Seber & Wild, Nonlinear Regression (1989), chapter 5.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from adcli.fitting.columns import of_length_one, singular_values
from adcli.fitting.linearise import Linearised
from adcli.fitting.losses import Loss, sum_of_squares
from adcli.fitting.model import Vector

EPSILON = 2.0**-52
ROUNDING = 16 * EPSILON
"""Residuals below this part of the numbers that they are differences of are rounding errors."""

RANK = 1e-13
"""Singular values below this part of the largest, of columns of length 1, are rounding errors."""

AT_BOUND = "it is at its bound"
SHARE = 1e-3
"""A parameter takes part in an undetermined combination with at least this share of it."""


@dataclass(frozen=True)
class Uncertainty:
    """How well the parameters are determined.

    covariance   (parameters, parameters); nan in the rows and columns of those without
    reasons      place of a parameter -> why it has no standard error
    """

    covariance: Any
    reasons: dict[int, str]

    @property
    def standard_errors(self) -> Vector:
        """One for each parameter, nan where it cannot be had."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def correlation(self) -> Any:
        """The correlation matrix, nan where there is no standard error, or it is 0."""
        errors = self.standard_errors
        with np.errstate(all="ignore"):
            found = self.covariance / np.outer(errors, errors)
        known = np.flatnonzero(np.isfinite(np.diag(found)))
        found[known, known] = 1.0
        return found


def uncertainty(
    triangle: Any, held: Any, variance: float, labels: list[str], unknown: str | None
) -> Uncertainty:
    """The covariance of the parameters, from R of the Jacobian's factorisation.

    `held` marks parameters at a bound: they count as given. `variance` is that of a residual.
    Parameters that the Jacobian does not determine get the combination that is free as the reason;
    `unknown` is a reason for all, where there is one.
    """
    size = len(labels)
    covariance = np.full((size, size), np.nan)
    reasons: dict[int, str] = dict.fromkeys(np.flatnonzero(held).tolist(), AT_BOUND)
    free = np.flatnonzero(~np.asarray(held))
    if unknown is not None:
        reasons.update({int(k): unknown for k in free})
        return Uncertainty(covariance, reasons)
    if not len(free):
        return Uncertainty(covariance, reasons)
    scaled, scale = of_length_one(triangle[:, free])
    _, values, right = singular_values(scaled)
    known = values > RANK * max(values[0], EPSILON)
    loose = np.zeros(len(free), dtype=bool)
    for direction in right[~known]:
        takes_part = np.abs(direction) > SHARE
        loose |= takes_part
        names = [labels[free[k]] for k in np.flatnonzero(takes_part)]
        for k in np.flatnonzero(takes_part):
            reasons.setdefault(int(free[k]), _undetermined(names, labels[free[k]]))
    factor = right[known].T / values[known] / scale[:, None]
    found = variance * (factor @ factor.T)
    found = (found + found.T) / 2
    found[loose, :] = np.nan
    found[:, loose] = np.nan
    covariance[np.ix_(free, free)] = found
    return Uncertainty(covariance, reasons)


def _undetermined(names: list[str], label: str) -> str:
    others = [name for name in names if name != label]
    if not others:
        return "the data do not determine it: no residual depends on it here"
    listed = ", ".join(others[:4]) + ", ..." * (len(others) > 4)
    return f"the data do not determine it apart from {listed}: the Jacobian is rank-deficient"


def robust_variance(loss: Loss, r: Vector, count: int) -> float | None:
    """s^2 of the covariance for a robust loss: K^2 sum(psi^2) / (n - p) / mean(psi')^2.

    `r` are the n residuals that count, `count` is p, the number of parameters. K = 1 +
    p/n var(psi') / mean(psi')^2 corrects for small samples. None where the mean slope is not
    positive. Source: Huber, Robust Statistics (1981), 7.6; as in statsmodels. (R's rlm divides
    var(psi') by n - 1.)
    """
    psi, slope = loss.slopes(r)
    mean, freedom = float(np.mean(slope)), len(r) - count
    if not (mean > 0 and freedom > 0):
        return None
    k = 1.0 + count / len(r) * float(np.var(slope / mean))
    return k**2 * sum_of_squares(psi / mean) / freedom


def known_variance(loss: Loss) -> float:
    """s^2 of the covariance where residuals are known to be normal, of standard deviation 1.

    E(psi^2) / E(psi')^2, which is 1 for the sum of squares and more for a robust loss, whatever
    the residuals are. Source: Huber, Robust Statistics (1981), 7.6.
    """
    if loss.is_linear:
        return 1.0
    r = np.linspace(-12.0, 12.0, 100_001)
    weight = np.exp(-0.5 * r**2)
    weight /= weight.sum()
    psi, slope = loss.slopes(r)
    return float(weight @ psi**2) / float(weight @ slope) ** 2


@dataclass(frozen=True)
class Quality:
    """How well the model fits. What cannot be had is None.

    `rows` counts those of positive weight, `count` the free parameters. Sums are weighted.

    rss                   sum(w (y - f)^2)
    r_squared             1 - rss / sum(w (y - mean)^2), with the weighted mean
    log_likelihood        of normal errors with variance proportional to 1/w, its scale the best,
                          rss / rows; or given, where sigmas are absolute; none for a robust loss
    aic, bic              2 k - 2 log L, k log(rows) - 2 log L; k counts the scale where estimated
    """

    rows: int
    count: int
    rss: float
    residual_standard_deviation: float | None
    r_squared: float | None
    adjusted_r_squared: float | None
    log_likelihood: float | None
    aic: float | None
    bic: float | None

    @property
    def degrees_of_freedom(self) -> int:
        """Rows beyond the free parameters."""
        return self.rows - self.count


def quality(
    r: Vector,
    response: Vector,
    weights: Vector | None,
    count: int,
    *,
    absolute: bool,
    perfect: bool,
    robust: bool,
) -> Quality:
    """The figures for weighted residuals `r`."""
    w = np.ones(len(r)) if weights is None else weights
    counted = w > 0
    rows = int(counted.sum())
    freedom = rows - count
    rss = sum_of_squares(r)
    total = total_squares(response, weights)
    is_constant = total <= ROUNDING**2 * sum_of_squares(np.sqrt(w) * response)
    r_squared = None if is_constant else 1.0 - rss / total
    adjusted = None
    if r_squared is not None and freedom > 0 and rows > 1:
        adjusted = 1.0 - (1.0 - r_squared) * (rows - 1) / freedom
    likelihood = None
    half = 0.5 * float(np.sum(np.log(w[counted])))
    if absolute and not robust:
        likelihood = half - 0.5 * (rss + rows * math.log(2 * math.pi))
    elif rss > 0 and not perfect and not robust:
        likelihood = half - 0.5 * rows * (math.log(2 * math.pi * rss / rows) + 1)
    k = count + (not absolute)
    return Quality(
        rows,
        count,
        rss,
        math.sqrt(rss / freedom) if freedom > 0 else None,
        r_squared,
        adjusted,
        likelihood,
        None if likelihood is None else 2 * k - 2 * likelihood,
        None if likelihood is None else k * math.log(rows) - 2 * likelihood,
    )


def total_squares(response: Vector, weights: Vector | None) -> float:
    """sum(w (y - mean)^2) with the weighted mean."""
    mean = np.average(response, weights=weights)
    squares = (response - mean) ** 2
    return float(np.sum(squares if weights is None else weights * squares))


def is_perfect(r: Vector, sizes: Vector) -> bool:
    """Whether residuals are rounding errors of the numbers, of these sizes, that they compare."""
    return sum_of_squares(r) <= ROUNDING**2 * sum_of_squares(sizes)


def half_width(confidence: float, freedom: int | None) -> float:
    """How many standard errors a confidence interval reaches to either side: Student's t.

    Without degrees of freedom, the normal distribution's quantile: no variance was estimated. nan
    where there are none left.
    """
    from scipy import special

    tail = 0.5 + confidence / 2
    if freedom is None:
        return float(special.ndtri(tail))
    return float(special.stdtrit(freedom, tail)) if freedom > 0 else math.nan


def condition(linear: Linearised, free: Any) -> float:
    """The condition number of the free columns of the Jacobian, scaled to length 1."""
    if not np.any(free):
        return 1.0
    _, values, _ = singular_values(of_length_one(linear.triangle[:, free])[0])
    return float(values[0] / values[-1]) if values[-1] > 0 else math.inf
