"""Forward mode: tangents flow with the evaluation, one sweep per seed (a JVP)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from adcli.ad.evaluate import Run
from adcli.ad.reach import reached
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
    ts = [
        algebra.zero(run.values[j]) if tangents[j] is None else tangents[j] for j in graph.args[i]
    ]
    return algebra.structural(graph.ops[i], graph.attrs[i], ts)


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


def _static(*_: Any) -> None:
    return None


_RULES: dict[str, Callable[[Run, int, list[Any]], Any]] = {
    SELECT: select_tangent,
    REDUCTION: reduction_tangent,
    LINEAR: _linear,
    MULTILINEAR: _multilinear,
    STATIC: _static,
}
