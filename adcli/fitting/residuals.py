"""The residuals of a model over a table, and their exact Jacobian."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from threading import get_ident
from typing import Any

import numpy as np

from adcli.ad.evaluate import evaluate, extend
from adcli.ad.symbolic import tangent_node
from adcli.algebras.arrays import Arrays
from adcli.algebras.functions.array_functions import quiet
from adcli.algebras.matrices.blas_threads import products_alone
from adcli.descent.stopping import Ended, Outcome, Status
from adcli.engines.choose import compiler_obstacle
from adcli.engines.plan.plan import Plan
from adcli.engines.prepared import Made, prepared
from adcli.engines.threads import available_cores
from adcli.fitting.model import Model, Parameters, Vector
from adcli.graph.axes import Shape
from adcli.graph.expand import expanded
from adcli.graph.shapes import is_scalar_program

BLOCK_ROWS = 1 << 14
"""Rows that are computed together: their arrays stay in the cache."""

FEW_ROWS = 1000
"""Rows up to which a program of numbers is walked node by node: a plan costs more than it saves."""

KEPT = 64
"""Programs, and what is known of them, that are kept for a model."""

NodeFunction = Callable[[Mapping[int, Any]], list[Any]]
"""Values of nodes, for all rows or one for all of them, from those of the variables by node."""

INTERRUPTED = Outcome(Status.INTERRUPTED, "interrupted")
"""How a computation over rows ends between two blocks."""


class Predictor:
    """A model and its derivatives by the numbers of its parameters, over rows of columns.

    `fixed` has the values of the other parameters. `engine` is "llvm" to compile programs of
    numbers; else, and for all others, NumPy computes: beside the factorisation of the Jacobian,
    compiling gains nothing. Nothing is checked for being finite. What takes long to find out or to
    prepare is kept with the model, for its next fit.
    """

    def __init__(
        self, model: Model, parameters: Parameters, fixed: Mapping[str, Any], engine: str = "auto"
    ) -> None:
        self.model = model
        self.graph = graph = model.graph
        self.node = node = parameters.prediction
        self.wrt = parameters.nodes
        inputs = model.prediction.inputs
        self.held = {inputs[name]: np.asarray(x, dtype=float) for name, x in fixed.items()}
        self._is_scalar = all(value.ndim == 0 for value in self.held.values()) and prepared(
            model, ("scalar", node), lambda: is_scalar_program(graph, graph.reach([node])), KEPT
        )
        self._compiles = self._is_scalar and engine == "llvm"
        self._runs: dict[Any, NodeFunction] = {}

    def known(self, what: str, columns: Mapping[int, Any], find: Callable[[], Made]) -> Made:
        """What is found once of the model, for columns and fixed parameters of these shapes.

        A program of scalars is one whatever the length of its columns.
        """
        shapes = None if self._is_scalar else tuple(self._shapes(columns).items())
        return prepared(self.model, (what, self.node, *self.wrt, shapes), find, KEPT)

    def derivative_nodes(self, columns: Mapping[int, Any]) -> list[int]:
        """The nodes of the derivatives, by forward sweeps."""
        return self.known("derivatives", columns, lambda: self._derivative_nodes(columns))

    def _derivative_nodes(self, columns: Mapping[int, Any]) -> list[int]:
        graph = self.graph
        order = graph.reach([self.node, *self.wrt])
        shapes = {} if self._is_scalar else self._shapes(columns)
        return [tangent_node(graph, order, self.node, i, shapes) for i in self.wrt]

    def _shapes(self, columns: Mapping[int, Any]) -> dict[str, Shape]:
        arrays = {**self.held, **columns}
        return {self.graph.attrs[i]: np.shape(value) for i, value in arrays.items()}

    def _run(
        self, columns: Mapping[int, Any], values: Sequence[float], derivatives: bool, rows: int
    ) -> list[Any]:
        walks = self._is_scalar and not self._compiles and rows <= FEW_ROWS
        key = derivatives, None if walks else tuple(map(np.shape, columns.values()))
        if (run := self._runs.get(key)) is None:
            make = self._walk if walks else self._plan
            run = self._runs[key] = make(columns, derivatives)
        point = dict(zip(self.wrt, np.array(values, dtype=float), strict=True))
        # Threads of BLAS gain little by the few numbers of a model, and wait for each other.
        with products_alone() if rows > FEW_ROWS else nullcontext():
            return run({**self.held, **columns, **point})

    def _nodes(self, columns: Mapping[int, Any], derivatives: bool) -> list[int]:
        """The node, and maybe its derivatives."""
        return [self.node, *(self.derivative_nodes(columns) if derivatives else ())]

    def _walk(self, columns: Mapping[int, Any], derivatives: bool) -> NodeFunction:
        """The nodes by a sweep over numbers, one array each, of any number of rows."""
        graph, algebra = self.graph, Arrays()

        def make() -> tuple[list[int], list[int], list[Any]]:
            nodes = expanded(graph, self._nodes(columns, derivatives))
            order = graph.reach(nodes)
            with quiet():
                numbers = evaluate(graph, [i for i in order if not graph.varying[i]], {}, algebra)
            return nodes, [i for i in order if graph.varying[i]], numbers

        nodes, order, numbers = self.known(f"walk {derivatives}", columns, make)

        def run(inputs: Mapping[int, Any]) -> list[Any]:
            rows = {i: x if x.ndim else x[np.newaxis] for i, x in inputs.items()}
            values = numbers.copy()
            with quiet():
                extend(values, graph, order, rows, algebra)
            return [values[i] for i in nodes]

        return run

    def _plan(self, columns: Mapping[int, Any], derivatives: bool) -> NodeFunction:
        """The nodes as steps for arrays of these shapes, or as machine code."""
        shapes = self._shapes(columns)

        def make() -> NodeFunction:
            nodes = self._nodes(columns, derivatives)
            if self._compiles and compiler_obstacle() is None and any(shapes.values()):
                from adcli.engines.llvm.compiled_rows import UnsupportedError
                from adcli.engines.llvm.compiled_tasks import compile_nodes

                with suppress(UnsupportedError):
                    compiled = compile_nodes(self.graph, nodes, shapes)
                    return lambda inputs: compiled.run(inputs, available_cores())[0]
            return Plan(self.graph, nodes, shapes).run

        # A plan has memory of its own, and two threads may fit one model.
        key = get_ident(), derivatives, self._compiles, self.node, *self.wrt, *shapes.items()
        return prepared(self.model, key, make, KEPT)

    def values(self, columns: Mapping[int, Any], values: Sequence[float], rows: int) -> Vector:
        """The node's values, (rows,)."""
        return np.broadcast_to(self._run(columns, values, False, rows)[0], (rows,))

    def linearised(self, columns: Mapping[int, Any], values: Sequence[float], rows: int) -> Any:
        """The derivatives, and in the last column the values: (rows, variables + 1), by columns."""
        value, *slopes = self._run(columns, values, True, rows)
        found = np.empty((rows, len(slopes) + 1), order="F")
        for k, slope in enumerate(slopes):
            found[:, k] = slope
        found[:, -1] = value
        return found


