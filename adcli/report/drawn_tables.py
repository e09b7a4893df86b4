"""What reports draw for people: headings, tables and remarks, wherever they are shown."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

from adcli.language.messages import counted

MAX_COLUMNS = 60
"""Columns shown of one table; the rest is counted."""

MAX_ROWS = 60
"""Rows shown of one table; the rest is counted."""


class Tables(ABC):
    """Tables one under the other, `width` columns of text wide."""

    width: int

    @abstractmethod
    def heading(self, *lines: str) -> None:
        """Lines above a table."""

    @abstractmethod
    def note(self, text: str) -> None:
        """A line below a table."""

    @abstractmethod
    def panel(
        self,
        title: str,
        status: str,
        reason: str,
        lines: Iterable[str],
        warnings: Iterable[str] = (),
    ) -> None:
        """How a run ended and why, lines of figures, and warnings."""

    @abstractmethod
    def lines(self, *lines: str) -> None:
        """Lines as they are, whatever their length."""

    @abstractmethod
    def sentence(self, text: str) -> None:
        """Words that wrap."""

    @abstractmethod
    def rows(
        self,
        headers: Sequence[str],
        rows: Iterable[Sequence[str]],
        limit: int | None = MAX_ROWS,
        texts: int = 1,
        total: int | None = None,
    ) -> None:
        """A table of rows: the first column is a label, the others are numbers.

        The first `texts` columns are set to the left. Rows beyond `limit` and columns beyond
        MAX_COLUMNS are counted, not shown; of `total` rows only those shown are made.
        """

    @abstractmethod
    def words(self, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table of texts that wrap within their cells."""

    def more(self, count: int, what: str) -> None:
        """A note that so many are left out, if any."""
        if count > 0:
            self.note(f"... and {counted(count, f'more {what}')}")

    def matrix(
        self, rows: Sequence[str], columns: Sequence[str], cells: Sequence[Sequence[str]]
    ) -> None:
        """A matrix with labelled rows and columns."""
        self.rows(["", *columns], [(label, *row) for label, row in zip(rows, cells, strict=True)])
