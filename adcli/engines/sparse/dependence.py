"""On which numbers of the variables each number of each node depends, from the graph.

A pattern is a sparse matrix (numbers of the node, numbers of all variables) of booleans. It may
have too much, never too little: whether a value is 0 at a point does not matter. Source: Griewank &
Walther, Evaluating Derivatives, 2nd ed., 7.1 (propagation of index domains).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
from scipy import sparse

from adcli.ad.evaluate import Run
from adcli.errors import UsageError
from adcli.graph.axes import Shape, kept_shape
from adcli.graph.primitives import ELEMENTWISE, SELECT, STATIC
from adcli.graph.structure import GATHER, SCATTER_ADD

Array = Any
Dependents = Any
"""scipy.sparse.csr_matrix of booleans."""

MOST = 20_000_000
"""Elements that a pattern may have."""


class TooDenseError(UsageError):
    """A matrix with so many elements is not a sparse one."""


def check_count(count: int) -> None:
    """Raise TooDenseError for a pattern of so many elements."""
    if count > MOST:
        raise TooDenseError(
            f"the Hessian is not sparse: about {count:,} of its elements may not be 0",
            "take fewer variables (wrt), or what needs products with directions alone:"
            " descend --method newton-cg",
        )


def dependence(run: Run, shapes: Mapping[int, Shape], wrt: Sequence[int]) -> dict[int, Dependents]:
    """The patterns of the nodes of a run on arrays, at one point, by the variables `wrt`: those of
    nodes that depend on them. `shapes` are those of all nodes. Raises TooDenseError."""
    sizes = [prod(shapes[v]) for v in wrt]
    ends = np.cumsum([0, *sizes])
    found: dict[int, Dependents] = {}
    for v, begin, size in zip(wrt, ends, sizes, strict=False):
        places = np.arange(size)
        ones, cells = np.ones(size, bool), (places, begin + places)
        found[v] = sparse.csr_matrix((ones, cells), shape=(size, ends[-1]))
    for i in run.order:
        if i not in found and any(j in found for j in run.graph.args[i]):
            node = _Dependence(run, shapes, found, i)
            pattern = node.pattern()
            if pattern is not None:
                found[i] = pattern
    return found


class _Dependence:
    """A node, its operands' shapes and what they depend on (None: nothing)."""

    def __init__(
        self, run: Run, shapes: Mapping[int, Shape], found: Mapping[int, Dependents], i: int
    ) -> None:
        args = run.graph.args[i]
        self.op, self.attr, self.shape = run.graph.ops[i], run.graph.attrs[i], shapes[i]
        self.algebra = run.algebra
        self.values = [run.values[j] for j in args]
        self.shapes = [shapes[j] for j in args]
        self.patterns = [found.get(j) for j in args]

    def pattern(self) -> Dependents | None:
        """What the node depends on."""
        if self.op.kind == STATIC:
            return None
        if self.op.kind in (ELEMENTWISE, SELECT):
            return self._union([self._spread(*x) for x in self._dependent()])
        rule = _RULES.get(self.op.name)
        pattern = None if rule is None else rule(self)
        return self._everything() if pattern is None else pattern

    def _dependent(self) -> list[tuple[Dependents, Shape]]:
        pairs = zip(self.patterns, self.shapes, strict=True)
        return [(pattern, shape) for pattern, shape in pairs if pattern is not None]

    def _union(self, patterns: Sequence[Dependents]) -> Dependents:
        total = patterns[0]
        for pattern in patterns[1:]:
            check_count(total.nnz + pattern.nnz)
            total = total + pattern
        return total

    def _spread(self, pattern: Dependents, shape: Shape) -> Dependents:
        """The pattern of an operand broadcast to the node's shape."""
        if shape == self.shape:
            return pattern
        places = np.arange(prod(shape)).reshape(shape)
        return _rows(pattern, np.broadcast_to(places, self.shape))

    def _everything(self) -> Dependents:
        """Each number depends on all that any number of an operand does."""
        columns = np.unique(np.concatenate([p.indices for p, _ in self._dependent()]))
        count = prod(self.shape)
        check_count(count * len(columns))
        width = self._dependent()[0][0].shape[1]
        starts = np.arange(count + 1) * len(columns)
        data = np.ones(count * len(columns), bool)
        cells = (data, np.tile(columns, count), starts)
        return sparse.csr_matrix(cells, shape=(count, width))

    def moved(self) -> Dependents:
        """Of an operation that moves elements: it is shown their numbers, and zeros are nothing."""
        width = self._dependent()[0][0].shape[1]
        numbers, rows = [], [sparse.csr_matrix((1, width), dtype=bool)]
        first = 1
        for pattern, shape in zip(self.patterns, self.shapes, strict=True):
            size = prod(shape)
            numbers.append(np.arange(first, first + size, dtype=float).reshape((1, *shape)))
            rows.append(
                sparse.csr_matrix((size, width), dtype=bool) if pattern is None else pattern
            )
            first += size
        places = self.algebra.structural(self.op, self.attr, numbers)
        return _rows(sparse.vstack(rows, "csr"), places.astype(np.int64))

    def grouped(self, kept: Callable[[Any, Shape], Shape]) -> Dependents:
        """Of an operation that makes one number of those along axes."""
        (pattern, shape), *_ = self._dependent()
        places = np.arange(prod(self.shape)).reshape(kept(self.attr, shape))
        return _joined(np.broadcast_to(places, shape), prod(self.shape)) @ pattern

    def taken(self) -> Dependents | None:
        """Of elements at places that are data, or that are added there."""
        if any(p is not None for p in self.patterns[1:]):
            return None
        if self.op is GATHER:
            size = self.shapes[0]
            numbers = np.arange(prod(size), dtype=float).reshape((1, *size))
            places = self.algebra.structural(GATHER, self.attr, [numbers, *self.values[1:]])
            return _rows(self.patterns[0], places.astype(np.int64))
        numbers = np.arange(prod(self.shape), dtype=float).reshape((1, *self.shape))
        places = self.algebra.structural(GATHER, self.attr[0], [numbers, *self.values[1:]])
        return _joined(places.astype(np.int64), prod(self.shape)) @ self.patterns[0]

    def multiplied(self) -> Dependents | None:
        """Of a product of vectors and matrices; zeros of a constant factor are nothing."""
        if max(map(len, self.shapes)) > 2:
            return None
        (a, b), (left, right) = self.shapes, self.patterns
        terms = "j" if len(a) == 1 else "ij", "j" if len(b) == 1 else "jk"
        if left is None and len(a) == 2:
            columns = b[1] if len(b) == 2 else 1
            weights = sparse.csr_matrix(self.values[0][0] != 0)
            return sparse.kron(weights, sparse.identity(columns, dtype=bool), "csr") @ right
        if right is None and len(b) == 2:
            rows = a[0] if len(a) == 2 else 1
            weights = sparse.csr_matrix(self.values[1][0].T != 0)
            return sparse.kron(sparse.identity(rows, dtype=bool), weights, "csr") @ left
        return self._summed(terms, "".join(x for x in "ik" if x in terms[0] + terms[1]))

    def contracted(self) -> Dependents | None:
        """Of an einsum whose terms are letters."""
        inputs, _, output = self.attr.replace(" ", "").partition("->")
        terms = inputs.split(",")
        plain = all(term.isalpha() and len(set(term)) == len(term) for term in terms)
        return self._summed(terms, output) if plain and "->" in self.attr else None

    def _summed(self, terms: Sequence[str], output: str) -> Dependents:
        found = []
        for term, pattern, shape in zip(terms, self.patterns, self.shapes, strict=True):
            if pattern is None:
                continue
            kept = [x for x in output if x in term]
            sizes = [shape[term.index(x)] for x in kept]
            groups = np.arange(prod(sizes)).reshape(sizes)
            inside = groups.transpose([kept.index(x) for x in term if x in kept])
            inside = inside.reshape(
                [n if x in kept else 1 for x, n in zip(term, shape, strict=True)]
            )
            joined = _joined(np.broadcast_to(inside, shape), groups.size) @ pattern
            outside = groups.reshape([sizes[kept.index(x)] if x in kept else 1 for x in output])
            found.append(_rows(joined, np.broadcast_to(outside, self.shape)))
        return self._union(found)


