"""Which steps of a plan run together, and in which order.

Steps that go row by row over the same rows form a *region*: it runs block of rows by block of rows,
so that what lies between its first reads and last writes stays in the cache, and reductions over
the rows add up as the blocks pass. All other steps run one by one.

A step that needs the whole of what a region makes runs a *level* later. A step of a region that
only later levels use moves there, unless more would have to be stored in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import TopologicalSorter
from heapq import heappop, heappush
from math import prod

from adcli.engines.plan.operand import Operand, Step

BLOCK_BYTES = 1 << 18
"""The size of the largest array of a block. A few are at work at once, which then fit a cache of
one or two MiB; smaller blocks make Python's part felt, and threads wait for its lock."""


class Region:
    """Steps that run block by block over `rows` rows, `block` of them at a time."""

    def __init__(self, steps: list[Step], rows: int, block: int) -> None:
        self.steps = steps
        self.rows = rows
        self.block = block


def schedule(steps: Sequence[Step], outputs: set[int]) -> list[Step | Region]:
    """The steps in the order to run them, joined to regions where that pays.

    `outputs` are the nodes whose values are wanted whole.
    """
    levels = _Levels(steps, outputs)
    items: list[Step | Region] = []
    for group in _in_order(levels.groups()):
        items += _joined(group, levels.rows[group[0].node])
    return items


class _Levels:
    """The level of each step, and the rows of the region that it may be part of (0: none)."""

    def __init__(self, steps: Sequence[Step], outputs: set[int]) -> None:
        self.steps = steps
        self.outputs = outputs
        self.by_node = {step.node: step for step in steps}
        large = {s.rows for s in steps if s.rows * _row_bytes(s) > 2 * BLOCK_BYTES and s.rows > 1}
        self.rows = {step.node: step.rows if step.rows in large else 0 for step in steps}
        self.users: dict[int, list[tuple[Step, Operand]]] = {step.node: [] for step in steps}
        self.level: dict[int, int] = {}
        for step in steps:
            level = 0
            for x in step.operands:
                if x.root in self.level:
                    self.users[x.root].append((step, x))
                    level = max(level, self.level[x.root] + self._waits(step, x))
            self.level[step.node] = level
        here: dict[int, list[Step]] = {}
        for step in steps:
            if self.rows[step.node]:
                here.setdefault(self.level[step.node], []).append(step)
        for level in sorted(here, reverse=True):
            self._move_later(level, here[level])

    def _flows(self, user: Step, x: Operand) -> bool:
        """Whether `user` can take an operand block by block as another step makes it."""
        maker, rows = self.by_node.get(x.root), self.rows[user.node]
        if not rows or maker is None or maker.join or self.rows[maker.node] != rows or not x.rows:
            return False
        return any(y is x and s for y, s in zip(user.operands, user.sliced, strict=True))

    def _waits(self, user: Step, x: Operand) -> bool:
        """Whether an operand that a step makes is there for `user` only a level later."""
        return self.rows[x.root] > 0 and not self._flows(user, x)

    def _move_later(self, level: int, here: list[Step]) -> None:
        """Move steps of a level to the levels of their users, if that stores no more."""
        moved: dict[int, int] = {}
        for step in reversed(here):
            if step.join or step.node in self.outputs:
                continue
            needed = min(
                (
                    moved.get(user.node, self.level[user.node]) - self._waits(user, x)
                    for user, x in self.users[step.node]
                ),
                default=level,
            )
            if needed > level:
                moved[step.node] = needed
        kept = sum(
            self.by_node[node].bytes
            for node in moved
            if any(user.node not in moved for user, _ in self.users[node])
        )
        if kept >= sum(s.bytes for s in here if self._is_stored_for(s, moved, level)):
            self.level.update(moved)

    def _is_stored_for(self, step: Step, moved: dict[int, int], level: int) -> bool:
        """Whether a step's result must be stored only because its users move."""
        if step.node in moved or step.join or step.node in self.outputs:
            return False
        users = self.users[step.node]
        return any(user.node in moved for user, _ in users) and all(
            self.level[user.node] == level for user, _ in users
        )

    def groups(self) -> list[list[Step]]:
        """The steps, those together that one region can run."""
        leader = {step.node: step.node for step in self.steps}

        def find(node: int) -> int:
            while leader[node] != node:
                leader[node] = node = leader[leader[node]]
            return node

        for step in self.steps:
            for x in step.operands:
                same_level = self.level.get(x.root) == self.level[step.node]
                if same_level and self._flows(step, x):
                    leader[find(step.node)] = find(x.root)
        groups: dict[int, list[Step]] = {}
        for step in self.steps:
            groups.setdefault(find(step.node), []).append(step)
        return list(groups.values())


def _row_bytes(step: Step) -> int:
    """The size of a row of the result, or of what is reduced over rows."""
    core = step.operands[0].core if step.join else step.core
    return prod(core[1:]) * int(step.dtype.itemsize)


def _in_order(groups: list[list[Step]]) -> list[list[Step]]:
    """The groups, each after those that it needs, else by their first nodes."""
    place = {step.node: k for k, group in enumerate(groups) for step in group}
    needs = {
        k: {place[x.root] for s in group for x in s.operands if x.root in place} - {k}
        for k, group in enumerate(groups)
    }
    sorter = TopologicalSorter(needs)
    sorter.prepare()
    ready: list[tuple[int, int]] = []
    found = []
    while sorter.is_active():
        for k in sorter.get_ready():
            heappush(ready, (groups[k][0].node, k))
        _, k = heappop(ready)
        found.append(groups[k])
        sorter.done(k)
    return found


def _joined(group: list[Step], rows: int) -> Sequence[Step | Region]:
    """A region of the steps, or the steps if there is one only, or one block."""
    if len(group) == 1:
        return group
    block = block_rows(group)
    return [Region(group, rows, block)] if 2 * block <= rows else group


def block_rows(steps: Sequence[Step]) -> int:
    """The number of rows in a block: the largest array of a block has about BLOCK_BYTES."""
    return max(1, BLOCK_BYTES // max(1, *map(_row_bytes, steps)))
