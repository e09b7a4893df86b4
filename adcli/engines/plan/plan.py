"""A program over arrays as steps for given shapes and a dtype."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from adcli.algebras.functions import array_functions
from adcli.engines.plan.arena import Arena, Offsets, array_at
from adcli.engines.plan.block_run import BlockRun, Instruction, execute
from adcli.engines.plan.operand import Array, Operand, Step, needed, seen
from adcli.engines.plan.plan_steps import Operations
from adcli.engines.plan.regions import Region, schedule
from adcli.engines.threads import available_cores
from adcli.graph.axes import Shape
from adcli.graph.expand import expanded
from adcli.graph.graph import Graph
from adcli.graph.shapes import infer_shapes


class Plan:
    """The nodes `outputs` as functions of the graph's variables.

    `shapes` are those of the variables (absent: scalar); `held` has the values of variables, by
    node, that do not change from run to run: what depends on them alone is computed now. Arrays
    between the steps lie in `arena`, which plans that run one after another may share; blocks of
    rows run on `threads` threads (None: one for each processor).
    """

    def __init__(
        self,
        graph: Graph,
        outputs: Sequence[int],
        shapes: Mapping[str, Shape],
        dtype: Any = np.float64,
        held: Mapping[int, Array] | None = None,
        arena: Arena | None = None,
        threads: int | None = None,
    ) -> None:
        self._dtype = np.dtype(dtype)
        outputs = expanded(graph, outputs)
        order = graph.reach(outputs)
        found = infer_shapes(graph, order, shapes)
        operations = Operations(graph, order, found, self._dtype, held or {})
        self._shapes = [found[o] for o in outputs]
        self._outputs = [operations.operands[o] for o in outputs]
        steps = needed(operations.steps, self._outputs)
        self._arena = arena or Arena()
        self._threads = threads or available_cores()
        self._memory: Any = None
        self._slots: dict[Any, int] = {}
        self._views: dict[int, list[int]] = {}
        self._instructions: list[Instruction] = []
        self._places: list[tuple[int, int, Shape, Any]] = []
        self._fixed = operations.fixed
        self._made = {step.node: step for step in steps}
        self._written = self._results()
        self._build(schedule(steps, {x.root for x in self._outputs}))
        for x in self._outputs:
            self._slot(x.root)
        self._fixed = {root: x for root, x in self._fixed.items() if root in self._slots}
        used = [i for i in order if i in self._slots and i not in self._fixed]
        self._inputs = {i: self._slots[i] for i in used if i not in self._made}

    # ---- preparation ----

    def _results(self) -> dict[int, int]:
        """The steps that write a result themselves: node -> which result."""
        written: dict[int, int] = {}
        for k, (x, shape) in enumerate(zip(self._outputs, self._shapes, strict=True)):
            step = self._made.get(x.root)
            if step is None or not step.writes or step.dtype != self._dtype:
                continue
            if not x.views and x.core == shape:
                written.setdefault(x.root, k)
        return written

    def _build(self, items: list[Step | Region]) -> None:
        steps = [item.steps if isinstance(item, Region) else [item] for item in items]
        last = {x.root: k for k, group in enumerate(steps) for x in _read(group)}
        last.update({x.root: len(items) for x in self._outputs})
        layout = Offsets()
        returned: dict[int, list[int]] = {}
        for k, (item, group) in enumerate(zip(items, steps, strict=True)):
            stored = [s for s in group if last.get(s.node, -1) > k]
            for step in stored:
                slot = self._slot(step.node)
                if not step.writes:
                    returned.setdefault(last[step.node], []).append(step.node)
                elif step.node not in self._written:
                    offset = layout.place_result(step, step.bytes, group, k, last[step.node])
                    self._places.append((slot, offset, step.core, step.dtype))
            if isinstance(item, Region):
                self._add_region(item, {s.node for s in stored}, layout, k)
            else:
                arguments = tuple([self._argument(x) for x in item.operands])
                target = self._slot(item.node)
                self._instructions.append((item.call, arguments, target, not item.writes))
            for root in returned.pop(k, []):
                self._forget(root)
        self._size = layout.size

    def _add_region(self, region: Region, stored: set[int], layout: Offsets, now: int) -> None:
        run = BlockRun(region, stored, self._threads)
        operands = [self._argument(x) for x in [*run.cut, *run.whole]]
        results = [self._slot(step.node) for step in run.stored]
        scratch = self._slot(("scratch", now))
        offset = layout.place(run.scratch, now, now)
        self._places.append((scratch, offset, (run.scratch,), np.dtype(np.uint8)))
        self._instructions.append((run.run, (*operands, *results), scratch, False))

    def _slot(self, key: Any) -> int:
        return self._slots.setdefault(key, len(self._slots))

    def _argument(self, x: Operand) -> int:
        """The slot of an operand; what it takes to see it there is added."""
        if not x.views:
            return self._slot(x.root)
        key = (x.root, x.views)
        if key not in self._slots:
            root, slot = self._slot(x.root), self._slot(key)
            self._views.setdefault(x.root, []).append(slot)
            self._instructions.append((lambda array: seen(x, array), (root,), slot, True))
        return self._slots[key]

    def _forget(self, root: int) -> None:
        """Let go of an array that a step returned, and of its views."""
        for slot in [self._slot(root), *self._views.get(root, [])]:
            self._instructions.append((_nothing, (), slot, True))

    # ---- the run ----

    def run(
        self, inputs: Mapping[int, Array], results: Sequence[Array | None] | None = None
    ) -> list[Array]:
        """The outputs' values, for the variables' values by node, in the plan's dtype.

        They are written to the arrays `results` where these are given; they share no memory with
        each other, with inputs, or with later results.
        """
        given = list(results or ()) or [None] * len(self._outputs)
        with array_functions.quiet():
            frame = self._frame()
            for node, slot in self._inputs.items():
                frame[slot] = inputs[node]
            found = [
                array if array is not None else np.empty(shape, self._dtype)
                for array, shape in zip(given, self._shapes, strict=True)
            ]
            for node, k in self._written.items():
                frame[self._slots[node]] = found[k]
            execute(self._instructions, frame)
            for k, (x, array) in enumerate(zip(self._outputs, found, strict=True)):
                if self._written.get(x.root) != k:
                    array[...] = seen(x, frame[self._slots[x.root]])
        return found

    def _frame(self) -> list[Any]:
        """The slots before a run: numbers, and arrays in the arena."""
        memory = self._arena.reserve(self._size)
        if memory is not self._memory:
            self._memory = memory
            self._base: list[Any] = [None] * len(self._slots)
            for root, value in self._fixed.items():
                self._base[self._slots[root]] = value
            for slot, offset, core, dtype in self._places:
                self._base[slot] = array_at(memory, offset, core, dtype)
        return self._base.copy()


def _read(group: list[Step]) -> list[Operand]:
    return [x for step in group for x in step.operands]


def _nothing() -> None:
    return None
