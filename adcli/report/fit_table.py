"""What people and scripts see of the fits of many groups: one row, or one JSON object, a group."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from adcli.fitting.group_fits import GroupFit, as_columns
from adcli.language.messages import counted
from adcli.report.drawn_tables import Tables
from adcli.report.fit import FitReport
from adcli.report.numbers import exact, short
from adcli.report.rendering import Report

NAMED = 5
"""Groups whose fits did not converge that are named below a table."""


class FitTable(Report):
    """Fits that are made while they are read, once; `tally` counts how they ended,
    `warned` those with warnings."""

    def __init__(self, fits: Iterable[GroupFit]) -> None:
        self.tally: Counter[str] = Counter()
        self.warned = 0
        self.moved: tuple[str, ...] = ()
        self._fits = fits

    def _read(self) -> Iterator[GroupFit]:
        for x in self._fits:
            self.tally[x.status] += 1
            if x.fit is not None:
                self.moved = x.fit.moved
                self.warned += bool(x.fit.warnings)
            yield x

    def told(self) -> str:
        """How many fits ended how."""
        ends = ", ".join(f"{n:,} {end.replace('_', ' ')}" for end, n in self.tally.most_common())
        warned = f"; {self.warned:,} with warnings, which JSON has" if self.warned else ""
        return f"{counted(self.tally.total(), 'group')}: {ends}{warned}"

    def columns(self) -> dict[str, list[Any]]:
        """The table by column; None where there is no number."""
        return as_columns([x.row() for x in self._read()])

    def records(self) -> Iterator[dict[str, Any]]:
        for x in self._read():
            if x.fit is None:
                told = {"status": x.status, "reason": x.reason, "error": x.error}
                yield {"group": x.group, "rows": x.rows, **told}
            else:
                yield {"group": x.group, **FitReport(x.fit).record()}

    def rows(self) -> Iterator[Sequence[str]]:
        """A header and a row for each group; what there is not is empty."""
        columns = self.columns()
        yield list(columns)
        for row in zip(*columns.values(), strict=True):
            yield ["" if x is None else exact(x) if isinstance(x, float) else str(x) for x in row]

    def plain(self) -> Iterator[Sequence[str]]:
        """The value and the standard error of each number, nan in the line of a failed group."""
        fits = list(self._read())
        labels = next((list(x.fit.numbers) for x in fits if x.fit is not None), [])
        for x in fits:
            pairs: list[tuple[float | None, float | None]] = [(None, None)] * len(labels)
            if x.fit is not None:
                pairs = [(q.value, q.standard_error) for q in x.fit.numbers.values()]
            yield [exact(math.nan if n is None else n) for pair in pairs for n in pair]

    def draw(self, tables: Tables, digits: int) -> None:
        """The model, a table of the groups, and how many fits ended how."""
        fits = list(self._read())
        shown = next((x.fit for x in fits if x.fit is not None), None)
        labels = [] if shown is None else list(shown.numbers)
        if shown is not None:
            tables.heading(shown.model.strip())
        headers = [", ".join(fits[0].group) if fits else "group", "rows"]
        headers += [name for label in labels for name in (label, f"± {label}")] + ["rss", "status"]
        tables.rows(headers, [_row(x, labels, digits) for x in fits])
        tables.sentence(self.told())
        others = [x for x in fits if x.status != "converged"]
        for x in others[:NAMED]:
            tables.note(f"{_named(x)}: {x.status.replace('_', ' ')}: {x.reason}")
        if others[NAMED:]:
            tables.note(f"... and {counted(len(others) - NAMED, 'more group')} did not converge")


def _named(x: GroupFit) -> str:
    return ", ".join(map(str, x.group.values()))


def _row(x: GroupFit, labels: Sequence[str], digits: int) -> list[str]:
    fit = x.fit
    cells = [_named(x), f"{x.rows:,}"]
    for label in labels:
        q = None if fit is None else fit.numbers[label]
        for n in (None, None) if q is None else (q.value, q.standard_error):
            cells.append("-" if n is None else short(n, digits))
    return [*cells, "-" if fit is None else short(fit.rss, digits), x.status.replace("_", " ")]
