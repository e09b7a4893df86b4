"""How the choice of an engine is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from adcli.explain.engine import Explanation
from adcli.report.rendering import Report


@dataclass(frozen=True)
class EngineReport(Report):
    """The engine that was chosen, why, and what it takes."""

    found: Explanation

    def record(self) -> dict[str, Any]:
        found = self.found
        return {
            "engine": found.choice.engine,
            "reason": found.choice.reason,
            "rows": found.rows,
            "operations": None if found.counts is None else found.counts._asdict(),
            "flops": found.flops,
            "bytes_read": found.bytes_read,
            "bytes_written": found.bytes_written,
            "compile_seconds": found.compile_seconds,
        }

    def plain(self) -> Iterator[tuple[str]]:
        """A few lines for people. What one point takes is all there is; else it is told by the
        row."""
        found, each = self.found, " a row" if self.found.rows != 1 else ""
        yield (f"engine {found.choice.engine}: {found.choice.reason}",)
        if found.compile_seconds is not None:
            yield (f"compiled in {1000 * found.compile_seconds:.3g} ms",)
        if found.counts is not None:
            parts = ", ".join(
                f"{n:,} {what if n != 1 else what[:-1]}"
                for what, n in found.counts._asdict().items()
                if n
            )
            what = f": {parts}; a function such as exp counts as one" if parts else ""
            yield (f"operations{each}: {found.flops:,}{what}",)
        yield (f"bytes{each}: {found.bytes_read:,} read, {found.bytes_written:,} written",)
