"""Forward mode: tangents flow with the evaluation, one sweep per seed (a JVP)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adcli.ad.algebra import NOWHERE, Algebra
from adcli.ad.reach import reached
from adcli.graph.axes import kept_shape
from adcli.graph.graph import Graph
from adcli.graph.primitives import (
    ELEMENTWISE,
    LINEAR,
    MULTILINEAR,
    REDUCTION,
    SELECT,
    STATIC,
    minus_one,
    one,
)
from adcli.graph.structure import SUM


def forward_sweep(
    graph: Graph,
    order: list[int],
    values: list[Any],
    seeds: Mapping[int, Any],
    algebra: Algebra,
    guarded: bool = False,
) -> list[Any]:
    """The tangent of every node of `order`: its derivative along the seeds (None: exactly zero).

    `values` are the primal values (`evaluate`); `seeds` maps variable nodes to their tangents, each
    in the shape of its variable. `guarded`, the tangent of an element that no seed reaches (what
    stands beside x in [0, x]) is 0 because nothing flows, whatever the partial derivative there is;
    else it is the number 0, which is cheaper, and the same unless a partial is not finite.
    Source: Griewank & Walther, Evaluating Derivatives, 2nd ed., 3.1.
    """
    ops, args, m, shaped = graph.ops, graph.args, algebra.m, algebra.shaped
    tangents: list[Any] = [None] * len(ops)
    for node, seed in seeds.items():
        tangents[node] = seed
    reach = reached(graph, order, values, seeds, algebra) if guarded and shaped else {}
    for i in order:
        inputs = args[i]
        for j in inputs:
            if tangents[j] is not None:
                break
        else:
            continue
        op = ops[i]
        if op.kind != ELEMENTWISE:
            tangents[i] = _RULES[op.kind](graph, i, values, tangents, algebra)
            continue
        out = values[i]
        xs = [values[j] for j in inputs]
        ts = [tangents[j] for j in inputs]
        if shaped:
            xs, ts = algebra.align(xs, out), algebra.align(ts, out)
        total = None
        for j, partial, t in zip(inputs, op.partials, ts, strict=True):
            if t is None or partial is None:
                continue
            if partial is minus_one:
                t = -t
            elif partial is not one:
                t = t * partial(m, *xs, out)
                if reach.get(j) is not None:
                    t = algebra.keep(*algebra.align([reach[j], t], out))
            total = t if total is None else total + t
        tangents[i] = algebra.spread(total, out) if shaped and total is not None else total
    return tangents


def _select(graph: Graph, i: int, values: list[Any], tangents: list[Any], algebra: Algebra) -> Any:
    inputs = graph.args[i]
    op, out = graph.ops[i], values[i]
    assert op.rule is not None
    xs = algebra.align([values[j] for j in inputs], out)
    ts = algebra.align([tangents[j] for j in inputs], out)
    free = tuple([bool(graph.varying[j]) for j in inputs])
    total = None
    for k, t in enumerate(ts):
        if t is None:
            continue
        chosen, weight = op.rule(algebra.m, k, xs, out, free)
        mask = NOWHERE if chosen is None else algebra.both(None, chosen)
        if mask is not NOWHERE:
            t = algebra.keep(mask, t * weight)
            total = t if total is None else total + t
    return None if total is None else algebra.spread(total, out)


def _reduction(
    graph: Graph, i: int, values: list[Any], tangents: list[Any], algebra: Algebra
) -> Any:
    (j,) = graph.args[i]
    op, axis = graph.ops[i], graph.attrs[i]
    assert op.rule is not None
    shape = algebra.shape(values[j])
    out = algebra.m.reshape(kept_shape(shape, axis), values[i])
    chosen, weight = op.rule(algebra.m, values[j], out, axis, shape)
    t = tangents[j] * weight
    if chosen is not None:
        mask = algebra.both(None, chosen)
        t = algebra.keep(mask, t)
    return algebra.structural(SUM, axis, [t])


def _linear(graph: Graph, i: int, values: list[Any], tangents: list[Any], algebra: Algebra) -> Any:
    ts = [algebra.zero(values[j]) if tangents[j] is None else tangents[j] for j in graph.args[i]]
    return algebra.structural(graph.ops[i], graph.attrs[i], ts)


def _multilinear(
    graph: Graph, i: int, values: list[Any], tangents: list[Any], algebra: Algebra
) -> Any:
    inputs = graph.args[i]
    total = None
    for k, j in enumerate(inputs):
        if tangents[j] is None:
            continue
        xs = [values[n] for n in inputs]
        xs[k] = tangents[j]
        t = algebra.structural(graph.ops[i], graph.attrs[i], xs)
        total = t if total is None else total + t
    return total


def _static(*_: Any) -> None:
    return None


_RULES = {
    SELECT: _select,
    REDUCTION: _reduction,
    LINEAR: _linear,
    MULTILINEAR: _multilinear,
    STATIC: _static,
}
