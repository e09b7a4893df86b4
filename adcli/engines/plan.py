"""A graph prepared to be evaluated many times: what does not change is computed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adcli.ad.evaluate import evaluate
from adcli.graph.graph import Graph
from adcli.graph.primitives import ELEMENTWISE, SELECT


class Plan:
    """The nodes `outputs` as a function of the variables `wrt`; `held` has the values of others."""

    def __init__(
        self,
        graph: Graph,
        outputs: Sequence[int],
        wrt: Sequence[int],
        held: Mapping[int, Any],
        algebra: Any,
    ) -> None:
        order = graph.reach(outputs)
        changing = graph.dependents(order, wrt)
        with algebra.context():
            fixed = [i for i in order if not changing[i]]
            self._values = evaluate(graph, fixed, held, algebra)
        self._algebra = algebra
        self._outputs = list(outputs)
        self._inputs = list(wrt)
        self._steps = [
            (i, _call(graph, i, algebra), graph.args[i])
            for i in order
            if changing[i] and graph.args[i]
        ]

    def run(self, inputs: Sequence[Any]) -> list[Any]:
        """The outputs' values for packed values of `wrt`."""
        values = self._values.copy()
        for node, x in zip(self._inputs, inputs, strict=True):
            values[node] = x
        with self._algebra.context():
            for i, call, args in self._steps:
                values[i] = call(*[values[a] for a in args])
        return [values[o] for o in self._outputs]


def _call(graph: Graph, i: int, algebra: Any) -> Any:
    op, attr = graph.ops[i], graph.attrs[i]
    if op.kind in (ELEMENTWISE, SELECT):
        return algebra.function(op)
    return lambda *xs: algebra.structural(op, attr, list(xs))
