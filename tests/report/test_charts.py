"""Charts of characters: what is drawn where, and nothing beyond the width."""

from __future__ import annotations

import math

import pytest

from adcli.report.charts import BOTH, log_log_chart


def cells(lines: list[str]) -> list[str]:
    """The plotting area, without the axes."""
    return [line[line.index(edge) + 1 :] for line in lines for edge in "┤│" if edge in line]


def test_a_line_of_slope_one_goes_from_corner_to_corner() -> None:
    points = [(10.0**-k, 10.0**-k) for k in range(9)]
    area = cells(log_log_chart({"o": points}, 60, "x", "y"))
    assert area[0][0] == "o"
    assert area[-1][-1] == "o"
    assert len(area[-1]) > 50
    assert sum(row.count("o") for row in area) == 9


def test_marks_that_meet_and_marks_that_stay() -> None:
    series = {"o": [(1.0, 1.0), (0.1, 0.1)], "x": [(1.0, 1.0)], "X": [(0.1, 0.1)]}
    area = cells(log_log_chart(series, 40, "x", "y"))
    assert area[0][0] == BOTH
    assert area[-1][-1] == "X"


def test_zero_lies_on_the_lower_edge_and_what_is_not_finite_nowhere() -> None:
    points = [(1.0, 1.0), (0.1, 0.0), (0.01, math.nan), (0.001, math.inf), (0.0001, -1.0)]
    area = cells(log_log_chart({"o": points}, 40, "x", "y"))
    assert area[-1].endswith("o")
    assert sum(row.count("o") for row in area) == 2


@pytest.mark.parametrize("points", [[], [(1.0, math.nan)], [(0.0, 1.0)], [(1.0, 0.0)]])
def test_without_a_point_there_is_no_chart(points: list[tuple[float, float]]) -> None:
    assert log_log_chart({"o": points}, 40, "x", "y") == []


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_the_width_is_kept(width: int) -> None:
    points = [(10.0**-k, 10.0 ** (-2 * k)) for k in range(-3, 150)]
    lines = log_log_chart({"o": points}, width, "epsilon", "error", {"-": 1e-200})
    assert max(map(len, lines)) <= width
    assert any("-" * 5 in line for line in lines)
