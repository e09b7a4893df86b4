"""Work shared among threads: kernels and NumPy give Python's lock away while they compute.

Interruptions and handlers of signals, which may share work as well, come between any two steps. So
no thread waits for a lock that it may hold itself, what others work on lives as long as they do,
and whoever finds all others busy works alone.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from threading import Lock, Thread
from time import perf_counter
from typing import Any

SHORT, LONG = 5e-5, 2e-3
"""Seconds that a portion takes at least, long beside the time to take it; and at most, short for an
interruption that waits."""

WORTH_WAKING = 2e-4
"""Seconds of work that are worth waking a thread for."""

Portions = Iterator[tuple[int, int]]
Work = Callable[[int, Portions], None]
"""(number of the thread, its portions): does the numbers from the first to before the second of
each, which come until none is left."""


def available_cores() -> int:
    """The processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def in_parallel(work: Work, count: int, threads: int, at_once: bool = False) -> None:
    """Have up to so many threads do the numbers 0, ..., count - 1, each number once.

    The calling thread is the first; it asks others when its first number has shown that the
    work is WORTH_WAKING them, or `at_once`. One that has not begun when nothing is left has nothing
    to do. An interruption ends the work at the next portion of each thread.
    """
    numbers = _Shares(count, max(1, min(threads, count)))
    calls = [_Call(partial(work, k, numbers.portions())) for k in range(1, numbers.threads)]
    if at_once:
        _helpers().ask(calls)

    def ask() -> None:
        if not at_once and numbers.seconds_left() > WORTH_WAKING:
            _helpers().ask(calls)

    try:
        work(0, numbers.portions(ask))
    finally:
        numbers.close()
    for call in calls:
        call.end()


class _Shares:
    """The numbers 0, ..., count - 1 for threads that take portions of them when they are free.

    A portion is a fair share of what is left, so that all end at about the same time (guided
    self-scheduling: Polychronopoulos and Kuck, IEEE Trans. Comput. C-36 (1987) 1425-1439), within
    SHORT and LONG.
    """

    def __init__(self, count: int, threads: int) -> None:
        self.threads = threads
        self._count = count
        self._next = 0
        self._lock = Lock()
        self._each = LONG  # seconds that a number takes, as far as known

    def portions(self, then: Callable[[], None] = lambda: None) -> Portions:
        """The portions of a thread, which calls `then` after its first one."""
        while True:
            least, most = max(1, int(SHORT / self._each)), max(1, int(LONG / self._each))
            with self._lock:
                begin = self._next
                share = (self._count - begin) // self.threads
                end = self._next = min(self._count, begin + max(least, min(share, most)))
            if begin == end:
                return
            start = perf_counter()
            yield begin, end
            self._each = max(1e-9, perf_counter() - start) / (end - begin)
            then()
            then = _nothing

    def seconds_left(self) -> float:
        """About how long the rest takes one thread."""
        return self._each * (self._count - self._next)

    def close(self) -> None:
        """Leave nothing for those who ask later."""
        with self._lock:
            self._count = self._next


def _nothing() -> None:
    pass


class _Call:
    """Work that is done by whoever takes it out first."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._waiting = [work]
        self._error: BaseException | None = None
        self._ended = Lock()
        self._ended.acquire()

    def begin(self) -> None:
        """Do it, unless it was taken back."""
        try:
            work = self._waiting.pop()
        except IndexError:
            return
        try:
            work()
        except BaseException as error:
            self._error = error
        del work  # and all that it holds, before the caller goes on
        self._ended.release()

    def end(self) -> None:
        """Take it back, or wait for it; raises what it raised."""
        try:
            self._waiting.pop()
        except IndexError:
            self._ended.acquire()
        if self._error is not None:
            raise self._error


class _Helpers:
    """The threads beside those that call; they wait for work."""

    def __init__(self) -> None:
        from queue import SimpleQueue

        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._threads: list[Thread] = []
        self._growing = Lock()
        self._kept_off: int | None = None

    def ask(self, calls: Sequence[_Call]) -> None:
        """Have each done by a thread that is free."""
        if len(self._threads) < len(calls) and self._growing.acquire(blocking=False):
            try:
                self._grow(len(calls))
            finally:
                self._growing.release()
        self._keep_off()
        for call in calls:
            self._calls.put(call)

    def _grow(self, count: int) -> None:
        if not self._threads:
            atexit.register(self._leave)
        while len(self._threads) < count:
            name = f"adcli-{len(self._threads) + 1}"
            thread = Thread(target=self._stay, name=name, daemon=True)
            try:
                thread.start()
            except RuntimeError:  # there are too many, or the process ends: fewer do it as well
                return
            self._threads.append(thread)
            self._kept_off = None

    def _stay(self) -> None:
        """The life of a thread."""
        while (call := self._calls.get()) is not None:
            call.begin()

    def _keep_off(self) -> None:
        """Have the threads wake on other processors than the one that this thread runs on.

        Schedulers like to put a thread beside the one that wakes it, which it then waits for.
        """
        here = _processor()
        if here is None or here == self._kept_off:
            return
        self._kept_off = here
        elsewhere = os.sched_getaffinity(0) - {here}
        try:
            for thread in self._threads:
                if elsewhere and thread.native_id is not None:
                    os.sched_setaffinity(thread.native_id, elsewhere)
        except OSError:  # not allowed: it was for speed alone
            self._kept_off = None

    def _leave(self) -> None:
        """End the threads, each after the work it does: machine code is not there for them when
        the process ends. Who shares work later does it alone."""
        for _ in self._threads:
            self._calls.put(None)
        for thread in self._threads:
            thread.join(1.0)


@cache
def _helpers() -> _Helpers:
    return _Helpers()


if hasattr(os, "register_at_fork"):  # a child process has none of its parent's threads
    os.register_at_fork(after_in_child=_helpers.cache_clear)


@cache
def _processor_function() -> Any:
    """The C library's function that says on which processor a thread runs; None without one."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    import ctypes

    return getattr(ctypes.CDLL(None), "sched_getcpu", None)


def _processor() -> int | None:
    function = _processor_function()
    return None if function is None else int(function())
