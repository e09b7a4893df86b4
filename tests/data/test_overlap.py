"""Work by several threads: in order, with errors in their turn, and nothing left behind."""

from __future__ import annotations

import threading
import time
from contextlib import closing

import pytest

from adcli.data.overlap import Ahead, in_order
from adcli.errors import DataError

THREADS = [1, 2, 5]


@pytest.mark.parametrize("threads", THREADS)
def test_results_are_in_order(threads):
    def late(n: int) -> int:
        time.sleep(0.002 * (n % 3 == 0))
        return n * n

    assert list(in_order(late, range(50), threads)) == [(n, n * n) for n in range(50)]


def test_items_are_worked_on_at_the_same_time():
    both = threading.Barrier(2, timeout=10)
    assert len(list(in_order(lambda _: both.wait(), range(8), 2))) == 8


@pytest.mark.parametrize("threads", THREADS)
def test_few_items_are_held(threads):
    taken = []

    def items():
        for n in range(100):
            taken.append(n)
            yield n

    for done, _ in enumerate(in_order(str, items(), threads)):
        assert len(taken) <= done + 1 + (threads + 1 if threads > 1 else 0)


@pytest.mark.parametrize("threads", THREADS)
def test_an_error_of_work_comes_in_its_turn(threads):
    parts = in_order(lambda n: 1 / (n - 5), range(50), threads)
    assert [next(parts)[0] for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(ZeroDivisionError):
        next(parts)


@pytest.mark.parametrize("threads", THREADS)
def test_an_error_of_reading_comes_after_what_was_read(threads):
    def items():
        yield from range(3)
        raise DataError("row 4 is broken")

    parts = in_order(str, items(), threads)
    assert [next(parts)[0] for _ in range(3)] == [0, 1, 2]
    with pytest.raises(DataError, match="row 4"):
        next(parts)


@pytest.mark.parametrize("threads", THREADS)
def test_results_come_before_a_read_that_waits(threads):
    taken = []

    def items():
        for n in range(5):
            taken.append(n)
            yield n

    for item, _ in in_order(str, items(), threads, waits=lambda: True):
        assert taken[-1] == item


@pytest.mark.parametrize("threads", THREADS)
def test_no_thread_outlives_a_run_that_stops_early(threads):
    before = threading.active_count()
    with closing(in_order(lambda n: time.sleep(0.01), range(100), threads)) as parts:
        next(parts)
    assert threading.active_count() == before


def test_items_are_read_in_advance():
    read = []

    def items():
        for n in range(100):
            read.append(n)
            yield n

    with closing(Ahead(items(), 3)) as ahead:
        assert next(ahead) == 0
        time.sleep(0.05)
        assert 3 <= len(read) <= 5
        assert list(ahead) == list(range(1, 100))
        assert list(ahead) == []


def test_an_error_of_what_is_read_ahead_comes_in_its_turn():
    def items():
        yield from range(3)
        raise DataError("row 4 is broken")

    with closing(Ahead(items(), 10)) as ahead:
        assert [next(ahead) for _ in range(3)] == [0, 1, 2]
        for _ in range(2):
            with pytest.raises(DataError, match="row 4"):
                next(ahead)


def test_reading_ahead_ends_when_it_is_closed():
    read = []

    def items():
        for n in range(1000):
            time.sleep(0.001)
            read.append(n)
            yield n

    before = threading.active_count()
    with closing(Ahead(items(), 2)) as ahead:
        next(ahead)
    assert threading.active_count() == before
    assert len(read) < 10
