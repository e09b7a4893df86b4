"""One descent for each of several learning rates: which reaches the least value, in how many steps.

The best rate of a method lies below the one from which it diverges, often by less than a factor of
10; so rates are tried on a logarithmic scale (Bengio, Practical recommendations for gradient-based
training of deep architectures, 2012, section 3.1).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from adcli.descent.minimise import Result
from adcli.descent.stopping import Limits, Status
from adcli.errors import UsageError

MOST_RATES = 1000
AS_GOOD = 1e-6
"""A value that is above the least by no more than this part of the way down is as good."""


def spread_rates(first: float, last: float, count: int) -> list[float]:
    """Rates from the first to the last, evenly spaced on a logarithmic axis.

    >>> spread_rates(0.001, 1, 4)
    [0.001, 0.01, 0.1, 1.0]
    """
    if not (0 < first < math.inf and 0 < last < math.inf):
        raise UsageError("a rate is a positive number", "for example 1e-4:1:9")
    if not 2 <= count <= MOST_RATES:
        raise UsageError(f"{count:,} rates", f"ask for 2 to {MOST_RATES:,}")
    return [float(f"{rate:.6g}") for rate in np.geomspace(first, last, count)]


def sweep_rates(
    rates: Sequence[float], one: Callable[[float], Result], limits: Limits, sign: float
) -> Result:
    """The best of the descents by `one` at each rate, which has all of them in `rates`, in the
    order of the rates. `sign` is -1 where the greatest value is the best.

    The best is the one that takes the fewest evaluations to a value as good as the least. Only the
    best keeps its history. After `max_seconds` no further descent begins; the reason says so.
    """
    found: list[tuple[float, Result]] = []
    deadline = time.perf_counter() + (limits.max_seconds or math.inf)
    cut_short = ""
    for k, rate in enumerate(rates):
        if found and time.perf_counter() >= deadline:
            cut_short = f"; the time limit left {len(rates) - k:,} rates out"
            break
        found.append((rate, one(rate)))
        if found[-1][1].status is Status.INTERRUPTED:
            break
    rate, best = found[_best(found, sign)]
    trials = [(rate, replace(each, history=[], labels=[])) for rate, each in found]
    return replace(best, rate=rate, rates=trials, reason=best.reason + cut_short)


def _best(found: Sequence[tuple[float, Result]], sign: float) -> int:
    """The number of the best of some descents from one start; the least rate if all diverge."""
    values = {
        k: sign * result.value
        for k, (_, result) in enumerate(found)
        if math.isfinite(result.value) and result.status is not Status.DIVERGED
    }
    if not values:
        return min(range(len(found)), key=lambda k: found[k][0])
    least = min(values.values())
    bound = least + AS_GOOD * (max(values.values()) - least)
    good = [k for k, value in values.items() if value <= bound]
    return min(good, key=lambda k: (found[k][1].evaluations, values[k]))
