"""What a fit tells about its parameters: standard errors, intervals, correlation, quality of fit.

With the Jacobian J of the weighted residuals at the minimum, the covariance of the parameters is
s^2 (J'J)^-1, from the singular values of J with its columns scaled to length 1 (never from J'J).
s^2 is the residual variance rss / (rows - parameters), or 1 where the sigmas are absolute. Source:
Seber & Wild, Nonlinear Regression (1989), chapter 5.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from adcli.fitting.linearise import Linearised, lengths, of_length_one, singular_values
from adcli.fitting.losses import Loss, sum_of_squares
from adcli.fitting.model import Vector

EPSILON = 2.0**-52
RESIDUAL_ROUNDING = 16 * EPSILON
"""Residuals below this part of the numbers that they are differences of are rounding errors."""

ROUNDED_COLUMN = 1e-13
"""Singular values below this part of the largest, of columns of length 1, are rounding errors."""

AT_BOUND = "it is at its bound"
HELD = "active constraints hold it"
BEYOND = "its standard error is beyond float64"
AT_EDGE = "it is at the edge of where the model is finite"
SHARE = 1e-3
"""A parameter takes part in an undetermined combination with at least this share of it."""


@dataclass(frozen=True)
class Uncertainty:
    """How well the parameters are determined; nan for those that have no standard error.

    standard_errors  (parameters,)
    correlation      (parameters, parameters)
    inflation        (parameters,): the standard errors, as multiples of what they would be if all
                     other parameters were known
    reasons          place of a parameter -> why it has no standard error
    loose            places of those that the data do not determine
    """

    standard_errors: Vector
    correlation: Any
    inflation: Vector
    reasons: dict[int, str]
    loose: tuple[int, ...]

    @property
    def covariance(self) -> Any:
        """(parameters, parameters); infinite or 0 where float64 holds errors, but no squares."""
        found = self.correlation * np.outer(self.standard_errors, self.standard_errors)
        return np.where(np.isnan(self.correlation), np.nan, found)


def uncertainty(
    triangle: Any, given: Mapping[int, str], variance: float, labels: list[str], unknown: str | None
) -> Uncertainty:
    """The uncertainty of the parameters, from R of the Jacobian's factorisation.

    `given` are the parameters that count as given, each with the reason. `variance` is that of a
    residual. Parameters that the Jacobian does not determine get the combination that is free as
    the reason; `unknown` is one for all others, where there is no variance.
    """
    size = len(labels)
    errors, inflation = np.full(size, np.nan), np.full(size, np.nan)
    correlation = np.full((size, size), np.nan)
    reasons = dict(given)
    loose: tuple[int, ...] = ()
    free = np.array([k for k in range(size) if k not in given], dtype=int)
    if len(free) and np.isfinite(lengths(triangle)).all():
        scaled, units = of_length_one(triangle[:, free])
        _, values, right = singular_values(scaled)
        known = values > ROUNDED_COLUMN * max(values[0], EPSILON)
        for direction in right[~known]:
            takes_part = free[np.abs(direction) > SHARE]
            names = [labels[k] for k in takes_part]
            for k in takes_part:
                reasons.setdefault(int(k), _undetermined(names, labels[k]))
        loose = tuple(k for k in reasons if k not in given)
        factor = right[known].T / values[known]
        inflation[free] = lengths(factor.T)
        errors[free] = math.sqrt(variance) * inflation[free] / units
        reasons |= dict.fromkeys(np.flatnonzero(np.isinf(errors)).tolist(), BEYOND)
        factor = factor / inflation[free][:, None]
        correlation[np.ix_(free, free)] = factor @ factor.T
        correlation[free, free] = 1.0
    if unknown is not None:
        for k in free:
            reasons.setdefault(int(k), unknown)
    without = list(reasons)
    errors[without] = inflation[without] = np.nan
    correlation[without, :] = correlation[:, without] = np.nan
    return Uncertainty(errors, correlation, inflation, reasons, loose)


def relative_offset(linear: Linearised, free: Any, freedom: int) -> float:
    """The relative offset of a point (Linearised.offset); nan where nothing was computed."""
    if not linear.is_finite:
        return math.nan
    left, values, _ = singular_values(of_length_one(linear.triangle[:, free])[0])
    known = values > ROUNDED_COLUMN * np.max(values, initial=EPSILON)
    promise = sum_of_squares((left.T @ linear.projected)[known])
    return linear.offset(promise, int(known.sum()), freedom)


def _undetermined(names: list[str], label: str) -> str:
    others = [name for name in names if name != label]
    if not others:
        return "the data do not determine it: no residual depends on it here"
    listed = ", ".join(others[:4]) + ", ..." * (len(others) > 4)
    return f"the data do not determine it apart from {listed}: the Jacobian is rank-deficient"


def step_reason(label: str) -> str:
    """Why a parameter that only moves steps has no standard error, and what helps."""
    return (
        "its derivative is 0 wherever there is one, since it only moves a step (a comparison, "
        "floor, round, sign): the fit cannot find it. A smooth step has a derivative: "
        f"sigmoid((x - {label})/s). Or hold it at several values, --fix {label}=..., and take the "
        "least sum of squares"
    )


def robust_variance(loss: Loss, r: Vector, count: int) -> float | None:
    """s^2 of the covariance for a robust loss: K^2 sum(psi^2) / (n - p) / mean(psi')^2.

    `r` are the n residuals that count, `count` is p, the number of parameters. K = 1 +
    p/n var(psi') / mean(psi')^2 corrects for small samples. None where the slopes add up to p at
    most: as many residuals are 0 whatever the others are, and tell nothing. Source: Huber, Robust
    Statistics (1981), 7.6; as in statsmodels. (R's rlm divides var(psi') by n - 1.)
    """
    psi, slope = loss.slopes(r)
    mean, freedom = float(np.mean(slope)), len(r) - count
    if freedom <= 0 or not len(r) * mean > count:
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
    """How well the model fits. What cannot be computed is None; `reasons` say why, by name.

    `rows` counts those of positive weight. Sums are weighted.

    rss                   sum(w (y - f)^2)
    degrees_of_freedom    rows beyond the free parameters
    reduced_chi_square    rss / degrees_of_freedom: near 1 where sigmas are right; without
                          sigmas the residual variance, which tells nothing of the fit
    r_squared             1 - rss / sum(w (y - mean)^2), with the weighted mean
    log_likelihood        of normal errors with variance proportional to 1/w, its scale the best,
                          rss / rows; or given, where sigmas are absolute; none for a robust loss
    aic, bic              2 k - 2 log L, k log(rows) - 2 log L; k counts the scale where estimated
    """

    rss: float
    rows: int
    degrees_of_freedom: int
    residual_standard_deviation: float | None
    reduced_chi_square: float | None
    r_squared: float | None
    adjusted_r_squared: float | None
    log_likelihood: float | None
    aic: float | None
    bic: float | None
    reasons: dict[str, str]


def quality(
    r: Vector,
    response: Vector,
    weights: Vector | None,
    count: int,
    *,
    absolute: bool,
    perfect: bool,
    robust: bool,
    responses: int = 1,
) -> Quality:
    """The figures for weighted residuals `r` of a model with `count` free parameters, of so many
    responses one below the other, each with a mean of its own."""
    w = np.ones(len(r)) if weights is None else weights
    counted = w > 0
    rows = int(counted.sum())
    freedom = rows - count
    rss = sum_of_squares(r)
    parts = np.split(response, responses)
    scales = [None] * responses if weights is None else np.split(weights, responses)
    total = sum(total_squares(y, own) for y, own in zip(parts, scales, strict=True))
    is_constant = total <= RESIDUAL_ROUNDING**2 * sum_of_squares(np.sqrt(w) * response)
    r_squared = None if is_constant else 1.0 - rss / total
    adjusted = None
    if r_squared is not None and freedom > 0 and rows > responses:
        adjusted = 1.0 - (1.0 - r_squared) * (rows - responses) / freedom
    likelihood: float | None = None
    reasons: dict[str, str] = {}
    if is_constant:
        why = "the response is the same in all rows, up to rounding errors"
        reasons |= dict.fromkeys(["r_squared", "adjusted_r_squared"], why)
    if freedom <= 0:
        none_left = ["residual_standard_deviation", "reduced_chi_square", "adjusted_r_squared"]
        reasons |= dict.fromkeys(none_left, "there are no more rows than parameters")
    half = 0.5 * float(np.sum(np.log(w[counted])))
    if absolute and not robust:
        likelihood = half - 0.5 * (rss + rows * math.log(2 * math.pi))
    elif rss > 0 and not perfect and not robust:
        likelihood = half - 0.5 * rows * (math.log(2 * math.pi * rss / rows) + 1)
    else:
        why = "a robust loss belongs to no likelihood" if robust else "the fit is perfect"
        reasons |= dict.fromkeys(["log_likelihood", "aic", "bic"], why)
    k = count + (not absolute)
    return Quality(
        rss,
        rows,
        freedom,
        math.sqrt(rss / freedom) if freedom > 0 else None,
        rss / freedom if freedom > 0 else None,
        r_squared,
        adjusted,
        likelihood,
        None if likelihood is None else 2 * k - 2 * likelihood,
        None if likelihood is None else k * math.log(rows) - 2 * likelihood,
        reasons,
    )


def total_squares(response: Vector, weights: Vector | None) -> float:
    """sum(w (y - mean)^2) with the weighted mean."""
    mean = np.average(response, weights=weights)
    squares = (response - mean) ** 2
    return float(np.sum(squares if weights is None else weights * squares))


def is_perfect(r: Vector, sizes: Vector) -> bool:
    """Whether residuals are rounding errors of the numbers, of these sizes, that they compare."""
    squares = sum_of_squares(r)
    return math.isfinite(squares) and squares <= RESIDUAL_ROUNDING**2 * sum_of_squares(sizes)


def half_width(confidence: float, freedom: float | None) -> float:
    """How many standard errors a confidence interval reaches to either side: Student's t.

    Without degrees of freedom, the normal distribution's quantile: no variance was estimated. nan
    where there are none left.
    """
    from scipy import special

    tail = 0.5 + confidence / 2
    if freedom is None:
        return float(special.ndtri(tail))
    return float(special.stdtrit(freedom, tail)) if freedom > 0 else math.nan


def standard_errors(jacobian: Any, covariance: Any) -> Vector:
    """sqrt(g' C g) for the rows g of a Jacobian, through a factor of C.

    A parameter without a variance spoils the rows that depend on it alone.
    """
    unknown = np.isnan(np.diag(covariance))
    known = np.ix_(~unknown, ~unknown)
    factor = _root(covariance[known])
    found = lengths((jacobian[:, ~unknown] @ factor).T)
    found[(jacobian[:, unknown] != 0).any(axis=1)] = np.nan
    return found


def _root(covariance: Any) -> Any:
    """L with L L' = C, of columns scaled to variance 1."""
    sigma = np.sqrt(np.diag(covariance))
    scale = np.where(sigma > 0, sigma, 1.0)
    values, vectors = np.linalg.eigh(covariance / scale[:, None] / scale)
    return scale[:, None] * vectors * np.sqrt(np.maximum(values, 0.0))


def condition(linear: Linearised, free: Any) -> float:
    """The condition number of the free columns of the Jacobian, scaled to length 1."""
    if not np.any(free):
        return 1.0
    _, values, _ = singular_values(of_length_one(linear.triangle[:, free])[0])
    return float(values[0] / values[-1]) if values[-1] > 0 else math.inf
