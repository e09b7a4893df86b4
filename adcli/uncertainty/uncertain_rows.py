"""The law of propagation over rows: values, standard uncertainties, intervals, row by row."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from adcli.ad.tasks import Task, resolved
from adcli.engines.choose import choose_rows_engine
from adcli.engines.columns import Column
from adcli.engines.rows import RowResults, compute_rows
from adcli.errors import UsageError
from adcli.function import Function
from adcli.given import check_kinds, real_value
from adcli.graph.axes import Shape
from adcli.graph.shapes import infer_shapes
from adcli.uncertainty.covariance import CovarianceMatrix
from adcli.uncertainty.coverage import Coverage, counted_freedom, coverage_factor
from adcli.uncertainty.measured import Measured
from adcli.uncertainty.measured_point import MeasuredPoint, Pairs, measured_point
from adcli.uncertainty.propagation import CANCELLED


class UncertainRows(NamedTuple):
    """Results over rows: values, standard uncertainties and the ends of the intervals, each (rows,
    m) for m results; `errors` by row from 0."""

    values: Any
    standard_uncertainties: Any
    lower: Any
    upper: Any
    errors: dict[int, Any]


@dataclass(frozen=True)
class RowPropagation:
    """A program over rows.

    point     a point of the shapes of a row, with all that is the same in every row; uncertainties
              of elements that rows have are set for each row
    coverage  which intervals
    """

    f: Function
    point: MeasuredPoint
    coverage: Coverage
    engine: str = "auto"
    strict: bool = False

    @cached_property
    def _shapes(self) -> dict[int, Shape]:
        """The shapes of all nodes."""
        shapes = {name: np.shape(x) for name, x in self.point.values.items()}
        return infer_shapes(self.f.graph, self.f.order, shapes, self.f.text)

    @cached_property
    def _task(self) -> Task:
        point, f, inferred = self.point, self.f, self._shapes
        if len(f.outputs) == 1 and not inferred[f.outputs[0]]:
            return Task("gradient", "reverse", point.uncertain, strict=self.strict)
        task = Task("jacobian", "auto", point.uncertain, strict=self.strict)
        return resolved(task, f, inferred)

    @cached_property
    def outputs(self) -> list[tuple[int, ...]]:
        """The shapes of the results."""
        return [self._shapes[o] for o in self.f.outputs]

    def over(
        self,
        columns: Mapping[str, Any],
        deviations: Mapping[int, Any],
        rows: int,
        *,
        stop: bool,
        in_all: int | None = None,
    ) -> UncertainRows:
        """The results at rows: `columns` by variable, `deviations` by the place of an element.

        `in_all` are the rows of all calls, about, which decide the engine; None: these. With `stop`
        the first row that fails raises its DomainError, whose `row` counts from 0.
        """
        own = {name: Column(x, True) for name, x in columns.items()}
        given = {
            name: own.get(name) or Column(value, False) for name, value in self.point.values.items()
        }
        engine = self.engine
        if in_all is not None:
            engine = choose_rows_engine(
                self.f, given, in_all, engine, strict=self.strict, once=True
            ).engine
        task = self._task
        found = compute_rows(self.f, given, rows, task, stop=stop, engine=engine, in_all=in_all)
        count = sum(math.prod(shape) for shape in self.outputs)
        values = np.reshape(np.asarray(found.fields["value",], dtype=float), (rows, count))
        with np.errstate(all="ignore"):
            parts = self._slopes(found, rows, count) * self._deviations(deviations, rows)
            u, scale = self._combined(parts)
            reach = u * self._factors(parts / scale[..., None])
        return UncertainRows(values, u, values - reach, values + reach, found.errors)

    def _slopes(self, found: RowResults, rows: int, count: int) -> Any:
        """(rows, m, n)"""
        blocks = [np.zeros((rows, count, 0))]
        for name in self.point.uncertain:
            block = np.asarray(found.fields[self._task.kind, name], dtype=float)
            blocks.append(block.reshape(rows, count, max(np.size(self.point.values[name]), 1)))
        return np.concatenate(blocks, axis=2)

    def _deviations(self, own: Mapping[int, Any], rows: int) -> Any:
        """(rows, 1, n)"""
        found = np.tile(self.point.deviations, (rows, 1))
        for place, column in own.items():
            found[:, place] = column
        return found[:, None, :]

    def _combined(self, parts: Any) -> tuple[Any, Any]:
        """The standard uncertainties (rows, m), and what parts are scaled by."""
        scale = np.abs(parts).max(axis=2, initial=0.0)
        scale[scale == 0] = 1.0
        return scale * np.sqrt(self._variance(parts / scale[..., None])), scale

    def _variance(self, unit: Any) -> Any:
        """The variances of results with contributions (rows, m, n)."""
        found = np.einsum("rmn,rmn->rm", unit, unit)
        if not len(self.point.linked):
            return found
        linked = unit[..., self.point.linked]
        others = self.point.correlation - np.eye(linked.shape[-1])
        sizes = found + np.einsum("rmi,ij,rmj->rm", abs(linked), abs(others), abs(linked))
        found = found + np.einsum("rmi,ij,rmj->rm", linked, others, linked)
        return np.where(found > CANCELLED * sizes, found, 0.0)

    def _factors(self, unit: Any) -> Any:
        """The coverage factors, one for all or (rows, m), by the effective degrees of freedom."""
        if self.coverage.factor is not None:
            return self.coverage.factor
        point = self.point
        if not np.isfinite(point.freedom[point.deviations > 0]).any():
            return coverage_factor(self.coverage.level, math.inf)
        from scipy import special

        variances, freedom = unit**2, np.array(point.freedom)
        for group in point.groups:
            alone = np.zeros_like(unit)
            alone[..., group] = unit[..., group]
            variances[..., group] = 0.0
            variances[..., group[0]] = self._variance(alone)
            freedom[group[0]] = freedom[group].min()
        shares = variances / variances.sum(axis=2, keepdims=True)
        effective = 1 / (shares**2 / freedom).sum(axis=2)
        counted = counted_freedom(effective)
        tail = 0.5 + self.coverage.level / 2
        factors = special.stdtrit(np.where(np.isfinite(counted), counted, 1e300), tail)
        return np.where(np.isnan(factors), special.ndtri(tail), factors)


def propagate_columns(
    f: Function,
    columns: Mapping[str, Any],
    values: Mapping[str, Any],
    correlation: Pairs | None,
    matrices: Sequence[CovarianceMatrix],
    coverage: Coverage,
    engine: str,
    strict: bool,
) -> UncertainRows:
    """The results at the rows of columns x, arrays (rows, *shape), whose standard uncertainties are
    the columns u(x), in the same shape or one number; `values` are those of all other variables.

    Raises UsageError for columns that do not fit together, DomainError with the row.
    """
    check_kinds(points=columns)
    arrays = {
        name: np.asarray(real_value(x, f"the column '{name}'")) for name, x in columns.items()
    }
    own = {name: x for name, x in arrays.items() if name in f.inputs}
    lengths = {len(x) if x.ndim else -1 for x in own.values()}
    if len(lengths) != 1 or -1 in lengths:
        raise UsageError("the columns are not arrays of one length", "{'x': [1, 2], 'u(x)': 0.1}")
    (rows,) = lengths
    example: dict[str, Measured] = {}
    spreads: dict[str, Any] = {}
    for name, x in arrays.items():
        home = name[2:-1] if name.startswith("u(") and name.endswith(")") else name
        if home not in own:
            raise f.no_variable(home)
        if home == name:
            example.setdefault(name, Measured(np.ones(x.shape[1:])))
            continue
        try:
            u = np.broadcast_to(x, own[home].shape)
        except ValueError:
            raise UsageError(f"'{name}' has not the shape of '{home}'", "a number a row") from None
        for row in np.argwhere(~((u >= 0) & np.isfinite(u)))[:1, 0]:
            raise UsageError(
                f"row {row + 1}: '{name}' is negative, or not finite", "it is 0 or more"
            )
        example[home] = Measured(np.ones(u.shape[1:]), 1.0)
        spreads[home] = u.reshape(rows, math.prod(u.shape[1:]))
    point = measured_point(f, {**values, **example}, correlation, matrices)
    deviations = {
        point.places[name].start + k: column
        for name, spread in spreads.items()
        for k, column in enumerate(spread.T)
    }
    return RowPropagation(f, point, coverage, engine, strict).over(own, deviations, rows, stop=True)
