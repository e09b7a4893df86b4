"""The residuals of a model over a table, and their exact Jacobian."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from adcli.ad.symbolic import tangent_node
from adcli.descent.stopping import Ended, Outcome, Status
from adcli.engines.choose import compiler_obstacle
from adcli.engines.plan.plan import Plan
from adcli.engines.prepared import prepared
from adcli.engines.threads import available_cores
from adcli.fitting.model import Model, Parameters, Vector
from adcli.graph.axes import Shape
from adcli.graph.shapes import is_scalar_program

BLOCK_ROWS = 1 << 14
"""Rows that are computed together: their arrays stay in the cache."""

INTERRUPTED = Outcome(Status.INTERRUPTED, "interrupted")
"""How a computation over rows ends between two blocks."""


class Predictor:
    """A model and its derivatives by the numbers of its parameters, over rows of columns.

    `fixed` has the values of the other parameters. `engine` is "llvm" to compile programs of
    numbers; else, and for all others, NumPy computes: beside the factorisation of the Jacobian,
    compiling gains nothing. Nothing is checked for being finite.
    """

    def __init__(
        self, model: Model, parameters: Parameters, fixed: Mapping[str, Any], engine: str = "auto"
    ) -> None:
        self.graph = model.graph
        self.node = parameters.prediction
        self.wrt = parameters.nodes
        inputs = model.prediction.inputs
        self.held = {inputs[name]: np.asarray(x, dtype=float) for name, x in fixed.items()}
        plain = all(value.ndim == 0 for value in self.held.values())
        self._is_scalar = plain and is_scalar_program(self.graph, self.graph.reach([self.node]))
        self._compiles = self._is_scalar and engine == "llvm"

    def derivative_nodes(self, columns: Mapping[int, Any]) -> list[int]:
        """The nodes of the derivatives, by forward sweeps.

        A program of scalars is differentiated as one, whatever the length of its columns.
        """
        graph = self.graph
        order = graph.reach([self.node, *self.wrt])
        shapes = {} if self._is_scalar else self._shapes(columns)
        return [tangent_node(graph, order, self.node, i, shapes) for i in self.wrt]

    def _shapes(self, columns: Mapping[int, Any]) -> dict[str, Shape]:
        arrays = {**self.held, **columns}
        return {self.graph.attrs[i]: np.shape(value) for i, value in arrays.items()}

    def _run(
        self, columns: Mapping[int, Any], values: Sequence[float], derivatives: bool
    ) -> list[Any]:
        key = derivatives, tuple(map(np.shape, columns.values()))
        run = prepared(self, key, lambda: self._prepare(columns, derivatives))
        point = {i: np.asarray(x) for i, x in zip(self.wrt, values, strict=True)}
        return run({**self.held, **columns, **point})

    def _prepare(
        self, columns: Mapping[int, Any], derivatives: bool
    ) -> Callable[[Mapping[int, Any]], list[Any]]:
        """The node, and maybe its derivatives, as a function of the variables' values by node."""
        nodes = [self.node, *(self.derivative_nodes(columns) if derivatives else [])]
        shapes = self._shapes(columns)
        if self._compiles and compiler_obstacle() is None and any(shapes.values()):
            from adcli.engines.llvm.compiled_rows import UnsupportedError
            from adcli.engines.llvm.compiled_tasks import compile_nodes

            with suppress(UnsupportedError):
                compiled = compile_nodes(self.graph, nodes, shapes)
                return lambda inputs: compiled.run(inputs, available_cores())[0]
        return Plan(self.graph, nodes, shapes).run

    def values(self, columns: Mapping[int, Any], values: Sequence[float], rows: int) -> Vector:
        """The node's values, (rows,)."""
        return np.broadcast_to(self._run(columns, values, False)[0], (rows,))

    def values_and_jacobian(
        self, columns: Mapping[int, Any], values: Sequence[float], rows: int
    ) -> tuple[Vector, Any]:
        """The values (rows,) and the derivatives (rows, variables)."""
        value, *slopes = self._run(columns, values, True)
        jacobian = np.empty((rows, len(slopes)), order="F")
        for k, slope in enumerate(slopes):
            jacobian[:, k] = slope
        return np.broadcast_to(value, (rows,)), jacobian


class Residuals:
    """(model - response) * root of the weight, for every row.

    `columns` are the predictors by node, each (rows, ...); `root_weights` (rows,) or None. With
    `split` the rows are computed block by block. Once `interrupted` says so, the next block raises
    Ended: Ctrl-C does not wait for all.
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
        step = BLOCK_ROWS if split else max(self.rows, 1)
        self._slices = [slice(k, min(k + step, self.rows)) for k in range(0, self.rows, step)]

    def _blocks(self) -> Iterator[tuple[slice, dict[int, Any], int]]:
        """Blocks of rows with their columns, and how many they are."""
        for block in self._slices:
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

    def blocks(self, point: Vector) -> Iterator[tuple[Vector, Any]]:
        """Residuals and their Jacobian, block by block of rows."""
        for block, columns, count in self._blocks():
            value, jacobian = self.predictor.values_and_jacobian(columns, point, count)
            r = value - self.response[block]
            if self.root_weights is not None:
                root = self.root_weights[block]
                r, jacobian = r * root, jacobian * root[:, None]
            for k in range(0, count, BLOCK_ROWS):  # of rows that cannot be computed apart
                if self.interrupted():
                    raise Ended(*INTERRUPTED)
                yield r[k : k + BLOCK_ROWS], jacobian[k : k + BLOCK_ROWS]
