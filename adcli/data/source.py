"""The bytes of files, pipes and compressed files."""

from __future__ import annotations

import io
import os
import select
import stat
from collections.abc import Callable
from contextlib import ExitStack
from typing import BinaryIO, cast

from adcli.errors import DataError, UsageError

READ_BYTES = 1 << 21
_PATIENCE = 0.1  # seconds that a reader waits for more from a pipe before it passes on what it has


class Source:
    """A stream of bytes, read in pieces and never sought, that knows how far it has come."""

    def __init__(
        self, name: str, stream: BinaryIO, total: int | None, tell: Callable[[], int] | None = None
    ) -> None:
        self.name = name
        self.total = total
        self.ended = False
        self._stream = stream
        self._tell = tell
        self._count = 0
        self._ahead = b""
        self._pipe = _pipe_descriptor(stream)

    @property
    def done(self) -> int:
        """Bytes of the file (compressed ones, if it is) that have been read."""
        return self._tell() if self._tell else self._count

    def peek(self, size: int) -> bytes:
        """What comes next, up to `size` bytes, without taking it."""
        while len(self._ahead) < size and not self.ended:
            self._ahead += self._read(size - len(self._ahead))
        return self._ahead[:size]

    def read(self, size: int) -> bytes:
        """About `size` bytes: fewer at the end, or when a pipe has whole lines and then pauses."""
        pieces = [self._ahead[:size]] if self._ahead else []
        length = sum(map(len, pieces))
        self._ahead = self._ahead[size:]
        while length < size and not self.ended and not (length and self._pauses(pieces[-1])):
            pieces.append(self._read(size - length))
            length += len(pieces[-1])
        return b"".join(pieces)  # which copies nothing if there is one piece

    @property
    def waits(self) -> bool:
        """Whether the next read would wait for a pipe."""
        return not (self._ahead or self.ended or self._is_ready(0))

    def _read(self, size: int) -> bytes:
        try:
            if self._pipe is None:
                data = self._stream.read(size)
            else:
                data = cast(io.BufferedReader, self._stream).read1(size)
        except (OSError, EOFError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise DataError(f"cannot read {self.name}: {reason}") from None
        except Exception as error:
            if type(error).__module__ == "zlib":
                raise DataError(f"cannot read {self.name}: broken gzip data: {error}") from None
            raise
        self.ended = not data
        self._count += len(data)
        return data

    def _pauses(self, last: bytes) -> bool:
        return last.endswith(b"\n") and not self._is_ready(_PATIENCE)

    def _is_ready(self, patience: float) -> bool:
        """Whether there is something to read within so many seconds."""
        return self._pipe is None or bool(select.select([self._pipe], [], [], patience)[0])


def _pipe_descriptor(stream: BinaryIO) -> int | None:
    """The descriptor to wait for, if the stream is a pipe, a socket or a terminal."""
    try:
        descriptor = stream.fileno()
        mode = os.fstat(descriptor).st_mode
    except (OSError, AttributeError, ValueError):
        return None
    waits = stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISCHR(mode)
    return descriptor if waits and os.name == "posix" and hasattr(stream, "read1") else None


def is_packed(path: str) -> bool:
    """Whether a name says that the file is compressed."""
    return path.lower().endswith(".gz")


def open_source(path: str, stdin: BinaryIO | None, stack: ExitStack) -> Source:
    """A file, unpacked if its name ends in .gz, or `stdin` for "-"; the stack closes it."""
    if path == "-":
        if stdin is None:
            raise UsageError("no standard input was given", "name a file of points")
        return Source("standard input", stdin, None)
    try:
        raw = stack.enter_context(open(path, "rb"))  # noqa: SIM115
    except FileNotFoundError:
        raise UsageError(f"there is no file '{path}'", "--points FILE holds points") from None
    except IsADirectoryError:
        raise UsageError(f"'{path}' is a folder", "name a file of points") from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    status = os.fstat(raw.fileno())
    total = status.st_size if stat.S_ISREG(status.st_mode) else None
    if not is_packed(path):
        return Source(path, raw, total)
    import gzip

    unpacked = stack.enter_context(gzip.open(raw))  # noqa: SIM115
    return Source(path, cast(BinaryIO, unpacked), total, raw.tell)


def seekable_path(path: str, source: Source, stack: ExitStack) -> str:
    """A path from which Parquet can be read in any order: the file, or a copy of the pipe."""
    if source.total is not None and not is_packed(path):
        return path
    import tempfile

    spool = stack.enter_context(tempfile.NamedTemporaryFile(suffix=".parquet"))  # noqa: SIM115
    while data := source.read(READ_BYTES):
        spool.write(data)
    spool.flush()
    return spool.name
