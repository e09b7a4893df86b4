"""Which parts of a program belong to single rows of a table, and how a loss adds them up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod
from typing import NamedTuple

from adcli.graph.axes import Shape
from adcli.graph.gathering import PLACE
from adcli.graph.graph import Graph
from adcli.graph.primitives import (
    ADD,
    DIVIDE,
    ELEMENTWISE,
    MULTIPLY,
    NEGATIVE,
    SELECT,
    SUBTRACT,
)
from adcli.graph.shapes import infer_shapes
from adcli.graph.structure import GATHER, INDEX, MATMUL, SUM
from adcli.graph.symbols import Expression, Symbols

_WHOLE_AXIS = ((None, None, None), (None, None, 1), (0, None, None))
"""Slices that take all of an axis."""


def is_row_wise(graph: Graph, output: int, columns: set[int], shapes: Mapping[str, Shape]) -> bool:
    """Whether row i of a model depends on row i of the data alone: the first axis of the output, as
    that of the `columns`, runs over rows throughout. Then a table is computed block by block, and
    the model can predict for other rows.

    `shapes` are those of the variables (absent: scalar). An operation that is not known to keep
    rows apart counts as one that mixes them.
    """
    order = graph.reach([output])
    known = infer_shapes(graph, order, shapes)
    over_rows: set[int] = set()
    for i in order:
        if i in columns:
            over_rows.add(i)
        elif any(a in over_rows for a in graph.args[i]) and not _counts_within(graph, i, known):
            if not _keeps_rows(graph, i, known, over_rows):
                return False
            over_rows.add(i)
    return output in over_rows or known[output] == ()


def _counts_within(graph: Graph, i: int, shapes: dict[int, Shape]) -> bool:
    """Whether a node is the length of an axis within rows, which is the same for all."""
    axis = graph.attrs[i]
    if graph.ops[i].name != "size" or axis is None:
        return False
    return bool(axis % len(shapes[graph.args[i][0]]) != 0)


def _keeps_rows(graph: Graph, i: int, shapes: dict[int, Shape], over_rows: set[int]) -> bool:
    op, attr, args = graph.ops[i], graph.attrs[i], graph.args[i]
    first = args[0]
    if op.kind in (ELEMENTWISE, SELECT):
        rank = len(shapes[i])
        return all(
            len(shapes[a]) == rank if a in over_rows else _is_shared(shapes[a], rank) for a in args
        )
    if op is INDEX:
        return isinstance(attr[0], tuple) and attr[0] in _WHOLE_AXIS
    if op is GATHER:
        rank = max(len(shapes[a]) for a in args[1:])
        rows = [len(shapes[a]) == rank or a not in over_rows for a in args[1:]]
        return first not in over_rows and attr[0][0] is PLACE and all(rows)
    if op is MATMUL:
        return first in over_rows and len(shapes[first]) >= 2 and args[1] not in over_rows
    if op.kind == "reduction" or op is SUM:
        return attr is not None and attr % max(len(shapes[first]), 1) != 0
    if op.name == "expand":
        return bool(attr % len(shapes[i]) != 0)
    return False


def _is_shared(shape: Shape, rank: int) -> bool:
    """Whether an operand that has no rows is the same for all rows."""
    return len(shape) < rank or shape[0] == 1


def mean_in(graph: Graph, output: int, free: Iterable[int]) -> int | None:
    """The first mean that a result adds up, as in `mean(r^2) + 1`, of what `free` variables move;
    None where there is none."""
    moving = graph.dependents(graph.reach([output]), free)
    stack, seen = [output], {output}
    while stack:
        node = stack.pop()
        args = graph.args[node]
        if graph.ops[node] is DIVIDE and graph.ops[args[1]].name == "size" and moving[args[0]]:
            return node
        if graph.ops[node] in (ADD, SUBTRACT, NEGATIVE, MULTIPLY, DIVIDE):
            stack += [a for a in args if a not in seen]
            seen.update(args)
    return None


class RowSums(NamedTuple):
    """A loss as sums over rows: the node (rows,) of what each row adds to it, that of what it adds
    times the number of rows, as in a mean, and parts without rows; None, or empty, for no such."""

    each: int | None
    mean: int | None
    rest: tuple[int, ...]


def row_sums(
    graph: Graph,
    output: int,
    columns: set[int],
    shapes: Mapping[str, Shape],
    free: Iterable[int] | None = None,
) -> RowSums | int:
    """A loss as sums over rows, which may be added, and multiplied by what is the same for all
    rows; or the node that is no such sum. With `free` variables, what does not depend on them is
    left out."""
    order = graph.reach([output])
    known = infer_shapes(graph, order, shapes)
    by_row = graph.dependents(order, columns)
    moving = graph.dependents(order, order if free is None else free)
    m = Symbols(graph, graph.span(output))
    totals: list[Expression | None] = [None, None]
    rest: list[int] = []
    stack: list[tuple[int, Expression | None, int]] = [(output, None, 0)]
    while stack:
        node, factor, divided = stack.pop()
        op, args = graph.ops[node], graph.args[node]
        if not moving[node]:
            continue
        if not by_row[node] and not divided:
            whole = Expression(m, node)
            rest.append((whole if factor is None else factor * whole).node)
        elif op in (ADD, SUBTRACT, NEGATIVE):
            negative = m.expression(-1.0) if factor is None else -factor
            signs = [factor, negative if op is SUBTRACT else factor]
            signs = [negative] if op is NEGATIVE else signs
            stack += [(a, sign, divided) for a, sign in zip(args, signs, strict=True)]
        elif op is MULTIPLY and by_row[args[0]] + by_row[args[1]] == 1:
            part, other = args if by_row[args[0]] else args[::-1]
            same = Expression(m, other)
            stack.append((part, same if factor is None else factor * same, divided))
        elif op is DIVIDE and not divided and (size := _row_size(graph, args[1], columns, shapes)):
            share = m.expression(1.0 / size) if factor is None else factor * (1.0 / size)
            stack.append((args[0], share, 1))
        elif op is DIVIDE and by_row[args[0]] and not by_row[args[1]]:
            same = m.divide(1.0 if factor is None else factor, Expression(m, args[1]))
            stack.append((args[0], same, divided))
        elif (one := _summed(m, node, columns, shapes, known)) is not None:
            term, total = one if factor is None else factor * one, totals[divided]
            totals[divided] = term if total is None else total + term
        else:
            return node
    each, mean = [None if x is None else x.node for x in totals]
    return RowSums(each, mean, tuple(rest))


def _row_size(
    graph: Graph, node: int, columns: set[int], shapes: Mapping[str, Shape]
) -> int | None:
    """How many numbers each row has of the array whose size a node is; None if it is no such."""
    if graph.ops[node].name != "size":
        return None
    (array,) = graph.args[node]
    shape = infer_shapes(graph, graph.reach([array]), shapes)[array]
    if not shape or not is_row_wise(graph, array, columns, shapes):
        return None
    if graph.attrs[node] is None:
        return prod(shape[1:])
    return 1 if graph.attrs[node] % len(shape) == 0 else None


def _summed(
    m: Symbols, node: int, columns: set[int], shapes: Mapping[str, Shape], known: dict[int, Shape]
) -> Expression | None:
    """What each row adds to a node that is a sum over rows, (rows,); None if it is none."""
    op, args = m.graph.ops[node], m.graph.args[node]
    ranks = [len(known[a]) for a in args]
    if op is MATMUL and ranks == [1, 1]:
        part = Expression(m, args[0]) * Expression(m, args[1])
    elif op is SUM and not known[node] and ranks[0]:
        part = Expression(m, args[0])
        for _ in range(ranks[0] - 1):
            part = m.structural(SUM, 1, part)
    else:
        return None
    is_apart = is_row_wise(m.graph, part.node, columns, shapes)
    depends = m.graph.dependents(m.graph.reach([part.node]), columns)[part.node]
    return part if is_apart and depends else None
