"""The order of things within the levels of a layered drawing: few crossings of the links between.

Sweeps down and up the levels put each thing at the mean or the median of its neighbours' places;
neighbours are exchanged where that has fewer crossings (Gansner, Koutsofios, North and Vo 1993).
That ends in a local minimum, so it is done from several first orders.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from random import Random
from statistics import fmean, median

SWEEPS = 16
STARTS = 40
"""First orders that are tried, until one has no crossing."""
EFFORT = 60_000
"""Places that are looked for, in all: of a large drawing fewer orders are tried."""

Link = tuple[int, int]
"""A thing, and one of the next level."""


def in_order(
    levels: Sequence[Sequence[int]], links: Sequence[Link], starts: int = STARTS
) -> tuple[list[list[int]], int]:
    """The things of each level, numbered from 0, in an order of few crossings, and how many.

    >>> in_order([[0, 1], [2, 3]], [(0, 3), (1, 2)])
    ([[0, 1], [3, 2]], 0)
    """
    order = _Order(levels, links)
    best, least = order.kept(), order.crossings()
    random, size = Random(0), sum(map(len, levels)) or 1
    for start in range(max(2, min(starts, EFFORT // (size * SWEEPS)))):
        if start:
            order.shuffle(random, walk=start % 2 == 1)
        for sweep in range(SWEEPS):
            if not least:
                return best, 0
            order.sweep(down=sweep % 2 == 0, by_mean=sweep % 4 < 2)
            order.exchange()
            crossings = order.crossings()
            if crossings < least:
                best, least = order.kept(), crossings
    return best, least


class _Order:
    """The levels as they stand; `place` says where a thing stands in its level."""

    def __init__(self, levels: Sequence[Sequence[int]], links: Sequence[Link]) -> None:
        count = sum(map(len, levels))
        self.levels = [list(level) for level in levels]
        self.above: list[list[int]] = [[] for _ in range(count)]
        self.below: list[list[int]] = [[] for _ in range(count)]
        for upper, lower in links:
            self.below[upper].append(lower)
            self.above[lower].append(upper)
        self.place = [0] * count
        self._walk()

    def kept(self) -> list[list[int]]:
        """A copy of the levels."""
        return [list(level) for level in self.levels]

    def crossings(self) -> int:
        """How many pairs of links cross."""
        total = 0
        for level in self.levels:
            ends: list[int] = []
            for thing in level:
                places = sorted([self.place[n] for n in self.below[thing]])
                total += sum(len(ends) - bisect_right(ends, place) for place in places)
                for place in places:
                    insort(ends, place)
        return total

    def shuffle(self, random: Random, walk: bool) -> None:
        """An order by chance; with `walk`, one without needless crossings in trees."""
        for row in self.levels + self.above:
            random.shuffle(row)
        self._walk() if walk else self._number()

    def _walk(self) -> None:
        """Order as a walk up from the last level meets the things."""
        met: dict[int, int] = {}
        for level in reversed(self.levels):
            for root in level:
                stack = [root]
                while stack:
                    thing = stack.pop()
                    if thing not in met:
                        met[thing] = len(met)
                        stack += reversed(self.above[thing])
        for level in self.levels:
            level.sort(key=met.__getitem__)
        self._number()

    def _number(self) -> None:
        for level in self.levels:
            for place, thing in enumerate(level):
                self.place[thing] = place

    def sweep(self, down: bool, by_mean: bool) -> None:
        """Sort each level by the places of the neighbours above (or below); the others stay."""
        middle = fmean if by_mean else median
        neighbours = self.above if down else self.below
        for level in self.levels[1:] if down else reversed(self.levels[:-1]):
            wanted = {}
            for thing in level:
                places = [self.place[n] for n in neighbours[thing]]
                wanted[thing] = middle(places) if places else float(self.place[thing])
            level.sort(key=wanted.__getitem__)
            for place, thing in enumerate(level):
                self.place[thing] = place

    def exchange(self) -> None:
        """Exchange neighbours in a level until that has no fewer crossings any more."""
        waiting = list(range(len(self.levels)))
        while waiting:
            number = waiting.pop()
            if self._exchanged(self.levels[number]):
                waiting += [n for n in (number - 1, number) if n >= 0 and n not in waiting]

    def _exchanged(self, level: list[int]) -> bool:
        """Exchange neighbours in one level; whether any were."""
        found = False
        for k in range(len(level) - 1):
            a, b = level[k], level[k + 1]
            if self._between(b, a) < self._between(a, b):
                level[k], level[k + 1] = b, a
                self.place[a], self.place[b] = k + 1, k
                found = True
        return found

    def _between(self, left: int, right: int) -> int:
        """Crossings of the links of two things in a level, the first one on the left."""
        place = self.place
        return sum(
            place[a] > place[b]
            for side in (self.above, self.below)
            for a in side[left]
            for b in side[right]
        )
