"""Constraints: comparisons that the point found must meet, as functions of the flat vector.

An inequality is met where its residual c is 0 or more, an equation where it is 0. Residuals, their
Jacobian and the curvature of their weighted sum come from sweeps over the graph that the
constraints share with what is minimised.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from math import prod
from typing import Any, NamedTuple

import numpy as np

from adcli.ad.tasks import Task
from adcli.data.array_columns import names_in
from adcli.descent.objective import Objective
from adcli.descent.problem import Problem
from adcli.descent.rules import Vector
from adcli.errors import DomainError, LanguageError, UsageError, closest
from adcli.function import Function
from adcli.graph.axes import element_labels
from adcli.graph.primitives import MULTIPLY, SUBTRACT
from adcli.graph.shapes import infer_shapes
from adcli.graph.structure import SUM
from adcli.graph.symbols import Expression, Symbols
from adcli.language import parse_beside


class Constraint(NamedTuple):
    """One comparison: its text, the node of its residual, those of its sides, and what it is.
    `sense` is -1 where a larger right side leaves more room (<=), else 1."""

    text: str
    node: int
    sides: tuple[int, int]
    is_equation: bool
    is_strict: bool
    sense: float


class ConstrainedProgram(NamedTuple):
    """What is minimised, a function of all variables that it or a constraint names (of a model the
    two functions are its response and its formula), and the constraints."""

    function: Function
    constraints: list[Constraint]

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is said of strict inequalities."""
        return tuple(
            f"'{c.text}' is taken as {'<=' if c.sense < 0 else '>='}: its border belongs to it"
            for c in self.constraints
            if c.is_strict
        )


def constrained(program: str, texts: Sequence[str]) -> ConstrainedProgram:
    """Read a program with its constraints. Raises LanguageError for a text that is not a comparison
    or that holds nothing to vary."""
    for text in texts:
        if not isinstance(text, str):
            raise UsageError(f"a constraint is a text, not {type(text).__name__}", "'x + y <= 1'")
    found = parse_beside(program, list(texts))
    graph = found.graph
    constraints = []
    for comparison in found.comparisons:
        left, right = comparison.left, comparison.right
        grows = comparison.name.startswith("greater")
        is_equation = comparison.name == "equal"
        sides = (left, right) if grows or is_equation else (right, left)
        node = graph.node(SUBTRACT, sides, None, graph.span(comparison.node))
        constraints.append(
            Constraint(
                comparison.text,
                node,
                (left, right),
                is_equation,
                comparison.name in ("less", "greater"),
                1.0 if grows or is_equation else -1.0,
            )
        )
        if not graph.varying[node]:
            raise LanguageError(
                f"the constraint '{comparison.text}' holds nothing to vary",
                "leave it out, or name a variable",
                text=comparison.text,
            )
    named = [i for i in graph.reach([c.node for c in constraints]) if not graph.args[i]]
    kept = [*found.kept, *(i for i in named if graph.varying[i])]
    return ConstrainedProgram(Function(graph, found.outputs, found.text, kept), constraints)


def read_constraints(
    f: Function, texts: Sequence[str], given: Mapping[str, Any], data: Any
) -> ConstrainedProgram:
    """The program of a function with its constraints, of names that it or `given` knows.

    Raises UsageError for a constraint that names a column of the data, or another name.
    """
    if isinstance(texts, str):
        raise UsageError("the constraints are one text, not a list of them", "['x + y <= 1']")
    if not f.is_written:
        raise UsageError("constraints are for a program", "give its text, not a derivative")
    found = constrained(f.text, texts)
    check_names(f, found, given, [] if data is None else list(names_in(data)))
    return found


def check_names(
    program: Function, found: ConstrainedProgram, given: Collection[str], columns: Collection[str]
) -> None:
    """Raise UsageError for a constraint that names one of the `columns`, or what neither `program`
    nor `given` knows."""
    graph = found.function.graph
    for c in found.constraints:
        for i in graph.reach([c.node]):
            if graph.args[i] or not graph.varying[i]:
                continue
            name = graph.attrs[i]
            if name in columns:
                raise UsageError(
                    f"the constraint '{c.text}' names '{name}', a column of the data",
                    "a constraint is on what varies; a bound for each row is a term of the loss",
                )
            if name not in program.inputs and name not in given:
                meant = closest(name, program.inputs)
                hint = (
                    f"did you mean '{meant}'?"
                    if meant
                    else f"what varies besides needs a start: {name}=..."
                )
                raise UsageError(f"the constraint '{c.text}' names '{name}', unknown here", hint)


class _WeightedSum(Objective):
    """The sum of residuals times weights, for its curvature."""

    def __init__(self, problem: Problem, function: Function, weights: list[str]) -> None:
        super().__init__(problem.shapes)
        self.function, self.start, self.data = function, problem.start, {}
        self.fixed = {n: x for n, x in problem.fixed.items() if n in function.inputs}
        self.fixed.update(dict.fromkeys(weights, 0.0))
        self.maximize, self.decay, self.engine = False, 0.0, "auto"
        self.scalar = problem.scalar and function.is_scalar


