"""Threads that share numbers: each is done once, by whoever is free, and nobody stays at work."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from threading import Event, Thread, Timer, current_thread, main_thread
from time import sleep

import pytest

from adcli.engines import threads
from adcli.engines.threads import Portions, _Shares, in_parallel


@pytest.fixture(autouse=True)
def helpers(monkeypatch: pytest.MonkeyPatch) -> Iterator[threads._Helpers]:
    found = threads._Helpers()
    monkeypatch.setattr(threads, "_helpers", lambda: found)
    yield found
    found._leave()


def share(count: int, body: Callable[[int], object], among: int = 3) -> list[tuple[int, int]]:
    """Do the numbers one by one; which were done, and by which thread."""
    done = []

    def work(thread: int, portions: Portions) -> None:
        for begin, end in portions:
            for k in range(begin, end):
                done.append((k, thread))
                body(k)

    in_parallel(work, count, among, at_once=True)
    return done


@pytest.mark.parametrize("count", [0, 1, 2, 7, 64, 1001])
@pytest.mark.parametrize("among", [1, 2, 3])
def test_every_number_is_done_once(count: int, among: int) -> None:
    for _ in range(20):
        done = share(count, lambda k: None, among)
        assert sorted(k for k, _ in done) == list(range(count))
        assert {thread for _, thread in done} <= set(range(min(among, max(1, count))))


@pytest.mark.parametrize("among", [1, 2, 4])
def test_portions_leave_others_their_share(monkeypatch: pytest.MonkeyPatch, among: int) -> None:
    monkeypatch.setattr(threads, "SHORT", 0.0)
    monkeypatch.setattr(threads, "LONG", 1e9)
    begin = 0
    for portion in _Shares(10**6, among).portions():
        assert portion[0] == begin
        size, begin = portion[1] - begin, portion[1]
        assert size == (max(1, (10**6 - portion[0]) // among) if portion[0] else 1)
    assert begin == 10**6


def test_portions_are_neither_short_nor_long() -> None:
    quick = [end - begin for begin, end in _Shares(1000, 8).portions()]
    assert quick[0] == 1
    assert len(quick) < 100
    slow = []
    for begin, end in _Shares(6, 1).portions():
        slow.append(end - begin)
        sleep(threads.LONG)
    assert slow == [1] * 6


def test_nobody_is_woken_for_little_work(helpers: threads._Helpers) -> None:
    for seconds, count in ((0.0, 100), (2 * threads.WORTH_WAKING, 3)):
        assert not helpers._threads

        def work(thread: int, portions: Portions, seconds: float = seconds) -> None:
            for begin, end in portions:
                if seconds:
                    sleep(seconds * (end - begin))

        in_parallel(work, count, 3)
    assert helpers._threads


def test_others_take_portions_while_one_is_at_work() -> None:
    for _ in range(5):
        names: set[str] = set()
        here = Event()

        def body(k: int, names: set[str] = names, here: Event = here) -> None:
            names.add(current_thread().name)
            if len(names) == 3:
                here.set()
            assert here.wait(10)

        share(100, body)
        assert len(names) == 3


def test_who_finds_all_others_busy_works_alone() -> None:
    """Also in the middle of work, as a handler of signals does."""
    inner: list[list[tuple[int, int]]] = []
    busy, over = Event(), Event()

    def wait(k: int) -> None:
        if current_thread() is main_thread():
            assert busy.wait(10)
            inner.append(share(10, lambda k: None, 2))
            over.set()
        else:
            busy.set()
            assert over.wait(10)

    outer = share(2, wait, 2)
    assert sorted(k for k, _ in outer) == [0, 1]
    assert inner == [[(k, 0) for k in range(10)]]


def test_an_error_of_a_thread_is_raised() -> None:
    def fail_elsewhere(k: int) -> None:
        sleep(0.01)
        if current_thread() is not main_thread():
            raise MemoryError("no room")

    with pytest.raises(MemoryError, match="no room"):
        share(100, fail_elsewhere)


def test_an_interruption_ends_the_work_of_all_threads() -> None:
    usleep = getattr(ctypes.CDLL(None), "usleep", None)
    if usleep is None:
        pytest.skip("the C library has no usleep")
    done: list[int] = []
    timer = Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        share(1_000_000, lambda k: (usleep(1000), done.append(k)))
    assert len(done) < 500_000
    timer.join()
    sleep(0.05)
    so_far = len(done)
    sleep(0.05)
    assert len(done) == so_far
    assert len(share(10, lambda k: None)) == 10


def test_what_is_worked_on_is_let_go() -> None:
    class Arrays:
        pass

    for _ in range(50):
        arrays = Arrays()
        share(100, lambda k, arrays=arrays: sleep(0))
        gone = weakref.ref(arrays)
        del arrays
        assert gone() is None


def test_fewer_threads_do_it_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    start = Thread.start

    def refuse(thread: Thread) -> None:
        if thread.name == "adcli-2":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(Thread, "start", refuse)
    assert len(share(100, lambda k: None, 4)) == 100


def test_threads_end(helpers: threads._Helpers) -> None:
    share(100, lambda k: sleep(0))
    helpers._leave()
    assert helpers._threads
    assert not any(thread.is_alive() for thread in helpers._threads)
    assert len(share(10, lambda k: None)) == 10  # alone


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_process_has_threads_of_its_own() -> None:
    code = """
import os, sys
from adcli.engines.threads import in_parallel
def total():
    found = []
    def work(thread, portions):
        found.extend(end - begin for begin, end in portions)
    in_parallel(work, 1000, 2, at_once=True)
    return sum(found)
assert total() == 1000
child = os.fork()
if not child:
    sys.exit(0 if total() == 1000 else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
