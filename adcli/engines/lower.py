"""From primitives to what machines have: functions that no C library exports become formulas.

Functions whose rows state their value become that; the formulas here are those of machines alone.
Lowering makes new nodes of the same graph, so equal parts are shared.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from adcli.graph.expand import expanded
from adcli.graph.graph import Graph
from adcli.graph.primitives import (
    COMPARISONS,
    CONSTANT,
    DIVIDE,
    ELEMENTWISE,
    LEAF,
    SELECT,
    WHERE,
    Primitive,
)
from adcli.graph.structure import GATHER
from adcli.graph.symbols import Expression, Symbols

FOREIGN = ("gamma", "lgamma", "digamma", "polygamma", "stirling_slope")
"""Functions that no C library computes to a few units in the last place everywhere."""


def is_foreign(op: Primitive) -> bool:
    """Whether machine code cannot call a function, whatever the machine."""
    return op.name in FOREIGN or (bool(op.libraries) and not op.spelling.get("c"))


MAX_POWER = 32
"""Whole exponents up to this one are multiplied out, which is no slower: a factor brings half a
unit in the last place at most, so the error stays below 16 of them."""

_STEPS = ("floor", "ceil", "round", "sign", "mod")


def lower(graph: Graph, outputs: Iterable[int], native: Collection[str] = ()) -> list[int]:
    """The nodes that compute `outputs` with functions that machines have; this one has `native`
    beside those of C libraries."""
    outputs = expanded(graph, outputs, lambda op: op.name in native)
    m = Symbols(graph)
    new: dict[int, Expression] = {}
    order = graph.reach(outputs)
    judged = _judged(graph, order)
    reciprocals = {graph.args[i][1]: i for i in order if _is_reciprocal(graph, i)}
    for i in order:
        op, args = graph.ops[i], graph.args[i]
        m.span = graph.span(i)
        if op.kind == LEAF:
            new[i] = Expression(m, i)
            continue
        if op is GATHER:
            taken = graph.node(op, tuple([new[a].node for a in args]), graph.attrs[i], m.span)
            new[i] = Expression(m, taken)
            continue
        if op.kind not in (ELEMENTWISE, SELECT):
            raise ValueError(f"{op.name} is not an operation on numbers")
        xs = [new[a] for a in args]
        formula = _FORMULAS.get(op.name)
        over = reciprocals.get(args[-1]) if _divides_again(graph, i) else None
        if over in new and i not in judged:
            new[i] = xs[0] * new[over]
        elif formula is None or op.name in native:
            new[i] = m.apply(op, *xs)
        else:
            new[i] = m.expression(formula(m, *xs))
    return [new[o].node for o in outputs]


def _judged(graph: Graph, order: Sequence[int]) -> frozenset[int]:
    """The nodes on which it depends what a condition or a step function gives."""
    found: set[int] = set()
    for i in reversed(order):
        name, args = graph.ops[i].name, graph.args[i]
        if i in found or name in COMPARISONS or name in _STEPS:
            found.update(args)
        elif graph.ops[i] is WHERE:
            found.add(args[0])
    return frozenset(found)


def _is_reciprocal(graph: Graph, i: int) -> bool:
    """Whether a node is 1/y."""
    if graph.ops[i] is not DIVIDE:
        return False
    one = graph.args[i][0]
    return graph.ops[one] is CONSTANT and graph.attrs[one] == 1


def _divides_again(graph: Graph, i: int) -> bool:
    """Whether a node is (x/y)/y, which the derivative of x/y has beside 1/y: a product is shorter.

    Where 1/y is infinite the result is not finite either, and is looked at again.
    """
    if graph.ops[i] is not DIVIDE:
        return False
    x, y = graph.args[i]
    return graph.ops[x] is DIVIDE and graph.args[x][1] == y


def _power(m: Symbols, x: Expression, y: Expression) -> Expression:
    n = m.constant_value(y)
    if n == 0.5:  # as pow: +0 for either zero, inf for -inf
        root = m.where(m.equal(x, -m.inf), m.inf, m.sqrt(x))
        return m.where(m.equal(x, 0), 0, root)
    if n is None or n != n // 1 or not 1 <= abs(n) <= MAX_POWER:
        return m.power(x, y)
    base = m.divide(1, x) if n < 0 else x  # 1/x^n could overflow where x^-n does not
    power, rest = None, int(abs(n))
    while rest:
        if rest & 1:
            power = base if power is None else power * base
        rest >>= 1
        base = base * base if rest else base
    assert power is not None
    return power


def _tanh(m: Symbols, x: Expression) -> Expression:
    """Near 0 the eighth convergent of Lambert's continued fraction (DLMF 4.39.1), 6e-18 away at
    0.625; beyond, (1 - e)/(1 + e) with e = exp(-2|x|), which loses nothing there."""
    z = x * x
    above = ((36 * z + 6930) * z + 270270) * z + 2027025
    below = (((z + 630) * z + 51975) * z + 945945) * z + 2027025
    half = m.exp(-m.abs(x))
    e = half * half
    near = m.less(m.abs(x), 0.625)
    far = m.where(m.less(x, 0), e - 1, 1 - e)
    return m.divide(m.where(near, x * above, far), m.where(near, below, 1 + e))


def _variadic(name: str) -> Callable[..., Expression]:
    def pairwise(m: Symbols, first: Expression, *rest: Expression) -> Expression:
        for x in rest:
            first = getattr(m, name)(first, x)
        return first

    return pairwise


def _sign(m: Symbols, x: Expression) -> Expression:
    zero_or_nan = m.where(m.equal(x, 0), 0, x)
    return m.where(m.greater(x, 0), 1, m.where(m.less(x, 0), -1, zero_or_nan))


_FORMULAS: dict[str, Callable[..., Any]] = {
    "tanh": _tanh,
    "power": _power,
    "maximum": _variadic("maximum"),
    "minimum": _variadic("minimum"),
    "sign": _sign,
}
