"""How the choice of an engine is told."""

from __future__ import annotations

import json

from adcli.engines.explain import Explanation


def engine_json(found: Explanation) -> str:
    """One JSON object on a line."""
    record = {
        "engine": found.choice.engine,
        "reason": found.choice.reason,
        "rows": found.rows,
        "operations": None if found.counts is None else found.counts._asdict(),
        "flops": found.flops,
        "bytes_read": found.bytes_read,
        "bytes_written": found.bytes_written,
        "compile_seconds": found.compile_seconds,
    }
    return json.dumps(record) + "\n"


def engine_text(found: Explanation) -> str:
    """A few lines for people. What one point takes is all there is; else it is told by the row."""
    each = " a row" if found.rows != 1 else ""
    lines = [f"engine {found.choice.engine}: {found.choice.reason}"]
    if found.compile_seconds is not None:
        lines.append(f"compiled in {1000 * found.compile_seconds:.3g} ms")
    if found.counts is not None:
        parts = ", ".join(
            f"{n:,} {what if n != 1 else what[:-1]}"
            for what, n in found.counts._asdict().items()
            if n
        )
        what = f": {parts}; a function such as exp counts as one" if parts else ""
        lines.append(f"operations{each}: {found.flops:,}{what}")
    lines.append(f"bytes{each}: {found.bytes_read:,} read, {found.bytes_written:,} written")
    return "\n".join(lines) + "\n"
