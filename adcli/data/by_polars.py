"""Reading by polars: whatever it makes of a damaged file is one error.

A bug of polars that such a file meets is a panic of Rust: a BaseException, and a text on
descriptor 2 before it. That descriptor belongs to the whole process. So it is held back
only where Python's own standard error is elsewhere (adcli's commands see to that) and only while
polars reads, and what others wrote there comes afterwards.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock

from adcli.errors import DataError


@contextmanager
def polars_reads(name: str, what: str) -> Iterator[None]:
    """Raise DataError where polars cannot read the file `name` as `what`, for whatever reason.

    MemoryError and an interruption stay what they are.
    """
    import polars as pl

    native = _STANDARD_ERROR
    native.hold()
    panicked = False
    try:
        yield
    except (pl.exceptions.PolarsError, OSError, ValueError, TypeError, OverflowError) as error:
        if _lacks_memory(error):
            raise MemoryError from None
        raise DataError(f"cannot read {name} as {what}: {_reason(error)}") from None
    except pl.exceptions.PanicException as error:
        if "KeyboardInterrupt" in str(error):  # polars called Python when it came
            raise
        panicked = True
        if _lacks_memory(error):
            raise MemoryError from None
        raise DataError(
            f"cannot read {name} as {what}: it is damaged ({_reason(error)})",
            "write the file again",
        ) from None
    finally:
        native.release(panicked)


def _lacks_memory(error: BaseException) -> bool:
    """Whether not a file but memory is to blame, or a thread, that the system refused."""
    text = str(error).lower()
    return any(words in text for words in ("os error 12", "allocate memory", "failed to spawn"))


def _reason(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


class _StandardError:
    """Descriptor 2, held back while at least one thread wants it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._holders = 0
        self._panicked = False
        self._kept: tuple[int, int] | None = None  # the true descriptor, and what is held

    def hold(self) -> None:
        """Hold back what is written there from now on, if that takes nothing from Python."""
        with self._lock:
            self._holders += 1
            if self._holders == 1 and _is_apart():
                with suppress(OSError):  # no descriptor is left, or it is closed
                    self._kept = _moved()

    def release(self, panicked: bool) -> None:
        """Restore the descriptor and pass on what was written; after a panic drop that."""
        with self._lock:
            self._holders -= 1
            self._panicked = self._panicked or panicked
            if self._holders or self._kept is None:
                return
            true, held = self._kept
            self._kept = None
            os.dup2(true, 2)
            if not self._panicked:
                with suppress(OSError):
                    os.lseek(held, 0, os.SEEK_SET)
                    while text := os.read(held, 1 << 16):
                        os.write(true, text)
            self._panicked = False
            os.close(true)
            os.close(held)


_STANDARD_ERROR = _StandardError()


def _is_apart() -> bool:
    """Whether Python's standard error does not go to descriptor 2."""
    try:
        return sys.stderr is None or sys.stderr.fileno() != 2
    except (OSError, AttributeError, ValueError):
        return True


def _moved() -> tuple[int, int]:
    """A copy of descriptor 2, and the file in memory that it leads to from now on."""
    if hasattr(os, "memfd_create"):
        held = os.memfd_create("adcli")
    else:
        import tempfile

        with tempfile.TemporaryFile() as file:
            held = os.dup(file.fileno())
    try:
        true = os.dup(2)
        os.dup2(held, 2)
    except OSError:
        os.close(held)
        raise
    return true, held
