"""Forward mode: tangents flow with the evaluation, one sweep per seed (a JVP).

A 0 in an array of tangents may be a number, as that of x^3 at 0, or stand where no path leads, as
beside x in [0, x]. A partial that is infinite matters to the first alone: sqrt([0, x])[1] has a
derivative, sqrt(x^3) at 0 has none. So sweeps can tell which elements a seed reaches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from adcli.ad.algebra import NOWHERE, Algebra
from adcli.ad.evaluate import Run
from adcli.graph.primitives import (
    COMPOUND,
    ELEMENTWISE,
    LINEAR,
    MATRIX,
    MULTILINEAR,
    REDUCTION,
    SELECT,
    STATIC,
    minus_one,
    one,
)
from adcli.graph.structure import SUM


def forward_sweep(run: Run, seeds: Mapping[int, Any], guarded: bool = False) -> list[Any]:
    """The tangent of every node of the run: its derivative along the seeds (None: exactly zero).

    `seeds` maps variable nodes to their tangents, each in the shape of its variable. `guarded`, the
    tangent of an element that no seed reaches (what stands beside x in [0, x]) is 0 because nothing
    flows, whatever the partial derivative there is; else it is the number 0, which is cheaper, and
    the same unless a partial is not finite.
    Source: Griewank & Walther, Evaluating Derivatives, 2nd ed., 3.1.
    """
    graph, values, algebra = run.graph, run.values, run.algebra
    ops, args, m, shaped = graph.ops, graph.args, algebra.m, algebra.shaped
    tangents: list[Any] = [None] * len(ops)
    for node, seed in seeds.items():
        tangents[node] = seed
    reach = reached(run, run.order, seeds) if guarded and shaped else {}
    for i in run.order:
        inputs = args[i]
        for j in inputs:
            if tangents[j] is not None:
                break
        else:
            continue
        op = ops[i]
        if op.kind != ELEMENTWISE:
            tangents[i] = _RULES[op.kind](run, i, tangents)
            continue
        out = values[i]
        xs = [values[j] for j in inputs]
        ts = [tangents[j] for j in inputs]
        if shaped:
            xs, ts = algebra.align(xs, out), algebra.align(ts, out)
        total = None
        for k, (j, partial, t) in enumerate(zip(inputs, op.partials, ts, strict=True)):
            if t is None or partial is None:
                continue
            if partial is minus_one:
                t = -t
            elif partial is not one:
                t = op.scaled[k](m, t, *xs, out) if op.scaled else t * partial(m, *xs, out)
                if reach.get(j) is not None:
                    t = algebra.keep(*algebra.align([reach[j], t], out))
            total = t if total is None else total + t
        tangents[i] = algebra.spread(total, out) if shaped and total is not None else total
    return tangents


def tangent_of(run: Run, i: int, tangents: Any) -> Any:
    """The tangent of a node that is not elementwise, from those of its inputs, by node; None where
    nothing flows."""
    return _RULES[run.graph.ops[i].kind](run, i, tangents)


def _as_it_is(weight: Any) -> Any:
    return weight


Weigh = Callable[[Any], Any]


def select_tangent(run: Run, i: int, tangents: list[Any], weigh: Weigh = _as_it_is) -> Any:
    """The tangent of a select node; `weigh` makes of a rule's weight what tangents are multiplied
    with."""
    algebra, out, total = run.algebra, run.values[i], None
    ts = algebra.align([tangents[j] for j in run.graph.args[i]], out)
    for k, mask, weight in run.choices(i, lambda j: tangents[j] is not None):
        t = algebra.keep(mask, ts[k] * weigh(weight))
        total = t if total is None else total + t
    return None if total is None else algebra.spread(total, out)


def reduction_tangent(run: Run, i: int, tangents: list[Any], weigh: Weigh = _as_it_is) -> Any:
    """The tangent of a reduction of something that has one; `weigh` as in `select_tangent`."""
    (j,) = run.graph.args[i]
    chosen, weight = run.weights(i)
    t = tangents[j] * weigh(weight)
    if chosen is not None:
        t = run.algebra.keep(run.algebra.both(None, chosen), t)
    return run.algebra.structural(SUM, run.graph.attrs[i], [t])


def _linear(run: Run, i: int, tangents: list[Any]) -> Any:
    graph, algebra = run.graph, run.algebra
    args, flows = graph.args[i], graph.ops[i].flows
    moving = args[:flows]
    if all(tangents[j] is None for j in moving):
        return None
    ts = [algebra.zero(run.values[j]) if tangents[j] is None else tangents[j] for j in moving]
    return algebra.structural(graph.ops[i], graph.attrs[i], ts + run.places(i))


def _multilinear(run: Run, i: int, tangents: list[Any]) -> Any:
    graph, total = run.graph, None
    for k, j in enumerate(graph.args[i]):
        if tangents[j] is None:
            continue
        xs = [run.values[n] for n in graph.args[i]]
        xs[k] = tangents[j]
        t = run.algebra.structural(graph.ops[i], graph.attrs[i], xs)
        total = t if total is None else total + t
    return total


def _compound(run: Run, i: int, tangents: list[Any]) -> Any:
    """The tangent of a function that is one node in formulas to be read."""
    (j,), rule = run.graph.args[i], run.graph.ops[i].rule
    assert rule is not None
    m, axis = run.algebra.m, run.graph.attrs[i]
    return rule(m, tangents[j], run.values[j], run.values[i], axis, False)


def _matrix(run: Run, i: int, tangents: list[Any]) -> Any:
    """The tangent of a function of matrices, the sum of what those of its inputs add."""
    graph, algebra, total = run.graph, run.algebra, None
    op, inputs = graph.ops[i], graph.args[i]
    assert op.tangent is not None
    xs = [run.values[j] for j in inputs]
    algebra.align([], run.values[i])  # what nodes make from now on belongs to this one's place
    shapes = [algebra.shape(x) for x in xs]
    for k, j in enumerate(inputs):
        if tangents[j] is None:
            continue
        t = op.tangent(algebra.m, tangents[j], k, graph.attrs[i], shapes, xs, run.values[i])
        if t is not None:
            total = t if total is None else total + t
    return total


def _static(*_: Any) -> None:
    return None


_RULES: dict[str, Callable[[Run, int, list[Any]], Any]] = {
    SELECT: select_tangent,
    REDUCTION: reduction_tangent,
    LINEAR: _linear,
    MULTILINEAR: _multilinear,
    COMPOUND: _compound,
    MATRIX: _matrix,
    STATIC: _static,
}


Masks = dict[int, Any]
"""Node -> which of its elements are reached; None for all. Others are not reached at all."""


def reached(run: Run, order: list[int], seeds: Mapping[int, Any]) -> Masks:
    """The elements of every node of `order` to which a path leads from a seed that is not 0.

    The run is one of arrays over points. A linear operation takes 1 for an element that is reached
    and 0 for another: what it makes of them is 0 where nothing arrives.
    """
    masks: Masks = {}
    for node, seed in seeds.items():
        mask = run.algebra.both(None, seed)
        if mask is not NOWHERE:
            masks[node] = mask
    extend_reach(masks, run, order)
    return masks


def extend_reach(masks: Masks, run: Run, order: list[int]) -> None:
    """Add the nodes of `order`, whose inputs are known or have no path to them."""
    graph, values, algebra = run.graph, run.values, run.algebra
    for i in order:
        op = graph.ops[i]
        args = graph.args[i][: op.flows]
        moving = [j for j in args if j in masks]
        if i in masks or not moving or op.kind == STATIC:
            continue
        if op.kind != LINEAR and len(moving) == len(args) and all(masks[j] is None for j in args):
            masks[i] = None
            continue
        marks = [_marks(masks, j, values[j], algebra) for j in args]
        if op.kind == LINEAR:
            found = algebra.structural(op, graph.attrs[i], marks + run.places(i))
        elif op.kind == REDUCTION:
            found = algebra.structural(SUM, graph.attrs[i], marks)
        elif op.kind == MATRIX:  # each element depends on all of them
            found = sum(
                algebra.m.broadcast(algebra.shape(values[i]), algebra.total(x)) for x in marks
            )
        elif op.kind == MULTILINEAR:
            ones = [algebra.zero(values[j]) + 1 for j in args]
            parts = [[*ones[:k], mark, *ones[k + 1 :]] for k, mark in enumerate(marks)]
            found = sum(algebra.structural(op, graph.attrs[i], xs) for xs in parts)
        else:
            found = sum(algebra.align(marks, values[i]))
        mask = algebra.both(None, algebra.spread(found, values[i]))
        if mask is not NOWHERE:
            masks[i] = mask


def _marks(masks: Masks, node: int, value: Any, algebra: Algebra) -> Any:
    """1 for the elements that are reached and 0 for the others, in the shape of the value."""
    zeros = algebra.zero(value)
    return algebra.keep(masks[node], zeros + 1) if node in masks else zeros
