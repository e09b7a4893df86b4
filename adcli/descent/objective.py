"""What is minimised as a function of one vector: its value, its gradient, its curvature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from adcli.ad.evaluate import Run, evaluate
from adcli.ad.jacobians import directional
from adcli.ad.symbolic import gradient_nodes
from adcli.ad.tasks import Task
from adcli.algebras.matrices.blas_threads import products_alone
from adcli.descent.rules import Vector
from adcli.descent.vector_layout import VectorLayout
from adcli.engines.choose import Choice, choose_algebra, choose_point_engine
from adcli.engines.lower import lower
from adcli.engines.plan.hessian_products import WORTH_PLANNING, HessianProducts
from adcli.engines.plan.loss_plan import LossPlan
from adcli.engines.point import pack
from adcli.engines.source.straight_line import MAX_SOURCE_NODES, compile_function
from adcli.engines.threads import available_cores
from adcli.function import Function
from adcli.graph.axes import Shape
from adcli.graph.graph import Graph
from adcli.graph.primitives import NEGATIVE
from adcli.graph.shapes import infer_shapes
from adcli.graph.structure import MATMUL, SUM
from adcli.graph.symbols import Expression, Symbols

if TYPE_CHECKING:
    from adcli.engines.sparse.sparse_hessian import SparseHessian

LEAST_EVALUATIONS = 20
"""How often a descent evaluates its function, at least."""

FEW_COLOURS, SPARSE_WORK = 10, 100_000_000
"""Products that a sparse Hessian takes at most, where a step takes ten; and the numbers that a look
at all values holds at most."""

FEW, SMALL_WORK = 20, 20_000
"""Variables up to which all sides of a point are looked at; and these times operations, up to which
values there, or a Hessian, take milliseconds."""


class Objective(VectorLayout):
    """A scalar function, or its negative with `maximize`, of the flat vector of its free variables,
    plus decay/2 times the sum of their squares.

    `fixed` and `data` give the other variables their values. Data are not part of the points that
    are reported. `start` is a vector that shows the engines what they will be given; `scalar` says
    that all values are numbers.
    """

    function: Function
    fixed: dict[str, Any]
    data: dict[str, Any]
    start: Vector
    maximize: bool
    decay: float
    engine: str
    scalar: bool
    choice: Choice | None = None
    """What computes values and gradients, and why, once it is known."""

    @property
    def free(self) -> list[str]:
        """The names of the variables that vary."""
        return list(self.shapes)

    @property
    def sign(self) -> float:
        """1, or -1 where the negative function is minimised."""
        return -1.0 if self.maximize else 1.0

    @property
    def wanted(self) -> str:
        """What is looked for of the function: a minimum, or a maximum."""
        return "maximum" if self.maximize else "minimum"

    @property
    def is_small(self) -> bool:
        """Whether values on all sides of a point, or a Hessian, take milliseconds."""
        few = not self.data and self.size <= FEW
        return few and self.size * len(self.order) <= SMALL_WORK

    @property
    def width(self) -> int:
        """About how many numbers an operation makes."""
        return max([self.size, *map(np.size, self.held.values())])

    @property
    def newton_work(self) -> int:
        """About how many numbers a Newton step is made of: a product for each variable."""
        return self.size * len(self.order) * self.width

    @property
    def held(self) -> dict[str, Any]:
        """The values of what does not vary: fixed variables and data."""
        return {**self.fixed, **self.data}

    def penalty(self, vector: Vector) -> float:
        """The part of what is minimised that is weight decay."""
        return self.decay / 2 * float(vector @ vector) if self.decay else 0.0

    def point(self, vector: Vector) -> dict[str, Any]:
        """The values of all variables but the data, in the order of the program."""
        found = {**self.unflatten(vector), **self.fixed}
        return {name: found[name] for name in self.function.inputs if name in found}

    def inputs(self, vector: Vector) -> dict[str, Any]:
        """The values of all variables."""
        return {**self.point(vector), **self.data}

    @property
    def input_shapes(self) -> dict[str, Shape]:
        """The shapes of all variables."""
        return {name: np.shape(value) for name, value in self.inputs(self.start).items()}

    # ---- the graph ----

    @property
    def graph(self) -> Graph:
        """The function's graph."""
        return self.function.graph

    @property
    def nodes(self) -> list[int]:
        """The free variables' nodes."""
        return [self.function.inputs[name] for name in self.free]

    @cached_property
    def target(self) -> int:
        """The node that is minimised."""
        (output,) = self.function.outputs
        if self.maximize:
            output = self.graph.node(NEGATIVE, (output,))
        if not self.decay:
            return output
        m = Symbols(self.graph, self.graph.span(output))
        total = Expression(m, output)
        for node, shape in zip(self.nodes, self.shapes.values(), strict=True):
            square = Expression(m, node) * Expression(m, node)
            total = total + (m.structural(SUM, None, square) if shape else square) * (
                self.decay / 2
            )
        return total.node

    @cached_property
    def gradient_nodes(self) -> list[int]:
        """The nodes of the gradient by the free variables."""
        order = self.graph.reach([self.target, *self.nodes])  # constraints may name more
        return gradient_nodes(self.graph, order, self.target, self.nodes, self.input_shapes)

    @cached_property
    def order(self) -> list[int]:
        """The nodes of value and gradient, arguments first."""
        return self.graph.reach([self.target, *self.gradient_nodes])

    @cached_property
    def value_and_gradient(self) -> Any:
        """A function from a vector to (what is minimised, its gradient); not checked for finite."""
        if self.scalar and self.engine != "numpy":
            self.choice = Choice("python", "the function is one of numbers alone")
            return self._compiled() if len(self.order) <= MAX_SOURCE_NODES else self._walked()
        return self._over_rows() or self._planned()

    def _compiled(self) -> Any:
        nodes = [*self.nodes, *[self.function.inputs[name] for name in self.fixed]]
        outputs = lower(self.graph, [self.target, *self.gradient_nodes])
        compiled = compile_function(self.graph, nodes, outputs)
        held = [float(x) for x in self.fixed.values()]
        return lambda vector: _split(compiled(*vector.tolist(), *held))

    def _walked(self) -> Any:
        algebra, held = self._inputs(self.start)
        wanted = [self.target, *self.gradient_nodes]

        def evaluate_walked(vector: Vector) -> tuple[float, Vector]:
            inputs = {**held, **dict(zip(self.nodes, vector.tolist(), strict=True))}
            values = evaluate(self.graph, self.order, inputs, algebra)
            return _split([values[i] for i in wanted])

        return evaluate_walked

    def _over_rows(self) -> Any:
        """Compiled passes over long columns, where they are worth compiling."""
        inputs = self.inputs(self.start)
        task = Task("gradient", wrt=self.free)
        choice = choose_point_engine(
            self.function, inputs, task, self.engine, runs=LEAST_EVALUATIONS
        )
        self.choice = choice
        if choice.engine != "llvm":
            return None
        from adcli.engines.llvm.compiled_rows import UnsupportedError
        from adcli.engines.llvm.compiled_tasks import compile_nodes
        from adcli.engines.llvm.held_columns import hold_columns

        nodes, threads = self.function.inputs, available_cores()
        held = {nodes[name]: value for name, value in self.held.items()}
        try:
            outputs = [self.target, *self.gradient_nodes]
            shapes, alone = self.input_shapes, self.engine == "auto"
            outputs, more, columns = hold_columns(self.graph, outputs, self.nodes, shapes, held)
            compiled = compile_nodes(self.graph, outputs, {**shapes, **more}, alone=alone)
        except UnsupportedError as error:
            self.choice = Choice("numpy", f"the llvm engine is not used: {error}")
            return None
        held.update(columns)

        def evaluate_rows(vector: Vector) -> tuple[float, Vector]:
            varying = {nodes[name]: part for name, part in self.unflatten(vector).items()}
            (value, *gradient), _ = compiled.run({**held, **varying}, threads)
            return float(value), np.concatenate([np.ravel(g) for g in gradient])

        return evaluate_rows

    def _planned(self) -> Any:
        function = Function(self.graph, [self.target], self.function.text, self.nodes)
        held = {name: x for name, x in self.held.items() if name in function.inputs}
        loss = LossPlan(function, self.free, held=held)

        # Products with vectors wait for memory: more threads gain little, and add up in another
        # order on each machine.
        hold = nullcontext if self._multiplies_matrices() else products_alone

        def evaluate_planned(vector: Vector) -> tuple[float, Vector]:
            gradient = np.empty_like(vector)
            with hold():
                value, _ = loss.value_and_gradient(self.views(vector), self.views(gradient))
            return value, gradient

        return evaluate_planned

    def _multiplies_matrices(self) -> bool:
        """Whether a product of two matrices, neither a vector, is among the operations."""
        shapes = infer_shapes(self.graph, self.order, self.input_shapes)
        products = (shapes[i] for i in self.order if self.graph.ops[i] is MATMUL)
        return any(len(shape) > 1 and min(shape[-2:]) > 1 for shape in products)

    def run(self, vector: Vector, order: list[int]) -> Run:
        """The values of the nodes `order` as arrays."""
        algebra = choose_algebra(False, "numpy")
        with algebra.context():
            inputs = pack(self.function, self.inputs(vector), algebra)
            return Run.at(self.graph, order, inputs, algebra, 1)

    def _inputs(self, vector: Vector) -> tuple[Any, dict[int, Any]]:
        algebra = choose_algebra(self.scalar, "auto", None)
        return algebra, pack(self.function, self.inputs(vector), algebra)

    def curvature(self, vector: Vector, direction: Vector) -> Vector:
        """The product of the Hessian and a direction, forward over reverse."""
        if self.scalar or (self.size < WORTH_PLANNING and not self.data):
            return self._swept_curvature(vector, direction)
        product = np.empty(self.size)
        self._products.product(*map(self.views, (vector, direction, product)))
        if self.data or np.isfinite(product).all():
            return product
        return self._swept_curvature(vector, direction)  # nothing flows from branches not taken

    def _swept_curvature(self, vector: Vector, direction: Vector) -> Vector:
        algebra, inputs = self._inputs(vector)
        parts = self.unflatten(direction)
        inputs_by_name = self.function.inputs
        with algebra.context():
            seeds = {inputs_by_name[name]: algebra.pack(part) for name, part in parts.items()}
            run = Run.at(self.graph, self.order, inputs, algebra, 1)
            products = directional(run, self.gradient_nodes, seeds)
            return np.concatenate([np.ravel(algebra.unpack(p)) for p in products])

    @cached_property
    def _products(self) -> HessianProducts:
        slopes, shapes = self.gradient_nodes, self.input_shapes
        return HessianProducts(self.function, self.free, slopes, self.order, shapes, self.held)

    def curvature_at(self, vector: Vector) -> Callable[[Vector], Vector]:
        """The product of the Hessian at a point and any direction: where a few products give the
        whole matrix, which is sparse, by that."""
        sparse = self._sparse_hessian
        if sparse is None:
            return partial(self.curvature, vector)
        matrix = sparse.at(self.views(vector))
        if not np.isfinite(matrix.data).all():
            return partial(self.curvature, vector)
        found: Callable[[Vector], Vector] = matrix.dot
        return found

    @cached_property
    def _sparse_hessian(self) -> SparseHessian | None:
        """The Hessian as a sparse matrix, where that pays."""
        small = self.scalar or self.size < WORTH_PLANNING
        if small or self.width * len(self.order) > SPARSE_WORK:
            return None
        from adcli.engines.sparse.dependence import TooDenseError
        from adcli.engines.sparse.sparse_hessian import SparseHessian

        inputs = self.inputs(self.start)
        try:
            found = SparseHessian(self.function, self.free, self.gradient_nodes, inputs)
        except TooDenseError:
            return None
        return found if found.colours <= FEW_COLOURS else None


def _split(numbers: Sequence[float]) -> tuple[float, Vector]:
    return numbers[0], np.array(numbers[1:])
