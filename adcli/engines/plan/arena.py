"""Where intermediate arrays lie: one piece of memory, each array at an offset while it lives."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Any

import numpy as np

from adcli.engines.plan.operand import Step

ALIGNMENT = 64
"""Arrays begin at multiples of the length of a cache line, which is that of the widest vector."""


class Offsets:
    """Offsets for arrays that live from one time to another, handed out in the order of time."""

    def __init__(self) -> None:
        self.size = 0
        self._free: list[tuple[int, int]] = []  # (begin, end) of gaps, by offset
        self._live: dict[int, tuple[int, int]] = {}  # offset -> (end, last time)
        self._ends: list[tuple[int, int]] = []  # (last time, offset), a heap
        self._results: dict[int, tuple[int, Any]] = {}  # node of a step -> offset, dtype

    def place(self, size: int, now: int, last: int) -> int:
        """An offset for `size` bytes that live from `now` to `last`, both included."""
        while self._ends and self._ends[0][0] < now:
            time, offset = heappop(self._ends)
            if self._live.get(offset, (0, -1))[1] == time:
                self._release(offset, self._live.pop(offset)[0])
        size = max(1, -(-size // ALIGNMENT)) * ALIGNMENT
        offset = self._find(size)
        self._live[offset] = offset + size, last
        heappush(self._ends, (last, offset))
        return offset

    def take_over(self, offset: int, last: int) -> None:
        """Let another array live on at the place of one that is used for the last time."""
        self._live[offset] = self._live[offset][0], last
        heappush(self._ends, (last, offset))

    def place_result(
        self, step: Step, size: int, group: Sequence[Step], now: int, last: int
    ) -> int:
        """An offset for the result of a step, which runs in a group of steps at the time `now`.

        That may be the place of an operand which dies now, if the step can write over it.
        """
        offset = None
        for x in step.operands if step.in_place else ():
            if x.root not in self._results:
                continue
            known, dtype = self._results[x.root]
            dies = dtype == step.dtype and self._live[known][1] <= now
            if dies and _is_left_to(step, x.root, group):
                offset = known
                del self._results[x.root]
                self.take_over(offset, last)
                break
        if offset is None:
            offset = self.place(size, now, last)
        self._results[step.node] = offset, step.dtype
        return offset

    def _find(self, size: int) -> int:
        """The first gap that is large enough, or new memory at the end."""
        for k, (begin, end) in enumerate(self._free):
            if end - begin >= size:
                self._free[k : k + 1] = [(begin + size, end)] if end - begin > size else []
                return begin
        begin = self.size
        if self._free and self._free[-1][1] == self.size:
            begin, _ = self._free.pop()
        self.size = begin + size
        return begin

    def _release(self, begin: int, end: int) -> None:
        """Make a gap, joined to its neighbours."""
        k = bisect(self._free, (begin, end))
        if k < len(self._free) and self._free[k][0] == end:
            end = self._free.pop(k)[1]
        if k and self._free[k - 1][1] == begin:
            k -= 1
            begin = self._free.pop(k)[0]
        self._free.insert(k, (begin, end))


def _is_left_to(step: Step, root: int, group: Sequence[Step]) -> bool:
    """Whether the group reads an array only as it is stored, in the step's shape, and not later."""
    reads = [(s, x) for s in group for x in s.operands if x.root == root]
    return reads[-1][0] is step and all(not x.views and x.core == step.core for _, x in reads)


class Arena:
    """Memory that plans use one after another; it grows to what the largest needs."""

    def __init__(self) -> None:
        self.memory = aligned_memory(0)

    def reserve(self, size: int) -> Any:
        """At least `size` bytes."""
        if self.memory.nbytes < size:
            self.memory = aligned_memory(0)  # free the old memory first
            self.memory = aligned_memory(size)
        return self.memory


def aligned_memory(size: int) -> Any:
    """Bytes at an address of a multiple of ALIGNMENT."""
    memory = np.empty(size + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + size]


def array_at(memory: Any, offset: int, shape: tuple[int, ...], dtype: Any) -> Any:
    """The array of a shape that lies at an offset."""
    return np.ndarray(shape, dtype, memory, offset)
