"""Descent from iterate to iterate, by methods that find each step themselves."""

from __future__ import annotations

import numpy as np

from adcli.descent.monitor import Method, Monitor
from adcli.descent.problem import Problem
from adcli.descent.rules import Vector
from adcli.descent.searches import Trial
from adcli.descent.stopping import Iterate, Outcome


class Walking(Method):
    """Steps, each to a trial that is better than the iterate, until there is none.

    `unimproved` says why there may be none.
    """

    unimproved: str

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.iteration = 0
        self.point: Vector = problem.start
        self.before_value = np.nan
        self.before_point: Vector | None = None

    def step(self, monitor: Monitor, it: Iterate) -> Trial | None:
        """The next point; None where no step is one."""
        raise NotImplementedError

    def run(self, monitor: Monitor) -> Outcome:
        """Iterate until the monitor, or a step that is none, ends it."""
        if self.iteration == 0:
            it = self._iterate(monitor, *monitor.evaluate(self.point))
            outcome = monitor.see(it)
        else:
            it = self._iterate(monitor, *self.problem.value_and_gradient(self.point))
            monitor.last = it
            outcome = monitor.settled(it)
        while outcome is None:
            trial = self.step(monitor, it)
            if trial is None:
                return monitor.unimproved(it, self.unimproved)
            self.before_value, self.before_point = it.value, it.point
            self.point = trial.point
            self.iteration += 1
            it = self._iterate(monitor, trial.value, trial.gradient)
            outcome = monitor.see(it)
        return outcome

    def _iterate(self, monitor: Monitor, value: float, gradient: Vector) -> Iterate:
        """The iterate at the point."""
        before = (self.before_value, self.before_point) if self.before_point is not None else None
        return monitor.iterate(self.iteration, self.point, value, gradient, before)
