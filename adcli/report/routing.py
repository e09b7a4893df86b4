"""The ways of edges between boxes: as straight as they can be without meeting anything.

All ways go down. They begin as the layout leaves them, clear of everything, and stay so: a bend
is left out where the way then still keeps its distance and crosses no more edges than before. The
label moves along with its way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot

CLEAR = 6.0
"""Distance that ways keep from boxes, from labels and from each other."""
TIP = 14.0
"""Length at the end of a way that its tip needs."""
ASIDE = 8.0
"""Ends that are this little aside of each other are moved, half of it each, for a vertical way."""
NEARBY = 5.0
"""Distance between places that are tried for a label."""

Position = tuple[float, float]
Segment = tuple[Position, Position]
Area = tuple[float, float, float, float]
"""Left, top, right, bottom."""


@dataclass(eq=False)
class Route:
    """The way of an edge, its label, and the numbers of the boxes that it joins."""

    path: list[Position]
    label: Area
    ends: tuple[int, int]

    def __post_init__(self) -> None:
        self.bounds = _bounds(self.path)

    def take(self, path: list[Position], label: Area) -> None:
        """Go another way."""
        self.path, self.label, self.bounds = path, label, _bounds(path)


def straighten(boxes: Sequence[Area], routes: Sequence[Route]) -> None:
    """Leave out the bends of all routes that can be left out, the short ones' first."""
    for _ in range(2):
        for route in sorted(routes, key=lambda route: len(route.path)):
            _straighten(route, boxes, routes)


def _straighten(route: Route, boxes: Sequence[Area], routes: Sequence[Route]) -> None:
    (first, top), (last, bottom) = route.path[0], route.path[-1]
    middle = (first + last) / 2
    if 0 < abs(first - last) <= ASIDE:
        _try(route, 0, len(route.path) - 1, ((middle, top), (middle, bottom)), boxes, routes)
    start = 0
    while start < len(route.path) - 2:
        bends = len(route.path) - 1 - start
        while bends > 1:
            end = start + bends
            if _try(route, start, end, (route.path[start], route.path[end]), boxes, routes):
                break
            bends = bends // 2 if bends > 3 else bends - 1
        start += 1


def _try(
    route: Route,
    start: int,
    end: int,
    piece: Segment,
    boxes: Sequence[Area],
    routes: Sequence[Route],
) -> bool:
    """Let the edge go straight instead of from its bend `start` to `end`, if nothing is there and
    a place for its label is."""
    left, top, right, bottom = route.label
    size = max(right - left, bottom - top) / 2 + 2 * CLEAR
    near = _grown(_bounds(piece), size)
    walls = [box for n, box in enumerate(boxes) if n not in route.ends and _meet(box, near)]
    labels, others = [], []
    for other in routes:
        if other is not route:
            if _meet(other.label, near):
                labels.append(other.label)
            if _meet(other.bounds, near):
                others.append(other)
    if any(within(piece, _grown(wall, CLEAR)) for wall in walls + labels):
        return False
    old = route.path[start : end + 1]
    if not all(_is_apart(piece, old, other.path, _least(route, other)) for other in others):
        return False
    path = [*route.path[:start], *piece, *route.path[end + 1 :]]
    if not piece[0][1] <= (top + bottom) / 2 <= piece[1][1]:
        route.take(path, route.label)
        return True
    for label in _places(piece, route):
        space = _grown(label, CLEAR)
        if not (
            any(_meet(box, space) for box in (*boxes, *labels))
            or any(_hits(other.path, space) for other in others)
        ):
            route.take(path, label)
            return True
    return False


def _places(piece: Segment, route: Route) -> Iterator[Area]:
    """Places for a route's label on a straight piece of it, the nearest to where it was first."""
    left, top, right, bottom = route.label
    across, down, y = (right - left) / 2, (bottom - top) / 2, (top + bottom) / 2
    (x0, y0), (x1, y1) = piece
    first = max(y0, route.path[0][1] + down + CLEAR)
    last = min(y1, route.path[-1][1] - down - TIP)
    steps = int(max(y - first, last - y, 0.0) / NEARBY)
    shifts = [0.0, *[sign * NEARBY * k for k in range(1, steps + 1) for sign in (1, -1)]]
    for height in [y + shift for shift in shifts]:
        if first <= height <= last or height == y:
            x = x0 + (x1 - x0) * (height - y0) / (y1 - y0)
            yield (x - across, height - down, x + across, height + down)