class Constraints:
    """The constraints of a problem as one vector of residuals: inequalities and equations in the
    order in which they were given."""

    def __init__(self, problem: Problem, constraints: Sequence[Constraint]) -> None:
        """Raises LanguageError for shapes that do not fit, UsageError where nothing varies."""
        self.problem, self.parts = problem, list(constraints)
        f, graph = problem.function, problem.function.graph
        nodes = [c.node for c in self.parts]
        shapes = {n: np.shape(x) for n, x in {**problem.inputs(problem.start)}.items()}
        found = infer_shapes(graph, graph.reach(nodes), shapes, f.text)
        self.shapes = [found[i] for i in nodes]
        self.sizes = [prod(s or ()) for s in self.shapes]
        free = set(problem.free)
        for c in self.parts:
            if free.isdisjoint(Function(graph, [c.node], f.text).inputs):
                raise UsageError(
                    f"the constraint '{c.text}' holds nothing to vary", "what it names is fixed"
                )
        kept = [f.inputs[name] for name in problem.free]
        self._residuals = Function(graph, nodes, f.text, kept)
        sides = [i for c in self.parts for i in c.sides]
        self._sides = Function(graph, sides, f.text, kept)
        self.is_equation = np.repeat([c.is_equation for c in self.parts], self.sizes)
        self.sense = np.repeat([c.sense for c in self.parts], self.sizes)

    @property
    def size(self) -> int:
        """The number of residuals."""
        return sum(self.sizes)

    @cached_property
    def labels(self) -> list[str]:
        """The text of each residual, with its place where the constraint has several."""
        found: list[str] = []
        for c, shape in zip(self.parts, self.shapes, strict=True):
            places = [x.removeprefix("c") for x in element_labels("c", shape or (), None)]
            found += [f"{c.text} at {place}" if place else c.text for place in places]
        return found

    def split(self, vector: Vector) -> list[Any]:
        """The numbers of each constraint, in its shape."""
        ends = np.cumsum(self.sizes)[:-1]
        parts = zip(np.split(np.asarray(vector, dtype=float), ends), self.shapes, strict=True)
        return [part.reshape(shape) if shape else float(part[0]) for part, shape in parts]

    def check_start(self) -> None:
        """Raise DomainError for a residual, or its gradient, that is not finite at the start."""
        p = self.problem
        point = {n: x for n, x in p.point(p.start).items() if n in self._residuals.inputs}
        self._residuals.at(point, Task("jacobian", "auto", p.free))

    def residuals_and_jacobian(self, vector: Vector) -> tuple[Vector, Any]:
        """The residuals (m,) and their Jacobian (m, n); NaNs where they are not finite."""
        p = self.problem
        point = {name: x for name, x in p.point(vector).items() if name in self._residuals.inputs}
        task = Task("jacobian", "auto", p.free)
        try:
            values, rest = self._residuals.at(point, task).nested()
        except DomainError:
            return np.full(self.size, np.nan), np.full((self.size, p.size), np.nan)
        single = len(self.parts) == 1
        values = [values] if single else values
        columns = []
        for name in p.free:
            parts = rest["jacobian"][name]
            parts = [parts] if single else parts
            width = prod(p.shapes[name])
            columns.append(
                np.concatenate(
                    [
                        np.reshape(x, (size, width))
                        for x, size in zip(parts, self.sizes, strict=True)
                    ]
                )
            )
        return np.concatenate([np.ravel(x) for x in values]), np.concatenate(columns, axis=1)

    def side_sizes(self, vector: Vector) -> Vector:
        """How large the larger side of each constraint is."""
        p = self.problem
        point = {name: x for name, x in p.point(vector).items() if name in self._sides.inputs}
        try:
            values = self._sides.at(point, Task("value")).nested()[0]
        except DomainError:
            return np.zeros(self.size)
        pairs = zip(values[::2], values[1::2], self.shapes, strict=True)
        each = [np.broadcast_to(np.maximum(np.abs(a), np.abs(b)), s or ()) for a, b, s in pairs]
        return np.concatenate([np.ravel(x) for x in each])

    @cached_property
    def _weighted(self) -> _WeightedSum:
        graph = self.problem.function.graph
        m = Symbols(graph, (0, 0))
        total = None
        names = []
        for k, (c, shape) in enumerate(zip(self.parts, self.shapes, strict=True)):
            name = f"weight of constraint {k}"  # which is the name of nothing in a program
            names.append(name)
            node = graph.node(MULTIPLY, (graph.variable(name), c.node), None, (0, 0))
            term = Expression(m, node)
            term = m.structural(SUM, None, term) if shape else term
            total = term if total is None else total + term
        assert total is not None, "there are constraints"
        kept = [self.problem.function.inputs[name] for name in self.problem.free]
        function = Function(graph, [total.node], self.problem.function.text, kept)
        return _WeightedSum(self.problem, function, names)

    def curvature(self, vector: Vector, weights: Vector, direction: Vector) -> Vector:
        """The Hessian of the residuals' weighted sum, times a direction."""
        weighted = self._weighted
        for k, part in enumerate(self.split(weights)):
            weighted.fixed[f"weight of constraint {k}"] = part
        return weighted.curvature(vector, direction)
