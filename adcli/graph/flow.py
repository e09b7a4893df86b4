"""Along which edges of a graph derivatives flow."""

from __future__ import annotations

from collections.abc import Sequence

from adcli.graph.graph import Graph
from adcli.graph.primitives import ELEMENTWISE, STATIC, WHERE


def carries(graph: Graph, order: Sequence[int], output: int, source: int) -> bool:
    """Whether a derivative flows from `source` to `output`, over the nodes of `order`.

    None does through floor, round, sign, comparisons and conditions: their derivatives are 0
    wherever there are any, so that a minimum cannot be found along them.
    """
    reached = {source}
    for i in order:
        op, args = graph.ops[i], graph.args[i]
        if op.kind == STATIC:
            continue
        for k, a in enumerate(args):
            if a in reached and not (
                (op.kind == ELEMENTWISE and op.partials[k] is None) or (op is WHERE and k == 0)
            ):
                reached.add(i)
                break
    return output in reached
