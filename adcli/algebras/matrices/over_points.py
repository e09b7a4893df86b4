"""Functions of matrices at many points: `(algebra, attr, *arrays) -> array`.

Arrays have the axis of points first. One factorisation serves a value and its derivatives: factors
are kept as long as the array whose factors they are, which nobody writes to. Where a function is
not defined the result is nan; `adcli.algebras.matrices.faults` says why.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any
from weakref import ref

import numpy as np

from adcli.algebras.matrices import cofactors
from adcli.algebras.matrices.parts import Array, Triangles
from adcli.graph.primitives import PRIMITIVES

TIE = 8
"""Eigenvalues are equal that differ by at most this many roundings of the largest, times how many
they are."""

TIED = 1e-9
"""How much derivatives by equal eigenvalues may differ, of the largest: these are equal but for
rounding, and so are smooth functions of them."""


class Matrix:
    """What is known of one matrix; `a` itself is given with each question, so that it can go.

    `by` is the module that factors matrices of its numbers.
    """

    def __init__(self, by: ModuleType) -> None:
        self.by = by
        self._known: dict[str, Any] = {}

    def known(self, what: str, make: Callable[[Array], Any], a: Array) -> Any:
        """`make(a)`, found once; None for a matrix with an element that is not finite."""
        if what not in self._known:
            self._known[what] = make(a) if self.by.is_finite(a) else None
        return self._known[what]

    def factors(self, a: Array) -> Triangles | None:
        """The triangles of the matrix; None if it has an element that is not finite."""
        if "factors" not in self._known:
            found = self.by.factors(a)
            self._known["factors"] = found if found.largest < self.by.INFINITY else None
        known: Triangles | None = self._known["factors"]
        return known

    def inverse(self, a: Array) -> Array | None:
        """The inverse of a matrix that is not singular."""
        if "inverse" not in self._known:
            singular = self.is_singular(a)
            self._known["inverse"] = None if singular else self.by.inverse(self.factors(a))
        found: Array | None = self._known["inverse"]
        return found

    def is_singular(self, a: Array) -> bool:
        """Whether there is no inverse, as far as rounding lets one see."""
        found = self.factors(a)
        return found is None or found.vanished is not None

    def cholesky(self, a: Array) -> tuple[Array, int | None] | None:
        """The lower triangle of the symmetric part, and the first pivot that is not positive."""
        found: tuple[Array, int | None] | None
        found = self.known("cholesky", lambda a: self.by.cholesky(symmetric(a)), a)
        return found

    def eigen(self, a: Array) -> tuple[Array, Array] | None:
        """The eigenvalues and the eigenvectors of the symmetric part."""
        found: tuple[Array, Array] | None
        found = self.known("eigen", lambda a: self.by.eigen(symmetric(a)), a)
        return found


def symmetric(a: Array) -> Array:
    """The symmetric part of a matrix."""
    return 0.5 * a + 0.5 * a.T


def module_of(x: Array) -> ModuleType:
    """The module that factors matrices of an array's numbers."""
    if x.dtype == object:
        from adcli.algebras.matrices import elimination

        return elimination
    from adcli.algebras.matrices import lapack

    return lapack


_KNOWN: dict[int, tuple[Any, list[Matrix]]] = {}


def matrices(x: Array) -> list[Matrix]:
    """The matrices of an array over points, the same ones as long as the array lives."""
    key = id(x)
    known = _KNOWN.get(key)
    if known is not None and known[0]() is x:
        return known[1]
    found = [Matrix(module_of(x)) for _ in x]
    _KNOWN[key] = (ref(x, lambda _: _KNOWN.pop(key, None)), found)
    return found


Rule = Callable[..., Array | None]
"""`(matrix, attr, *arrays at one point)`: a result, None where there is none."""


def _over_points(name: str, rule: Rule) -> Callable[..., Array]:
    def operation(algebra: Any, attr: Any, *xs: Array) -> Array:
        points = max(map(len, xs))
        shape = PRIMITIVES[name].shape
        assert shape is not None
        known, found = matrices(xs[0]), []
        for p in range(points):
            at_point = [x[p if len(x) > 1 else 0] for x in xs]
            result = rule(known[p if len(known) > 1 else 0], attr, *at_point)
            if result is None:
                missing = shape([x.shape[1:] for x in xs], attr)
                result = np.full(missing, module_of(xs[0]).NAN, xs[0].dtype)
            found.append(result)
        if len(found) == 1:
            return np.asarray(found[0], xs[0].dtype)[np.newaxis]
        if not found:
            return np.empty((0, *shape([x.shape[1:] for x in xs], attr)), xs[0].dtype)
        return np.stack(found)

    return operation


