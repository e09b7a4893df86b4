"""The benchmarks by name, and what one of them reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """How to measure: `runs` of each process, small sizes if `quick`, files under `folder`."""

    runs: int
    quick: bool
    folder: Path

    def size(self, full: int) -> int:
        """The size of a problem: a hundredth if it shall be quick."""
        return max(10, full // 100) if self.quick else full


@dataclass(frozen=True)
class Row:
    """One number: what was measured, in which unit, and the limit that it must not exceed.

    A row without a value was not measured; `note` says why.
    """

    what: str
    value: float | None
    unit: str = "x"
    limit: float | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the limit holds; None where there is none or nothing was measured."""
        if self.value is None or self.limit is None:
            return None
        return self.value <= self.limit


Measure = Callable[[Settings], Iterator[Row]]
BENCHMARKS: dict[str, Measure] = {}
"""Name -> the function that measures; its docstring says what."""


def benchmark(name: str) -> Callable[[Measure], Measure]:
    """Put a function into the table of benchmarks."""

    def register(measure: Measure) -> Measure:
        if name in BENCHMARKS:
            raise ValueError(f"{name} is in the table already")
        BENCHMARKS[name] = measure
        return measure

    return register


def has(peer: str) -> bool:
    """Whether a peer is installed, without importing it."""
    return find_spec(peer) is not None


def skipped(what: str, peer: str, limit: float | None = None) -> Row:
    """The row of a comparison with a peer that is not installed."""
    return Row(what, None, limit=limit, note=f"{peer} is not installed: pip install '.[bench]'")
