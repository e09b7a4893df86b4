"""The edge of where a model is finite, as steps towards the least sum of squares meet it.

Steps beyond it, where an exp overflows or a sqrt has a negative argument, are refused and
shortened, and with the parameter that stops there all others would stop. It is held instead, like
one at a bound, for as long as the cost pushes it outwards; the others go on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from adcli.fitting.model import Vector

CROWDED = 10
"""Steps in a row that were shortened for the edge, after which parameters are held there."""

WORTH = 1e-9
"""Parameters that are held go on once the others have lowered the cost by this part of it."""


class DomainEdge:
    """Which parameters stop at the edge, and how often steps were shortened for it.

    `refused` is the last trial beyond it in an iteration, `beyond` the one for which parameters are
    held, None without one.
    """

    def __init__(self, size: int) -> None:
        self.refused: Vector | None = None
        self.beyond: Vector | None = None
        self._side = np.zeros(size)  # of parameters that stop here: the sign of what is beyond
        self._shortened = 0
        self._cost = np.inf

    def step(self) -> None:
        """Note that a step was taken, after all that were refused."""
        self._shortened = 0 if self.refused is None else self._shortened + 1

    @property
    def holds(self) -> bool:
        """Whether parameters may be held."""
        return bool(self._side.any())

    @property
    def is_crowded(self) -> bool:
        """Whether steps are shortened for the edge all the time."""
        return self._shortened >= CROWDED

    def blocked(self, gradient: Vector) -> Any:
        """A mask of the parameters that the cost pushes beyond where they stop."""
        return self._side * gradient < 0

    def hold(
        self, point: Vector, free: Any, cost: float, is_finite: Callable[[Vector], bool]
    ) -> bool:
        """Hold the parameters that alone are enough to get to the last refused trial.

        Says whether there are any that were `free`.
        """
        if self.refused is None:
            return False
        step = np.where(free, self.refused - point, 0.0)
        found = False
        for k in np.flatnonzero(step):
            trial = point.copy()
            trial[k] += step[k]
            if not is_finite(trial):
                self._side[k], found = np.sign(step[k]), True
        if found:
            self.beyond, self._shortened, self._cost = self.refused, 0, cost
        return found

    def release(self, cost: float) -> bool:
        """Hold no parameter any longer, if that is worth trying at a cost; says whether it is."""
        worth = self.holds and cost < self._cost * (1 - WORTH)
        if worth:
            self._side[:] = 0.0
        return worth
