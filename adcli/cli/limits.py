"""Limits of the system, as of `ulimit`: an error of ours, before a library ends the process.

Libraries in machine code that get no memory abort, call exit, or wait for a thread that is not
there. Under `ulimit -v` or `-d` they run on one thread each, which saves most of the memory they
ask for, and none is loaded where what is left does not do. What they need for the data nobody
knows: there the command runs in a process of its own, whose abort its parent puts into words.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from adcli.cli.interruption import SIGNALS
from adcli.data.room import limited_left

NEEDS = {"polars": 400 << 20, "scipy": 250 << 20, "llvmlite": 250 << 20, "numpy": 120 << 20}
"""Library -> bytes of addresses that it takes, with what it computes of a small table."""

FILES = 24
"""Files that must be allowed to be open, for polars and its threads."""

_ARENA_MAX = -8
"""M_ARENA_MAX of <malloc.h>: every thread would reserve 64 MiB of addresses for itself."""

INTERRUPTED = 130
_ABORTS = {signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGTRAP}
_WORDS = (b"memory", b"alloc")
"""What the last words of a library hold that got no memory."""


def heed_limits() -> bool:
    """Prepare for limits, where there are some. Called before anything large is imported.

    Whether memory is limited, so that the command should run in a process of its own.
    """
    try:
        import resource
    except ImportError:  # not on this system
        return False
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    is_limited = limited_left() is not None
    if is_limited:
        _be_frugal()
    if is_limited or 0 <= files < FILES:
        sys.meta_path.insert(0, _Guard(0 <= files < FILES))
    return is_limited and hasattr(signal, "sigwaitinfo")


def run_apart(run: Callable[[], int], tell: Callable[[], int]) -> int:
    """The exit code of `run` in a process of its own, or of `tell` where it got no memory.

    Both write their messages to another descriptor than 2: what a library writes there is passed on
    where memory is not what it is about. Unfinished outputs of a process that was aborted are
    removed here.
    """
    from adcli.data import output

    held = os.memfd_create("adcli") if hasattr(os, "memfd_create") else os.dup(2)
    names, announced = os.pipe()
    heeded = {n for n in SIGNALS if signal.getsignal(n) is not signal.SIG_IGN} | {signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, heeded)
    child = os.fork()
    if not child:
        code = 1
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, heeded)
            output.announce_to(announced)
            os.dup2(held, 2)
            code = run()
        except KeyboardInterrupt:
            code = INTERRUPTED
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(_wait(child, heeded))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, heeded)
    os.close(announced)
    output.remove_announced(names)
    words = b""
    with suppress(OSError):
        os.lseek(held, 0, os.SEEK_SET)
        words = os.read(held, 1 << 20)
    if -code in _ABORTS or (code == 1 and any(word in words.lower() for word in _WORDS)):
        return tell()
    with suppress(OSError):
        os.write(2, words)
    if code < 0:  # a signal ended it: end in the same way
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


def _wait(child: int, heeded: set[signal.Signals]) -> int:
    """The status of a child when it has ended. Signals that another process sends to this one go on
    to it; those of a terminal have reached it."""
    while True:
        came = signal.sigwaitinfo(heeded)
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        if came.si_signo != signal.SIGCHLD and came.si_code <= 0:
            os.kill(child, came.si_signo)


def _be_frugal() -> None:
    import ctypes

    for name in ("OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"):
        os.environ.setdefault(name, "1")
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENA_MAX, 1)


class _Guard:
    """An import finder that finds nothing, and refuses libraries that would not get their share."""

    def __init__(self, few_files: bool) -> None:
        self.few_files = few_files

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Raise MemoryError for one of NEEDS where less than that is left, OSError for polars where
        few files may be open."""
        if name in NEEDS:
            left = limited_left()
            if left is not None and left < NEEDS[name]:
                raise MemoryError
        if name == "polars" and self.few_files:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
