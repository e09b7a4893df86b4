"""How much memory there is for this process, asked before much of it is taken."""

from __future__ import annotations

import os
from contextlib import suppress

from adcli.errors import DataError


def memory_left() -> int | None:
    """Bytes that this process may still take: of what limits leave it, and of what the machine has.
    None where the system does not say."""
    found = [left for left in (limited_left(), _machine_left()) if left is not None]
    return min(found, default=None)


def check_room(size: int, what: str) -> None:
    """Raise DataError, which says what takes it, where there are not `size` bytes of memory."""
    left = memory_left()
    if left is not None and size > left:
        raise DataError(
            f"not enough memory: {what} takes {size / 1e6:,.0f} MB, "
            f"and {max(left, 0) / 1e6:,.0f} MB are left"
        )


def limited_left() -> int | None:
    """Bytes that limits of the process leave it (`ulimit -v` and `-d`); None without one."""
    try:
        import resource
    except ImportError:  # not on this system
        return None
    pages = {resource.RLIMIT_AS: 0, resource.RLIMIT_DATA: 5}  # places in statm of what is taken
    limits = {kind: resource.getrlimit(kind)[0] for kind in pages}
    limits = {kind: n for kind, n in limits.items() if n != resource.RLIM_INFINITY}
    taken = dict.fromkeys(pages, 0)
    if limits:
        with suppress(OSError, ValueError, IndexError), open("/proc/self/statm") as file:
            found = file.read().split()
            size = os.sysconf("SC_PAGE_SIZE")
            taken = {kind: int(found[place]) * size for kind, place in pages.items()}
    return min((limit - taken[kind] for kind, limit in limits.items()), default=None)


def _machine_left() -> int | None:
    with suppress(OSError, ValueError), open("/proc/meminfo") as file:
        for line in file:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return None
