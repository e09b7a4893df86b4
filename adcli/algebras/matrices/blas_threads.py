"""How many threads LAPACK takes, where it is SciPy's OpenBLAS.

Its threads wait for each other in busy loops. A factorisation of a few hundred rows has them meet
so often that they gain little on an idle machine, and lose a hundredfold on one whose cores have
other work.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import scipy

ALONE_FROM, ALONE_BELOW = 50, 1200
"""Rows between which a factorisation would have several threads, and is not worth them."""

_LOCK = Lock()


@cache
def _library() -> Any | None:
    """The OpenBLAS that came with SciPy; None where that has another library."""
    folder = Path(scipy.__file__).parents[1] / "scipy.libs"
    for path in folder.glob("libscipy_openblas*"):
        library = ctypes.CDLL(str(path))
        if hasattr(library, "scipy_openblas_set_num_threads"):
            return library
    return None


def alone(rows: int) -> AbstractContextManager[None]:
    """Hold while factoring a matrix of so many rows: one thread, if it is a small one."""
    return _alone() if ALONE_FROM <= rows < ALONE_BELOW else nullcontext()


@contextmanager
def _alone() -> Iterator[None]:
    library = _library()
    if library is None:
        yield
        return
    with _LOCK:  # the number is one for the whole process
        before = library.scipy_openblas_get_num_threads()
        library.scipy_openblas_set_num_threads(1)
        try:
            yield
        finally:
            library.scipy_openblas_set_num_threads(before)
