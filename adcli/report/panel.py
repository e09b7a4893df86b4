"""The panel that closes a descent, a training and a fit."""

from __future__ import annotations

from collections.abc import Iterable

from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from adcli.descent.stopping import Status
from adcli.language.messages import safe
from adcli.report.rich_tables import Tables

STYLES = {
    Status.CONVERGED: "green",
    Status.COMPLETED: "green",
    Status.STALLED: "yellow",
    Status.MAX_ITERATIONS: "yellow",
    Status.INTERRUPTED: "yellow",
    Status.DIVERGED: "red",
}


def draw_panel(
    tables: Tables,
    title: str,
    status: Status,
    reason: str,
    lines: Iterable[str],
    warnings: Iterable[str] = (),
) -> None:
    """How it ended and why, lines of figures, and warnings."""
    style = STYLES[status]
    head = Text(f"{status.replace('_', ' ')}: ", style=f"bold {style}")
    head.append(safe(reason), style="default")
    body = Table.grid()
    body.add_row(head)
    for line in lines:
        body.add_row(Text(safe(line)))
    for warning in warnings:
        body.add_row(Text(safe(f"warning: {warning}"), style="yellow"))
    tables.draw(Panel(body, title=title, border_style=style, expand=False))
