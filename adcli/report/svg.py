"""The computational graph as an SVG picture, without Graphviz; it follows dark and light."""

from __future__ import annotations

from xml.sax.saxutils import escape

from adcli.report.graph import Drawing
from adcli.report.graph_picture import (
    BASELINE,
    FONT,
    LINE,
    EdgeArrow,
    GraphPicture,
    NodeBox,
    Stroke,
    corner_of,
    picture_of,
)

STYLE = f"""
text {{ font: {FONT:g}px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; \
fill: #1b1f24; }}
.canvas {{ fill: #ffffff; }}
.node {{ fill: #f3f5f8; stroke: #57606a; }}
.input {{ fill: #ddeeff; stroke: #1f6feb; }}
.result {{ fill: #fff3cd; stroke: #9a6700; stroke-width: 2; }}
.value {{ fill: #4b535d; }}
.adjoint {{ fill: #6639ba; }}
.edge {{ fill: none; stroke: #57606a; stroke-width: 1.4; }}
.tip {{ fill: #57606a; }}
.negative {{ stroke: #bc4c00; }} .tip.negative {{ fill: #bc4c00; stroke: none; }}
.still {{ stroke-dasharray: 4 4; opacity: 0.6; }}
@media (prefers-color-scheme: dark) {{
text {{ fill: #e6edf3; }}
.canvas {{ fill: #0d1117; }}
.node {{ fill: #21262d; stroke: #8b949e; }}
.input {{ fill: #0c2d52; stroke: #58a6ff; }}
.result {{ fill: #3b2e05; stroke: #d29922; }}
.value {{ fill: #b6bfc9; }}
.adjoint {{ fill: #d2a8ff; }}
.edge {{ stroke: #8b949e; }}
.tip {{ fill: #8b949e; }}
.negative {{ stroke: #f0883e; }} .tip.negative {{ fill: #f0883e; }}
}}
"""


def svg_text(drawn: Drawing, rightwards: bool = False) -> str:
    """The picture. Raises UsageError for a graph that is too large to be read."""
    picture = picture_of(drawn, rightwards)
    parts = [_start(picture), *map(edge_paths, picture.edges), *map(_label, picture.edges)]
    parts += [_node(number, box) for number, box in enumerate(picture.nodes, 1)]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _start(picture: GraphPicture) -> str:
    width, height = f"{picture.width:.0f}", f"{picture.height:.0f}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img">\n'
        f"<title>Computational graph</title>\n<style>{STYLE}</style>\n"
        f'<rect class="canvas" width="{width}" height="{height}"/>'
    )


def edge_paths(arrow: EdgeArrow) -> str:
    """The line of an edge and its tip."""
    looks = "".join(f" {name}" for name in arrow.looks)
    line = "".join(map(_path, arrow.strokes))
    corners = "L".join(f"{x:.1f} {y:.1f}" for x, y in arrow.tip)
    return f'<path class="edge{looks}" d="{line}"/><path class="tip{looks}" d="M{corners}Z"/>'


def _path(stroke: Stroke) -> str:
    """A stroke in the language of paths."""
    marks = ["M", *["LQ"[len(piece) - 1] for piece in stroke[1:]]]
    pieces = [" ".join(f"{x:.1f} {y:.1f}" for x, y in piece) for piece in stroke]
    return "".join(f"{mark}{piece}" for mark, piece in zip(marks, pieces, strict=True))


def _label(arrow: EdgeArrow) -> str:
    left, top, right, _ = arrow.label
    return _text("label", (left + right) / 2, top, arrow.edge.label)


def _text(looks: str, x: float, top: float, text: str) -> str:
    return (
        f'<text class="{looks}" x="{x:.1f}" y="{top + BASELINE:.1f}" text-anchor="middle">'
        f"{escape(text)}</text>"
    )


def _node(number: int, shown: NodeBox) -> str:
    left, top, right, bottom = shown.box
    first = (top + bottom - LINE * len(shown.lines)) / 2
    parts = [
        f'<g id="node-{number}"><title>{escape(shown.formula)}</title>'
        f'<rect class="node {shown.kind}" x="{left:.1f}" y="{top:.1f}" '
        f'width="{right - left:.1f}" height="{bottom - top:.1f}" rx="{corner_of(shown):.1f}"/>'
    ]
    for k, (looks, text) in enumerate(shown.lines):
        parts.append(_text(looks, (left + right) / 2, first + LINE * k, text))
    return "".join(parts) + "</g>"
