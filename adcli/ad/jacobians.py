"""Jacobians by any method: how each mode seeds its sweeps and what it collects.

A block is the derivative of one output node with respect to one variable node. Its shape is the
output's shape followed by the variable's.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

from adcli.ad.algebra import NOWHERE
from adcli.ad.evaluate import Run, evaluate
from adcli.ad.forward import forward_sweep
from adcli.ad.reverse import reverse_sweep
from adcli.ad.symbolic import gradient_nodes, tangent_node
from adcli.graph.structure import INDEX

MODES = ("reverse", "forward", "symbolic", "finite")
Blocks = dict[tuple[int, int], Any]
"""(output node, variable node) -> the derivative, an engine's value."""


def jacobian_blocks(
    run: Run, outputs: list[int], wrt: list[int], mode: str, guarded: bool = False
) -> Blocks:
    """The derivatives of `outputs` with respect to the variables `wrt` by one of MODES.

    `guarded` is that of `forward_sweep`; the other modes always are.
    """
    if mode == "forward":
        return _forward(run, outputs, wrt, guarded)
    return _METHODS[mode](run, outputs, wrt)


def _reverse(run: Run, outputs: list[int], wrt: list[int]) -> Blocks:
    graph, algebra, values = run.graph, run.algebra, run.values
    active = graph.dependents(run.order, wrt)
    blocks: Blocks = {}
    for output in outputs:
        rows: list[list[Any]] = []
        for seed in algebra.basis(values[output], run.points):
            adjoints = reverse_sweep(run, {output: seed}, active)
            rows.append([adjoints[v] for v in wrt])
        for k, v in enumerate(wrt):
            found = [row[k] for row in rows]
            blocks[output, v] = algebra.collect(found, values[output], values[v], run.points)
    return blocks


def _forward(run: Run, outputs: list[int], wrt: list[int], guarded: bool) -> Blocks:
    algebra, values = run.algebra, run.values
    blocks: Blocks = {}
    for v in wrt:
        columns: list[list[Any]] = []
        for seed in algebra.basis(values[v], run.points):
            tangents = forward_sweep(run, {v: seed}, guarded)
            columns.append([tangents[output] for output in outputs])
        for k, output in enumerate(outputs):
            found = [column[k] for column in columns]
            block = algebra.collect(found, values[v], values[output], run.points)
            blocks[output, v] = algebra.swap(block, values[v])
    return blocks


def _symbolic(run: Run, outputs: list[int], wrt: list[int]) -> Blocks:
    """The gradient of every component of every output as nodes, evaluated in one pass."""
    graph, algebra, shapes = run.graph, run.algebra, run.shapes()
    components: dict[int, list[list[int]]] = {}
    for output in outputs:
        components[output] = []
        for key in product(*map(range, algebra.shape(run.values[output]))):
            scalar = graph.node(INDEX, (output,), key, graph.span(output)) if key else output
            order = graph.reach([*run.order, scalar])
            components[output].append(gradient_nodes(graph, order, scalar, wrt, shapes))
    wanted = [n for rows in components.values() for row in rows for n in row]
    values = evaluate(graph, graph.reach([*run.order, *wanted]), run.inputs, algebra)
    blocks: Blocks = {}
    for output, rows in components.items():
        for k, v in enumerate(wrt):
            found = [values[row[k]] for row in rows]
            like = (run.values[output], run.values[v])
            blocks[output, v] = algebra.collect_rows(found, *like)
    return blocks


def _finite(run: Run, outputs: list[int], wrt: list[int]) -> Blocks:
    """Central differences, (f(x + h) - f(x - h)) / 2h with h = eps^(1/3) max(1, |x|).

    Source: Nocedal & Wright, Numerical Optimization, 2nd ed., 8.1.
    """
    graph, algebra, m = run.graph, run.algebra, run.algebra.m
    third = m.divide(algebra.constant(1.0), algebra.constant(3.0))
    blocks: Blocks = {}
    for v in wrt:
        x = run.inputs[v]
        h = m.power(algebra.epsilon(), third) * m.maximum(m.abs(x), algebra.one(x))
        columns: list[list[Any]] = []
        for seed in algebra.basis(x, run.points):
            above, below = x + h * seed, x - h * seed
            step = algebra.total(above - below)
            ends = [
                evaluate(graph, run.order, {**run.inputs, v: place}, algebra)
                for place in (above, below)
            ]
            row = []
            for output in outputs:
                rise = ends[0][output] - ends[1][output]
                row.append(m.divide(*algebra.align([rise, step], rise)))
            columns.append(row)
        for k, output in enumerate(outputs):
            found = [column[k] for column in columns]
            block = algebra.collect(found, x, run.values[output], run.points)
            blocks[output, v] = algebra.swap(block, x)
    return blocks


_METHODS = {"reverse": _reverse, "symbolic": _symbolic, "finite": _finite}


def that_move(direction: Mapping[int, Any], algebra: Any) -> dict[int, Any]:
    """A direction without the variables in which it is 0: x^y at x = -2 has no derivative in y."""
    return {n: d for n, d in direction.items() if algebra.both(None, d) is not NOWHERE}


def directional(
    run: Run, outputs: list[int], direction: Mapping[int, Any], guarded: bool = False
) -> list[Any]:
    """The derivative of each output along a direction: one forward sweep (a JVP)."""
    moving = that_move(direction, run.algebra)
    tangents = forward_sweep(run, moving, guarded)
    return [
        run.algebra.zero(run.values[o]) if tangents[o] is None else tangents[o] for o in outputs
    ]


def hessian_blocks(
    run: Run,
    output: int,
    wrt: list[int],
    mode: str,
    forward_gradient: bool = False,
    guarded: bool = False,
) -> tuple[Run, list[int], Blocks]:
    """Second derivatives of a scalar node: the Jacobian of its gradient's graph.

    The gradient comes from one reverse sweep, or from a forward sweep for each of `wrt`, numbers.

    Returns the run that evaluated the gradient, the gradient's nodes, and the blocks by pairs of
    variables, of which two may have the same gradient's node. They are symmetric to the last bit:
    what stands below the diagonal is what stands above it.
    """
    graph, shapes = run.graph, run.shapes()
    if forward_gradient:
        nodes = [tangent_node(graph, run.order, output, v, shapes) for v in wrt]
    else:
        nodes = gradient_nodes(graph, run.order, output, wrt, shapes)
    order = graph.reach([*run.order, *nodes])
    second = Run.at(run.graph, order, run.inputs, run.algebra, run.points)
    blocks = jacobian_blocks(second, nodes, wrt, mode, guarded)
    algebra, values = second.algebra, second.values
    mirrored = {}
    for k, (row, a) in enumerate(zip(nodes, wrt, strict=True)):
        mirrored[a, a] = algebra.mirror(blocks[row, a], values[a])
        for b in wrt[k + 1 :]:
            mirrored[a, b] = blocks[row, b]
            mirrored[b, a] = algebra.swap(blocks[row, b], values[a])
    return second, nodes, mirrored
