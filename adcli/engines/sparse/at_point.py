"""A sparse Hessian at one point, checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

import numpy as np
from scipy import sparse

from adcli.ad.symbolic import gradient_nodes
from adcli.ad.tasks import Task, scalar_output
from adcli.engines.point import compute_point
from adcli.engines.sparse.sparse_hessian import SparseHessian
from adcli.errors import DomainError
from adcli.graph.axes import element_labels
from adcli.graph.program import Program
from adcli.graph.shapes import infer_shapes

FEW = 1_000
"""Variables up to which sweeps, which take a row each, are asked where a product is not finite."""


def sparse_hessian_at(
    program: Program, point: Mapping[str, Any], wrt: Sequence[str]
) -> tuple[float, Any]:
    """The value and the Hessian by all numbers of the variables `wrt`, one behind the other.

    Raises what a gradient raises, TooDenseError, and DomainError for an element that is not finite.
    """
    found = dict(compute_point(program, point, Task("gradient", wrt=list(wrt))).fields())
    value = float(found[("value",)])
    if not wrt:
        return value, sparse.csr_matrix((0, 0))
    inputs = {name: np.asarray(point[name], float) for name in program.inputs}
    shapes = {name: x.shape for name, x in inputs.items()}
    known = infer_shapes(program.graph, program.order, shapes, program.text)
    output, nodes = scalar_output(program, known), [program.inputs[name] for name in wrt]
    slopes = gradient_nodes(program.graph, program.order, output, nodes, shapes)
    matrix = SparseHessian(program, list(wrt), slopes, inputs).at({n: inputs[n] for n in wrt})
    if not np.isfinite(matrix.data).all():
        _mend(matrix, program, point, wrt)
    return value, matrix


def _mend(matrix: Any, program: Program, point: Mapping[str, Any], wrt: Sequence[str]) -> None:
    """Take the elements from sweeps, in which nothing flows from branches that are not taken, and
    which say what is not finite."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    if matrix.shape[0] > FEW:
        k = int(np.flatnonzero(~np.isfinite(matrix.data))[0])
        shapes = {name: np.shape(point[name]) for name in wrt}
        a, b = (label_at(shapes, i) for i in (rows[k], matrix.indices[k]))
        raise DomainError(f"the second derivative by {a} and {b} is {matrix.data[k]:g}")
    found = dict(compute_point(program, point, Task("hessian", wrt=list(wrt))).fields())
    sizes = [np.size(point[name]) for name in wrt]
    blocks = [
        [np.reshape(found["hessian", a, b], (m, n)) for b, n in zip(wrt, sizes, strict=True)]
        for a, m in zip(wrt, sizes, strict=True)
    ]
    matrix.data = np.block(blocks)[rows, matrix.indices]


def labels(shapes: Mapping[str, Any]) -> Iterator[str]:
    """The names of all numbers of some variables."""
    return chain.from_iterable(element_labels(name, shape) for name, shape in shapes.items())


def label_at(shapes: Mapping[str, Any], place: int) -> str:
    """The name of one of them."""
    return next(islice(labels(shapes), int(place), None))
