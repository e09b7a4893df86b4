"""When a descent ends, and how: limits, statuses, reasons in words."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np

from adcli.descent.lengths import vector_norm
from adcli.descent.rules import Vector
from adcli.errors import UsageError
from adcli.given import check_numbers

GROWTH = 1e6
"""A value that grows beyond this multiple of the start's (or of 1) means divergence."""

ROUNDING = 4 * 2.0**-52
"""Two values that differ by less than this part of them are as good as one another."""

DEPTH = 1e20
"""A value that falls below minus this multiple of the start's (or of 1) has no bottom."""

FALL = 1e10
LONG_FALL = 50
"""A value that after so many iterations is below minus this multiple of the start's (or of 1), and
falls as in a line from 0, has no bottom: limited steps would take for ever to reach DEPTH."""

SMALL_GRADIENT = 1e-8
"""By default a gradient of this norm is looked at: small or not is a matter of the problem's scale
(adcli.descent.stationary)."""

SETTLED_CHANGE = 1e-14
SETTLED_SLOPE = 1e-7
"""A value has settled when it changes by less than this part of itself, and the gradient, times the
size of the parameters, is less than this part of it (Dennis & Schnabel 1983, 7.2.5)."""


class Status(StrEnum):
    """How a descent ended; each is its name in results.

    COMPLETED is for training alone: all epochs that were asked for are done.
    """

    CONVERGED = "converged"
    COMPLETED = "completed"
    MAX_ITERATIONS = "max_iterations"
    DIVERGED = "diverged"
    STALLED = "stalled"
    INTERRUPTED = "interrupted"

    @property
    def exit_code(self) -> int:
        """The exit code of the command."""
        return _EXIT_CODES[self]


_EXIT_CODES = {
    Status.CONVERGED: 0,
    Status.COMPLETED: 0,
    Status.MAX_ITERATIONS: 3,
    Status.DIVERGED: 4,
    Status.STALLED: 5,
    Status.INTERRUPTED: 130,
}


class Outcome(NamedTuple):
    """A status and its reason, one sentence with the figure that fired."""

    status: Status
    reason: str


class Ended(Exception):
    """Carries the outcome out of a run."""

    def __init__(self, status: Status, reason: str) -> None:
        self.outcome = Outcome(status, reason)


@dataclass(frozen=True)
class Minimum:
    """How a descent or a fit ended, and where: the point has all variables, the gradient those that
    vary."""

    status: Status
    reason: str
    iterations: int
    evaluations: int
    value: float
    gradient_norm: float
    point: dict[str, Any]
    gradient: dict[str, Any]
    method: str
    seconds: float


class Iterate(NamedTuple):
    """A point on the way. `value` is what is minimised (the negative value with `maximize`);
    `norm` is the length of the gradient (without what bounds forbid), `step` that of the last
    change, `before` the value before it (nan at the start), `origin` the point before it. Under
    constraints `norm` is the KKT residual, and `violation` how far from holding they are."""

    iteration: int
    point: Vector
    value: float
    gradient: Vector
    norm: float
    step: float
    before: float
    evaluations: int
    origin: Vector | None = None
    violation: float | None = None


class Iterates(NamedTuple):
    """Iterates that follow one another, the first of which is that of iteration `first`: arrays
    (iterates,), points and gradients (iterates, variables). As many evaluations as iterations, and
    one more, belong to each."""

    first: int
    values: Vector
    points: Vector
    gradients: Vector
    norms: Vector
    steps: Vector


@dataclass(frozen=True)
class RunLimits:
    """When to stop a run of any kind; None: no limit.

    max_iterations   of a training: batches, over all epochs
    target           the value is at most (with `maximize`: at least) this
    """

    max_iterations: int | None = None
    max_seconds: float | None = None
    target: float | None = None

    def __post_init__(self) -> None:
        check_numbers(self)
        if self.max_iterations is not None and self.max_iterations < 0:
            raise UsageError(
                f"the iteration limit is {self.max_iterations}", "it must be 0 or more"
            )
        if self.max_seconds is not None and not self.max_seconds > 0:
            raise UsageError(
                f"the time limit is {self.max_seconds:g} seconds", "it must be above 0"
            )
        if self.target is not None and math.isnan(self.target):
            raise UsageError("the target is not a number")

    def is_late(self, seconds: float) -> bool:
        """Whether a run of so many seconds has reached its time limit."""
        return self.max_seconds is not None and seconds >= self.max_seconds


@dataclass(frozen=True)
class Limits(RunLimits):
    """When to stop a descent. 0 switches a tolerance off; None is the default, or no limit.

    gradient_tolerance   the gradient's norm is at most this, in the units at hand; by default it is
                         at most SMALL_GRADIENT, and small on the problem's own scale
    value_tolerance      the value's change is at most this part of the value; by default methods
                         that lower it in every step stop when it has settled (SETTLED_CHANGE)
    point_tolerance      the point's change is at most this part of its norm
    """

    max_iterations: int = 10_000
    gradient_tolerance: float | None = None
    value_tolerance: float | None = None
    point_tolerance: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("gradient_tolerance", "value_tolerance", "point_tolerance"):
            size = getattr(self, name)
            if size is not None and not 0 <= size < math.inf:
                shown = name.replace("_", " ")
                raise UsageError(f"the {shown} is {size:g}", "0 switches it off")


