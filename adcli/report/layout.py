"""Where the nodes and edges of a graph go: a layered drawing (Sugiyama, Tagawa and Toda 1981).

Nodes lie in rows by their depth. Between two rows of nodes is a row for the labels of edges; an
edge that passes a row takes a place of its own in it. So boxes, labels and passing edges never
overlap. Places within rows follow the neighbours' mean until crossings stop getting fewer;
positions are those nearest to the neighbours' that keep order and distances (isotonic regression).
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

GAP = 28.0
"""Least distance between things in a row."""
ROW_GAP = 16.0
MAX_ROW_GAP = 48.0
ROW_SLOPE = 0.12
"""Rows are as far apart as edges go aside between them, times this, within these limits."""
MARGIN = 20.0
SWEEPS = 24
STRAIGHT = 8.0
"""How much more a passing edge pulls than one that ends."""

Extent = tuple[float, float]
Position = tuple[float, float]


@dataclass(eq=False)
class Item:
    """Something in a row: a node, a label or the place of a passing edge.

    x, y is its centre, `room` the height of its row.
    """

    width: float
    height: float
    row: int
    is_node: bool
    above: list[Item] = field(default_factory=list)
    below: list[Item] = field(default_factory=list)
    place: int = 0
    x: float = 0.0
    y: float = 0.0
    room: float = 0.0


@dataclass
class Layout:
    """The items of nodes and of edges' labels, and the items along each edge from top to bottom."""

    nodes: list[Item]
    labels: list[Item]
    routes: list[list[Item]]
    width: float
    height: float


def lay_out(
    nodes: Sequence[Extent], edges: Sequence[tuple[int, int]], labels: Sequence[Extent]
) -> Layout:
    """A drawing in which every edge (upper, lower) goes down.

    `nodes` and `labels` are sizes; upper nodes have smaller numbers than lower ones.
    """
    ranks = _ranks(len(nodes), edges)
    items = [Item(w, h, 2 * ranks[n], True) for n, (w, h) in enumerate(nodes)]
    rows: list[list[Item]] = [[] for _ in range(2 * max(ranks, default=0) + 1)]
    for item in items:
        rows[item.row].append(item)
    found, routes = [], []
    for (upper, lower), (width, height) in zip(edges, labels, strict=True):
        first, last = items[upper].row, items[lower].row
        labelled = last - 1  # beside the operation that the edge enters
        route = [items[upper]]
        for row in range(first + 1, last):
            size = (width, height) if row == labelled else (2.0, 2.0)
            item = Item(*size, row, False)
            rows[row].append(item)
            _join(route[-1], item)
            route.append(item)
        _join(route[-1], items[lower])
        route.append(items[lower])
        found.append(route[labelled - first])
        routes.append(route)
    _order(rows)
    _place(rows)
    _straighten(rows, routes)
    width = max((i.x + i.width / 2 for row in rows for i in row), default=0.0) + MARGIN
    height = _stack(rows)
    return Layout(items, found, routes, width, height)


def places(count: int, edges: Sequence[tuple[int, int]]) -> int:
    """How many places edges take in rows: what the time of a layout depends on."""
    ranks = _ranks(count, edges)
    return sum(2 * (ranks[lower] - ranks[upper]) - 1 for upper, lower in edges)


def _join(upper: Item, lower: Item) -> None:
    upper.below.append(lower)
    lower.above.append(upper)


