"""Where the nodes and edges of a graph go: a layered drawing (Sugiyama, Tagawa and Toda 1981).

Nodes lie in rows by their depth. Between two rows of nodes is a row for the labels of edges; an
edge that passes a row takes a place of its own in it. So boxes, labels and passing edges never
overlap. Positions are those nearest to the neighbours' that keep order and distances (isotonic
regression); edges are then drawn straight wherever nothing is in the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adcli.report.crossings import in_order
from adcli.report.placing import EdgePiece, Item, Strand, place
from adcli.report.routing import Area, Position, Route, corners, straighten

ROW_GAP = 18.0
MAX_ROW_GAP = 48.0
ROW_SLOPE = 0.15
"""Rows are as far apart as edges go aside between them, times this, within these limits."""
MARGIN = 20.0
PORT = 16.0
"""Most distance between the ends of edges at a box."""
EDGE = 12.0
"""How far the ends of edges stay from the corners of a box."""
MOST_STRAIGHTENED = 4000
"""Places of edges in rows up to which bends are left out: that takes their number squared."""

Extent = tuple[float, float]


@dataclass
class Layout:
    """The boxes of nodes, those of edges' labels, and the way of each edge from box to box."""

    nodes: list[Area]
    labels: list[Area]
    paths: list[list[Position]]
    width: float
    height: float


def lay_out(
    nodes: Sequence[Extent],
    edges: Sequence[tuple[int, int]],
    labels: Sequence[Extent],
    *,
    rightwards: bool = False,
) -> Layout:
    """A drawing in which every edge (upper, lower) goes down, or to the right.

    `nodes` and `labels` are sizes; upper nodes have smaller numbers than lower ones. A label lies
    on its edge; nothing else overlaps.
    """
    if rightwards:
        nodes, labels = [(h, w) for w, h in nodes], [(h, w) for w, h in labels]
    ranks = _ranks(len(nodes), edges)
    items = [Item(w, h, 2 * rank, True) for (w, h), rank in zip(nodes, ranks, strict=True)]
    chains, rows = _rows(items, edges, labels)
    place(rows, chains)
    left = min((item.box[0] for row in rows for item in row), default=0.0)
    for item in [item for row in rows for item in row]:
        item.x += MARGIN - left
    width = max((item.box[2] for row in rows for item in row), default=0.0) + MARGIN
    height = _stack(rows)
    routes = [_route(chain, ends) for chain, ends in zip(chains, edges, strict=True)]
    if sum(len(chain) for chain in chains) <= MOST_STRAIGHTENED:
        straighten([item.box for item in items], routes)
    found = Layout(
        [item.box for item in items],
        [route.label for route in routes],
        [route.path for route in routes],
        width,
        height,
    )
    return _turned(found) if rightwards else found


def places(count: int, edges: Sequence[tuple[int, int]]) -> int:
    """How many places edges take in rows: what the time of a layout depends on."""
    ranks = _ranks(count, edges)
    return sum(2 * (ranks[lower] - ranks[upper]) - 1 for upper, lower in edges)


def _turned(found: Layout) -> Layout:
    """What went down goes to the right."""

    def turned(box: Area) -> Area:
        return (box[1], box[0], box[3], box[2])

    paths = [[(y, x) for x, y in path] for path in found.paths]
    boxes, labels = [[turned(b) for b in part] for part in (found.nodes, found.labels)]
    return Layout(boxes, labels, paths, found.height, found.width)


# ---- rows ----


