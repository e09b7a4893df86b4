"""What is to be minimised, over which parameters, from where."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

import numpy as np

from adcli.ad.tasks import Task
from adcli.data.levels import levels_of
from adcli.descent.groups import by_groups
from adcli.descent.objective import Objective
from adcli.descent.rules import Vector
from adcli.descent.stepper import project, projected_gradient
from adcli.engines.choose import DESCENT_ENGINES, check_engine
from adcli.engines.columns import is_number
from adcli.errors import DomainError, LanguageError, UsageError
from adcli.function import Function
from adcli.given import real_value
from adcli.graph.coded import axis_names
from adcli.graph.shapes import infer_shapes


class Problem(Objective):
    """A scalar function of the free parameters, as a function of one flat vector.

    `start`, `fixed` and `data` give every variable a number or an array; `bounds` gives free
    variables a pair (lower, upper) of numbers or arrays, and a start outside of them is moved to
    the nearest. Data are held like what is fixed, and are not part of the points that are reported.
    `is_constrained` says that constraints are heeded besides.
    A number for what is taken by groups of rows, as a in a[g], begins one for each group.
    What is minimised is the function, or its negative with `maximize`, plus `decay`/2 times the sum
    of the squares of what varies. Raises UsageError for names, shapes and bounds that do not fit.
    """

    is_constrained = False

    def __init__(
        self,
        function: Function,
        start: Mapping[str, Any],
        *,
        fixed: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        bounds: Mapping[str, tuple[Any, Any]] | None = None,
        maximize: bool = False,
        decay: float = 0.0,
        engine: str = "auto",
    ) -> None:
        """`engine` is what computes: python (numbers alone), numpy, llvm, or auto."""
        self.levels = levels_of(data)
        start, fixed, data = _real_values(start), _real_values(fixed or {}), dict(data or {})
        _check_names(function, start, fixed, data)
        start = by_groups(function, start, [data], self.levels)
        fixed = by_groups(function, fixed, [data], self.levels)
        function.refuse_constants(bounds or {})
        values = {**start, **fixed, **data}
        scalar = function.is_scalar and all(is_number(v) for v in values.values())
        check_engine(engine, DESCENT_ENGINES, "descend")
        if engine == "python" and not scalar:
            raise UsageError("the python engine has no arrays", "leave the engine out")
        free = [name for name in function.inputs if name not in fixed and name not in data]
        super().__init__({name: np.shape(values[name]) for name in free})
        self.names = axis_names(function.graph, function.order, self.levels)
        function.refuse_indices(free, are_free=True)
        if not self.size:
            raise UsageError("there is nothing to vary", "leave a variable free")
        self.function, self.fixed, self.data = function, fixed, data
        self.maximize, self.decay, self.engine, self.scalar = maximize, decay, engine, scalar
        self.given = self.flatten(values)
        self.lower, self.upper = self.bounds(bounds or {})
        self.start = self.project(self.given)

    def starting(self, start: Vector) -> Problem:
        """This problem from another start, which is not checked."""
        other = copy(self)
        other.given = other.start = start
        return other

    @property
    def moved(self) -> tuple[str, ...]:
        """A remark for each number of the start that was outside of its bounds, and was moved."""
        return self.moves(self.given, self.start)

    def project(self, vector: Vector) -> Vector:
        """The nearest point within the bounds."""
        return project(np, vector, self.lower, self.upper)

    def free_gradient(self, vector: Vector, gradient: Vector) -> Vector:
        """The gradient without what bounds forbid to follow."""
        return projected_gradient(np, vector, gradient, self.lower, self.upper)

    def check_start(self) -> None:
        """Raise UsageError or LanguageError for a start, or a result, that is not finite numbers of
        the right shapes, DomainError where value or gradient are not finite."""
        self.check_finite()
        self.check_shapes()
        if self.data:
            # Takes less memory than `Function.at`, which keeps all values to blame an operation.
            with np.errstate(all="ignore"):
                value, gradient = self.value_and_gradient(self.start)
            if np.isfinite(value) and np.isfinite(gradient).all():
                return
        self.check_values(self.inputs(self.start))

    def check_finite(self) -> None:
        """Raise UsageError for a start that is not finite."""
        for k in np.flatnonzero(~np.isfinite(self.given))[:1]:
            raise UsageError(
                f"the start {self.labels[k]}={self.given[k]:g} is not finite", "begin at a number"
            )

    def check_values(self, inputs: Mapping[str, Any]) -> None:
        """Raise DomainError where the value or the gradient is not finite, with the cause."""
        try:
            self.function.at(inputs, Task("gradient", wrt=self.free))
        except DomainError as error:
            rows = {len(inputs[name]) for name in self.data}
            if error.shape and error.shape[0] in rows:
                error.message += f", in row {error.index[0] + 1:,} of {error.shape[0]:,}"
            raise

    def check_shapes(self) -> None:
        """Raise LanguageError where shapes clash, or the result has a number for each row."""
        f = self.function
        found = infer_shapes(f.graph, f.order, self.input_shapes, f.text)
        if len(f.outputs) > 1:
            raise LanguageError(
                f"a loss is one number, the program has {len(f.outputs)} results",
                "make one of them, such as the sum of their squares",
                text=f.text,
            )
        for output in f.outputs:
            if found.get(output):
                raise LanguageError(
                    f"the result is an array of shape {list(found[output])}, not one number",
                    "a loss is one number, such as a mean or a sum: mean(...)",
                    span=f.graph.span(output),
                    text=f.text,
                )


def _check_names(
    function: Function, start: Mapping[str, Any], fixed: Mapping[str, Any], data: Mapping[str, Any]
) -> None:
    names = list(function.inputs)
    for name in [*start, *fixed]:
        if name not in names:
            raise function.no_variable(name)
    for name in fixed:
        if name in start:
            raise UsageError(f"'{name}' is started and fixed", "take one away")
    for name in data:
        if name in start or name in fixed:
            raise UsageError(f"'{name}' is data and has a value besides", "take one away")
    missing = [name for name in names if name not in start and name not in {*fixed, *data}]
    if missing:
        listed = ", ".join(f"'{name}'" for name in missing[:5]) + ", ..." * (len(missing) > 5)
        span = function.graph.span(function.inputs[missing[0]])
        columns = "; the data have " + ", ".join(map(repr, data)) if data else ""
        raise UsageError(
            f"no start for the variable{'s' * (len(missing) > 1)} {listed}",
            f"give one: --start {missing[0]}=..., or hold it: --fix {missing[0]}=..." + columns,
            span=span,
            text=function.text,
        )


def _real_values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: real_value(x, f"the value of '{name}'") for name, x in values.items()}


def blame(problem: Problem, point: Vector) -> str:
    """The operation that makes the value, or its gradient, not finite at a point; "" if none."""
    try:
        problem.starting(point).check_start()
    except DomainError as error:
        return error.message
    except UsageError:
        return ""  # the point itself is not finite
    return ""
