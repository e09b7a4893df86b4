"""Results of large arrays: texts in pieces, the same as in one, with memory for a piece alone."""

from __future__ import annotations

import math
import tracemalloc
from typing import Any

import numpy as np
import pytest
from mpmath import mpf

import adcli
from adcli.ad.tasks import Task
from adcli.report import numbers
from adcli.report.numbers import joined, json_pieces, nested, to_json
from adcli.report.point_report import PointReport
from adcli.report.rendering import rendered

VALUES: list[Any] = [
    1.5,
    {"a": 1, "é": {"b": [1.0, math.inf]}},
    np.arange(9.0),
    np.arange(4.0),
    np.arange(24.0).reshape(2, 3, 4),
    np.arange(24.0).reshape(12, 2),
    np.arange(24.0).reshape(2, 12),
    np.zeros((0,)),
    np.zeros((5, 0)),
    np.array([1.0, math.nan, -math.inf, 2.0, 3.0, -0.0]),
    [np.arange(6.0), 2.0, np.array(3.0)],
    {"v": np.arange(7.0), "w": [[1.0, 2.0], [3.0, 4.0]]},
]


@pytest.mark.parametrize("block", [1, 4, 5, 1000])
@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_pieces_of_json_are_the_whole(
    value: Any, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numbers, "BLOCK", block)

    def lists(value: Any) -> Any:
        return {k: lists(v) for k, v in value.items()} if isinstance(value, dict) else nested(value)

    assert "".join(json_pieces(value)) == to_json(lists(value))


def test_pieces_of_many_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers, "BLOCK", 2)
    value = {"v": np.array([mpf(1) / 2, mpf(3), mpf("0.25")], dtype=object)}
    assert "".join(json_pieces(value, 20)) == to_json({"v": value["v"].tolist()}, 20)


@pytest.mark.parametrize("texts", [[], [""], ["", ""], ["a"], ["a", "b", "c", "d", "e"]])
def test_joined_texts(texts: list[str]) -> None:
    for size in (1, 2, 3, 10):
        assert "".join(joined(texts, ", ", size)) == ", ".join(texts)


def report(count: int) -> PointReport:
    """The gradient of a sum of many numbers."""
    point = {"v": np.arange(float(count))}
    found = adcli.function("sum(v^2)").at(point, Task("gradient", wrt=["v"]))
    return PointReport(point, dict(found.fields()), found.task, False)


@pytest.mark.parametrize("form", ["json", "csv", "plain", "table"])
def test_texts_take_memory_for_a_piece(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers, "BLOCK", 200)
    monkeypatch.setattr(joined, "__defaults__", (200,))
    short, long = report(10), report(20_000)
    "".join(rendered(short, form))  # imports
    tracemalloc.start()
    size = sum(map(len, rendered(long, form)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > (1000 if form == "table" else 150_000)
    assert peak < 150_000


def test_a_range_takes_no_memory_but_its_own() -> None:
    f = adcli.function("sum(range(100000))")
    f.value({})
    tracemalloc.start()
    assert f.value({}) == 100_000 * 99_999 / 2
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * 8 * 100_000


@pytest.mark.parametrize("engine", ["numpy", "mpmath"])
@pytest.mark.parametrize("text", ["range(5)", "range(2, 9, 3)", "range(5, 0, -2)", "range(3, 3)"])
def test_ranges(text: str, engine: str) -> None:
    (bounds,) = [tuple(map(int, text[6:-1].split(",")))]
    values = adcli.function(text).value({}, engine=engine)
    assert [float(x) for x in values] == [float(n) for n in range(*bounds)]
