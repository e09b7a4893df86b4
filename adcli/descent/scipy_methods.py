"""Descent by SciPy: L-BFGS-B, and Newton's method in a trust region.

SciPy keeps its state to itself, so a state here is the list of all evaluations: a run that is
resumed replays them, without evaluating anything, and then goes on bit for bit.
"""

from __future__ import annotations

import math
import os
from contextlib import suppress
from typing import Any

import numpy as np

from adcli.data.schema import Check, array, whole, within
from adcli.descent.monitor import Method, Monitor
from adcli.descent.problem import Problem
from adcli.descent.rules import Vector
from adcli.descent.stopping import Ended, Iterate, Outcome

MEMORY = 20
"""Pairs of changes that L-BFGS remembers."""

WORTH_FOLLOWING = 1e-12
"""What another start must lower the value by, relative to it, to be followed by one more."""

WINDOW, TRIALS, SICK = 50, 8, 5
"""Evaluations for each of so many iterations that say that line searches lead nowhere, as at kinks,
where they would do so for ever: then another start is due, and after so many there is none."""

PRODUCTS_A_PARAMETER = 20
"""Hessian-vector products for each parameter that an iteration of Newton's method may take."""

NOT_LOWERED = "the method cannot lower the value any further"
_ENDLESS = 2**31 - 1
_FAR = 1e100


def _load_scipy() -> None:
    """Import SciPy before the clock runs, with its BLAS on one thread unless the user said more.

    It multiplies matrices of 2*MEMORY rows here; on a busy machine a descent of 40 iterations takes
    0.5 s with threads that wait for each other, and 0.01 s without. NumPy's BLAS is another one.
    """
    name = "OPENBLAS_NUM_THREADS"
    own = name not in os.environ
    if own:
        os.environ[name] = "1"
    try:
        import scipy.optimize  # noqa: F401
    finally:
        if own:
            del os.environ[name]


class _Hopeless(Exception):
    """Ends one minimisation by SciPy that will not end by itself."""


