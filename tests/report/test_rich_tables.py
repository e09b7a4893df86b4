"""Tables that fit are drawn as rich draws them."""

from __future__ import annotations

import io
from itertools import product

import pytest
from rich.box import ROUNDED
from rich.console import Console
from rich.table import Table
from rich.text import Text

from adcli.report.rich_tables import RichTables

CELLS = ["", "1", "-2.5e-10", "温度", "x̂", "e\u0301", "a b", "2.0e+00  ", "🙂"]


def by_rich(headers: list[str], rows: list[tuple[str, ...]], texts: int) -> str:
    buffer = io.StringIO()
    table = Table(box=ROUNDED)
    for k, header in enumerate(headers):
        table.add_column(Text(header), justify="left" if k < texts else "right")
    for row in rows:
        table.add_row(*map(Text, row))
    Console(file=buffer, width=100, _environ={}).print(table)
    return buffer.getvalue()


@pytest.mark.parametrize("texts", [0, 1, 2])
@pytest.mark.parametrize("headers", [["row", "x", "df/dx"], ["", "温", "a long header"]])
def test_it_looks_the_same(headers, texts):
    rows = list(product(CELLS, CELLS[::-1], CELLS[:4]))
    tables = RichTables(100, False)
    tables.rows(headers, rows, limit=None, texts=texts)
    assert tables.text() == by_rich(headers, rows, texts)


def test_colour_marks_headers_and_labels():
    tables = RichTables(100, True)
    tables.rows(["row", "x"], [("1", "2")])
    assert "│ \x1b[1mrow\x1b[0m │ \x1b[1mx\x1b[0m │" in tables.text()
    assert "│ \x1b[36m1  \x1b[0m │ 2 │" in tables.text()
