"""The computational graph as an SVG picture, without Graphviz; it follows dark and light."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from adcli.errors import UsageError
from adcli.language.messages import columns, safe
from adcli.report.graph import Drawing, DrawnEdge
from adcli.report.layout import Item, Layout, Position, lay_out, places

DRAWN_NODES = 500
"""More nodes than this nobody can read in one picture."""
MAX_PLACES = 10_000
"""Rows that edges pass, all together."""
FONT, SMALL = 13.0, 11.0
WIDE = 0.62
"""Width of a sign of the fixed-width font, in its size."""
LINE = 17.0

STYLE = """
text { font: 13px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #1b1f24; }
.canvas, .back { fill: #ffffff; }
.node { fill: #f3f5f8; stroke: #57606a; }
.input { fill: #ddeeff; stroke: #1f6feb; }
.result { fill: #fff3cd; stroke: #9a6700; stroke-width: 2; }
.value { fill: #57606a; }
.label { font-size: 11px; }
.edge { fill: none; stroke: #57606a; stroke-width: 1.4; }
.tip { fill: #57606a; }
.negative { stroke: #bc4c00; } .tip.negative { fill: #bc4c00; stroke: none; }
.still { stroke-dasharray: 4 4; opacity: 0.6; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.canvas, .back { fill: #0d1117; }
.node { fill: #21262d; stroke: #8b949e; }
.input { fill: #0c2d52; stroke: #58a6ff; }
.result { fill: #3b2e05; stroke: #d29922; }
.value { fill: #a6b0bb; }
.edge { stroke: #8b949e; }
.tip { fill: #8b949e; }
.negative { stroke: #f0883e; } .tip.negative { fill: #f0883e; }
}
"""


def svg_text(drawn: Drawing) -> str:
    """The picture. Raises UsageError for a graph that is too large to be read."""
    lines = list(drawn.edges())
    numbers = {node: n for n, node in enumerate(drawn.nodes)}
    edges = [(numbers[line.target], numbers[line.source]) for line in lines]
    if len(drawn.nodes) > DRAWN_NODES or places(len(drawn.nodes), edges) > MAX_PLACES:
        raise UsageError(
            f"a picture of {len(drawn.nodes):,} nodes and {len(edges):,} edges cannot be read",
            "--as dot is for graph viewers, --as json for programs",
        )
    texts = [drawn.label_lines(node) for node in drawn.nodes]
    boxes = [(max(map(_width, shown)) + 20, LINE * len(shown) + 12) for shown in texts]
    labels = [(_width(line.label) * SMALL / FONT + 6, 14.0) for line in lines]
    layout = lay_out(boxes, edges, labels)
    parts, routes = [_start(layout)], layout.routes
    starts, ends = _ports(routes, 0, 1), _ports(routes, -1, -2)
    for line, route, start, end in zip(lines, routes, starts, ends, strict=True):
        parts.append(_edge(line, route, start, end))
    for line, item in zip(lines, layout.labels, strict=True):
        parts.append(_label(line, item))
    for node, shown, item in zip(drawn.nodes, texts, layout.nodes, strict=True):
        parts.append(_node(drawn, node, shown, item))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _width(text: str) -> float:
    return columns(text) * FONT * WIDE


def _start(layout: Layout) -> str:
    width, height = f"{layout.width:.0f}", f"{layout.height:.0f}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img">\n'
        f"<title>Computational graph</title>\n<style>{STYLE}</style>\n"
        f'<rect class="canvas" width="{width}" height="{height}"/>'
    )


def _ports(routes: Sequence[Sequence[Item]], end: int, inner: int) -> list[float]:
    """Where each edge meets the box at the `end` of its route: side by side with others, uncrossed,
    in the order of the places `inner` beside the ends."""
    found = [0.0] * len(routes)
    groups: dict[int, list[int]] = {}
    for k, route in enumerate(routes):
        groups.setdefault(id(route[end]), []).append(k)
    for group in groups.values():
        group.sort(key=lambda k: routes[k][inner].x)
        item = routes[group[0]][end]
        step = min(18.0, (item.width - 16) / len(group))
        for place, k in enumerate(group):
            found[k] = item.x + (place - (len(group) - 1) / 2) * step
    return found


def _edge(line: DrawnEdge, route: Sequence[Item], start: float, end: float) -> str:
    """A smooth curve down through the edge's places, with a tip at its end."""
    upper, lower = route[0], route[-1]
    top: Position = (start, upper.y + upper.height / 2)
    tip = lower.y - lower.height / 2
    points = [top]
    for item in route[1:-1]:
        points += [(item.x, item.y - item.room / 2), (item.x, item.y + item.room / 2)]
    points.append((end, tip - 6))
    path = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for (x0, y0), (x1, y1) in pairwise(points):
        middle = (y0 + y1) / 2
        path.append(f"C{x0:.1f} {middle:.1f} {x1:.1f} {middle:.1f} {x1:.1f} {y1:.1f}")
    looks = " negative" if line.label.startswith("-") else ""
    looks += "" if line.flows else " still"
    corner = f"M{end - 4:.1f} {tip - 7:.1f}L{end + 4:.1f} {tip - 7:.1f}L{end:.1f} {tip:.1f}Z"
    return f'<path class="edge{looks}" d="{"".join(path)}"/><path class="tip{looks}" d="{corner}"/>'


def _label(line: DrawnEdge, item: Item) -> str:
    left, top = item.x - item.width / 2, item.y - item.height / 2
    return (
        f'<rect class="back" x="{left:.1f}" y="{top:.1f}" width="{item.width:.1f}" '
        f'height="{item.height:.1f}"/><text class="label" x="{item.x:.1f}" y="{item.y + 4:.1f}" '
        f'text-anchor="middle">{escape(line.label)}</text>'
    )


def _node(drawn: Drawing, node: int, shown: Sequence[str], item: Item) -> str:
    left, top = item.x - item.width / 2, item.y - item.height / 2
    kind = drawn.kind(node)
    rounded = item.height / 2 if kind == "input" else 5
    parts = [
        f"<g id={quoteattr(f'node-{drawn.nodes.index(node) + 1}')}>"
        f"<title>{escape(safe(drawn.steps.formula(node)))}</title>"
        f'<rect class="node {kind}" x="{left:.1f}" y="{top:.1f}" width="{item.width:.1f}" '
        f'height="{item.height:.1f}" rx="{rounded:.1f}"/>'
    ]
    for k, text in enumerate(shown):
        y = top + 6 + LINE * k + 13
        looks = ' class="value"' if k else ""
        parts.append(
            f'<text{looks} x="{item.x:.1f}" y="{y:.1f}" text-anchor="middle">{escape(text)}</text>'
        )
    return "".join(parts) + "</g>"