def _rows(pattern: Dependents, places: Array) -> Dependents:
    """The rows at places, in the order of these."""
    places = places.reshape(-1)
    check_count(int(np.diff(pattern.indptr)[places].sum()))
    return pattern[places]


def _joined(groups: Array, count: int) -> Dependents:
    """The matrix that joins the rows of a pattern to `count` groups, by the group of each."""
    groups = groups.reshape(-1)
    ones, cells = np.ones(len(groups), bool), (groups, np.arange(len(groups)))
    return sparse.csr_matrix((ones, cells), shape=(count, len(groups)))


_MOVES = "reshape expand transpose broadcast index scatter concat stack diag on_diagonal tril triu"

_RULES: dict[str, Callable[[_Dependence], Dependents | None]] = {
    **dict.fromkeys(_MOVES.split(), _Dependence.moved),
    **dict.fromkeys(
        ("sum", "prod", "reduce_max", "reduce_min"),
        lambda node: node.grouped(lambda axis, shape: kept_shape(shape, axis)),
    ),
    "sum_to": lambda node: node.grouped(lambda shape, _: shape),
    GATHER.name: _Dependence.taken,
    SCATTER_ADD.name: _Dependence.taken,
    "matmul": _Dependence.multiplied,
    "einsum": _Dependence.contracted,
}
"""Of all others each number depends on everything."""
