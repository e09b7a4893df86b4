"""What people and scripts see of two runs side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from adcli.comparison.replay import DIFFERENT, MOST_DIGITS, SAME, Replay
from adcli.data.cells import shortened
from adcli.language.messages import counted
from adcli.report.drawn_tables import Tables
from adcli.report.rendering import Report

SHOWN, CHECKSUM = 40, 64
"""Characters of a value in a table; of a checksum fewer are seen."""

MOST_ROWS = 20
"""Results that differ in a table."""


@dataclass(frozen=True)
class ReplayReport(Report):
    """How two runs compare; `names` are what tables call them."""

    found: Replay
    names: tuple[str, str] = ("then", "now")

    def record(self) -> dict[str, Any]:
        found = self.found
        return {
            "verdict": found.verdict,
            "digits": found.digits,
            "because": found.because,
            "changes": [asdict(change) for change in found.changes],
            "differences": [asdict(each) for each in found.differences],
            "then": found.then,
            "now": found.now,
        }

    def plain(self) -> Iterator[Sequence[str]]:
        """The verdict alone."""
        yield (self.found.verdict,)

    def draw(self, tables: Tables, digits: int) -> None:
        """The verdict with its reason, what has changed, and the results that differ."""
        found = self.found
        for name, run in zip(self.names, (found.then, found.now), strict=True):
            status = str(run["status"] or "done").replace("_", " ")
            tables.lines(
                f"{name}: adcli {run['command']}, {run['started']}, {run['seconds']:.{digits}g} s, "
                f"{status} (exit code {run['exit_code']})"
            )
        if found.changes:
            rows = [[x.kind, x.name, _shown(x.then), _shown(x.now)] for x in found.changes]
            tables.words(["what has changed", "", *self.names], rows)
        if found.differences:
            rows = [
                [
                    x.path,
                    "" if x.digits is None else f"{x.digits:.1f}",
                    _shown(x.then),
                    _shown(x.now),
                ]
                for x in found.differences
                if not x.path.endswith(".sha256")
            ]
            tables.rows(["result", "digits alike", *self.names], rows[:MOST_ROWS])
            more = len(rows) - MOST_ROWS
            if more > 0:
                tables.note(f"... and {more:,} more results; --format json has them all")
        tables.sentence(self._verdict())

    def _verdict(self) -> str:
        found = self.found
        if found.verdict == SAME:
            return f"the same bit for bit: {found.because}"
        if found.verdict == DIFFERENT:
            count = counted(len(found.differences), "result")
            verb = "differs" if len(found.differences) == 1 else "differ"
            return f"different: {count} {verb}; {found.because}"
        if found.digits is None or found.digits >= MOST_DIGITS:
            return f"the same to rounding, in all digits of what counts: {found.because}"
        return f"the same to rounding, in {found.digits:.0f} digits or more: {found.because}"


def _shown(value: Any) -> str:
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    if isinstance(value, str) and len(value) == CHECKSUM and value.isalnum():
        value = value[:12] + "..."
    return "-" if value is None else shortened(" ".join(str(value).split()), SHOWN)
