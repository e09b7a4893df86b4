"""A function with kinks as smooth pieces: the kinks' outputs become variables of their own.

abs, max, min, relu, clip, where, and the max and min of an array choose one of several
alternatives, each of which is smooth in the point and in the outputs of kinks before it (the
abs-normal form of Griewank, On stable piecewise linearization, 2013). With weights in the place of
the choice the function is smooth: where several alternatives tie, the weights of a subgradient.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from adcli.ad.tasks import Task
from adcli.descent.objective import Objective
from adcli.descent.problem import Problem
from adcli.descent.rules import Vector
from adcli.errors import DomainError
from adcli.function import Function
from adcli.graph.axes import Shape
from adcli.graph.graph import Graph
from adcli.graph.primitives import (
    HOLDS,
    MAXIMUM,
    MINIMUM,
    MULTIPLY,
    NEGATIVE,
    SUBTRACT,
    WHERE,
)
from adcli.graph.shapes import infer_shapes
from adcli.graph.structure import SUM
from adcli.graph.symbols import Expression, Symbols

MOST_NUMBERS = 20_000_000
"""Numbers of the Jacobians of all alternatives, at most."""

_GREATER = ("greater", "greater_equal")
_REDUCED = {"reduce_max": 1, "reduce_min": -1}


@dataclass
class ChoosingNode:
    """A node that chooses: `sense` is 1 for the largest alternative, -1 for the least, 0 where a
    condition `greater` (or less) than 0 of the `decider` chooses. `axis` is that of a reduction,
    `row_shape` the shape of each alternative, broadcast where it does not reduce."""

    node: int
    output: int
    name: str
    shape: Shape
    sense: int
    alternatives: list[int]
    decider: int | None = None
    greater: bool = True
    reduces: bool = False
    axis: Any = None
    row_shape: Shape = ()

    @property
    def rows(self) -> int:
        """The numbers of all alternatives."""
        return prod(self.row_shape) * len(self.alternatives)


class Pieces:
    """The kinks of a problem, and its target as a function of the point and their outputs."""

    def __init__(self, problem: Problem) -> None:
        self.problem, graph = problem, problem.graph
        target = _hoisted(problem)
        order = graph.reach([target])
        shapes = infer_shapes(graph, order, problem.input_shapes, problem.function.text)
        moving = graph.dependents(order, problem.nodes)
        felt = _felt(graph, [target])
        self.kinks: list[ChoosingNode] = []
        new: dict[int, int] = {}
        weighted: dict[int, int] = {}
        m = Symbols(graph, graph.span(target))
        for i in order:
            op, args = graph.ops[i], graph.args[i]
            if not moving[i] or not args:
                continue
            kink = None
            if i in felt:
                kink = self._kink(i, [new.get(a, a) for a in args], shapes)
            if kink is not None:
                self.kinks.append(kink)
                new[i] = kink.output
                weighted[i] = self._blend(m, kink, [weighted.get(a, a) for a in args])
                continue
            for known in (new, weighted):
                mapped = tuple([known.get(a, a) for a in args])
                known[i] = graph.node(op, mapped, graph.attrs[i], graph.span(i))
        self.smooth, self.weighted = new.get(target, target), weighted.get(target, target)
        self.sizes = [prod(kink.shape) for kink in self.kinks]

    def _kink(self, i: int, args: list[int], shapes: dict[int, Shape]) -> ChoosingNode | None:
        graph = self.problem.graph
        op, span = graph.ops[i], graph.span(i)
        name = f"output of kink {len(self.kinks)}"
        output = graph.variable(name)
        kink = ChoosingNode(i, output, name, shapes[i], 1, args, row_shape=shapes[i])
        if op.name == "abs":
            kink.alternatives = [args[0], graph.node(NEGATIVE, (args[0],), None, span)]
        elif op in (MAXIMUM, MINIMUM):
            kink.sense = 1 if op is MAXIMUM else -1
        elif op.name in _REDUCED:
            kink.sense, kink.reduces, kink.axis = _REDUCED[op.name], True, graph.attrs[i]
            kink.row_shape = shapes[graph.args[i][0]]
        elif op is WHERE:
            condition = graph.args[i][0]
            name = graph.ops[condition].name
            if name not in HOLDS or name in ("equal", "not_equal"):
                return None
            sides = tuple(graph.args[args[0]])
            kink.sense, kink.alternatives = 0, args[1:]
            kink.decider = graph.node(SUBTRACT, sides, None, span)
            kink.greater = name in _GREATER
        else:
            return None
        return kink

    def _blend(self, m: Symbols, kink: ChoosingNode, args: list[int]) -> int:
        """The alternatives times weights, which are variables."""
        graph = self.problem.graph
        if kink.reduces:
            terms = [args[0]]
        elif graph.ops[kink.node].name == "abs":
            terms = [args[0], graph.node(NEGATIVE, (args[0],), None, m.span)]
        else:
            terms = args[1:] if kink.sense == 0 else args
        total = None
        for k, term in enumerate(terms):
            weight = graph.variable(f"weight {k} of kink {len(self.kinks) - 1}")
            product = Expression(m, graph.node(MULTIPLY, (weight, term), None, m.span))
            if kink.reduces:
                product = m.structural(SUM, kink.axis, product)
            total = product if total is None else total + product
        assert total is not None
        return total.node

    @property
    def is_small(self) -> bool:
        """Whether there are kinks, and their Jacobians fit the memory."""
        rows = [kink.rows for kink in self.kinks]
        nested = sum(rows[k] * self.sizes[j] for k, js in self.nested.items() for j in js)
        return bool(rows) and sum(rows) * self.problem.size + nested <= MOST_NUMBERS

    # ---- values ----

    @cached_property
    def _outputs(self) -> Function:
        p = self.problem
        nodes = [kink.node for kink in self.kinks]
        return Function(p.graph, nodes, p.function.text, p.function.inputs.values())

    @cached_property
    def _parts(self) -> Function:
        """The target, and the alternatives and deciders of all kinks, of point and outputs."""
        p = self.problem
        nodes = [self.smooth]
        for kink in self.kinks:
            nodes += kink.alternatives
            nodes += [] if kink.decider is None else [kink.decider]
        kept = [*p.function.inputs.values(), *(kink.output for kink in self.kinks)]
        return Function(p.graph, nodes, p.function.text, kept)

    @cached_property
    def nested(self) -> dict[int, list[int]]:
        """The kinks that alternatives of each kink depend on."""
        graph = self.problem.graph
        places = {kink.output: k for k, kink in enumerate(self.kinks)}
        found = {}
        for k, kink in enumerate(self.kinks):
            within = graph.reach(kink.alternatives)
            inner = [places[i] for i in within if i in places]
            if inner:
                found[k] = inner
        return found

    def outputs(self, vector: Vector) -> list[Any]:
        """The outputs of all kinks at a point. Raises DomainError."""
        point = {**self.problem.inputs(vector)}
        found = self._outputs.at(point, Task("value")).nested()[0]
        return [found] if len(self.kinks) == 1 else list(found)

    def parts(self, vector: Vector, outputs: list[Any]) -> tuple[list[Any], list[Any]]:
        """The values of all parts and their Jacobians (rows, n) by the point."""
        p = self.problem
        point = {**p.inputs(vector), **self._named(outputs)}
        values, rest = self._parts.at(point, Task("jacobian", "auto", p.free)).nested()
        jacobians = []
        for k, value in enumerate(values):
            rows = [np.reshape(rest["jacobian"][n][k], (np.size(value), -1)) for n in p.free]
            jacobians.append(np.concatenate(rows, axis=1))
        return list(values), jacobians

    def slopes(self, vector: Vector, outputs: list[Any]) -> Vector:
        """The gradient of the target by the kinks' outputs."""
        p = self.problem
        names = [kink.name for kink in self.kinks]
        f = Function(p.graph, [self.smooth], p.function.text, self._parts.kept)
        point = {**p.inputs(vector), **self._named(outputs)}
        rest = f.at(point, Task("gradient", wrt=names)).nested()[1]["gradient"]
        return np.concatenate([np.ravel(rest[name]) for name in names])

    def inner_slopes(self, vector: Vector, outputs: list[Any], k: int) -> dict[int, list[Any]]:
        """The Jacobians of a kink's alternatives by the outputs of kinks before it."""
        p, kink = self.problem, self.kinks[k]
        f = Function(p.graph, kink.alternatives, p.function.text, self._parts.kept)
        point = {**p.inputs(vector), **self._named(outputs)}
        names = {j: self.kinks[j].name for j in self.nested[k]}
        values, rest = f.at(point, Task("jacobian", "auto", list(names.values()))).nested()
        single = len(kink.alternatives) == 1
        values = [values] if single else values
        found = {}
        for j, name in names.items():
            parts = rest["jacobian"][name]
            parts = [parts] if single else parts
            found[j] = [
                np.reshape(x, (np.size(v), self.sizes[j]))
                for x, v in zip(parts, values, strict=True)
            ]
        return found

    def _named(self, outputs: list[Any]) -> dict[str, Any]:
        return {kink.name: x for kink, x in zip(self.kinks, outputs, strict=True)}

    @cached_property
    def blended(self) -> Blended:
        """The target with weights in the place of choices."""
        return Blended(self)


