"""Programs over rows, in as many passes as they take.

A *row* node has a number for each row. Compiled kernels compute row nodes from row nodes and single
numbers, and reduce row nodes to single numbers. All else (matrix products, special functions that
no C library has, the few single numbers) is left to the numpy engine between the passes. What needs
a reduction's result waits for the pass to end: the level of a node is the pass that it belongs to.
In each pass a kernel reads the columns once for what has to be stored, and once for what has to be
reduced. Row nodes of earlier passes are computed again: that costs less than memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from adcli.engines.llvm.code import MissingFunctionError
from adcli.engines.llvm.kernel import Array, Kernel
from adcli.engines.llvm.machine import Machine
from adcli.engines.llvm.passes import Held, Pass
from adcli.engines.llvm.roles import Roles
from adcli.engines.prepared import prepared
from adcli.graph.axes import Shape
from adcli.graph.graph import Graph


class UnsupportedError(Exception):
    """This machine cannot run the program in compiled code; the text says why."""


class CompiledRows:
    """The nodes `outputs` as compiled code over rows.

    `shapes` has the shapes of all nodes (absent: a number); an array with `rows` numbers along one
    axis is a row node. `rows` may stand for any number of rows where the graph itself holds none.
    Raises UnsupportedError where a function is missing; with `alone` also where the numpy engine
    would have to do a part of the work that grows with the number of rows.
    """

    def __init__(
        self,
        graph: Graph,
        outputs: Sequence[int],
        shapes: Mapping[int, Shape],
        rows: int,
        machine: Machine,
        alone: bool = False,
    ) -> None:
        self.outputs = list(outputs)
        self.roles = roles = Roles(graph, self.outputs, shapes, rows)
        if alone and (other := roles.large_by_numpy()) is not None:
            raise UnsupportedError(f"'{graph.ops[other].word}' is left to the numpy engine")
        self._machine = machine
        self._matrices = {matrix for matrix, _ in roles.parts.values()}
        try:
            self._first = passes = self._passes(frozenset())
        except MissingFunctionError as error:
            raise UnsupportedError(f"the C library has no function '{error}'") from None

        homes = [roles.home(o) for o in self.outputs]
        self._elsewhere = [k for k, home in enumerate(homes) if home not in roles.stored]
        self._all_stored = not self._elsewhere and len(set(homes)) == len(homes)
        self._kernel = passes[0].as_kernel(homes) if len(passes) == 1 else None

    @property
    def kernels(self) -> list[Kernel]:
        """The compiled kernels; others are made for matrices that are read by columns."""
        return [kernel for part in self._first for kernel in part.kernels]

    @property
    def compile_seconds(self) -> float:
        """The time it took to compile the kernels."""
        return sum(c.seconds for kernel in self.kernels for c in kernel.compiled)

    def _passes(self, by_columns: frozenset[int]) -> list[Pass]:
        """The passes where the columns of these matrices are read as vectors."""
        roles, machine = self.roles, self._machine
        levels = range(1 + max(roles.level.values(), default=0))
        return prepared(
            self, by_columns, lambda: [Pass(roles, k, machine, by_columns) for k in levels]
        )

    def run(self, inputs: Mapping[int, Any], threads: int = 1) -> tuple[list[Array], bool]:
        """The outputs' values: arrays (rows,) for row nodes, others in their shapes.

        `inputs` has an array or a number for each variable; all columns have the same length. Also
        whether all values are finite for sure: False means the caller must check the values.
        """
        given = {node: _as_floats(x) for node, x in inputs.items()}
        if self._kernel is not None:
            return self._kernel(given, threads)
        values = Held(self.roles)
        for node, x in given.items():
            values.take(node, x)
        for part in self._passes(frozenset(m for m in self._matrices if _is_by_columns(given[m]))):
            part.run(values, threads)
        results = [values.result(o) for o in self.outputs]
        if not self._all_stored:
            results = _of_their_own(results, given.values())
        others = [results[k] for k in self._elsewhere]
        return results, values.finite and all(np.isfinite(x).all() for x in others)


def _as_floats(x: Any) -> Array:
    """Numbers as float64 at addresses that the machine's loads take, in whatever order."""
    found: Array = np.asarray(x, dtype=np.float64)
    return found if found.flags.aligned else found.copy()


def _is_by_columns(matrix: Array) -> bool:
    """Whether kernels cannot read the rows of a matrix where they are."""
    apart, beside = matrix.strides
    return beside != matrix.itemsize or apart % matrix.itemsize != 0


def _of_their_own(results: list[Array], given: Iterable[Array]) -> list[Array]:
    """The arrays, copied where one is a part of an input or of another result, or read-only."""
    seen = {id(_owner(x)) for x in given}
    own = []
    for x in results:
        own.append(x if x.flags.writeable and id(_owner(x)) not in seen else x.copy())
        seen.add(id(_owner(x)))
    return own


def _owner(x: Array) -> Array:
    """The array that a view is a view of."""
    while isinstance(x.base, np.ndarray):
        x = x.base
    return x
