"""Pictures of numbers as SVG within a page: axes, lines, points, areas, in the page's colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from adcli.data.cells import shortened
from adcli.report.page.markup import Markup, join, tag
from adcli.report.page.scales import Scale

SIZE = (400.0, 300.0)
"""Width and height of a picture, in units of which the page says how large they are."""
SIGN = 7.2
"""About the width of a character of a label."""
TOP, RIGHT, BOTTOM = 10.0, 14.0, 44.0
"""The margins around the plotting area; the left one is as wide as its labels."""
FAR = 1e4
"""What lies further out than this is drawn there, outside of the picture."""
MOST_KEY, MOST_TITLE = 40, 80
"""Characters of an entry of a legend, and of a title."""
MANY_DOTS = 250
"""Dots of one kind beyond which they are smaller."""
MOST_NAME = 18
"""Characters of the name of a place on an axis."""


@dataclass
class SvgChart:
    """A picture of `title`, which `told` describes to those who do not see it.

    `name` tells it from the others of its page.
    """

    name: str
    title: str
    told: str
    across: Scale
    up: Scale
    labels: tuple[str, str]
    size: tuple[float, float] = SIZE
    legend: list[tuple[str, str]] = field(default_factory=list)
    note: str = ""
    _drawn: list[Markup] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ups = self.up.ticks(6)
        longest = max([len(text[:MOST_NAME]) for _, text in self._ups], default=1)
        self.left = 30.0 + SIGN * longest
        self.inner = (self.size[0] - self.left - RIGHT, self.size[1] - TOP - BOTTOM)

    # ---- what is drawn ----

    def places(self, xs: Any, ys: Any) -> Any:
        """Where points lie in the plotting area, (points, 2); nan where they lie nowhere."""
        found = np.stack(
            [
                self.across.parts(xs) * self.inner[0],
                (1.0 - self.up.parts(ys)) * self.inner[1],
            ],
            axis=-1,
        )
        return np.clip(found, -FAR, FAR)

    def line(self, xs: Any, ys: Any, looks: str) -> None:
        """A line through points, with a gap where one lies nowhere, and where the line would cross
        the whole picture from one point to the next: there is a pole."""
        places = self.places(xs, ys)
        known = np.isfinite(places).all(axis=1)
        parts, pen, side = [], "M", 0
        for place, is_known in zip(places.tolist(), known.tolist(), strict=True):
            before, side = side, int(place[1] > self.inner[1]) - int(place[1] < 0)
            if is_known:
                parts.append(f"{'M' if before * side < 0 else pen}{_pair(place)}")
            pen = "L" if is_known else "M"
        self._path("".join(parts), f"line {looks}")

    def trail(self, xs: Any, ys: Any, looks: str, arrows: Any = None) -> None:
        """A line through the steps of a run, which a player walks along; `arrows` are what it shows
        at each, vectors in the units of the plotting area (steps, 2)."""
        places = self.places(xs, ys)
        known = np.flatnonzero(np.isfinite(places).all(axis=1))
        if not known.size:
            return
        shown = None if arrows is None else " ".join(_pair(a) for a in arrows[known].tolist())
        self._drawn.append(
            tag(
                "polyline",
                points=" ".join(_pair(p) for p in places[known].tolist()),
                class_=f"trail {looks}",
                data_steps=" ".join(map(str, known.tolist())),
                data_arrows=shown,
            )
        )

    def points(self, xs: Any, ys: Any, looks: str) -> None:
        """Dots at points."""
        places = self.places(xs, ys)
        places = places[np.isfinite(places).all(axis=1)]
        looks += " many" * (len(places) > MANY_DOTS)
        dots = "".join([f"M{_pair(place)}h0" for place in places.tolist()])
        self._path(dots, f"dots {looks}")

    def bars(self, xs: Any, lows: Any, highs: Any, looks: str) -> None:
        """Upright lines, each from one height to another."""
        ends = zip(self.places(xs, lows).tolist(), self.places(xs, highs).tolist(), strict=True)
        found = [f"M{_pair(a)}V{_short(b[1])}" for a, b in ends if a == a and b == b]
        self._path("".join(found), f"line {looks}")

    def band(self, xs: Any, lows: Any, highs: Any, looks: str) -> None:
        """The area between two lines, as far as both are known."""
        below, above = self.places(xs, lows), self.places(xs, highs)
        known = np.isfinite(below).all(axis=1) & np.isfinite(above).all(axis=1)
        ends = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]])))
        for start, stop in ends.reshape(-1, 2).tolist():
            around = [*below[start:stop].tolist(), *above[start:stop][::-1].tolist()]
            self._path("M" + "L".join(map(_pair, around)) + "Z", f"area {looks}")

    def areas(self, outlines: Sequence[Any], looks: str) -> None:
        """The area within closed lines, each of points (points, 2)."""
        found = []
        for outline in outlines:
            places = self.places(outline[:, 0], outline[:, 1])
            found.append("M" + "L".join(map(_pair, places.tolist())) + "Z")
        self._path("".join(found), f"area {looks}")

    def key(self, looks: str, text: str) -> None:
        """An entry of the legend."""
        self.legend.append((looks, text))

    def _path(self, d: str, looks: str) -> None:
        if d:
            self._drawn.append(tag("path", d=d, class_=looks))

    # ---- the picture ----

    def markup(self) -> Markup:
        """The picture with its title, its legend and a remark."""
        width, height = self.size
        ids = f"{self.name}-title", f"{self.name}-told"
        whole = {"width": _short(self.inner[0]), "height": _short(self.inner[1])}
        area = tag(
            "svg",
            tag("rect", class_="ground", **whole),
            *self._drawn,
            x=_short(self.left),
            y=_short(TOP),
            class_="area-of-chart",
            **whole,
        )
        picture = tag(
            "svg",
            tag("title", self.title, id=ids[0]),
            tag("desc", self.told, id=ids[1]),
            self._grid(),
            area,
            self._labels(),
            viewBox=f"0 0 {width:g} {height:g}",
            role="img",
            aria_labelledby=" ".join(ids),
        )
        keys = [
            tag(
                "li",
                tag("span", class_=f"key {looks}", aria_hidden="true"),
                shortened(text, MOST_KEY),
                class_="scripted" if "scripted" in looks else None,
            )
            for looks, text in self.legend
        ]
        caption = tag(
            "figcaption",
            tag("span", shortened(self.title, MOST_TITLE), class_="chart-title"),
            tag("ul", *keys, class_="legend") if keys else "",
        )
        note = tag("p", self.note, class_="note") if self.note else ""
        looks = f"chart chart-{self.name}" + " small" * (width < SIZE[0])
        return tag("figure", caption, picture, note, class_=looks)

    def _grid(self) -> Markup:
        """The frame, and lines and numbers at round places."""
        width, height = self.inner
        parts = [
            tag(
                "rect",
                x=_short(self.left),
                y=_short(TOP),
                width=_short(width),
                height=_short(height),
                class_="frame",
            )
        ]
        for x, text in self._acrosses():
            at = self.left + float(self.across.parts(x)) * width
            parts.append(tag("path", d=f"M{_short(at)} {_short(TOP)}v{_short(height)}"))
            half = SIGN * len(text[:MOST_NAME]) / 2
            parts.append(_text(text, min(at, self.size[0] - half), TOP + height + 16, "middle"))
        for y, text in self._ups:
            at = TOP + (1 - float(self.up.parts(y))) * height
            parts.append(tag("path", d=f"M{_short(self.left)} {_short(at)}h{_short(width)}"))
            parts.append(_text(text, self.left - 6, at + 4, "end"))
        return tag("g", *parts, class_="grid")

    def _acrosses(self) -> list[tuple[float, str]]:
        """Places across, as many as there is room for."""
        for most in (8, 6, 5, 4, 3, 2):
            found = self.across.ticks(most)
            longest = max([len(text[:MOST_NAME]) for _, text in found], default=1)
            if len(found) * (longest + 1.5) * SIGN <= self.inner[0]:
                return found
        return found[:1]

    def _labels(self) -> Markup:
        """The names of the axes."""
        width, height = self.inner
        x, y = self.labels
        middle = TOP + height / 2
        room = int(width / SIGN)
        across = _text(x, self.left + width / 2, self.size[1] - 8, "middle", room)
        turned = f"translate(13 {_short(middle)}) rotate(-90)"
        up = tag("text", shortened(y, int(height / SIGN)), transform=turned, text_anchor="middle")
        return tag("g", across, up, class_="axis-names")


def figures(*charts: SvgChart) -> Markup:
    """Pictures side by side, or one below the other where there is no room."""
    return tag("div", join(*[chart.markup() for chart in charts]), class_="charts")


def _text(text: str, x: float, y: float, anchor: str, most: int = MOST_NAME) -> Markup:
    shown = shortened(text, most)
    return tag("text", shown, x=_short(x), y=_short(y), text_anchor=anchor)


def _short(number: float) -> str:
    """A place to a tenth of a unit."""
    return f"{round(number, 1):g}"


def _pair(place: Sequence[float]) -> str:
    return f"{_short(place[0])} {_short(place[1])}"
