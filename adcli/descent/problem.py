"""What is to be minimised, over which parameters, from where: all as functions of one vector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from functools import cached_property
from typing import Any

import numpy as np

from adcli.ad.evaluate import evaluate
from adcli.ad.jacobians import Run, directional
from adcli.ad.symbolic import gradient_nodes, tangent_nodes
from adcli.ad.tasks import Task
from adcli.descent.layout import Layout
from adcli.descent.rules import Vector
from adcli.descent.step import project, projected_gradient
from adcli.engines.choose import (
    DESCENT_ENGINES,
    check_engine,
    choose_algebra,
    choose_point_engine,
)
from adcli.engines.columns import is_number
from adcli.engines.cores import available_cores
from adcli.engines.lower import lower
from adcli.engines.plan.loss import Loss
from adcli.engines.plan.plan import Plan
from adcli.engines.point import pack
from adcli.engines.source.straight_line import MAX_NODES, compile_function
from adcli.errors import DomainError, LanguageError, UsageError
from adcli.function import Function
from adcli.given import real_value
from adcli.graph.axes import Shape
from adcli.graph.graph import Graph
from adcli.graph.primitives import NEGATIVE
from adcli.graph.shapes import infer_shapes
from adcli.graph.structure import SUM
from adcli.graph.symbolic import Expression, Symbols

EVALUATIONS = 20
"""How often a descent evaluates its function, at least."""


class Problem:
    """A scalar function of the free parameters, as a function of one flat vector.

    `start`, `fixed` and `data` give every variable a number or an array; `bounds` gives free
    variables a pair (lower, upper) of numbers or arrays, and a start outside of them is moved to
    the nearest. Data are held like what is fixed, and are no part of the points that are reported.
    What is minimised is the function, or its negative with `maximize`. Raises UsageError for names,
    shapes and bounds that do not fit, DomainError where the function or its gradient is not finite
    at the start.
    """

    def __init__(
        self,
        function: Function,
        start: Mapping[str, Any],
        *,
        fixed: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        bounds: Mapping[str, tuple[Any, Any]] | None = None,
        maximize: bool = False,
        engine: str = "auto",
        check: bool = True,
    ) -> None:
        """`engine` is what computes: python (numbers alone), numpy, llvm, or auto. With `check`
        False neither the shapes nor the value at the start are looked at."""
        self.function = function
        start = _real_values(start)
        self.fixed = _real_values(fixed or {})
        self.data = dict(data or {})
        self.maximize = maximize
        self.decay = 0.0
        self.engine = engine
        self._check_names(start)
        function.refuse_constants(bounds or {})
        values = {**start, **self.held}
        self.scalar = function.is_scalar and all(is_number(v) for v in values.values())
        self.free = [name for name in function.inputs if name not in self.held]
        self._check_engine()
        self.layout = Layout({name: np.shape(values[name]) for name in self.free})
        if not self.layout.size:
            raise UsageError("there is nothing to vary", "leave a variable free")
        self.given = self.flatten(values)
        self.lower, self.upper = self.layout.bounds(bounds or {})
        self.start = self.project(self.given)
        if check:
            self.check_start()

    def starting(self, start: Vector) -> Problem:
        """The same problem from another start, which is not checked."""
        other = copy(self)
        other.given = other.start = start
        return other

    def penalised(self, decay: float) -> Problem:
        """The same problem with weight decay: decay/2 times the sum of the squares of what varies
        is added to what is minimised."""
        other = copy(self)
        other.decay = decay
        for name in ("target", "gradient_nodes", "order", "value_and_gradient", "_product"):
            vars(other).pop(name, None)
        return other

    def penalty(self, vector: Vector) -> float:
        """The part of what is minimised that is weight decay."""
        if not self.decay:
            return 0.0
        with np.errstate(all="ignore"):
            return self.decay / 2 * float(vector @ vector)

    @property
    def moved(self) -> tuple[str, ...]:
        """What to say where the start given is outside of its bounds, and was moved to them."""
        return self.layout.moves(self.given, self.start)

    @property
    def held(self) -> dict[str, Any]:
        """The values of what does not vary: fixed variables and data."""
        return {**self.fixed, **self.data}

    def _check_engine(self) -> None:
        check_engine(self.engine, DESCENT_ENGINES, "descend")
        if self.engine == "python" and not self.scalar:
            raise UsageError("the python engine has no arrays", "leave the engine out")

    def _check_names(self, start: Mapping[str, Any]) -> None:
        names = list(self.function.inputs)
        for name in [*start, *self.fixed]:
            if name not in names:
                raise self.function.no_variable(name)
        for name in self.fixed:
            if name in start:
                raise UsageError(f"'{name}' is started and fixed", "take one away")
        for name in self.data:
            if name in start or name in self.fixed:
                raise UsageError(f"'{name}' is data and has a value besides", "take one away")
        missing = [name for name in names if name not in start and name not in self.held]
        if missing:
            listed = ", ".join(f"'{name}'" for name in missing[:5]) + ", ..." * (len(missing) > 5)
            span = self.function.graph.span(self.function.inputs[missing[0]])
            columns = "; the data have " + ", ".join(map(repr, self.data)) if self.data else ""
            raise UsageError(
                f"no start for the variable{'s' * (len(missing) > 1)} {listed}",
                f"give one: --start {missing[0]}=..., or hold it: --fix {missing[0]}=..." + columns,
                span=span,
                text=self.function.text,
            )

    def check_start(self) -> None:
        """Blame what is no scalar, or not finite, where the descent begins."""
        self.check_finite()
        if self.data:
            self.check_shapes()
            if self._is_finite():
                return
        self.check_values(self.inputs(self.start))

    def _is_finite(self) -> bool:
        """Whether value and gradient are at the start: found in less memory than by `Function.at`,
        which keeps all that it needs to blame an operation."""
        with np.errstate(all="ignore"):
            value, gradient = self.value_and_gradient(self.start)
        return bool(np.isfinite(value) and np.isfinite(gradient).all())

    def check_finite(self) -> None:
        """Raise UsageError for a start that is not finite."""
        for k in np.flatnonzero(~np.isfinite(self.given))[:1]:
            raise UsageError(f"the start {self.labels[k]}={self.given[k]:g} is not finite")

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
        shapes = {name: np.shape(value) for name, value in self.inputs(self.start).items()}
        found = infer_shapes(f.graph, f.order, shapes, f.text)
        if len(f.outputs) > 1:
            raise LanguageError(
                f"a loss is one number, the program has {len(f.outputs)} results", text=f.text
            )
        for output in f.outputs:
            if found.get(output):
                raise LanguageError(
                    f"the result is an array of shape {list(found[output])}, not one number",
                    "a loss over rows is their mean or their sum: mean(...)",
                    span=f.graph.span(output),
                    text=f.text,
                )

    # ---- flat and not ----

    @property
    def shapes(self) -> dict[str, Shape]:
        """The shapes of the free variables."""
        return self.layout.shapes

    @property
    def size(self) -> int:
        """How many numbers vary."""
        return self.layout.size

    @property
    def labels(self) -> list[str]:
        """The names of the numbers: `x`, `v[0]`, `W[1,2]`."""
        return self.layout.labels

    def first_labels(self, count: int) -> list[str]:
        """The first of them."""
        return self.layout.first_labels(count)

    def flatten(self, values: Mapping[str, Any]) -> Vector:
        """The vector of the free variables' values."""
        return self.layout.flatten(values)

    def unflatten(self, vector: Vector) -> dict[str, Any]:
        """The values of the free variables: floats and arrays."""
        return self.layout.unflatten(vector)

    def point(self, vector: Vector) -> dict[str, Any]:
        """The values of all variables but the data, in the order of the program."""
        found = {**self.unflatten(vector), **self.fixed}
        return {name: found[name] for name in self.function.inputs if name in found}

    def inputs(self, vector: Vector) -> dict[str, Any]:
        """The values of all variables."""
        return {**self.point(vector), **self.data}

    def project(self, vector: Vector) -> Vector:
        """The nearest point within the bounds."""
        return project(np, vector, self.lower, self.upper)

    def free_gradient(self, vector: Vector, gradient: Vector) -> Vector:
        """The gradient without what bounds forbid to follow."""
        return projected_gradient(np, vector, gradient, self.lower, self.upper)

    # ---- the graph ----

    @property
    def graph(self) -> Graph:
        """The function's graph."""
        return self.function.graph

    @property
    def nodes(self) -> list[int]:
        """The free variables' nodes."""
        return [self.function.inputs[name] for name in self.free]

    @cached_property
    def target(self) -> int:
        """The node that is minimised."""
        (output,) = self.function.outputs
        if self.maximize:
            output = self.graph.node(NEGATIVE, (output,))
        if not self.decay:
            return output
        m = Symbols(self.graph, self.graph.span(output))
        total = Expression(m, output)
        for node, shape in zip(self.nodes, self.shapes.values(), strict=True):
            square = Expression(m, node) * Expression(m, node)
            total = total + (m.structural(SUM, None, square) if shape else square) * (
                self.decay / 2
            )
        return total.node

    @cached_property
    def gradient_nodes(self) -> list[int]:
        """The nodes of the gradient by the free variables."""
        shapes: dict[str, Shape] = {
            name: np.shape(value) for name, value in self.inputs(self.start).items()
        }
        order = self.graph.reach([self.target])
        return gradient_nodes(self.graph, order, self.target, self.nodes, shapes)

    @cached_property
    def order(self) -> list[int]:
        """The nodes of value and gradient, arguments first."""
        return self.graph.reach([self.target, *self.gradient_nodes])

    @cached_property
    def value_and_gradient(self) -> Any:
        """A function from a vector to (what is minimised, its gradient); not checked for finite."""
        if self.scalar and self.engine != "numpy":
            return self._compiled() if len(self.order) <= MAX_NODES else self._walked()
        return self._over_rows() or self._planned()

    def _compiled(self) -> Any:
        names = list(self.function.inputs)
        nodes = list(self.function.inputs.values())
        outputs = lower(self.graph, [self.target, *self.gradient_nodes])
        compiled = compile_function(self.graph, nodes, outputs)
        if not self.held:
            return lambda vector: _split(compiled(*vector.tolist()))
        held = [float(self.fixed.get(name, 0.0)) for name in names]
        places = [names.index(name) for name in self.free]

        def evaluate_compiled(vector: Vector) -> tuple[float, Vector]:
            arguments = held.copy()
            for place, x in zip(places, vector.tolist(), strict=True):
                arguments[place] = x
            return _split(compiled(*arguments))

        return evaluate_compiled

    def _walked(self) -> Any:
        algebra, held = self._inputs(self.start)
        wanted = [self.target, *self.gradient_nodes]

        def evaluate_walked(vector: Vector) -> tuple[float, Vector]:
            inputs = {**held, **dict(zip(self.nodes, vector.tolist(), strict=True))}
            values = evaluate(self.graph, self.order, inputs, algebra)
            return _split([values[i] for i in wanted])

        return evaluate_walked

    def _over_rows(self) -> Any:
        """Compiled passes over long columns, where they are worth compiling."""
        inputs = self.inputs(self.start)
        task = Task("gradient", wrt=self.free)
        choice = choose_point_engine(self.function, inputs, task, self.engine, runs=EVALUATIONS)
        if choice.engine != "llvm":
            return None
        from adcli.engines.llvm.prepared import prepare_nodes
        from adcli.engines.llvm.program import UnsupportedError

        shapes = {name: np.shape(value) for name, value in inputs.items()}
        try:
            outputs = [self.target, *self.gradient_nodes]
            program = prepare_nodes(self.graph, outputs, shapes, alone=self.engine == "auto")
        except UnsupportedError:
            return None
        nodes, threads = self.function.inputs, available_cores()
        held = {nodes[name]: value for name, value in self.held.items()}

        def evaluate_rows(vector: Vector) -> tuple[float, Vector]:
            varying = {nodes[name]: part for name, part in self.unflatten(vector).items()}
            (value, *gradient), _ = program.run({**held, **varying}, threads)
            return float(value), np.concatenate([np.ravel(g) for g in gradient])

        return evaluate_rows

    def _planned(self) -> Any:
        function = Function(self.graph, [self.target], self.function.text, self.nodes)
        held = {name: x for name, x in self.held.items() if name in function.inputs}
        loss = Loss(function, self.free, held=held)

        def evaluate_planned(vector: Vector) -> tuple[float, Vector]:
            gradient = np.empty_like(vector)
            parts, slopes = self.layout.views(vector), self.layout.views(gradient)
            value, _ = loss.value_and_gradient(parts, slopes)
            return value, gradient

        return evaluate_planned

    def _inputs(self, vector: Vector) -> tuple[Any, dict[int, Any]]:
        algebra = choose_algebra(self.scalar, "auto", None)
        return algebra, pack(self.function, self.inputs(vector), algebra)

    def curvature(self, vector: Vector, direction: Vector) -> Vector:
        """The product of the Hessian and a direction: the gradient's graph, swept forward."""
        if self.data:
            return self._data_curvature(vector, direction)
        algebra, inputs = self._inputs(vector)
        parts = self.unflatten(direction)
        inputs_by_name = self.function.inputs
        with algebra.context():
            seeds = {inputs_by_name[name]: algebra.pack(part) for name, part in parts.items()}
            run = Run.at(self.graph, self.order, inputs, algebra, 1)
            products = directional(run, self.gradient_nodes, seeds)
            return np.concatenate([np.ravel(algebra.unpack(p)) for p in products])

    def _data_curvature(self, vector: Vector, direction: Vector) -> Vector:
        """The same of a loss over rows: in a program that keeps no array longer than needed."""
        program, nodes = self._product
        given = [*self.layout.views(vector).values(), *self.layout.views(direction).values()]
        products = program.run(dict(zip(nodes, map(np.asarray, given), strict=True)), None)
        return np.concatenate([np.ravel(p) for p in products])

    @cached_property
    def _product(self) -> tuple[Plan, list[int]]:
        """The program of the product, and the nodes of point and direction, which it is given."""
        graph, inputs = self.graph, self.function.inputs
        shapes = {name: np.shape(value) for name, value in self.inputs(self.start).items()}
        direction = {}
        for name in self.free:
            change = f"change of `{name}`"  # which is the name of nothing in a program
            shapes[change] = shapes[name]
            direction[inputs[name]] = graph.variable(change)
        products = tangent_nodes(graph, self.order, self.gradient_nodes, direction, shapes)
        held = {inputs[name]: np.asarray(x, float) for name, x in self.held.items()}
        program = Plan(graph, products, shapes, held=held)
        return program, [*direction, *direction.values()]


def _real_values(values: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        raise UsageError(f"values are given by name, not as {type(values).__name__}", "a dict")
    return {name: real_value(x, f"the value of '{name}'") for name, x in values.items()}


def _split(numbers: Sequence[float]) -> tuple[float, Vector]:
    return numbers[0], np.array(numbers[1:])


def blame(problem: Problem, point: Vector) -> str:
    """The operation that makes the value, or its gradient, not finite at a point; "" if none."""
    try:
        problem.starting(point).check_start()
    except DomainError as error:
        return error.message
    except UsageError:
        return ""  # the point itself is not finite
    return ""
