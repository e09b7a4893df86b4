"""Chains of additions or of multiplications, through operations that nothing else uses.

Sums and products are gathered at the top of a chain in one go, so that long ones take linear time;
what several operations use is not taken apart.
"""

from __future__ import annotations

import itertools
from collections import Counter

from adcli.graph.graph import Graph
from adcli.graph.primitives import ADD, DIVIDE, MULTIPLY, NEGATIVE, SUBTRACT, Primitive

Family = tuple[Primitive, ...]
"""The operations that a chain is made of."""
Chains = dict[int, Family]
"""The nodes inside of chains, not at the top, each with the family of its chain."""

SUMS = (ADD, SUBTRACT, NEGATIVE)
PRODUCTS = (MULTIPLY, DIVIDE, NEGATIVE)
_FAMILIES = {ADD: SUMS, SUBTRACT: SUMS, MULTIPLY: PRODUCTS, DIVIDE: PRODUCTS}


def count_uses(graph: Graph, order: list[int], outputs: list[int]) -> Counter[int]:
    """How often each node is an argument or an output."""
    arguments = itertools.chain.from_iterable(map(graph.args.__getitem__, order))
    return Counter(itertools.chain(outputs, arguments))


def family_of(graph: Graph, i: int, uses: dict[int, int]) -> Family | None:
    """The operations that a chain with node i at its top is made of."""
    op = graph.ops[i]
    if op is NEGATIVE:
        (a,) = graph.args[i]
        return SUMS if graph.ops[a] in (ADD, SUBTRACT) and uses[a] == 1 else PRODUCTS
    return _FAMILIES.get(op)


def find_chains(graph: Graph, order: list[int], uses: dict[int, int]) -> Chains:
    """The nodes inside of chains (not at the top), with the chain's family.

    A quotient below a fraction bar is in no chain: a/(b/c) is not a*c/b where c is 0.
    """
    ops, args = graph.ops, graph.args
    chain: Chains = {}
    divisors: set[int] = set()
    for i in reversed(order):
        family = chain.get(i) or family_of(graph, i, uses)
        if not family:
            continue
        below = i in divisors and i in chain
        for a in args[i]:
            if uses[a] == 1 and ops[a] in family:
                if below or (ops[i] is DIVIDE and a == args[i][1]):
                    if ops[a] is DIVIDE:
                        continue
                    divisors.add(a)
                chain[a] = family
    return chain


def walk_chain(
    graph: Graph, chain: Chains, top: int, family: Family
) -> list[tuple[int, int, bool]]:
    """The tree of a chain, operands before their operation, from left to right.

    Each is (node, sign or exponent, whether it is an operation of the chain).
    """
    ops, args = graph.ops, graph.args
    found = []
    stack = [(top, 1)]
    while stack:
        i, s = stack.pop()
        inner = i == top or chain.get(i) is family
        found.append((i, s, inner))
        if inner and ops[i] is NEGATIVE:
            stack.append((args[i][0], -s if family is SUMS else s))
        elif inner:
            stack.append((args[i][0], s))
            stack.append((args[i][1], -s if ops[i] in (SUBTRACT, DIVIDE) else s))
    found.reverse()
    return found
