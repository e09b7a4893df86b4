"""How much work something takes, whatever the machine and however busy it is."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time


def effort(work: Callable[[], object]) -> float:
    """The processor time of `work`, in that of adding up two million numbers at this moment."""
    begin = process_time()
    sum(range(2_000_000))
    between = process_time()
    work()
    return (process_time() - between) / (between - begin)
