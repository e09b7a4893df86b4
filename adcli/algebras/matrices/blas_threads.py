"""How many threads the OpenBLAS of NumPy and that of SciPy take.

Threads of a factorisation wait for each other in busy loops: one of a few hundred rows has them
meet so often that they gain little on an idle machine, and lose a hundredfold on one whose cores
have other work. Those of a product add up long columns in as many portions as there are threads, so
that its last digits depend on them.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import RLock
from typing import Any, NamedTuple

ALONE_FROM, ALONE_BELOW = 50, 1200
"""Rows between which a factorisation would have several threads, and is not worth them."""

LONG = 10_000
"""Numbers of vectors up to which OpenBLAS has one thread for their products anyway."""


class _ThreadCount(NamedTuple):
    """The number of threads of a library, one for the whole process."""

    get: Callable[[], int]
    put: Callable[[int], object]
    lock: Any


@cache
def _count_of(package: str) -> _ThreadCount | None:
    """That of the OpenBLAS that came with NumPy or SciPy; None where it has another library."""
    folder = Path(str(import_module(package).__file__)).parents[1] / f"{package}.libs"
    for path in folder.glob("libscipy_openblas*"):
        library = ctypes.CDLL(str(path))
        for end in ("", "64_"):
            if hasattr(library, f"scipy_openblas_set_num_threads{end}"):
                get, put = (f"scipy_openblas_{x}_num_threads{end}" for x in ("get", "set"))
                return _ThreadCount(getattr(library, get), getattr(library, put), RLock())
    return None


def alone(rows: int) -> AbstractContextManager[None]:
    """Hold while factoring a matrix of so many rows: one thread, if it is a small one."""
    return _single("scipy") if ALONE_FROM <= rows < ALONE_BELOW else nullcontext()


def strips_alone() -> AbstractContextManager[None]:
    """Hold while SciPy factors many rows of few columns, a strip at a time."""
    return _single("scipy")


def products_alone() -> AbstractContextManager[None]:
    """Hold while NumPy multiplies matrices: the last digits are then those of one thread."""
    return _single("numpy")


def vectors_alone(numbers: int, package: str = "numpy") -> AbstractContextManager[None]:
    """Hold while NumPy, or SciPy, multiplies vectors of so many numbers, which wait for memory, and
    not for another thread."""
    return _single(package) if numbers > LONG else nullcontext()


@contextmanager
def _single(package: str) -> Iterator[None]:
    count = _count_of(package)
    if count is None:
        yield
        return
    with count.lock:
        before = count.get()
        count.put(1)
        try:
            yield
        finally:
            count.put(before)