class Residuals:
    """(model - response) * root of the weight, for every row.

    `columns` are the predictors by node, each (rows, ...); `root_weights` (rows,) or None. With
    `split` the rows are computed block by block. Once `interrupted` says so, the next block raises
    Ended: Ctrl-C does not wait for all. `done` counts the rows that were before it.
    """

    def __init__(
        self,
        predictor: Predictor,
        columns: Mapping[int, Any],
        response: Vector,
        root_weights: Vector | None,
        split: bool,
    ) -> None:
        self.predictor = predictor
        self.columns = dict(columns)
        self.response = response
        self.root_weights = root_weights
        self.rows = len(response)
        self.interrupted: Callable[[], bool] = lambda: False
        self.done = 0
        step = BLOCK_ROWS if split else max(self.rows, 1)
        self._slices = [slice(k, min(k + step, self.rows)) for k in range(0, self.rows, step)]

    def _blocks(self) -> Iterator[tuple[slice, dict[int, Any], int]]:
        """Blocks of rows with their columns, and how many they are."""
        for block in self._slices:
            self.done = block.start
            if self.interrupted():
                raise Ended(*INTERRUPTED)
            columns = {i: x[block] for i, x in self.columns.items()}
            yield block, columns, block.stop - block.start

    @property
    def size(self) -> int:
        """The number of parameters."""
        return len(self.predictor.wrt)

    @property
    def weights(self) -> Vector | None:
        """The weights of the squares."""
        return None if self.root_weights is None else np.square(self.root_weights)

    def weighted(self, r: Vector) -> Vector:
        """Numbers, one a row, times the roots of the weights."""
        return r if self.root_weights is None else r * self.root_weights

    def sample(self, rows: int) -> Residuals:
        """The residuals of so many rows, drawn at random, the same ones each time."""
        chosen = np.sort(np.random.default_rng(0).choice(self.rows, rows, replace=False))
        root = None if self.root_weights is None else self.root_weights[chosen]
        columns = {i: x[chosen] for i, x in self.columns.items()}
        found = Residuals(self.predictor, columns, self.response[chosen], root, True)
        found.interrupted = self.interrupted
        return found

    def values(self, point: Vector) -> Vector:
        """The residuals, (rows,)."""
        return self.weighted(self.differences(point))

    def differences(self, point: Vector) -> Vector:
        """The model less the response, without weights, (rows,)."""
        found = np.empty(self.rows)
        for block, columns, count in self._blocks():
            found[block] = self.predictor.values(columns, point, count)
        found -= self.response
        return found

    def blocks(self, point: Vector) -> Iterator[Any]:
        """The Jacobian and, in the last column, the residuals, block by block of rows."""
        for block, columns, count in self._blocks():
            found = self.predictor.linearised(columns, point, count)
            found[:, -1] -= self.response[block]
            if self.root_weights is not None:
                found *= self.root_weights[block, np.newaxis]
            for k in range(0, count, BLOCK_ROWS):  # of rows that cannot be computed apart
                if self.interrupted():
                    raise Ended(*INTERRUPTED)
                yield found[k : k + BLOCK_ROWS]
