"""What is seen of a descent: live rows, panels, charts."""

from __future__ import annotations

import io
import re
import time
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from adcli.descent.monitor import next_mark
from adcli.descent.run import descend
from adcli.report.charts import braille_curve, chart
from adcli.report.descent import DescentReport
from adcli.report.descent_rows import PlainTable
from adcli.report.live_descent import LiveTable, duration
from tests.texts import text_of

ROSENBROCK = "(1 - x)^2 + 100(y - x^2)^2"
START = {"x": -1.2, "y": 1.0}


def test_a_live_table_writes_rows_and_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(10**6))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))  # a picture each time
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=100, height=30, _environ={})
    with LiveTable(console, 500, "the head", 100, 6, None) as table:
        descend(ROSENBROCK, START, rate=1e-3, max_iterations=500, watchers=[table])
    text = stream.getvalue()
    assert "the head" in text
    assert "of at most 500" in text
    assert re.search(r"of at most 500, [0-9.]+/s, [0-9]+ s left", text)
    rows = [line for line in text.splitlines() if "\x1b[36m" in line]
    assert len(rows) == 10 + 9 + 5


@pytest.mark.parametrize(
    ("height", "maximize", "title"),
    [(30, False, "value:"), (30, True, "value below the best:"), (12, False, None)],
)
def test_a_live_table_draws_the_curve_so_far(
    monkeypatch: pytest.MonkeyPatch, height: int, maximize: bool, title: str | None
) -> None:
    clock = iter(range(10**6))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=80, height=height, _environ={})
    program = f"{'-' * maximize}({ROSENBROCK})"
    limits: dict[str, Any] = {"rate": 1e-3, "max_iterations": 50, "maximize": maximize}
    with LiveTable(console, 50, "", 80, 6, None, seconds=9.0, plots=True) as table:
        descend(program, START, watchers=[table], **limits)
    text = stream.getvalue()
    assert ("\u28c0" in text) == (title is not None), "dots of a curve"
    assert title is None or title in text
    assert " 0 s left" in text, "the time limit comes first"


def test_times_in_words() -> None:
    assert [duration(x) for x in (0.2, 59.9, 3599, 7300)] == [
        *("0 s", "1 min 0 s", "59 min 59 s", "2 h 1 min"),
    ]


def test_both_tables_write_the_same_rows() -> None:
    written: list[str] = []
    stream = io.StringIO()
    console = Console(file=stream, width=100, _environ={})
    with (
        PlainTable(written.append, "the head", 100, 6, 20) as plain,
        LiveTable(console, 500, "the head", 100, 6, 20) as live,
    ):
        descend(ROSENBROCK, START, rate=1e-3, max_iterations=50, watchers=[plain, live])
    assert "".join(written) == stream.getvalue().replace("\n\n", "\n")
    assert len(written) == 1 + 3 + 1


def test_a_run_that_is_refused_writes_nothing() -> None:
    written: list[str] = []
    with (
        pytest.raises(Exception, match="hold no number"),
        PlainTable(written.append, "the head", 100, 6, None) as plain,
    ):
        descend(ROSENBROCK, START, bounds={"x": (1, 0)}, watchers=[plain])
    assert written == []


def test_a_panel_of_many_numbers_is_short() -> None:
    result = descend("sum((v - 1)^2)", {"v": np.zeros((500, 400))})
    text = text_of(DescentReport(result), "table")
    assert "v[0,11] = 1" in text
    assert "and 199,988 more" in text
    assert len(text.splitlines()) < 20


def test_names_that_steer_a_terminal_are_shown_harmless() -> None:
    result = descend("`a\x1b[31mb`^2", {"a\x1b[31mb": 1.0})
    assert "\x1b" not in text_of(DescentReport(result), "table")
    assert "\x1b" not in text_of(DescentReport(result), "json")


@pytest.mark.parametrize("digits", [1, 2])
def test_marks_have_few_digits(digits: int) -> None:
    for k in range(3000):
        mark = next_mark(k, digits)
        assert mark >= k
        assert len(str(mark).rstrip("0")) <= digits
        assert not any(len(str(j).rstrip("0")) <= digits for j in range(max(k, 1), mark))


def test_curves_of_dots() -> None:
    assert braille_curve([(0, 0), (1, 1)], 2, 1, (0, 1, 0, 1)) == ["⡠⠊"]
    assert braille_curve([(0.5, 0.5)], 1, 1, (0, 1, 0, 1)) == ["⠄"]
    curve: Any = [(float(k), 10.0 ** (-k / 7)) for k in range(50)]
    lines = chart("value", curve, 60)
    assert lines[0] == "value:"
    assert lines[1].startswith(" 1e0 │")
    assert max(map(len, lines)) <= 60
