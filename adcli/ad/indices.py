"""What is wrong with an index that is data."""

from __future__ import annotations

from typing import Any

from adcli.ad.algebra import NOWHERE
from adcli.ad.evaluate import Run
from adcli.graph.gathering import axes_of
from adcli.graph.primitives import VARIABLE
from adcli.graph.program import coded_column
from adcli.graph.structure import GATHER


def wrong_index(run: Run, node: int) -> tuple[str, str, tuple[int, Any]]:
    """The message and the hint for v[g], or its transpose, where g is no index of the axis, and
    the node of g with the places that are wrong."""
    graph, values, algebra, m = run.graph, run.values, run.algebra, run.algebra.m
    op, attr, (x, *places) = graph.ops[node], graph.attrs[node], graph.args[node]
    pattern, shape = (attr, algebra.shape(values[x])) if op is GATHER else attr
    axis, _ = axes_of(pattern)
    for size, place in zip(shape[axis:], places, strict=False):
        given = values[place]
        low = -size if pattern[1] else 0
        outside = m.less(given, low) + m.greater_equal(given, size)
        bad = algebra.both(None, outside + m.not_equal(m.floor(given), given))
        if bad is not NOWHERE:
            break
    at, _ = algebra.first(given, bad)
    number = float(given[(0, *at)])
    name = f"{graph.attrs[place]} = " if graph.ops[place] is VARIABLE else ""
    shown = name + repr(number).removesuffix(".0")
    if not number.is_integer():
        hint = "floor(x) is one; an index counts from 0"
        return f"the index {shown} is not a whole number", hint, (place, bad)
    hint = f"indices go from 0 to {size - 1}" if size else "there is nothing to take"
    if -size <= number < 0:
        hint = "only constants count from the end, data do not; where(g >= 0, ...) leaves it out"
    elif graph.ops[place] is VARIABLE and coded_column(graph.attrs[place]):
        hint = "the array needs a place for each level of the column"
    elif number == size:
        hint += "; of data that count from 1, take v[g - 1]"
    return f"the index {shown} is outside of an axis of length {size}", hint, (place, bad)
