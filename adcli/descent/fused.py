"""Fixed-rate descent compiled: value, gradient, tests and update rule in one generated loop.

The update rule runs once, on nodes; what comes out joins the graph of the value and the gradient,
and all of it becomes one straight-line loop body (adcli.engines.compiled).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any, NamedTuple

import numpy as np

from adcli.descent.problem import Problem
from adcli.descent.rules import State, Vector
from adcli.descent.step import NodeVectors, Stepper, projected_gradient
from adcli.descent.stopping import Tests
from adcli.engines.compiled import MAX_NODES, Source, execute, number_text
from adcli.graph.graph import Graph
from adcli.graph.symbolic import Symbols


@dataclass
class Block:
    """Where the loop stands: the iterate, its rule's state, the iterate before and the best one.

    Points are lists of floats in the compiled loop, and arrays on vectors.
    """

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
    """The compiled loop of one problem and one way to step."""

    def __init__(self, problem: Problem, stepper: Stepper, tests: Tests) -> None:
        self.tests = tests
        rule = stepper.rule(np)
        self._shape = [isinstance(s, np.ndarray) for s in rule.init(np.zeros(problem.size))]
        self.evaluate = problem.value_and_gradient
        self._run = _compile(problem, stepper, tests, self._shape)

    def run(self, block: Block, end: int) -> Block:
        """Iterate until iteration `end`, or until a test holds at an iterate."""
        state = [x for s in block.state for x in (s.tolist() if isinstance(s, np.ndarray) else [s])]
        n = len(block.point)
        best = block.best_point or block.point
        before = block.before_point or block.point
        head = (float(block.iteration), float(end), block.best_value, block.before_value)
        result = self._run(*head, *best, *before, *block.point, *state)
        t, value, best_value, before_value, fixed = result[:5]
        rest = list(result[5:])
        return Block(
            int(t),
            rest[2 * n : 3 * n],
            self._state(rest[3 * n :], n),
            value,
            before_value,
            rest[n : 2 * n],
            best_value,
            rest[:n],
            fixed,
        )

    def _state(self, numbers: list[float], n: int) -> State:
        state, k = [], 0
        for is_vector in self._shape:
            size = n if is_vector else 1
            state.append(np.array(numbers[k : k + n]) if is_vector else numbers[k])
            k += size
        return tuple(state)


def fits(problem: Problem, stepper: Stepper) -> bool:
    """Whether the loop of a problem is small enough to compile."""
    return problem.scalar and len(problem.order) + 40 * problem.size <= MAX_NODES


def _compile(problem: Problem, stepper: Stepper, tests: Tests, shape: list[bool]) -> Any:
    graph, n = problem.graph, problem.size
    m = NodeVectors(Symbols(graph))
    iteration = m.vector([graph.variable("\0t")])
    names = {graph.variable("\0t"): "t"}
    names.update({node: f"x{k}" for k, node in enumerate(problem.nodes)})
    names.update(problem.fixed_texts())
    state, state_names = _state_nodes(graph, m, n, shape, names)
    point, gradient = m.vector(problem.nodes), m.vector(problem.gradient_nodes)
    free = projected_gradient(m, point, gradient, stepper.lower, stepper.upper)
    moved, new_state = stepper.advance(m, point, gradient, state, iteration)
    square = (free * free).sum().node
    later = [m.symbols.expression(e).node for vector in (moved, *new_state) for e in vector]
    source = Source(graph, names, [problem.target, square, *later])
    body = _Body(
        source.lines,
        source.texts[problem.target],
        source.texts[square],
        [f"x{k}" for k in range(n)],
        state_names,
        [source.texts[node] for node in later],
    )
    return execute(_loop(body, tests))["loop"]


class _Body(NamedTuple):
    """What the loop repeats: `lines` compute the texts `value`, `norm2` (the squared norm of the
    gradient) and `later`, the next values of the variables `point` and `state`."""

    lines: list[str]
    value: str
    norm2: str
    point: list[str]
    state: list[str]
    later: list[str]


def _loop(body: _Body, tests: Tests) -> list[str]:
    """The source of the loop; b0, ... is the best point and p0, ... the one before."""
    value, n = body.value, len(body.point)
    best, before = ([f"{letter}{k}" for k in range(n)] for letter in "bp")
    names = [*body.point, *body.state]
    everything = ", ".join([*best, *before, *names])
    first, second = _split(body.lines, value, body.norm2)
    return [
        f"def loop(t, end, best, before, {everything}):",
        "  begin = t",
        "  while True:",
        *[f"    {line}" for line in first],
        f"    if -inf < {value} <= best and {body.norm2} < inf:",
        f"      best = {value}; {_assigned(best, body.point)}",
        f"    if {_stop(tests, value, body.norm2, n)}: fixed = False; break",
        *[f"    {line}" for line in second],
        f"    if {_unmoved(body.later, names)}: fixed = True; break",
        f"    before = {value}",
        f"    {_assigned(before, body.point)}",
        f"    {_assigned(names, body.later)}",
        "    t += 1.0",
        f"  return t, {value}, best, before, fixed, {everything}",
    ]


def _state_nodes(
    graph: Graph, m: NodeVectors, n: int, shape: list[bool], names: dict[int, str]
) -> tuple[State, list[str]]:
    """Variables for the rule's state, and their names in the loop."""
    state: list[Any] = []
    order = []
    for j, is_vector in enumerate(shape):
        nodes = [graph.variable(f"\0s{j}_{k}") for k in range(n if is_vector else 1)]
        for k, node in enumerate(nodes):
            names[node] = f"s{j}_{k}"
            order.append(names[node])
        state.append(m.vector(nodes))
    return tuple(state), order


def _split(lines: list[str], *needed: str) -> tuple[list[str], list[str]]:
    """The lines up to those that assign `needed`, which the tests look at, and the others."""
    last = 0
    for k, line in enumerate(lines):
        if line.split(" = ", 1)[0] in needed:
            last = k + 1
    return lines[:last], lines[last:]


def _stop(tests: Tests, value: str, norm2: str, n: int) -> str:
    """The condition under which somebody has to look at an iterate that nobody has seen."""
    least = number_text(tests.gradient * tests.gradient * (1 + 1e-9)) if tests.gradient else "-1.0"
    conditions = [f"not ({least} < {norm2} < inf)"]
    low = max(tests.floor, tests.target)
    conditions.append(f"not ({number_text(low)} < {value} < {number_text(tests.ceiling)})")
    if tests.value:
        size = number_text(tests.value)
        conditions.append(f"t and abs({value} - before) <= {size} * abs({value})")
    if tests.point:
        size = number_text(tests.point * tests.point * (1 + 1e-9))
        moved = " + ".join(f"(x{k} - p{k}) * (x{k} - p{k})" for k in range(n))
        length = " + ".join(f"x{k} * x{k}" for k in range(n))
        conditions.append(f"t and {moved} <= {size} * ({length})")
    return f"t >= end or ({' or '.join(conditions)}) and t != begin"


def _unmoved(new: list[str], old: list[str]) -> str:
    """Whether neither the point nor the state changes any more: so it will stay."""
    return " and ".join(f"{a} == {b}" for a, b in zip(new, old, strict=True))


def _assigned(names: list[str], texts: list[str]) -> str:
    """All at once, for the new values are made of the old ones."""
    return f"{', '.join(names)} = {', '.join(texts)}"
