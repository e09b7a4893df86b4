"""A regression: a model, the data, what varies from where, and what a residual counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from functools import cached_property
from typing import Any

import numpy as np

from adcli.ad.tasks import Task
from adcli.data.array_columns import check_arrays, names_in
from adcli.data.column_layout import listed
from adcli.data.levels import CodedColumns, has_column
from adcli.descent.groups import by_groups
from adcli.engines.choose import FIT_ENGINES, check_engine
from adcli.errors import DataError, DomainError, LanguageError, UsageError
from adcli.fitting.levenberg import Box
from adcli.fitting.linearise import LeastSquares
from adcli.fitting.losses import HUGE, TINY, Loss
from adcli.fitting.model import (
    Model,
    Parameters,
    Vector,
    check_names,
    check_shape,
)
from adcli.fitting.quantities import WrittenQuantities, check_quantities, read_quantities
from adcli.fitting.residuals import Predictor, Residuals
from adcli.fitting.responses import lengthened, response_names, weights_of_all
from adcli.fitting.row_values import (
    Weights,
    check_response,
    column_of,
    expression_of,
    in_row,
    weights_of,
)
from adcli.fitting.separable import linear_parameters
from adcli.fitting.starts import (
    AUTO,
    UNSTARTED,
    automatic_parts,
    finite_numbers,
    told_shapes,
)
from adcli.graph.axes import Shape
from adcli.graph.row_wise import is_row_wise
from adcli.graph.simplify import simplify


class Regression:
    """What `adcli.fit` is asked for, checked.

    `data` has arrays (rows, ...) by column; names of the model that are not columns are parameters,
    which `start` begins and `fix` holds; "auto" starts one in which the model is linear. A start
    out of its `bounds` is moved to them; `moved` says so. `weights`
    multiply the squares of the residuals, `sigma` are their standard deviations. `known` names all
    columns there are, where `data` has only those that are used, for messages. Raises UsageError
    for names, shapes and bounds that do not fit, DataError for data that are not finite numbers or
    that have fewer rows than there are parameters, DomainError where the response or the weights
    are not finite. `derive` are quantities of the parameters, as adcli.fitting.quantities reads
    them.
    """

    def __init__(
        self,
        model: Model,
        data: Mapping[str, Any],
        start: Mapping[str, Any],
        *,
        fix: Mapping[str, Any] | None = None,
        bounds: Mapping[str, tuple[Any, Any]] | None = None,
        weights: Weights | None = None,
        sigma: Weights | None = None,
        loss: Loss | None = None,
        engine: str = "auto",
        known: Iterable[str] = (),
        derive: WrittenQuantities = None,
    ) -> None:
        check_engine(engine, FIT_ENGINES, "fit")
        self.engine = engine
        self.model = model
        self.loss = loss or Loss()
        weighting = [expression_of(weights, "weights"), expression_of(sigma, "sigma")]
        expressions = [f for f in weighting if f]
        used = [*model.names, *(name for f in expressions for name in f.inputs)]
        self._known = list(known or names_in(data))
        for f in (model.prediction, *expressions):
            f.refuse_constants(self._known, "the data")
        model.prediction.refuse_constants([*start, *(fix or {}), *(bounds or {})])
        self.data = check_arrays(data, [n for n in dict.fromkeys(used) if has_column(data, n)])
        check_response(model.response, data, self._known)
        self.levels = self.data.levels
        self.fixed = self._by_groups(finite_numbers(fix or {}, "fix"))
        values, automatic = automatic_parts(start)
        given = self._by_groups(finite_numbers(values, "start"))
        check_names(model, self.data, self._known, start, self.fixed, bounds or {})
        names = [n for n in model.prediction.inputs if n not in self.data and n not in self.fixed]
        known_parameters = [*names, *self.fixed]
        check_quantities(model.ties, "set", known_parameters, self._known)
        known_parameters += [q.name for q in model.ties]
        self.derive = read_quantities(derive, "derive")
        check_quantities(self.derive, "derive", known_parameters, self._known)
        model.prediction.refuse_indices(names, are_free=True)
        if not names:
            raise UsageError(
                "the model has no parameter to fit",
                "its names are columns, or fixed: y ~ a*x + b has the parameters a and b",
            )
        self.response_names = response_names(model) if model.has_several else []
        if model.has_several:
            rows = len(next(iter(self.data.values())))
            self.weights = weights_of_all(model, weights, sigma, self.data, rows, self._known)
            self.data, self.response = lengthened(model, self.data)
            self.model = model = model.long
        else:
            self.response = column_of(model.response, self.data, "the response")
            rows = len(self.response)
            self.weights = weights_of(weights, sigma, self.data, rows, self._known)
        self.rows = len(self.response)
        self.has_sigma = sigma is not None
        self._check_size()
        shapes = {name: np.shape(given.get(name, 0.0)) for name in names}
        open_ = [name for name in automatic if not shapes[name]]
        if open_:
            known = {name: np.shape(x) for name, x in (self.data | self.fixed).items()}
            shapes |= told_shapes(model, open_, known | shapes, self.rows)
            given |= {name: np.full(shapes[name], UNSTARTED) for name in open_}
        self.parameters = Parameters(model, shapes, self.levels)
        unknown = {n: np.broadcast_to(automatic.get(n, False), shapes[n]) for n in names}
        places = np.flatnonzero(self.parameters.flatten(unknown))
        self.missing = [self.parameters.labels[k] for k in places]
        self._check_starts(names, given)
        self._check_count()
        self.start = self.parameters.flatten(given)
        check_shape(model, self.shapes, self.rows)
        if self.response_names and not self.row_wise:
            raise UsageError(
                "the rows of a model of several responses depend on one another",
                "bind what is computed over all rows, as mean(x), to a number in the model",
            )
        self.box = self._bounds(bounds or {})

    def over(self, rows: slice) -> Regression:
        """The same problem for some of the rows, with all that is prepared for the model.

        Raises DataError where these are fewer than there are parameters.
        """
        for name in ("predictor", "linear", "steps", "row_wise"):
            getattr(self, name)  # from now on it is kept, and the copy has it, too
        part = copy(self)
        for name in ("columns", "residuals", "problem"):
            vars(part).pop(name, None)
        count = max(len(self.response_names), 1)

        def own(x: Any) -> Any:
            if count == 1:
                return x[rows]
            return np.concatenate([part[rows] for part in np.split(x, count)])

        levels = self.data.levels
        part.data = CodedColumns({name: own(x) for name, x in self.data.items()}, levels)
        part.response = own(self.response)
        part.weights = None if self.weights is None else own(self.weights)
        part.rows = len(part.response)
        part._check_size()
        part._check_count()
        return part

    def _by_groups(self, values: dict[str, Any]) -> dict[str, Any]:
        return by_groups(self.model.prediction, values, [self.data], self.levels)

    # ---- names ----

    @property
    def columns_known(self) -> list[str]:
        """The names of all columns there are."""
        return self._known

    def _check_starts(self, names: list[str], given: Mapping[str, Any]) -> None:
        """Raise UsageError unless each parameter has a start, or may go without."""
        f = self.model.prediction
        unknown = [n for n in names if n not in given]
        if unknown:
            shown = ", ".join(f"'{n}'" for n in unknown[:5]) + ", ..." * (len(unknown) > 5)
            what = "are not columns and have" if len(unknown) > 1 else "is not a column and has"
            raise UsageError(
                f"{shown} {what} no start",
                f"{listed(self._known)}; a parameter needs a start: --start {unknown[0]}=1 "
                f"(or {AUTO}, if the model is linear in it), or --fix {unknown[0]}=1",
                span=f.graph.span(f.inputs[unknown[0]]),
                text=f.text,
            )
        if not self.missing:
            return
        try:
            solved = [self.parameters.labels[k] for k in self.linear]
        except LanguageError:  # it should have been an array, whose shape only a start can tell
            solved = []
        for label, name in zip(self.parameters.labels, self.parameters.owners, strict=True):
            if label in self.missing and label not in solved:
                raise UsageError(
                    f"the start of '{name}' does not follow from the others",
                    f"{AUTO} is for numbers in which the model is linear, all of them together",
                    span=f.graph.span(f.inputs[name]),
                    text=f.text,
                )

    # ---- numbers ----

    def _check_size(self) -> None:
        """Refuse numbers whose squares leave the range of float64."""
        size = np.abs(self.response)
        if self.weights is not None:
            size = size * np.sqrt(self.weights)
        largest = float(np.max(size))
        if largest and not TINY < largest < HUGE:
            raise DataError(
                f"the response is of size {largest:.3g}: its squares leave the range of float64",
                "fit it in other units",
            )

    def _check_count(self) -> None:
        """Raise DataError where there are fewer rows than parameters: many values fit them."""
        count, rows = len(self.parameters.labels), self.counted
        if rows < count:
            counted = "" if self.weights is None else " with a weight above 0"
            raise DataError(
                f"{rows:,} row{'s' * (rows > 1)}{counted} cannot determine {count:,} parameters",
                "a fit needs a row for each parameter, and more for standard errors; --fix holds "
                "some of the parameters",
            )

    def _bounds(self, bounds: Mapping[str, tuple[Any, Any]]) -> Box:
        if not bounds:
            self.moved: tuple[str, ...] = ()
            return Box(np.full(len(self.start), -np.inf), np.full(len(self.start), np.inf))
        lower, upper = self.parameters.sides(bounds)
        for k, label in enumerate(self.parameters.labels):
            if not lower[k] < upper[k]:
                raise UsageError(
                    f"the bounds {lower[k]:g}:{upper[k]:g} of '{label}' leave no room",
                    "write low:high, or hold the parameter with --fix",
                )
        box = Box(lower, upper)
        given, self.start = self.start, box.project(self.start)
        automatic = np.isin(self.parameters.labels, self.missing)
        self.moved = self.parameters.moves(np.where(automatic, self.start, given), self.start)
        return box

    # ---- what is minimised ----

    @property
    def shapes(self) -> dict[str, Shape]:
        """The shapes of the columns and of all parameters."""
        columns = {name: x.shape for name, x in self.data.items()}
        fixed = {name: np.shape(x) for name, x in self.fixed.items()}
        return {**columns, **fixed, **self.parameters.shapes}

    @cached_property
    def columns(self) -> dict[int, Any]:
        """The columns that the model names, by node."""
        inputs = self.model.prediction.inputs
        return {inputs[name]: x for name, x in self.data.items() if name in inputs}

    @cached_property
    def row_wise(self) -> bool:
        """Whether a row's prediction depends on that row alone."""
        f = self.model.prediction
        return self.predictor.known(
            "row-wise",
            self.columns,
            lambda: is_row_wise(f.graph, f.outputs[0], set(self.columns), self.shapes),
        )

    @cached_property
    def predictor(self) -> Predictor:
        """The model as a function of columns and free parameters."""
        return Predictor(self.model, self.parameters, self.fixed, self.engine)

    @cached_property
    def residuals(self) -> Residuals:
        """The weighted residuals."""
        root = None if self.weights is None else np.sqrt(self.weights)
        return Residuals(self.predictor, self.columns, self.response, root, self.row_wise)

    @cached_property
    def problem(self) -> LeastSquares:
        """The least squares problem."""
        return LeastSquares(self.residuals, self.loss)

    @cached_property
    def linear(self) -> list[int]:
        """Places of the parameters in which the model is linear, all of them together."""
        graph, nodes = self.model.graph, self.parameters.nodes

        def find() -> list[int]:
            derivatives = self.predictor.derivative_nodes(self.columns)
            return linear_parameters(graph, simplify(graph, derivatives, self.shapes), nodes)

        known = self.predictor.known("linear", self.columns, find)
        return [k for k in known if k not in self.steps]

    @cached_property
    def steps(self) -> list[int]:
        """Places of the parameters that only move steps: no derivative leads to them.

        They stand in comparisons, conditions, floor, round or sign alone.
        """
        return self.predictor.known("steps", self.columns, self._steps)

    def _steps(self) -> list[int]:
        graph, p = self.model.graph, self.parameters
        if all(len(graph.args[i]) == len([*graph.moving(i)]) for i in graph.reach([p.prediction])):
            return []
        (output,) = simplify(graph, [p.prediction], self.shapes)  # v[0] of [v0, v1] is v0
        order = graph.reach([output])
        return [
            k
            for k, node in enumerate(p.nodes)
            if node in order and not graph.carries(order, output, node)
        ]

    @property
    def counted(self) -> int:
        """The number of rows with a weight above 0."""
        return self.rows if self.weights is None else int(np.count_nonzero(self.weights))

    def point(self, vector: Vector) -> dict[str, Any]:
        """All parameters, in the order of the model."""
        found = {**self.parameters.unflatten(vector), **self.fixed}
        return {n: found[n] for n in self.model.prediction.inputs if n in found}

    # ---- blame ----

    def refusal(self, vector: Vector) -> DomainError:
        """The error of a start that no sum of squares, or no derivative of it, can be had at."""
        try:
            self.check_start(vector)
        except DomainError as error:
            return error
        hint = "start elsewhere, or fit in other units"
        size = np.abs(self.residuals.values(vector))
        row = int(np.argmax(size))
        if not size[row] < HUGE:
            return DomainError(
                f"row {row + 1}: the residual at the start is of size {size[row]:.3g}: its square "
                "leaves the range of float64",
                hint,
            )
        return DomainError(
            "the derivatives of the model at the start are so large that their squares leave the "
            "range of float64",
            hint,
        )

    def fault(self, vector: Vector) -> str:
        """The operation, with its row, that is not finite at a point; "" if none is."""
        try:
            self.check_start(vector)
        except DomainError as error:
            return error.message
        return ""

    def check_start(self, vector: Vector) -> None:
        """Raise DomainError, with the row and the operation, where the model is not finite."""
        f = self.model.prediction
        parameters = self.point(vector)
        columns = {name: x for name, x in self.data.items() if name in f.inputs}
        for kind in ("value", "jacobian"):
            task = Task(kind, "forward", list(self.parameters.shapes))
            try:
                f.at({**columns, **parameters}, task, engine="numpy")
            except DomainError as error:
                raise in_row(f, self.data, parameters, error, task) from None
