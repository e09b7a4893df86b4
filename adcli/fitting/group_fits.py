"""One model fitted to each of many groups of rows: the curves of an experiment, say.

What depends on the model alone is prepared once: its derivatives, what it is linear in, the plans
by which it is computed over rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from adcli.data.array_columns import names_in
from adcli.data.cells import parse_number
from adcli.data.column_layout import listed
from adcli.data.levels import CodedColumns, levels_of
from adcli.descent.stopping import Status
from adcli.errors import AdcliError, DataError, DomainError, UsageError, did_you_mean
from adcli.fitting.regression import Regression
from adcli.fitting.result import Fit

FAILED = "failed"
"""The status of a group without a fit."""


class RowGroup(NamedTuple):
    """The values of the group columns, and the places of the rows that have them, in order."""

    key: dict[str, Any]
    rows: Any


@dataclass(frozen=True)
class GroupFit:
    """The fit of one group: `group` has the values of the group columns; where there is no `fit`,
    `error` says why. Rows in messages are counted within the group."""

    group: dict[str, Any]
    rows: int
    fit: Fit | None
    error: str | None = None

    @property
    def status(self) -> str:
        """How the fit ended; FAILED where there is none."""
        return FAILED if self.fit is None else str(self.fit.status)

    @property
    def reason(self) -> str:
        """Why it ended so."""
        return self.error or "" if self.fit is None else self.fit.reason

    def row(self) -> dict[str, Any]:
        """The fit as one row of a table: the group, the numbers of each parameter, tied and derived
        ones with them, figures, status and reason."""
        fit = self.fit
        found: dict[str, Any] = {**self.group, "rows": self.rows}
        for label, x in fit.numbers.items() if fit is not None else ():
            low, high = x.confidence_interval or (None, None)
            found |= {
                label: x.value,
                f"{label}_standard_error": x.standard_error,
                f"{label}_lower": low,
                f"{label}_upper": high,
            }
        names = ("rss", "degrees_of_freedom", "reduced_chi_square", "r_squared")
        found |= {name: getattr(fit, name) for name in names if fit is not None}
        return {**found, "status": self.status, "reason": self.reason}


class GroupFits(tuple[GroupFit, ...]):
    """The fits of all groups, in the order in which these come in the data."""

    @property
    def failed(self) -> list[GroupFit]:
        """The groups without a fit."""
        return [x for x in self if x.fit is None]

    def of(self, *values: Any) -> GroupFit:
        """The fit of the group that has these values in the group columns. Raises UsageError."""
        for x in self:
            if tuple(x.group.values()) == values:
                return x
        raise UsageError(f"there is no group {', '.join(map(str, values))}", "they are in `.group`")

    def columns(self) -> dict[str, list[Any]]:
        """A table with a row for each group, by column, as data frames are made from; None where
        there is no number."""
        return as_columns([x.row() for x in self])


def as_columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Rows as columns: all names that one of them has, in the order of the row that has most."""
    longest = max(rows, key=len, default={})
    return {name: [row.get(name) for row in rows] for name in longest}


def group_columns(by: str | Sequence[str]) -> list[str]:
    """The names of group columns. Raises UsageError for none, or one twice."""
    names: list[Any] = list(by) if isinstance(by, list | tuple) else [by]
    if not names or not all(isinstance(name, str) and name for name in names):
        raise UsageError("by names no column", "for example by='curve', or by=['site', 'plot']")
    for k, name in enumerate(names):
        if name in names[:k]:
            raise UsageError(f"by names '{name}' twice", "take one away")
    return names


def find_groups(data: Mapping[str, Any], by: Sequence[str]) -> list[RowGroup]:
    """The groups of rows that have the same values in the columns `by`, in the order of their first
    rows. Columns may have come as codes: codes(curve), with their levels.

    Raises UsageError for a name that is not a column, DataError for a missing value.
    """
    keys, places = [], None
    for name in by:
        values, codes = _levels(data, name)
        for other in names_in(data):
            if hasattr(data[other], "__len__") and len(data[other]) != len(codes):
                raise DataError(
                    f"the columns differ in their number of rows: '{name}' has {len(codes):,}, "
                    f"'{other}' has {len(data[other]):,}"
                )
        keys.append(values)
        places = codes if places is None else places * len(values) + codes
    assert places is not None
    _, first, codes = np.unique(places, return_index=True, return_inverse=True)
    order = np.argsort(codes, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(codes))[:-1])
    found = []
    for k in np.argsort(first, kind="stable"):
        place, key = int(places[first[k]]), []
        for values in reversed(keys):
            place, code = divmod(place, len(values))
            key.append(values[code])
        found.append(RowGroup(dict(zip(by, reversed(key), strict=True)), parts[k]))
    return found


