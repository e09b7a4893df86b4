"""The axes of pictures: where numbers lie on them, and which are written."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

ROUNDED = 1e-9
"""A range that is a smaller part of its numbers is widened: rounding would be all it shows."""
WIDE = 10.0
"""Positive numbers that differ by this factor are shown on a logarithmic axis."""
FEW_DECADES = 300.0
"""Up to this factor an axis has more numbers than the powers of ten."""
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Scale:
    """An axis from `low` to `high`, logarithmic with `log` (both are positive then).

    `names` are written at 0, 1, ... where the numbers stand for texts; `whole` says that there is
    nothing between whole numbers.
    """

    low: float
    high: float
    log: bool = False
    names: tuple[str, ...] = ()
    whole: bool = False

    def parts(self, numbers: Any) -> Any:
        """Where numbers lie: 0 is `low`, 1 is `high`; nan where they lie nowhere."""
        numbers = np.asarray(numbers, dtype=float)
        with np.errstate(all="ignore"):
            if self.log:
                depth = np.where(numbers > 0, np.log10(numbers), np.nan)
                low, high = math.log10(self.low), math.log10(self.high)
                return (depth - low) / (high - low)
            half = self.high / 2 - self.low / 2  # the range itself may be beyond float64
            return (numbers / 2 - self.low / 2) / half

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """About `most` round numbers on the axis, each with its text."""
        if self.names:
            every = max(1, math.ceil(len(self.names) / most))
            return [(float(k), self.names[k]) for k in range(0, len(self.names), every)]
        found = [*(self._powers(most) if self.log else self._steps(most))]
        found = [(x, text) for x, text in found if x.is_integer() or not self.whole]
        return [(x, text) for x, text in found if self.low <= x <= self.high]

    def _steps(self, most: int) -> Iterator[tuple[float, str]]:
        """Multiples of 1, 2 or 5 times a power of ten."""
        rough = (self.high / 2 - self.low / 2) / most * 2
        power = math.floor(math.log10(rough))
        unit = next(u for u in (1, 2, 5, 10) if u * 10.0**power >= rough * 0.999)
        for k in range(math.ceil(self.low / unit / 10.0**power), 10**9):
            x = float(f"{k * unit}e{power}")
            if x > self.high:
                return
            yield x, _plain(x)

    def _powers(self, most: int) -> Iterator[tuple[float, str]]:
        """Powers of ten; 2 and 5 times them where there are few."""
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        every = next(n for n in (1, 2, 3, 5, 10, 20, 50, 100, 200) if n * most >= last - first)
        factors = (1, 2, 5) if self.high <= FEW_DECADES * self.low else (1,)
        plain = first >= -3 and last <= 5
        for power in range(first - first % every, last + 1, every):
            for factor in factors:
                x = float(f"{factor}e{power}")
                raised = f"10{str(power).translate(RAISED)}" if power else "1"
                yield x, _plain(x) if plain or factors[1:] else raised


def _plain(x: float) -> str:
    """A round number as people write it."""
    return f"{x:,.12g}" if 1e4 <= abs(x) < 1e7 else f"{x:.12g}"


def linear(numbers: Any, margin: float = 0.05) -> Scale:
    """A linear axis around the finite ones of some numbers."""
    finite = np.asarray(numbers, dtype=float)
    finite = finite[np.isfinite(finite)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    size = max(abs(low), abs(high))
    if high / 2 - low / 2 <= ROUNDED * size:
        low, high = low - (0.1 * size or 1.0), high + (0.1 * size or 1.0)
    most = np.finfo(float).max / 4
    reach = margin * (min(high, most) - max(low, -most))
    return Scale(max(low - reach, -most), min(high + reach, most))


def fitting(numbers: Any) -> Scale:
    """A logarithmic axis for positive numbers of different sizes, else a linear one."""
    finite = np.asarray(numbers, dtype=float)
    finite = finite[np.isfinite(finite)]
    if not finite.size or finite.min() <= 0 or finite.max() < WIDE * finite.min():
        return linear(numbers)
    low, high = math.log10(finite.min()), math.log10(finite.max())
    reach = 0.05 * (high - low)
    return Scale(10 ** max(low - reach, -323), 10 ** min(high + reach, 308), log=True)


def counting(last: int) -> Scale:
    """The axis of iterations or epochs up to `last`."""
    return Scale(-0.03 * max(last, 1), 1.03 * max(last, 1), whole=True)
