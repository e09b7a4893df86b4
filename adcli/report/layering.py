"""Which level each node of a layered drawing is on, and its place there: few edges cross."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from adcli.report.crossings import STARTS, in_order

MAX_TRIED = 40
"""Things up to which nodes are moved to further levels if fewer edges cross then."""
FEW_STARTS = 4

Pairs = Sequence[tuple[int, int]]
"""Edges: the upper node, the lower one. Upper nodes have smaller numbers."""


@dataclass(frozen=True)
class Layering:
    """The levels from above, each with its things in order.

    Things are the nodes by number, and after them the places where edges pass a level; `chains`
    are the things along each edge.
    """

    ranks: list[int]
    levels: list[list[int]]
    chains: list[list[int]]
    crossings: int


def layering(count: int, edges: Pairs) -> Layering:
    """The levels of `count` nodes.

    A node is as high as its operands allow. Where edges cross, nodes are let down a level if fewer
    do so then: of `x*y, x/y` one result stands below the other.
    """
    least: dict[int, int] = {}
    best = _layering(count, edges, least, STARTS)
    size = sum(map(len, best.levels))
    is_better = size <= MAX_TRIED
    while best.crossings and is_better:
        is_better = False
        for node in reversed(range(count)):
            lower = {**least, node: best.ranks[node] + 1}
            found = _layering(count, edges, lower, FEW_STARTS)
            if found.crossings < best.crossings:
                best, least, is_better = found, lower, True
                break
    return best


def _layering(count: int, edges: Pairs, least: Mapping[int, int], starts: int) -> Layering:
    ranks = ranks_of(count, edges, least)
    levels: list[list[int]] = [[] for _ in range(max(ranks, default=-1) + 1)]
    for node, rank in enumerate(ranks):
        levels[rank].append(node)
    chains, number = [], count
    for upper, lower in edges:
        chain = [upper]
        for rank in range(ranks[upper] + 1, ranks[lower]):
            levels[rank].append(number)
            chain.append(number)
            number += 1
        chains.append([*chain, lower])
    links = [link for chain in chains for link in pairwise(chain)]
    ordered, crossings = in_order(levels, links, starts)
    return Layering(ranks, ordered, chains, crossings)


def ranks_of(count: int, edges: Pairs, least: Mapping[int, int]) -> list[int]:
    """The longest way from above, and not above the `least`; what only one user has, with all that
    it is made of, lies just above that user, and what has nothing above it just above its first
    user."""
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for upper, lower in edges:
        above[lower].append(upper)
        below[upper].append(lower)
    ranks = [0] * count
    for n in range(count):
        ranks[n] = max([least.get(n, 0), *[ranks[u] + 1 for u in above[n]]])
    is_apart = [False] * count  # nothing but its one user holds it in its place
    for n in range(count):
        is_apart[n] = all(is_apart[u] and len(below[u]) == 1 for u in above[n])
    for n in reversed(range(count)):
        if below[n] and (not above[n] or (is_apart[n] and len(below[n]) == 1)):
            ranks[n] = min(ranks[user] for user in below[n]) - 1
    return ranks
