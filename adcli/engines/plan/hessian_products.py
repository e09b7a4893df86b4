"""Products of a Hessian and directions: the gradient as a graph, differentiated forward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from adcli.ad.symbolic import tangent_nodes
from adcli.engines.plan.plan import Plan
from adcli.graph.axes import Shape
from adcli.graph.program import Program

WORTH_PLANNING = 100
"""Numbers in a direction from which a plan pays; sweeps do fewer."""


class HessianProducts:
    """The products of a Hessian at any point and directions, exact, each in the time of one or two
    gradients, by a plan that keeps no array longer than needed.

    `gradient` are the nodes of the gradient by the variables `free`, `order` those that they depend
    on; `shapes` are those of all variables, and `held` has the values of those that do not vary.
    `directions`, if given, are the same in every product, and their products are found together.
    Source: Pearlmutter 1994.
    """

    def __init__(
        self,
        program: Program,
        free: Sequence[str],
        gradient: Sequence[int],
        order: list[int],
        shapes: Mapping[str, Shape],
        held: Mapping[str, Any],
        directions: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        graph, inputs, known = program.graph, program.inputs, dict(shapes)
        self._points = {name: inputs[name] for name in free}
        values = {inputs[name]: np.asarray(x, float) for name, x in held.items()}
        products = []
        for k, direction in enumerate(directions or [{}]):
            self._changes = {}
            for name in free:
                change = f"change {k} of `{name}`"  # which is the name of nothing in a program
                known[change] = known[name]
                self._changes[name] = graph.variable(change)
            seeds = {inputs[name]: node for name, node in self._changes.items()}
            products += tangent_nodes(graph, order, list(gradient), seeds, known)
            values.update({self._changes[name]: x for name, x in direction.items()})
        self._plan = Plan(graph, products, known, held=values)

    def product(
        self, point: Mapping[str, Any], direction: Mapping[str, Any], out: Mapping[str, Any]
    ) -> None:
        """Write the Hessian at a point times a direction: arrays of the free variables."""
        given = {node: np.asarray(direction[name]) for name, node in self._changes.items()}
        self._run(point, given, [out])

    def products(self, point: Mapping[str, Any], out: Sequence[Mapping[str, Any]]) -> None:
        """Write the Hessian at a point times each of the directions."""
        self._run(point, {}, out)

    def _run(
        self, point: Mapping[str, Any], given: dict[int, Any], out: Sequence[Mapping[str, Any]]
    ) -> None:
        given.update({node: np.asarray(point[name]) for name, node in self._points.items()})
        self._plan.run(given, [arrays[name] for arrays in out for name in self._points])