def _levels(data: Mapping[str, Any], name: str) -> tuple[list[Any], Any]:
    """The values that a column has, and for each row the place of its own among them."""
    coded = f"codes({name})"
    if coded in data:
        return _typed(list(levels_of(data)[coded])), np.asarray(data[coded]).astype(np.int64)
    names = list(names_in(data))
    if name not in names:
        hint = did_you_mean(name, names) or listed(names)
        raise UsageError(f"by names '{name}', which is not a column", hint)
    column = np.asarray(data[name])
    if column.ndim != 1:
        raise UsageError(f"the group column '{name}' is not one value a row", "name another")
    missing = [k for k, x in enumerate(column.tolist()) if x is None or x != x]
    if missing:
        raise DataError(f"row {missing[0] + 1}: column '{name}': missing value", "fill it in")
    try:
        values, codes = np.unique(column, return_inverse=True)
    except TypeError:  # texts and numbers
        values, codes = np.unique(column.astype(str), return_inverse=True)
    return values.tolist(), codes


def _typed(texts: list[str]) -> list[Any]:
    """Texts as the numbers that they are, if each is written as this one is."""
    for kind in (int, float):
        if all(parse_number(text) is not None for text in texts):
            try:
                numbers = [kind(text) for text in texts]
            except ValueError:
                continue
            if [str(x) for x in numbers] == texts:
                return numbers
    return texts


def take_rows(data: Mapping[str, Any], rows: Any) -> CodedColumns:
    """The rows of columns at some places, in that order."""
    columns = {name: rows_in(data[name], rows) for name in names_in(data)}
    return CodedColumns(columns, levels_of(data))


def rows_in(values: Any, rows: Any) -> Any:
    """The rows of an array; anything else, one number for all rows, as it is."""
    array = np.asarray(values)
    return array[rows] if array.ndim else values


def fit_groups(
    make: Callable[[Any], Regression],
    groups: Sequence[RowGroup],
    solve: Callable[[Regression], Fit],
    *,
    stop: bool = False,
) -> Iterator[GroupFit]:
    """The fits of groups, one by one; an interrupted one is the last.

    `make` gives the problem for the rows at some places, `solve` its fit. A group whose data or
    whose start fail has the reason in place of a fit; with `stop` its error is raised.
    """
    failures: dict[int, AdcliError] = {}
    whole, places = _usable(make, groups, failures)
    if whole is None:
        raise failures[0]
    for k, group in enumerate(groups):
        fit = None
        try:
            if k in failures:
                raise failures[k]
            fit = solve(whole.over(places[k]))
        except (DataError, DomainError) as error:
            if stop:
                named = ", ".join(f"{name} {value}" for name, value in group.key.items())
                error.message = f"{named}: {error.message}"
                raise
            failures[k] = error
        message = failures[k].message if k in failures else None
        yield GroupFit(group.key, len(group.rows), fit, message)
        if fit is not None and fit.status is Status.INTERRUPTED:
            return


def _usable(
    make: Callable[[Any], Regression],
    groups: Sequence[RowGroup],
    failures: dict[int, AdcliError],
) -> tuple[Regression | None, dict[int, Any]]:
    """The problem of the rows of all groups whose response and weights can be had, and
    where the rows of each stand in it; the others are put among the `failures`."""

    def problem(part: Sequence[int]) -> Regression:
        return make(np.concatenate([groups[k].rows for k in part]))

    whole, waiting, good = None, [list(range(len(groups)))], list[int]()
    while waiting:
        part = waiting.pop()
        try:
            whole = problem(part)
        except (DataError, DomainError) as error:
            if len(part) == 1:
                failures[part[0]] = error
            else:
                half = len(part) // 2
                waiting += [part[half:], part[:half]]
            continue
        good += part
    if whole is None:
        return None, {}
    if whole.rows < sum(len(groups[k].rows) for k in good):
        whole = problem(good)
    ends = np.cumsum([len(groups[k].rows) for k in good])
    return whole, {
        k: slice(end - len(groups[k].rows), end) for k, end in zip(good, ends, strict=True)
    }
