"""The areas of a plane where a function is below a level, by marching squares.

Source: Lorensen & Cline, Marching Cubes, Computer Graphics 21 (1987), in two dimensions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

CROSSINGS: dict[int, list[tuple[int, int]]] = {
    1: [(3, 0)],
    2: [(0, 1)],
    3: [(3, 1)],
    4: [(1, 2)],
    5: [(3, 0), (1, 2)],
    6: [(0, 2)],
    7: [(3, 2)],
    8: [(2, 3)],
    9: [(2, 0)],
    10: [(0, 1), (2, 3)],
    11: [(2, 1)],
    12: [(1, 3)],
    13: [(1, 0)],
    14: [(0, 3)],
}
"""Which corners of a square are below the level (bits: lower left, lower right, upper right, upper
left) -> the lines through it, each from one side to another (0 below, 1 right, 2 above, 3 left)."""


def below(xs: Any, ys: Any, heights: Any, level: float) -> list[Any]:
    """The outlines of where `heights` (ys, xs) are below `level`: closed lines of points (n, 2).

    A height that is not known counts as above all levels. Holes are outlines of their own.
    """
    xs, ys = (np.concatenate([a[:1], a, a[-1:]]) for a in (xs, ys))
    z = np.pad(np.where(np.isfinite(heights), heights, np.inf), 1, constant_values=np.inf)
    low = z < level
    cases = 1 * low[:-1, :-1] + 2 * low[:-1, 1:] + 4 * low[1:, 1:] + 8 * low[1:, :-1]
    following: dict[tuple[int, int, int], tuple[int, int, int]] = {}
    for i, j in np.argwhere((cases > 0) & (cases < 15)).tolist():
        for start, stop in CROSSINGS[int(cases[i, j])]:
            following[_side(i, j, start)] = _side(i, j, stop)
    outlines = []
    while following:
        first, place = following.popitem()
        outline = [first]
        while place != first:
            outline.append(place)
            place = following.pop(place)
        outlines.append(np.array([_crossing(xs, ys, z, level, side) for side in outline]))
    return outlines


def _side(i: int, j: int, side: int) -> tuple[int, int, int]:
    """The side of a square as (row, column, direction: 0 across, 1 up), the same for both squares
    that it is a side of."""
    return ((i, j, 0), (i, j + 1, 1), (i + 1, j, 0), (i, j, 1))[side]


def _crossing(xs: Any, ys: Any, z: Any, level: float, side: tuple[int, int, int]) -> Any:
    """Where the level is crossed along a side; at its lower end where the other one is infinite."""
    i, j, is_up = side
    k, m = (i + 1, j) if is_up else (i, j + 1)
    a, b = z[i, j], z[k, m]
    part = 0.0 if b == np.inf else 1.0 if a == np.inf else (level - a) / (b - a)
    return xs[j] + part * (xs[m] - xs[j]), ys[i] + part * (ys[k] - ys[i])
