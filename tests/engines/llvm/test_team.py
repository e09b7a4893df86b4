"""Threads that share chunks: each is done once, by whoever is free, and nobody stays at work."""

from __future__ import annotations

import ctypes
import os
import signal
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from threading import Event, Thread, Timer, current_thread, get_ident, main_thread
from time import perf_counter, sleep

import pytest

from adcli.engines.llvm.machine import host
from adcli.engines.llvm.team import Team, Work

Kernel = ctypes.CFUNCTYPE(ctypes.c_double, *[ctypes.c_int64] * 2, *[ctypes.c_void_p] * 4)
Body = Callable[[int, int, int, int], float]
"""(begin, end, out, scratch) -> what the kernel returns."""


@pytest.fixture
def team() -> Iterator[Team]:
    found = Team(3, host())
    yield found
    found.leave()


def share(team: Team, rows: int, step: int, body: Body) -> float | None:
    def call(begin: int, end: int, columns: int, shared: int, out: int, scratch: int) -> float:
        assert (columns, shared) == (111, 222)
        return body(begin, end, out, scratch)

    kernel = Kernel(call)
    address = ctypes.cast(kernel, ctypes.c_void_p).value
    assert address
    work = Work(address, rows, step, 111, 222, out=1000, out_step=24, scratch=5)
    return team.share(work, kernel)


def note(
    calls: list[tuple[int, int, int]],
    scratches: dict[str, set[int]],
    begin: int,
    end: int,
    out: int,
    scratch: int,
) -> float:
    calls.append((begin, end, out))
    scratches.setdefault(current_thread().name, set()).add(scratch)
    return float(end - begin)


@pytest.mark.parametrize(("rows", "step"), [(1, 1), (1000, 1), (1001, 8), (7, 8), (64, 8)])
def test_every_row_is_done_once(team: Team, rows: int, step: int) -> None:
    for _ in range(20):
        calls: list[tuple[int, int, int]] = []
        scratches: dict[str, set[int]] = {}

        assert share(team, rows, step, partial(note, calls, scratches)) == rows
        starts = enumerate(range(0, rows, step))
        assert sorted(calls) == [(b, min(rows, b + step), 1000 + 24 * k) for k, b in starts]
        places = [scratch for own in scratches.values() for scratch in own]
        assert len(places) == len(set(places)) == len(scratches)
        assert all(a % 64 == 0 for a in places)


def test_others_take_chunks_while_one_is_at_work(team: Team) -> None:
    names: set[str] = set()
    here = Event()

    def body(begin: int, end: int, out: int, scratch: int) -> float:
        names.add(current_thread().name)
        if len(names) == 3:
            here.set()
        assert here.wait(10)
        return 0.0

    share(team, 100, 1, body)
    assert len(names) == 3


def test_sleepers_wake(team: Team) -> None:
    for _ in range(5):
        sleep(0.02)
        test_others_take_chunks_while_one_is_at_work(team)


def test_a_team_at_work_takes_nothing_else(team: Team) -> None:
    nested: list[float | None] = []
    busy = Event()

    def other() -> None:
        assert busy.wait(10)
        nested.append(share(team, 10, 1, lambda *_: 1.0))

    thread = Thread(target=other)
    thread.start()

    def body(begin: int, end: int, out: int, scratch: int) -> float:
        busy.set()
        if current_thread() is main_thread():
            thread.join(10)
        return 1.0

    assert share(team, 4, 1, body) == 4.0
    assert nested == [None]


def test_work_in_the_middle_of_work_goes_first(team: Team) -> None:
    """As that of a handler of signals: what it interrupted is told, and is done again, alone."""
    nested: list[float | None] = []

    def body(begin: int, end: int, out: int, scratch: int) -> float:
        if current_thread() is main_thread() and not nested:
            nested.append(share(team, 10, 1, lambda *_: 1.0))
        return 1.0

    outer = share(team, 1000, 1, body)
    assert (outer, nested) == (None, [10.0])
    assert share(team, 10, 1, lambda *_: 1.0) == 10.0


def test_a_team_that_was_left_in_the_middle_is_used_again(team: Team) -> None:
    """An interruption may come between any two steps: here after the others were told."""
    kernel = Kernel(lambda *_: sleep(0.01) or 1.0)
    address = ctypes.cast(kernel, ctypes.c_void_p).value
    assert address
    token = next(team._tokens)
    team._enter(team._address, token, get_ident())
    team._begin(Work(address, 10_000, 1, 0, 0, 0, 0, 0), kernel, token)
    assert team._held
    assert share(team, 10, 1, lambda *_: 1.0) == 10.0
    assert not team._held
    assert not team._drain(team._address, token, 1)


def test_an_interruption_ends_the_work_of_all_threads(team: Team) -> None:
    """The kernel is the C library's usleep(begin), in which no Python can take the signal."""
    usleep = getattr(ctypes.CDLL(None), "usleep", None)
    if usleep is None:
        pytest.skip("the C library has no usleep")
    address = ctypes.cast(usleep, ctypes.c_void_p).value
    assert address
    minutes = Work(
        address, rows=1_000_000, step=1, columns=0, shared=0, out=0, out_step=0, scratch=1
    )
    timer = Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    begin = perf_counter()
    with pytest.raises(KeyboardInterrupt):
        team.share(minutes, None)
    assert perf_counter() - begin < 5
    timer.join()
    assert share(team, 10, 1, lambda *_: 1.0) == 10.0


def test_what_is_held_is_let_go(team: Team) -> None:
    class Arrays:
        pass

    arrays = Arrays()
    kernel = Kernel(lambda *_: 1.0)
    address = ctypes.cast(kernel, ctypes.c_void_p).value
    assert address
    work = Work(address, 10, 1, columns=0, shared=0, out=0, out_step=0, scratch=0)
    assert team.share(work, arrays) == 10.0
    gone = weakref.ref(arrays)
    del arrays
    assert gone() is None


def test_a_team_makes_do_with_fewer_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    start = Thread.start

    def refuse(thread: Thread) -> None:
        if thread.name == "adcli-2":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(Thread, "start", refuse)
    found = Team(4, host())
    assert share(found, 100, 1, lambda *_: 1.0) == 100.0
    found.leave()


def test_a_team_ends() -> None:
    found = Team(3, host())
    assert share(found, 10, 1, lambda *_: 1.0) == 10.0
    found.leave()
    assert not any(thread.is_alive() for thread in found._threads)
    assert share(found, 10, 1, lambda *_: 1.0) == 10.0  # alone
