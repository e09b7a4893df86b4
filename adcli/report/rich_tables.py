"""Rich tables that fit the terminal: what is too long is thinned, what is too wide is split."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterable, Sequence
from itertools import islice

from rich.box import ROUNDED
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from adcli.language.messages import columns as text_width
from adcli.language.messages import safe
from adcli.report.drawn_tables import MAX_COLUMNS, MAX_ROWS, Tables

STYLES = {
    "converged": "green",
    "completed": "green",
    "stalled": "yellow",
    "max_iterations": "yellow",
    "interrupted": "yellow",
    "diverged": "red",
}
"""Colours by how a descent, a training or a fit ended."""


class RichTables(Tables):
    """Tables one under the other, as text."""

    def __init__(self, width: int, color: bool) -> None:
        self.width = width
        self._buffer = io.StringIO()
        self._color = color
        self._console = Console(
            file=self._buffer,
            width=width,
            force_terminal=color,
            color_system="standard" if color else None,
            legacy_windows=False,
            highlight=False,
            markup=False,
            emoji=False,
            _environ={},
        )

    def text(self) -> str:
        """All that was written, without spaces at the ends of lines."""
        return "".join(line.rstrip() + "\n" for line in self._buffer.getvalue().splitlines())

    def heading(self, *lines: str) -> None:
        """Lines above a table, in bold."""
        more = len(lines) - MAX_ROWS
        end = [f"... and {more:,} more"] if more > 0 else []
        for line in [*lines[:MAX_ROWS], *end]:
            self._console.print(Text(safe(line), style="bold"))

    def note(self, text: str) -> None:
        self._console.print(Text(safe(text), style="dim"))

    def panel(
        self,
        title: str,
        status: str,
        reason: str,
        lines: Iterable[str],
        warnings: Iterable[str] = (),
    ) -> None:
        style = STYLES[status]
        head = Text(f"{status.replace('_', ' ')}: ", style=f"bold {style}")
        head.append(safe(reason), style="default")
        body = Table.grid()
        body.add_row(head)
        for line in lines:
            body.add_row(Text(safe(line)))
        for warning in warnings:
            body.add_row(Text(safe(f"warning: {warning}"), style="yellow"))
        self._console.print(Panel(body, title=title, border_style=style, expand=False))

    def lines(self, *lines: str) -> None:
        self._buffer.write("".join(line + "\n" for line in lines))

    def sentence(self, text: str) -> None:
        """Words that wrap, further lines set back."""
        width = max(self.width, 20)
        wrapped = textwrap.wrap(safe(text), width, subsequent_indent="  ", break_on_hyphens=False)
        self.lines(*wrapped)

    def rows(
        self,
        headers: Sequence[str],
        rows: Iterable[Sequence[str]],
        limit: int | None = MAX_ROWS,
        texts: int = 1,
        total: int | None = None,
    ) -> None:
        """A table of rows: the first column is a label, the others are numbers.

        The first `texts` columns are set to the left. Columns that do not fit go into a further
        table with the labels repeated. Rows beyond `limit` and columns beyond MAX_COLUMNS are
        counted, not shown; of `total` rows only those shown are made.
        """
        shown = list(rows) if total is None else list(islice(rows, limit))
        count = len(shown) if total is None else total
        extra = len(headers) - MAX_COLUMNS
        if extra > 0:
            headers, shown = headers[:MAX_COLUMNS], [row[:MAX_COLUMNS] for row in shown[:limit]]
        shown = shown[:limit]
        cells = [[safe(c) for c in row] for row in shown]
        names = [safe(h) for h in headers]
        widths = [
            max([text_width(name), *[text_width(row[k]) for row in cells]])
            for k, name in enumerate(names)
        ]
        for chosen in _fitting(widths, self.width):
            if cells and sum(widths[k] + 3 for k in chosen) < self.width:
                self._draw([names, *cells], widths, chosen, texts)
                continue
            table = Table(box=ROUNDED, header_style="bold")
            for k in chosen:
                table.add_column(
                    Text(names[k]), justify="left" if k < texts else "right", overflow="fold"
                )
            for row in cells:
                table.add_row(*[Text(row[k], style="cyan" if k == 0 else "") for k in chosen])
            self._console.print(table)
        if count > len(shown):
            more = count - len(shown)
            self.note(f"... and {more:,} more rows; --format json or csv has them all")
        if extra > 0:
            self.note(f"... and {extra:,} more columns; --format json or csv has them all")

    def _draw(
        self, rows: list[list[str]], widths: list[int], chosen: list[int], texts: int
    ) -> None:
        """A table that fits, headers first, as rich draws it: rich takes 0.5 ms for a row."""
        bars = ["─" * (widths[k] + 2) for k in chosen]
        lines = ["╭" + "┬".join(bars) + "╮"]
        for number, row in enumerate(rows):
            parts = []
            for k in chosen:
                cell = row[k].rstrip()
                space = " " * (widths[k] - text_width(cell))
                part = cell + space if k < texts else space + cell
                style = "1" if number == 0 else "36" if k == 0 else ""
                parts.append(f"\x1b[{style}m{part}\x1b[0m" if style and self._color else part)
            lines.append("│ " + " │ ".join(parts) + " │")
            if number == 0:
                lines.append("├" + "┼".join(bars) + "┤")
        lines.append("╰" + "┴".join(bars) + "╯")
        self._buffer.write("\n".join(lines) + "\n")

    def words(self, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table of texts that wrap within their cells."""
        table = Table(box=ROUNDED, header_style="bold")
        for header in headers:
            table.add_column(Text(safe(header)), overflow="fold")
        for row in rows:
            cells = [Text(safe(c), style="" if k else "cyan") for k, c in enumerate(row)]
            table.add_row(*cells)
        self._console.print(table)


def _fitting(widths: list[int], width: int) -> list[list[int]]:
    """Which columns go into which table, each led by column 0. A column costs its width + 3."""
    groups: list[list[int]] = []
    room = 0
    for k in range(1, len(widths)):
        room -= widths[k] + 3
        if room < 0 or not groups:
            groups.append([0, k])
            room = width - (widths[0] + 4) - (widths[k] + 3)
        else:
            groups[-1].append(k)
    return groups or [[0]]
