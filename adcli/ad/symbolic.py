"""Derivatives as graphs: the sweeps run on nodes, and what comes out is a new part of the graph."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

from adcli.ad.algebra import NOWHERE, Scalars
from adcli.ad.evaluate import Run
from adcli.ad.forward import forward_sweep
from adcli.ad.reverse import reverse_sweep
from adcli.given import real_number
from adcli.graph.axes import Shape
from adcli.graph.graph import Graph
from adcli.graph.primitives import CONSTANT, ELEMENTWISE, Primitive
from adcli.graph.shapes import infer_shapes, shape_of
from adcli.graph.symbols import Expression, Symbols


class Nodes:
    """The algebra of graph nodes. `inputs` are the shapes of the variables (absent: scalar)."""

    shaped = True

    def __init__(self, graph: Graph, order: list[int], inputs: Mapping[str, Shape]) -> None:
        self.graph = graph
        self.m = Symbols(graph)
        self.inputs = inputs
        self.shapes = infer_shapes(graph, order, inputs)

    def run(self, order: list[int]) -> Run:
        """The nodes of `order` as values of themselves."""
        values: list[Any] = [None] * len(self.graph)
        for i in order:
            values[i] = Expression(self.m, i)
        return Run(self.graph, order, {}, self, 1, values)

    def align(self, xs: list[Any], out: Expression) -> list[Any]:
        """Nodes broadcast by themselves. The sweeps call this first for a node: what they make
        from now on belongs to its place in the text."""
        self.m.span = self.graph.span(out.node)
        return xs

    def shape(self, x: Expression) -> Shape:
        """The shape of a node, inferred if it is new."""
        return shape_of(self.graph, x.node, self.inputs, self.shapes)

    def structural(self, op: Any, attr: Any, xs: list[Any]) -> Expression:
        return self.m.structural(op, attr, *xs)

    def fit(self, g: Expression, x: Expression, out: Expression) -> Expression:
        shape = self.shape(x)
        return g if self.shape(out) == shape else self.m.sum_to(shape, g)

    def spread(self, t: Expression, out: Expression) -> Expression:
        shape = self.shape(out)
        return t if shape == () or self.shape(t) == shape else self.m.broadcast(shape, t)

    def zero(self, x: Expression) -> Expression:
        return self.constant(0.0, self.shape(x))

    def constant(self, value: float, shape: Shape = ()) -> Expression:
        """A number, or an array full of it."""
        return self.m.full(value, shape) if shape else self.m.expression(float(value))

    def both(self, live: Any, chosen: Any) -> Any:
        """Masks joined by "and"; a number decides now."""
        value = self.m.constant_value(self.m.expression(chosen))
        if value is not None:
            return live if value else NOWHERE
        return chosen if live is None else live * chosen

    def either(self, a: Any, b: Any) -> Any:
        return self.m.maximum(a, b)

    def keep(self, mask: Any, value: Any) -> Expression:
        return self.m.expression(value) if mask is None else self.m.where(mask, value, 0)


class TextbookNodes(Nodes):
    """Graph nodes of formulas that are read: rules as textbooks state them, where a row has such.

    What an index drops is a number 0, as in textbooks, not a place where nothing flows.
    """

    def run(self, order: list[int]) -> Run:
        """The nodes of `order`, their rows with the rules of textbooks."""
        run = super().run(order)
        run.graph = copy(self.graph)
        rows = {op: as_shown(op) for op in {self.graph.ops[i] for i in order}}
        run.graph.ops = [rows.get(op, op) for op in self.graph.ops]
        return run


def textbook_partials(op: Primitive) -> tuple[Any, ...]:
    """The partials of an elementwise row as textbooks state them, where it has such."""
    return tuple([a or b for a, b in zip(op.shown or op.partials, op.partials, strict=True)])


def as_shown(op: Primitive) -> Primitive:
    """The row with the rules that textbooks state, where it has such."""
    row = op
    if op.kind == ELEMENTWISE and op.shown:
        row = copy(op)
        row.partials = textbook_partials(op)
        row.scaled = ()
    elif op.drops is not None:
        row = copy(op)
        row.drops = None
    return row


class NumberNodes(Nodes, Scalars):
    """Graph nodes that each stand for one number."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph, [], {})

    def named(self, name: str) -> Expression:
        return Expression(self.m, self.graph.named(name))

    def epsilon(self) -> Expression:
        return self.constant(2.0**-52)

    def pack(self, value: Any) -> Expression:
        """A seed. Raises one of NOT_REAL."""
        return self.constant(real_number(value))

    def shape(self, x: Any) -> Shape:
        return ()


def gradient_nodes(
    graph: Graph,
    order: list[int],
    output: int,
    wrt: list[int],
    shapes: Mapping[str, Shape] | None = None,
    *,
    guarded: bool = True,
    algebra: type[Nodes] = Nodes,
) -> list[int]:
    """The nodes of the gradient of a scalar node with respect to each of `wrt`, by a reverse sweep.

    `shapes` are those of the variables (absent: scalar). Each result has the shape of its variable.
    `guarded` is that of `reverse_sweep`; `algebra` says whose rules count.
    """
    nodes = algebra(graph, order, shapes or {})
    seeds = {output: nodes.m.expression(1.0)}
    active = graph.dependents(order, wrt)
    adjoints = reverse_sweep(nodes.run(order), seeds, active, guarded)
    return [_node(nodes, adjoints[i], nodes.shapes[i]) for i in wrt]


def tangent_node(
    graph: Graph,
    order: list[int],
    output: int,
    wrt: int,
    shapes: Mapping[str, Shape] | None = None,
    algebra: type[Nodes] = Nodes,
) -> int:
    """The node of the derivative of a node of any shape with respect to one scalar variable."""
    return tangent_nodes(graph, order, [output], {wrt: graph.constant(1.0)}, shapes, algebra)[0]


def tangent_nodes(
    graph: Graph,
    order: list[int],
    outputs: list[int],
    direction: Mapping[int, int],
    shapes: Mapping[str, Shape] | None = None,
    algebra: type[Nodes] = Nodes,
) -> list[int]:
    """The nodes of the derivatives of `outputs` along a direction, by a forward sweep.

    `direction` has a node, in the variable's shape, for every variable that changes.
    """
    nodes = algebra(graph, order, shapes or {})
    seeds = {i: Expression(nodes.m, node) for i, node in direction.items()}
    tangents = forward_sweep(nodes.run(order), seeds)
    return [_node(nodes, tangents[o], nodes.shapes[o]) for o in outputs]


def _node(nodes: Nodes, derivative: Any, shape: Shape) -> int:
    if derivative is None:
        return nodes.constant(0.0, shape).node
    node: int = derivative.node
    if shape and nodes.graph.ops[node] is CONSTANT:
        return nodes.spread(derivative, nodes.constant(0.0, shape)).node
    return node
