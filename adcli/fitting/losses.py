"""What a residual counts: its square, or less for outliers.

A loss is rho(z) of the squared residual z = (r / scale)^2, as in SciPy's least_squares; what is
minimised is scale^2 sum(rho(z)), the sum of squares for rho(z) = z. Source: Triggs et al., Bundle
Adjustment - A Modern Synthesis (2000), section 4.3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from adcli.errors import UsageError
from adcli.given import check_choice, check_numbers

TINY, HUGE = 1e-140, 1e140
"""Sizes between which numbers have squares, and these have sums."""


SHORT = 256
"""Vectors of fewer numbers are added one by one."""


class Rho(NamedTuple):
    """A loss as functions of u = residual / scale: rho(u^2), its derivative by u^2, which weighs
    the residual, and the derivative of u times that. Each takes few passes over large arrays."""

    value: Callable[[Any], Any]
    weight: Callable[[Any], Any]
    slope: Callable[[Any], Any]


def _huber(u: Any) -> Any:
    size = np.abs(u)
    inner = np.minimum(size, 1.0)
    return inner * (2.0 * size - inner)


def _soft_l1(u: Any) -> Any:
    z = np.square(u)
    return 2.0 * z / (1.0 + np.sqrt(1.0 + z))


def _cauchy_slope(u: Any) -> Any:
    z = np.square(u)
    return (1.0 - z) / np.square(1.0 + z)


LOSSES = {
    "linear": Rho(np.square, np.ones_like, np.ones_like),
    "huber": Rho(
        _huber, lambda u: 1.0 / np.maximum(np.abs(u), 1.0), lambda u: 1.0 * (np.abs(u) <= 1.0)
    ),
    "soft_l1": Rho(
        _soft_l1,
        lambda u: 1.0 / np.sqrt(1.0 + np.square(u)),
        lambda u: (1.0 + np.square(u)) ** -1.5,
    ),
    "cauchy": Rho(
        lambda u: np.log1p(np.square(u)), lambda u: 1.0 / (1.0 + np.square(u)), _cauchy_slope
    ),
}


def sum_of_squares(r: Any) -> float:
    """The sum of squares, of many numbers added pairwise. (BLAS's threads would keep it waiting on
    busy machines.)"""
    return float(r.dot(r) if r.size < SHORT else np.add.reduce(np.square(r), axis=None))


@dataclass(frozen=True)
class Loss:
    """A loss by its name, one of LOSSES, and the size of a residual from which it counts less."""

    name: str = "linear"
    scale: float = 1.0

    def __post_init__(self) -> None:
        check_numbers(self)
        check_choice(self.name, LOSSES, "loss")
        if not TINY < self.scale < HUGE:
            raise UsageError(
                f"the loss scale is {self.scale:g}", "it is a positive number, as residuals have"
            )

    @property
    def is_linear(self) -> bool:
        """Whether what is minimised is the sum of squares."""
        return self.name == "linear"

    def cost(self, r: Any) -> float:
        """What is minimised: scale^2 sum(rho((r / scale)^2))."""
        if self.is_linear:
            return sum_of_squares(r)
        return self.scale**2 * float(np.sum(LOSSES[self.name].value(r / self.scale)))

    def slopes(self, r: Any) -> tuple[Any, Any]:
        """psi and psi', the first and the second derivative of half the loss by the residual."""
        rho, u = LOSSES[self.name], r / self.scale
        return r * rho.weight(u), rho.slope(u)

    def scale_rows(self, rows: Any) -> None:
        """Make rows of the Jacobian, with the residuals in their last column, those of the least
        squares problem that agrees with the loss here.

        Its gradient is that of the loss and its Gauss-Newton matrix approximates the loss's
        Hessian, kept positive as in SciPy: by a rounding error of the weight, so that outliers of
        any size promise to come as near as they are far.
        """
        if self.is_linear:
            return
        rho, u = LOSSES[self.name], rows[:, -1] / self.scale
        weight = rho.weight(u)
        root = np.sqrt(np.maximum(rho.slope(u), 2.0**-52 * weight))
        rows[:, :-1] *= root[:, np.newaxis]
        rows[:, -1] *= weight / root
