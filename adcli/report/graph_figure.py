"""The computational graph as PNG or PDF, by matplotlib (the `plot` extra): as the SVG has it."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from typing import Any, NamedTuple

from adcli.report.graph import Drawing
from adcli.report.graph_picture import (
    BASELINE,
    FONT,
    LINE,
    GraphPicture,
    NodeBox,
    Stroke,
    corner_of,
    picture_of,
)
from adcli.report.plots import figure_class, plain_text, save_figure

POINTS = 72.0
"""Points of an inch; a picture's unit is a point."""
PIXELS = 3
"""Pixels of a PNG across each point: text is then 39 high, and sharp on a slide."""
MOST_PIXELS = 40_000_000
"""Of a PNG: a larger one has fewer pixels across a point."""
NODES = {
    "input": ("#ddeeff", "#1f6feb", 1.0),
    "step": ("#f3f5f8", "#57606a", 1.0),
    "result": ("#fff3cd", "#9a6700", 2.0),
}
"""Kind of a node -> fill, frame and its width, as in the SVG's light style."""
INK, QUIET = "#1b1f24", "#4b535d"
TEXTS = {"name": INK, "value": QUIET, "adjoint": "#6639ba", "derivative": INK, "label": INK}
WIDE_FONTS = ("CJK", "Gothic", "Hiragino", "PingFang", "SimSun", "YaHei", "Malgun", "Unifont")
"""What is in the names of fonts that have the scripts of East Asia."""
EDGE, NEGATIVE = "#57606a", "#bc4c00"


def png_bytes(drawn: Drawing, rightwards: bool = False) -> bytes:
    """The picture as PNG. Raises UsageError for a graph that is too large to be read, and where
    matplotlib is missing."""
    return _saved(drawn, rightwards, "png")


def pdf_bytes(drawn: Drawing, rightwards: bool = False) -> bytes:
    """The picture as PDF, a point a unit. Raises UsageError as `png_bytes` does."""
    return _saved(drawn, rightwards, "pdf")


def _saved(drawn: Drawing, rightwards: bool, form: str) -> bytes:
    kind = figure_class()
    picture = picture_of(drawn, rightwards)
    figure = kind(figsize=(picture.width / POINTS, picture.height / POINTS))
    axes: Any = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, picture.width)
    axes.set_ylim(picture.height, 0)
    axes.axis("off")
    draw_graph(axes, picture)
    scale = min(PIXELS, (MOST_PIXELS / (picture.width * picture.height)) ** 0.5)
    written = BytesIO()
    save_figure(figure, written, form, dpi=scale * POINTS)
    return written.getvalue()


class GraphArtists(NamedTuple):
    """What matplotlib draws of a graph.

    boxes   of the nodes, in the order of the picture
    texts   the lines of each node
    arrows  of the edges, strokes and tip each
    labels  of the edges
    """

    boxes: list[Any]
    texts: list[list[Any]]
    arrows: list[list[Any]]
    labels: list[Any]


def draw_graph(axes: Any, picture: GraphPicture) -> GraphArtists:
    """Draw a picture on axes that have its units, y downwards."""
    from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon

    drawn = GraphArtists([], [], [], [])
    for arrow in picture.edges:
        color = NEGATIVE if "negative" in arrow.looks else EDGE
        is_still = "still" in arrow.looks
        looks: dict[str, Any] = {"alpha": 0.6, "linestyle": (0, (3, 3))} if is_still else {}
        patches: list[Any] = [
            PathPatch(_path(stroke), fill=False, ec=color, lw=1.4, **looks)
            for stroke in arrow.strokes
        ]
        patches.append(Polygon(arrow.tip, fc=color, lw=0, alpha=looks.get("alpha")))
        drawn.arrows.append([axes.add_patch(patch) for patch in patches])
        left, top, right, _ = arrow.label
        drawn.labels.append(_text(axes, "label", (left + right) / 2, top, arrow.edge.label))
    for shown in picture.nodes:
        left, top, right, bottom = shown.box
        fill, frame, width = NODES[shown.kind]
        round_box = f"round,pad=0,rounding_size={corner_of(shown)}"
        size = (right - left, bottom - top)
        box = FancyBboxPatch((left, top), *size, boxstyle=round_box, fc=fill, ec=frame, lw=width)
        drawn.boxes.append(axes.add_patch(box))
        drawn.texts.append(_texts(axes, shown))
    return drawn


def _texts(axes: Any, shown: NodeBox) -> list[Any]:
    left, top, right, bottom = shown.box
    first = (top + bottom - LINE * len(shown.lines)) / 2
    return [
        _text(axes, looks, (left + right) / 2, first + LINE * k, text)
        for k, (looks, text) in enumerate(shown.lines)
    ]


def _text(axes: Any, looks: str, x: float, top: float, text: str) -> Any:
    return axes.text(
        x,
        top + BASELINE,
        plain_text(text),
        ha="center",
        va="baseline",
        fontsize=FONT,
        family=families(),
        color=TEXTS[looks],
    )


@cache
def families() -> list[str]:
    """The font that comes with matplotlib, and those of the machine that have other scripts."""
    from matplotlib.font_manager import fontManager

    installed = sorted(set(fontManager.get_font_names()))
    wide = [name for name in installed if any(word in name for word in WIDE_FONTS)]
    return ["DejaVu Sans Mono", "DejaVu Sans", *wide]


def _path(stroke: Stroke) -> Any:
    from matplotlib.path import Path

    codes, points = [Path.MOVETO], [stroke[0][0]]
    for piece in stroke[1:]:
        codes += [Path.LINETO] if len(piece) == 1 else [Path.CURVE3, Path.CURVE3]
        points += piece
    return Path(points, codes)