class Blended(Objective):
    """The smooth function of the point that has weights in the place of choices."""

    def __init__(self, pieces: Pieces) -> None:
        p = pieces.problem
        super().__init__(p.shapes)
        kept = p.function.inputs.values()
        self.function = Function(p.graph, [pieces.weighted], p.function.text, kept)
        self.start, self.data = p.start, {}
        self.fixed = {**p.held}
        self.maximize, self.decay, self.engine = False, 0.0, "auto"
        self.scalar = p.scalar and self.function.is_scalar

    def weigh(self, weights: dict[str, Any]) -> None:
        """Take these weights."""
        self.fixed.update(weights)

    def value_and_slope(self, vector: Vector) -> tuple[float, Vector]:
        """The value and the gradient; NaNs where they are not finite."""
        task = Task("gradient", wrt=self.free)
        try:
            value, rest = self.function.at(self.inputs(vector), task).nested()
        except DomainError:
            return np.nan, np.full(self.size, np.nan)
        return float(value), self.flatten(rest["gradient"])


def _felt(graph: Graph, outputs: Iterable[int]) -> set[int]:
    """The nodes through which outputs feel their variables: those behind a condition, or a node
    that has no derivative, are not."""
    found: set[int] = set()
    waiting = list(outputs)
    while waiting:
        i = waiting.pop()
        if i in found:
            continue
        found.add(i)
        op, args = graph.ops[i], graph.args[i]
        if op is WHERE:
            waiting += args[1:]
        elif op.name not in HOLDS and op.name not in ("detach", "sign", "floor", "ceil", "round"):
            waiting += args
    return found


