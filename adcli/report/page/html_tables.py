"""Tables and remarks as HTML: what every report draws for people, on a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from adcli.report.drawn_tables import MAX_COLUMNS, MAX_ROWS, Tables
from adcli.report.page.markup import Markup, join, tag


class HtmlTables(Tables):
    """What a report's `draw` writes, as HTML.

    `row_attributes` are those of the rows of the next table, by the number of the row.
    """

    width = 100

    def __init__(self) -> None:
        self._parts: list[Markup] = []
        self.row_attributes: dict[int, dict[str, str]] = {}

    def markup(self) -> Markup:
        """All that was written."""
        return join(*self._parts)

    def put(self, part: Markup) -> None:
        """Add what is no table."""
        self._parts.append(part)

    def heading(self, *lines: str) -> None:
        self._parts += [tag("h3", line) for line in lines[:MAX_ROWS]]

    def note(self, text: str) -> None:
        self._parts.append(tag("p", text, class_="note"))

    def sentence(self, text: str) -> None:
        self._parts.append(tag("p", text))

    def lines(self, *lines: str) -> None:
        self._parts.append(tag("pre", "\n".join(lines)))

    def panel(
        self,
        title: str,
        status: str,
        reason: str,
        lines: Iterable[str],
        warnings: Iterable[str] = (),
    ) -> None:
        head = tag("p", tag("strong", f"{status.replace('_', ' ')}: "), reason)
        found = [tag("li", line) for line in lines]
        found += [tag("li", f"warning: {warning}", class_="warning") for warning in warnings]
        body = tag("ul", *found)
        self._parts.append(
            tag("section", tag("h3", title), head, body, class_="status", data_status=status)
        )

    def rows(
        self,
        headers: Sequence[str],
        rows: Iterable[Sequence[str]],
        limit: int | None = MAX_ROWS,
        texts: int = 1,
        total: int | None = None,
    ) -> None:
        shown = list(rows) if total is None else list(islice(rows, limit))
        count = len(shown) if total is None else total
        extra = len(headers) - MAX_COLUMNS
        found = []
        for k, row in enumerate(shown[:limit]):
            cells = row[:MAX_COLUMNS]
            found.append(table_row(cells, texts, **self.row_attributes.get(k, {})))
        self._parts.append(table(headers[:MAX_COLUMNS], found, texts))
        self.row_attributes = {}
        if count > len(found):
            self.note(f"... and {count - len(found):,} more rows")
        if extra > 0:
            self.note(f"... and {extra:,} more columns")

    def words(self, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self.rows(headers, rows, None, len(headers))


def table(
    headers: Sequence[str],
    rows: Sequence[Markup],
    texts: int = 1,
    caption: str = "",
    **attributes: str,
) -> Markup:
    """A table that scrolls by itself where it is too wide; the first `texts` columns are texts."""
    head = [
        tag("th", header, scope="col", class_=None if k < texts else "number")
        for k, header in enumerate(headers)
    ]
    title = tag("caption", caption) if caption else ""
    body = tag("table", title, tag("thead", tag("tr", *head)), tag("tbody", *rows), **attributes)
    return scrolling(body, caption or "table")


def scrolling(body: str, label: str) -> Markup:
    """What scrolls by itself where it is too wide, by keyboard too."""
    return tag("div", body, class_="scroll", tabindex=0, role="region", aria_label=label)


def table_row(cells: Sequence[str], texts: int = 1, **attributes: str) -> Markup:
    """A row, which its first cell names."""
    found = [tag("th", cells[0], scope="row")] if cells else []
    for k, cell in enumerate(cells[1:], 1):
        found.append(tag("td", cell, class_=None if k < texts else "number"))
    return tag("tr", *found, **attributes)
