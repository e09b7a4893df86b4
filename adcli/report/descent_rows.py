"""Watchers of a descent: rows on the way, and the trace."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any, Self

from adcli.data.iterates import CONSTRAINED_ITERATE, ITERATE, Row, TraceFile
from adcli.descent.monitor import Recorder, Watcher, next_mark
from adcli.descent.problem import Problem
from adcli.descent.stopping import Iterate, Iterates
from adcli.language.messages import columns as text_width
from adcli.language.messages import safe

HEADERS = ("iteration", "value", "change", "|gradient|", "step", "evals")
CONSTRAINED = ("iteration", "value", "violation", "optimality", "step", "evals")
"""The optimality is the KKT residual."""
MOST_WRAPPED = 6
"""Parameters that are shown whatever the width, in lines of their own where they do not fit."""


class PlainTable(Watcher):
    """A watcher that writes plain rows of iterates as they come, and the last one in any case.

    Every `every`-th iteration has a row; without it ten, and then nine for every power of ten.
    `head` is the line above the headers, `width` that of the terminal.
    """

    def __init__(
        self, write: Callable[[str], None], head: str, width: int, digits: int, every: int | None
    ) -> None:
        self.write = write
        self._head = head
        self._width = width
        self._digits = digits
        self._every = every
        self._last: Iterate | None = None
        self._before: float | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: Any) -> None:
        if self._last is not None:
            self._add(self._last)

    def begin(self, problem: Problem) -> None:
        """Lay the columns out, and write the head, with what it says of parameters left out."""
        self._sign = -1.0 if problem.maximize else 1.0
        labels = self._lay_out(problem)
        shown, size = len(labels), problem.size
        omission = f" ({shown or 'none'} of {size:,} parameters shown)" if shown < size else ""
        names = CONSTRAINED if problem.is_constrained else HEADERS
        headers = self._lines_of([*names, *labels, *map(derivative_label, labels)])
        head = textwrap.wrap(self._head + omission, self._width, break_on_hyphens=False)
        self._write_head("\n".join([*head, headers]))

    def _lay_out(self, problem: Problem) -> list[str]:
        """Choose the cells of each line of a row; returns the labels of parameters.

        A few parameters, and the gradient's components by them, go into lines of their own where
        they do not fit; of many only those are shown that do.
        """
        cell, small = max(self._digits + 6, 8), 9
        heads = [9, cell, small, 10, small, 9]
        while _taken(heads) > self._width and len(heads) > 2:
            heads.pop()  # a narrow terminal does without the last ones
        most = max(MOST_WRAPPED, self._width // (cell + 1))
        labels = [safe(label) for label in problem.first_labels(most)]
        wide = [max(cell, text_width(label)) for label in labels]
        steep = [max(cell, text_width(derivative_label(label))) for label in labels]
        few = problem.size <= MOST_WRAPPED
        wanted = [*wide, *steep] if few else wide
        if len(heads) == len(HEADERS):
            without = _taken([*heads[:-1], *wanted]) <= self._width < _taken([*heads, *wanted])
            if without or _taken([*heads, *wide]) > self._width:
                heads.pop()  # the panel has the evaluations; a parameter says more
        if not few:
            count = _fitting(wide, self._width - _taken(heads))
            count = count if count > 1 else _fitting(wide, self._width + 1)
            labels, wide, steep = labels[:count], wide[:count], []
        place = len(HEADERS)
        lines = [list(enumerate(heads))]
        for widths in (wide, steep):
            fits = _taken([w for _, w in lines[-1]] + widths) <= self._width
            for k, width in enumerate(widths, place):
                line = [w for _, w in lines[-1]]
                if (k == place and not fits) or _taken([*line, width]) > self._width:
                    lines.append([])
                lines[-1].append((k, width))
            place += len(widths)
        self._cells, self._count = lines, len(labels)
        return labels

    def _write_head(self, head: str) -> None:
        self.write(head)

    def next(self, iteration: int) -> int:
        """The next iteration with a row."""
        if self._every is None:
            return next_mark(iteration, 1)
        return -(-iteration // self._every) * self._every

    def see(self, it: Iterate) -> None:
        """Add a row, if the iterate has one."""
        self._last = it
        if self.next(it.iteration) == it.iteration:
            self._last = None
            self._add(it)

    def _add(self, it: Iterate) -> None:
        """Write a row; the change is that since the row before."""
        value = self._sign * it.value
        change = "" if self._before is None else f"{value - self._before:.2e}"
        change = change if it.violation is None else f"{it.violation:.2e}"
        self._before = value
        step = f"{it.step:.2e}" if it.iteration else ""
        gradient = self._sign * it.gradient[: self._count]
        numbers = [value, *it.point[: self._count].tolist(), *gradient.tolist()]
        first, *others = [f"{x:.{self._digits}g}" for x in numbers]
        head = [f"{it.iteration:,}", first, change, f"{it.norm:.2e}", step, f"{it.evaluations:,}"]
        self.write(self._lines_of([*head, *others]))

    def _lines_of(self, cells: Sequence[str]) -> str:
        """The lines of a row, all ending where the longest one does."""
        full = max(_taken([width for _, width in line]) for line in self._cells)
        text = ""
        for line in self._cells:
            padded = [
                " " * max(0, width - text_width(cells[k])) + cells[k]
                for k, width in line
                if k < len(cells)
            ]
            start = full - _taken([width for _, width in line]) if text else 0
            text += (" " * start + " ".join(padded)).rstrip() + "\n"
        return text


def norm_name(iterates: Sequence[Iterate]) -> str:
    """What the norms of iterates are of."""
    return "gradient norm" if iterates[0].violation is None else "KKT residual"


def derivative_label(label: str) -> str:
    """`df/dx`."""
    return f"df/d{label}"


def _taken(widths: Sequence[int]) -> int:
    """The columns that cells of these widths take, with a space between."""
    return sum(widths) + len(widths) - 1


def _fitting(widths: Sequence[int], room: int) -> int:
    """How many columns of these widths, each after a space, there is room for."""
    ends = accumulate(width + 1 for width in widths)
    return sum(end <= room for end in ends)


class TraceWatcher(TraceFile, Recorder):
    """A watcher that writes every iterate to a file."""

    _sign = 1.0

    def begin(self, problem: Problem) -> None:
        self._sign = -1.0 if problem.maximize else 1.0
        labels = [*problem.labels, *map(derivative_label, problem.labels)]
        columns = CONSTRAINED_ITERATE if problem.is_constrained else ITERATE
        self.open(columns, labels, problem.unflatten)

    def see(self, it: Iterate) -> None:
        violation = () if it.violation is None else (it.violation,)
        value = self._sign * it.value
        head = (it.iteration, value, *violation, it.norm, it.step, it.evaluations)
        self.add(Row(head, it.point.tolist(), (self._sign * it.gradient).tolist()))

    def see_many(self, iterates: Iterates) -> None:
        values = (self._sign * iterates.values).tolist()
        columns = zip(values, iterates.norms.tolist(), iterates.steps.tolist(), strict=True)
        points, gradients = iterates.points.tolist(), (self._sign * iterates.gradients).tolist()
        rows = zip(columns, points, gradients, strict=True)
        for k, (numbers, point, gradient) in enumerate(rows, iterates.first):
            self.add(Row((k, *numbers, k + 1), point, gradient))
