"""Which elements of which inputs the value of an operation comes from."""

from __future__ import annotations

from typing import Any

from adcli.ad.algebra import NOWHERE, Algebra, Place
from adcli.ad.evaluate import Run
from adcli.graph.axes import kept_shape
from adcli.graph.primitives import (
    ELEMENTWISE,
    LINEAR,
    MATRIX,
    MULTILINEAR,
    REDUCTION,
    SELECT,
    WHERE,
)


def live_inputs(run: Run, i: int, live: Any) -> list[Place]:
    """The inputs that the places `live` of node i depend on, with the places that matter there.

    Of `where` only the branches taken count. No input with NOWHERE is among them.
    """
    graph, values, algebra, m = run.graph, run.values, run.algebra, run.algebra.m
    op, inputs, out = graph.ops[i], graph.args[i], values[i]
    if not algebra.shaped:
        taken = [(j, _where(run, i, k, live)) for k, j in enumerate(inputs)]
        return [place for place in taken if place[1] is not NOWHERE]
    found: list[Place] = []
    shapes = [algebra.shape(values[j]) for j in inputs]
    for k, j in enumerate(inputs):
        mask = live
        if op.kind in (ELEMENTWISE, SELECT):
            mask = _where(run, i, k, live)
            if mask is not None and mask is not NOWHERE:
                mask = algebra.fit(algebra.spread(mask, out), values[j], out)
        elif op.kind == REDUCTION and live is not None:
            kept = kept_shape(shapes[k], graph.attrs[i])
            mask = m.broadcast(shapes[k], m.reshape(kept, live))
        elif op.rule is not None and op.kind in (LINEAR, MULTILINEAR):
            if op.flows is not None and k >= op.flows:
                mask = None
            else:
                places = m.full(1.0, algebra.shape(out)) if live is None else live
                ones = [m.full(1.0, shape) for shape in shapes[: op.flows]] + run.places(i)
                count = op.rule(m, places, k, graph.attrs[i], shapes, ones)
                mask = algebra.both(None, m.greater(count, 0))  # nan where a place is none
        elif op.kind == MATRIX:
            xs = [values[n] for n in inputs]
            elements = op.taken and op.taken(m, k, graph.attrs[i], shapes, xs, live)
            mask = None if elements is None else algebra.both(None, elements)
        if mask is not NOWHERE:
            found.append((j, mask))
    return found


def _where(run: Run, i: int, k: int, live: Any) -> Any:
    """The places of input k that an elementwise or select node looks at, in its own shape."""
    if run.graph.ops[i] is not WHERE or k == 0:
        return live
    m, condition = run.algebra.m, run.operands(i)[0]
    return run.algebra.both(live, m.not_equal(condition, 0) if k == 1 else m.equal(condition, 0))


def not_finite(x: Any, algebra: Algebra, live: Any = None) -> Any:
    """The places, among those that are live, where a value is infinite or nan."""
    return algebra.both(live, algebra.m.not_equal(x - x, 0))
