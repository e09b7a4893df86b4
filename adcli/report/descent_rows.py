"""Watchers of a descent: rows on the way, plain or above a progress bar, and the trace."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any, Self

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from adcli.data.iterates import ITERATE, Row, TraceFile
from adcli.descent.monitor import Recorder, Watcher, next_mark
from adcli.descent.problem import Problem
from adcli.descent.stopping import Iterate, Iterates
from adcli.language.messages import columns as text_width
from adcli.language.messages import safe

HEADERS = ("iteration", "value", "change", "|gradient|", "step", "evals")
TABLE_PAUSE = 0.2
"""Seconds between two pictures of a live table: the terminal must not hold the descent up."""


class Rows:
    """Chooses iterations and puts them into cells.

    Every `every`-th iteration; without it, ten and then nine for every power of ten.
    """

    def __init__(self, problem: Problem, width: int, digits: int, every: int | None) -> None:
        self.every = every
        self.digits = digits
        self.sign = -1.0 if problem.maximize else 1.0
        cell, small = max(digits + 6, 8), 9
        widths = [9, cell, small, 10, small, 9]
        while sum(widths) + len(widths) > width + 1 and len(widths) > 2:
            widths.pop()  # a narrow terminal does without the last ones
        room = width - sum(widths) - len(widths)
        labels = [safe(label) for label in problem.first_labels(max(0, width // (cell + 1)))]
        wide = [max(cell, text_width(label)) for label in labels]
        count = _fitting(wide, room)
        if len(widths) == len(HEADERS) and _fitting(wide, room + widths[-1] + 1) > count:
            room += widths.pop() + 1  # the panel has the evaluations; a parameter says more
            count = _fitting(wide, room)
        self.count = len(widths)
        self.labels = labels[:count]
        self.headers = [*HEADERS[: self.count], *self.labels]
        self.widths = [*widths, *wide[:count]]
        self.size = problem.size
        self._before: float | None = None

    @property
    def omission(self) -> str:
        """What the line above says of the parameters that have no column."""
        shown = len(self.labels)
        return f" ({shown or 'none'} of {self.size:,} parameters shown)" * (shown < self.size)

    def next(self, iteration: int) -> int:
        """The next iteration with a row."""
        if self.every is None:
            return next_mark(iteration, 1)
        return -(-iteration // self.every) * self.every

    def cells(self, it: Iterate) -> list[str]:
        """The texts of a row; the change is that since the row before."""
        value = self.sign * it.value
        change = "" if self._before is None else f"{value - self._before:.2e}"
        self._before = value
        step = f"{it.step:.2e}" if it.iteration else ""
        numbers = [self._short(x) for x in it.point[: len(self.labels)].tolist()]
        head = [f"{it.iteration:,}", self._short(value), change, f"{it.norm:.2e}", step]
        return [*[*head, f"{it.evaluations:,}"][: self.count], *numbers]

    def _short(self, value: float) -> str:
        return f"{value:.{self.digits}g}"

    def line(self, cells: Sequence[str]) -> str:
        """The cells as a plain line."""
        padded = [
            " " * max(0, width - text_width(cell)) + cell
            for cell, width in zip(cells, self.widths, strict=True)
        ]
        return " ".join(padded).rstrip() + "\n"


def _fitting(widths: Sequence[int], room: int) -> int:
    """How many columns of these widths, each after a space, there is room for."""
    ends = accumulate(width + 1 for width in widths)
    return sum(end <= room for end in ends)


class PlainTable(Watcher):
    """A watcher that writes plain rows as they come, and the last iterate in any case.

    `head` is the line above the headers.
    """

    rows: Rows

    def __init__(
        self, write: Callable[[str], None], head: str, width: int, digits: int, every: int | None
    ) -> None:
        self.write = write
        self._head = head
        self._layout = (width, digits, every)
        self._last: Iterate | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: Any) -> None:
        if self._last is not None:
            self._add(self._last)

    def begin(self, problem: Problem) -> None:
        """Lay the columns out, and write the head."""
        self.rows = rows = Rows(problem, *self._layout)
        self._write_head(self._head + rows.omission + "\n" + rows.line(rows.headers))

    def _write_head(self, head: str) -> None:
        self.write(head)

    def next(self, iteration: int) -> int:
        """The next iteration with a row."""
        return self.rows.next(iteration)

    def see(self, it: Iterate) -> None:
        """Add a row, if the iterate has one."""
        self._last = it
        if self.next(it.iteration) == it.iteration:
            self._last = None
            self._add(it)

    def _add(self, it: Iterate) -> None:
        self.write(self.rows.line(self.rows.cells(it)))


class LiveTable(PlainTable):
    """A watcher that writes rows above a progress bar on a terminal.

    Rows are gathered between two pictures, so that the terminal never holds the descent up.
    """

    def __init__(self, console: Console, total: int, *layout: Any) -> None:
        super().__init__(self._hold, *layout)
        self.console = console
        self.total = total
        self._waiting = Text()
        self._drawn = time.monotonic()
        self._live = Live(console=console, auto_refresh=False, transient=True)

    def __exit__(self, *exception: Any) -> None:
        super().__exit__(*exception)
        self._flush()
        self._live.stop()

    def _write_head(self, head: str) -> None:
        self.console.print(Text(head, style="bold"), end="", soft_wrap=True)
        self._live.start()

    def _hold(self, line: str) -> None:
        self._waiting.append(line[: self.rows.widths[0]], style="cyan")
        self._waiting.append(line[self.rows.widths[0] :])

    def see(self, it: Iterate) -> None:
        """Add the row; draw, if the last picture is old enough."""
        super().see(it)
        if time.monotonic() - self._drawn >= TABLE_PAUSE:
            self._flush()
            self._live.update(self._bar(it), refresh=True)
            self._drawn = time.monotonic()

    def _flush(self) -> None:
        if self._waiting:
            self.console.print(self._waiting, end="", soft_wrap=True)
            self._waiting = Text()

    def _bar(self, it: Iterate) -> Table:
        line = Table.grid(padding=(0, 1))
        bar = ProgressBar(self.total, it.iteration, width=max(10, self.console.width - 40))
        line.add_row(bar, Text(f"{it.iteration:,} of at most {self.total:,}", style="dim"))
        return line


class TraceWatcher(TraceFile, Recorder):
    """A watcher that writes every iterate to a file."""

    _sign = 1.0

    def begin(self, problem: Problem) -> None:
        self._sign = -1.0 if problem.maximize else 1.0
        self.open(ITERATE, problem.labels, problem.unflatten)

    def see(self, it: Iterate) -> None:
        head = (it.iteration, self._sign * it.value, it.norm, it.step, it.evaluations)
        self.add(Row(head, it.point.tolist()))

    def see_many(self, iterates: Iterates) -> None:
        values = (self._sign * iterates.values).tolist()
        columns = zip(values, iterates.norms.tolist(), iterates.steps.tolist(), strict=True)
        points = iterates.points.tolist()
        for k, (numbers, point) in enumerate(zip(columns, points, strict=True), iterates.first):
            self.add(Row((k, *numbers, k + 1), point))