class Library(Method):
    """`lbfgs` or `newton`; started again from the best point for as long as that helps.

    The first step of SciPy is of length 1, so a start that is far larger or smaller is measured in
    its own unit. From the second start on every parameter is measured in units of its own size,
    which mends bad scaling (Powell's and Meyer's functions are the classics).
    """

    def __init__(self, problem: Problem, method: str) -> None:
        _load_scipy()
        self.problem = problem
        self.method = method
        self.iteration = 0
        self._values: list[float] = []
        self._gradients: list[Vector] = []
        self._replayed = -1
        self._used = 0
        self._worst = -math.inf
        self._products = 0
        self._last: tuple[Vector, float, Vector] | None = None
        self._before: Iterate | None = None
        self._window = 0, 0  # the iteration and the evaluations at which it begins
        self._sick = 0

    def run(self, monitor: Monitor) -> Outcome:
        """Minimise, and minimise again from there until nothing is gained."""
        start, last = self.problem.start, math.inf
        units = np.full(len(start), unit_of(start))
        monitor.forget()
        try:
            self._accept(monitor, start)
            while True:
                self._minimize(monitor, start, units)
                gained = last - monitor.best_value > WORTH_FOLLOWING * abs(monitor.best_value)
                if not gained or self._sick >= SICK:
                    return monitor.unimproved(self._before, NOT_LOWERED)
                start, last = monitor.best_point, monitor.best_value
                self._window = self.iteration, monitor.evaluations
                units = np.where(start != 0, np.abs(start), 1.0)
        except Ended as end:
            return end.outcome

    def _minimize(self, monitor: Monitor, start: Vector, units: Vector) -> None:
        """Minimise over z, where the point is z times `units`."""
        from scipy.optimize import Bounds, minimize

        p = self.problem
        height = _height(monitor.stationarity.slopes * units)

        def evaluate(z: Vector) -> tuple[float, Vector]:
            value, gradient = self._finite(monitor, z * units)
            return height * value, height * (gradient * units)

        common = {
            "x0": start / units,
            "jac": True,
            "fun": evaluate,
            "callback": lambda z: self._accept(monitor, z * units),
        }
        if self.method == "newton":
            options = {"maxiter": _ENDLESS, "gtol": 0.0, "max_trust_radius": _FAR}

            def product(z: Vector, d: Vector) -> Vector:
                return height * (units * self._product(z * units, d * units))

            with suppress(_Hopeless, ValueError):  # ValueError: SciPy met an infinity
                minimize(**common, method="trust-ncg", hessp=product, options=options)
            return
        bounds = None if p.lower is None else Bounds(p.lower / units, p.upper / units)
        options = {"maxiter": _ENDLESS, "maxfun": _ENDLESS, "maxcor": MEMORY, "maxls": 40}
        options.update({"ftol": 0.0, "gtol": 0.0})
        with suppress(_Hopeless):
            minimize(**common, method="L-BFGS-B", bounds=bounds, options=options)

    def _product(self, point: Vector, direction: Vector) -> Vector:
        """The Hessian times a direction. Raises _Hopeless where SciPy would not end by itself."""
        self._products += 1
        product = self.problem.curvature(point, direction)
        if (
            self._products > PRODUCTS_A_PARAMETER * (10 + len(point))
            or not np.isfinite(product).all()
        ):
            raise _Hopeless
        return product

    def _evaluate(self, monitor: Monitor, point: Vector) -> tuple[float, Vector]:
        """The value and the gradient; those of the last point are remembered."""
        point = self.problem.project(point)
        if self._last is None or not np.array_equal(point, self._last[0]):
            monitor.evaluations += 1
            if self._used == len(self._values):
                value, gradient = self.problem.value_and_gradient(point)
                self._values.append(value)
                self._gradients.append(gradient)
            self._last = np.array(point), self._values[self._used], self._gradients[self._used]
            self._used += 1
        return self._last[1:]

    def _finite(self, monitor: Monitor, point: Vector) -> tuple[float, Vector]:
        """Value and gradient for SciPy; a value above the worst so far where it is not finite."""
        value, gradient = self._evaluate(monitor, point)
        if monitor.is_usable(point, value, gradient):
            self._worst = max(self._worst, value)
            return value, self.problem.free_gradient(point, gradient)
        return self._worst + 1.0 + abs(self._worst), np.zeros_like(gradient)

    def _accept(self, monitor: Monitor, point: Vector) -> None:
        """Pass an iterate on. Raises Ended when that was the last one."""
        point = self.problem.project(np.array(point, dtype=float))
        if not np.isfinite(point).all():
            raise _Hopeless
        last = self._before
        if last is not None and self.iteration and np.array_equal(point, last.point):
            return
        value, gradient = self._evaluate(monitor, point)
        before = (last.value, last.point) if last is not None else None
        it = monitor.iterate(self.iteration, point, value, gradient, before)
        self._before = it
        self._products = 0
        self.iteration += 1
        if it.iteration <= self._replayed:
            monitor.pass_by(it)
            outcome = monitor.settled(it) if it.iteration == self._replayed else None
        else:
            outcome = monitor.see(it)
        if outcome is not None:
            raise Ended(*outcome)
        self._check_health(monitor.evaluations)

    def _check_health(self, evaluations: int) -> None:
        """Raise _Hopeless after WINDOW iterations whose line searches took TRIALS each."""
        first, before = self._window
        if self.iteration - first < WINDOW:
            return
        self._window = self.iteration, evaluations
        if evaluations - before >= TRIALS * WINDOW:
            self._sick += 1
            raise _Hopeless

    def state(self) -> dict[str, Any]:
        """The evaluations so far."""
        return {
            "iteration": self.iteration - 1,
            "values": np.array(self._values),
            "gradients": np.reshape(self._gradients, (-1, self.problem.size)),
        }

    def parts(self) -> dict[str, Check]:
        """Values (evaluations,) and gradients (evaluations, variables)."""
        gradients = array(None, self.problem.size)
        return {"iteration": whole(least=-1), "values": array(None), "gradients": gradients}

    def restore(self, state: dict[str, Any]) -> None:
        """Replay the evaluations. Raises Misfit where there are fewer than iterations."""
        count = len(state["values"])
        with within("gradients"):
            array(count, self.problem.size)(state["gradients"])
        with within("iteration"):
            self._replayed = whole(least=-1, most=count)(state["iteration"])
        self._values = state["values"].tolist()
        self._gradients = list(state["gradients"])


def unit_of(start: Vector) -> float:
    """The unit that a start is measured in: 1 for sizes that are about 1."""
    size = float(np.abs(start).max(initial=0.0))
    return 1.0 if size == 0 or 1e-4 <= size <= 1e4 else size


def _height(slopes: Vector) -> float:
    """The power of two that a value with these slopes is measured by: SciPy compares tiny ones with
    numbers that do not know how tiny they are."""
    size = float(np.abs(slopes).max(initial=0.0))
    return 1.0 if not 0 < size < 1e-6 else 2.0 ** min(1000, -round(math.log2(size)))
