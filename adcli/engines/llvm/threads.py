"""Ranges of rows on several threads."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache


def over_ranges(
    work: Callable[[int, int], float], rows: int, step: int, threads: int
) -> list[float]:
    """work(begin, end) over [0, rows) in ranges of `step`, a multiple of what work needs."""
    ranges = [(begin, min(rows, begin + step)) for begin in range(0, rows, step)]
    if threads < 2 or len(ranges) < 2:
        return [work(0, rows)]
    return list(_pool(threads).map(lambda pair: work(*pair), ranges))


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, "adcli")


if hasattr(os, "register_at_fork"):  # a child process has none of its parent's threads
    os.register_at_fork(after_in_child=_pool.cache_clear)
