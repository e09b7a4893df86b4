"""Parameters that are taken by groups of rows, as a in a[g]: one number for each group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from adcli.ad.tasks import Task
from adcli.errors import UsageError
from adcli.function import Function
from adcli.graph.coded import LevelNames, groupings
from adcli.graph.program import Program
from adcli.graph.shapes import GiantError, refuse_giant


def by_groups(
    program: Program,
    values: Mapping[str, Any],
    parts: Iterable[Mapping[str, Any]],
    levels: LevelNames,
) -> dict[str, Any]:
    """The values of variables, a number for what is taken by groups as an array of that number.

    The groups of a column of texts are its `levels`; of others there are as many as the largest
    index of the rows says, which come in `parts`. Raises UsageError for more than memory holds.
    """
    graph = program.graph
    sizes: dict[str, dict[int, int]] = {}
    unknown: dict[int, list[tuple[str, int]]] = {}
    for variable, axis, place, whole in groupings(graph, program.order):
        name, column = graph.attrs[variable], graph.attrs[place]
        if not whole or name not in values or np.ndim(values[name]):
            continue
        own = sizes.setdefault(name, {})
        own.setdefault(axis, 0)
        if isinstance(column, str) and column in levels:
            own[axis] = max(own[axis], len(levels[column]))
        else:
            unknown.setdefault(place, []).append((name, axis))
    for place, largest in _largest(program, list(unknown), parts).items():
        for name, axis in unknown[place]:
            sizes[name][axis] = max(sizes[name][axis], largest + 1)
    found = dict(values)
    for name, axes in sizes.items():
        shape = tuple(axes[k] for k in sorted(axes))
        if all(shape):
            try:
                refuse_giant(shape)
            except GiantError as error:
                raise UsageError(f"'{name}': {error}", "an index numbers groups from 0") from None
            found[name] = np.full(shape, values[name])
    return found


def _largest(
    program: Program, places: Sequence[int], parts: Iterable[Mapping[str, Any]]
) -> dict[int, int]:
    """The largest index that rows have at each place, which one pass over the parts finds; -1
    where it depends on more than they have."""
    largest = dict.fromkeys(places, -1.0)
    functions = {place: Function(program.graph, [place], program.text) for place in places}
    for columns in parts if places else ():
        functions = {k: f for k, f in functions.items() if f.inputs.keys() <= columns.keys()}
        if not functions:
            break
        for place, f in functions.items():
            point = {name: columns[name] for name in f.inputs}
            found = np.asarray(f.at(point, Task("value"), engine="numpy").nested()[0], dtype=float)
            largest[place] = max(largest[place], float(np.max(found, initial=-1.0)))
    return {place: int(x) if x < 2.0**53 else -1 for place, x in largest.items()}
