"""Update rules in place: any rule of adcli.descent.rules over millions of parameters.

A rule evaluated on whole vectors makes a dozen arrays as long as the parameters and drags each of
them through memory. Here it runs over blocks whose arrays stay in the cache, on several threads,
and writes parameters and state where they are:

    update = BlockwiseUpdate(Stepper("adam", Schedule(0.001)), parameters)   # a flat vector
    state = update.init(parameters)
    for iteration in range(steps):
        gradient = ...                                   # a flat vector of the same dtype
        state = update(parameters, gradient, state, iteration)

The dtype is that of the parameters, float64 or float32; the numbers of a state (powers of beta, for
one) are Python floats. Blocks do not depend on the number of threads, so neither do the results.

The rule runs once, on nodes that stand for whole vectors; what it does to numbers is compiled, what
it does to vectors becomes a ColumnPlan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import sqrt
from typing import Any

import numpy as np

from adcli.descent.rules import State, Vector
from adcli.descent.stepper import NodeVectors, Stepper
from adcli.engines.plan.column_plan import ColumnPlan
from adcli.engines.plan.plan import Plan
from adcli.engines.source.straight_line import compile_function
from adcli.graph.graph import Graph
from adcli.graph.primitives import CONSTANT
from adcli.graph.structure import SUM
from adcli.graph.symbols import Symbols


class BlockwiseUpdate:
    """The steps of a Stepper on flat vectors of one length and dtype, those of `parameters`, in
    place.

    `threads` is how many blocks run at once (None: one for each processor).
    """

    def __init__(self, stepper: Stepper, parameters: Vector, threads: int | None = None) -> None:
        dtype = parameters.dtype
        self._init = stepper.rule(np).init
        self._is_vector = [isinstance(s, np.ndarray) for s in self._init(np.zeros(1))]
        self._bounds = [
            np.asarray(bound, dtype)
            for bound in (stepper.lower, stepper.upper)
            if bound is not None and np.isfinite(bound).any()
        ]
        nodes = _StepNodes(stepper, self._is_vector)
        graph = nodes.graph
        columns = [*nodes.vectors, *nodes.bounds]
        over = [nodes.vectors[0], *nodes.vectors[2:]]
        frontier = _frontier(graph, columns, nodes.new_vectors)
        self._numbers = compile_function(graph, nodes.numbers, [*frontier, *nodes.new_numbers])
        self._count = len(frontier)
        self._plan = ColumnPlan(
            *(graph, columns, frontier, nodes.new_vectors, over, dtype, threads)
        )
        self._square = None
        if stepper.clip_norm is not None:
            shapes = dict.fromkeys(("point", "gradient"), (parameters.size,))
            self._square = Plan(graph, [nodes.square()], shapes, dtype, threads=threads)
            self._point_and_gradient = nodes.vectors[:2]

    def init(self, parameters: Vector) -> State:
        """The state before the first step: vectors like the parameters, and numbers."""
        return self._init(parameters)

    def __call__(self, parameters: Vector, gradient: Vector, state: State, iteration: int) -> State:
        """Make one step; `parameters` and the vectors of `state` are overwritten.

        Returns the next state, which has these vectors. Iterations count from 0.
        """
        length = 0.0
        if self._square is not None:
            pair = zip(self._point_and_gradient, (parameters, gradient), strict=True)
            length = sqrt(float(self._square.run(dict(pair))[0]))
        vectors, numbers = _split_by(self._is_vector, state)
        found = self._numbers(float(iteration), length, *map(float, numbers))
        self._plan.run(
            [parameters, gradient, *vectors, *self._bounds],
            found[: self._count],
            [parameters, *vectors],
        )
        left = iter(found[self._count :])
        kinds = zip(state, self._is_vector, strict=True)
        return tuple([s if is_vector else next(left) for s, is_vector in kinds])


def _split_by(is_first: Sequence[bool], parts: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """The parts of the first kind, and those of the second."""
    kinds = list(zip(parts, is_first, strict=True))
    return [x for x, first in kinds if first], [x for x, first in kinds if not first]


class _StepNodes:
    """A step on nodes: a node for each vector (point, gradient, state) and for each number."""

    def __init__(self, stepper: Stepper, is_vector: Sequence[bool]) -> None:
        self.graph = graph = Graph()
        self.m = m = NodeVectors(Symbols(graph))
        self._stepper = stepper
        point, gradient, iteration, length = (
            graph.variable(name) for name in ("point", "gradient", "iteration", "length")
        )
        state = [graph.variable(f"state{k}") for k in range(len(is_vector))]
        vectors, numbers = _split_by(is_vector, state)
        self.vectors, self.numbers = [point, gradient, *vectors], [iteration, length, *numbers]
        free = replace(stepper, lower=None, upper=None)
        moved, new_state = free.advance(
            m,
            m.vector([point]),
            m.vector([gradient]),
            tuple([m.vector([s]) for s in state]),
            m.vector([iteration]),
            m.vector([length]),
        )
        self.bounds: list[int] = []
        for name, bound, limit in (
            ("lower", stepper.lower, m.maximum),
            ("upper", stepper.upper, m.minimum),
        ):
            if bound is not None and np.isfinite(bound).any():
                self.bounds.append(graph.variable(name))
                moved = limit(moved, m.vector(self.bounds[-1:]))
        new, self.new_numbers = _split_by(is_vector, [self._node(s) for s in new_state])
        self.new_vectors = [self._node(moved), *new]

    def square(self) -> int:
        """The node of the squared norm that is clipped: that of the limited gradient."""
        point, gradient = (self.m.vector([node]) for node in self.vectors[:2])
        limited = self._stepper.limited(self.m, point, gradient)
        return self.graph.node(SUM, (self._node(limited * limited),))

    def _node(self, vector: Any) -> int:
        """The node of a vector of one."""
        return self.m.symbols.expression(np.ravel(vector)[0]).node


def _frontier(graph: Graph, columns: Sequence[int], outputs: Sequence[int]) -> list[int]:
    """The numbers that vectors meet: nodes that depend on no column, used by some that do."""
    order = graph.reach(outputs)
    flags = graph.dependents(order, columns)
    return sorted(
        {
            a
            for i in order
            if flags[i]
            for a in graph.args[i]
            if not flags[a] and graph.ops[a] is not CONSTANT
        }
    )
