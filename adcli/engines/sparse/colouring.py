"""Columns of a symmetric matrix in groups, so that one product with each group's sum of unit
vectors gives all elements of the matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

MANY_NEIGHBOURS = 100
"""Columns with more elements, but for those of most columns, have colours of their own."""


MOST_WORK = 20_000_000
"""Steps of the search for stars, of which a second has a few million: then colours are given so
that no column has two neighbours of one, which takes far fewer steps and more colours."""


def star_colouring(starts: Any, columns: Any) -> Any:
    """A colour for each column, of a symmetric pattern in compressed rows, the diagonal included.

    Of two neighbours in the graph of the matrix each has its own colour, and no path of four has
    only two: then each element stands alone in one of two places. Source: Gebremedhin, Manne &
    Pothen, What color is your Jacobian?, SIAM Review 47, 2005, algorithm 4.1 (star colouring).
    """
    size = len(starts) - 1
    counts = np.diff(starts)
    rows = np.repeat(np.arange(size), counts)
    width = int(np.abs(columns - rows).max(initial=0))
    if 2 * width < counts.max(initial=1) + 1:
        return np.arange(size) % (2 * width + 1)  # a band: no greedy choice has fewer
    if 2 * len(columns) > size * size:
        return np.arange(size)
    if _work(starts, columns) > MOST_WORK:
        return _apart(starts, columns)
    usual = max(MANY_NEIGHBOURS, 4 * int(np.median(counts)))
    hubs = np.flatnonzero(counts > usual)
    colours = np.full(size, -1)
    colours[hubs] = np.arange(len(hubs))
    is_hub = np.zeros(size, bool)
    is_hub[hubs] = True
    neighbours = [
        [w for w in columns[starts[v] : starts[v + 1]].tolist() if w != v and not is_hub[w]]
        if not is_hub[v]
        else []
        for v in range(size)
    ]
    found = colours.tolist()
    for v in range(size):
        if not is_hub[v]:
            found[v] = _least(v, neighbours, found, len(hubs))
    return np.array(found, dtype=np.int64)


def _work(starts: Any, columns: Any) -> float:
    """About how many steps the search takes: walks over three edges, hubs left out."""
    counts = np.diff(starts).astype(float)
    walks = np.where(counts > max(MANY_NEIGHBOURS, 4 * np.median(counts)), 0.0, counts)
    return float(np.sum(np.add.reduceat(walks[columns], starts[:-1]) * walks))


def _apart(starts: Any, columns: Any) -> Any:
    """Colours such that columns which share a row have different ones."""
    colours = np.full(len(starts) - 1, -1)
    for v in range(len(colours)):
        near = columns[starts[v] : starts[v + 1]]
        parts = [columns[starts[w] : starts[w + 1]] for w in near.tolist()]
        taken = np.unique(colours[np.concatenate(parts)])
        taken = taken[taken >= 0]
        gaps = np.flatnonzero(taken != np.arange(len(taken)))
        colours[v] = gaps[0] if len(gaps) else len(taken)
    return colours


def _least(v: int, neighbours: list[list[int]], colours: list[int], first: int) -> int:
    """The least colour from `first` on that v may have beside those that others have."""
    taken: set[int] = set()
    for w in neighbours[v]:
        own = colours[w]
        if own < 0:
            taken.update(colours[x] for x in neighbours[w])
            continue
        taken.add(own)
        for x in neighbours[w]:
            seen = x == v or colours[x] in taken
            if not seen and any(colours[y] == own for y in neighbours[x] if y != w):
                taken.add(colours[x])
    colour = first
    while colour in taken:
        colour += 1
    return colour
