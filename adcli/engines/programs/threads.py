"""Work shared among threads: NumPy gives Python's lock away inside of large operations."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache


def in_parallel(work: Callable[[int], None], threads: int) -> None:
    """work(0), ..., work(threads - 1) at once; the calling thread does the first."""
    if threads < 2:
        work(0)
        return
    others = [_pool(threads - 1).submit(work, k) for k in range(1, threads)]
    work(0)
    for other in others:
        other.result()


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, "adcli-blocks")
