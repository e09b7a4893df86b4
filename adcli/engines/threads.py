"""Work shared among threads: NumPy gives Python's lock away while it computes."""

from __future__ import annotations

import os
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
    return ThreadPoolExecutor(threads, "adcli")


if hasattr(os, "register_at_fork"):  # a child process has none of its parent's threads
    os.register_at_fork(after_in_child=_pool.cache_clear)
