"""How much memory there is for this process, asked before much of it is taken."""

from __future__ import annotations

import os
from contextlib import suppress

from adcli.errors import DataError


def memory_left() -> int | None:
    """Bytes that this process may still take: of its address space (`ulimit -v`), and of what the
    machine has. None where the system does not say."""
    found = [left for left in (_address_space_left(), _machine_left()) if left is not None]
    return min(found, default=None)


def check_room(size: int, what: str) -> None:
    """Raise DataError, which says what takes it, where there are not `size` bytes of memory."""
    left = memory_left()
    if left is not None and size > left:
        raise DataError(
            f"not enough memory: {what} takes {size / 1e6:,.0f} MB, "
            f"and {max(left, 0) / 1e6:,.0f} MB are left"
        )


def _address_space_left() -> int | None:
    try:
        import resource
    except ImportError:
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY:
        return None
    with suppress(OSError, ValueError), open("/proc/self/statm") as file:
        return limit - int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    return limit


def _machine_left() -> int | None:
    with suppress(OSError, ValueError), open("/proc/meminfo") as file:
        for line in file:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return None
