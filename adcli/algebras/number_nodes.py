"""The algebra in which a task over scalar programs runs to become nodes, instead of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adcli.ad.jacobians import Run
from adcli.ad.symbolic import Nodes
from adcli.ad.tasks import Task, compute, resolved
from adcli.algebras.floats import Scalars
from adcli.given import real_number
from adcli.graph.axes import Shape
from adcli.graph.graph import Graph
from adcli.graph.symbols import Expression

if TYPE_CHECKING:
    from adcli.graph.program import Program


class NumberNodes(Nodes, Scalars):
    """Graph nodes that each stand for one number."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph, [], {})

    def constant(self, value: float, shape: Shape = ()) -> Expression:
        """The node of a number."""
        return self.m.expression(float(value))

    def named(self, name: str) -> Expression:
        """The node of pi, e, tau or inf."""
        return Expression(self.m, self.graph.named(name))

    def epsilon(self) -> Expression:
        """The relative spacing of numbers."""
        return self.constant(2.0**-52)

    def pack(self, value: Any) -> Expression:
        """A seed. Raises one of NOT_REAL."""
        return self.constant(real_number(value))

    def shape(self, x: Any) -> Shape:
        """Every node is a number."""
        return ()

    def fit(self, g: Any, x: Any, out: Any) -> Any:
        """Nothing was broadcast."""
        return self.m.expression(g)

    def spread(self, t: Any, out: Any) -> Any:
        """Nothing to broadcast."""
        return self.m.expression(t)

    def zero(self, x: Any) -> Expression:
        """The number 0."""
        return self.constant(0.0)


def result_nodes(program: Program, task: Task) -> list[tuple[tuple[str, ...], int]]:
    """The results of a task over numbers as nodes of the function's graph, each with its path.

    Raises UsageError and LanguageError as `compute` does.
    """
    algebra = NumberNodes(program.graph)
    inputs = {i: Expression(algebra.m, i) for i in program.inputs.values()}
    run = Run.at(program.graph, program.order, inputs, algebra, 1)
    task = resolved(task, program.outputs, program.inputs, {})
    entries = compute(run, program.outputs, program.inputs, task, program.text)
    return [(entry.path, algebra.m.expression(entry.value).node) for entry in entries]
