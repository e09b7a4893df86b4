"""Where the nodes and edges of a graph go: a layered drawing (Sugiyama, Tagawa and Toda 1981).

Nodes lie in rows by their depth. Between two rows of nodes is a row for the labels of edges; an
edge that passes a row takes a place of its own in it. So boxes, labels and passing edges never
overlap. Positions are those nearest to the neighbours' that keep order and distances (isotonic
regression); edges are then drawn straight wherever nothing is in the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from adcli.report.layering import Layering, layering, ranks_of
from adcli.report.placing import EdgePiece, Item, Strand, place
from adcli.report.routing import Area, Position, Route, corners, straighten

LEAST_GAP, MAX_GAP, SLOPE = 36.0, 96.0, 0.3
"""Rows of nodes are as far apart, but for the labels between, as edges go aside times this, within
these limits."""
NEAR = 12.0
"""Least distance of a label from the nodes above and below."""
LEVEL = 16.0
"""Edges that go aside less than this are as good as straight down."""
MARGIN = 20.0
PASSING = (2.0, 2.0)
"""The size of the place where an edge passes a row."""
PORT = 48.0
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
    items, strands, rows = _rows(nodes, labels, layering(len(nodes), edges))
    place(rows, strands)
    left = min((item.box[0] for row in rows for item in row), default=0.0)
    for item in [item for row in rows for item in row]:
        item.x += MARGIN - left
    width = max((item.box[2] for row in rows for item in row), default=0.0) + MARGIN
    height = _stack(rows)
    routes = [_route(strand, ends) for strand, ends in zip(strands, edges, strict=True)]
    if sum(map(len, strands)) <= MOST_STRAIGHTENED:
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
    ranks = ranks_of(count, edges, {})
    return sum(2 * (ranks[lower] - ranks[upper]) - 1 for upper, lower in edges)


def _turned(found: Layout) -> Layout:
    """What went down goes to the right."""

    def turned(box: Area) -> Area:
        return (box[1], box[0], box[3], box[2])

    paths = [[(y, x) for x, y in path] for path in found.paths]
    boxes, labels = [[turned(b) for b in part] for part in (found.nodes, found.labels)]
    return Layout(boxes, labels, paths, found.height, found.width)


# ---- rows ----


def _rows(
    nodes: Sequence[Extent], labels: Sequence[Extent], layers: Layering
) -> tuple[list[Item], list[Strand], list[list[Item]]]:
    """The items of the nodes, those along each edge, and the rows of all items in order."""
    ranks = layers.ranks
    things = {n: Item(*size, 2 * ranks[n], True) for n, size in enumerate(nodes)}
    links, strands = [], []
    for chain, size in zip(layers.chains, labels, strict=True):
        strand, row = [things[chain[0]]], 2 * ranks[chain[0]]
        for upper, lower in pairwise(chain):
            at_end = lower == chain[-1]  # the label is beside the operation
            between = Item(*(size if at_end else PASSING), row + 1, False)
            if not at_end:
                things[lower] = Item(*PASSING, row + 2, False)
            links.append((upper, lower, between))
            strand += [between, things[lower]]
            row += 2
        strands.append(strand)
    place = {n: k for level in layers.levels for k, n in enumerate(level)}
    links.sort(key=lambda link: (place[link[0]] + place[link[1]], place[link[0]]))
    rows: list[list[Item]] = [[] for _ in range(max(2 * len(layers.levels) - 1, 0))]
    for number, level in enumerate(layers.levels):
        rows[2 * number] = [things[n] for n in level]
    for upper, lower, between in links:
        rows[between.row].append(between)
        _join(things[upper], between)
        _join(between, things[lower])
    items = [things[n] for n in range(len(nodes))]
    for item in items:
        _spread(item)
    return items, strands, rows


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
    gaps = _gaps(rows)
    y = MARGIN
    for row, gap in zip(rows, gaps, strict=True):
        height = max((item.height for item in row), default=0.0)
        for item in row:
            item.y, item.room = y + height / 2, height
        y += height + gap
    return y + MARGIN


def _gaps(rows: list[list[Item]]) -> list[float]:
    """The room below each row. A row of labels stands between two rows of nodes where straight
    edges would pass it, if they go aside much further on one of its sides than on the other."""
    asides = [
        max(
            [abs(j.lower.x + j.end - item.x - j.start) for item in row for j in item.below] or [0.0]
        )
        for row in rows
    ]
    gaps = [0.0] * len(rows)
    for number in range(1, len(rows), 2):
        above, below = asides[number - 1], asides[number]
        room = min(MAX_GAP, max(LEAST_GAP, SLOPE * (above + below)))
        share = (above + LEVEL) / (above + below + 2 * LEVEL)
        first = min(room - NEAR, max(NEAR, share * room))
        gaps[number - 1], gaps[number] = first, room - first
    return gaps


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
