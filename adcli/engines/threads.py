"""Work shared among threads: NumPy and machine code give Python's lock away while they compute."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache


def in_parallel(work: Callable[[int], None], threads: int, *, all_of_them: bool = True) -> None:
    """work(0), ..., work(threads - 1) at once; the calling thread does the first.

    Without `all_of_them` the calls that no thread has begun when the first returns are left out.
    """
    if threads < 2:
        work(0)
        return
    others = [_pool(threads - 1).submit(work, k) for k in range(1, threads)]
    work(0)
    for other in others:
        if all_of_them or not other.cancel():
            other.result()


def over_ranges(
    work: Callable[[int, int], float], rows: int, step: int, threads: int
) -> list[float]:
    """work(begin, end) over [0, rows) in ranges of `step`: each thread takes the next one that is
    left, so the results are in no order."""
    waiting = deque(range(0, rows, step))
    results: list[float] = []

    def drain(_: int) -> None:
        while True:
            try:
                begin = waiting.popleft()
            except IndexError:
                return
            results.append(work(begin, min(rows, begin + step)))

    try:
        in_parallel(drain, min(threads, len(waiting)), all_of_them=False)
    finally:
        waiting.clear()  # after an interruption the other threads have no more to do
    return results


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, "adcli")


if hasattr(os, "register_at_fork"):  # a child process has none of its parent's threads
    os.register_at_fork(after_in_child=_pool.cache_clear)
