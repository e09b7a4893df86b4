"""A loss over more rows than memory holds, at one point: block by block, and then added up.

That needs a loss that is a sum, or a mean, over rows: each block gives its part of the value, the
gradient and the Hessian.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from adcli.ad.tasks import Task
from adcli.engines.point import Results, compute_point
from adcli.graph.axes import Shape
from adcli.graph.program import Program
from adcli.graph.row_wise import RowSums, row_sums
from adcli.graph.structure import SUM

ANY_ROWS = 7919
"""A number of rows that is the length of nothing else."""

BLOCK_ROWS = 1 << 16
"""Rows that are computed together."""

Columns = Mapping[str, Any]


class SummedRows:
    """The sums over rows that a program is; `sums` is None for one that is none."""

    def __init__(
        self, program: Program, columns: Mapping[str, Shape], fixed: Mapping[str, Any]
    ) -> None:
        """`columns` are the shapes of columns in one row, `fixed` the values of other variables."""
        self.program, self.fixed = program, fixed
        graph, nodes = program.graph, program.inputs
        self.sums: RowSums | None = None
        self._given = [nodes[name] for name in fixed]
        self._columns = [nodes[name] for name in columns]
        shapes = {name: np.shape(x) for name, x in fixed.items()}
        shapes |= {name: (ANY_ROWS, *shape) for name, shape in columns.items()}
        if len(program.outputs) == 1:
            found = row_sums(graph, program.outputs[0], set(self._columns), shapes)
            self.sums = None if isinstance(found, int) else found

    def at(self, blocks: Iterable[Columns], task: Task) -> Results:
        """The value, and the derivatives of a task, over all rows of some blocks.

        Raises DomainError where they are not finite.
        """
        assert self.sums is not None
        graph, program = self.program.graph, self.program
        parts = [
            None if node is None else self._part([graph.node(SUM, (node,))], self._columns)
            for node in self.sums[:2]
        ]
        totals: list[dict[tuple[str, ...], Any]] = [{}, {}]
        rows = 0
        for block in _of_equal_length(blocks):
            rows += len(next(iter(block.values())))
            for part, total in zip(parts, totals, strict=True):
                if part is not None:
                    _add(total, compute_point(part, {**self.fixed, **block}, task), 1.0)
        _add_all(totals[0], totals[1], 1.0 / max(rows, 1))
        for node in self.sums.rest:
            _add(totals[0], compute_point(self._part([node], []), self.fixed, task), 1.0)
        return Results(program, task, {path: [totals[0][path]] for path in task.paths})

    def _part(self, outputs: list[int], columns: list[int]) -> Program:
        """A part of the program, as a function of the same variables."""
        return Program(self.program.graph, outputs, self.program.text, [*self._given, *columns])


def _add(total: dict[tuple[str, ...], Any], found: Results, factor: float) -> None:
    _add_all(total, {path: values[0] for path, values in found.by_path.items()}, factor)


def _add_all(
    total: dict[tuple[str, ...], Any], found: Mapping[tuple[str, ...], Any], factor: float
) -> None:
    for path, value in found.items():
        total[path] = total.get(path, 0.0) + factor * value


def _of_equal_length(blocks: Iterable[Columns]) -> Iterator[dict[str, Any]]:
    """The rows of blocks in blocks of BLOCK_ROWS, and a last one: each length is planned once, and
    sums do not depend on how a file was read."""
    held: list[Columns] = []
    rows = 0
    for block in blocks:
        held.append(block)
        rows += len(next(iter(block.values())))
        while rows >= BLOCK_ROWS:
            whole = _joined(held)
            yield {name: x[:BLOCK_ROWS] for name, x in whole.items()}
            held = [{name: x[BLOCK_ROWS:] for name, x in whole.items()}]
            rows -= BLOCK_ROWS
    if rows:
        yield _joined(held)


def _joined(blocks: list[Columns]) -> dict[str, Any]:
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
