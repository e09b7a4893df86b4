"""Limits of the system, as of `ulimit`: an error of ours, before a library ends the process.

Libraries in machine code that get no memory abort, call exit, or wait for a thread that is not
there. Under `ulimit -v` they run on one thread each, which saves most of the addresses that they
ask for, and none is loaded where what is left does not do.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Any

NEEDS = {"polars": 400 << 20, "scipy": 250 << 20, "llvmlite": 250 << 20, "numpy": 120 << 20}
"""Library -> bytes of addresses that it takes, with what it computes of a small table."""

FILES = 24
"""Files that must be allowed to be open, for polars and its threads."""

_ARENA_MAX = -8
"""M_ARENA_MAX of <malloc.h>: every thread would reserve 64 MiB of addresses for itself."""


def heed_limits() -> None:
    """Prepare for limits, where there are some. Called before anything large is imported."""
    try:
        import resource
    except ImportError:  # not on this system
        return
    memory = resource.getrlimit(resource.RLIMIT_AS)[0]
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if memory == resource.RLIM_INFINITY:
        memory = sys.maxsize
    else:
        _be_frugal()
    if memory < sys.maxsize or 0 <= files < FILES:
        sys.meta_path.insert(0, _Guard(memory, 0 <= files < FILES))


def _be_frugal() -> None:
    import ctypes

    for name in ("OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"):
        os.environ.setdefault(name, "1")
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENA_MAX, 1)


class _Guard:
    """An import finder that finds nothing, and refuses libraries that would not get their share."""

    def __init__(self, memory: int, few_files: bool) -> None:
        self.memory = memory
        self.few_files = few_files

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Raise MemoryError for one of NEEDS where less than that is left, OSError for polars where
        few files may be open."""
        if name in NEEDS and self.memory - _taken() < NEEDS[name]:
            raise MemoryError
        if name == "polars" and self.few_files:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))


def _taken() -> int:
    """Bytes of addresses that the process has; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0
