"""Reverse mode: adjoints flow back through the evaluation, one sweep per output (a VJP)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from adcli.ad.algebra import NOWHERE, Algebra
from adcli.ad.evaluate import Run
from adcli.graph.axes import kept_shape
from adcli.graph.primitives import (
    COMPOUND,
    ELEMENTWISE,
    LEAF,
    LINEAR,
    MATRIX,
    MULTILINEAR,
    REDUCTION,
    SELECT,
    STATIC,
    minus_one,
    one,
)


def reverse_sweep(
    run: Run, seeds: Mapping[int, Any], active: bytearray, guarded: bool = True
) -> list[Any]:
    """The adjoint of every node of the run: the derivative of the seeded outputs by that node.

    `seeds` maps output nodes to their adjoints; `active` flags the nodes that adjoints are wanted
    for or through. None is exactly zero: no path, or only paths through a branch that was not
    taken. A node reached by several paths gets the sum.
    The adjoint of an element that nothing takes (the others of x[0], what lies off a diagonal, a
    branch not taken) is 0 because nothing flows, not a number to multiply with: a partial that is
    infinite or nan there does not matter. A 0 that was computed, as in 0*sqrt(x), is a number.
    Not `guarded`, the adjoint of a branch that was not taken is the number 0 from then on, which is
    cheaper, and the same unless it meets a partial derivative that is not finite; then what comes
    out is not finite either. Source: Griewank & Walther, Evaluating Derivatives, 2nd ed., 3.2.
    """
    graph, values, algebra = run.graph, run.values, run.algebra
    ops, args, m, shaped = graph.ops, graph.args, algebra.m, algebra.shaped
    adjoints: list[Any] = [None] * len(ops)
    masks: dict[int, Any] = {}
    for node, seed in seeds.items():
        adjoints[node] = seed
    for i in reversed(run.order):
        g = adjoints[i]
        inputs = args[i]
        if g is None or not inputs:
            continue
        op = ops[i]
        if shaped or op.kind != ELEMENTWISE or len(inputs) > 2:
            for j, c, mask in _RULES[op.kind](run, i, g, masks.get(i), active):
                _deposit(j, c, mask if guarded else None, adjoints, masks, algebra)
            continue
        # What `_elementwise` says, for numbers: the innermost loop, so it is spelled out.
        j = inputs[0]
        partial = op.partials[0]
        if len(inputs) == 1:
            if partial is not None and active[j]:
                c = -g if partial is minus_one else g * partial(m, values[j], values[i])
                known = adjoints[j]
                adjoints[j] = c if known is None else known + c
            continue
        k = inputs[1]
        x, y, out = values[j], values[k], values[i]
        scaled = op.scaled
        if partial is not None and active[j]:
            if scaled:
                c = scaled[0](m, g, x, y, out)
            else:
                c = g if partial is one else g * partial(m, x, y, out)
            known = adjoints[j]
            adjoints[j] = c if known is None else known + c
        partial = op.partials[1]
        if partial is not None and active[k]:
            if scaled:
                c = scaled[1](m, g, x, y, out)
            elif partial is minus_one:
                c = -g
            else:
                c = g if partial is one else g * partial(m, x, y, out)
            known = adjoints[k]
            adjoints[k] = c if known is None else known + c
    return adjoints


def _deposit(
    j: int, c: Any, mask: Any, adjoints: list[Any], masks: dict[int, Any], algebra: Algebra
) -> None:
    """Add a contribution to an adjoint; the places that it means join those meant before."""
    if adjoints[j] is None:
        adjoints[j] = c
        if mask is not None:
            masks[j] = mask
        return
    adjoints[j] = adjoints[j] + c
    if j in masks:
        joint = None if mask is None else algebra.either(masks[j], mask)
        if joint is None:
            del masks[j]
        else:
            masks[j] = joint


def first_infinite(run: Run, seeds: Mapping[int, Any], active: bytearray) -> tuple[int, Any] | None:
    """The first node of a reverse sweep that turns finite adjoints into one that is not, and its
    own adjoint."""
    algebra = run.algebra
    for i, g, found in reverse_steps(run, seeds, active):
        kept = (c if mask is None else algebra.keep(mask, c) for _, c, mask in found)
        if not all(map(algebra.is_finite, kept)):
            return i, g
    return None


Contributions = list[tuple[int, Any, Any]]
"""(input node, what its adjoint gets, the mask of places that this means)."""


def reverse_steps(
    run: Run, seeds: Mapping[int, Any], active: bytearray
) -> Iterator[tuple[int, Any, Contributions]]:
    """A reverse sweep step by step: a node, its adjoint, and what that contributes to its inputs.

    Arguments as for `reverse_sweep`, which does the same without the steps in between.
    """
    adjoints: list[Any] = [None] * len(run.graph)
    masks: dict[int, Any] = {}
    for node, seed in seeds.items():
        adjoints[node] = seed
    for i in reversed(run.order):
        g = adjoints[i]
        if g is None:
            continue
        found = contributions(run, i, g, masks.get(i), active)
        yield i, g, found
        for j, c, mask in found:
            _deposit(j, c, mask, adjoints, masks, run.algebra)


def contributions(run: Run, i: int, g: Any, live: Any, active: bytearray) -> Contributions:
    """What the adjoint `g` of node i, meant where `live` says, contributes to its inputs."""
    return _RULES[run.graph.ops[i].kind](run, i, g, live, active)


def _elementwise(run: Run, i: int, g: Any, live: Any, active: bytearray) -> Contributions:
    out, op, xs = run.values[i], run.graph.ops[i], run.operands(i)
    result = []
    for k, (j, partial) in enumerate(zip(run.graph.args[i], op.partials, strict=True)):
        if partial is None or not active[j]:
            continue
        if op.scaled:
            c = op.scaled[k](run.algebra.m, g, *xs, out)
        elif partial is one:
            c = g
        elif partial is minus_one:
            c = -g
        else:
            c = g * partial(run.algebra.m, *xs, out)
        result.append(_fitted(run, i, j, c, live))
    return result


def _fitted(run: Run, i: int, j: int, c: Any, mask: Any) -> tuple[int, Any, Any]:
    """A contribution of node i to its input j, in the shape of that."""
    algebra, x, out = run.algebra, run.values[j], run.values[i]
    if mask is None:
        return j, algebra.fit(c, x, out), None
    mask = algebra.spread(mask, out)  # a condition may have fewer axes than the branches
    c = algebra.keep(mask, c)
    return j, algebra.fit(c, x, out), algebra.fit(mask, x, out)


def _select(run: Run, i: int, g: Any, live: Any, active: bytearray) -> Contributions:
    inputs = run.graph.args[i]
    return [
        _fitted(run, i, inputs[k], g * weight, mask)
        for k, mask, weight in run.choices(i, active.__getitem__, live)
    ]


def _reduction(run: Run, i: int, g: Any, live: Any, active: bytearray) -> Contributions:
    (j,) = run.graph.args[i]
    algebra, m = run.algebra, run.algebra.m
    shape = algebra.shape(run.values[j])
    kept = kept_shape(shape, run.graph.attrs[i])
    chosen, weight = run.weights(i)
    mask = None if live is None else m.broadcast(shape, m.reshape(kept, live))
    if chosen is not None:
        mask = algebra.both(mask, chosen)
        if mask is NOWHERE:
            return []
    c = m.broadcast(shape, m.reshape(kept, g)) * weight
    return [(j, c if mask is None else algebra.keep(mask, c), mask)]


def _structural(run: Run, i: int, g: Any, live: Any, active: bytearray) -> Contributions:
    graph, algebra, m = run.graph, run.algebra, run.algebra.m
    inputs, op, attr = graph.args[i], graph.ops[i], graph.attrs[i]
    assert op.rule is not None
    xs = [run.values[j] for j in inputs]
    shapes = [algebra.shape(x) for x in xs]
    # Elements that are dropped here mean nothing further back; a variable has nothing behind it.
    moving = inputs[: op.flows]
    drops = op.drops is not None and any(graph.args[j] for j in moving) and op.drops(attr, shapes)
    is_partly_taken = live is not None
    if drops and live is None:
        live = m.full(1.0, algebra.shape(run.values[i]))
    masks: list[Any] = [None] * len(moving)
    if live is not None:
        is_product = op.kind == MULTILINEAR
        ones = [m.full(1.0, shape) for shape in shapes] if is_product else xs
        masks = [op.rule(m, live, k, attr, shapes, ones) for k in range(len(moving))]
        if is_product and is_partly_taken:
            # A product meets elements that nothing live takes: 0 * nan must be 0 there, and so must
            # what is 0 * inf once x is differentiated.
            xs = [algebra.keep(mask, x) for mask, x in zip(masks, xs, strict=True)]
    result = []
    for k, (j, mask) in enumerate(zip(moving, masks, strict=True)):
        if active[j]:
            c = op.rule(m, g, k, attr, shapes, xs)
            keeps = drops and op.kind == MULTILINEAR
            result.append((j, algebra.keep(mask, c) if keeps else c, mask))
    return result


def _compound(run: Run, i: int, g: Any, live: Any, active: bytearray) -> Contributions:
    """A function that is one node in formulas to be read."""
    (j,), rule = run.graph.args[i], run.graph.ops[i].rule
    assert rule is not None
    m, axis = run.algebra.m, run.graph.attrs[i]
    return [(j, rule(m, g, run.values[j], run.values[i], axis, True), None)]


def _matrix(run: Run, i: int, g: Any, live: Any, active: bytearray) -> Contributions:
    """Every element of the output depends on all elements that are taken of an input."""
    graph, algebra, m = run.graph, run.algebra, run.algebra.m
    inputs, op, attr = graph.args[i], graph.ops[i], graph.attrs[i]
    assert op.rule is not None
    xs = [run.values[j] for j in inputs]
    algebra.align([], run.values[i])  # what nodes make from now on belongs to this one's place
    shapes = [algebra.shape(x) for x in xs]
    result = []
    for k, j in enumerate(inputs):
        c = op.rule(m, g, k, attr, shapes, xs, run.values[i]) if active[j] else None
        if c is not None:
            taken = None if not graph.args[j] else op.taken  # a variable has nothing behind it
            mask = None if taken is None else taken(m, k, attr, shapes, xs, live)
            result.append((j, c, mask))
    return result


def _nothing(*_: Any) -> Contributions:
    return []


_RULES: dict[str, Callable[[Run, int, Any, Any, bytearray], Contributions]] = {
    LEAF: _nothing,
    STATIC: _nothing,
    ELEMENTWISE: _elementwise,
    SELECT: _select,
    REDUCTION: _reduction,
    LINEAR: _structural,
    MULTILINEAR: _structural,
    COMPOUND: _compound,
    MATRIX: _matrix,
}
