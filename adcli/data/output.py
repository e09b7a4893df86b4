"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import io
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, cast

from adcli.data.outlet import Outlet, outlet_of
from adcli.errors import DataError, UsageError

_OS_ERROR = re.compile(r"\(os error (\d+)\)")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def atomic_output(
    path: str | os.PathLike[str] | None, *, stdout: BinaryIO | None = None, sync: bool = False
) -> Iterator[BinaryIO]:
    """A binary file to write to, which takes its place at `path` when the block ends well.

    The bytes go to a file of random name in the same folder. At the end of the block it gets the
    mode of the file it replaces (or the one any new file would get) and is renamed; after an
    exception, KeyboardInterrupt included, it is removed and what was at `path` stays. A symbolic
    link stays, its target is replaced. A device or a pipe is written directly, and a reader who
    leaves it is no error (see `Outlet`). `None` and "-" mean the stream `stdout`, which is flushed
    and left open. With `sync` the bytes reach the disk before the rename.

    Raises DataError, which names the path, where the file cannot be written, and UsageError for a
    folder, or one that is not there.
    """
    if path is None or os.fspath(path) == "-":
        if stdout is None:
            raise UsageError("no stream to write to was given", "name a file")
        yield stdout
        stdout.flush()
        return
    name = os.fspath(path)
    if not name:
        raise UsageError("the output's name is empty", "-o FILE; '-' is standard output")
    if _is_direct(name):
        with _blaming(name):
            outlet = Outlet(name, "w")
        with io.BufferedWriter(outlet) as stream:
            yield stream
        if outlet.lost is not None and outlet.lost.errno != errno.EPIPE:
            raise DataError(f"cannot write {name}: {outlet.lost.strerror}")
        return
    with _replacing(name, sync) as stream:
        yield stream


def extension(path: str | os.PathLike[str]) -> str:
    """The end of a file's name in small letters, without its dot."""
    return os.path.splitext(os.fspath(path))[1].removeprefix(".").lower()


class _NotYet(Exception):
    """Ends a block before anything is written."""


def check_output(path: str | os.PathLike[str]) -> None:
    """Raise now what `atomic_output` would raise for a file that cannot be written."""
    name = os.fspath(path)
    if name == "-" or _is_direct(name):
        return  # a pipe may be opened once
    with suppress(_NotYet), atomic_output(path):
        raise _NotYet


@contextmanager
def _replacing(name: str, sync: bool) -> Iterator[BinaryIO]:
    try:
        target = os.path.realpath(name)
    except OSError as error:  # the working folder is gone
        raise DataError(f"cannot write {name}: {error.strerror}") from None
    if os.path.exists(target) and not os.access(target, os.W_OK):
        raise DataError(f"cannot write {name}: it is read-only", "name another file")
    folder, base = os.path.split(target)
    temporary = os.path.join(folder, f".{base[:60]}.{os.urandom(6).hex()}.tmp")
    _unfinished.add(temporary)  # before it is there: a signal may come at any moment
    for descriptor in _listeners:
        os.write(descriptor, os.fsencode(temporary) + b"\0")
    try:
        with _blaming(name):
            with _create(name, temporary) as stream:
                yield stream
                stream.flush()
                if sync:
                    os.fsync(stream.fileno())
            with suppress(FileNotFoundError):
                os.chmod(temporary, stat.S_IMODE(os.stat(target).st_mode))
            os.replace(temporary, target)
    except BaseException:
        _remove(temporary)
        raise
    _unfinished.discard(temporary)


_unfinished: set[str] = set()
"""Temporary files that are there now, or may be."""


def _remove(temporary: str) -> None:
    with suppress(OSError):
        os.unlink(temporary)
    _unfinished.discard(temporary)


def remove_unfinished() -> None:
    """Remove what is left of outputs when the process ends: their blocks may have been broken off
    by a second signal."""
    for temporary in list(_unfinished):
        _remove(temporary)


_listeners: list[int] = []


def announce_to(descriptor: int) -> None:
    """Write the names of temporary files to a descriptor from now on, each before it is there."""
    _listeners.append(descriptor)


def remove_announced(descriptor: int) -> None:
    """Remove the files whose names a process wrote that was aborted; those it renamed are gone."""
    with open(descriptor, "rb") as names:
        for name in names.read().split(b"\0")[:-1]:
            _remove(os.fsdecode(name))


@contextmanager
def refused_to_polars(stream: BinaryIO | None = None) -> Iterator[None]:
    """Raise as OSError what the operating system refused and polars puts into words; an outlet
    notes it."""
    import polars as pl

    try:
        yield
    except (pl.exceptions.PolarsError, OSError) as error:
        number = _OS_ERROR.search(str(error))
        if number is not None:
            refusal = OSError(int(number[1]), os.strerror(int(number[1])))
            outlet = outlet_of(stream)
            if outlet is None:
                raise refusal from None
            outlet.lost = refusal
            return
        if isinstance(error, OSError):
            raise
        raise DataError(f"cannot write the results: {error}") from None


def _is_direct(name: str) -> bool:
    """Whether `name` is something to write into rather than to replace."""
    if name.startswith(("/dev/", "/proc/")):
        return True
    try:
        mode = os.stat(name).st_mode
    except OSError:
        return False
    if stat.S_ISDIR(mode):
        raise UsageError(f"cannot write {name}: it is a folder", "name a file in it")
    return not stat.S_ISREG(mode)


def _create(name: str, temporary: str) -> BinaryIO:
    """A new empty file beside the output `name`, with the mode that the umask leaves."""
    flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0)
    shown = os.path.dirname(name) or os.path.dirname(temporary)
    try:
        descriptor = os.open(temporary, flags, 0o666)
    except FileNotFoundError:
        raise UsageError(f"cannot write {name}: there is no folder {shown}", "make it") from None
    except OSError as error:
        raise DataError(f"cannot write {name}: folder {shown}: {error.strerror}") from None
    return cast(BinaryIO, os.fdopen(descriptor, "wb"))


@contextmanager
def _blaming(name: str) -> Iterator[None]:
    """Say which file it was when the disk is full or a file cannot be opened or renamed."""
    try:
        yield
    except OSError as error:
        names = {os.fspath(x) for x in (error.filename, error.filename2) if isinstance(x, str)}
        folder = os.path.dirname(os.path.realpath(name))
        ours = any(x == name or os.path.dirname(x) == folder for x in names)
        if not ours and error.errno not in _FULL:
            raise
        raise DataError(f"cannot write {name}: {error.strerror}") from error
