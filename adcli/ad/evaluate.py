"""Evaluation: the primal sweep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adcli.ad.algebra import Evaluator
from adcli.graph.graph import Graph
from adcli.graph.primitives import CONSTANT, ELEMENTWISE, NAMED, SELECT


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
