"""Columns of texts as numbers: `codes(region)` is a variable of its own, named as it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from adcli.graph.gathering import PLACE
from adcli.graph.graph import Graph
from adcli.graph.primitives import VARIABLE
from adcli.graph.program import coded_column as coded_column
from adcli.graph.structure import GATHER

LevelNames = Mapping[str, Sequence[str]]
"""The texts that the numbers 0, 1, ... of a variable `codes(region)` stand for, by its name."""

AxisNames = Mapping[str, Mapping[int, Sequence[str]]]
"""The names of the places along axes of variables, by variable and axis."""


class Grouping(NamedTuple):
    """A variable that is taken by groups: a[g] along an axis, by the node of g; `whole` says
    whether groups are all of its axes."""

    variable: int
    axis: int
    place: int
    whole: bool


def groupings(graph: Graph, order: Sequence[int]) -> Iterator[Grouping]:
    """The variables that are taken by groups in the nodes of `order`."""
    for i in order:
        if graph.ops[i] is GATHER and graph.ops[graph.args[i][0]] is VARIABLE:
            variable, *places = graph.args[i]
            key, _ = graph.attrs[i]
            for k, place in enumerate(places):
                yield Grouping(variable, key.index(PLACE) + k, place, set(key) == {PLACE})


def axis_names(graph: Graph, order: Sequence[int], levels: LevelNames) -> AxisNames:
    """The names of places that are groups of a column of texts; none where two columns disagree."""
    found: dict[str, dict[int, Sequence[str]]] = {}
    for variable, axis, place, _ in groupings(graph, order):
        own = levels.get(graph.attrs[place]) if graph.ops[place] is VARIABLE else None
        axes = found.setdefault(graph.attrs[variable], {})
        axes[axis] = own or () if axes.get(axis, own) == own else ()
    return found
