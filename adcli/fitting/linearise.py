"""The linear least squares problem that a fit is near a point, reduced to a triangle, and what is
asked of its columns in units in which each has length 1.

The Jacobian and the residuals go through a QR factorisation together, block by block of rows, so
that neither the normal equations are formed (which would cost half of the digits) nor the whole
Jacobian is held. Source: Golub & Van Loan, Matrix Computations, 4th ed., 5.3 and 6.5.

A fit meets columns between 1e-300 and 1e300: exp(-500*x) is one. Squares of such numbers under- and
overflow, lengths do not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

import numpy as np

from adcli.errors import DomainError
from adcli.fitting.losses import HUGE, TINY, Loss
from adcli.fitting.model import Vector
from adcli.fitting.residuals import Residuals


class Linearised(NamedTuple):
    """What is minimised near a point: cost - |projected|^2 + |triangle @ step + projected|^2.

    cost       what is minimised, at the point
    triangle   R of the Jacobian's factorisation QR, (parameters, parameters)
    projected  the residuals along the columns of Q, (parameters,)
    """

    cost: float
    triangle: Any
    projected: Vector

    @classmethod
    def unknown(cls, size: int) -> Linearised:
        """A linear problem of nan: the model is not finite at the point, or was not computed."""
        return cls(np.nan, np.full((size, size), np.nan), np.full(size, np.nan))

    @property
    def gradient(self) -> Vector:
        """The gradient of half of what is minimised; infinite where it is beyond float64."""
        return self.triangle.T @ self.projected

    def decrease(self, step: Vector) -> float:
        """By how much a step lowers the linear problem."""
        moved = self.triangle @ step
        return -float(moved @ (2.0 * self.projected + moved))

    def offset(self, promise: float, rank: int, freedom: int) -> float:
        """The relative offset: the residuals' part in the tangent plane, whose square is `promise`,
        against the rest, each per dimension.

        0 at a minimum; where it is below 1e-3, the parameters are less than that part of their
        standard errors away from it. inf where nothing is left of the rest. Source: Bates & Watts,
        Nonlinear Regression Analysis (1988), 2.2.3.
        """
        rest, degrees = self.cost - promise, max(freedom, 1) / max(rank, 1)
        return math.sqrt(promise / rest * degrees) if rest > 0 else math.inf

    @property
    def is_finite(self) -> bool:
        """Whether cost, triangle and projected residuals are all finite."""
        sizes = np.add.reduce(np.abs(self.triangle), axis=None) + np.abs(self.projected).sum()
        return math.isfinite(self.cost + sizes)


SMALL_FIT = 20_000
"""Rows times parameters up to which derivatives cost next to nothing beside what calls cost."""


MANY_NUMBERS = 50_000
"""Numbers in a block of rows from which SciPy's LAPACK is worth its import."""

RECENT = 32
"""Points of a small fit whose linear problems are kept: two methods begin at one start."""


class Minimised(Protocol):
    """What is minimised: all of a problem, or a part in some of its parameters."""

    @property
    def freedom(self) -> int:
        """The number of rows beyond that of all parameters."""

    def cost(self, point: Vector) -> float:
        """What is minimised; not finite where the model is not."""

    def linearise(self, point: Vector) -> Linearised:
        """The linear problem at a point."""


