"""Rows whose results are not finite: why, row by row, and which are right after all.

At the ends of the range of numbers the order of operations decides whether a result is finite, so
such a row is computed again, as the program has it, by the python engine: that knows the reasons.
Where the values of many rows fail, NumPy finds which operations are to blame, which takes longest.
It also finds the rows whose infinite value is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from adcli.ad.algebra import NOWHERE
from adcli.ad.blame import blame_value, value_error
from adcli.ad.evaluate import Run
from adcli.ad.live import not_finite
from adcli.ad.supports import have_supports, within_supports
from adcli.algebras.arrays import Arrays
from adcli.algebras.floats import Floats
from adcli.engines.columns import Column, Rows, is_over_numbers
from adcli.engines.point import Results, compute_point, sweep_point
from adcli.engines.source.straight_line import MAX_SOURCE_NODES, compile_function
from adcli.errors import DomainError

if TYPE_CHECKING:
    from adcli.graph.program import Program

SEVERAL = 16
"""Failed rows from which on it pays to evaluate them side by side, and to look for one operation to
blame, about."""

FEW_BLAMED = 8
"""Operations to blame that are looked for at any rate."""

AT_ONCE_BYTES = 1 << 22
"""About how much the values of all nodes take in the rows that are evaluated at once."""


def mend_rows(
    block: Rows, fields: Mapping[tuple[str, ...], Any], failed: Any, stop: bool, start: int
) -> tuple[dict[int, DomainError], list[int]]:
    """Set the results of the rows `failed` in `fields`: the right ones, or nan. Why, by row; and
    the rows where an infinite value is right.

    Rows are counted from `start` in what is returned, and in the errors. With `stop` the first
    reason is raised. The values of the columns are arrays.
    """
    program, task = block.program, block.task
    infinite = _right_infinities(block, failed) if task.kind == "value" else failed[:0]
    failed = np.setdiff1d(failed, infinite, assume_unique=True)
    errors: dict[int, DomainError] = {}
    numbers = is_over_numbers(program, block.columns, 1)
    several = len(failed) >= SEVERAL and len(program.order) <= MAX_SOURCE_NODES
    if numbers and several and not stop and not task.strict:
        at_once = max(1, AT_ONCE_BYTES // (8 * len(program.order)))
        for rows in np.array_split(failed, -(-len(failed) // at_once)):
            errors.update(_value_errors(program, block.columns, rows))
    known = np.fromiter(errors, dtype=np.intp, count=len(errors))
    for values in fields.values():
        values[known] = np.nan
    for row in failed.tolist():
        if row in errors:
            continue
        try:
            found = _results_at(block, row, numbers)
        except DomainError as error:
            if stop:
                error.row = start + row
                raise
            errors[row] = error.with_traceback(None)  # which would hold all values
            found = dict.fromkeys(fields, np.nan)
        for path, value in found.items():
            fields[path][row] = value
    for row, reason in errors.items():
        reason.row = start + row
    return {start + row: errors[row] for row in sorted(errors)}, (start + infinite).tolist()


def _right_infinities(block: Rows, failed: Any) -> Any:
    """The rows, among `failed`, whose values are infinite because log densities are -inf outside
    their support."""
    program, columns, right = block.program, block.columns, [failed[:0]]
    if not have_supports(program.graph, program.order):
        return failed[:0]
    at_once = max(1, AT_ONCE_BYTES // (8 * len(program.order)))
    for rows in np.array_split(failed, -(-len(failed) // at_once)):
        inputs = {program.inputs[n]: x for n, x in _values(columns, rows).items()}
        algebra, is_right = Arrays(), np.ones(len(rows), dtype=bool)
        with algebra.context():
            run = Run.at(program.graph, program.order, inputs, algebra, len(rows))
            for o, x in zip(program.outputs, within_supports(run, program.outputs), strict=True):
                fine = np.isfinite(x) & ~np.isnan(run.values[o])
                is_right &= fine.reshape(len(fine), -1).all(axis=1)
        right.append(rows[is_right])
    return np.concatenate(right)


def _values(columns: Mapping[str, Column], rows: Any) -> dict[str, Any]:
    """The values of the columns in some rows, with an axis of rows."""
    return {n: c.values[rows] if c.per_row else c.values[np.newaxis] for n, c in columns.items()}


def _results_at(block: Rows, row: int, numbers: bool) -> dict[tuple[str, ...], Any]:
    """The results in one row; none where the task is strict and the row's results are right.

    A node at a kink may not matter. Raises DomainError with the reason.
    """
    program, task = block.program, block.task
    values = {name: c.at(row) for name, c in block.columns.items()}
    point = {name: x if x.ndim else float(x) for name, x in values.items()}
    if numbers:
        found: Results = sweep_point(program, point, task, "python")
    else:
        found = compute_point(program, point, task)
    return {} if task.strict else dict(found.fields())


def _value_errors(
    program: Program, columns: Mapping[str, Column], rows: Any
) -> Iterator[tuple[int, DomainError]]:
    """The rows, among `rows`, in which a value of the function is not finite, each with the reason.

    NumPy finds the operations to blame; the python engine has the last word on the numbers.
    """
    graph, outputs, floats = program.graph, program.outputs, Floats()
    table = _values(columns, rows)
    blamed = list(_blamed(program, {program.inputs[n]: x for n, x in table.items()}, len(rows)))
    near = {node: (node, *graph.args[node]) for node, _ in blamed}
    wanted = list(dict.fromkeys([*outputs, *chain.from_iterable(near.values())]))
    evaluated = compile_function(graph, [program.inputs[n] for n in table], wanted)
    for node, live in blamed:
        places = np.flatnonzero(live)
        points = [np.broadcast_to(x, len(rows))[places].tolist() for x in table.values()]
        for row, *point in zip(rows[places].tolist(), *points, strict=True):
            values = dict(zip(wanted, evaluated(*point), strict=True))
            if not isfinite(values[node]) and not all(isfinite(values[o]) for o in outputs):
                run = Run(graph, program.order, {}, floats, 1, values)
                yield row, value_error(run, (node, None), program.text)


def _blamed(program: Program, inputs: Mapping[int, Any], rows: int) -> Iterator[tuple[int, Any]]:
    """The operations to blame for values that are not finite, and the rows where each is.

    It ends early where there are almost as many operations as rows.
    """
    algebra, count = Arrays(), 0
    with algebra.context():
        run = Run.at(program.graph, program.order, inputs, algebra, rows)
        left = np.ones(rows, dtype=bool)
        for output in program.outputs:
            while not_finite(run.values[output], algebra, left) is not NOWHERE:
                node, live = blame_value(run, output, left)
                left &= ~live
                yield node, live
                count += 1
                if np.count_nonzero(~left) < SEVERAL * (count - FEW_BLAMED):
                    return
