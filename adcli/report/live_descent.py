"""A descent while it runs, on a terminal: its rows, a progress bar, and its curve so far."""

from __future__ import annotations

import math
import time
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from adcli.descent.minimise import as_asked
from adcli.descent.monitor import History
from adcli.descent.problem import Problem
from adcli.descent.stopping import Iterate
from adcli.report.charts import chart
from adcli.report.descent_pictures import curves
from adcli.report.descent_rows import PlainTable

TABLE_PAUSE = 0.2
"""Seconds between two pictures of a live table: the terminal must not hold the descent up."""
LEAST_HEIGHT = 20
"""Lines of a terminal that has room for a curve below the rows."""


LEAST_BAR = 10
"""Columns of a bar that is worth having."""


class LiveTable(PlainTable):
    """A watcher that writes rows above a progress bar on a terminal, which says how fast it goes
    and how much time is left at most; with `plots` the value's curve so far stands above the bar.

    Rows are gathered between two pictures, so that the terminal never holds the descent up. `total`
    and `seconds` are the limits of the descent.
    """

    def __init__(
        self,
        console: Console,
        total: int,
        *layout: Any,
        seconds: float | None = None,
        plots: bool = False,
    ) -> None:
        super().__init__(self._hold, *layout)
        self.console = console
        self.total = total
        self.seconds = math.inf if seconds is None else seconds
        self._history = History() if plots and console.height >= LEAST_HEIGHT else None
        self._waiting = Text()
        self._drawn = time.monotonic()
        self._begun: tuple[float, int] | None = None
        self._live = Live(console=console, auto_refresh=False, transient=True)

    def __exit__(self, *exception: Any) -> None:
        super().__exit__(*exception)
        self._flush()
        self._live.stop()

    def begin(self, problem: Problem) -> None:
        """Write the head; the clock starts with the first iterate."""
        self._problem = problem
        super().begin(problem)

    def _write_head(self, head: str) -> None:
        self.console.print(Text(head, style="bold"), end="", soft_wrap=True)
        self._live.start()

    def _hold(self, line: str) -> None:
        self._waiting.append(line[: self._cells[0][0][1]], style="cyan")
        self._waiting.append(line[self._cells[0][0][1] :])

    def see(self, it: Iterate) -> None:
        """Add the row; draw, if the last picture is old enough."""
        super().see(it)
        if self._history is not None:
            self._history.see(it)
        now = time.monotonic()
        if self._begun is None:
            self._begun = now, it.iteration
        if now - self._drawn >= TABLE_PAUSE:
            self._flush()
            self._live.update(Group(*self._curve(it), self._bar(it, now)), refresh=True)
            self._drawn = time.monotonic()

    def _flush(self) -> None:
        if self._waiting:
            self.console.print(self._waiting, end="", soft_wrap=True)
            self._waiting = Text()

    def _curve(self, it: Iterate) -> list[Text]:
        """The value so far, if it is asked for and there is something to see."""
        if self._history is None:
            return []
        history = [as_asked(row, self._sign) for row in self._history.closed(it)]
        best = self._sign * min(self._sign * row.value for row in history)
        name, values, _ = curves(history, best, self._problem)
        if len(values) < 2:
            return []
        return [Text("\n".join(chart(name, values, self.console.width - 1)), no_wrap=True)]

    def _bar(self, it: Iterate, now: float) -> Table:
        words = f"{it.iteration:,} of at most {self.total:,}{self._pace(it, now)}"
        said, room = Text(words, style="dim", no_wrap=True), self.console.width - len(words) - 2
        line = Table.grid(padding=(0, 1))
        bar = [ProgressBar(self.total, it.iteration, width=room)] if room >= LEAST_BAR else []
        line.add_row(*bar, said)
        return line

    def _pace(self, it: Iterate, now: float) -> str:
        """Iterations in a second, and the time that is left at most."""
        assert self._begun is not None
        start, first = self._begun
        if now <= start or it.iteration <= first:
            return ""
        rate = (it.iteration - first) / (now - start)
        left = min((self.total - it.iteration) / rate, self.seconds - (now - start))
        return f", {rate:,.3g}/s, {duration(left)} left"


def duration(seconds: float) -> str:
    """A time in two units.

    >>> duration(3.2), duration(130), duration(7300)
    ('3 s', '2 min 10 s', '2 h 1 min')
    """
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes} min" if hours else f"{minutes} min {rest} s"