class LeastSquares:
    """What a fit minimises, a function of the vector of parameters; counts its evaluations, and
    notes the `least` so far."""

    def __init__(self, residuals: Residuals, loss: Loss) -> None:
        self.residuals = residuals
        self.loss = loss
        self.evaluations = 0
        self.least: float | None = None
        self._is_small = residuals.rows * residuals.size <= SMALL_FIT
        self._known: dict[bytes, Linearised] = {}

    @property
    def size(self) -> int:
        """The number of parameters."""
        return self.residuals.size

    @property
    def freedom(self) -> int:
        """The number of rows beyond that of the parameters."""
        return self.residuals.rows - self.size

    def cost(self, point: Vector) -> float:
        """What is minimised; not finite where the model is not."""
        if self._is_small:  # where the cost is low the linear problem is asked for next
            return self.linearise(point).cost
        self.evaluations += 1
        return self._noted(self.loss.cost(self.residuals.values(point)))

    def _noted(self, cost: float) -> float:
        if cost < (math.inf if self.least is None else self.least):
            self.least = cost
        return cost

    def linearise(self, point: Vector) -> Linearised:
        """The linear problem at a point; those of the last ones are known, of a large fit one."""
        key = np.asarray(point, dtype=float).tobytes()
        if (found := self._known.get(key)) is None:
            self.evaluations += 1
            found = triangulate(self.residuals.blocks(point), self.size, self.loss)
            if len(self._known) >= (RECENT if self._is_small else 1):
                del self._known[next(iter(self._known))]
            self._known[key] = found
            self._noted(found.cost)
        return found


def triangulate(blocks: Iterable[Any], size: int, loss: Loss) -> Linearised:
    """The linear problem of blocks of rows of the Jacobian, with the residuals in their last
    column."""
    triangle = np.zeros((0, size + 1))
    cost = 0.0
    for rows in blocks:
        cost += loss.cost(rows[:, size])
        loss.scale_rows(rows)
        if not np.isfinite(rows).all():
            return Linearised.unknown(size)
        triangle = _absorbed(triangle, rows)
    return linearised(cost, triangle)


def _absorbed(triangle: Any, rows: Any) -> Any:
    if rows.size >= MANY_NUMBERS:
        from adcli.fitting.tall_rows import absorbed

        return absorbed(triangle, rows)
    return upper(np.concatenate([triangle, rows]) if len(triangle) else rows)


def linearised(cost: float, triangle: Any) -> Linearised:
    """The linear problem of a triangle with the residuals in its last column."""
    size = triangle.shape[1] - 1
    if len(triangle) < size:
        triangle = np.concatenate([triangle, np.zeros((size - len(triangle), size + 1))])
    return Linearised(cost, triangle[:size, :size], triangle[:size, size])


def upper(rows: Any) -> Any:
    """R of the QR factorisation. (NumPy's mode "r" takes as long again to cut it out.)"""
    packed, _ = np.linalg.qr(rows, mode="raw")
    count = min(rows.shape)
    return np.where(_below(count, rows.shape[1]), 0.0, packed.T[:count])


@lru_cache
def _below(count: int, columns: int) -> Any:
    """Where a triangle has zeros."""
    return np.tri(count, columns, -1, dtype=bool)


def lengths(matrix: Any) -> Vector:
    """The lengths of the columns of a matrix; those of length 0 and not finite as they are."""
    squares = np.add.reduce(matrix * matrix, axis=0)
    least, most = np.minimum.reduce(squares, initial=1.0), np.maximum.reduce(squares, initial=1.0)
    if least > TINY**2 and most < HUGE**2:
        plain: Vector = np.sqrt(squares)
        return plain
    largest = np.max(np.abs(matrix), axis=0, initial=0.0)
    fine = (largest > 0) & np.isfinite(largest)
    unit = np.where(fine, largest, 1.0)
    found: Vector = unit * np.linalg.norm(matrix / unit, axis=0)
    return found


def of_length_one(matrix: Any) -> tuple[Any, Vector]:
    """The columns divided by their lengths, and these; a column of zeros keeps the unit 1."""
    found = lengths(matrix)
    units = np.where(found > 0, found, 1.0)
    return matrix / units, units


def singular_values(matrix: Any) -> tuple[Any, Vector, Any]:
    """The singular value decomposition, left vectors in columns, right ones in rows.

    Raises DomainError where LAPACK's does not converge, as for numbers that are not finite.
    """
    try:
        left, values, right = np.linalg.svd(matrix, full_matrices=False)
    except np.linalg.LinAlgError:
        raise DomainError(
            "the Jacobian of the fit has no singular value decomposition: it holds numbers that "
            "are not finite, or too large",
            "fit the data in other units, or start elsewhere",
        ) from None
    return left, values, right
