"""A region of a plan, made ready to run block by block."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain, starmap
from math import prod
from typing import Any

import numpy as np

from adcli.algebras.functions import array_functions
from adcli.engines.plan.arena import Offsets, array_at
from adcli.engines.plan.operand import Array, Operand, seen
from adcli.engines.plan.regions import Region
from adcli.engines.threads import Portions, in_parallel

Instruction = tuple[Callable[..., Any], tuple[int, ...], int, bool]
"""(what to call, the slots of its arguments, the slot of its result, whether it returns that)."""


def execute(instructions: Sequence[Instruction], frame: list[Any]) -> None:
    """Run instructions on a frame of arrays."""
    for call, arguments, target, returns in instructions:
        if returns:
            frame[target] = call(*[frame[a] for a in arguments])
        else:
            call(*[frame[a] for a in arguments], frame[target])


class BlockRun:
    """What runs a region.

    `cut` and `whole` are the operands from outside, those of which a block needs its own rows and
    those of which it needs all; `stored` are the steps whose results others need. The run takes
    their arrays in this order, then the memory for all else, of which it needs `scratch` bytes.
    Blocks run on several threads; which runs a block makes no difference to the results.
    """

    def __init__(self, region: Region, stored: set[int], threads: int) -> None:
        self.block = region.block
        self.threads = max(1, min(threads, -(-region.rows // region.block)))
        self.cut: list[Operand] = []
        self.whole: list[Operand] = []
        self.stored = [step for step in region.steps if step.node in stored]
        self._steps = region.steps
        self._makers = {step.node: step for step in region.steps}
        self._slots: dict[Any, int] = {}
        self._instructions: list[Instruction] = []
        self._registers: list[tuple[int, int, tuple[int, ...], Any]] = []
        layout = Offsets()
        last = {x.root: k for k, step in enumerate(self._steps) for x in step.operands}
        for k, step in enumerate(self._steps):
            arguments = tuple(
                [self._argument(x, s) for x, s in zip(step.operands, step.sliced, strict=True)]
            )
            slot = self._slot(step.node)
            self._instructions.append((step.call, arguments, slot, False))
            if step.node in stored:
                continue
            size = self.block * prod(step.core[1:]) * step.dtype.itemsize
            offset = layout.place_result(step, size, [step], k, last.get(step.node, k))
            self._registers.append((slot, offset, step.core[1:], step.dtype))
        self._bytes = layout.size
        self.scratch = layout.size * self.threads

    def _slot(self, key: Any) -> int:
        return self._slots.setdefault(key, len(self._slots))

    def _argument(self, x: Operand, sliced: bool) -> int:
        """The slot of an operand; what it takes to see it there is added."""
        if x.root in self._makers:
            if not x.views:
                return self._slot(x.root)
            key: Any = (x.root, x.views)
            if key not in self._slots:
                slot = self._slot(key)
                root = self._slot(x.root)
                self._instructions.append((lambda array: seen(x, array), (root,), slot, True))
            return self._slots[key]
        key = (x.root, x.views, sliced)
        if key not in self._slots:
            (self.cut if sliced else self.whole).append(x)
        return self._slot(key)

    def run(self, *given: Array) -> None:
        """Run all blocks on the arrays of `cut`, `whole` and `stored`, and scratch memory."""
        slots, rest = self._slots, iter(given)
        inner = [(slots[x.root, x.views, True], next(rest)) for x in self.cut]
        whole = [(slots[x.root, x.views, False], next(rest)) for x in self.whole]
        *stored, memory = rest
        rows = len(inner[0][1] if inner else stored[0])
        count = -(-rows // self.block)
        parts = [
            np.empty((count, *array.shape), array.dtype) if step.join else array
            for step, array in zip(self.stored, stored, strict=True)
        ]
        outer = [(slots[s.node], s.join, part) for s, part in zip(self.stored, parts, strict=True)]

        def work(thread: int, portions: Portions) -> None:
            own = memory[thread * self._bytes :]
            registers = [
                (slot, array_at(own, offset, (self.block, *shape), dtype))
                for slot, offset, shape, dtype in self._registers
            ]
            frame: list[Any] = [None] * len(slots)
            for slot, array in whole:
                frame[slot] = array
            with array_functions.quiet():
                for k in chain.from_iterable(starmap(range, portions)):
                    begin = k * self.block
                    end = min(rows, begin + self.block)
                    for slot, array in inner:
                        frame[slot] = array[begin:end]
                    for slot, join, array in outer:
                        frame[slot] = array[k, ...] if join else array[begin:end]
                    for slot, register in registers:
                        frame[slot] = register[: end - begin]
                    execute(self._instructions, frame)

        in_parallel(work, count, self.threads, at_once=True)
        for (_, join, part), array in zip(outer, stored, strict=True):
            if join:
                join.reduce(part, 0, None, array)
