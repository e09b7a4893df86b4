"""Loops of steps over scalar programs: what they repeat, and how Python runs them.

A loop is described by nodes of a graph once; Python's source is made here, machine code in
adcli.engines.llvm.compiled_loop. Both do the same operations in the same order, so a run may change
from one to the other without a trace.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from adcli.engines.source.straight_line import StraightLine, execute, number_text
from adcli.graph.graph import Graph
from adcli.graph.primitives import COMPARISONS


class Condition(NamedTuple):
    """A condition on two nodes; `name` is that of a comparison primitive."""

    name: str
    left: int
    right: int


@dataclass(frozen=True)
class Loop:
    """What a loop repeats. Variables of the graph stand for its state; `held` are constants.

    counter       counts the steps
    best, before  the best value so far, and the value one step before
    before_point  the point one step before
    point, state  what a step changes, to `later` (both, in this order)
    value         what is minimised
    better        conditions under which the point is the best so far
    going         conditions under which nothing has to look at the point
    recorded      what is written down of every point that is passed
    """

    graph: Graph
    held: Mapping[int, float]
    counter: int
    best: int
    before: int
    before_point: Sequence[int]
    point: Sequence[int]
    state: Sequence[int]
    value: int
    better: Sequence[Condition]
    going: Sequence[Condition]
    later: Sequence[int]
    recorded: Sequence[int] = ()

    @property
    def watched(self) -> list[int]:
        """What has to be computed before anything is decided."""
        compared = [n for c in (*self.better, *self.going) for n in (c.left, c.right)]
        return [self.value, *compared, *self.recorded]

    @property
    def changing(self) -> list[int]:
        """The variables that a step changes."""
        return [*self.point, *self.state]


LoopRecords: TypeAlias = Any
"""Rows of numbers: a list of tuples, or an array."""

RunLoop = Callable[[Sequence[float]], tuple[Sequence[float], LoopRecords]]
"""Runs a loop: from (counter, end, best, before, *best_point, *before_point, *point, *state), to
(counter, value, best, before, fixed, *best_point, *before_point, *point, *state). It ends at the
step `end`; after the first one also where a condition of `going` fails, or, `fixed`, where a step
would change nothing. Beside that a row of what is recorded for each point, the first and the last
one included."""


def python_loop(loop: Loop) -> RunLoop:
    """The loop as straight-line Python."""
    count = len(loop.point)
    best, before, point = ([f"{letter}{k}" for k in range(count)] for letter in "bpx")
    state = [f"s{k}" for k in range(len(loop.state))]
    names = {loop.counter: "t", loop.best: "best", loop.before: "before"}
    names.update(zip(loop.before_point, before, strict=True))
    names.update(zip(loop.changing, [*point, *state], strict=True))
    names.update({node: number_text(value) for node, value in loop.held.items()})
    source = StraightLine(loop.graph, names, [*loop.watched, *loop.later])
    texts = source.texts
    first, second = _split(source.lines, [texts[node] for node in loop.watched])
    value, later = texts[loop.value], [texts[node] for node in loop.later]
    record = [texts[node] for node in loop.recorded]
    changing = [*point, *state]
    unmoved = " and ".join(f"{a} == {b}" for a, b in zip(later, changing, strict=True))
    everything = ", ".join([*best, *before, *changing])
    lines = [
        f"def loop(t, end, best, before, {everything}):",
        "  begin, rows = t, []",
        "  while True:",
        *[f"    {line}" for line in first],
        *([f"    rows.append(({', '.join(record)},))"] if record else []),
        f"    if {_all(loop.better, texts)}:",
        f"      best = {value}; {_assigned(best, point)}",
        f"    if t >= end or t != begin and not ({_all(loop.going, texts)}): fixed = 0.0; break",
        *[f"    {line}" for line in second],
        f"    if {unmoved}: fixed = 1.0; break",
        f"    before = {value}",
        f"    {_assigned(before, point)}",
        f"    {_assigned(changing, later)}",
        "    t += 1.0",
        f"  return (t, {value}, best, before, fixed, {everything}), rows",
    ]
    function = execute(lines)["loop"]
    return lambda numbers: function(*numbers)


def _all(conditions: Sequence[Condition], texts: Mapping[int, str]) -> str:
    return " and ".join(
        f"{texts[c.left]} {COMPARISONS[c.name]} {texts[c.right]}" for c in conditions
    )


def _split(lines: Sequence[str], needed: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """The lines up to those that assign what is needed, and the others."""
    last = 0
    for k, line in enumerate(lines):
        if line.split(" = ", 1)[0] in needed:
            last = k + 1
    return lines[:last], lines[last:]


def _assigned(names: Sequence[str], texts: Sequence[str]) -> str:
    """All at once, for the new values are made of the old ones."""
    return f"{', '.join(names)} = {', '.join(texts)}"
