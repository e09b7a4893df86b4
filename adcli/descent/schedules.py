"""Schedules: the learning rate as a pure function of the iteration (0, 1, ...).

Like the rules they are written for a namespace `m`, so that they run on numbers and on nodes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adcli.errors import UsageError
from adcli.given import check_choice


@dataclass(frozen=True)
class Schedule:
    """A schedule by name.

    name     constant, step, exponential, cosine or inverse
    rate     the learning rate at its height
    every    step: iterations between drops; exponential and inverse: iterations that the decay is
             given for; cosine: the iteration where the rate has come down to `floor`
    factor   step and exponential: what the rate is multiplied by over `every` iterations
    warmup   iterations over which the rate rises from 0 in a line
    floor    cosine: the last rate
    """

    rate: float
    name: str = "constant"
    every: float = 1000.0
    factor: float = 0.5
    warmup: float = 0.0
    floor: float = 0.0

    def __post_init__(self) -> None:
        check_choice(self.name, SCHEDULES, "schedule")
        if not 0 < self.rate < math.inf:
            raise UsageError(f"the rate is {self.rate:g}", "a rate is a positive number")
        if not self.every >= 1:
            raise UsageError(f"a schedule over {self.every:g} iterations", "at least 1 is needed")
        if not 0 < self.factor < math.inf:
            raise UsageError(f"the schedule's factor is {self.factor:g}", "it must be positive")
        if not 0 <= self.warmup < math.inf:
            raise UsageError(f"a warm-up of {self.warmup:g} iterations", "it must be 0 or more")
        if not 0 <= self.floor <= self.rate:
            raise UsageError(
                f"the cosine's last rate is {self.floor:g}",
                f"it is from 0 to the rate, {self.rate:g}",
            )

    def at(self, m: Any, iteration: Any) -> Any:
        """The rate of an iteration."""
        rate = SCHEDULES[self.name](m, iteration - self.warmup, self)
        if not self.warmup:
            return rate
        rising = self.rate * m.divide(iteration + 1, self.warmup)
        return m.where(m.less(iteration, self.warmup), rising, rate)


def _cosine(m: Any, t: Any, s: Schedule) -> Any:
    angle = math.pi * m.minimum(m.divide(t, s.every), 1.0)
    return s.floor + (0.5 * (s.rate - s.floor)) * (1 + m.cos(angle))


SCHEDULES: dict[str, Callable[[Any, Any, Schedule], Any]] = {
    "constant": lambda m, t, s: s.rate,
    "step": lambda m, t, s: s.rate * m.power(s.factor, m.floor(m.divide(t, s.every))),
    "exponential": lambda m, t, s: s.rate * m.power(s.factor, m.divide(t, s.every)),
    "cosine": _cosine,
    "inverse": lambda m, t, s: m.divide(s.rate, 1 + m.divide(t, s.every)),
}
"""The schedules by name: (m, iterations since the warm-up, settings) -> rate."""

USES = {
    "schedule_every": ("step", "exponential", "cosine", "inverse"),
    "schedule_factor": ("step", "exponential"),
    "final_rate": ("cosine",),
}
"""Settings of a schedule -> the schedules that use them."""