def _ranks(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The longest way from above; what has nothing above it lies just above its first user."""
    ranks, users = [0] * count, [count] * count
    has_above = [False] * count
    for upper, lower in sorted(edges, key=lambda edge: edge[1]):
        ranks[lower] = max(ranks[lower], ranks[upper] + 1)
        has_above[lower] = True
    lowest = max(ranks, default=0)
    for upper, lower in edges:
        users[upper] = min(users[upper], ranks[lower])
    return [
        ranks[n] if has_above[n] or users[n] == count else min(users[n] - 1, lowest)
        for n in range(count)
    ]


# ---- the order within rows ----


def _order(rows: list[list[Item]]) -> None:
    """Reduce crossings: sweeps down and up, each row by the mean place of its neighbours."""
    _depth_first(rows)
    best, least = [list(row) for row in rows], _crossings(rows)
    for sweep in range(SWEEPS):
        if not least:
            break
        down = sweep % 2 == 0
        for row in rows[1:] if down else reversed(rows[:-1]):
            _sort(row, down)
        _exchange(rows)
        crossings = _crossings(rows)
        if crossings < least:
            best, least = [list(row) for row in rows], crossings
    for row, places in zip(rows, best, strict=True):
        row[:] = places
        _number(row)


def _depth_first(rows: list[list[Item]]) -> None:
    """A first order: as a walk up from the lowest row meets the items."""
    met: dict[int, int] = {}
    for row in reversed(rows):
        for root in row:
            stack = [root]
            while stack:
                item = stack.pop()
                if id(item) not in met:
                    met[id(item)] = len(met)
                    stack += reversed(item.above)
    for row in rows:
        row.sort(key=lambda item: met[id(item)])
        _number(row)


def _number(row: list[Item]) -> None:
    for place, item in enumerate(row):
        item.place = place


def _sort(row: list[Item], down: bool) -> None:
    """Order a row by the mean place of the neighbours above (or below); the others stay."""

    def key(item: Item) -> float:
        neighbours = item.above if down else item.below
        if not neighbours:
            return float(item.place)
        return sum(n.place for n in neighbours) / len(neighbours)

    row.sort(key=key)
    _number(row)


def _exchange(rows: list[list[Item]]) -> None:
    """Exchange neighbours in a row where that has fewer crossings with both rows beside it."""
    if sum(map(len, rows)) > 3000:
        return
    for row in rows:
        for k in range(len(row) - 1):
            a, b = row[k], row[k + 1]
            kept = _between(a.above, b.above) + _between(a.below, b.below)
            swapped = _between(b.above, a.above) + _between(b.below, a.below)
            if swapped < kept:
                row[k], row[k + 1] = b, a
                a.place, b.place = k + 1, k


def _between(left: list[Item], right: list[Item]) -> int:
    """Crossings of the edges of two items in a row, the first one on the left."""
    return sum(a.place > b.place for a in left for b in right)


def _crossings(rows: list[list[Item]]) -> int:
    total = 0
    for row in rows:
        ends: list[int] = []
        for item in row:
            places = sorted(n.place for n in item.below)
            for place in places:
                total += len(ends) - bisect_left(ends, place + 1)
            for place in places:
                insort(ends, place)
    return total


# ---- positions ----


def _place(rows: list[list[Item]]) -> None:
    """Positions across: towards the neighbours' mean, in order and at a distance."""
    for row in rows:
        x = 0.0
        for item in row:
            item.x = x + item.width / 2
            x += item.width + GAP
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for row in rows if down else reversed(rows):
            _settle(row, both=sweep >= SWEEPS - 4, down=down)


def _straighten(rows: list[list[Item]], routes: list[list[Item]]) -> None:
    """Draw the passing parts of long edges to straight lines, then move all to the margin."""
    nodes = [item for row in rows for item in row if item.is_node]
    for sweep in range(2 * SWEEPS):
        goals: dict[int, float] = {}
        for route in routes:
            inner = [item.x for item in route[1:-1]]
            ends = (route[0].x + route[-1].x) / 2
            pull = 0.2 * (1 - sweep / (2 * SWEEPS))
            goal = (1 - pull) * (min(inner) + max(inner)) / 2 + pull * ends
            goals.update((id(item), goal) for item in route[1:-1])
        for item in nodes:
            near = [n.x for n in item.above + item.below] or [item.x]
            goals[id(item)] = sum(near) / len(near) / 2 + item.x / 2
        for row in rows:
            weights = [1.0 if item.is_node else STRAIGHT**2 for item in row]
            _arrange(row, [goals[id(item)] for item in row], weights)
    left = min((i.x - i.width / 2 for row in rows for i in row), default=0.0)
    for row in rows:
        for item in row:
            item.x += MARGIN - left


def _settle(row: list[Item], *, both: bool, down: bool) -> None:
    """Move a row's items to where their neighbours want them."""
    wanted, weights = [], []
    for item in row:
        neighbours = item.above + item.below if both else item.above if down else item.below
        pull = [(n.x, 1.0 if n.is_node or item.is_node else STRAIGHT) for n in neighbours]
        total = sum(weight for _, weight in pull)
        wanted.append(sum(x * weight for x, weight in pull) / total if total else item.x)
        weights.append(total or 0.1)
    _arrange(row, wanted, weights)


def _arrange(row: list[Item], wanted: list[float], weights: list[float]) -> None:
    """Move a row's items as near to `wanted` as their order and distances allow."""
    offsets = [0.0]
    for left, right in pairwise(row):
        offsets.append(offsets[-1] + (left.width + right.width) / 2 + GAP)
    places = isotonic([x - o for x, o in zip(wanted, offsets, strict=False)], weights)
    for item, x, offset in zip(row, places, offsets, strict=False):
        item.x = x + offset


def isotonic(wanted: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The increasing numbers nearest to `wanted` in weighted least squares: pool violators.

    Source: Ayer et al., Ann. Math. Statist. 26 (1955).

    >>> isotonic([1.0, 3.0, 2.0], [1.0, 1.0, 1.0])
    [1.0, 2.5, 2.5]
    """
    pools: list[tuple[float, float, int]] = []
    for x, weight in zip(wanted, weights, strict=True):
        size = 1
        while pools and pools[-1][0] > x:
            mean, other, count = pools.pop()
            x = (mean * other + x * weight) / (other + weight)
            weight += other
            size += count
        pools.append((x, weight, size))
    return [x for x, _, size in pools for _ in range(size)]


def _stack(rows: list[list[Item]]) -> float:
    """Positions down; returns the height of all."""
    y = MARGIN
    for row in rows:
        height = max((item.height for item in row), default=0.0)
        aside = 0.0
        for item in row:
            item.y, item.room = y + height / 2, height
            aside = max([aside, *[abs(n.x - item.x) for n in item.below]])
        gap = min(MAX_ROW_GAP, max(ROW_GAP, ROW_SLOPE * aside))
        y += height + gap
    return y - gap + MARGIN if rows else 2 * MARGIN
