"""What the numbers of a result are called in CSV and in tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from adcli.graph.axes import Shape, element_labels, index_label, indices

ResultPath = tuple[str, ...]


def output_rows(shapes: Sequence[Shape]) -> Iterator[str]:
    """The labels of all numbers of a program's results: `[0]`, `[1,2]`, or "" for one scalar."""
    several = len(shapes) > 1
    return (
        index_label((k, *index) if several else index)
        for k, shape in enumerate(shapes)
        for index in indices(shape)
    )


def result_labels(
    path: ResultPath, outputs: Sequence[Shape], variables: Mapping[str, Shape]
) -> Iterator[str]:
    """The names of the numbers under a path: `value`, `df/dx`, `df[0]/dv[1]`, `d2f/dxdy`.

    `outputs` are the shapes of the program's results, `variables` those of its inputs.
    """
    kind = path[0]
    if kind in ("value", "derivative"):
        return (kind + row for row in output_rows(outputs))
    if kind == "gradient":
        return (f"df/d{column}" for column in element_labels(path[1], variables[path[1]]))
    if kind == "jacobian":
        columns = list(element_labels(path[1], variables[path[1]]))
        return (f"df{row}/d{column}" for row in output_rows(outputs) for column in columns)
    seconds = list(element_labels(path[2], variables[path[2]]))
    firsts = element_labels(path[1], variables[path[1]])
    return (f"d2f/d{first}d{second}" for first in firsts for second in seconds)
