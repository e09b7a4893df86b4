"""Named numbers and arrays as one flat vector."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import chain, islice
from math import prod
from types import MappingProxyType
from typing import Any

import numpy as np

from adcli.descent.rules import Vector
from adcli.errors import UsageError, did_you_mean
from adcli.given import NOT_REAL, real
from adcli.graph.axes import Shape, element_labels
from adcli.graph.coded import AxisNames

Bounds = Mapping[str, tuple[Any, Any]]
"""A pair (lower, upper) of numbers or arrays for some names; None is not a bound."""


FEW_MOVES = 5
"""Numbers of a start that are named where bounds move it."""


class VectorLayout:
    """Where each of the named arrays lies in the vector: one behind the other, in this order.

    `names` are those of the places along axes of some, by axis.
    """

    names: AxisNames = MappingProxyType({})

    def __init__(self, shapes: Mapping[str, Shape]) -> None:
        self.shapes = dict(shapes)

    @property
    def size(self) -> int:
        """The length of the vector."""
        return sum(prod(shape) for shape in self.shapes.values())

    @cached_property
    def labels(self) -> list[str]:
        """The names of the numbers: `x`, `v[0]`, `W[1,2]`, `a[north]`."""
        return self.first_labels(self.size)

    @cached_property
    def owners(self) -> list[str]:
        """The name of the array that each number is of."""
        return [name for name, shape in self.shapes.items() for _ in range(prod(shape))]

    def first_labels(self, count: int) -> list[str]:
        """The names of the first numbers."""
        every = (element_labels(n, shape, self.names.get(n)) for n, shape in self.shapes.items())
        return list(islice(chain.from_iterable(every), count))

    def flatten(self, values: Mapping[str, Any], dtype: Any = np.float64) -> Vector:
        """The vector of the values. Raises UsageError for a value that is not a number or array."""
        parts = []
        for name in self.shapes:
            try:
                parts.append(real(values[name], dtype).reshape(-1))
            except NOT_REAL as error:
                raise UsageError(
                    f"the value of '{name}' is not a number or array: {error}"
                ) from None
        return np.concatenate(parts) if parts else np.zeros(0, dtype)

    def views(self, vector: Vector) -> dict[str, Any]:
        """The arrays that lie in a vector, without copies."""
        found: dict[str, Any] = {}
        k = 0
        for name, shape in self.shapes.items():
            size = prod(shape)
            found[name] = vector[k : k + size].reshape(shape)
            k += size
        return found

    def unflatten(self, vector: Vector) -> dict[str, Any]:
        """The values in a vector: floats, and arrays of their own."""
        found = {}
        for name, part in self.views(np.asarray(vector, dtype=float)).items():
            found[name] = part.copy() if part.shape else float(part)
        return found

    def bounds(self, bounds: Bounds) -> tuple[Vector | None, Vector | None]:
        """The vectors of lower and upper bounds; None where nothing is bounded.

        Raises UsageError for a name that is none of these, and for bounds that hold no number.
        """
        if not bounds:
            return None, None
        lower, upper = self.sides(bounds)
        for k in np.flatnonzero(~(lower <= upper))[:1]:
            raise UsageError(
                f"the bounds {lower[k]:g}:{upper[k]:g} of '{self.labels[k]}' hold no number",
                "write low:high",
            )
        return lower, upper

    def moves(self, given: Vector, start: Vector) -> tuple[str, ...]:
        """Remarks on the numbers of a start that bounds have moved: one for each of the first."""
        places = np.flatnonzero(given != start).tolist()
        shown = places[:FEW_MOVES]
        labels = self.first_labels(max(shown, default=-1) + 1)
        told = [
            f"the start {labels[k]}={given[k]:g} is moved to its bound {start[k]:g}" for k in shown
        ]
        if places[FEW_MOVES:]:
            told.append(f"so are {len(places) - FEW_MOVES:,} more numbers of the start")
        return tuple(told)

    def sides(self, bounds: Bounds) -> tuple[Vector, Vector]:
        """The vectors of lower and upper bounds, infinite where nothing is bounded.

        Raises UsageError for a name that is none of these, and for a shape that is not its own.
        """
        ends = [
            {name: np.full(shape, x) for name, shape in self.shapes.items()}
            for x in (-np.inf, np.inf)
        ]
        for name, pair in bounds.items():
            if name not in self.shapes:
                listed = "free are " + ", ".join(list(self.shapes)[:8])
                hint = did_you_mean(name, self.shapes) or listed
                raise UsageError(f"bounds for '{name}', which is not a free variable", hint)
            try:
                for values, given in zip(ends, pair, strict=True):
                    if given is not None:
                        values[name] = np.broadcast_to(real(given), self.shapes[name])
            except NOT_REAL:
                raise UsageError(
                    f"the bounds of '{name}' are not a pair of numbers, or of arrays of its shape"
                ) from None
        lower, upper = map(self.flatten, ends)
        return lower, upper
