"""What the trials of a Monte Carlo propagation are asked, and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from adcli.errors import UsageError
from adcli.given import check_choice, check_number

VERDICTS = {True: "validated", False: "not validated", None: "undecided"}
INTERVALS = ("symmetric", "shortest")
DOUBT = 2.0
"""Standard errors by which the end of an interval may be off by chance."""
LEAST_TRIALS, MOST_TRIALS = 100, 10_000_000_000


@dataclass(frozen=True)
class Sampling:
    """How to draw: `trials`, None for as many as it takes; from which `seed`; which `interval`."""

    trials: int | None
    seed: int = 0
    interval: str = "symmetric"


@dataclass(frozen=True)
class Sampled:
    """What the trials say of one result.

    interval     the coverage interval of the level of the result
    tolerance    delta, half a unit in the last of two digits of the standard uncertainty
    differences  of the ends of the interval from those by the law of propagation
    end_errors   the standard errors of the ends, as the trials are random
    histogram    counts of the values in bins of equal width, and the edges of these
    """

    name: str
    mean: float
    standard_uncertainty: float
    interval: tuple[float, float]
    tolerance: float
    differences: tuple[float, float]
    end_errors: tuple[float, float]
    histogram: tuple[Any, Any]

    @property
    def validates(self) -> bool | None:
        """Whether the law of propagation holds here to two digits: both ends agree (clause 8). None
        where they differ by more, but hardly more than by chance."""
        if max(self.differences) <= self.tolerance:
            return True
        pairs = zip(self.differences, self.end_errors, strict=True)
        return None if all(d - DOUBT * e <= self.tolerance for d, e in pairs) else False


@dataclass(frozen=True)
class MonteCarlo:
    """The trials and what they say of each result.

    covariance  (n, n) of the results
    failed      trials at which the program has no finite value; they are left out
    is_stable   whether the adaptive procedure reached its tolerance; True of a given number
    """

    results: Sequence[Sampled]
    covariance: Any
    trials: int
    failed: int
    sampling: Sampling
    is_stable: bool = True


def sampling(trials: int | float | str, seed: int, interval: str) -> Sampling:
    """The trials that a caller asks for: a number, or "auto". Raises UsageError for another."""
    check_choice(interval, INTERVALS, "interval")
    check_number(seed, "the seed", whole=True)
    if seed < 0:
        raise UsageError(f"the seed is {seed}", "it is a whole number, 0 or more")
    if trials == "auto":
        return Sampling(None, int(seed), interval)
    if isinstance(trials, str):
        try:
            trials = float(trials)
        except ValueError:
            trials = 0.5
    check_number(trials, "the number of trials")
    if not (LEAST_TRIALS <= trials <= MOST_TRIALS and float(trials).is_integer()):
        raise UsageError(
            f"the trials are not a whole number from {LEAST_TRIALS} to {MOST_TRIALS:,}",
            "as 1e6; auto draws until the figures are stable",
        )
    return Sampling(int(trials), int(seed), interval)