# ---- determinants, inverses, solutions ----


def _det(matrix: Matrix, attr: Any, a: Array) -> Any:
    found = matrix.factors(a)
    return None if found is None else matrix.by.scaled(*matrix.by.determinant(found))


def _logdet(matrix: Matrix, attr: Any, a: Array) -> Any:
    found = matrix.factors(a)
    if found is None or found.vanished is not None or sign(found) < 0:
        return None
    return matrix.by.log(np.abs(found.pivots)).sum()


def sign(found: Triangles) -> int:
    """The sign of the determinant."""
    negative = int(np.count_nonzero(found.pivots < 0))
    return -found.sign if negative % 2 else found.sign


def _inv(matrix: Matrix, attr: Any, a: Array) -> Array | None:
    return matrix.inverse(a)


def _solve(matrix: Matrix, attr: tuple[int, int], a: Array, b: Array) -> Array | None:
    lower, transposed = attr
    columns = b if b.ndim == 2 else b[:, np.newaxis]
    if lower:
        x = matrix.by.lower_solution(a, columns, bool(transposed))
    else:
        if matrix.is_singular(a):
            return None
        x = matrix.by.solution(matrix.factors(a), columns, bool(transposed))
    return None if x is None else x.reshape(b.shape)


_solve_points = _over_points("solve", _solve)


def _solve_many(algebra: Any, attr: tuple[int, int], a: Array, b: Array) -> Array:
    """A matrix that all points share is solved for all right sides at once."""
    if len(a) == 1 < len(b):
        flat = b.reshape(len(b), b.shape[1], -1).transpose(1, 0, 2)
        x = _solve_points(algebra, attr, a, flat.reshape(1, b.shape[1], -1))
        return x.reshape(flat.shape).transpose(1, 0, 2).reshape(b.shape)
    return _solve_points(algebra, attr, a, b)


def _cofactors(matrix: Matrix, attr: Any, a: Array, *directions: Array) -> Array | None:
    found = matrix.factors(a)
    if found is None:
        return None
    return cofactors.along(matrix.by, found, lambda: matrix.inverse(a), a, directions)


# ---- symmetric matrices ----


def _cholesky(matrix: Matrix, attr: Any, a: Array) -> Array | None:
    found = matrix.cholesky(a)
    return None if found is None or found[1] is not None else found[0]


def _eigen(place: int, matrix: Matrix, attr: Any, a: Array) -> Array | None:
    found = matrix.eigen(a)
    return None if found is None else found[place]


def ties(x: Array) -> Array:
    """Whether two numbers of a vector are equal but for rounding."""
    allowed = TIE * len(x) * module_of(x).epsilon() * np.abs(x).max()
    return (np.abs(x[:, np.newaxis] - x) <= allowed).astype(bool)


def _eigen_gaps(matrix: Matrix, attr: Any, x: Array) -> Array:
    tied = ties(x)
    gaps = np.where(tied, 1, x - x[:, np.newaxis])
    found = np.where(tied, matrix.by.INFINITY, 1 / gaps)
    np.fill_diagonal(found, 0 * x[0])
    return found


def _eigen_part(matrix: Matrix, attr: Any, x: Array, a: Array) -> Array:
    """The diagonal of a, the mean of it for each tie; nan where a is not a multiple of the unit
    matrix inside of a tie."""
    tied = ties(x)
    diagonal = a.diagonal()
    found = np.where(np.eye(len(x), dtype=bool), diagonal, 0 * x[0])
    if not tied.diagonal().all():  # an eigenvalue that is nan
        return found * matrix.by.NAN
    if np.count_nonzero(tied) == len(x):
        return found
    for i, row in enumerate(tied):
        block = a[np.ix_(row, row)]
        mean = diagonal[row].sum() / np.count_nonzero(row)
        off = np.abs(block - np.where(np.eye(len(block), dtype=bool), mean, 0 * mean)).max()
        found[i, i] = mean if off <= TIED * np.abs(a).max() else matrix.by.NAN
    return found


_RULES: dict[str, Rule] = {
    "det": _det,
    "logdet": _logdet,
    "inv": _inv,
    "cofactors": _cofactors,
    "cholesky": _cholesky,
    "eigvalsh": partial(_eigen, 0),
    "eigvecsh": partial(_eigen, 1),
    "eigen_gaps": _eigen_gaps,
    "eigen_part": _eigen_part,
}

MATRIX_FUNCTIONS: dict[str, Callable[..., Array]] = {
    **{name: _over_points(name, rule) for name, rule in _RULES.items()},
    "solve": _solve_many,
}
