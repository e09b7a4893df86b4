"""A sweep over learning rates: the best one, what is said of the others, and wrong use."""

from __future__ import annotations

from typing import Any

import pytest

import adcli
from adcli.descent.rate_sweep import spread_rates
from adcli.errors import UsageError
from adcli.report.descent import DescentReport
from adcli.report.learning_rates import rate_lines
from tests.texts import record_of, text_of

BOWL, START = "x^2 + 10y^2", {"x": 5.0, "y": 1.0}
"""The largest curvature is 20: gradient descent diverges above 0.1, and is fastest below."""


@pytest.mark.parametrize(
    ("options", "rates", "best", "lines"),
    [
        ({}, [0.001, 0.03, 0.3], 0.03, ["too large: from the rate 0.3 on"]),
        (
            {"max_iterations": 500},
            [1e-4, 0.001, 0.03, 0.3],
            0.03,
            ["too large: from the rate 0.3 on", "too small: from the rate 0.001 down"],
        ),
        ({}, [0.01, 0.02], 0.02, ["the best rate is the largest of those tried"]),
        ({"method": "adam"}, [0.01, 0.3], 0.3, ["the best rate is the largest"]),
        ({"method": "momentum"}, [0.3, 0.01], 0.01, ["too large: from the rate 0.3 on"]),
        ({}, [20.0, 10.0], 10.0, ["too large: it diverges at all"]),
        ({}, [0.03], 0.03, []),
    ],
)
def test_the_best_rate(
    options: dict[str, Any], rates: list[float], best: float, lines: list[str]
) -> None:
    result = adcli.descend(BOWL, START, rates=rates, **options)
    assert result.rate == best
    assert [rate for rate, _ in result.rates] == rates
    alone = adcli.descend(BOWL, START, rate=best, **options)
    assert (result.point, result.status, result.iterations) == (
        alone.point,
        alone.status,
        alone.iterations,
    )
    said = rate_lines(result)
    assert len(said) >= len(lines)
    assert all(any(text.startswith(line) for text in said) for line in lines), said


def test_the_highest_value_counts_where_that_is_asked_for() -> None:
    result = adcli.descend("x*exp(-x)", {"x": 3.0}, rates=[1e-3, 1.0], maximize=True)
    assert result.rate == 1.0
    assert result.value == pytest.approx(0.36787944117144233)


def test_all_formats_have_all_rates() -> None:
    result = adcli.descend(BOWL, START, rates=[0.01, 0.03])
    record = record_of(DescentReport(result))
    assert record["rate"] == 0.03
    assert [row["iterations"] for row in record["rates"]] == [r.iterations for _, r in result.rates]
    head, *rows = text_of(DescentReport(result), "csv").splitlines()
    assert head == "rate,status,value,gradient_norm,iterations,evaluations"
    assert [row.split(",")[:2] for row in rows] == [["0.01", "converged"], ["0.03", "converged"]]


def test_time_is_shared() -> None:
    result = adcli.descend(BOWL, START, rates=[1e-9] * 50, max_iterations=10**9, max_seconds=0.01)
    assert len(result.rates) < 50
    assert "the time limit left" in result.reason


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rates": [0.1, -1.0]}, "the rate is -1"),
        ({"rates": [0.1], "rate": 0.2}, "another rate"),
        ({"rates": [0.1], "starts": 3}, "one start"),
        ({"rates": [0.1], "method": "newton"}, "takes no rate"),
        ({"rates": ["fast"]}, "a rate"),
    ],
)
def test_wrong_use(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        adcli.descend(BOWL, START, **options)


@pytest.mark.parametrize("ends", [(0.0, 1.0, 3), (1.0, float("inf"), 3), (1.0, 2.0, 1)])
def test_wrong_ranges(ends: tuple[float, float, int]) -> None:
    with pytest.raises(UsageError):
        spread_rates(*ends)


VALLEY, UPHILL = "(1 - x)^2 + 100(y - x^2)^2", {"x": -1.2, "y": 1.0}


@pytest.mark.parametrize(
    ("text", "start", "method", "word", "better"),
    [
        (VALLEY, UPHILL, "adagrad", "seems too small", 1.0),
        (VALLEY, UPHILL, "rmsprop", "is too large to settle", 0.001),
        (VALLEY, UPHILL, "adadelta", "is too large to settle", 0.1),
        ("x^2*1e5 + y^2", {"x": 3.0, "y": 1000.0}, "adam", "seems too small", 1.0),
        ("sum(v^2)", {"v": [50.0, -900.0]}, "lion", "seems too small", 1.0),
    ],
)
def test_a_default_rate_says_what_is_wrong_with_it(
    text: str, start: dict[str, Any], method: str, word: str, better: float
) -> None:
    default = adcli.descend(text, start, method=method, max_iterations=3000)
    assert f"the default rate of {method}, {word}" in default.reason
    other = adcli.descend(text, start, method=method, rate=better, max_iterations=3000)
    assert other.value < default.value
    assert "default" not in other.reason
