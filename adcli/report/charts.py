"""Charts of characters: marks on two logarithmic axes, and curves of braille dots."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from adcli.language.messages import columns

HEIGHT = 17
"""Rows of the plotting area."""
BOTH = "#"
"""Stands where the points of two series meet, unless one is in capitals: that one stays."""

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bits of the dots of a braille character: rows of two."""

Curve = Sequence[tuple[float, float]]
PlottedSeries = Mapping[str, Curve]
"""Mark (one character) -> points (x, y). A later series is drawn over an earlier one."""


def log_log_chart(
    series: PlottedSeries,
    width: int,
    x_label: str,
    y_label: str,
    levels: Mapping[str, float] | None = None,
) -> list[str]:
    """The points as lines of text, `width` columns at most. x runs from large to small.

    `levels` are values of y that hold for all x. A point with y = 0 lies on the lower edge; one
    that is negative or not finite is left out.

    >>> for line in log_log_chart({"o": [(1e-1, 1e-1), (1e-3, 1e-3)]}, 30, "step", "error"):
    ...     print(line)
    error
     1e-1 ┤o
          │
     1e-2 ┤
          │
     1e-3 ┤                      o
          └┬──────────┬──────────┬
         1e-1       1e-2      1e-3
                    step
    """
    points = [p for each in series.values() for p in each if p[0] > 0 and 0 <= p[1] < math.inf]
    heights = [y for y in [*[y for _, y in points], *(levels or {}).values()] if 0 < y < math.inf]
    if not points or not heights:
        return []
    low, high = _decades(heights)
    first, last = _decades([x for x, _ in points])
    rows = min(HEIGHT, max(2 * (high - low) + 1, 5))
    margin = max(len(f"1e{low}"), len(f"1e{high}")) + 2
    room = max(width - margin - 1, 10)
    grid = [[" "] * room for _ in range(rows)]
    for mark, y in (levels or {}).items():
        grid[_place(math.log10(y), high, low, rows)] = [mark] * room
    for mark, each in series.items():
        for x, y in each:
            if not (x > 0 and 0 <= y < math.inf):
                continue
            column = _place(math.log10(x), last, first, room)
            row = rows - 1 if y == 0 else _place(math.log10(y), high, low, rows)
            there = grid[row][column]
            meets = there in series and there != mark and not mark.isupper()
            grid[row][column] = BOTH if meets else mark
    lines = [y_label]
    step = max(1, math.ceil((high - low) / 6))
    ticks = range(low + (high - low) % step, high + 1, step)
    labelled = {_place(exponent, high, low, rows): exponent for exponent in ticks}
    for k, cells in enumerate(grid):
        label = f"1e{labelled[k]}" if k in labelled else ""
        edge = "┤" if label else "│"
        lines.append(f"{label:>{margin - 1}} {edge}" + "".join(cells).rstrip())
    return [*lines, *_x_axis(first, last, room, margin, x_label)]


def _x_axis(first: int, last: int, room: int, margin: int, label: str) -> list[str]:
    """The axis, its numbers and its name."""
    axis, numbers = ["─"] * room, [" "] * (room + margin + 1)
    end = 0
    for exponent in reversed(range(first, last + 1)):
        text = f"1e{exponent}"
        column = _place(exponent, last, first, room)
        start = max(0, min(column + margin + 1 - len(text) // 2, len(numbers) - len(text)))
        if start >= end:
            axis[column] = "┬"
            numbers[start : start + len(text)] = text
            end = start + len(text) + 2
    corner = " " * margin + "└" + "".join(axis)
    centre = max(0, margin + 1 + (room - columns(label)) // 2)
    return [corner, "".join(numbers).rstrip(), " " * centre + label]


def _decades(numbers: Sequence[float]) -> tuple[int, int]:
    """Whole powers of ten around the numbers, at least one decade."""
    exponents = [math.log10(x) for x in numbers]
    low, high = math.floor(min(exponents) + 1e-9), math.ceil(max(exponents) - 1e-9)
    return low, max(high, low + 1)


def _place(exponent: float, start: int, stop: int, cells: int) -> int:
    """The cell of an exponent on an axis of cells from `start` to `stop`."""
    share = (exponent - start) / (stop - start)
    return min(cells - 1, max(0, round(share * (cells - 1))))


def chart(
    title: str, curve: Curve, width: int, rows: int = 8, unit: str = "iterations"
) -> list[str]:
    """A curve over iterations, or another unit, logarithmic upwards, as lines of text."""
    logs = [math.log10(y) for _, y in curve]
    low, high = math.floor(min(logs)), math.ceil(max(logs))
    high = max(high, low + 1)
    last = max(curve[-1][0], 1.0)
    margin = max(len(f"1e{low}"), len(f"1e{high}"))
    points = [(x, y) for (x, _), y in zip(curve, logs, strict=True)]
    room = max(10, min(width, 100) - margin - 2)
    lines = braille_curve(points, room, rows, (0.0, last, low, high))
    labels = [f"1e{high}", *[""] * (rows - 2), f"1e{low}"]
    shown = [
        f"{label:>{margin}} │{line}".rstrip() for label, line in zip(labels, lines, strict=True)
    ]
    foot = f"{last:,.0f} {unit}"
    axis = " " * margin + " └" + "─" * room
    return [f"{title}:", *shown, axis, " " * (margin + 2) + "0" + foot.rjust(room - 1)]


def braille_curve(
    points: Curve, columns: int, rows: int, span: tuple[float, float, float, float]
) -> list[str]:
    """The curve through points as `rows` lines of `columns` characters.

    `span` is (least x, largest x, least y, largest y) of the picture.

    >>> print("\\n".join(braille_curve([(0, 0), (1, 1)], 2, 1, (0, 1, 0, 1))))
    ⡠⠊
    """
    left, right, low, high = span
    across, down = 2 * columns - 1, 4 * rows - 1
    cells = [[0] * columns for _ in range(rows)]
    placed = [
        (round((x - left) / (right - left) * across), round((high - y) / (high - low) * down))
        for x, y in points
    ]
    for (x0, y0), (x1, y1) in zip(placed, placed[1:] or placed, strict=False):
        steps = max(abs(x1 - x0), abs(y1 - y0), 1)
        for k in range(steps + 1):
            x, y = x0 + round(k * (x1 - x0) / steps), y0 + round(k * (y1 - y0) / steps)
            cells[y // 4][x // 2] |= DOTS[y % 4][x % 2]
    return ["".join([chr(0x2800 + c) if c else " " for c in row]) for row in cells]