def _hoisted(problem: Problem) -> int:
    """The target with products by conditions, as in r*(q - (r < 0)), as choices: where(r < 0,
    r*(q - 1), r*q)."""
    graph, target = problem.graph, problem.target
    order = graph.reach([target])
    moving = graph.dependents(order, problem.nodes)
    users: dict[int, list[int]] = {}
    for i in order:
        for a in graph.args[i]:
            users.setdefault(a, []).append(i)
    replaced: dict[int, int] = {}
    for c in order:
        if graph.ops[c].name not in HOLDS or not moving[c]:
            continue
        chain, top = [c], c
        while True:
            above = users.get(top, [])
            if len(above) != 1 or graph.ops[above[0]] is WHERE:
                break
            top = above[0]
            chain.append(top)
            others = [a for a in graph.args[top] if a not in chain]
            if graph.ops[top] is MULTIPLY and any(moving[a] for a in others):
                sides = []
                for value in (1.0, 0.0):
                    new = {c: graph.constant(value, graph.span(c))}
                    sides.append(graph.replaced(chain[1:], new)[top])
                replaced[top] = graph.node(WHERE, (c, *sides), None, graph.span(top))
                break
    if not replaced:
        return target
    new = dict(replaced)
    for i in order:
        if i not in new and any(a in new for a in graph.args[i]):
            args = tuple([new.get(a, a) for a in graph.args[i]])
            new[i] = graph.node(graph.ops[i], args, graph.attrs[i], graph.span(i))
    return new.get(target, target)


def has_kinks(graph: Graph, outputs: Iterable[int]) -> bool:
    """Whether outputs have kinks between pieces that this module can part."""
    for i in _felt(graph, outputs):
        op = graph.ops[i]
        if op is WHERE:
            condition = graph.args[i][0]
            if graph.ops[condition].name in HOLDS and graph.varying[condition]:
                return True
        elif op in (MAXIMUM, MINIMUM) or op.name in ("abs", *_REDUCED, *HOLDS):
            return True
    return False
