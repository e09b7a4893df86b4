"""How many processors there are to share work out to."""

from __future__ import annotations

import os


def available_cores() -> int:
    """The processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1
