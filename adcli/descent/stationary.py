"""Whether a point is a minimum on the problem's own scale, and not only in the units at hand.

No number is small by itself: `(C - 4.7e-12)^2` has a gradient of 1e-11 all over the place. A
gradient is next to nothing if each component has fallen to next to nothing of what it was at the
start, if a Newton step would hardly move any variable, or if it is no larger than the rounding
errors in it. None of this depends on the units of the value, and of variables that do not start
at 0. After Dennis & Schnabel 1983, 7.2.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from adcli.ad.rounding import UNIT, rounding_errors
from adcli.descent.decrement import NewtonStep, newton_step
from adcli.descent.lengths import vector_norm
from adcli.descent.problem import Problem
from adcli.descent.rules import Vector
from adcli.descent.stopping import Iterate

FALLEN = 1e-12
"""A component of the gradient is next to nothing where it fell to this part of the start's."""

NEAR = 1e-8
"""A Newton step moves next to nothing if no variable moves by more than this part of its size."""

NO_GAIN = 1e-14
"""Such a Newton step promises to lower the value by no more than this part of it, or of its fall so
far: a variable that is far from 0 may be known to many digits, and its function to few."""

LITTLE = 1e-5
"""A variable that is smaller than this part of the largest one is taken to be that large."""

LEARNED_FALL, LEARNED_STEP = 1e-8, 1e-6
"""Where a Newton step takes more than CHEAP_ANALYSIS operations, a method that learns the curvature
has a gradient next to nothing that fell to the first part, or to rounding errors, if no variable
moved by more than the second part of its size in the last step: the next one is far smaller."""

RISEN = 1e6
"""A gradient that is the largest so far, and so many times the start's, is that of a pole, where it
is always within its rounding errors."""

CHEAP_ANALYSIS = 1_000_000

WORK = 20_000_000
"""Numbers that an analysis of rounding errors may hold."""


class Rounding(NamedTuple):
    """Bounds of the rounding errors of a value, and of the gradient's components."""

    value: float
    gradient: Vector


class Stationarity:
    """What is small, for a problem from its start. `value` is the one there, `slopes` the gradient,
    and then the largest of each component so far; `learns` says that the method's steps tell how
    far the minimum is."""

    def __init__(self, problem: Problem, value: float, slopes: Vector, learns: bool) -> None:
        self.problem = problem
        self.value = value
        self.slopes = np.abs(slopes)
        self.first = vector_norm(slopes)
        self.learns = learns
        self._steps = problem.newton_work <= CHEAP_ANALYSIS or not learns

    def see(self, it: Iterate) -> None:
        """Remember how large the gradient can be. (Of a method with a rate not all are seen.)"""
        if self.learns:
            self.slopes = np.fmax(self.slopes, np.abs(it.gradient))

    def evidence(self, it: Iterate) -> str:
        """Why a small gradient is one on the scale of the problem; "" if it is not known to be."""
        free = np.abs(self.problem.free_gradient(it.point, it.gradient))
        if not free.any():
            return "it is 0"
        if (free <= FALLEN * self.slopes).all():
            return _fell(FALLEN)
        if not self._steps:
            if it.origin is None:
                return ""
            moved = np.abs(it.point - it.origin) <= LEARNED_STEP * self.sizes(it)
            if not moved.all():
                return ""
            found = self.fall_evidence(it) or self.rounding_evidence(it, self.rounding(it.point))
            return f"the last step is small, {found}" if found else ""
        evidence = self.newton_evidence(it, newton_step(self.problem, it))
        if evidence or self.learns:
            return evidence
        return self.rounding_evidence(it, self.rounding(it.point))

    def newton_evidence(self, it: Iterate, step: NewtonStep | None) -> str:
        """Why a gradient is small: a Newton step would hardly move anything; "" if it would."""
        if step is None or not step.exact or not np.isfinite(step.change).all():
            return ""
        if not (np.abs(step.change) <= NEAR * self.sizes(it)).all():
            return ""
        if not step.promise <= NO_GAIN * max(abs(it.value), abs(self.value - it.value)):
            return ""
        return f"a Newton step would move no variable by more than {NEAR:g} of its size"

    def rounding_evidence(self, it: Iterate, rounding: Rounding | None) -> str:
        """Why a gradient is small: it is within its rounding errors; "" if it is not."""
        free = np.abs(self.problem.free_gradient(it.point, it.gradient))
        if rounding is None or not (free <= rounding.gradient).all():
            return ""
        if it.norm > RISEN * self.first and it.norm >= vector_norm(self.slopes):
            return ""
        return f"rounding errors in the gradient may be {vector_norm(rounding.gradient):.3g}"

    def fall_evidence(self, it: Iterate) -> str:
        """Why a gradient is small, for a method that cannot go on: it has fallen far; "" if not."""
        free = np.abs(self.problem.free_gradient(it.point, it.gradient))
        return _fell(LEARNED_FALL) if (free <= LEARNED_FALL * self.slopes).all() else ""

    def sizes(self, it: Iterate) -> Vector:
        """How large the variables are, at the start or now; one that is next to nothing beside the
        largest is as large as that leaves it."""
        sizes = np.maximum(np.abs(it.point), np.abs(self.problem.start))
        return np.maximum(sizes, LITTLE * sizes.max(initial=0.0))

    def rounding(self, point: Vector) -> Rounding | None:
        """The rounding errors at a point; None where they would take too much memory."""
        p = self.problem
        if p.width * len(p.order) > WORK:
            return None
        run = p.run(point, p.order)
        with run.algebra.context():
            own = {i: UNIT * np.abs(run.inputs[i]) for i in p.nodes}
            value, *slopes = rounding_errors(run, [p.target, *p.gradient_nodes], own)
        return Rounding(float(np.ravel(value)[0]), np.concatenate([np.ravel(e) for e in slopes]))


def _fell(part: float) -> str:
    return f"every component of the gradient fell to {part:g} of its largest, or less"
