"""Fixed-rate descent compiled: value, gradient, tests and update rule in one loop.

The update rule runs once, on nodes; what comes out joins the graph of the value and the gradient,
and all of it becomes the body of a loop (adcli.engines.source.loop).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from math import inf
from typing import Any

import numpy as np

from adcli.descent.problem import Problem
from adcli.descent.rules import State, Vector
from adcli.descent.stepper import NodeVectors, Stepper, projected_gradient
from adcli.descent.stopping import Tests
from adcli.engines.choose import has_llvmlite
from adcli.engines.lower import lower
from adcli.engines.source.loop import Condition, Loop, LoopRecords, RunLoop, python_loop
from adcli.engines.source.straight_line import MAX_SOURCE_NODES
from adcli.graph.symbols import Expression, Symbols

LONG = 100_000
"""Steps from which machine code is worth its compilation."""

PYTHON_STEPS = 10_000
"""Steps that Python does before, for many a descent ends early."""


@dataclass
class LoopState:
    """Where the loop stands: the iterate, its rule's state, the iterate before and the best one."""

    iteration: int
    point: Vector
    state: State
    value: float = inf
    before_value: float = inf
    before_point: Vector | None = None
    best_value: float = inf
    best_point: Vector | None = None
    fixed: bool = False


class FusedLoop:
    """The compiled loop of one problem and one way to step.

    `records` has, if that is asked for, (value, *point, *gradient) of every iterate of the
    last run, the first and the last one included.
    """

    def __init__(
        self, problem: Problem, stepper: Stepper, tests: Tests, recording: bool = False
    ) -> None:
        self.records: LoopRecords = ()
        rule = stepper.rule(np)
        self._shape = [isinstance(s, np.ndarray) for s in rule.init(np.zeros(problem.size))]
        self.evaluate = problem.value_and_gradient
        self._loop = _describe(problem, stepper, tests, self._shape, recording)
        self._run = python_loop(self._loop)
        self._may_change = problem.engine != "python"
        self._patience = 0 if problem.engine == "llvm" else PYTHON_STEPS
        self._long = 0 if problem.engine == "llvm" else LONG

    def run(self, block: LoopState, end: int) -> LoopState:
        """Iterate until iteration `end`, or until a test holds at an iterate."""
        state = [x for s in block.state for x in (s.tolist() if isinstance(s, np.ndarray) else [s])]
        n = len(block.point)
        point = block.point.tolist()
        best = point if block.best_point is None else block.best_point.tolist()
        before = point if block.before_point is None else block.before_point.tolist()
        head = (float(block.iteration), float(end), block.best_value, block.before_value)
        result, self.records = self._run([*head, *best, *before, *point, *state])
        t, value, best_value, before_value, fixed, *_ = result
        rest = iter(result[5:])
        best, before, point = (np.array(list(islice(rest, n))) for _ in range(3))
        now = tuple([np.array(list(islice(rest, n))) if v else next(rest) for v in self._shape])
        return LoopState(
            int(t), point, now, value, before_value, before, best_value, best, bool(fixed)
        )

    def hurry(self, done: int, end: int) -> None:
        """Go on as machine code, which does the same, if so many steps to `end` are worth it."""
        if self._may_change and done >= self._patience and end - done >= self._long:
            self._may_change = False
            self._run = _machine_code(self._loop) or self._run


def fits(problem: Problem, stepper: Stepper) -> bool:
    """Whether the loop of a problem is small enough to compile."""
    scalar = problem.scalar and problem.engine != "numpy"
    return scalar and len(problem.order) + 40 * problem.size <= MAX_SOURCE_NODES


def _machine_code(loop: Loop) -> RunLoop | None:
    """The loop as machine code, if there is a compiler and all functions are there."""
    if not has_llvmlite():
        return None
    from adcli.engines.llvm.code import MissingFunctionError
    from adcli.engines.llvm.compiled_loop import compile_loop
    from adcli.engines.llvm.compiled_loop import fits as fits_machine
    from adcli.engines.llvm.machine import host

    try:
        return compile_loop(loop, host()) if fits_machine(loop) else None
    except MissingFunctionError:
        return None


def _describe(
    problem: Problem, stepper: Stepper, tests: Tests, shape: Sequence[bool], recording: bool
) -> Loop:
    """The loop as nodes of the problem's graph."""
    graph, n = problem.graph, problem.size
    m = NodeVectors(Symbols(graph))
    counter, best, before = (graph.variable(f"\0{name}") for name in ("t", "best", "before"))
    before_point = [graph.variable(f"\0p{k}") for k in range(n)]
    state = [
        m.vector([graph.variable(f"\0s{j}_{k}") for k in range(n if is_vector else 1)])
        for j, is_vector in enumerate(shape)
    ]
    point, gradient = m.vector(problem.nodes), m.vector(problem.gradient_nodes)
    free = projected_gradient(m, point, gradient, stepper.lower, stepper.upper)
    moved, new_state = stepper.advance(m, point, gradient, tuple(state), m.vector([counter]))
    value = Expression(m.symbols, problem.target)
    square = (free * free).sum()
    going = _going(
        tests, value, square, Expression(m.symbols, before), point, m.vector(before_point)
    )
    finite = [("less", square, inf), ("less", -inf, value)]
    better = [*finite, ("less_equal", value, Expression(m.symbols, best))]
    # One lowering for all: what is shared stays shared.
    compared = [m.symbols.expression(x).node for _, *sides in (*better, *going) for x in sides]
    later = [m.symbols.expression(e).node for vector in (moved, *new_state) for e in vector]
    slopes = problem.gradient_nodes if recording else []
    low = iter(lower(graph, [problem.target, *slopes, *later, *compared]))
    target, slopes, later = next(low), [next(low) for _ in slopes], [next(low) for _ in later]
    first, second = (
        [Condition(name, next(low), next(low)) for name, *_ in found] for found in (better, going)
    )
    held = {problem.function.inputs[name]: float(x) for name, x in problem.fixed.items()}
    return Loop(
        graph,
        held,
        counter,
        best,
        before,
        before_point,
        problem.nodes,
        [e.node for vector in state for e in vector],
        target,
        first,
        second,
        later,
        [target, *problem.nodes, *slopes] if recording else [],
    )


def _going(
    tests: Tests,
    value: Expression,
    square: Expression,
    before: Expression,
    point: Vector,
    before_point: Vector,
) -> list[tuple[str, Any, Any]]:
    """The conditions under which nothing has to look at an iterate; nan fails all of them."""
    m = value.symbols
    least = tests.gradient * tests.gradient * (1 + 1e-9) if tests.gradient else -1.0
    going: list[tuple[str, Any, Any]] = [
        ("less", least, square),
        ("less", square, inf),
        ("less", max(tests.floor, tests.target), value),
        ("less", value, tests.ceiling),
    ]
    if tests.value:
        going.append(("less", tests.value * m.abs(value), m.abs(value - before)))
    if tests.point:
        size = tests.point * tests.point * (1 + 1e-9)
        change = point - before_point
        going.append(("less", size * (point * point).sum(), (change * change).sum()))
    return going
