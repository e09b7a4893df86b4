"""Evaluation: the primal sweep, and the run that all other sweeps follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from adcli.ad.algebra import NOWHERE, Evaluator
from adcli.graph.axes import kept_shape
from adcli.graph.graph import Graph
from adcli.graph.primitives import CONSTANT, ELEMENTWISE, NAMED, SELECT


@dataclass
class Run:
    """One evaluation: the primal values of `order` at `points` points (1 for scalar engines).

    `order` is a topological order (`Graph.reach`); `inputs` maps variable nodes to their values.
    `values` is a list over all nodes of the graph, or maps the nodes of interest to their values.
    """

    graph: Graph
    order: list[int]
    inputs: Mapping[int, Any]
    algebra: Any
    points: int
    values: Any

    @classmethod
    def at(
        cls,
        graph: Graph,
        order: list[int],
        inputs: Mapping[int, Any],
        algebra: Evaluator,
        points: int,
    ) -> Run:
        """Evaluate the nodes of `order`."""
        return cls(graph, order, inputs, algebra, points, evaluate(graph, order, inputs, algebra))

    def shapes(self) -> dict[str, Any]:
        """The shapes of the inputs by name."""
        graph, algebra = self.graph, self.algebra
        return {graph.attrs[i]: algebra.shape(x) for i, x in self.inputs.items()}

    def operands(self, i: int) -> list[Any]:
        """The values of a node's inputs, with as many axes as its own value."""
        xs = [self.values[j] for j in self.graph.args[i]]
        found: list[Any] = self.algebra.align(xs, self.values[i])
        return found

    def places(self, i: int) -> list[Any]:
        """The values of the inputs of a linear node that no derivative flows to."""
        flows = self.graph.ops[i].flows
        return [] if flows is None else [self.values[j] for j in self.graph.args[i][flows:]]

    def choices(
        self, i: int, wanted: Callable[[int], Any], live: Any = None
    ) -> Iterator[tuple[int, Any, Any]]:
        """Which inputs a select node takes: number of the input, mask of the places, weight there.

        Only inputs that are `wanted` and places that are `live` count.
        """
        graph, algebra, out = self.graph, self.algebra, self.values[i]
        inputs, rule = graph.args[i], graph.ops[i].rule
        assert rule is not None
        xs = self.operands(i)
        free = tuple([bool(graph.varying[j]) for j in inputs])
        for k, j in enumerate(inputs):
            if wanted(j):
                chosen, weight = rule(algebra.m, k, xs, out, free)
                mask = NOWHERE if chosen is None else algebra.both(live, chosen)
                if mask is not NOWHERE:
                    yield k, mask, weight

    def weights(self, i: int) -> tuple[Any, Any]:
        """Which elements a reduction takes (None: all of them), and with which weights."""
        (j,) = self.graph.args[i]
        x, axis, rule = self.values[j], self.graph.attrs[i], self.graph.ops[i].rule
        assert rule is not None
        m, shape = self.algebra.m, self.algebra.shape(x)
        found: tuple[Any, Any] = rule(
            m, x, m.reshape(kept_shape(shape, axis), self.values[i]), axis, shape
        )
        return found


def evaluate(
    graph: Graph, order: list[int], inputs: Mapping[int, Any], algebra: Evaluator
) -> list[Any]:
    """The value of every node of `order`, as a list over all nodes of the graph (others None).

    `order` is a topological order (`Graph.reach`); `inputs` maps variable nodes to their values.
    """
    values: list[Any] = []
    extend(values, graph, order, inputs, algebra)
    return values


def extend(
    values: list[Any],
    graph: Graph,
    order: list[int],
    inputs: Mapping[int, Any],
    algebra: Evaluator,
) -> None:
    """Put the values of the nodes of `order` into a list that has those they depend on."""
    ops, args, attrs = graph.ops, graph.args, graph.attrs
    values += [None] * (len(ops) - len(values))
    functions: dict[Any, Any] = {}
    for i in order:
        op = ops[i]
        xs = args[i]
        function = functions.get(op)
        if function is None:
            if op.kind in (ELEMENTWISE, SELECT):
                function = functions[op] = algebra.function(op)
            elif op is CONSTANT:
                values[i] = algebra.constant(attrs[i])
                continue
            elif op is NAMED:
                values[i] = algebra.named(attrs[i])
                continue
            elif i in inputs:
                values[i] = inputs[i]
                continue
            else:
                values[i] = algebra.structural(op, attrs[i], [values[x] for x in xs])
                continue
        if len(xs) == 2:
            values[i] = function(values[xs[0]], values[xs[1]])
        elif len(xs) == 1:
            values[i] = function(values[xs[0]])
        else:
            values[i] = function(*[values[x] for x in xs])
