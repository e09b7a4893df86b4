"""The end of a descent whose method cannot lower the value: what the gradient still tells.

Near a minimum rounding hides differences of values long before it hides gradients: where a method
that looks at values ends, Newton steps that make the gradient smaller go on. Then the gradient is
judged: by how far a Newton step would move, and by the rounding errors in it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from adcli.descent.decrement import NewtonStep, newton_step
from adcli.descent.lengths import vector_norm
from adcli.descent.nearby import falls_nearby, is_balanced, least
from adcli.descent.observed import Observed
from adcli.descent.stationary import LEARNED_FALL, Rounding
from adcli.descent.stopping import ROUNDING, SMALL_GRADIENT, Iterate, Outcome, Status

NEWTON_STEPS = 100
LENGTHS = tuple([4.0**-k for k in range(9)])
"""Newton steps at most, besides those that lower the value by FAST of itself; and the parts of one
that are tried."""

FAST = 0.01


def finish(
    monitor: Observed, it: Iterate, reason: str, see: Callable[[Iterate], Outcome | None]
) -> Outcome:
    """The outcome after `it`, from where the method found nothing better, for this `reason`.

    `see` looks at the iterates that follow; it gives an outcome where one ends the run.
    """
    rounding = monitor.stationarity.rounding(it.point)
    left = NEWTON_STEPS
    while True:
        step = newton_step(monitor.problem, it)
        better = None if step is None else _better(monitor, it, step, rounding)
        if not left and better is not None and better.value < it.value - _slack(it, rounding):
            shown = f"Newton steps still do so, by less than {FAST:g} of it each"
            return Outcome(Status.STALLED, f"{reason}; {shown}")
        if not left or better is None:
            return judge(monitor, it, step, reason)
        left -= it.value - better.value <= FAST * abs(it.value)  # exp takes 1/e in each step
        it = better
        outcome = see(it)
        if outcome is not None:
            return outcome


def _better(
    monitor: Observed, it: Iterate, step: NewtonStep, rounding: Rounding | None
) -> Iterate | None:
    """The iterate after a Newton step: one with a clearly lower value, or with half the gradient
    and no higher value than rounding allows. None where there is none."""
    p = monitor.problem
    slack = _slack(it, rounding)
    size = vector_norm(step.units * p.free_gradient(it.point, it.gradient))
    for length in LENGTHS:
        point = p.project(it.point + length * step.change)
        if not (point != it.point).any():
            return None
        value, gradient = monitor.trial(point)
        left = vector_norm(step.units * p.free_gradient(point, gradient))
        if (value < it.value - slack and left < np.inf) or (
            value <= it.value + slack and left < size / 2
        ):
            return monitor.iterate(it.iteration + 1, point, value, gradient, (it.value, it.point))
    return None


def _slack(it: Iterate, rounding: Rounding | None) -> float:
    """How far apart values are that rounding errors may make differ."""
    return ROUNDING * abs(it.value) if rounding is None else rounding.value


def judge(monitor: Observed, it: Iterate, step: NewtonStep | None, reason: str) -> Outcome:
    """Whether the best that can be had, from where a Newton step is `step`, is a minimum as far as
    float64 can tell. A tolerance that was asked for is met, or it is not."""
    rounding = monitor.stationarity.rounding(it.point)
    shown = f"the gradient norm is {it.norm:.3g}"
    error = np.inf if rounding is None else vector_norm(rounding.gradient)
    if np.isfinite(error):
        shown += f", in which rounding errors of up to {error:.3g} may be"
    if monitor.limits.gradient_tolerance:
        above = f"not {monitor.limits.gradient_tolerance:g} or less"
        return Outcome(Status.STALLED, f"{reason}; {shown}, {above}")
    s = monitor.stationarity
    evidence = s.newton_evidence(it, step) or s.rounding_evidence(it, rounding)
    # On a cliff, in a valley or at a pole, where a Newton step gains much, a fall makes no minimum.
    gains = step is not None and step.promise > LEARNED_FALL * abs(it.value)
    if not evidence and (it.norm <= SMALL_GRADIENT or not gains):
        evidence = s.fall_evidence(it)
    evidence = evidence or _gain(step, rounding) or _beyond_gradients(monitor, it)
    if evidence:
        return Outcome(
            Status.CONVERGED, f"{reason}; the gradient norm is {it.norm:.3g}, and {evidence}"
        )
    return Outcome(Status.STALLED, f"{reason}; {shown}")


def _beyond_gradients(monitor: Observed, it: Iterate) -> str:
    """Why a point is a minimum though the gradient is not small; "" if it is not known to be."""
    p, s = monitor.problem, monitor.stationarity
    found = least(p, it)
    if not found and is_balanced(p, it, s) and not falls_nearby(p, it, s, everywhere=True):
        found = "this is a kink, and the value rises from it on all sides"
    return found


def _gain(step: NewtonStep | None, rounding: Rounding | None) -> str:
    """That what could be gained is no more than rounding errors of the value; "" if it is not."""
    if rounding is None or step is None or not (step.exact and step.promise <= rounding.value):
        return ""
    gain = f"a Newton step promises to gain {step.promise:.3g}"
    return f"{gain}, which rounding errors of the value of {rounding.value:.3g} hide"
