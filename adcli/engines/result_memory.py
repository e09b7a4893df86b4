"""Memory for results: aligned for vectors, and used again when the results are gone.

Fresh memory comes from the operating system page by page, cleared: that takes as long as a cheap
kernel takes to fill it. So a little is kept back for the next results of the same size.
"""

from __future__ import annotations

from itertools import count
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEAST_BYTES = 1 << 20
"""Smaller arrays cost nothing to allocate."""

KEPT_BYTES = 1 << 27
"""How much memory waits for its next use at most."""

MEMORY_PAGE = 4096
"""Processors compare addresses by what is below: a number is read late that lies in its page where
another one is being written."""

_PLACES = range(512, MEMORY_PAGE - 512, 192)
"""Where in a page arrays start, in turn: not where most large arrays do, and each elsewhere."""

_waiting: list[Array] = []
_lock = Lock()
_turns = count()


def result_array(rows: int) -> Array:
    """An array (rows,) of any numbers whose first one is at the start of a cache line."""
    if 8 * rows < LEAST_BYTES:
        return _fresh(rows)
    memory = None
    if _lock.acquire(blocking=False):  # else a handler of signals may wait for what it interrupted
        try:
            known = next((k for k, memory in enumerate(_waiting) if len(memory) == rows), None)
            memory = None if known is None else _waiting.pop(known)
        finally:
            _lock.release()
    return np.asarray(_Lent(_fresh(rows) if memory is None else memory))


def _fresh(rows: int) -> Array:
    memory = np.empty(rows + MEMORY_PAGE // 8)
    place = _PLACES[next(_turns) % len(_PLACES)]
    first = (place - memory.ctypes.data) % MEMORY_PAGE // 8
    return memory[first : first + rows]


class _Lent:
    """Memory that an array was made of; it comes back when the array and its views are gone."""

    def __init__(self, memory: Array) -> None:
        self._memory = memory
        self.__array_interface__: dict[str, Any] = memory.__array_interface__

    def __del__(self) -> None:
        memory = getattr(self, "_memory", None)  # an interruption may come before there is one
        if memory is not None and _lock.acquire(blocking=False):  # this thread may have it already
            try:
                _waiting.append(memory)
                while sum(memory.nbytes for memory in _waiting) > KEPT_BYTES:
                    _waiting.pop(0)
            finally:
                _lock.release()
