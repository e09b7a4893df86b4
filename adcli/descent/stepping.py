"""Descent by an update rule at a given rate."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import numpy as np

from adcli.data.schema import Check, array, flag, number, optional, whole
from adcli.descent.fused import FusedLoop, LoopState, fits
from adcli.descent.lengths import vector_norms
from adcli.descent.monitor import Method, Monitor
from adcli.descent.problem import Problem
from adcli.descent.rules import Vector
from adcli.descent.stepper import Stepper
from adcli.descent.stopping import Iterates, Outcome

RECORDED = 1 << 16
"""Numbers of points that are recorded at once, about."""

UNMOVED = "the next point is the same in float64"


class Stepping(Method):
    """A method that steps by a rule: compiled for scalar programs, else on NumPy's vectors."""

    def __init__(self, problem: Problem, stepper: Stepper) -> None:
        self.problem = problem
        self.stepper = stepper
        start = problem.start
        self.block = LoopState(0, start, stepper.rule(np).init(start))

    def run(self, monitor: Monitor) -> Outcome:
        """Run blocks of iterations until the monitor or an unmoved point ends it."""
        recorders, loop = monitor.recorders, self._loop(monitor)
        recorded = 0
        if isinstance(loop, FusedLoop) and recorders:
            recorded = RECORDED // self.problem.size + 1
        end = self.block.iteration if self.block.before_point is None else None
        while True:
            if end is None:
                end = monitor.horizon(self.block.iteration, recorded)
            begin, first = perf_counter(), self.block.iteration
            self.block = block = loop.run(self.block, end)
            monitor.pace(block.iteration - first, perf_counter() - begin)
            loop.hurry(block.iteration, monitor.limits.max_iterations)
            if recorded and len(loop.records) > 2:
                passed = _passed(first, np.asarray(loop.records), self.problem)
                for recorder in recorders:
                    recorder.see_many(passed)
            looked_for = monitor.tests.gradient
            outcome = self._look(block, monitor, *loop.evaluate(block.point))
            if outcome is not None:
                return outcome
            if block.fixed:
                assert monitor.last is not None
                return monitor.unmoved(monitor.last, UNMOVED)
            if looked_for != monitor.tests.gradient:
                loop = self._loop(monitor)
            end = None

    def _loop(self, monitor: Monitor) -> Any:
        """What iterates until the gradient is as small as the tests look for now."""
        if fits(self.problem, self.stepper):
            recording = bool(monitor.recorders)
            return FusedLoop(self.problem, self.stepper, monitor.tests, recording)
        return VectorLoop(self.problem, self.stepper)

    def _look(
        self, block: LoopState, monitor: Monitor, value: float, gradient: Vector
    ) -> Outcome | None:
        monitor.evaluations = block.iteration + 1
        if block.best_point is not None:
            monitor.keep(block.best_value, block.best_point)
        before = None
        if block.iteration and block.before_point is not None:
            before = block.before_value, block.before_point
        return monitor.see(monitor.iterate(block.iteration, block.point, value, gradient, before))

    def state(self) -> dict[str, Any]:
        """The block, its rule's state in parts."""
        parts = dict(vars(self.block))
        parts.update({f"state{k}": part for k, part in enumerate(parts.pop("state"))})
        return parts

    def parts(self) -> dict[str, Check]:
        """Points are vectors, as are those parts of the rule's state that are so at the start."""
        vector = array(self.problem.size)
        return {
            "iteration": whole(),
            "point": vector,
            **dict.fromkeys(("value", "before_value", "best_value"), number()),
            **dict.fromkeys(("before_point", "best_point"), optional(vector)),
            "fixed": flag,
            **{
                f"state{k}": vector if isinstance(part, np.ndarray) else number()
                for k, part in enumerate(self.block.state)
            },
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take the block up."""
        count = len(self.block.state)
        rule = tuple([state.pop(f"state{k}") for k in range(count)])
        self.block = LoopState(state=rule, **state)


def _passed(first: int, records: Vector, problem: Problem) -> Iterates:
    """The iterates between the first one, of iteration `first`, and the last one of a run."""
    size = problem.size
    points, gradients = records[:, 1 : 1 + size], records[:, 1 + size :]
    free = problem.free_gradient(points[1:-1], gradients[1:-1])
    return Iterates(
        first + 1,
        records[1:-1, 0],
        points[1:-1],
        gradients[1:-1],
        vector_norms(free),
        vector_norms(points[1:-1] - points[:-2]),
    )


class VectorLoop:
    """The steps of FusedLoop on NumPy's vectors, one at a time."""

    def __init__(self, problem: Problem, stepper: Stepper) -> None:
        self.problem = problem
        self.stepper = stepper
        self._known: tuple[Vector, float, Vector] | None = None

    def evaluate(self, point: Vector) -> tuple[float, Vector]:
        """The value and the gradient, remembered for the step that follows the look."""
        if self._known is None or not np.array_equal(self._known[0], point):
            self._known = (point, *self.problem.value_and_gradient(point))
        return self._known[1:]

    def hurry(self, done: int, end: int) -> None:
        """Vectors are as fast from the start."""

    def run(self, block: LoopState, end: int) -> LoopState:
        """The next iterate (the same one at the start)."""
        point = block.point
        value, gradient = self.evaluate(point)
        if block.iteration >= end:
            return LoopState(block.iteration, block.point, block.state, value)
        moved, state = self.stepper.advance(
            np, point, gradient, block.state, float(block.iteration)
        )
        states = zip(state, block.state, strict=True)
        if (moved == point).all() and all(np.all(x == y) for x, y in states):
            return LoopState(**{**vars(block), "fixed": True})
        return LoopState(block.iteration + 1, moved, state, np.inf, value, point)
