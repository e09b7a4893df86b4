"""Columns that many evaluations share: what depends on data alone is computed once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from adcli.engines.llvm.compiled_tasks import compile_nodes
from adcli.engines.lower import is_foreign
from adcli.engines.threads import available_cores
from adcli.graph.axes import Shape
from adcli.graph.expand import expanded
from adcli.graph.graph import Graph
from adcli.graph.primitives import COMPARISONS, ELEMENTWISE, PRIMITIVES, SELECT, Primitive
from adcli.graph.shapes import infer_shapes

WORTH_A_COLUMN = 2.0
"""Functions such as log in the place of which a column is read, at least: a loop over rows reads a
number in about the time of one."""

SLOPE = PRIMITIVES["stirling_slope"]
"""Of order 1 it is made of functions that machine code has."""

_CHEAP = ("abs", "floor", "ceil", "round", "sign", "trunc", "detach", "where", *COMPARISONS)


def hold_columns(
    graph: Graph,
    outputs: Sequence[int],
    varying: Collection[int],
    shapes: Mapping[str, Shape],
    held: Mapping[int, Any],
) -> tuple[list[int], dict[str, Shape], dict[int, Any]]:
    """The outputs with variables for what is worth a column, with their shapes and values.

    `varying` are the variables that change from one evaluation to the next, `held` the values of
    the others; `shapes` are those of all. Log densities are written out: a factorial of data is
    the same in all evaluations.
    """
    outputs = expanded(graph, outputs, lambda op: not (op.parameters or op.support or op is SLOPE))
    order = graph.reach(outputs)
    changes = graph.dependents(order, varying)
    known = infer_shapes(graph, order, shapes)
    effort: dict[int, float] = {}
    for i in order:
        effort[i] = _effort(graph.ops[i]) + sum(effort[a] for a in set(graph.args[i]))
    taken = {a for i in order if changes[i] for a in graph.args[i] if not changes[a]}
    columns = [
        i
        for i in sorted(taken)
        if effort[i] >= WORTH_A_COLUMN
        and len(known[i]) == 1
        and graph.ops[i].kind in (ELEMENTWISE, SELECT)
    ]
    if not columns:
        return outputs, {}, {}
    found, _ = compile_nodes(graph, columns, shapes).run(held, available_cores())
    names = [f"\0column {i}" for i in columns]
    variables = [graph.variable(name) for name in names]
    replaced = dict(zip(columns, variables, strict=True))
    outputs = [graph.substitute(o, graph.affected(o, replaced), replaced) for o in outputs]
    new_shapes = {name: known[i] for name, i in zip(names, columns, strict=True)}
    return outputs, new_shapes, dict(zip(variables, found, strict=True))


def _effort(op: Primitive) -> float:
    """About how many functions such as log an operation takes the time of."""
    if op.kind != ELEMENTWISE or op.symbol or op.name in _CHEAP:
        return 0.0
    if is_foreign(op):
        return 100.0
    return 3.0 if op.value is not None else 1.0
