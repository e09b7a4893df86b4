"""Streams and pipes to write to, which nobody may be reading any more."""

from __future__ import annotations

import io
from typing import Any


class Outlet(io.FileIO):
    """A stream or a pipe whose reader may leave, or which may have no room.

    What is written from then on is dropped: the work goes on, as it may be for other files too.
    `lost` says why. Whoever works for this output alone asks `is_lost`, and stops.
    """

    lost: OSError | None = None

    def write(self, data: Any, /) -> int:
        """Write bytes, or drop them once some could not be written."""
        if self.lost is None:
            try:
                return super().write(data)
            except OSError as error:
                self.lost = error
        return len(data)


def outlet_of(stream: Any) -> Outlet | None:
    """The outlet behind a stream of bytes or text; None behind a file."""
    raw = getattr(getattr(stream, "buffer", stream), "raw", None)
    return raw if isinstance(raw, Outlet) else None


def is_lost(stream: Any) -> bool:
    """Whether what is written to a stream of bytes is dropped."""
    outlet = outlet_of(stream)
    return outlet is not None and outlet.lost is not None
