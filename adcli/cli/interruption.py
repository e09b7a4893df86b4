"""Ctrl-C, SIGTERM and a terminal that closes: an end in good order."""

from __future__ import annotations

import _thread
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

SIGNALS = [
    signal.Signals[name]
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if name in signal.Signals.__members__  # Windows has no SIGHUP
]

SAME = 0.2
"""Seconds in which a signal that comes again is the same one: sent to all processes of a group, and
passed on by one of them."""

came: list[int] = []
"""The signals that came. What they meet, the making of a class or an extension module, may fail
with an error of its own."""


def settle() -> None:
    """Let the signals raise KeyboardInterrupt, which takes back what is half written.

    One that is ignored, as nohup and jobs in the background have it, stays ignored: it is blocked,
    as polars puts a handler of its own into the place of one that ignores SIGINT.
    """
    sys.unraisablehook = _pass_on
    if hasattr(signal, "pthread_sigmask"):
        ignored = [number for number in SIGNALS if signal.getsignal(number) is signal.SIG_IGN]
        signal.pthread_sigmask(signal.SIG_BLOCK, ignored)
    for number in SIGNALS:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _raise)


def _raise(number: int, frame: Any) -> None:
    came.append(number)
    signal.default_int_handler(number, frame)


def _pass_on(unraisable: Any) -> None:
    """Ctrl-C within an extension module that cannot raise it: raise it as soon as Python runs."""
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        from threading import Timer

        # Not now: it would be raised in here, where nobody can take it either.
        timer = Timer(0.01, _thread.interrupt_main)
        timer.daemon = True
        timer.start()
    else:
        sys.__unraisablehook__(unraisable)


@contextmanager
def interruption() -> Iterator[Callable[[], bool]]:
    """Whether a signal came, for commands that end by themselves: the first one is noted, a second
    ends at once."""
    import threading

    # A list: an Event takes a lock, for which a handler that interrupts a handler waits for ever.
    noted: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: bool(noted)
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    before = {number: h for number, h in before.items() if h is not signal.SIG_IGN}

    def note(number: int, frame: Any) -> None:
        noted.append(number)
        first = time.monotonic()

        def end(number: int, frame: Any) -> None:
            if time.monotonic() - first > SAME:
                _raise(number, frame)

        for each in before:
            signal.signal(each, end)

    for number in before:
        signal.signal(number, note)
    try:
        yield lambda: bool(noted)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
