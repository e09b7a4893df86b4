"""The law of propagation of uncertainty (GUM 5.1.2 and 5.2.2), and the budget of each result.

With c the sensitivity coefficients, the gradient at the estimates, u the standard uncertainties and
r the correlations of the inputs, the combined variance is the sum of c_i u_i c_j u_j r_ij.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeVar

import numpy as np

from adcli.ad.tasks import Task
from adcli.errors import DomainError, KinkError
from adcli.function import Function
from adcli.graph.axes import Shape, index_label, indices
from adcli.uncertainty.budget import BudgetLine, CorrelationTerm, Uncertain
from adcli.uncertainty.coverage import Coverage, effective_freedom
from adcli.uncertainty.measured_point import MeasuredPoint
from adcli.uncertainty.sampled import MonteCarlo
from adcli.uncertainty.second_order import higher_terms, is_affordable

CANCELLED = 8 * 2.0**-52
"""A variance below this part of the terms that it is a sum of is rounding: they cancel."""
FAILED = 0.99
"""A part of the variance that is beyond the first order: it says nothing then."""
MOST_TERMS = 1000
"""Correlated pairs that a result lists, the largest ones."""


@dataclass(frozen=True)
class Propagation:
    """The results of a program at a measured point: numbers, an array's one by one.

    `kink` is the first kink at which the derivative is a convention, as an error; None at a smooth
    point. `covariance` (n, n) is that of the n results by the first order. `monte_carlo` are the
    trials, where they were asked for.
    """

    program: str
    point: MeasuredPoint
    results: Sequence[Uncertain]
    covariance: Any
    kink: KinkError | None = None
    monte_carlo: MonteCarlo | None = None

    @property
    def correlation(self) -> Any:
        """(n, n): of the results; nan for one without uncertainty."""
        u = np.sqrt(np.diag(self.covariance))
        with np.errstate(all="ignore"):
            found = np.clip(self.covariance / np.outer(u, u), -1, 1)
        found[np.diag_indices(len(u))] = np.where(u > 0, 1.0, np.nan)
        return found

    @property
    def value(self) -> Any:
        """The value of the result, or the values of several (n,)."""
        return self._each("value")

    @property
    def standard_uncertainty(self) -> Any:
        """The combined standard uncertainty of the result, or those of several (n,)."""
        return self._each("standard_uncertainty")

    @property
    def expanded_uncertainty(self) -> Any:
        """The expanded uncertainty of the result, or those of several (n,)."""
        return self._each("expanded_uncertainty")

    def _each(self, field: str) -> Any:
        found = [getattr(result, field) for result in self.results]
        return found[0] if len(found) == 1 else np.array(found)


class Linear(NamedTuple):
    """A program at a point to first order.

    names   of its m results
    places  of these: output, index
    values  (m,)
    slopes  (m, n) by the n uncertain elements
    kink    see Propagation
    """

    names: Sequence[str]
    places: Sequence[tuple[int, tuple[int, ...]]]
    values: Any
    slopes: Any
    kink: KinkError | None


def linearised(f: Function, point: MeasuredPoint, strict: bool = False) -> Linear:
    """The values and the sensitivity coefficients of a program, by its sweeps.

    Raises DomainError for a value or a derivative that is not finite, KinkError where `strict`
    forbids a convention.
    """
    task = Task("jacobian", "auto", point.uncertain, strict=strict)
    try:
        found = f.twice.at(dict(point.values), task)
    except DomainError as error:
        if "derivative" in error.message and not isinstance(error, KinkError):
            error.hint = (
                (f"{error.hint}; " if error.hint else "")
                + "to first order the uncertainty is infinite there: the law of propagation does "
                "not apply"
            )
        raise
    values = found.by_path[("value",)]
    shapes = [np.shape(x) for x in values]
    rows = sum(math.prod(shape) for shape in shapes)
    slopes = [np.zeros((rows, 0))]
    for name in point.uncertain:
        blocks = found.by_path[("jacobian", name)]
        size = max(np.size(point.values[name]), 1)
        slopes.append(np.concatenate([np.reshape(b, (-1, size)) for b in blocks]))
    flat = np.concatenate([np.ravel(x) for x in values]).astype(float)
    names = list(result_names(f, shapes))
    places = [(k, index) for k, shape in enumerate(shapes) for index in indices(shape)]
    return Linear(names, places, flat, np.concatenate(slopes, axis=1), found.kink_taken())


def result_names(f: Function, shapes: Sequence[Shape]) -> Iterator[str]:
    """What results are called: as the program calls them, else f, or f[0], f[1], ..."""
    own = [f.labels.name_of(node) for node in f.outputs]
    several = len(shapes) > 1
    for k, shape in enumerate(shapes):
        is_named = own[k] is not None and own.count(own[k]) == 1
        for index in indices(shape):
            if is_named:
                yield f"{own[k]}{index_label(index)}"
            else:
                yield "f" + index_label((k, *index) if several else index)


def propagation(
    f: Function,
    point: MeasuredPoint,
    coverage: Coverage,
    order: int | None = None,
    strict: bool = False,
) -> Propagation:
    """The combined uncertainties, with their budgets.

    `order` is 1, 2, or None: 2 where the first order has next to none of the variance; the terms of
    the next order are computed where they cost little. Raises as `linearised`.
    """
    linear = linearised(f, point, strict)
    with np.errstate(over="ignore"):
        parts = linear.slopes * point.deviations
    results = [
        _result(point, coverage, name, float(value), slopes, row)
        for name, value, slopes, row in zip(
            linear.names, linear.values, linear.slopes, parts, strict=True
        )
    ]
    if order != 1 and (order == 2 or linear.kink is None):
        cheap = is_affordable(f, point, len(results))
        results = [
            _with_higher(f, point, x, place, slopes, order)
            if order == 2 or cheap or not x.standard_uncertainty
            else x
            for x, place, slopes in zip(results, linear.places, linear.slopes, strict=True)
        ]
    return Propagation(f.text, point, results, _covariance(point, parts), linear.kink)


def _with_higher(
    f: Function,
    point: MeasuredPoint,
    x: Uncertain,
    place: tuple[int, tuple[int, ...]],
    slopes: Any,
    order: int | None,
) -> Uncertain:
    """A result with the terms of the next order, which count where `order` is 2, or the first order
    has none. Raises DomainError, where they were asked for and are not finite."""
    if not point.labels:
        return x
    try:
        higher = higher_terms(f, point, place, slopes)
    except DomainError as error:
        if order == 2:
            raise
        return replace(x, reason=error.message)
    x = replace(x, higher=higher)
    u = x.second_order
    if order == 2 and u is None:
        raise DomainError(
            f"the uncertainty of {x.name} to second order is not real: the terms beyond the first "
            "order are larger than it is, and negative",
            "the series does not tell here; --order 1 leaves them out, --monte-carlo 1e6 does "
            "without derivatives",
        )
    if u is None or not higher.variance or (order is None and x.higher_share < FAILED):
        return x
    freedom = x.degrees_of_freedom
    if not x.first_order:
        freedom = float(point.freedom[point.deviations > 0].min())
    part = 100 * (x.first_order / u) ** 2 if u else 0.0
    return replace(
        x,
        standard_uncertainty=u,
        order=2,
        degrees_of_freedom=freedom,
        budget=[_scaled(line, part) for line in x.budget],
        correlations=[_scaled(term, part) for term in x.correlations],
    )


BudgetPart = TypeVar("BudgetPart", BudgetLine, CorrelationTerm)


def _scaled(line: BudgetPart, part: float) -> BudgetPart:
    """A line whose percent are those of a part of the variance, itself in percent."""
    percent = 0.0 if line.percent is None else line.percent * part / 100
    return line._replace(percent=percent)


def _covariance(point: MeasuredPoint, parts: Any) -> Any:
    """Of results with the contributions `parts` (m, n): c_i u_i."""
    scale = np.abs(parts).max(axis=1, initial=0.0)
    scale[scale == 0] = 1.0
    unit = parts / scale[:, None]
    found = unit @ unit.T
    sizes = np.abs(unit) @ np.abs(unit).T
    if len(point.linked):
        linked = unit[:, point.linked]
        others = point.correlation - np.eye(len(point.linked))
        found += linked @ others @ linked.T
        sizes += np.abs(linked) @ np.abs(others) @ np.abs(linked).T
    found[np.abs(found) <= CANCELLED * sizes] = 0.0
    with np.errstate(over="ignore", under="ignore"):
        return found * scale[:, None] * scale


def _deviation(point: MeasuredPoint, parts: Any) -> float:
    """The standard deviation of a result with the contributions `parts` (n,)."""
    scale = float(np.abs(parts).max(initial=0.0))
    if scale == 0 or not math.isfinite(scale):
        return scale
    return scale * math.sqrt(max(float(_covariance(point, parts[None] / scale)[0, 0]), 0.0))


def _result(
    point: MeasuredPoint, coverage: Coverage, name: str, value: float, slopes: Any, parts: Any
) -> Uncertain:
    u = _deviation(point, parts)
    if not math.isfinite(u):
        hint = "a scale keeps it in range: another unit, for example"
        raise DomainError(f"the uncertainty of {name} is beyond float64 (1.8e308)", hint)
    lines = []
    for k in np.argsort(-np.abs(parts), kind="stable").tolist():
        if point.deviations[k] > 0:
            share = _share(parts[k], parts[k], 1.0, u)
            numbers = (point.estimates[k], point.deviations[k], slopes[k], parts[k])
            x, spread, slope, part = map(float, numbers)
            percent = None if share is None else 100 * share
            own = float(point.freedom[k])
            lines.append(BudgetLine(point.labels[k], x, spread, slope, part, percent, own))
    terms = _terms(point, parts, u)
    return Uncertain(name, value, u, _freedom(point, parts), coverage, lines, terms, u)


def _share(a: float, b: float, r: float, u: float) -> float | None:
    """a b r as a part of u²; None where u is 0."""
    return float((a / u) * (b / u) * r) if u > 0 else None


def _terms(point: MeasuredPoint, parts: Any, u: float) -> list[CorrelationTerm]:
    """The terms of correlated pairs, the largest first."""
    linked = parts[point.linked]
    first, second = np.triu(point.correlation, 1).nonzero()
    sizes = np.abs(linked[first] * linked[second] * point.correlation[first, second])
    found = []
    for k in np.argsort(-sizes, kind="stable")[:MOST_TERMS].tolist():
        i, j = int(first[k]), int(second[k])
        r = float(point.correlation[i, j])
        a, b = (point.labels[int(point.linked[place])] for place in (i, j))
        share = _share(linked[i], linked[j], 2 * r, u)
        variance = float(2 * r * linked[i] * linked[j])
        found.append(CorrelationTerm((a, b), r, variance, None if share is None else 100 * share))
    return found


def _freedom(point: MeasuredPoint, parts: Any) -> float:
    """The effective degrees of freedom: each group of correlated elements is one part, with the
    fewest degrees of freedom in it (exact where all are the same, as for parameters of a fit)."""
    scale = float(np.abs(parts).max(initial=0.0)) or 1.0
    unit = parts / scale
    variances, freedom = unit**2, np.array(point.freedom)
    for group in point.groups:
        alone = np.zeros_like(unit)
        alone[group] = unit[group]
        variances[group] = 0.0
        variances[group[0]] = _deviation(point, alone) ** 2
        freedom[group[0]] = freedom[group].min()
    return effective_freedom(variances, freedom)
