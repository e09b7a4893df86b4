"""Curves of braille dots: two columns and four rows of dots to a character."""

from __future__ import annotations

from collections.abc import Sequence

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))

Curve = Sequence[tuple[float, float]]


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
            cells[y // 4][x // 2] |= _DOTS[y % 4][x % 2]
    return ["".join([chr(0x2800 + c) if c else " " for c in row]) for row in cells]
