"""Products of a Hessian and directions: the gradient as a graph, differentiated forward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from adcli.ad.symbolic import tangent_nodes
from adcli.descent.rules import Vector
from adcli.descent.vector_layout import VectorLayout
from adcli.engines.plan.plan import Plan
from adcli.graph.axes import Shape
from adcli.graph.program import Program

WORTH_PLANNING = 100
"""Numbers in a direction from which a plan pays; sweeps do fewer."""


class HessianProducts:
    """The products of a Hessian at any point, exact, in the time of one or two gradients, by a plan
    that keeps no array longer than needed.

    `gradient` are the nodes of the gradient by the variables of `layout`, `order` those that they
    depend on; `shapes` are those of all variables, and `held` has the values of those that do not
    vary. Source: Pearlmutter 1994.
    """

    def __init__(
        self,
        program: Program,
        layout: VectorLayout,
        gradient: Sequence[int],
        order: list[int],
        shapes: Mapping[str, Shape],
        held: Mapping[str, Any],
    ) -> None:
        graph, inputs, known = program.graph, program.inputs, dict(shapes)
        direction: dict[int, Any] = {}
        for name in layout.shapes:
            change = f"change of `{name}`"  # which is the name of nothing in a program
            known[change] = known[name]
            direction[inputs[name]] = graph.variable(change)
        products = tangent_nodes(graph, order, list(gradient), direction, known)
        values = {inputs[name]: np.asarray(x, float) for name, x in held.items()}
        self._layout = layout
        self._plan = Plan(graph, products, known, held=values)
        self._nodes = [*direction, *direction.values()]

    def product(self, vector: Vector, direction: Vector) -> Vector:
        """The Hessian at a point times a direction: flat vectors, as what comes back."""
        views = self._layout.views
        given = map(np.asarray, [*views(vector).values(), *views(direction).values()])
        product = np.empty(len(vector))
        self._plan.run(dict(zip(self._nodes, given, strict=True)), list(views(product).values()))
        return product
