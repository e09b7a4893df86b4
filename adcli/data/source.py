"""The bytes of files, pipes and compressed files, and text cut into chunks of whole lines."""

from __future__ import annotations

import io
import os
import select
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO, cast

from adcli.errors import DataError, UsageError, closest

READ_BYTES = 1 << 21
_SIGNATURES = [
    (b"PAR1", "this looks like Parquet: --points-format parquet"),
    (b"\x1f\x8b", "this is compressed: unpack it, or name the file with .gz at the end"),
    (b"PK\x03\x04", "this is a spreadsheet or a zip archive: export it as CSV"),
    (b"\xff\xfe", "this looks like UTF-16: save it with the encoding UTF-8"),
    (b"\xfe\xff", "this looks like UTF-16: save it with the encoding UTF-8"),
]
BOM = b"\xef\xbb\xbf"
SMALL_BYTES = 1 << 16
"""A file up to this size meets neither NumPy nor polars: importing them takes longer."""
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


def open_file(path: str, purpose: str) -> BinaryIO:
    """A file that an option names, to read its bytes.

    Raises UsageError for one that is not there, or a folder, and DataError for one that cannot be
    read. `purpose` says which option it is and what the file holds, or what writes it.
    """
    with _refusing(path, purpose):
        return open(path, "rb")


def read_file(path: str, purpose: str, most: int) -> bytes:
    """The first bytes of a file, at most so many. Raises what `open_file` does."""
    with _refusing(path, purpose), open(path, "rb") as file:
        return file.read(most)


@contextmanager
def _refusing(path: str, purpose: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        near = _near_names(path)
        hint = f"{purpose}; did you mean '{near[0]}'?" if near else purpose
        raise UsageError(f"there is no file '{path}'", hint) from None
    except IsADirectoryError:
        raise UsageError(f"'{path}' is a folder", "name a file") from None
    except (OSError, ValueError) as error:
        reason = str(getattr(error, "strerror", None) or error).lower()
        raise DataError(f"cannot read '{path}': {reason}") from None


def _near_names(path: str) -> list[str]:
    """The files of the same folder whose names, without extensions, are nearest."""
    folder, name = os.path.split(path)
    with suppress(OSError):
        beside = sorted(os.listdir(folder or "."))
        stem = closest(name.partition(".")[0], [other.partition(".")[0] for other in beside])
        return [os.path.join(folder, x) for x in beside if stem and x.partition(".")[0] == stem]
    return []


def is_packed(path: str) -> bool:
    """Whether a name says that the file is compressed."""
    return path.lower().endswith(".gz")


def open_source(path: str, stdin: BinaryIO | None, stack: ExitStack) -> Source:
    """A file, unpacked if its name ends in .gz, or `stdin` for "-"; the stack closes it."""
    if path == "-":
        if stdin is None:
            raise UsageError("no standard input was given", "name a file")
        return Source("standard input", stdin, None)
    raw = stack.enter_context(open_file(path, "--points FILE holds points"))
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


@dataclass
class Chunk:
    """Whole lines of a file: the bytes, the 1-based line they start on, their byte offset, whether
    they are the last ones."""

    data: bytes
    line: int
    offset: int
    last: bool

    @cached_property
    def lines(self) -> int:
        """The number of lines; the last one may lack its end."""
        return self.data.count(b"\n") + (not self.data.endswith(b"\n"))

    def text(self, name: str) -> str:
        """The lines as text; DataError, which names the byte, if they are not UTF-8."""
        try:
            return self.data.decode()
        except UnicodeDecodeError as error:
            line = self.line + self.data.count(b"\n", 0, error.start)
            raise DataError(
                f"{name} is not UTF-8 text: byte {self.offset + error.start + 1}, line {line}",
                "save it with the encoding UTF-8",
            ) from None


def read_chunks(
    source: Source, block_bytes: int, first_bytes: int | None = None
) -> Iterator[Chunk]:
    """The file cut after line ends into chunks of about `block_bytes`, checked to be text.

    The first chunk has about `first_bytes`, if there is a number.
    """
    for signature, hint in _SIGNATURES:
        if source.peek(4).startswith(signature):
            raise DataError(f"{source.name} is not a text file", hint)
    offset, line, rest, size = 0, 1, b"", first_bytes or block_bytes
    if source.peek(3) == BOM:
        source.read(3)
        offset = 3
    while True:
        pieces: list[bytes | memoryview] = [rest]
        last = False
        while not last:
            piece = source.read(size)
            size = block_bytes
            last = source.ended
            if b"\0" in piece:
                place = offset + sum(map(len, pieces)) + piece.index(b"\0") + 1
                raise DataError(
                    f"{source.name} has a NUL byte at byte {place}", "is it a text file in UTF-8?"
                )
            cut = piece.rfind(b"\n") + 1
            if cut and not last:
                pieces.append(memoryview(piece)[:cut])
                rest = piece[cut:]
                break
            pieces.append(piece)
        chunk = Chunk(b"".join(pieces), line, offset, last)
        if chunk.data:
            yield chunk
        if last:
            return
        offset += len(chunk.data)
        line += chunk.lines
