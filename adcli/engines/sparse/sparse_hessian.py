"""Hessians of many variables that are zero for most pairs of them, at any number of points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
from scipy import sparse

from adcli.ad.evaluate import Run
from adcli.engines.choose import choose_algebra
from adcli.engines.plan.hessian_products import HessianProducts
from adcli.engines.point import pack
from adcli.engines.sparse.colouring import star_colouring
from adcli.engines.sparse.dependence import check_count, dependence
from adcli.graph.axes import Shape
from adcli.graph.program import Program
from adcli.graph.shapes import infer_shapes

Sparse = Any
"""scipy.sparse.csr_matrix of float64."""


TOGETHER = 10
"""Products up to which one plan finds all at once."""


class SparseHessian:
    """The Hessian of a scalar program by its variables `free`, of which `inputs` has the values at
    one point, and those of all others.

    Which elements may not be 0 follows from the graph; columns are coloured, one product with a
    direction for each colour gives all elements, directly (Gebremedhin, Manne & Pothen 2005). The
    matrix is symmetric to the last bit. Raises TooDenseError.
    """

    def __init__(
        self,
        program: Program,
        free: Sequence[str],
        gradient: Sequence[int],
        inputs: Mapping[str, Any],
    ) -> None:
        graph, nodes = program.graph, program.inputs
        shapes = {name: np.shape(x) for name, x in inputs.items()}
        order = graph.reach(gradient)
        self._shapes = {name: shapes[name] for name in free}
        self.size = sum(map(prod, self._shapes.values()))
        pattern = _pattern(program, [nodes[name] for name in free], gradient, order, inputs)
        self.starts, self.columns = pattern.indptr, pattern.indices
        whole = (pattern + sparse.identity(self.size, dtype=bool)).tocsr()
        whole.sort_indices()
        colours = star_colouring(whole.indptr, whole.indices)
        self.colours = int(colours.max(initial=-1)) + 1
        check_count(self.colours * self.size)
        self._directions = [self._parts((colours == c) * 1.0) for c in range(self.colours)]
        self._places = self._recovered(colours)
        held = {name: x for name, x in inputs.items() if name not in self._shapes}
        self._together = self._directions if self.colours <= TOGETHER else []
        self._products = HessianProducts(
            program, free, gradient, order, shapes, held, self._together
        )
        cells = (np.zeros(len(self.columns)), self.columns, self.starts)
        self._matrix = sparse.csr_matrix(cells, shape=(self.size, self.size))

    def at(self, point: Mapping[str, Any]) -> Sparse:
        """The matrix at a point: arrays of the free variables. The next one takes its place."""
        products = np.empty((self.colours, self.size))
        parts = list(map(self._parts, products))
        if self._together:
            self._products.products(point, parts)
        else:
            for direction, product in zip(self._directions, parts, strict=True):
                self._products.product(point, direction, product)
        self._matrix.data = products.reshape(-1)[self._places]
        return self._matrix

    def _parts(self, vector: Any) -> dict[str, Any]:
        """The arrays of the variables that lie in a vector."""
        found, k = {}, 0
        for name, shape in self._shapes.items():
            found[name] = vector[k : k + prod(shape)].reshape(shape)
            k += prod(shape)
        return found

    def _recovered(self, colours: Any) -> Any:
        """Where each element stands among the products: in its row, under the colour of its column,
        if it is alone there; else the other way round."""
        rows, columns, size = (
            np.repeat(np.arange(self.size), np.diff(self.starts)),
            self.columns,
            self.size,
        )
        cells = rows * self.colours + colours[columns]
        alone = np.bincount(cells, minlength=size * self.colours)[cells] == 1
        places = np.where(alone, colours[columns] * size + rows, colours[rows] * size + columns)
        mirrored = np.lexsort((rows, columns))  # the k-th is the k-th element's mirror image
        return np.where(rows <= columns, places, places[mirrored])


def _pattern(
    program: Program,
    free: Sequence[int],
    gradient: Sequence[int],
    order: list[int],
    inputs: Mapping[str, Any],
) -> Any:
    """Which elements may not be 0: symmetric."""
    graph = program.graph
    shapes: dict[str, Shape] = {name: np.shape(x) for name, x in inputs.items()}
    algebra = choose_algebra(False, "numpy")
    with algebra.context():
        order = graph.reach([*order, *free])
        run = Run.at(graph, order, pack(program, inputs, algebra), algebra, 1)
        known = infer_shapes(graph, order, shapes)
        found = dependence(run, known, free)
    size = sum(prod(known[v]) for v in free)
    blocks = [
        found.get(node, sparse.csr_matrix((prod(known[v]), size), dtype=bool))
        for node, v in zip(gradient, free, strict=True)
    ]
    pattern = sparse.vstack(blocks, "csr")
    pattern = (pattern + pattern.T).tocsr()
    pattern.sort_indices()
    check_count(pattern.nnz)
    return pattern
