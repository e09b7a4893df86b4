"""The choices that a case is made of, and how a failing case is made simpler."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


class Choices:
    """Whole numbers: first the given ones, then random ones, without a source of them zeros.

    `taken` are those that were handed out. Generators take 0 for what is simplest.
    """

    def __init__(self, given: Sequence[int] = (), source: random.Random | None = None) -> None:
        self.taken: list[int] = []
        self._given = given
        self._source = source

    def below(self, count: int) -> int:
        """A number from 0 to count - 1."""
        place = len(self.taken)
        if place < len(self._given):
            number = min(self._given[place], count - 1)
        elif self._source is not None:
            number = int(self._source.random() * count)
        else:
            number = 0
        self.taken.append(number)
        return number

    def of(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[self.below(len(options))]

    def once_in(self, count: int) -> bool:
        """True once in `count` times."""
        return self.below(count) == count - 1

    def some(self, options: Sequence[T], most: int, least: int = 0) -> list[T]:
        """From `least` to `most` of the options, repeated ones included."""
        return [self.of(options) for _ in range(least + self.below(most - least + 1))]


def shrink(
    found: list[int], is_same: Callable[[list[int]], list[int] | None], seconds: float = 4.0
) -> list[int]:
    """Choices, as few and as small as it takes within the time, that fail in the same way.

    `is_same` runs a case and returns the choices that it took if it fails like the one found.
    """
    end = time.monotonic() + seconds
    improved = True
    while improved:
        improved = False
        for candidate in _simpler(found):
            if time.monotonic() > end:
                return found
            taken = is_same(candidate)
            if taken is not None and (len(taken), taken) < (len(found), found):
                found, improved = taken, True
                break
    return found


def _simpler(choices: list[int]) -> list[list[int]]:
    """Candidates: without a run of choices, or with one of them smaller."""
    found = []
    size = len(choices)
    while size := size // 2:
        for start in range(len(choices) - size, -1, -size):
            found.append(choices[:start] + choices[start + size :])
    for k, number in enumerate(choices):
        for smaller in sorted({0, number // 2, number - 1} - {number, -1}):
            found.append([*choices[:k], smaller, *choices[k + 1 :]])
    return found