def _least(route: Route, other: Route) -> float:
    """How near two ways may be: as near as their ends at a box that both have."""
    least = CLEAR
    for k in (0, -1):
        if route.ends[k] == other.ends[k]:
            least = min(least, 0.9 * _length(route.path[k], other.path[k]))
    return least


def _is_apart(
    piece: Segment, old: Sequence[Position], other: Sequence[Position], least: float
) -> bool:
    """Whether a straight piece crosses another way no more than the old bends did, and keeps the
    `least` distance to it otherwise."""
    near = _grown(_bounds(piece), CLEAR)
    pieces = [part for part in pairwise(other) if _meet(_bounds(part), near)]
    crossed = sum(_cross(piece, part) for part in pieces)
    if crossed:
        return crossed <= sum(_cross(a, b) for a in pairwise(old) for b in pieces)
    return all(_distance(piece, part) >= least for part in pieces)


def crossings(one: Sequence[Position], other: Sequence[Position]) -> int:
    """How often two ways cross."""
    return sum(_cross(a, b) for a in pairwise(one) for b in pairwise(other))


def _side(a: Position, b: Position, p: Position) -> float:
    return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])


def _cross(one: Segment, other: Segment) -> bool:
    return (
        _side(*one, other[0]) * _side(*one, other[1]) < 0
        and _side(*other, one[0]) * _side(*other, one[1]) < 0
    )


def _distance(one: Segment, other: Segment) -> float:
    """The least distance between two segments that do not cross: at one of the four ends."""
    return min(
        _from(one, other[0]), _from(one, other[1]), _from(other, one[0]), _from(other, one[1])
    )


def _from(segment: Segment, p: Position) -> float:
    """From a point to a segment."""
    (x0, y0), (x1, y1) = segment
    length = (x1 - x0) ** 2 + (y1 - y0) ** 2
    t = ((p[0] - x0) * (x1 - x0) + (p[1] - y0) * (y1 - y0)) / length if length else 0.0
    t = min(1.0, max(0.0, t))
    return hypot(x0 + t * (x1 - x0) - p[0], y0 + t * (y1 - y0) - p[1])


def corners(path: Sequence[Position]) -> list[Position]:
    """A way without the positions that lie on a straight line between others."""
    found = [path[0]]
    for here, after in pairwise(path[1:]):
        if abs(_side(found[-1], here, after)) > 1e-6 * (1 + _length(found[-1], after)):
            found.append(here)
    return [*found, path[-1]]


def _length(a: Position, b: Position) -> float:
    return hypot(b[0] - a[0], b[1] - a[1])


def _bounds(path: Sequence[Position]) -> Area:
    xs, ys = [x for x, _ in path], [y for _, y in path]
    return (min(xs), min(ys), max(xs), max(ys))


def _grown(box: Area, by: float) -> Area:
    return (box[0] - by, box[1] - by, box[2] + by, box[3] + by)


def _meet(one: Area, other: Area) -> bool:
    """Whether two boxes overlap."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _hits(path: Sequence[Position], box: Area) -> bool:
    """Whether a way goes through a box."""
    return any(within(segment, box) is not None for segment in pairwise(path))


def within(segment: Segment, box: Area) -> tuple[float, float] | None:
    """The part of a segment in a box, as shares of its length from its start (Liang and Barsky
    1984)."""
    (x0, y0), (x1, y1) = segment
    enter, leave = 0.0, 1.0
    for start, step, low, high in ((x0, x1 - x0, box[0], box[2]), (y0, y1 - y0, box[1], box[3])):
        if step == 0:
            if not low < start < high:
                return None
            continue
        ends = sorted(((low - start) / step, (high - start) / step))
        enter, leave = max(enter, ends[0]), min(leave, ends[1])
    return (enter, leave) if enter < leave else None
