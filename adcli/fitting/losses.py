"""What a residual counts: its square, or less for outliers.

A loss is rho(z) of the squared residual z = (r / scale)^2, as in SciPy's least_squares; what is
minimised is scale^2 sum(rho(z)), the sum of squares for rho(z) = z. Source: Triggs et al., Bundle
Adjustment - A Modern Synthesis (2000), section 4.3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from adcli.errors import UsageError
from adcli.suggestion import did_you_mean

TINY, HUGE = 1e-140, 1e140
"""Sizes between which numbers have squares, and these have sums."""

Rho = Callable[[Any], tuple[Any, Any, Any]]
"""z -> rho(z), rho'(z), rho''(z)."""


def _linear(z: Any) -> tuple[Any, Any, Any]:
    return z, np.ones_like(z), np.zeros_like(z)


def _huber(z: Any) -> tuple[Any, Any, Any]:
    root = np.sqrt(np.maximum(z, 1.0))
    inner = z <= 1.0
    return (
        np.where(inner, z, 2.0 * root - 1.0),
        1.0 / root,
        np.where(inner, 0.0, -0.5 / root**3),
    )


def _soft_l1(z: Any) -> tuple[Any, Any, Any]:
    t = 1.0 + z
    root = np.sqrt(t)
    return 2.0 * z / (1.0 + root), 1.0 / root, -0.5 / (t * root)


def _cauchy(z: Any) -> tuple[Any, Any, Any]:
    t = 1.0 + z
    return np.log1p(z), 1.0 / t, -1.0 / (t * t)


LOSSES: dict[str, Rho] = {
    "linear": _linear,
    "huber": _huber,
    "soft_l1": _soft_l1,
    "cauchy": _cauchy,
}


def sum_of_squares(r: Any) -> float:
    """The sum of squares, added pairwise. (BLAS's would wait for its threads on busy machines.)"""
    return float(np.sum(np.square(r)))


@dataclass(frozen=True)
class Loss:
    """A loss by its name, one of LOSSES, and the size of a residual from which it counts less."""

    name: str = "linear"
    scale: float = 1.0

    def __post_init__(self) -> None:
        if self.name not in LOSSES:
            hint = did_you_mean(self.name, LOSSES) or f"there are {', '.join(LOSSES)}"
            raise UsageError(f"unknown loss '{self.name}'", hint)
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
        return self.scale**2 * float(np.sum(LOSSES[self.name]((r / self.scale) ** 2)[0]))

    def slopes(self, r: Any) -> tuple[Any, Any]:
        """psi and psi', the first and the second derivative of half the loss by the residual."""
        z = (r / self.scale) ** 2
        _, first, second = LOSSES[self.name](z)
        return r * first, first + 2.0 * z * second

    def scaled(self, r: Any, jacobian: Any) -> tuple[Any, Any]:
        """Residuals and Jacobian of the least squares problem that agrees with the loss here.

        Its gradient is that of the loss and its Gauss-Newton matrix approximates the loss's
        Hessian, kept positive as in SciPy.
        """
        if self.is_linear:
            return r, jacobian
        psi, curvature = self.slopes(r)
        weight = np.sqrt(np.maximum(curvature, 2.0**-52))
        return psi / weight, jacobian * weight[:, None]
