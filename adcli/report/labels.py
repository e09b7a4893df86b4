"""What the numbers of a result are called in CSV and in tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

from adcli.report.numbers import index_label

Shape = tuple[int, ...]
Path = tuple[str, ...]


def indices(shape: Shape) -> list[tuple[int, ...]]:
    """All indices of a shape, the last axis fastest."""
    return list(product(*map(range, shape)))


def output_rows(shapes: Sequence[Shape]) -> list[str]:
    """The labels of all numbers of a program's results: `[0]`, `[1,2]`, or "" for one scalar."""
    several = len(shapes) > 1
    return [
        index_label((k, *index) if several else index)
        for k, shape in enumerate(shapes)
        for index in indices(shape)
    ]


def result_labels(
    path: Path, outputs: Sequence[Shape], variables: Mapping[str, Shape]
) -> list[str]:
    """The names of the numbers under a path: `value`, `df/dx`, `df[0]/dv[1]`, `d2f/dxdy`.

    `outputs` are the shapes of the program's results, `variables` those of its inputs.
    """
    kind = path[0]
    if kind in ("value", "derivative"):
        return [kind + row for row in output_rows(outputs)]
    columns = [path[1] + index_label(index) for index in indices(variables[path[1]])]
    if kind == "gradient":
        return [f"df/d{column}" for column in columns]
    if kind == "jacobian":
        return [f"df{row}/d{column}" for row in output_rows(outputs) for column in columns]
    seconds = [path[2] + index_label(index) for index in indices(variables[path[2]])]
    return [f"d2f/d{column}d{second}" for column in columns for second in seconds]