def _ranks(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The longest way from above; what only one user has, with all that it is made of, lies just
    above that user, and what has nothing above it just above its first user."""
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for upper, lower in edges:
        above[lower].append(upper)
        below[upper].append(lower)
    ranks = [0] * count
    for n in range(count):
        ranks[n] = max((ranks[u] + 1 for u in above[n]), default=0)
    is_apart = [False] * count  # nothing but its one user holds it in its place
    for n in range(count):
        is_apart[n] = all(is_apart[u] and len(below[u]) == 1 for u in above[n])
    for n in reversed(range(count)):
        if below[n] and (not above[n] or (is_apart[n] and len(below[n]) == 1)):
            ranks[n] = min(ranks[user] for user in below[n]) - 1
    return ranks


def _rows(
    items: Sequence[Item], edges: Sequence[tuple[int, int]], labels: Sequence[Extent]
) -> tuple[list[Strand], list[list[Item]]]:
    """The items of each edge, and the rows of all items in an order of few crossings."""
    count = max((item.row for item in items), default=-2) // 2 + 1
    things = list(items)
    levels: list[list[int]] = [[] for _ in range(count)]
    for n, item in enumerate(items):
        levels[item.row // 2].append(n)
    links, chains = [], []
    for (upper, lower), (width, height) in zip(edges, labels, strict=True):
        chain, last = [items[upper]], upper
        for row in range(items[upper].row + 2, items[lower].row + 2, 2):
            at_end = row == items[lower].row  # the label is beside the operation
            size = (width, height) if at_end else (2.0, 2.0)
            between, number = Item(*size, row - 1, False), lower
            if not at_end:
                number = len(things)
                things.append(Item(2.0, 2.0, row, False))
                levels[row // 2].append(number)
            links.append((last, number, between))
            chain += [between, things[number]]
            last = number
        chains.append(chain)
    ordered = in_order(levels, [(upper, lower) for upper, lower, _ in links])
    place = {n: k for level in ordered for k, n in enumerate(level)}
    links.sort(key=lambda link: (place[link[0]] + place[link[1]], place[link[0]]))
    rows: list[list[Item]] = [[] for _ in range(max(2 * count - 1, 0))]
    for number, level in enumerate(ordered):
        rows[2 * number] = [things[n] for n in level]
    for upper, lower, between in links:
        rows[between.row].append(between)
        _join(things[upper], between)
        _join(between, things[lower])
    for item in items:
        _spread(item)
    return chains, rows


def _join(upper: Item, lower: Item) -> None:
    join = EdgePiece(upper, lower)
    upper.below.append(join)
    lower.above.append(join)


def _spread(item: Item) -> None:
    """Let the edges of a node end side by side; they are in the order of the items beside it."""
    room = max(item.width - 2 * EDGE, 0.0)
    for joins, side in ((item.above, "end"), (item.below, "start")):
        step = min(PORT, room / len(joins)) if joins else 0.0
        for number, join in enumerate(joins):
            setattr(join, side, (number - (len(joins) - 1) / 2) * step)


# ---- down ----


def _stack(rows: list[list[Item]]) -> float:
    """Positions down; returns the height of all."""
    y, gap = MARGIN, 0.0
    for row in rows:
        height = max((item.height for item in row), default=0.0)
        aside = 0.0
        for item in row:
            item.y, item.room = y + height / 2, height
            aside = max([aside, *[abs(j.lower.x + j.end - item.x - j.start) for j in item.below]])
        gap = min(MAX_ROW_GAP, max(ROW_GAP, ROW_SLOPE * aside))
        y += height + gap
    return y - gap + MARGIN


def _begin(chain: Strand) -> float:
    """Where an edge leaves its upper box."""
    return next(chain[0].x + j.start for j in chain[0].below if j.lower is chain[1])


def _finish(chain: Strand) -> float:
    """Where an edge meets its lower box."""
    return next(chain[-1].x + j.end for j in chain[-1].above if j.upper is chain[-2])


def _route(chain: Strand, ends: tuple[int, int]) -> Route:
    """An edge through its places in the rows: aside between rows, down within them."""
    upper, lower = chain[0], chain[-1]
    start, end = _begin(chain), _finish(chain)
    path = [(start, upper.box[3]), (start, upper.y + upper.room / 2)]
    for item in chain[1:-1]:
        path += [(item.x, item.y - item.room / 2), (item.x, item.y + item.room / 2)]
    path += [(end, lower.y - lower.room / 2), (end, lower.box[1])]
    return Route(corners(path), chain[-2].box, ends)
