"""Work shared among threads: kernels and NumPy give Python's lock away while they compute.

Interruptions and handlers of signals, which may share work as well, come between any two steps. So
no thread waits for a lock that it may hold itself, what others work on lives as long as they do,
and whoever finds all others busy works alone.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from threading import Lock, Thread
from time import perf_counter

SHORT, LONG = 5e-5, 2e-3
"""Seconds that a portion takes at least, long beside the time to take it; and at most, short for an
interruption that waits."""


class Portions:
    """The numbers 0, ..., count - 1 for `threads` threads, in portions (begin, end): each thread
    that iterates takes the next one when it is free.

    A portion is a part of a thread's fair share of what is left, so that all end at about the same
    time (guided self-scheduling: Polychronopoulos and Kuck, IEEE Trans. Comput. C-36 (1987)
    1425-1439); the first tells how many numbers take SHORT and LONG.
    """

    def __init__(self, count: int, threads: int) -> None:
        self.threads = max(1, min(threads, count))
        self._count = count
        self._next = 0
        self._lock = Lock()

    def __iter__(self) -> Iterator[tuple[int, int]]:
        least = most = 1
        while True:
            with self._lock:
                begin = self._next
                share = (self._count - begin) // (2 * self.threads)
                end = self._next = min(self._count, begin + max(least, min(share, most)))
            if begin == end:
                return
            start = perf_counter()
            yield begin, end
            each = max(1e-9, perf_counter() - start) / (end - begin)
            least, most = max(1, int(SHORT / each)), max(1, int(LONG / each))

    def close(self) -> None:
        """Leave nothing for those who ask later."""
        with self._lock:
            self._count = self._next


def in_parallel(work: Callable[[int], None], portions: Portions) -> None:
    """work(0), work(1), ... at once, each of which iterates over the portions.

    The calling thread does the first. Another that has not begun when that ends has nothing to do.
    An interruption ends the work at the next portion of each thread.
    """
    calls = [_Call(work, k) for k in range(1, portions.threads)]
    if calls:
        _helpers.ask(calls)
    try:
        work(0)
    finally:
        portions.close()
    for call in calls:
        call.end()


class _Call:
    """work(k), done by whoever takes it out first."""

    def __init__(self, work: Callable[[int], None], k: int) -> None:
        self._waiting = [partial(work, k)]
        self._done: Future[None] = Future()

    def begin(self) -> None:
        """Do it, unless it was taken back."""
        try:
            work = self._waiting.pop()
        except IndexError:
            return
        error: BaseException | None = None
        try:
            work()
        except BaseException as found:
            error = found
        del work  # and all that it holds, before the caller goes on
        if error is None:
            self._done.set_result(None)
        else:
            self._done.set_exception(error)

    def end(self) -> None:
        """Take it back, or wait for it; raises what it raised."""
        try:
            self._waiting.pop()
        except IndexError:
            self._done.result()


class _Helpers:
    """The threads beside those that call; they wait for work."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._threads: list[Thread] = []
        self._growing = Lock()

    def ask(self, calls: Sequence[_Call]) -> None:
        """Have each done by a thread that is free."""
        if len(self._threads) < len(calls) and self._growing.acquire(blocking=False):
            try:
                self._grow(len(calls))
            finally:
                self._growing.release()
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

    def _stay(self) -> None:
        """The life of a thread."""
        while (call := self._calls.get()) is not None:
            call.begin()

    def _leave(self) -> None:
        """End the threads, each after the work it does: machine code is not there for them when
        the process ends. Who shares work later does it alone."""
        for _ in self._threads:
            self._calls.put(None)
        for thread in self._threads:
            thread.join(1.0)


_helpers = _Helpers()


def _forget_helpers() -> None:
    """A child process has none of its parent's threads, nor those that held a lock."""
    global _helpers
    _helpers = _Helpers()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_helpers)
