"""Positions of the items of a layered drawing across its rows (see layout.py)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from adcli.report.routing import Area

GAP = 24.0
"""Least distance between things in a row."""
SWEEPS, LEAST_SWEEPS = 48, 10
EFFORT = 60_000
"""Items that are moved in all sweeps of one kind: of a large drawing there are fewer sweeps."""
STRAIGHT = 8.0
"""How much more a passing edge pulls than one that ends."""


@dataclass(eq=False)
class Item:
    """Something in a row: a node, a label or the place of a passing edge.

    x, y is its centre, `room` the height of its row.
    """

    width: float
    height: float
    row: int
    is_node: bool
    above: list[EdgePiece] = field(default_factory=list)
    below: list[EdgePiece] = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0
    room: float = 0.0

    @property
    def box(self) -> Area:
        """Left, top, right, bottom."""
        across, down = self.width / 2, self.height / 2
        return (self.x - across, self.y - down, self.x + across, self.y + down)


@dataclass(eq=False)
class EdgePiece:
    """A piece of an edge between rows; `start` and `end` say how far from the centres it ends."""

    upper: Item
    lower: Item
    start: float = 0.0
    end: float = 0.0

    @property
    def ends(self) -> bool:
        """Whether the edge begins or ends here."""
        return self.upper.is_node or self.lower.is_node


Strand = list[Item]
"""The items along an edge, from its upper node to its lower one."""


def place(rows: list[list[Item]], chains: Sequence[Strand]) -> None:
    """Positions towards the neighbours' mean, in order and at a distance; what can stand one below
    the other does."""
    for row in rows:
        x = 0.0
        for item in row:
            item.x = x + item.width / 2
            x += item.width + GAP
    count = sum(map(len, rows)) or 1
    sweeps = max(LEAST_SWEEPS, min(SWEEPS, EFFORT // count))
    for sweep in range(sweeps):
        down = sweep % 2 == 0
        for row in rows if down else reversed(rows):
            _settle(row, both=sweep >= sweeps // 2, down=down)
    columns = _columns(chains)
    for sweep in range(sweeps):
        _draw_together(rows, columns, pull=0.5 * (1 - sweep / sweeps))
    for sweep in range(sweeps // 4):
        _align(rows, columns if sweep % 2 else columns[::-1])


def _settle(row: list[Item], *, both: bool, down: bool) -> None:
    """Move a row's items to where their neighbours want them."""
    wanted, weights = [], []
    for item in row:
        joins = item.above + item.below if both else item.above if down else item.below
        pulls = [(_wanted(item, j), 1.0 if j.ends else STRAIGHT) for j in joins]
        total = sum(weight for _, weight in pulls)
        wanted.append(sum(x * weight for x, weight in pulls) / total if total else item.x)
        weights.append(total or 0.1)
    _arrange(row, wanted, weights)


def _wanted(item: Item, join: EdgePiece) -> float:
    """Where an item would stand for a piece of an edge to go straight down."""
    if join.lower is item:
        return join.upper.x + join.start - join.end
    return join.lower.x + join.end - join.start


def _columns(chains: Sequence[Strand]) -> list[list[Item]]:
    """Items that want to stand one below the other: where an edge passes rows, and an operation
    with its only operand if that has no other use. All others are columns by themselves."""
    column: dict[int, list[Item]] = {}
    for chain in chains:
        is_only = len(chain[0].below) == len(chain[-1].above) == 1
        parts = chain if is_only else chain[1:-1]
        found = {id(column.get(id(i))): column.get(id(i), [i]) for i in parts}
        joined: list[Item] = []
        for part in found.values():
            joined += part
        joined += [i for i in parts if i not in joined]
        column.update((id(i), joined) for i in joined)
        for item in (chain[0], chain[-1]):
            column.setdefault(id(item), [item])
    return list({id(items): items for items in column.values()}.values())


def _draw_together(rows: list[list[Item]], columns: list[list[Item]], pull: float) -> None:
    """Move the items of a column towards each other, and all of it to where its edges pull."""
    goals: dict[int, float] = {}
    for items in columns:
        xs = [item.x for item in items]
        middle = (min(xs) + max(xs)) / 2
        goal = (1 - pull) * middle + pull * _pulled(items, middle)
        goals.update((id(item), goal) for item in items)
    for row in rows:
        weights = [1.0 if item.is_node else STRAIGHT**2 for item in row]
        _arrange(row, [goals.get(id(item), item.x) for item in row], weights)


def _pulled(items: list[Item], x: float) -> float:
    """Where the edges that leave a column pull it; `x` if there are none."""
    inside = set(map(id, items))
    pulls = [
        _wanted(item, join)
        for item in items
        for join in item.above + item.below
        if not (id(join.upper) in inside and id(join.lower) in inside)
    ]
    return sum(pulls) / len(pulls) if pulls else x


def _align(rows: list[list[Item]], columns: list[list[Item]]) -> None:
    """Let the items of each column stand exactly below each other where there is room for it."""
    for items in columns:
        low, high = -float("inf"), float("inf")
        for item in items:
            row = rows[item.row]
            k = row.index(item)
            if k:
                low = max(low, row[k - 1].x + (row[k - 1].width + item.width) / 2 + GAP)
            if k + 1 < len(row):
                high = min(high, row[k + 1].x - (row[k + 1].width + item.width) / 2 - GAP)
        if low <= high:
            x = min(high, max(low, _pulled(items, items[0].x)))
            for item in items:
                item.x = x


def _arrange(row: list[Item], wanted: list[float], weights: list[float]) -> None:
    """Move a row's items as near to `wanted` as their order and distances allow."""
    offsets = [0.0]
    for left, right in pairwise(row):
        offsets.append(offsets[-1] + (left.width + right.width) / 2 + GAP)
    found = isotonic([x - o for x, o in zip(wanted, offsets, strict=False)], weights)
    for item, x, offset in zip(row, found, offsets, strict=False):
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
