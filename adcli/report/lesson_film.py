"""The steps of a lesson as a film (GIF) for slides, by matplotlib (the `plot` extra)."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

from adcli.errors import UsageError
from adcli.report.graph import Drawing
from adcli.report.graph_figure import (
    EDGE,
    INK,
    NEGATIVE,
    NODES,
    POINTS,
    QUIET,
    GraphArtists,
    draw_graph,
    families,
)
from adcli.report.graph_picture import WIDE, GraphPicture, picture_of
from adcli.report.page.lesson_graph import in_node, roomy
from adcli.report.page.lesson_steps import LessonPass, LessonStep, drawing_of_steps, passes_of
from adcli.report.plots import (
    canvas_of,
    figure_class,
    frame_of,
    plain_text,
    save_film,
    without_glyph_warnings,
)
from adcli.report.trace import TraceReport

MOST_NODES = 80
"""Nodes of a graph that can be read on a slide."""
COLORS = {"value": "#0a5cc2", "tangent": "#136c2e", "adjoint": "#9a3700"}
LIT = "#fff5b1"
LEAST_WIDTH = 640.0
"""Points: room for the equations."""
MARGIN = 20.0
TITLE, SAID, SMALL = 14.0, 17.0, 12.0
"""Font sizes of the words above a graph of the least width."""
MOST_GROWTH = 2.0
"""How much larger they are above a wide graph, at most."""
LEADING = 1.35
MOST_LINES = 3
PIXELS, MOST_PIXELS = 1280, 1920
"""Width of a film, or its height if that is larger; of a large graph, so that it can be read."""
LEAST_SCALE = 0.85
"""Pixels across a point in a film that may be larger for it."""
STEP_TIME, END_TIME = 1500, 3500
"""Milliseconds of a step, and of the last step of a pass."""


def film_bytes(report: TraceReport, digits: int) -> bytes:
    """The forward pass and the backward pass as GIF, a frame a step; of forward mode alone, the
    passes of its seeds.

    Raises UsageError for a graph that cannot be read on a slide, and where matplotlib is missing.
    """
    figure_class()
    assert report.steps.run is not None
    with report.steps.run.algebra.context():
        drawn = drawing_of_steps(report, digits)
        if len(drawn.nodes) > MOST_NODES:
            raise UsageError(
                f"a film of {len(drawn.nodes):,} nodes cannot be read",
                "-o lesson.html is a page that scrolls",
            )
        passes = passes_of(report, drawn, digits)
        if report.is_reverse:
            passes = [p for p in passes if p.kind != "tangent"]
        film = _LessonFilm(drawn, passes)
    return film.gif()


class _LessonFilm:
    """A figure whose artists change from step to step."""

    def __init__(self, drawn: Drawing, passes: Sequence[LessonPass]) -> None:
        self.passes = passes
        self.nodes = drawn.nodes
        self.lines = {id(line): k for k, line in enumerate(drawn.edges())}
        self.picture = self._picture(drawn)
        self.width = max(self.picture.width, LEAST_WIDTH)
        self.growth = min(self.width / LEAST_WIDTH, MOST_GROWTH)
        said = [self._said(walk, k) for walk in passes for k in range(len(walk.steps))]
        band = max(sum(LEADING * size for size, _, _ in lines) for lines in said)
        self.height = self.picture.height + band + MARGIN

    def _picture(self, drawn: Drawing) -> GraphPicture:
        """The graph, wide rather than high, as slides are."""
        found = [picture_of(roomy(drawn, self.passes), rightwards) for rightwards in (False, True)]
        return min(found, key=lambda p: max(p.width / LEAST_WIDTH, 1.6 * p.height / LEAST_WIDTH))

    def _said(self, walk: LessonPass, k: int) -> list[tuple[float, str, str]]:
        """The lines above the graph in a step: sizes, colours and texts."""
        step = walk.steps[k]
        title, said, small = (size * self.growth for size in (TITLE, SAID, SMALL))
        lines = [(title, QUIET, f"{walk.title}: step {k + 1} of {len(walk.steps)}")]
        words = " = ".join(step.equation) or step.words
        color = COLORS[walk.kind] if step.equation else INK
        lines += [(said, color, text) for text in self._wrapped(words, said)]
        partials = ",  ".join([" = ".join(chain) for chain in step.partials])
        return lines + [(small, QUIET, text) for text in self._wrapped(partials, small)]

    def _wrapped(self, text: str, size: float) -> list[str]:
        room = int((self.width - 2 * MARGIN) / (size * WIDE))
        return textwrap.wrap(text, room, max_lines=MOST_LINES, placeholder=" ...")

    def gif(self) -> bytes:
        """The film."""
        extent = max(self.width, self.height)
        scale = min(max(PIXELS / extent, LEAST_SCALE), MOST_PIXELS / extent)
        size = (self.width / POINTS, self.height / POINTS)
        figure = figure_class()(figsize=size, dpi=POINTS * scale)
        axes: Any = figure.add_axes((0, 0, 1, 1))
        left = (self.width - self.picture.width) / 2
        axes.set_xlim(-left, self.width - left)
        axes.set_ylim(self.picture.height, self.picture.height - self.height)
        axes.axis("off")
        artists, written = draw_graph(axes, self.picture), BytesIO()
        with without_glyph_warnings():
            frames = [frame for walk in self.passes for frame in self._frames(axes, artists, walk)]
        times = [
            END_TIME if step is walk.steps[-1] else STEP_TIME
            for walk in self.passes
            for step in walk.steps
        ]
        save_film(frames, times, written)
        return written.getvalue()

    def _frames(self, axes: Any, artists: GraphArtists, walk: LessonPass) -> Iterator[Any]:
        """The steps of a pass. What does not change between two steps is drawn once."""
        self._begin(artists, walk)
        canvas = canvas_of(axes.figure)
        canvas.draw()
        still = canvas.copy_from_bbox(axes.figure.bbox)
        for k, step in enumerate(walk.steps):
            said = self._texts(axes, walk, k)
            lit = [*self._edges(artists, walk, step), *self._node(artists, walk, step, True)]
            for artist in [*lit, *said]:
                axes.draw_artist(artist)
            yield frame_of(canvas)
            canvas.restore_region(still)
            for artist in self._node(artists, walk, step, False):
                axes.draw_artist(artist)
            still = canvas.copy_from_bbox(axes.figure.bbox)
            for text in said:
                text.remove()

    def _begin(self, artists: GraphArtists, walk: LessonPass) -> None:
        """Show what is known before the first step of a pass."""
        later = {step.node for step in walk.steps}
        for node, texts in zip(self.nodes, artists.texts, strict=True):
            is_known = node not in later
            texts[1].set(visible=walk.kind != "value" or is_known, color=COLORS["value"])
            for text in texts[2:]:
                text.set(text="", color=COLORS[walk.kind])
                if walk.kind != "value" and is_known and node in walk.names:
                    text.set(text=_derivative(walk, node))
        for arrow, patches in zip(self.picture.edges, artists.arrows, strict=True):
            _paint(patches, NEGATIVE if "negative" in arrow.looks else EDGE, 1.4)

    def _node(
        self, artists: GraphArtists, walk: LessonPass, step: LessonStep, is_lit: bool
    ) -> list[Any]:
        """The node that a step computes, with its number, lit or not."""
        if step.node is None:
            return []
        k = self.nodes.index(step.node)
        box, texts = artists.boxes[k], artists.texts[k]
        fill, edge, width = NODES[self.picture.nodes[k].kind]
        if is_lit:
            fill, edge, width = LIT, COLORS[walk.kind], 2.8
        box.set(facecolor=fill, edgecolor=edge, linewidth=width)
        texts[1].set(visible=True)
        if walk.kind != "value":
            texts[2].set(text=_derivative(walk, step.node))
        return [box, *texts]

    def _edges(self, artists: GraphArtists, walk: LessonPass, step: LessonStep) -> list[Any]:
        """The edges of a step, lit."""
        found = []
        for line in step.lines:
            patches = artists.arrows[self.lines[id(line)]]
            _paint(patches, COLORS[walk.kind], 2.8)
            found += patches
        return found

    def _texts(self, axes: Any, walk: LessonPass, k: int) -> list[Any]:
        """The words above the graph."""
        x, y = axes.get_xlim()[0] + MARGIN, self.picture.height - self.height + MARGIN
        found = []
        for size, color, text in self._said(walk, k):
            y += LEADING * size
            shown = plain_text(text)
            found.append(axes.text(x, y, shown, size=size, color=color, family=families()))
        return found


def _derivative(walk: LessonPass, node: int) -> str:
    return plain_text(f"{walk.names[node]} = {in_node(walk, node)}")


def _paint(arrow: list[Any], color: str, width: float) -> None:
    *strokes, tip = arrow
    for stroke in strokes:
        stroke.set(edgecolor=color, linewidth=width)
    tip.set(facecolor=color)
