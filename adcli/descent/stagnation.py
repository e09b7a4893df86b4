"""Descents that stand still beside a kink, where gradients lead nowhere and do not become small."""

from __future__ import annotations

from collections.abc import Callable

from adcli.descent.monitor import Monitor, Watcher
from adcli.descent.stopping import Iterate, Outcome, Status

ITERATIONS, GAIN, STEEP = 200, 1e-7, 1e-4
"""A descent stands still if it lowers the value by no more than the second number of itself in so
many iterations, at a gradient that is above the third number of that at the start."""

LARGEST = 1000
"""Variables up to which linear programs go on from there."""


class Stagnation(Watcher):
    """A watcher that ends a descent which stands still."""

    def __init__(self, monitor: Monitor) -> None:
        self.monitor = monitor
        self.found = False
        self._last: float | None = None
        self._interrupted: Callable[[], bool] = monitor.interrupted
        monitor.watchers.append(self)
        monitor.interrupted = lambda: self.found or self._interrupted()

    def next(self, iteration: int) -> int:
        """Every so many iterations."""
        return -(-iteration // ITERATIONS) * ITERATIONS

    def see(self, iterate: Iterate) -> None:
        """Compare the value with the one so many iterations before."""
        if iterate.iteration % ITERATIONS:
            return
        value, last = iterate.value, self._last
        steep = iterate.norm > STEEP * self.monitor.stationarity.first
        self.found = steep and last is not None and last - value <= GAIN * abs(value)
        self._last = value

    def judged(self, outcome: Outcome) -> Outcome:
        """The outcome, which is not that of an interruption where the descent stood still."""
        self.monitor.interrupted = self._interrupted
        if not self.found or outcome.status is not Status.INTERRUPTED or self._interrupted():
            return outcome
        reason = f"{ITERATIONS} iterations lowered the value by less than {GAIN:g} of itself"
        return Outcome(Status.STALLED, reason)
