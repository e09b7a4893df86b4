"""What the factors of a matrix are, for float64 and for many digits."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = Any
"""numpy.ndarray of float64, or of objects for many-digit numbers."""


class Triangles(NamedTuple):
    """A matrix as the product of a unit lower and an upper triangle, rows exchanged.

    packed    both triangles in one array; which matrix it is of is its maker's business
    order     the exchanges, as the maker writes them; None if `packed` is the upper triangle of
              Cholesky, whose product with its transpose is the matrix
    sign      that of the permutation
    vanished  the first pivot that is rounding alone, counted from 0; None for a regular matrix
    largest   the largest element of both triangles: nan or infinite if one of the matrix was
    """

    packed: Array
    order: Array
    sign: int
    vanished: int | None
    largest: Any

    @property
    def pivots(self) -> Array:
        """The diagonal of the upper triangle, that of elimination."""
        diagonal = self.packed.diagonal()
        return diagonal if self.order is not None else diagonal * diagonal

    def terms_of_pivots(self) -> Array:
        """How large the terms are that each pivot is the sum of: the diagonal of |L| |U|.

        A pivot of the size of the rounding errors of its terms has no digits, whatever the scale
        of rows and columns. Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd
        ed., 9.3.
        """
        if self.order is None:
            return (self.packed * self.packed).sum(axis=0)
        sizes = np.abs(self.packed)
        below = np.tril(sizes, -1) * np.triu(sizes, 1).T
        return below.sum(axis=1) + sizes.diagonal()


def examined(packed: Array, order: Array, sign: int, epsilon: Any) -> Triangles:
    """The factors with what is known of their pivots."""
    largest = np.maximum(packed.max(), -packed.min())
    found = Triangles(packed, order, sign, None, largest)
    sizes = np.abs(found.pivots)
    # |L| is at most 1, so that this bounds all terms: most matrices need no closer look.
    bound = largest if order is not None else len(packed) * largest * largest
    if (sizes > 8 * epsilon * len(packed) * bound).all():
        return found
    noise = np.flatnonzero(~(sizes > 8 * epsilon * found.terms_of_pivots()).astype(bool))
    return found._replace(vanished=int(noise[0])) if len(noise) else found


def with_fixed_signs(vectors: Array) -> Array:
    """Columns with the sign that makes positive the first of their elements that are largest, but
    for rounding."""
    sizes = np.abs(vectors)
    first = (sizes > 0.99 * sizes.max(axis=0)).argmax(axis=0)
    columns = np.arange(vectors.shape[1])
    return vectors * np.where(vectors[first, columns] < 0, -1, 1)
