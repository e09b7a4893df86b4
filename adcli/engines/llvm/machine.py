"""The machine that code is made for: its vectors, and the mathematical functions it can call.

Nothing is assumed: the width comes from the processor's features, and a function is called only if
the library that should have it exports its name.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from adcli.errors import UsageError

VECTOR_LIBRARY = "libmvec.so.1"
"""Vector functions of the GNU C library (x86-64, from glibc 2.22 on)."""


@dataclass(eq=False)
class Machine:
    """A processor and its libraries.

    lanes     float64 numbers in a vector register
    isa       the letter of the vector ABI for these registers ("" if it has none)
    triple, cpu, features   what LLVM calls them
    fused     whether it multiplies and adds in one instruction
    """

    lanes: int
    isa: str
    triple: str
    cpu: str
    features: str
    fused: bool = False
    vector_math: bool = True
    _addresses: dict[str, int | None] = field(default_factory=dict)

    def vector_function(self, name: str, inputs: int) -> str | None:
        """The symbol of a function on whole vectors, if the vector library exports it.

        Names follow the x86-64 vector function ABI: _ZGV, the registers, N (unmasked), the lanes,
        a v for each vector argument.
        """
        if not (self.vector_math and self.isa and self.lanes > 1):
            return None
        symbol = f"_ZGV{self.isa}N{self.lanes}{'v' * inputs}_{name}"
        return symbol if self._find(symbol, VECTOR_LIBRARY) else None

    def c_function(self, name: str) -> str | None:
        """The symbol of a function in the C library, if it exports it."""
        return name if self._find(name, *_c_libraries()) else None

    def address(self, symbol: str) -> int:
        """Where a symbol that was found is in memory."""
        address = self._addresses[symbol]
        assert address is not None
        return address

    def _find(self, symbol: str, *libraries: str | None) -> bool:
        if symbol not in self._addresses:
            self._addresses[symbol] = next(_addresses(symbol, libraries), None)
        return self._addresses[symbol] is not None


def _addresses(symbol: str, libraries: Iterable[str | None]) -> Iterator[int]:
    for name in libraries:
        library = _library(name)
        if library is not None and hasattr(library, symbol):
            address = ctypes.cast(getattr(library, symbol), ctypes.c_void_p).value
            if address:
                yield address


@cache
def _library(name: str | None) -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(name)
    except OSError:
        return None


@cache
def _c_libraries() -> tuple[str | None, ...]:
    return "libm.so.6", ctypes.util.find_library("m") or "msvcrt"


@cache
def host() -> Machine:
    """The machine that this process runs on. Raises UsageError without llvmlite."""
    binding = load_llvm()
    features = binding.get_host_cpu_features()
    triple, cpu = binding.get_process_triple(), binding.get_host_cpu_name()
    lanes, isa = 2, ""
    if triple.startswith(("x86_64", "amd64")):
        if features.get("avx512f") and features.get("avx512dq"):
            lanes, isa = 8, "e"
        elif features.get("avx2"):
            lanes, isa = 4, "d"
        else:
            lanes, isa = 2, "b"
    return Machine(lanes, isa, triple, cpu, features.flatten(), bool(features.get("fma")))


@cache
def load_llvm() -> Any:
    """The module llvmlite.binding, ready to compile. Raises UsageError where it is not there."""
    try:
        import llvmlite.binding as binding
    except (ImportError, OSError) as error:
        raise UsageError(
            f"the engine 'llvm' cannot start: {error}", "pip install llvmlite, or leave it out"
        ) from None
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding
