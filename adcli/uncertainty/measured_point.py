"""The point of a propagation: what each variable is, how well it is known, what varies together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import Any

import numpy as np

from adcli.errors import UsageError, did_you_mean
from adcli.given import check_kinds, check_number, real_value
from adcli.graph.axes import element_labels
from adcli.graph.program import Program
from adcli.uncertainty.covariance import (
    CovarianceMatrix,
    check_correlation,
    check_covariance,
    place_of,
)
from adcli.uncertainty.measured import DISTRIBUTIONS, Measured, checked

Pairs = Mapping[tuple[str, str], float]
"""Correlations by the labels of two numbers."""


@dataclass(frozen=True)
class MeasuredPoint:
    """Values of variables; their numbers that are uncertain, n in all, are called elements.

    values       of all variables, by name
    uncertain    the variables with uncertain elements, whose numbers are elements in order
    labels       of the elements: `L`, `v[0]`
    estimates    (n,) their values
    deviations   (n,) their standard uncertainties, 0 for some numbers of arrays
    freedom      (n,) the degrees of freedom of these, infinite ones among them
    kinds        (n,) the names of their distributions
    linked       (m,) places of the elements that are correlated with others
    correlation  (m, m) of these
    """

    values: Mapping[str, Any]
    uncertain: Sequence[str]
    labels: Sequence[str]
    estimates: Any
    deviations: Any
    freedom: Any
    kinds: Any
    linked: Any = field(default_factory=lambda: np.zeros(0, dtype=int))
    correlation: Any = field(default_factory=lambda: np.zeros((0, 0)))

    @cached_property
    def places(self) -> dict[str, slice]:
        """Where the elements of each uncertain variable are among all."""
        sizes = [int(np.size(self.values[name])) for name in self.uncertain]
        ends = accumulate(sizes)
        return {
            name: slice(end - size, end)
            for name, size, end in zip(self.uncertain, sizes, ends, strict=True)
        }

    @property
    def covariance(self) -> Any:
        """(n, n)"""
        found = np.diag(self.deviations**2)
        if len(self.linked):
            u = self.deviations[self.linked]
            found[np.ix_(self.linked, self.linked)] = self.correlation * np.outer(u, u)
        return found

    @cached_property
    def excess(self) -> Any:
        """(n,): the excess kurtosis of each element; those that are linked count as normal."""
        found = np.array([DISTRIBUTIONS[kind].kurtosis for kind in self.kinds], dtype=float)
        found[self.linked] = 0.0
        found[self.deviations == 0] = 0.0
        return found

    @cached_property
    def groups(self) -> list[Any]:
        """The places of the linked elements, those that are correlated directly or through others
        in one array."""
        left, found = set(range(len(self.linked))), []
        while left:
            group, fresh = set(), {left.pop()}
            while fresh:
                group |= fresh
                near = np.flatnonzero((self.correlation[list(fresh)] != 0).any(axis=0))
                fresh = set(near.tolist()) - group
            left -= group
            found.append(self.linked[sorted(group)])
        return found


def measured_point(
    program: Program,
    at: Mapping[str, Any],
    correlation: Pairs | None = None,
    covariance: Sequence[CovarianceMatrix] = (),
) -> MeasuredPoint:
    """The point of a program. Values are numbers, arrays, or Measured; uncertainties of the numbers
    that `covariance` names come from there.

    Raises UsageError for names that do not fit, an uncertainty that is given twice, and
    correlations that cannot be.
    """
    check_kinds(at=at, correlation=correlation or {})
    program.check_names(at)
    given: dict[str, Any] = {}
    for name in program.inputs:
        x = at[name]
        try:
            given[name] = checked(x) if isinstance(x, Measured) else None
        except UsageError as error:
            error.message = f"'{name}': {error.message}"
            raise
        if given[name] is None:
            given[name] = checked(Measured(np.asarray(real_value(x, f"the value of '{name}'"))))
    matrices = [check_covariance(matrix) for matrix in covariance]
    by_file = _variances(given, matrices)
    uncertain = [n for n, x in given.items() if np.any(x.uncertainty > 0) or n in by_file]
    program.names(uncertain)
    parts = [given[name] for name in uncertain]
    labels = [label for n, x in zip(uncertain, parts, strict=True) for label in _labels(n, x)]
    deviations = _joined([x.uncertainty for x in parts])
    places = {label: k for k, label in enumerate(labels)}
    for variances in by_file.values():
        for label, variance in variances.items():
            deviations[places[label]] = math.sqrt(variance)
    known = {label: k for label, k in places.items() if deviations[k] > 0}
    linked, matrix = _linked(known, places, correlation or {}, matrices, given)
    return MeasuredPoint(
        {name: x.value if x.shape else float(x.value) for name, x in given.items()},
        uncertain,
        labels,
        _joined([x.value for x in parts]),
        deviations,
        _joined([x.degrees_of_freedom for x in parts]),
        _joined([x.distribution for x in parts], object),
        linked,
        matrix,
    )


def _joined(parts: Iterable[Any], dtype: Any = float) -> Any:
    return np.concatenate([np.zeros(0, dtype), *(np.ravel(part) for part in parts)])


def _labels(name: str, x: Measured) -> list[str]:
    return list(element_labels(name, x.shape))


def _variances(
    given: Mapping[str, Measured], matrices: Sequence[CovarianceMatrix]
) -> dict[str, dict[str, float]]:
    """Variable -> label of a number -> its variance in a covariance matrix."""
    homes = {label: name for name, x in given.items() for label in _labels(name, x)}
    found: dict[str, dict[str, float]] = {}
    for matrix in matrices:
        for k, label in enumerate(matrix.names):
            home = homes.get(label)
            if home is None:
                hint = did_you_mean(label, homes) or "leave its row and its column out"
                raise UsageError(f"{matrix.source}: the program has no quantity '{label}'", hint)
            if np.any(given[home].uncertainty > 0) or label in found.get(home, ()):
                raise UsageError(
                    f"the uncertainty of '{label}' is given twice: with its value, and by "
                    f"{matrix.source}",
                    "take one away",
                )
            found.setdefault(home, {})[label] = float(matrix.matrix[k, k])
    return found


def _linked(
    known: Mapping[str, int],
    places: Mapping[str, int],
    correlation: Pairs,
    matrices: Sequence[CovarianceMatrix],
    given: Mapping[str, Measured],
) -> tuple[Any, Any]:
    """The places of correlated elements, and their correlation matrix."""
    everything = [label for name, x in given.items() for label in _labels(name, x)]
    pairs: dict[tuple[int, int], float] = {}
    for names_of_pair, r in correlation.items():
        if not isinstance(names_of_pair, tuple) or len(names_of_pair) != 2:
            hint = "the keys are pairs: {('L', 'T'): 0.3}"
            raise UsageError(f"the correlation of {names_of_pair!r} is not one of two names", hint)
        a, b = names_of_pair
        check_number(r, f"the correlation of '{a}' and '{b}'")
        first, second = (place_of(x, known, everything, "the correlation") for x in (a, b))
        if first == second:
            raise UsageError(f"the correlation of '{a}' with itself is 1", "name two quantities")
        if not -1 <= r <= 1:
            hint = "a correlation is a number from -1 to 1"
            raise UsageError(f"the correlation of '{a}' and '{b}' is {r:g}", hint)
        pair = min(first, second), max(first, second)
        if pair in pairs:
            raise UsageError(f"the correlation of '{a}' and '{b}' is given twice", "take one away")
        pairs[pair] = float(r)
    blocks = [_block(matrix, places) for matrix in matrices]
    names = list(places)
    taken = [place for where, _ in blocks for place in where.tolist()]
    for i, j in pairs:
        for where, _ in blocks:
            if i in where and j in where:
                raise UsageError(
                    f"the correlation of '{names[i]}' and '{names[j]}' is given twice: by itself, "
                    "and by a covariance",
                    "take one away",
                )
    used = sorted({*taken, *(place for pair in pairs for place in pair)})
    matrix = np.eye(len(used))
    index = {place: k for k, place in enumerate(used)}
    for where, block in blocks:
        at = [index[place] for place in where.tolist()]
        matrix[np.ix_(at, at)] = block
    for (i, j), r in pairs.items():
        matrix[index[i], index[j]] = matrix[index[j], index[i]] = r
    if pairs:
        check_correlation([names[k] for k in used], matrix, "--correlation")
    varying = ((matrix != 0).sum(axis=0) > 1).nonzero()[0]
    return np.array(used, dtype=int)[varying], matrix[np.ix_(varying, varying)]


def _block(found: CovarianceMatrix, places: Mapping[str, int]) -> tuple[Any, Any]:
    """The places of a matrix's names that vary, and their correlations."""
    u = np.sqrt(np.diag(found.matrix))
    varying = np.flatnonzero(u > 0)
    u = u[varying]
    matrix = found.matrix[np.ix_(varying, varying)] / u[:, None] / u
    matrix = np.clip(matrix, -1.0, 1.0)
    np.fill_diagonal(matrix, 1.0)
    return np.array([places[found.names[k]] for k in varying.tolist()], dtype=int), matrix
