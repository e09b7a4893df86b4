"""The graph of a lesson: nodes that can be lit, with room for what the passes compute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adcli.report.graph import Drawing, cut
from adcli.report.graph_picture import (
    BASELINE,
    LINE,
    EdgeArrow,
    NodeBox,
    corner_of,
    picture_of,
)
from adcli.report.layout import places
from adcli.report.page.lesson_steps import LessonPass
from adcli.report.page.markup import Markup, tag
from adcli.report.svg import edge_paths

DRAWN_NODES = 150
"""Nodes of a graph that is drawn."""
MAX_PLACES = 1500
"""Rows that its edges pass, all together: they take the time."""
MAX_NUMBER = 26
"""Characters of a number, or an array, in a node."""


@dataclass(frozen=True)
class RoomyDrawing(Drawing):
    """A drawing whose boxes have room for the longest text of each line that `passes` put there."""

    passes: Sequence[LessonPass] = ()

    def box_lines(self, node: int) -> list[tuple[str, str]]:
        """The name, the value, and a tangent or an adjoint."""
        value, *others = [p for p in self.passes if node in p.names]
        lines = [("name", self.label(node)), ("value", in_node(value, node))]
        if len(self.passes) > 1:
            texts = [f"{p.names[node]} = {in_node(p, node)}" for p in others]
            lines.append(("derivative", max(texts, key=len, default="")))
        return lines


def roomy(drawn: Drawing, passes: Sequence[LessonPass]) -> RoomyDrawing:
    """The drawing for these passes."""
    return RoomyDrawing(
        drawn.steps, drawn.lines, drawn.values, drawn.digits, drawn.precision, passes=passes
    )


def graph_markup(drawn: Drawing, passes: Sequence[LessonPass]) -> Markup | None:
    """The graph as SVG; None for one whose edges are too long.

    Edges have the attribute data-line, their numbers, nodes data-node. A node's third line is the
    tangent or the adjoint, which the script fills in.
    """
    numbers = {node: n for n, node in enumerate(drawn.nodes)}
    edges = [(numbers[line.target], numbers[line.source]) for line in drawn.edges()]
    if places(len(drawn.nodes), edges) > MAX_PLACES:
        return None
    picture = picture_of(roomy(drawn, passes))
    parts = [_edge(k, arrow) for k, arrow in enumerate(picture.edges)]
    parts += [_node(n, box) for n, box in enumerate(picture.nodes)]
    width, height = f"{picture.width:.0f}", f"{picture.height:.0f}"
    return tag(
        "svg",
        *parts,
        width=width,
        height=height,
        viewBox=f"0 0 {width} {height}",
        role="group",
        aria_label="Computational graph",
    )


def in_node(shown: LessonPass, node: int) -> str:
    """The number, or the array, that a pass computes for a node, as the node shows it."""
    return cut(shown.brief[node], MAX_NUMBER)


def _edge(number: int, arrow: EdgeArrow) -> Markup:
    left, top, right, _ = arrow.label
    label = _text("label", (left + right) / 2, top, arrow.edge.label)
    paths = Markup(edge_paths(arrow))
    return tag("g", paths, label, class_="line", data_line=number, aria_hidden="true")


def _node(number: int, shown: NodeBox) -> Markup:
    left, top, right, bottom = shown.box
    box = tag(
        "rect",
        x=f"{left:.1f}",
        y=f"{top:.1f}",
        width=f"{right - left:.1f}",
        height=f"{bottom - top:.1f}",
        rx=f"{corner_of(shown):.1f}",
    )
    first = (top + bottom - LINE * len(shown.lines)) / 2
    texts = [
        _text(looks, (left + right) / 2, first + LINE * k, "" if looks == "derivative" else text)
        for k, (looks, text) in enumerate(shown.lines)
    ]
    looks = f"node {shown.kind}"
    return tag("g", box, *texts, class_=looks, data_node=number, tabindex=-1, role="button")


def _text(looks: str, x: float, top: float, text: str) -> Markup:
    place = {"x": f"{x:.1f}", "y": f"{top + BASELINE:.1f}"}
    return tag("text", text, class_=looks, text_anchor="middle", **place)
