"""Which elements a seed reaches: the others have the tangent 0 because nothing flows to them.

A 0 of an array of tangents may be a number, as that of x^3 at 0, or stand where no path leads, as
beside x in [0, x]. A partial that is infinite matters to the first alone: sqrt([0, x])[1] has a
derivative, sqrt(x^3) at 0 has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adcli.ad.algebra import NOWHERE, Algebra
from adcli.ad.evaluate import Run
from adcli.graph.primitives import LINEAR, MULTILINEAR, REDUCTION, STATIC
from adcli.graph.structure import SUM

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
        args, op = graph.args[i], graph.ops[i]
        moving = [j for j in args if j in masks]
        if i in masks or not moving or op.kind == STATIC:
            continue
        if op.kind != LINEAR and len(moving) == len(args) and all(masks[j] is None for j in args):
            masks[i] = None
            continue
        marks = [_marks(masks, j, values[j], algebra) for j in args]
        if op.kind == LINEAR:
            found = algebra.structural(op, graph.attrs[i], marks)
        elif op.kind == REDUCTION:
            found = algebra.structural(SUM, graph.attrs[i], marks)
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
