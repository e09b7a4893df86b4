"""Where intermediate arrays lie: one piece of memory, each array at an offset while it lives."""

from __future__ import annotations

from typing import Any

import numpy as np

ALIGNMENT = 64
"""Arrays begin at multiples of the length of a cache line, which is that of the widest vector."""


class Layout:
    """Offsets for arrays that live from one time to another, handed out in the order of time."""

    def __init__(self) -> None:
        self.size = 0
        self._live: list[tuple[int, int, int]] = []  # (offset, end of the place, last time)

    def place(self, size: int, now: int, last: int) -> int:
        """An offset for `size` bytes that live from `now` to `last`, both included."""
        self._live = [entry for entry in self._live if entry[2] >= now]
        size = max(1, -(-size // ALIGNMENT)) * ALIGNMENT
        offset = 0
        for begin, end, _ in self._live:
            if offset + size <= begin:
                break
            offset = max(offset, end)
        end = offset + size
        self._live.append((offset, end, last))
        self._live.sort()
        self.size = max(self.size, end)
        return offset

    def take_over(self, offset: int, last: int) -> None:
        """Let another array live on at the place of one that is used for the last time."""
        for k, (begin, end, _) in enumerate(self._live):
            if begin == offset:
                self._live[k] = (begin, end, last)


class Arena:
    """Memory that programs use one after another; it grows to what the largest needs."""

    def __init__(self) -> None:
        self.memory = aligned(0)

    def reserve(self, size: int) -> Any:
        """At least `size` bytes."""
        if self.memory.nbytes < size:
            self.memory = aligned(0)  # free the old memory first
            self.memory = aligned(size)
        return self.memory


def aligned(size: int) -> Any:
    """Bytes at an address of a multiple of ALIGNMENT."""
    memory = np.empty(size + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + size]


def array_at(memory: Any, offset: int, shape: tuple[int, ...], dtype: Any) -> Any:
    """The array of a shape that lies at an offset."""
    return np.ndarray(shape, dtype, memory, offset)
