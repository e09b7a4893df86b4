"""The computational graph as a picture before it is written: boxes with texts, edges with labels.

The writers of SVG, PNG and PDF draw what is said here. Sizes are in points of the text's scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot

from adcli.errors import UsageError
from adcli.language.messages import columns, safe
from adcli.report.graph import Drawing, DrawnEdge
from adcli.report.layout import lay_out, places
from adcli.report.routing import Area, Position, within

DRAWN_NODES = 500
"""More nodes than this nobody can read in one picture."""
MAX_PLACES = 10_000
"""Rows that edges pass, all together."""
FONT = 13.0
WIDE = 0.62
"""Width of a sign of the fixed-width font, in its size."""
LINE = 17.0
BASELINE = 13.0
"""From the top of a line of text to where its letters stand."""
PADDING = 6.0
ARROW = 12.0
"""Least distance between the tips of arrows at a box."""
TIP_LENGTH, TIP_WIDTH = 9.0, 8.0
CORNER = 12.0
"""Where the rounding of a bend begins."""

Stroke = list[tuple[Position, ...]]
"""A line piece by piece: a start, then ends of straight pieces, or a control point and an end."""


@dataclass(frozen=True)
class NodeBox:
    """A node's box with its lines of text; the `kind` is `input`, `step` or `result`."""

    node: int
    kind: str
    formula: str
    lines: list[tuple[str, str]]
    """What each line is (`name`, `value` or `adjoint`), and its text."""
    box: Area


@dataclass(frozen=True)
class EdgeArrow:
    """An edge's line, which leaves room for the label, its tip, and the label."""

    edge: DrawnEdge
    strokes: list[Stroke]
    tip: list[Position]
    label: Area

    @property
    def looks(self) -> list[str]:
        """`negative` for a partial below 0, `still` where no derivative flows."""
        told = {"negative": self.edge.label.startswith("-"), "still": not self.edge.flows}
        return [name for name, holds in told.items() if holds]


@dataclass(frozen=True)
class GraphPicture:
    """Everything that is drawn, the size of all, and what the picture is of."""

    nodes: list[NodeBox]
    edges: list[EdgeArrow]
    width: float
    height: float


def picture_of(drawn: Drawing, rightwards: bool = False) -> GraphPicture:
    """The picture, from top to bottom or from left to right.

    Raises UsageError for a graph that is too large to be read.
    """
    lines = list(drawn.edges())
    numbers = {node: n for n, node in enumerate(drawn.nodes)}
    edges = [(numbers[line.target], numbers[line.source]) for line in lines]
    if len(drawn.nodes) > DRAWN_NODES or places(len(drawn.nodes), edges) > MAX_PLACES:
        raise UsageError(
            f"a picture of {len(drawn.nodes):,} nodes and {len(edges):,} edges cannot be read",
            "--as dot is for graph viewers, --as json for programs",
        )
    texts = [drawn.box_lines(node) for node in drawn.nodes]
    boxes = [
        _extent([text for _, text in shown], len(drawn.lines[node]), rightwards)
        for node, shown in zip(drawn.nodes, texts, strict=True)
    ]
    labels = [(_width(line.label) + 4, LINE) for line in lines]
    layout = lay_out(boxes, edges, labels, rightwards=rightwards)
    nodes = [
        NodeBox(node, drawn.kind(node), safe(drawn.explained(node)), shown, box)
        for node, shown, box in zip(drawn.nodes, texts, layout.nodes, strict=True)
    ]
    arrows = [
        _arrow(line, path, label)
        for line, path, label in zip(lines, layout.paths, layout.labels, strict=True)
    ]
    return GraphPicture(nodes, arrows, layout.width, layout.height)


def _width(text: str) -> float:
    return columns(text) * FONT * WIDE


def _extent(texts: Sequence[str], fan_in: int, rightwards: bool) -> tuple[float, float]:
    """The size of a box: room for its texts and for the tips of the edges that enter."""
    width, height = max(map(_width, texts)) + 20, LINE * len(texts) + 2 * PADDING
    room = ARROW * fan_in + 2 * ARROW
    return (width, max(height, room)) if rightwards else (max(width, room), height)


def corner_of(shown: NodeBox) -> float:
    """The radius of a box's corners."""
    return min(16.0, (shown.box[3] - shown.box[1]) / 2) if shown.kind == "input" else 5.0


def _arrow(line: DrawnEdge, path: Sequence[Position], label: Area) -> EdgeArrow:
    (x0, y0), (x1, y1) = path[-2], path[-1]
    length = hypot(x1 - x0, y1 - y0)
    across, down = (x1 - x0) / length, (y1 - y0) / length
    x, y = x1 - TIP_LENGTH * across, y1 - TIP_LENGTH * down
    half = TIP_WIDTH / 2
    tip = [(x - half * down, y + half * across), (x1, y1), (x + half * down, y - half * across)]
    before, after = _parts([*path[:-1], (x, y)], label)
    return EdgeArrow(line, [_rounded(part) for part in (before, after) if part], tip, label)


def _parts(path: Sequence[Position], label: Area) -> tuple[list[Position], list[Position]]:
    """A way before and behind its label."""
    before, after, is_met = [path[0]], list[Position](), False
    for start, end in pairwise(path):
        part = within((start, end), label)
        if part is not None:
            enter, leave = [
                (start[0] + t * (end[0] - start[0]), start[1] + t * (end[1] - start[1]))
                for t in part
            ]
            if not is_met:
                before.append(enter)
            is_met, after = True, [leave]
        (after if is_met else before).append(end)
    return before, after


def _rounded(path: Sequence[Position]) -> Stroke:
    """A line with its bends rounded."""
    stroke: Stroke = [(path[0],)]
    for before, bend, after in zip(path, path[1:], path[2:], strict=False):
        stroke += [(_towards(bend, before),), (bend, _towards(bend, after))]
    return [*stroke, (path[-1],)]


def _towards(start: Position, end: Position) -> Position:
    """A little way from one position to another, at most half of it."""
    length = hypot(end[0] - start[0], end[1] - start[1])
    share = min(0.5, CORNER / length) if length else 0.0
    return (start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1]))
