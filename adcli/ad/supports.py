"""Where -inf is the right value: a log density outside its support."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adcli.ad.algebra import NOWHERE, Place
from adcli.ad.evaluate import Run, evaluate
from adcli.graph.graph import Graph
from adcli.graph.primitives import Primitive
from adcli.graph.program import Program
from adcli.graph.symbols import Expression, Symbols

FAR_OUT = -1e30
"""A number in place of -inf. An infinity that is there with it, too, comes from elsewhere, as that
of log(exp(-inf)) does."""


def is_outside(m: Any, op: Primitive, xs: Sequence[Any]) -> Any:
    """Nonzero where a log density is -inf by its definition: its parameters are as they must be."""
    assert op.support is not None
    outside = op.support[1](m, *xs)
    for name, (_, is_refused) in op.parameters.items():
        outside = m.where(is_refused(m, xs[op.inputs.index(name)]), 0, outside)
    return outside


def have_supports(graph: Graph, order: Sequence[int]) -> bool:
    """Whether an operation of `order` is a log density with a support."""
    return any(graph.ops[i].support is not None for i in order)


def why_infinite(program: Program) -> str:
    """Why a value of a program with log densities is infinite, and right."""
    ops = [program.graph.ops[i] for i in program.order]
    names = dict.fromkeys(op.word for op in ops if op.support is not None)
    return f"the value is infinite: {' or '.join(names)} is -inf outside its support"


def within_supports(run: Run, outputs: Sequence[int]) -> list[Any]:
    """The values of the outputs with FAR_OUT for each -inf of a log density outside its support."""
    graph = run.graph
    m, replaced = Symbols(graph), {}
    for i in run.order:
        if graph.ops[i].support is None:
            continue
        outside = is_outside(m, graph.ops[i], [Expression(m, a) for a in graph.args[i]])
        replaced[i] = m.where(outside, FAR_OUT, Expression(m, i)).node
    nodes = [graph.substitute(o, graph.affected(o, replaced), replaced) for o in outputs]
    values = evaluate(graph, graph.reach(nodes), run.inputs, run.algebra)
    return [values[i] for i in nodes]


def are_right(run: Run, outputs: Sequence[int]) -> bool:
    """Whether outputs are not finite only because log densities are -inf outside their support."""
    algebra = run.algebra
    if not have_supports(run.graph, run.order):
        return False
    if not all(map(algebra.is_finite, within_supports(run, outputs))):
        return False
    values = [run.values[o] for o in outputs]
    return all(algebra.both(None, algebra.m.not_equal(x, x)) is NOWHERE for x in values)


def density_reason(run: Run, place: Place) -> tuple[Place, str]:
    """The first place where a log density has a parameter that it may not have, or lies outside its
    support, and `: it needs sigma > 0, and sigma is -1`; the place and nothing if there is none."""
    node, live = place
    algebra, op = run.algebra, run.graph.ops[node]
    if not op.parameters and op.support is None:
        return place, ""
    m, out, xs = algebra.m, run.values[node], run.operands(node)
    for name, (text, is_refused) in op.parameters.items():
        k = op.inputs.index(name)
        bad = algebra.both(live, is_refused(m, xs[k]))
        if bad is not NOWHERE:
            shown = algebra.describe_at(xs, out, bad)[k]
            return (node, bad), f": it needs {text.format(name)}, and {name} is {shown}"
    if op.support is not None:
        text, lies_outside = op.support
        bad = algebra.both(live, lies_outside(m, *xs))
        if bad is not NOWHERE:
            y = op.inputs[0]
            shown = algebra.describe_at(xs, out, bad)[0]
            return (node, bad), f": its support is {text.format(y)}, and {y} is {shown}"
    return place, ""