class Tests:
    """The tests of a run: what was asked, and the scale of the value at the start.

    `settles` says that the method lowers the value in every step; `evidence` tells why the gradient
    of an iterate is small on the problem's scale ("" if it may not be), which decides where no
    tolerance was given. Of one that is not, the next to be looked at has a tenth of its norm.
    """

    def __init__(
        self,
        limits: Limits,
        first: float,
        sign: float,
        settles: bool,
        evidence: Callable[[Iterate], str] = lambda it: "it is small",
    ) -> None:
        size = max(1.0, abs(first))
        self.limits = limits
        self.sign = sign
        self.evidence = evidence
        asked = limits.gradient_tolerance
        self.gradient = SMALL_GRADIENT if asked is None else asked
        self.value = limits.value_tolerance or 0.0
        self.settles = settles and limits.value_tolerance is None
        self.point = limits.point_tolerance
        self.target = -math.inf if limits.target is None else sign * limits.target
        self.ceiling = GROWTH * size
        self.floor = -DEPTH * size
        self.depth = -FALL * size

    def outcome(self, it: Iterate) -> Outcome | None:
        """What an iterate means for the run; None to go on."""
        failed = self._failure(it)
        if failed is not None:
            return Outcome(Status.DIVERGED, failed)
        success = self._success(it)
        if success is not None:
            return Outcome(Status.CONVERGED, success)
        if it.iteration >= self.limits.max_iterations:
            return Outcome(
                Status.MAX_ITERATIONS,
                f"the limit of {self.limits.max_iterations:,} iterations is reached",
            )
        return None

    def _failure(self, it: Iterate) -> str | None:
        where = f"at iteration {it.iteration:,}"
        value = self.sign * it.value
        if not math.isfinite(it.value):
            return f"the value is {value:g} {where}"
        if not math.isfinite(it.norm):
            return f"the gradient is not finite {where}"
        if it.value > self.ceiling:
            return f"the value {'fell' if self.sign < 0 else 'grew'} to {value:.3g} {where}"
        if it.value < self.floor or self._falls(it):
            way = "rises without end" if self.sign < 0 else "falls without end"
            return f"the value {way}: {value:.3g} {where}, step {it.step:.3g}"
        return None

    def _falls(self, it: Iterate) -> bool:
        if it.iteration < LONG_FALL or not it.value < self.depth:
            return False
        return 2 * it.norm * vector_norm(it.point) >= -it.value

    def _success(self, it: Iterate) -> str | None:
        if it.value <= self.target:
            return f"the value {self.sign * it.value:.6g} reached the target {self.limits.target:g}"
        if self.gradient and it.norm <= self.gradient:
            small = self._small(it)
            if small:
                return small
        if not it.iteration:
            return None
        change = abs(it.value - it.before)
        if self.value and change <= self.value * abs(it.value):
            part = change / abs(it.value) if it.value else 0.0
            return f"the value changed by {part:.3g} of itself, at most {self.value:g}"
        size = vector_norm(it.point)
        if self.point and it.step <= self.point * size:
            part = it.step / size if size else 0.0
            return f"the point moved by {part:.3g} of its norm, at most {self.point:g}"
        return None

    def _small(self, it: Iterate) -> str:
        """That the gradient is small enough; "" if it is not on the problem's scale."""
        asked = self.limits.gradient_tolerance
        limit = SMALL_GRADIENT if asked is None else asked
        shown = f"the gradient norm {it.norm:.3g} is at most {limit:g}"
        if asked is not None:
            return shown
        evidence = self.evidence(it)
        if not evidence:
            self.gradient = it.norm / 10
            return ""
        return f"{evidence}, and {shown}" if it.norm else shown

    def has_settled(self, it: Iterate) -> bool:
        """Whether the last step changed nothing in float64, of a method that looks at the value."""
        if not (self.settles and it.iteration):
            return False
        return abs(it.value - it.before) <= SETTLED_CHANGE * abs(it.value) and _is_flat(it)

    def is_stationary(self, it: Iterate) -> bool:
        """Whether the gradient is within its tolerance, or next to nothing."""
        return it.norm <= max(self.gradient, SMALL_GRADIENT) or _is_flat(it)


def _is_flat(it: Iterate) -> bool:
    """Whether the gradient is next to nothing on the scales of the point and the value."""
    slope = np.abs(it.gradient) * np.maximum(np.abs(it.point), 1.0)
    return bool(slope.max(initial=0.0) <= SETTLED_SLOPE * abs(it.value))
